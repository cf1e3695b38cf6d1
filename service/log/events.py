"""Events of the log as the eventsourcing library has them, with our envelope beside what the library knows.

Both classes are tuples: a frozen dataclass of fourteen fields takes five times as long to make, and a replay makes
millions. The library's names for their fields stand beside ours.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from eventsourcing.persistence import DataError, Notification, StoredEvent

from projections import dialect
from projections.columns import instant_text

#: The columns of the table of events, in order, with their PostgreSQL types.
COLUMNS = {
    "position": "int8",
    "stream": "uuid",
    "version": "int4",
    "topic": "text",
    "data": "text",
    "effective_on": "date",
    "sent_at": "timestamptz",
    "recorded_at": "timestamptz",
    "source": "text",
    "source_id": "text",
    "recorded_by": "text",
    "content_mac": "bytea",
    "trace_id": "bytea",
    "posted_by": "text",
}


class Unreadable(Exception):
    """An event does not stand as it was recorded; the message names its position, and nothing that stands there."""

    @classmethod
    def at(cls, position: int) -> Unreadable:
        return cls(f"the event at position {position} cannot be read as it was recorded")


class _NewEvent(NamedTuple):
    stream: UUID
    version: int
    topic: str
    data: str
    effective_on: date | None = None
    sent_at: datetime | None = None
    recorded_at: datetime | None = None
    source: str | None = None
    source_id: str | None = None
    recorded_by: str | None = None
    content_mac: bytes | None = None
    #: The trace of the request that brought it, and who posted it for `recorded_by`; None where that is not known.
    trace_id: bytes | None = None
    posted_by: str | None = None


class NewEvent(_NewEvent, StoredEvent):
    """An event about to be recorded: a stored event of the library; its position follows from the log."""

    __slots__ = ()

    # Their types are those that the library declares.
    if not TYPE_CHECKING:
        # That of the dataclass would set fields.
        __init__ = object.__init__
        originator_id = _NewEvent.stream
        originator_version = _NewEvent.version
        state = property(lambda event: event.data.encode())

    @classmethod
    def of(cls, stored: StoredEvent) -> NewEvent:
        """A stored event of another application of the library, which knows nothing of the envelope; DataError."""
        if isinstance(stored, cls):
            return stored
        if not isinstance(stored.originator_id, UUID):
            raise DataError("streams are named by UUIDs")
        try:
            return cls(stored.originator_id, stored.originator_version, stored.topic, stored.state.decode())
        except UnicodeDecodeError:
            raise DataError("the log holds readable text: compress and encrypt inside the JSON") from None


class _RecordedEvent(NamedTuple):
    position: int
    stream: UUID
    version: int
    topic: str
    data: str
    effective_on: date
    sent_at: datetime
    recorded_at: datetime
    source: str
    source_id: str
    recorded_by: str
    content_mac: bytes
    trace_id: bytes | None = None
    posted_by: str | None = None


class RecordedEvent(_RecordedEvent, Notification):
    """An event as it stands in the log: a notification of the library.

    The event store fills its envelope; another application of the library leaves that empty.
    """

    __slots__ = ()

    if not TYPE_CHECKING:
        __init__ = object.__init__
        id = _RecordedEvent.position
        originator_id = _RecordedEvent.stream
        originator_version = _RecordedEvent.version
        state = property(lambda event: event.data.encode())


def sqlite_values(event: NewEvent) -> tuple[Any, ...]:
    """The columns of a new event behind its position, in values that SQLite takes."""
    stream, version, topic, data, effective_on, sent_at, recorded_at, *rest = event
    return (
        stream.bytes,
        version,
        topic,
        data,
        effective_on and effective_on.isoformat(),
        sent_at and instant_text(sent_at),
        recorded_at and instant_text(recorded_at),
        *rest,
    )


def read_row(row: tuple[Any, ...]) -> RecordedEvent:
    """An event from a row of all columns as the driver gave it; Unreadable."""
    position, stream, version, topic, data, effective_on, sent_at, recorded_at, *rest = row
    try:
        day: Any = date.fromisoformat(effective_on) if isinstance(effective_on, str) else effective_on
        sent: Any = read_instant(sent_at)
        stamp: Any = read_instant(recorded_at)
        of = dialect.stream_id(stream)
    except (ValueError, TypeError, AttributeError, ArithmeticError):
        # From None: the chained error would carry what stands there.
        raise Unreadable.at(position) from None
    return RecordedEvent(position, of, version, topic, data, day, sent, stamp, *rest)


def read_instant(value: datetime | str | None) -> datetime | None:
    """An instant in UTC from what the driver gave."""
    if value is None:
        return None
    # On PostgreSQL the time zone is that of the session, under a name of its own.
    return datetime.fromisoformat(value) if isinstance(value, str) else value.astimezone(UTC)
