"""The two times of a question over HTTP: validOn, knownAt and their kin, as a day and a position of the log."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from fastapi import Depends, Query, Request
from pydantic import BeforeValidator
from pydantic_core import PydanticKnownError
from sqlalchemy import Connection, Engine, select

from domain.facts import Recorded
from domain.kinds import Wrong, parse_day
from domain.places import Places
from projections import reference
from projections.tables import place
from projections.view import Asked
from service.answers import written
from service.as_sent import projected_as_sent
from service.database import reading, writing
from service.envelope import parse_instant
from service.ledger import Clock
from service.problems import Problem, invalid_parameter
from service.recorder import head, position_at, take_append_lock
from service.tables import events, serving

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
_LONGEST_WAIT = 5.0
_PAUSE = 0.02
# Longer than a commit takes; what was stamped before that can be seen.
_LONGEST_COMMIT = timedelta(minutes=1)


def _written_as_a_day(value: Any) -> Any:
    """Only `2021-03-10`: instants and numbers, which would pass for a date as well, are refused."""
    if isinstance(value, str):
        try:
            return parse_day(value)
        except Wrong:
            raise PydanticKnownError("date_parsing", {"error": "not a day"}) from None
    return value


Day = Annotated[date, BeforeValidator(_written_as_a_day)]


class Times(NamedTuple):
    """The times as they were asked; None where they were left out."""

    valid_on: date | None
    known_at: datetime | None
    known_by: Literal["service", "sender"]
    at_position: int | None
    min_position: int | None


def times(
    request: Request,
    valid_on: Annotated[
        Day | None, Query(alias="validOn", description="The day it must have held (default: today in Amsterdam)")
    ] = None,
    known_at: Annotated[
        str | None,
        Query(
            alias="knownAt",
            description="The instant it must have been recorded by (default: now)",
            json_schema_extra={"format": "date-time"},
        ),
    ] = None,
    known_by: Annotated[
        Literal["service", "sender"],
        Query(alias="knownBy", description="Whether knownAt cuts on recordedAt or on the sender's own `time`"),
    ] = "service",
    at_position: Annotated[
        int | None, Query(alias="atPosition", ge=0, le=2**53, description="A position of the log instead of knownAt")
    ] = None,
    min_position: Annotated[
        int | None,
        Query(
            alias="minPosition",
            ge=0,
            le=2**53,
            description="Wait (at most 5 s) until the answer rests on this position",
        ),
    ] = None,
) -> Times:
    """The times of a question; faults in them are told before anything is read."""
    instant = None
    if known_at is not None:
        instant = instant_of("knownAt", known_at, request.app.state.shell.clock)
        if at_position is not None:
            raise invalid_parameter("atPosition", "disagrees", "give knownAt or atPosition, not both")
    if known_by == "sender" and instant is None:
        raise invalid_parameter("knownAt", "required", "is required with knownBy=sender")
    return Times(valid_on, instant, known_by, at_position, min_position)


AskedTimes = Annotated[Times, Depends(times)]


def instant_of(name: str, value: str, clock: Clock) -> datetime:
    """The instant of a parameter, which may not lie in the future."""
    instant = parse_instant(value)
    if instant is None:
        raise invalid_parameter(name, "not-an-instant", "must be an RFC 3339 instant, like 2021-03-10T14:05:00Z")
    if instant > clock():
        raise invalid_parameter(name, "in-the-future", "nothing is known yet of the future")
    return instant


class Question(NamedTuple):
    """A question ready to be answered: on one connection, for one day and one position, with the places known then."""

    connection: Connection
    asked: Asked
    known_at: datetime | None
    places: Places
    #: The same question of the log itself, for the events behind an answer.
    log: LogQuestion
    known_by: Literal["service", "sender"] = "service"

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
    known_by: Literal["service", "sender"] = "service"

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


def _told(valid_on: date | None, known_at: datetime | None, position: int, known_by: str) -> dict[str, Any]:
    told = {
        "validOn": valid_on,
        "knownAt": None if known_at is None else written(known_at),
        "position": position,
    }
    return told if known_by == "service" else {**told, "knownBy": known_by}


def today(clock: Clock) -> date:
    """The calendar day in Amsterdam."""
    return clock().astimezone(AMSTERDAM).date()


def _settle(engine: Engine, asked: Times, clock: Clock) -> None:
    """Wait for a commit that is under way, when it may still bring something that was recorded by `knownAt`.

    An event is stamped while its commit holds the lock of the log, and seen when that is done: without this the same
    question could get another answer a moment later. What begins to commit after it is stamped later than any knownAt.
    """
    if asked.known_at is not None and asked.known_at > clock() - _LONGEST_COMMIT:
        with writing(engine) as connection:
            take_append_lock(connection)


@contextmanager
def asking(engine: Engine, asked: Times, clock: Clock) -> Iterator[Question]:
    """A question on a connection of its own, once the projections have come far enough; else 503."""
    _settle(engine, asked, clock)
    with closing(_attempts(engine)) as attempts:
        for plain in attempts:
            view = plain.execute(select(serving.c.view)).scalar_one()
            connection = plain.execution_options(schema_translate_map={"view": view})
            # On SQLite the projections' file may show a later moment than the log's: the answer rests on both.
            reached = min(connection.execute(select(place.c.position)).scalar_one(), head(connection).position)
            wanted = _wanted(connection, asked)
            if max(wanted or 0, asked.min_position or 0) <= reached:
                there = Asked(asked.valid_on or today(clock), reached if wanted is None else wanted)
                known_at = asked.known_at or _recorded_at(connection, there.position)
                with _as_known(connection, asked, there.position) as known:
                    log = LogQuestion(connection, there.valid_on, known_at, there.position, asked.known_by)
                    yield Question(known, there, known_at, reference.places(known, there), log, asked.known_by)
                return


@contextmanager
def _as_known(connection: Connection, asked: Times, position: int) -> Iterator[Connection]:
    """Where the projections are asked: as they are kept, or made anew by the senders' clocks."""
    if asked.known_by == "sender" and asked.known_at is not None:
        with projected_as_sent(connection, asked.known_at, position) as sent:
            yield sent
    else:
        yield connection


@contextmanager
def asking_log(engine: Engine, asked: Times, clock: Clock) -> Iterator[LogQuestion]:
    """A question that only the log is needed for, on a connection of its own; 503 when the log has not come so far."""
    _settle(engine, asked, clock)
    with closing(_attempts(engine)) as attempts:
        for connection in attempts:
            wanted, last = _wanted(connection, asked), head(connection).position
            if (asked.min_position or 0) <= last:
                position = last if wanted is None else wanted
                known_at = asked.known_at or _recorded_at(connection, position)
                yield LogQuestion(connection, asked.valid_on, known_at, position, asked.known_by)
                return


def moment(connection: Connection, known_at: datetime | None, position: int) -> tuple[int, datetime | None]:
    """What a log was at an instant, else at a position: the last position of whole commits, and its instant."""
    if known_at is not None:
        return position_at(connection, known_at), known_at
    between = between_commits(connection, position)
    return between, _recorded_at(connection, between)


def _attempts(engine: Engine) -> Generator[Connection]:
    """Connections to look from, each a little later than the one before, until it has taken too long."""
    deadline = time.monotonic() + _LONGEST_WAIT
    while True:
        with reading(engine) as connection:
            yield connection
        if time.monotonic() > deadline:
            raise Problem(
                503,
                "Not there yet",
                "The position asked for has not been reached; try again.",
                headers={"Retry-After": "1"},
            )
        time.sleep(_PAUSE)


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
