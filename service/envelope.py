"""The attributes of a CloudEvent: read, and every fault in them told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from domain.facts import FACTS
from domain.identifiers import holds_personal_number
from domain.kinds import Fault
from service.cloudevents import ambiguities

TYPE_PREFIX = "nl.ketenspoor."
_MOST_CHARACTERS = 256

_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})",
    re.ASCII,
)


class Envelope:
    """The attributes of a CloudEvent; what is faulty is left empty and told in `faults`."""

    def __init__(self, event: Mapping[str, Any]) -> None:
        self.faults: list[Fault] = []
        if event.get("specversion") != "1.0":
            self._fault("specversion", "not-one-of", 'must be "1.0"')
        self.id = self._text(event, "id")
        self.source = self._text(event, "source")
        self.topic = self._topic(event)
        self.time = self._time(event)
        content_type = event.get("datacontenttype")
        if content_type is not None and (
            not isinstance(content_type, str) or content_type.partition(";")[0].strip().lower() != "application/json"
        ):
            self._fault("datacontenttype", "not-one-of", "must be application/json")
        if event.get("data_base64") is not None:
            self._fault("data_base64", "unknown-field", "data is JSON, not base64")

    def _fault(self, name: str, code: str, detail: str) -> None:
        self.faults.append(Fault(f"/{name}", code, detail))

    def _text(self, event: Mapping[str, Any], name: str) -> str:
        value = event.get(name)
        if value is None:
            self._fault(name, "required", "is required")
        elif not isinstance(value, str):
            self._fault(name, "wrong-type", "must be a string")
        elif not value.strip():
            self._fault(name, "empty", "must not be empty")
        elif len(value) > _MOST_CHARACTERS:
            self._fault(name, "too-long", f"must be at most {_MOST_CHARACTERS} characters")
        elif holds_personal_number(value):
            self._fault(name, "personal-number", "must not hold a V-number, BSN or IBAN")
        elif ambiguities(value):
            pass  # told already
        else:
            return value
        return ""

    def _topic(self, event: Mapping[str, Any]) -> str | None:
        value = event.get("type")
        if value is None:
            self._fault("type", "required", "is required")
        elif not isinstance(value, str):
            self._fault("type", "wrong-type", "must be a string")
        elif not value.startswith(TYPE_PREFIX) or (topic := value[len(TYPE_PREFIX) :]) not in FACTS:
            self._fault("type", "unknown-type", "is not a type of this service; see /v1/event-types")
        else:
            return topic
        return None

    def _time(self, event: Mapping[str, Any]) -> datetime:
        value = event.get("time")
        if value is None:
            self._fault("time", "required", "is required")
        elif not isinstance(value, str):
            self._fault("time", "wrong-type", "must be a string")
        elif (instant := parse_instant(value)) is None:
            self._fault("time", "not-an-instant", "must be an RFC 3339 instant, like 2021-03-10T14:05:00+01:00")
        else:
            return instant
        return datetime.min.replace(tzinfo=UTC)


def parse_instant(text: str) -> datetime | None:
    """An RFC 3339 instant in UTC, to the microsecond; None when it is not one."""
    if not _INSTANT.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
