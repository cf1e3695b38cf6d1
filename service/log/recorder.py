"""The log of events on one table: appended in order of commit, read by position and by stream.

Everything that is appended to it or read from it goes through `EventRecorder`.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from threading import Event
from typing import Any, NamedTuple
from uuid import UUID

import eventsourcing.persistence as library
import msgspec
from eventsourcing.persistence import ApplicationRecorder, Notification, StoredEvent, Subscription
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from domain.facts import VNumberReplaced
from domain.persons import PersonLink
from projections import dialect
from projections.columns import instant_text
from service.log.events import COLUMNS, NewEvent, RecordedEvent, read_instant, read_row, sqlite_values
from service.storage.database import lock_log, reading, show_appending, writing
from service.storage.locks import append_lock_file, is_held

#: What an event must fulfil: a condition on the columns of the table with question marks, and their values.
Condition = tuple[str, Sequence[Any]]


class Head(NamedTuple):
    """Where the log ends; position 0 and no instant when it is empty."""

    position: int
    recorded_at: datetime | None


class CommitUnderWay(NamedTuple):
    """Where the log ended, and the transaction that appends to it; None: none does."""

    head: Head
    transaction: str | None


# The statements below are composed of our own names; every value is a parameter.
_EVENTS = f"SELECT {', '.join(COLUMNS)} FROM events"
_LAST = "SELECT position, recorded_at FROM events ORDER BY position DESC LIMIT 1"
_KNOWN = "SELECT position FROM events WHERE recorded_at <= ? ORDER BY recorded_at DESC, position DESC LIMIT 1"
#: Seconds until it is asked again whether a commit is still under way.
_LEAST_PAUSE, _MOST_PAUSE = 0.008, 0.032
_LINK_COLUMNS = {"position": "int8", "newer": "uuid", "older": "uuid"}
_LINKS = "SELECT position, newer, older FROM replacements WHERE position > ? ORDER BY position"


class EventRecorder(ApplicationRecorder):
    """The eventsourcing library's contract for a recorder, kept on our table, and what else the log is asked.

    On an engine each call is a transaction of its own, and its errors are the library's. On a connection it is part of
    the caller's transaction, and its errors are SQLAlchemy's.
    """

    def __init__(self, bind: Engine | Connection) -> None:
        self._bind = bind

    def lock(self) -> None:
        """Comes first in a transaction that appends: only who holds this lock may read the head and write behind it."""
        lock_log(self._callers_connection())

    def lock_and_fetch(self, questions: Sequence[dialect.Statement]) -> tuple[Head, list[list[tuple[Any, ...]]]]:
        """Take the append lock; then where the log ends, and the rows of each statement, in one round trip."""
        connection = self._callers_connection()
        last, *answers = dialect.fetch_locked(connection, [(_LAST, ()), *questions])
        show_appending(connection)
        return _head(last), answers

    def insert_events(
        self, stored_events: Sequence[StoredEvent], *, after: int | None = None, **besides: Any
    ) -> Sequence[int]:
        """Write events behind the last position, without a gap; returns their positions.

        `after` is the position of the head, for a caller who holds the append lock and has just read it.
        """
        if any(value is not None for value in besides.values()):
            raise library.NotSupportedError(
                "the log keeps events and nothing beside them; the follower has its offsets"
            )
        new = [stored if stored.__class__ is NewEvent else NewEvent.of(stored) for stored in stored_events]
        if not new:
            return []
        with self._transaction(writing) as connection:
            if after is None:
                lock_log(connection)
                after = _head(dialect.fetch(connection, _LAST)).position
            first = after + 1
            values = map(sqlite_values, new) if dialect.is_sqlite(connection) else new
            dialect.insert_rows(connection, "events", COLUMNS, ((first + n, *row) for n, row in enumerate(values)))
            replaced = [(n, event) for n, event in enumerate(new) if event.topic == VNumberReplaced.TOPIC]
            if links := [link for n, event in replaced for link in _person_links(first + n, event)]:
                plain = (dialect.to_driver(connection, (link.position, link.newer, link.older)) for link in links)
                dialect.insert_rows(connection, "replacements", _LINK_COLUMNS, plain)
        return list(range(first, first + len(new)))

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[RecordedEvent]:
        """The events of one stream in order of version, those behind `gt` and up to `lte`."""
        where: list[Condition] = [("stream = ?", (originator_id,))]
        if gt is not None:
            where.append(("version > ?", (gt,)))
        if lte is not None:
            where.append(("version <= ?", (lte,)))
        return self._select(where, "version DESC" if desc else "version", limit)

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
        where: Iterable[Condition] = (),
    ) -> list[RecordedEvent]:
        """The next events of the log from a position on, or behind it, in order: those up to `stop` that have one of
        the topics and fulfil all conditions.
        """
        reach: list[Condition] = []
        if start is not None:
            reach.append(("position >= ?" if inclusive_of_start else "position > ?", (start,)))
        if stop is not None:
            reach.append(("position <= ?", (stop,)))
        if topics:
            reach.append((f"topic IN ({', '.join('?' * len(topics))})", topics))
        return self._select([*reach, *where], "position", limit)

    def select_streams(self, streams: Iterable[UUID], until: int | None = None) -> list[RecordedEvent]:
        """All events of these streams, or those up to a position, in order of stream and version."""
        found: list[RecordedEvent] = []
        with self._transaction(reading) as connection:
            for condition in dialect.in_streams(connection, "stream", streams):
                found += EventRecorder(connection).select_by_stream([condition], until)
        return found

    def select_by_stream(self, where: Sequence[Condition], until: int | None = None) -> list[RecordedEvent]:
        """The events of the streams that fulfil all conditions, or those up to a position, in order of stream and
        version."""
        # The plus keeps SQLite from reading the log by position.
        reach: list[Condition] = [] if until is None else [("+position <= ?", (until,))]
        return self._select([*where, *reach], "stream, version")

    def select_at(self, positions: Sequence[int]) -> list[RecordedEvent]:
        """The events that stand at some positions, in their order."""
        found: list[RecordedEvent] = []
        for some in dialect.in_chunks(positions):
            found += self._select([(f"position IN ({', '.join('?' * len(some))})", some)], "position")
        return found

    def select_streams_naming(self, codes: Sequence[str], until: int) -> set[UUID]:
        """The streams of which an event up to a position holds one of these codes, anywhere in what is in the open.

        It reads the whole log.
        """
        with self._transaction(reading) as connection:
            named = " OR ".join([dialect.contains_text(connection, "data")] * len(codes))
            statement = f"SELECT DISTINCT stream FROM events WHERE position <= ? AND ({named})"
            return {dialect.stream_id(stream) for (stream,) in dialect.fetch(connection, statement, (until, *codes))}

    def head(self) -> Head:
        """Where the log ends."""
        with self._transaction(reading) as connection:
            return _head(dialect.fetch(connection, _LAST))

    def last_position(self) -> int:
        """The last position of the log, whatever stands there; 0 when it is empty."""
        with self._transaction(reading) as connection:
            ((last,),) = dialect.fetch(connection, "SELECT max(position) FROM events")
            return last or 0

    def max_notification_id(self) -> int | None:
        """The last position of the log; None when it is empty."""
        return self.last_position() or None

    def position_at(self, known_at: datetime) -> int:
        """The last position recorded at or before this instant; 0 when there is none."""
        with self._transaction(reading) as connection:
            parameter = instant_text(known_at) if dialect.is_sqlite(connection) else known_at
            return next((position for (position,) in dialect.fetch(connection, _KNOWN, (parameter,))), 0)

    def commit_to_wait_for(self, known_at: datetime) -> CommitUnderWay | None:
        """The commit under way that may bring what was recorded by an instant that is past; None where all is there.

        An event is stamped while its commit holds the append lock, and seen when that is done; what begins to commit
        after this was called is stamped later. It takes no lock: whoever asks can keep nobody from appending.
        """
        head, transaction = look_at_end(self._bind.engine)
        # Stamps never fall as positions rise: what is stamped later came after all that was recorded by then.
        if transaction is None or (head.recorded_at is not None and head.recorded_at > known_at):
            return None
        return CommitUnderWay(head, transaction)

    def wait_for(self, commit: CommitUnderWay, seconds: float) -> bool:
        """Return once a commit has ended; False when that takes longer."""
        deadline, pause = time.monotonic() + seconds, _LEAST_PAUSE
        while time.monotonic() < deadline:
            time.sleep(pause)
            # One commits at a time: where another one does, or the log has grown, this one has ended.
            if look_at_end(self._bind.engine) != commit:
                return True
            # Who waits for long is one of many: each look takes of what all of them share.
            pause = min(2 * pause, _MOST_PAUSE)
        return False

    def select_person_links(self, after: int = 0, until: int | None = None) -> list[PersonLink]:
        """The links behind a position of two journeys as of one person, in force or not, or those up to another."""
        with self._transaction(reading) as connection:
            return [
                PersonLink(position, dialect.stream_id(newer), dialect.stream_id(older))
                for position, newer, older in dialect.fetch(connection, _LINKS, (after,))
                if until is None or position <= until
            ]

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> PollingSubscription:
        return PollingSubscription(self, gt, topics)

    def _select(self, where: Sequence[Condition], order: str, limit: int | None = None) -> list[RecordedEvent]:
        statement, parameters = _EVENTS, [value for _, values in where for value in values]
        if where:
            statement += f" WHERE {' AND '.join(condition for condition, _ in where)}"
        statement += f" ORDER BY {order}"
        if limit is not None:
            statement += " LIMIT ?"
            parameters.append(limit)
        with self._transaction(reading) as connection:
            plain = dialect.to_driver(connection, tuple(parameters))
            return list(map(read_row, dialect.fetch(connection, statement, plain)))

    def _callers_connection(self) -> Connection:
        if not isinstance(self._bind, Connection):
            raise TypeError("the append lock is held until the end of a transaction of the caller's")
        return self._bind

    @contextmanager
    def _transaction(self, of: Callable[[Engine], Any]) -> Iterator[Connection]:
        """The caller's transaction, or one of its own."""
        if isinstance(self._bind, Connection):
            yield self._bind
            return
        try:
            with of(self._bind) as connection:
                yield connection
        except DBAPIError as fault:
            # SQLAlchemy and the library both follow the names of PEP 249.
            raise getattr(library, type(fault).__name__, library.PersistenceError)(str(fault.orig)) from fault


def look_at_end(engine: Engine) -> CommitUnderWay:
    """Where the log ends just now, and who appends to it a moment later; takes no lock."""
    with engine.connect() as plain:
        if dialect.is_sqlite(plain):
            head = _head(plain.exec_driver_sql(_LAST).all())
            return CommitUnderWay(head, "some" if is_held(append_lock_file(engine)) else None)
        # One round trip instead of three.
        connection = plain.execution_options(isolation_level="AUTOCOMMIT")
        position, recorded_at, transaction = dialect.look_at_log(connection, _LAST)
        return CommitUnderWay(Head(position or 0, read_instant(recorded_at)), transaction)


def _head(last: Sequence[tuple[Any, ...]]) -> Head:
    for position, recorded_at in last:
        return Head(position, read_instant(recorded_at))
    return Head(0, None)


class _Replaced(msgspec.Struct):
    """What of the data of an event that replaces a V-number says who is meant."""

    replaces: UUID


_DECODE = msgspec.json.Decoder(_Replaced).decode


def _person_links(position: int, event: NewEvent) -> list[PersonLink]:
    """The link of two journeys as of one person by a replaced V-number; none where nothing of it can be read.

    They are kept in a small table of their own with the events, for whoever reads a journey.
    """
    try:
        return [PersonLink(position, event.stream, _DECODE(event.data).replaces)]
    except (msgspec.DecodeError, ValueError):
        return []


_PAGE = 500
_PAUSE_SECONDS = 0.05


class PollingSubscription(Subscription[EventRecorder]):
    """Notifications in order of position, for ever; when there are none it waits and looks again.

    It asks again and again, which works on every engine and on replicas.
    """

    def __init__(self, recorder: EventRecorder, gt: int | None = None, topics: Sequence[str] = ()) -> None:
        super().__init__(recorder, gt, topics)
        self._stopped = Event()
        self._page: deque[Notification] = deque()
        self._after = gt or 0

    def stop(self) -> None:
        super().stop()
        self._stopped.set()

    def __next__(self) -> Notification:
        while not self._stopped.is_set():
            if self._page:
                return self._page.popleft()
            self._turn_page()
            if not self._page:
                self._stopped.wait(_PAUSE_SECONDS)
        raise StopIteration

    def _turn_page(self) -> None:
        # Read before the page, so that nothing committed in between is passed over.
        end = self._recorder.last_position()
        page = self._recorder.select_notifications(self._after, _PAGE, topics=self._topics, inclusive_of_start=False)
        self._page.extend(page)
        if page:
            self._after = page[-1].position
        if len(page) < _PAGE:
            # With few matching topics the next look need not go over the same events.
            self._after = max(self._after, end)
