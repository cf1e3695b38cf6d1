"""The log of events on one table: appended in order of commit, read by position and by stream.

The functions work inside the caller's transaction; `TableRecorder` gives them the shape of the eventsourcing library.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any, NamedTuple
from uuid import UUID

import eventsourcing.persistence as library
from eventsourcing.persistence import ApplicationRecorder, Notification, StoredEvent
from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import DBAPIError

from projections import dialect
from projections.columns import instant_text
from service.log.person_links import REPLACED, keep_claims
from service.log.subscription import PollingSubscription
from service.storage.database import reading, writing
from service.storage.service_tables import events


class EventRow(NamedTuple):
    """An event about to be recorded; its position follows from the log."""

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
    trace_id: bytes | None = None
    posted_by: str | None = None


class LogRow(NamedTuple):
    """An event as it stands in the log, filled by the ledger; a stock application leaves its envelope empty."""

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
    #: The trace of the request that brought it, and who posted it for `recorded_by`; None where that is not known.
    trace_id: bytes | None = None
    posted_by: str | None = None


class Unreadable(Exception):
    """An event does not stand as it was recorded; the message names its position, and nothing that stands there."""

    @classmethod
    def at(cls, position: int) -> Unreadable:
        return cls(f"the event at position {position} cannot be read as it was recorded")


#: What a row of the log must fulfil: a condition on its columns with question marks, and their values.
Condition = tuple[str, Sequence[Any]]


class Head(NamedTuple):
    """Where the log ends; position 0 and no instant when it is empty."""

    position: int
    recorded_at: datetime | None


_TYPES = {
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
# The statements below are composed of our own names; every value is a parameter.
_LOG = f"SELECT {', '.join(_TYPES)} FROM events"
LAST = "SELECT position, recorded_at FROM events ORDER BY position DESC LIMIT 1"


def take_append_lock(connection: Connection) -> None:
    """Comes first in a transaction that appends: only who holds this lock may read the head and write behind it."""
    dialect.lock_log(connection)


def head(connection: Connection) -> Head:
    return head_of(dialect.fetch(connection, LAST))


def last_position(connection: Connection) -> int:
    """The last position of the log, whatever stands there; 0 when it is empty."""
    ((last,),) = dialect.fetch(connection, "SELECT max(position) FROM events")
    return last or 0


def head_of(last: Sequence[tuple[Any, ...]]) -> Head:
    """Where the log ends, from the answer to `LAST`."""
    for position, recorded_at in last:
        return Head(position, instant(recorded_at))
    return Head(0, None)


def append(connection: Connection, rows: Sequence[EventRow], after: int | None = None) -> int:
    """Write rows behind the last position, without a gap; returns the position of the first.

    Needs the append lock. `after` is the position of the head, for a caller who has just read it.
    """
    first = (head(connection).position if after is None else after) + 1
    values = map(_sqlite_values, rows) if dialect.is_sqlite(connection) else rows
    dialect.write_rows(connection, "events", _TYPES, ((first + n, *row) for n, row in enumerate(values)))
    replaced = [(first + n, row.stream, row.data) for n, row in enumerate(rows) if row.topic == REPLACED]
    if replaced:
        keep_claims(connection, replaced)
    return first


def position_at(connection: Connection, known_at: datetime) -> int:
    """The last position recorded at or before this instant; 0 when there is none."""
    statement = "SELECT position FROM events WHERE recorded_at <= ? ORDER BY recorded_at DESC, position DESC LIMIT 1"
    parameter = instant_text(known_at) if dialect.is_sqlite(connection) else known_at
    return next((position for (position,) in dialect.fetch(connection, statement, (parameter,))), 0)


def event_rows(
    connection: Connection, after: int, limit: int, until: int | None = None, where: Iterable[Condition] = ()
) -> list[LogRow]:
    """The next events of the log behind a position, in order: those up to `until` that fulfil all conditions."""
    reach: list[Condition] = [("position > ?", (after,))]
    if until is not None:
        reach.append(("position <= ?", (until,)))
    conditions, values = zip(*reach, *where, strict=True)
    statement = f"{_LOG} WHERE {' AND '.join(conditions)} ORDER BY position LIMIT ?"
    parameters = dialect.plain(connection, tuple(value for some in values for value in some))
    return list(map(_log_row, dialect.fetch(connection, statement, (*parameters, limit))))


def stream_rows(connection: Connection, streams: Iterable[UUID], until: int | None = None) -> list[LogRow]:
    """All events of these streams, or those up to a position, in order of stream and version."""
    # The plus keeps SQLite from reading the log by position.
    reach, end = ("", []) if until is None else (" AND +position <= ?", [until])
    found: list[LogRow] = []
    for condition, parameters in dialect.among(connection, "stream", streams):
        statement = f"{_LOG} WHERE {condition}{reach} ORDER BY stream, version"
        found += map(_log_row, dialect.fetch(connection, statement, [*parameters, *end]))
    return found


def rows_of_streams(connection: Connection, until: int, where: Sequence[Condition]) -> list[LogRow]:
    """The events up to a position of the streams that fulfil all conditions, in order of stream and version."""
    # The plus keeps SQLite from reading the whole log by position.
    conditions, values = zip(("+position <= ?", (until,)), *where, strict=True)
    statement = f"{_LOG} WHERE {' AND '.join(conditions)} ORDER BY stream, version"
    parameters = dialect.plain(connection, tuple(value for some in values for value in some))
    return list(map(_log_row, dialect.fetch(connection, statement, parameters)))


def _sqlite_values(row: EventRow) -> tuple[Any, ...]:
    stream, version, topic, data, effective_on, sent_at, recorded_at, *rest = row
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


def _log_row(row: tuple[Any, ...]) -> LogRow:
    position, stream, version, topic, data, effective_on, sent_at, recorded_at, *rest = row
    try:
        day: Any = date.fromisoformat(effective_on) if isinstance(effective_on, str) else effective_on
        sent: Any = instant(sent_at)
        stamp: Any = instant(recorded_at)
        of = dialect.stream(stream)
    except (ValueError, TypeError, AttributeError, ArithmeticError):
        # From None: the chained error would carry what stands there.
        raise Unreadable.at(position) from None
    return LogRow(position, of, version, topic, data, day, sent, stamp, *rest)


def instant(value: datetime | str | None) -> datetime | None:
    """An instant in UTC from what the driver gave."""
    if value is None:
        return None
    # On PostgreSQL the time zone is that of the session, under a name of its own.
    return datetime.fromisoformat(value) if isinstance(value, str) else value.astimezone(UTC)


class TableRecorder(ApplicationRecorder):
    """The eventsourcing library's contract for a recorder, kept on our table."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def insert_events(self, stored_events: Sequence[StoredEvent], **envelope: Any) -> Sequence[int] | None:
        """Append events; columns of the envelope by keyword, one value for all or a list with one for each."""
        if envelope.pop("tracking", None) is not None:
            raise library.NotSupportedError("the log keeps no tracking; the follower does")
        if not stored_events:
            return []
        columns = {
            name: value if isinstance(value, list) else [value] * len(stored_events) for name, value in envelope.items()
        }
        rows = [
            EventRow(*_own(stored), **dict(zip(columns, values, strict=True)))
            for stored, *values in zip(stored_events, *columns.values(), strict=True)
        ]
        with _library_errors(), writing(self.engine) as connection:
            take_append_lock(connection)
            first = append(connection, rows)
        return list(range(first, first + len(rows)))

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        query = select(events.c.stream, events.c.version, events.c.topic, events.c.data)
        query = query.where(events.c.stream == originator_id)
        if gt is not None:
            query = query.where(events.c.version > gt)
        if lte is not None:
            query = query.where(events.c.version <= lte)
        query = query.order_by(events.c.version.desc() if desc else events.c.version).limit(limit)
        with _library_errors(), reading(self.engine) as connection:
            return [StoredEvent(*row[:3], row.data.encode()) for row in connection.execute(query)]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        columns = events.c.stream, events.c.version, events.c.topic, events.c.data, events.c.position
        query = select(*columns).order_by(events.c.position).limit(limit)
        if start is not None:
            query = query.where(events.c.position >= start if inclusive_of_start else events.c.position > start)
        if stop is not None:
            query = query.where(events.c.position <= stop)
        if topics:
            query = query.where(events.c.topic.in_(topics))
        with _library_errors(), reading(self.engine) as connection:
            return [
                Notification(row.stream, row.version, row.topic, row.data.encode(), id=row.position)
                for row in connection.execute(query)
            ]

    def max_notification_id(self) -> int | None:
        with _library_errors(), reading(self.engine) as connection:
            return head(connection).position or None

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> PollingSubscription:
        return PollingSubscription(self, gt, topics)


def _own(stored: StoredEvent) -> tuple[UUID, int, str, str]:
    if not isinstance(stored.originator_id, UUID):
        raise library.DataError("streams are named by UUIDs")
    try:
        return stored.originator_id, stored.originator_version, stored.topic, stored.state.decode()
    except UnicodeDecodeError:
        raise library.DataError("the log holds readable text: compress and encrypt inside the JSON") from None


@contextmanager
def _library_errors() -> Iterator[None]:
    """SQLAlchemy and the library both follow the names of PEP 249."""
    try:
        yield
    except DBAPIError as fault:
        raise getattr(library, type(fault).__name__, library.PersistenceError)(str(fault.orig)) from fault
