"""The attributes of a CloudEvent beside its data: read and checked.

Of those that do not make it a CloudEvent none is recorded. They are checked because what a personal number stands in
once goes through every log on the way, and because what one reader of an event refuses no other should have been sent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from domain.facts import FACTS
from domain.field_types import Fault
from domain.identifiers import holds_personal_number
from service.foundation.time import parse_instant
from service.foundation.version import TYPE_PREFIX
from service.intake.cloudevents import ambiguities, is_attribute, named

_TOPICS = {TYPE_PREFIX + topic: topic for topic in FACTS}
_NO_TIME = datetime.min.replace(tzinfo=UTC)
#: The most characters of an id or a source.
MOST_CHARACTERS_OF_A_KEY = 256
_MOST_CHARACTERS_OF_A_URI = 2_048
_LARGEST = 2**31

_KNOWN = frozenset(
    {"specversion", "id", "source", "type", "time", "datacontenttype", "data", "data_base64", "subject", "dataschema"}
)
_USUAL = _KNOWN - {"data_base64", "dataschema"}

# What CloudEvents leaves out of its strings; NUL is a fault of its own (`cloudevents.ambiguities`).
_CONTROL = re.compile(r"[\x01-\x1f\x7f-\x9f]")
#: A URI-reference (RFC 3986): only characters that may stand in one.
_REFERENCE = re.compile(r"(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+", re.ASCII)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:.+", re.ASCII)
# One that is relative leads nowhere from here.
_HTTPS_OR_RELATIVE = re.compile(r"https://[^/?#]+.*|(?![A-Za-z][A-Za-z0-9+.-]*:).*", re.ASCII)


class Attributes(NamedTuple):
    """The attributes that make an event a CloudEvent; what is faulty is empty, None or the beginning of time."""

    id: str
    source: str
    topic: str | None
    time: datetime


def read_attributes(event: Mapping[str, Any], faults: list[Fault]) -> Attributes:
    """The attributes of a CloudEvent; every fault in them is added to `faults`."""
    if event.get("specversion") != "1.0":
        faults.append(Fault("/specversion", "not-one-of", 'must be "1.0"'))
    id_ = _read_key("id", event.get("id"), faults)
    source = event.get("source")
    short = isinstance(source, str) and len(source) <= MOST_CHARACTERS_OF_A_KEY
    source, wrong = (_read_source if short else _read_source.__wrapped__)(source)
    faults += wrong
    type_, topic = event.get("type"), None
    if not isinstance(type_, str):
        faults.append(_not_a_string("/type", type_))
    elif (topic := _TOPICS.get(type_)) is None:
        faults.append(Fault("/type", "unknown-type", "is not a type of this service; see /v1/event-types"))
    stated, time = event.get("time"), _NO_TIME
    if not isinstance(stated, str):
        faults.append(_not_a_string("/time", stated))
    elif (instant := parse_instant(stated)) is None:
        detail = "must be an RFC 3339 instant, like 2021-03-10T14:05:00+01:00"
        faults.append(Fault("/time", "not-an-instant", detail))
    else:
        time = instant
    content_type = event.get("datacontenttype")
    if content_type is not None and content_type != "application/json" and not _means_json(content_type):
        faults.append(Fault("/datacontenttype", "not-one-of", "must be application/json"))
    # As those of most events are.
    if not event.keys() <= _USUAL:
        _check_others(event, faults)
    return Attributes(id_, source, topic, time)


def _not_a_string(pointer: str, value: Any) -> Fault:
    if value is None:
        return Fault(pointer, "required", "is required")
    return Fault(pointer, "wrong-type", "must be a string")


def _read_key(name: str, value: Any, faults: list[Fault]) -> str:
    """An id or a source, which white space around it is no part of; empty where there is a fault."""
    pointer = f"/{name}"
    if not isinstance(value, str):
        faults.append(_not_a_string(pointer, value))
    elif not (text := value.strip()):
        faults.append(Fault(pointer, "empty", "must not be empty"))
    elif len(value) > MOST_CHARACTERS_OF_A_KEY:
        detail = f"must be at most {MOST_CHARACTERS_OF_A_KEY} characters"
        faults.append(Fault(pointer, "too-long", detail))
    elif holds_personal_number(text):
        faults.append(_personal(pointer))
    elif text.isprintable():
        return text
    elif _CONTROL.search(text) is not None:
        faults.append(Fault(pointer, "control-character", "holds a control character"))
    elif not ambiguities(text):  # a fault already
        return text
    return ""


# Few systems post, each under one source, and a source is longer than what is quickly searched.
@lru_cache(maxsize=4_096)
def _read_source(value: Any) -> tuple[str, tuple[Fault, ...]]:
    faults: list[Fault] = []
    text = _read_key("source", value, faults)
    if text and not _REFERENCE.fullmatch(text):
        faults.append(Fault("/source", "not-a-uri", "must be a URI, like urn:nld:oin:<OIN>:systeem:<name>"))
    return text, tuple(faults)


def _means_json(content_type: Any) -> bool:
    return isinstance(content_type, str) and content_type.partition(";")[0].strip().lower() == "application/json"


def _check_others(event: Mapping[str, Any], faults: list[Fault]) -> None:
    """Check the attributes that nothing else reads; every fault in them is added to `faults`."""
    if (schema := event.get("dataschema")) is not None:
        _check_uri("dataschema", schema, _SCHEME, "must be an absolute URI", faults)
    for name in event.keys() - _KNOWN:
        value = event[name]
        if not is_attribute(name):
            detail = "has an attribute whose name is not of small letters and digits, or is data"
            faults.append(Fault("", "wrong-name", detail))
        elif holds_personal_number(name):
            faults.append(_personal(""))
        elif value is None:
            continue  # the same as absent
        elif name == "dataref":
            _check_uri(name, value, _HTTPS_OR_RELATIVE, "must be an https address, or relative", faults)
        else:
            _check_extension(f"/{named(name)}", name, value, faults)


def _check_uri(name: str, value: Any, form: re.Pattern[str], detail: str, faults: list[Fault]) -> None:
    if not isinstance(value, str):
        faults.append(Fault(f"/{name}", "wrong-type", "must be a string"))
    elif len(value) > _MOST_CHARACTERS_OF_A_URI:
        faults.append(Fault(f"/{name}", "too-long", f"must be at most {_MOST_CHARACTERS_OF_A_URI} characters"))
    elif not _REFERENCE.fullmatch(value) or not form.fullmatch(value):
        faults.append(Fault(f"/{name}", "not-a-uri", detail))
    elif holds_personal_number(value):
        faults.append(_personal(f"/{name}"))


def _check_extension(pointer: str, name: str, value: Any, faults: list[Fault]) -> None:
    """A boolean, an integer of 32 bits or a string: the types that an attribute can have in JSON."""
    if isinstance(value, bool):
        return
    if isinstance(value, int):
        if not -_LARGEST <= value < _LARGEST:
            faults.append(Fault(pointer, "out-of-range", "is an integer of more than 32 bits"))
            return
        value = str(value)
    elif not isinstance(value, str):
        faults.append(Fault(pointer, "wrong-type", "must be a string, a boolean or an integer"))
        return
    if _CONTROL.search(value) is not None:
        faults.append(Fault(pointer, "control-character", "holds a control character"))
    # A counter comes by every number in time.
    elif holds_personal_number(value) and not (name == "sequence" and value.removeprefix("-").isdigit()):
        faults.append(_personal(pointer))


def _personal(pointer: str) -> Fault:
    return Fault(pointer, "personal-number", "must not hold a V-number, BSN or IBAN")
