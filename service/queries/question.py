"""The two times of a question over HTTP: validOn, knownAt and their kin, as a day and a position of the log."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date, datetime, timedelta
from threading import BoundedSemaphore
from typing import Annotated, Any, Literal, NamedTuple

from fastapi import Depends, Query, Request
from sqlalchemy import Connection, Engine, Table, select

from domain.facts import Recorded
from domain.places import Places
from projections import reference
from projections.catalogue import TABLES
from projections.column_store import MEMORY, Broken, Busy, ColumnStore, Snapshot, TooLarge
from projections.engine import Asked
from service.foundation.parameter_types import Day, Instant, Position
from service.foundation.problems import ParameterFault, Problem, busy, invalid_parameter, parameter, refuse, too_large
from service.foundation.time import Clock, today, written
from service.log.recorder import head, position_at
from service.queries.as_sent import projected_as_sent
from service.queries.replica import complete_at
from service.queries.state_copy import Seen, StateCopy, copy_of, look, of_set
from service.storage.database import reading
from service.storage.service_tables import events

_LONGEST_WAIT = 5.0
_PAUSE = 0.02
# Who waits keeps a thread, of which a process has forty for all who ask; and what is waited for may never be recorded.
_WAITING = BoundedSemaphore(16)


#: Whose time `knownAt` cuts on.
KnownBy = Literal["service", "sender"]


class Times(NamedTuple):
    """The times as they were asked; None where they were left out. With faults no question can be asked."""

    valid_on: date | None = None
    known_at: datetime | None = None
    known_by: KnownBy = "service"
    at_position: int | None = None
    min_position: int | None = None
    faults: tuple[ParameterFault, ...] = ()


def times(
    request: Request,
    valid_on: Annotated[
        Day | None, Query(alias="validOn", description="The day it must have held (default: today in Amsterdam)")
    ] = None,
    known_at: Annotated[
        Instant | None,
        Query(alias="knownAt", description="The instant it must have been recorded by (default: now)"),
    ] = None,
    known_by: Annotated[
        KnownBy,
        Query(alias="knownBy", description="Whether knownAt cuts on recordedAt or on the sender's own `time`"),
    ] = "service",
    at_position: Annotated[
        Position | None, Query(alias="atPosition", description="A position of the log instead of knownAt")
    ] = None,
    min_position: Annotated[
        Position | None,
        Query(alias="minPosition", description="Wait (at most 5 s) until the answer rests on this position"),
    ] = None,
) -> Times:
    """The times of a question, with what is wrong with them; `asking` tells that with what is wrong besides."""
    faults = in_the_future("knownAt", known_at, request.app.state.shell.clock)
    if known_at is not None and at_position is not None:
        faults.append(parameter("atPosition", "disagrees", "give knownAt or atPosition, not both"))
    if known_at is None and known_by == "sender":
        faults.append(parameter("knownAt", "required", "is required with knownBy=sender"))
    return Times(valid_on, known_at, known_by, at_position, min_position, tuple(faults))


AskedTimes = Annotated[Times, Depends(times)]


def in_the_future(name: str, instant: datetime | None, clock: Clock) -> list[ParameterFault]:
    """The fault of an instant by which nothing can be known yet."""
    if instant is None or instant <= clock():
        return []
    return [parameter(name, "in-the-future", "nothing is known yet of the future")]


def unknown_municipality(code: str | None, places: Places, name: str = "municipality") -> list[ParameterFault]:
    """The fault of a municipality that no time knows, in the parameter of that name."""
    if code is None or places.known(code):
        return []
    return [parameter(name, "unknown-municipality", "is no municipality's code")]


class Since(NamedTuple):
    """An earlier moment of the log that an answer is compared with: an instant, else a position."""

    known_at: datetime | None = None
    position: int = 0


BEGINNING = Since()


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

    def told(self) -> dict[str, Any]:
        """What every answer repeats: both times and the position it rests on."""
        return _told(self.asked.valid_on, self.known_at, self.asked.position, self.known_by)


class LogQuestion(NamedTuple):
    """A question about the log itself, ready to be answered: nothing behind `position` is known.

    `valid_on` is None unless it was asked: the log is listed as recorded, with what holds from a later day on.
    """

    connection: Connection
    valid_on: date | None
    known_at: datetime | None
    position: int
    known_by: KnownBy = "service"

    def told(self) -> dict[str, Any]:
        """What every answer repeats."""
        return _told(self.valid_on, self.known_at, self.position, self.known_by)

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


def _told(valid_on: date | None, known_at: datetime | None, position: int, known_by: KnownBy) -> dict[str, Any]:
    told = {
        "validOn": valid_on,
        "knownAt": None if known_at is None else written(known_at),
        "position": position,
    }
    return told if known_by == "service" else {**told, "knownBy": known_by}


@contextmanager
def asking(
    engine: Engine,
    asked: Times,
    clock: Clock,
    besides: Sequence[ParameterFault] = (),
    municipality: str | None = None,
    since: Since = BEGINNING,
    reads: Sequence[Table] = TABLES,
    named: str = "municipality",
) -> Iterator[Question]:
    """A question on a connection of its own, once the projections have come far enough; else 503.

    What is asked of the newest is no older than the moment it is compared with, where there is one. It rests on what
    `reads` have all come to; the municipalities are always read.
    Refused with all faults at once: of its times, those found besides, and a municipality that nobody knows, in the
    parameter so `named`.
    """
    faults = [*asked.faults, *besides]
    if faults:
        # Only the log knows whether there is such a municipality; for that it is asked as it is now.
        asked, since = Times(), BEGINNING
    known_at = max(filter(None, (asked.known_at, since.known_at)), default=None)
    complete = complete_at(engine, known_at, max(asked.at_position or 0, since.position), clock)
    names = max(asked.min_position or 0, asked.at_position or 0, since.position)
    copy = copy_of(engine)
    with _within_memory(), closing(_attempts(engine, names, copy)) as attempts:
        for connection in attempts:
            # On SQLite the projections' file may show a later moment than the log's: the answer rests on both.
            seen = look(connection)
            last = seen.head.position
            if last < complete:
                continue
            reached = min(last, *(seen.positions[table.name] for table in (*reads, reference.PROJECTION.table)))
            wanted = _wanted(connection, asked)
            least = min(moment(connection, since)[0], last) if wanted is None else wanted
            if max(least, asked.min_position or 0) > reached:
                continue
            there = Asked(asked.valid_on or today(clock), reached if wanted is None else wanted)
            known_at = asked.known_at or _recorded_at(connection, there.position)
            with _tables(connection, copy, seen, asked, there.position) as tables:
                if tables is None:
                    continue
                places = reference.places(tables, there)
                refuse([*faults, *unknown_municipality(municipality, places, named)])
                log = LogQuestion(connection, there.valid_on, known_at, there.position, asked.known_by)
                yield Question(connection, tables, there, known_at, places, log, asked.known_by)
            return


@contextmanager
def _within_memory() -> Iterator[None]:
    try:
        yield
    except TooLarge as fault:
        raise too_large(str(fault)) from fault
    except (Busy, Broken) as fault:
        raise busy() from fault


@contextmanager
def _tables(
    connection: Connection, copy: StateCopy | None, seen: Seen, asked: Times, position: int
) -> Iterator[Snapshot | None]:
    """What the projections are read from: the copy of this process, or one for this question alone.

    None while the copy is made anew. By the senders' clocks the projections are made anew for each question.
    """
    if asked.known_by == "sender" and asked.known_at is not None:
        memory = MEMORY if copy is None else copy.memory
        with projected_as_sent(connection, asked.known_at, position, memory) as sent:
            yield sent
    elif copy is not None:
        with copy.snapshot(connection, seen) as tables:
            yield tables
    else:
        with closing(ColumnStore.of(of_set(connection, seen.origin.view))) as store, store.snapshot() as tables:
            yield tables


@contextmanager
def asking_log(engine: Engine, asked: Times, clock: Clock, names: int = 0) -> Iterator[LogQuestion]:
    """A question that only the log is needed for, on a connection of its own; 503 when the log has not come so far.

    `names` is a position that is spoken of: where the log has it, the answer knows of it.
    """
    refuse(asked.faults)
    complete = complete_at(engine, asked.known_at, max(asked.at_position or 0, names), clock)
    with closing(_attempts(engine, max(asked.min_position or 0, asked.at_position or 0, names))) as attempts:
        for connection in attempts:
            last = head(connection).position
            if last < complete:
                continue
            wanted = _wanted(connection, asked)
            if (asked.min_position or 0) <= last:
                position = last if wanted is None else wanted
                known_at = asked.known_at or _recorded_at(connection, position)
                yield LogQuestion(connection, asked.valid_on, known_at, position, asked.known_by)
                return


def moment(connection: Connection, since: Since) -> tuple[int, datetime | None]:
    """What the log was at an earlier moment: the last position of whole commits, and its instant."""
    if since.known_at is not None:
        return position_at(connection, since.known_at), since.known_at
    if since == BEGINNING:
        return 0, None
    between = between_commits(connection, since.position)
    return between, _recorded_at(connection, between)


def _attempts(engine: Engine, names: int, copy: StateCopy | None = None) -> Generator[Connection]:
    """Connections to look from, each a little later than the one before, until it has taken too long.

    Only some at a time may wait for a position (`names`) that is yet to be recorded here, or for the copy.
    """
    deadline = time.monotonic() + _LONGEST_WAIT
    _wait_for(copy)
    with reading(engine) as connection:
        yield connection
        to_come = names > head(connection).position
    if to_come and not _WAITING.acquire(blocking=False):
        raise _not_there_yet()
    try:
        while time.monotonic() <= deadline:
            time.sleep(_PAUSE)
            _wait_for(copy)
            with reading(engine) as connection:
                yield connection
    finally:
        if to_come:
            _WAITING.release()
    raise _not_there_yet()


def _wait_for(copy: StateCopy | None) -> None:
    """Wait until the copy is there, without a connection: there are fewer of those than of who ask."""
    if copy is None or copy.missing is None:
        return
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


def _wanted(connection: Connection, asked: Times) -> int | None:
    """The position that the question itself names; None for whatever is the newest.

    With both, the position decides: a page that follows another keeps to its position, and repeats its knownAt.
    """
    if asked.at_position is not None:
        if asked.at_position > head(connection).position:
            raise invalid_parameter("atPosition", "out-of-range", "the log has not come so far")
        return between_commits(connection, asked.at_position)
    if asked.known_at is None or asked.known_by == "sender":
        return None
    return position_at(connection, asked.known_at)


def between_commits(connection: Connection, position: int) -> int:
    """The last position at or before this one after which a commit ended."""
    here, following = _recorded_at(connection, position), _recorded_at(connection, position + 1)
    if here is None or here != following:
        return position
    return position_at(connection, here - timedelta(microseconds=1))


def _recorded_at(connection: Connection, position: int) -> datetime | None:
    return connection.execute(select(events.c.recorded_at).where(events.c.position == position)).scalar_one_or_none()
