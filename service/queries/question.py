"""Questions over the log and the state tables: for one day and one position, on a connection and tables that have
come far enough to answer it.

Questions may go to a replica. What it has not received yet looks to it as if it had never been: a question that names a
moment is only answered when all that was recorded by then is there; one that names none is answered as the replica is,
and tells its position.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import date, datetime, timedelta
from functools import partial
from threading import BoundedSemaphore
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, Table, select

from domain.facts import Recorded
from domain.places import Places
from domain.totals import GroupBy
from projections.column_store import MEMORY, Broken, Busy, ColumnStore, Failed, Snapshot, TooLarge
from projections.engine import Asked
from projections.figure import Query
from projections.places import read_places
from projections.states import TABLES
from projections.states.reference import reference
from service.foundation.errors import describe_error
from service.foundation.problems import (
    ParameterFault,
    Problem,
    busy,
    invalid_parameter,
    not_computed,
    refuse,
    too_large,
)
from service.foundation.time import Clock, day_in_amsterdam, format_instant, today
from service.log.recorder import EventRecorder
from service.queries.as_sent import project_as_sent
from service.queries.deliveries import Deliveries
from service.queries.state_copy import DatabaseState, StateCopy, copy_of, on_view, read_database_state
from service.queries.times import BEGINNING, AsOf, EarlierMoment, KnownBy, Times, unknown_municipality
from service.storage.database import reading
from service.storage.service_tables import events

_log = logging.getLogger("ketenspoor")

_PRIMARY = "primary"
# Longer than a commit takes; what was stamped before that can be seen.
_LONGEST_COMMIT = timedelta(minutes=1)
_LONGEST_WAIT = 5.0
# Instants of recording are cut to it.
_STAMPED_TO = timedelta(milliseconds=1)
_PAUSE = 0.02
# Who waits keeps a thread, of which a process has forty for all who ask; and what is waited for may never be recorded.
_WAITING = BoundedSemaphore(16)


class Question(NamedTuple):
    """A question ready to be answered: for one day and one position, with the places known then.

    The log is asked on `connection`, the state tables are read from `tables`.
    """

    connection: Connection
    tables: Snapshot
    asked: Asked
    known_at: datetime | None
    places: Places
    #: The same question of the log itself, for the events behind an answer.
    log: LogQuestion
    known_by: KnownBy = "service"

    def query(self, group_by: GroupBy, given: Mapping[str, Any]) -> Query:
        """A table of figures as it is asked, with these parameters."""
        known_on = None if self.known_at is None else day_in_amsterdam(self.known_at)
        end = partial(end_of_commit, self.connection)
        sent_by = self.known_at if self.known_by == "sender" else None
        log = Deliveries(self.connection, self.known_at, sent_by=sent_by)
        return Query(self.tables, self.asked, self.places, group_by, given, None, known_on, end, log)

    def as_of(self) -> AsOf:
        """What every answer repeats: both times and the position it rests on."""
        return self.log.as_of()


class LogQuestion(NamedTuple):
    """A question about the log itself, ready to be answered: nothing behind `position` is known.

    `valid_on` is None unless it was asked: the log is listed as recorded, with what holds from a later day on.
    """

    connection: Connection
    valid_on: date | None
    known_at: datetime | None
    position: int
    known_by: KnownBy = "service"

    def as_of(self) -> AsOf:
        """What every answer repeats."""
        known_at = None if self.known_at is None else format_instant(self.known_at)
        times: AsOf = {"validOn": self.valid_on, "knownAt": known_at, "position": self.position}
        return times if self.known_by == "service" else {**times, "knownBy": self.known_by}

    def knows(self, position: int, sent_at: datetime | None) -> bool:
        """Whether an event is known by then."""
        if position > self.position:
            return False
        return self.known_by == "service" or (
            sent_at is not None and self.known_at is not None and sent_at <= self.known_at
        )

    def known(self, history: Sequence[Recorded]) -> list[Recorded]:
        """What was known of a stream by then."""
        return [event for event in history if self.knows(event.position, event.sent_at)]


@contextmanager
def open_question(
    engine: Engine,
    asked: Times,
    clock: Clock,
    faults: Sequence[ParameterFault] = (),
    municipality: str | None = None,
    compared_with: EarlierMoment = BEGINNING,
    reads: Sequence[Table] = TABLES,
    named: str = "municipality",
) -> Iterator[Question]:
    """A question on a connection of its own, once the projections have come far enough; else 503.

    What is asked of the newest is no older than the moment it is compared with, where there is one. It rests on what
    `reads` have all come to; the municipalities are always read.
    Refused with all faults at once: of its times, those found besides, and a municipality that nobody knows, in the
    parameter so `named`.
    """
    faults = [*asked.faults, *faults]
    if faults:
        # Only the log knows whether there is such a municipality; for that it is asked as it is now.
        asked, compared_with = Times(), BEGINNING
    known_at = max(filter(None, (asked.known_at, compared_with.known_at)), default=None)
    latest = max(asked.at_position or 0, compared_with.position)
    required = required_position(engine, known_at, latest, clock) if latest or known_at is not None else 0
    named_position = max(asked.min_position or 0, asked.at_position or 0, compared_with.position)
    copy = copy_of(engine)
    try:
        with closing(_attempts(engine, named_position, copy)) as attempts:
            for connection in attempts:
                # On SQLite the projections' file may show a later moment than the log's: the answer rests on both.
                state = read_database_state(connection)
                last = state.head.position
                if last < required:
                    continue
                reached = min(last, *(state.positions[table.name] for table in (*reads, reference)))
                wanted = _position_of(connection, asked, last)
                least = wanted
                if least is None:
                    least = 0 if compared_with == BEGINNING else min(find_moment(connection, compared_with)[0], last)
                if max(least, asked.min_position or 0) > reached:
                    continue
                there = Asked(asked.valid_on or today(clock), reached if wanted is None else wanted)
                with _tables(connection, copy, state, asked, there.position) as tables:
                    if tables is None:
                        continue
                    places = read_places(tables, there)
                    if faults or municipality is not None:
                        refuse([*faults, *unknown_municipality(municipality, places, named)])
                    known_at = asked.known_at or state.recorded_at(connection, there.position)
                    log = LogQuestion(connection, there.valid_on, known_at, there.position, asked.known_by)
                    yield Question(connection, tables, there, known_at, places, log, asked.known_by)
                return
    except TooLarge as error:
        raise too_large(str(error)) from error
    except (Busy, Broken) as error:
        raise busy() from error
    except Failed as error:
        _log.error("a figure cannot be computed", extra={"kind": str(error), "fault": describe_error(error)})
        raise not_computed() from error


def _tables(
    connection: Connection, copy: StateCopy | None, state: DatabaseState, asked: Times, position: int
) -> AbstractContextManager[Snapshot | None]:
    """What the projections are read from: the copy of this process, or one for this question alone.

    None while the copy is made anew. By the senders' clocks the projections are made anew for each question.
    """
    if asked.known_by == "sender" and asked.known_at is not None:
        memory = MEMORY if copy is None else copy.memory
        return project_as_sent(connection, asked.known_at, position, memory)
    if copy is not None:
        return copy.snapshot(connection, state)
    return _copy_for_one(connection, state)


@contextmanager
def _copy_for_one(connection: Connection, state: DatabaseState) -> Iterator[Snapshot]:
    with closing(ColumnStore.of(on_view(connection, state.origin.view))) as store, store.snapshot() as tables:
        yield tables


@contextmanager
def open_log_question(engine: Engine, asked: Times, clock: Clock, named_position: int = 0) -> Iterator[LogQuestion]:
    """A question that only the log is needed for, on a connection of its own; 503 when the log has not come so far.

    `named_position` is one that is spoken of: where the log has it, the answer knows of it.
    """
    refuse(asked.faults)
    required = required_position(engine, asked.known_at, max(asked.at_position or 0, named_position), clock)
    with closing(_attempts(engine, max(asked.min_position or 0, asked.at_position or 0, named_position))) as attempts:
        for connection in attempts:
            last = EventRecorder(connection).head().position
            if last < required:
                continue
            wanted = _position_of(connection, asked, last)
            if (asked.min_position or 0) <= last:
                position = last if wanted is None else wanted
                known_at = asked.known_at or _recorded_at(connection, position)
                yield LogQuestion(connection, asked.valid_on, known_at, position, asked.known_by)
                return


def find_moment(connection: Connection, moment: EarlierMoment) -> tuple[int, datetime | None]:
    """What the log was at an earlier moment: the last position of whole commits, and its instant."""
    if moment.known_at is not None:
        return EventRecorder(connection).position_at(moment.known_at), moment.known_at
    if moment == BEGINNING:
        return 0, None
    between = between_commits(connection, moment.position)
    return between, _recorded_at(connection, between)


def _attempts(engine: Engine, named_position: int, copy: StateCopy | None = None) -> Generator[Connection]:
    """Connections to look from, each a little later than the one before, until it has taken too long.

    Only some at a time may wait for a position (`named_position`) that is yet to be recorded here, or for the copy.
    """
    deadline = time.monotonic() + _LONGEST_WAIT
    if copy is not None and copy.unavailable is not None:
        _wait_for(copy)
    with reading(engine) as connection:
        yield connection
        to_come = named_position > EventRecorder(connection).head().position
    if to_come and not _WAITING.acquire(blocking=False):
        raise _not_there_yet()
    try:
        while time.monotonic() <= deadline:
            time.sleep(_PAUSE)
            if copy is not None and copy.unavailable is not None:
                _wait_for(copy)
            with reading(engine) as connection:
                yield connection
    finally:
        if to_come:
            _WAITING.release()
    raise _not_there_yet()


def _wait_for(copy: StateCopy) -> None:
    """Wait until the copy is there, without a connection: there are fewer of those than of who ask."""
    if not _WAITING.acquire(blocking=False):
        raise _not_loaded()
    try:
        if not copy.wait(_LONGEST_WAIT):
            raise _not_loaded()
    finally:
        _WAITING.release()


def _not_loaded() -> Problem:
    return Problem(503, "Not there yet", "The figures are being loaded; try again.", headers={"Retry-After": "1"})


def _not_there_yet() -> Problem:
    detail = "The position asked for has not been reached; try again."
    return Problem(503, "Not there yet", detail, headers={"Retry-After": "1"})


def _position_of(connection: Connection, asked: Times, last: int) -> int | None:
    """The position that the question itself names; None for whatever is the newest.

    With both, the position decides: a page that follows another keeps to its position, and repeats its knownAt.
    """
    if asked.at_position is not None:
        if asked.at_position > last:
            raise invalid_parameter("atPosition", "out-of-range", "the log has not come so far")
        return between_commits(connection, asked.at_position)
    if asked.known_at is None or asked.known_by == "sender":
        return None
    return EventRecorder(connection).position_at(asked.known_at)


def between_commits(connection: Connection, position: int) -> int:
    """The last position at or before this one after which a commit ended."""
    here, following = _recorded_at(connection, position), _recorded_at(connection, position + 1)
    if here is None or here != following:
        return position
    return EventRecorder(connection).position_at(here - timedelta(microseconds=1))


def end_of_commit(connection: Connection, position: int) -> int:
    """The last position of the commit that a position is of."""
    at = _recorded_at(connection, position)
    return position if at is None else EventRecorder(connection).position_at(at)


def _recorded_at(connection: Connection, position: int) -> datetime | None:
    return connection.execute(select(events.c.recorded_at).where(events.c.position == position)).scalar_one_or_none()


def read_from_replica(replica: Engine, primary: Engine) -> None:
    """Let questions asked of the one know where all is that was recorded."""
    replica.update_execution_options(**{_PRIMARY: primary})


def required_position(engine: Engine, known_at: datetime | None, position: int, clock: Clock) -> int:
    """The position that the log must have come to where a question is asked, before it can be answered.

    `known_at` and `position` are the latest moments it names, 0 for no position. Waits for a commit that is under way,
    when it may still bring something that was recorded by `known_at`; no writer ever waits for who asks. 503 when that
    commit takes too long.
    """
    primary = engine.get_execution_options().get(_PRIMARY)
    if not isinstance(primary, Engine):
        _wait_for_commits(engine, known_at, clock)
        return 0
    if known_at is None and not position:
        return 0
    with reading(engine) as connection:
        there = EventRecorder(connection).head()
    # Stamps never fall as positions rise: what is stamped later came after all that was recorded by then.
    known = known_at is None or (there.recorded_at is not None and there.recorded_at > known_at)
    if known and position <= there.position:
        return 0
    _wait_for_commits(primary, known_at, clock)
    with reading(primary) as connection:
        by = 0 if known_at is None else EventRecorder(connection).position_at(known_at)
        return max(by, min(position, EventRecorder(connection).head().position))


def _wait_for_commits(engine: Engine, known_at: datetime | None, clock: Clock) -> None:
    if known_at is None or known_at <= clock() - _LONGEST_COMMIT:
        return
    if clock() < known_at + _STAMPED_TO:
        # What is recorded before this millisecond ends may still be stamped with its beginning.
        time.sleep(_STAMPED_TO.total_seconds())
    recorder = EventRecorder(engine)
    commit = recorder.commit_to_wait_for(known_at)
    if commit is None:
        return
    if not _WAITING.acquire(blocking=False):
        raise busy()
    try:
        if not recorder.wait_for(commit, _LONGEST_WAIT):
            raise busy()
    finally:
        _WAITING.release()
