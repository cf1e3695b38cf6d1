"""Events as leaves of the tree: all columns of a row as a line of canonical JSON (RFC 8785), alike on both engines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any, NoReturn
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from projections import dialect
from projections.columns import instant_text
from service.evidence import Mismatch


class Leaf(msgspec.Struct, rename="camel", forbid_unknown_fields=True, frozen=True, kw_only=True):
    """A row of the log, its fields in the order that RFC 8785 asks for; `data` is the stored text, sealed as it stands.

    Days are ISO text, instants UTC with microseconds and Z, the stream a UUID, the MAC and the trace in hexadecimal.
    Who posted it and the trace are left out where there is none: the log was signed before they were kept.
    """

    content_mac: str | None
    data: str
    effective_on: str | None
    position: int
    posted_by: str | UnsetType = UNSET
    recorded_at: str | None
    recorded_by: str | None
    sent_at: str | None
    source: str | None
    source_id: str | None
    stream: str
    topic: str
    trace_id: str | UnsetType = UNSET
    version: int


# Its strings are escaped as RFC 8785 wants them, and its fields come in the order of the struct.
_ENCODE = msgspec.json.Encoder().encode
_DECODE = msgspec.json.Decoder(Leaf).decode

_ROWS = (
    "SELECT position, stream, version, topic, data, effective_on, sent_at, recorded_at, "
    "source, source_id, recorded_by, content_mac, trace_id, posted_by FROM events "
    "WHERE position > ? ORDER BY position LIMIT ?"
)


def read_leaves(connection: Connection, after: int, limit: int) -> Iterator[bytes]:
    """The leaves of the next events behind a position, in order; Mismatch at a gap or at a row that can't be read."""
    for expected, row in enumerate(_rows(connection, after, limit), after + 1):
        if row[0] != expected:
            raise Mismatch(f"position {expected} is missing from the log")
        try:
            line = _line(row)
        except (TypeError, ValueError, AttributeError):
            _unreadable(expected)
        yield line


def log_end(connection: Connection) -> int:
    """The position of the last event, 0 when there is none; unlike the recorder's head it reads nothing else of it."""
    return next((position or 0 for (position,) in dialect.fetch(connection, "SELECT max(position) FROM events")), 0)


def check_begins_at_one(connection: Connection) -> None:
    """Mismatch when something stands before the first position."""
    for (lowest,) in dialect.fetch(connection, "SELECT min(position) FROM events WHERE position < 1"):
        if lowest is not None:
            raise Mismatch(f"position {lowest} does not fit: the log begins at 1")


def parse_leaf(line: bytes) -> Leaf:
    """A leaf from its line; ValueError when it is none, or is not written canonically."""
    leaf = _DECODE(line)
    if _ENCODE(leaf) != line:
        raise ValueError("not canonical")
    return leaf


def _line(row: tuple[Any, ...]) -> bytes:
    position, stream, version, topic, data, effective_on, sent_at, recorded_at, source, source_id, by, mac, *rest = row
    trace, posted_by = rest
    if bytes in {*map(type, (topic, data, effective_on, sent_at, recorded_at, source, source_id, by, posted_by))}:
        # SQLite keeps bytes in a column of text, and they would pass for what they look like in base64.
        raise TypeError("text expected")
    return _ENCODE(
        Leaf(
            content_mac=None if mac is None else mac.hex(),
            data=data,
            effective_on=_day(effective_on),
            position=position,
            posted_by=UNSET if posted_by is None else posted_by,
            recorded_at=_instant(recorded_at),
            recorded_by=by,
            sent_at=_instant(sent_at),
            source=source,
            source_id=source_id,
            stream=_stream(stream),
            topic=topic,
            trace_id=UNSET if trace is None else trace.hex(),
            version=version,
        )
    )


def _stream(value: bytes | UUID) -> str:
    digits = (value if isinstance(value, bytes) else value.bytes).hex()
    if len(digits) != 32:
        raise ValueError("sixteen bytes expected")
    # Making a UUID of it costs as much as all the rest of a leaf.
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _day(value: str | date | None) -> str | None:
    return value.isoformat() if isinstance(value, date) else value


def _instant(value: str | datetime | None) -> str | None:
    if not isinstance(value, datetime):
        return value
    text = value.isoformat(timespec="microseconds")
    # Nearly always in UTC already, under whatever name the session has for it; turning it costs most of a leaf.
    return f"{text[:-6]}Z" if text.endswith("+00:00") else instant_text(value)


def _rows(connection: Connection, after: int, limit: int) -> Iterable[tuple[Any, ...]]:
    try:
        return dialect.fetch(connection, _ROWS, (after, limit))
    except DBAPIError as fault:
        if not dialect.undecodable(connection, fault):
            raise
        return _one_by_one(connection, after)


def _one_by_one(connection: Connection, after: int) -> Iterator[tuple[Any, ...]]:
    """Rows up to the one that can't be decoded."""
    while True:
        try:
            rows = dialect.fetch(connection, _ROWS, (after, 1))
        except DBAPIError as fault:
            if not dialect.undecodable(connection, fault):
                raise
            _unreadable(after + 1)
        yield from rows
        after += 1


def _unreadable(position: int) -> NoReturn:
    raise Mismatch(f"the event at position {position} cannot be read as it was recorded") from None
