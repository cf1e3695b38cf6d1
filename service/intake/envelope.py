"""The attributes of a CloudEvent: read, and every fault in them told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from domain.facts import FACTS
from domain.field_types import Fault
from domain.identifiers import holds_personal_number
from service.foundation.event_types import TYPE_PREFIX
from service.foundation.time import parse_instant
from service.intake.cloudevents import ambiguities
from service.intake.extensions import beside, holds_control_character, is_uri_reference

_MOST_CHARACTERS = 256


# Few systems post, each under one source, and a source is longer than what is quickly searched.
_holds_personal_number = lru_cache(maxsize=4_096)(holds_personal_number)
_is_uri_reference = lru_cache(maxsize=4_096)(is_uri_reference)
_TOPICS = {TYPE_PREFIX + topic: topic for topic in FACTS}
_NO_TIME = datetime.min.replace(tzinfo=UTC)


class Envelope(NamedTuple):
    """The attributes of a CloudEvent; what is faulty is empty, None or the beginning of time."""

    id: str
    source: str
    topic: str | None
    time: datetime


def read(event: Mapping[str, Any], faults: list[Fault]) -> Envelope:
    """The attributes of a CloudEvent; every fault in them is added to `faults`."""
    if event.get("specversion") != "1.0":
        faults.append(Fault("/specversion", "not-one-of", 'must be "1.0"'))
    envelope = Envelope(
        _text("id", event.get("id"), holds_personal_number, faults),
        _source(_text("source", event.get("source"), _holds_personal_number, faults), faults),
        _topic(event.get("type"), faults),
        _time(event.get("time"), faults),
    )
    content_type = event.get("datacontenttype")
    if content_type is not None and content_type != "application/json" and not _means_json(content_type):
        faults.append(Fault("/datacontenttype", "not-one-of", "must be application/json"))
    beside(event, faults)
    return envelope


def _text(name: str, value: Any, is_personal: Callable[[str], bool], faults: list[Fault]) -> str:
    """A key, which white space around it is no part of."""
    if value is None:
        faults.append(Fault(f"/{name}", "required", "is required"))
    elif not isinstance(value, str):
        faults.append(Fault(f"/{name}", "wrong-type", "must be a string"))
    elif not (text := value.strip()):
        faults.append(Fault(f"/{name}", "empty", "must not be empty"))
    elif len(value) > _MOST_CHARACTERS:
        faults.append(Fault(f"/{name}", "too-long", f"must be at most {_MOST_CHARACTERS} characters"))
    elif is_personal(text):
        faults.append(Fault(f"/{name}", "personal-number", "must not hold a V-number, BSN or IBAN"))
    elif holds_control_character(text):
        faults.append(Fault(f"/{name}", "control-character", "holds a control character"))
    elif not ambiguities(text):  # told already
        return text
    return ""


def _source(text: str, faults: list[Fault]) -> str:
    if text and not _is_uri_reference(text):
        faults.append(Fault("/source", "not-a-uri", "must be a URI, like urn:nld:oin:<OIN>:systeem:<name>"))
    return text


def _topic(value: Any, faults: list[Fault]) -> str | None:
    if value is None:
        faults.append(Fault("/type", "required", "is required"))
    elif not isinstance(value, str):
        faults.append(Fault("/type", "wrong-type", "must be a string"))
    elif (topic := _TOPICS.get(value)) is None:
        faults.append(Fault("/type", "unknown-type", "is not a type of this service; see /v1/event-types"))
    else:
        return topic
    return None


def _time(value: Any, faults: list[Fault]) -> datetime:
    if value is None:
        faults.append(Fault("/time", "required", "is required"))
    elif not isinstance(value, str):
        faults.append(Fault("/time", "wrong-type", "must be a string"))
    elif (instant := parse_instant(value)) is None:
        detail = "must be an RFC 3339 instant, like 2021-03-10T14:05:00+01:00"
        faults.append(Fault("/time", "not-an-instant", detail))
    else:
        return instant
    return _NO_TIME


def _means_json(content_type: Any) -> bool:
    return isinstance(content_type, str) and content_type.partition(";")[0].strip().lower() == "application/json"
