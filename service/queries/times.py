"""The times of a question as they are asked over HTTP, and as every answer repeats them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal, NamedTuple, NotRequired

from fastapi import Depends, Query, Request
from typing_extensions import TypedDict

from domain.places import Places
from service.foundation.answers import InstantText
from service.foundation.parameter_types import Day, Instant, Position
from service.foundation.problems import ParameterFault, parameter
from service.foundation.time import Clock

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


def read_times(
    request: Request,
    valid_on: Annotated[
        Day | None,
        Query(
            alias="validOn",
            description="The day it must have held (default: today in Amsterdam; of events whatever day)",
        ),
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
    """The times of a question, with what is wrong with them; `open_question` tells that with what is wrong besides."""
    faults = in_the_future("knownAt", known_at, request.app.state.context.clock)
    if known_at is not None and at_position is not None:
        faults.append(parameter("atPosition", "disagrees", "give knownAt or atPosition, not both"))
    if known_at is None and known_by == "sender":
        faults.append(parameter("knownAt", "required", "is required with knownBy=sender"))
    return Times(valid_on, known_at, known_by, at_position, min_position, tuple(faults))


AskedTimes = Annotated[Times, Depends(read_times)]


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


class EarlierMoment(NamedTuple):
    """An earlier moment of the log that an answer is compared with: an instant, else a position."""

    known_at: datetime | None = None
    position: int = 0


BEGINNING = EarlierMoment()


class AsOf(TypedDict):
    """What every answer repeats: both times, and the position of the log that it rests on."""

    validOn: date | None
    knownAt: InstantText | None
    position: int
    knownBy: NotRequired[Literal["sender"]]
