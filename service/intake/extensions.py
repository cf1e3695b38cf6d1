"""The attributes of a CloudEvent beside those that make it one: refused where the profile does not allow them.

None of them is recorded. They are looked at because what a personal number stands in once goes through every log on
the way, and because what one reader of an event refuses no other should have been sent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from domain.field_types import Fault
from domain.identifiers import holds_personal_number
from service.intake.cloudevents import is_attribute, named

_KNOWN = frozenset(
    {"specversion", "id", "source", "type", "time", "datacontenttype", "data", "data_base64", "subject", "dataschema"}
)
_USUAL = _KNOWN - {"data_base64", "dataschema"}
_MOST_CHARACTERS = 2_048

# What CloudEvents leaves out of its strings; NUL is told as such elsewhere.
_CONTROL = re.compile(r"[\x01-\x1f\x7f-\x9f]")
_REFERENCE = re.compile(r"(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+", re.ASCII)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:.+", re.ASCII)
# One that is relative leads nowhere from here.
_HTTPS_OR_RELATIVE = re.compile(r"https://[^/?#]+.*|(?![A-Za-z][A-Za-z0-9+.-]*:).*", re.ASCII)
_LARGEST = 2**31


def is_uri_reference(text: str) -> bool:
    """Whether it is written as a URI-reference (RFC 3986): only characters that may stand in one."""
    return _REFERENCE.fullmatch(text) is not None


def holds_control_character(text: str) -> bool:
    """Whether something in it is for a device and not for a reader."""
    return not text.isprintable() and _CONTROL.search(text) is not None


def beside(event: Mapping[str, Any], faults: list[Fault]) -> None:
    """Look at all attributes that nothing else looks at; every fault in them is added to `faults`."""
    if event.keys() <= _USUAL:
        return  # as most events are
    if (schema := event.get("dataschema")) is not None:
        _uri("dataschema", schema, _SCHEME, "must be an absolute URI", faults)
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
            _uri(name, value, _HTTPS_OR_RELATIVE, "must be an https address, or relative", faults)
        else:
            _extension(f"/{named(name)}", name, value, faults)


def _uri(name: str, value: Any, form: re.Pattern[str], detail: str, faults: list[Fault]) -> None:
    if not isinstance(value, str):
        faults.append(Fault(f"/{name}", "wrong-type", "must be a string"))
    elif len(value) > _MOST_CHARACTERS:
        faults.append(Fault(f"/{name}", "too-long", f"must be at most {_MOST_CHARACTERS} characters"))
    elif not is_uri_reference(value) or not form.fullmatch(value):
        faults.append(Fault(f"/{name}", "not-a-uri", detail))
    elif holds_personal_number(value):
        faults.append(_personal(f"/{name}"))


def _extension(pointer: str, name: str, value: Any, faults: list[Fault]) -> None:
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
    if holds_control_character(value):
        faults.append(Fault(pointer, "control-character", "holds a control character"))
    # A counter comes by every number in time.
    elif holds_personal_number(value) and not (name == "sequence" and value.removeprefix("-").isdigit()):
        faults.append(_personal(pointer))


def _personal(pointer: str) -> Fault:
    return Fault(pointer, "personal-number", "must not hold a V-number, BSN or IBAN")
