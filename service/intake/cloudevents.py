"""CloudEvents as bytes: JSON read strictly, in the four forms that are accepted (one, batch, lines, binary mode)."""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from domain.codec import fields_of
from domain.facts import FACTS
from domain.field_types import Fault
from service.foundation import utf8
from service.foundation.headers import decode_value

ONE = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
LINES = "application/x-ndjson"

MOST_BYTES_OF_AN_EVENT = 256 * 1024
MOST_BYTES = 8 * 1024 * 1024
MOST_EVENTS = 5_000

_LARGEST_INTEGER = 2**53
_LONGEST_INTEGER = 17
_DEEPEST = 16


class Malformed(Exception):
    """The bytes are no JSON, or JSON that two readers would understand differently."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code)
        self.code, self.detail = code, detail


class _Doubled(dict[str, Any]):
    """An object in which a key stood twice."""


class _NotFinite:
    """A number that JSON does not have."""


class _TooLarge(_NotFinite):
    """An integer that other readers of JSON would round."""


#: What may stand before a JSON text: also a byte order mark, be it that of a file which another was put behind.
_BEFORE = re.compile(rf"{utf8.BYTE_ORDER_MARK.decode()}?[ \t\n\r]*")
_NO_SPACE = re.compile(r"[^ \t\n\r]")
#: How an attribute may be called, of any length: that it SHOULD NOT exceed twenty characters binds who sends it.
_ATTRIBUTE = re.compile(r"(?!data\Z)[a-z0-9]+", re.ASCII)


class Decoded(NamedTuple):
    """A JSON value, whether anything in it may be ambiguous (nothing is, when `odd` is False), and how it came."""

    value: Any
    odd: bool
    raw: bytes


class _Ambiguous(Exception):
    """Something may be ambiguous: the text is decoded again, and this marked in the value."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Ambiguous
    return found


def _finite(number: str) -> float:
    value = float(number)
    if not math.isfinite(value):
        raise _Ambiguous
    return value


def _exact(number: str) -> int:
    # The length first: int() itself refuses very long ones.
    if len(number) <= _LONGEST_INTEGER and abs(value := int(number)) <= _LARGEST_INTEGER:
        return value
    raise _Ambiguous


def _no_number(_name: str) -> Any:
    raise _Ambiguous


_PLAIN = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_number, parse_float=_finite, parse_int=_exact)


def decode(body: bytes) -> Decoded:
    """The JSON value of a body; Malformed when it is none. What is ambiguous in it is kept, for `ambiguities`."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise _not_utf_8(body) from None
    at = 0 if text.startswith("{") else _begin(text)
    try:
        value, end = _PLAIN.raw_decode(text, at)
        # NUL and half characters can only be written as escapes.
        odd = "\\u" in text
    except (_Ambiguous, ValueError, RecursionError):
        (value, end), odd = _decode_marking(text, at), True
    if end != len(text) and _next(text, end) != len(text):
        raise _not_json(text, end)
    return Decoded(value, odd, body.removeprefix(utf8.BYTE_ORDER_MARK) if at else body)


def items(body: bytes) -> Iterator[Decoded]:
    """The events of a batch, one by one: as objects a body can take thirty times the memory that it does as text.

    Malformed where it is no array of JSON, at the latest when the last event was given.
    """
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise _not_utf_8(body) from None
    at = _begin(text)
    if not text.startswith("[", at):
        if len(body) <= MOST_BYTES_OF_AN_EVENT:
            decode(body)
        raise foreign(body) or Malformed("not-an-array", "a batch is a JSON array of events")
    at = _next(text, at + 1)
    escaped = "\\u" in text
    more = not text.startswith("]", at)
    while more:
        try:
            value, end = _PLAIN.raw_decode(text, at)
            odd = escaped
        except (_Ambiguous, ValueError, RecursionError):
            (value, end), odd = _decode_marking(text, at), True
        yield Decoded(value, odd, text[at:end].encode())
        if text[end : end + 2] == ",{":
            at = end + 1  # as most batches are written
            continue
        at = _next(text, end)
        more = text.startswith(",", at)
        if more:
            at = _next(text, at + 1)
    if not text.startswith("]", at) or _next(text, at + 1) != len(text):
        raise _not_json(text, at)


def _not_utf_8(body: bytes) -> Malformed:
    return foreign(body) or Malformed("not-utf-8", "the body is not UTF-8")


def foreign(body: bytes) -> Malformed | None:
    """Why this is no JSON, where its beginning tells that it is something else altogether."""
    name = utf8.detect_encoding(body)
    if name is None:
        return None
    detail = f"the body is {name}; it must be UTF-8, which may be sent with Content-Encoding: gzip"
    return Malformed("not-utf-8", detail)


def _begin(text: str) -> int:
    """Where a JSON text begins."""
    before = _BEFORE.match(text)
    return 0 if before is None else before.end()


def _next(text: str, at: int) -> int:
    """Where what is not space goes on."""
    found = _NO_SPACE.search(text, at)
    return len(text) if found is None else found.start()


def _decode_marking(text: str, at: int) -> tuple[Any, int]:
    """The value that begins there, with what is ambiguous in it marked, and where it ends."""
    try:
        return _marking().raw_decode(text, at)
    except json.JSONDecodeError as error:
        raise _not_json(text, error.pos) from None
    except RecursionError:
        raise Malformed("not-json", "the body is nested too deeply") from None


def _not_json(text: str, at: int) -> Malformed:
    where = json.JSONDecodeError("", text, at)
    return foreign(text[: utf8.DETECTION_BYTES].encode()) or Malformed(
        "not-json", f"the body is not JSON: line {where.lineno}, column {where.colno}"
    )


def _marking() -> json.JSONDecoder:
    """A decoder that keeps what is ambiguous, marked."""

    def an_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        return found if len(found) == len(pairs) else _Doubled(found)

    def a_float(number: str) -> Any:
        value = float(number)
        return value if math.isfinite(value) else _NotFinite()

    def an_integer(number: str) -> Any:
        try:
            return _exact(number)
        except _Ambiguous:
            return _TooLarge()

    return json.JSONDecoder(
        object_pairs_hook=an_object, parse_constant=lambda _: _NotFinite(), parse_float=a_float, parse_int=an_integer
    )


def ambiguities(value: Any, pointer: str = "", depth: int = 0) -> list[Fault]:
    """Every place in an event that two readers could understand differently, or that no database can keep."""
    if not isinstance(value, (list, dict)):
        return _ambiguous(value, pointer)
    if depth == _DEEPEST:
        return [Fault(pointer, "too-deep", f"is nested more than {_DEEPEST} deep")]
    faults: list[Fault] = []
    if isinstance(value, list):
        for index, item in enumerate(value):
            faults += ambiguities(item, f"{pointer}/{index}", depth + 1)
        return faults
    if isinstance(value, _Doubled):
        faults.append(Fault(pointer, "doubled-key", "has a key that stands there twice"))
    for key, item in value.items():
        if _ambiguous(key, pointer):
            faults.append(Fault(pointer, "unreadable-key", "has a key with a NUL or half a character"))
        else:
            faults += ambiguities(item, f"{pointer}/{named(key)}", depth + 1)
    return faults


def _ambiguous(value: Any, pointer: str) -> list[Fault]:
    if isinstance(value, str):
        if "\x00" in value:
            return [Fault(pointer, "nul", "holds a NUL character")]
        if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
            return [Fault(pointer, "lone-surrogate", "holds half a character")]
    elif isinstance(value, _TooLarge):
        return [Fault(pointer, "integer-too-large", "is beyond 2^53")]
    elif isinstance(value, _NotFinite):
        return [Fault(pointer, "not-finite", "is not a finite number")]
    return []


#: Names that may stand in a pointer; another one may itself be what should not have been sent.
_NAMES = frozenset(
    {"data", "id", "source", "type", "time", "subject", "specversion", "datacontenttype", "dataschema"}
    | {"dataref", "sequence", "sequencetype", "traceparent", "tracestate", "partitionkey", "recordedtime"}
    | {"vNumber", "effectiveOn", "corrects", "correctsSource", "transfers"}
    | {field.json_name for shape in FACTS.values() for field in fields_of(shape)}
)


def named(key: str) -> str:
    """A key as it may stand in a pointer."""
    return key if key in _NAMES else "\N{HORIZONTAL ELLIPSIS}"


def is_attribute(name: str) -> bool:
    """Whether CloudEvents lets an attribute be called so: small letters and digits, and not `data`."""
    return _ATTRIBUTE.fullmatch(name) is not None


def data_of(event: Mapping[str, Any], faults: list[Fault]) -> dict[str, Any] | None:
    """The data of an event, be it as JSON or as JSON in base64; None where they are no object.

    Every fault in how they came is added to `faults`; of what can't be read nothing else is said.
    """
    data, encoded = event.get("data"), event.get("data_base64")
    if encoded is not None:
        if data is not None:
            faults.append(Fault("/data_base64", "unknown-field", "stands beside data; an event has one of the two"))
        elif (enclosed := _enclosed(encoded, faults)) is None:
            return None
        else:
            data = enclosed.value
    if isinstance(data, dict):
        return data
    faults.append(Fault("/data", "required" if data is None else "wrong-type", "must be a JSON object"))
    return None


def _enclosed(encoded: Any, faults: list[Fault]) -> Decoded | None:
    """The JSON that stands in base64; None where it can't be read."""
    if not isinstance(encoded, str):
        faults.append(Fault("/data_base64", "wrong-type", "must be a string"))
        return None
    try:
        enclosed = decode(base64.b64decode(encoded, validate=True))
    except Malformed as malformed:
        faults.append(Fault("/data_base64", malformed.code, "holds no JSON in UTF-8"))
    except ValueError:
        faults.append(Fault("/data_base64", "not-base64", "must be base64, as RFC 4648 has it"))
    else:
        if enclosed.odd:
            faults += ambiguities(enclosed.value, "/data", 1)
        return enclosed
    return None


def from_headers(headers: Iterable[tuple[bytes, bytes]], data: Decoded) -> Decoded:
    """The event of binary mode: attributes in `ce-*` headers, quoted or percent-encoded; the body is its data."""
    event: dict[str, Any] = {"data": data.value}
    for name, value in headers:
        if not name.startswith(b"ce-"):
            continue
        attribute, text = name[3:].decode("latin-1"), decode_value(value)
        if text is None:
            raise Malformed("not-utf-8", "a ce- header is not percent-encoded UTF-8")
        if not is_attribute(attribute):
            # By the name of the header, which is no attribute's either: it is refused as one, and never read as data.
            attribute = name.decode("latin-1")
        if attribute in event:
            raise Malformed("doubled-key", "a ce- header stands there twice")
        event[attribute] = text
    attributes = json.dumps({name: value for name, value in event.items() if name != "data"})
    raw = attributes.removesuffix("}").encode() + b', "data": ' + data.raw + b"}"
    return Decoded(event, True, raw)
