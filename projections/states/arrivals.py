"""Family that arrived: a row for each time that somebody's came, and where that person belongs while not gone."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter

from sqlalchemy import Column, Integer, Text

from domain.facts import (
    Died,
    EventWithdrawn,
    FamilyArrived,
    Housed,
    LeftUnknownDestination,
    Linked,
    PermitEnded,
    PermitGranted,
    ReturnedToReception,
    VNumberReplaced,
)
from domain.journey import Journey
from domain.places import Places
from projections.columns import Day
from projections.engine import Projection
from projections.row_store import Row
from projections.stream_history import StreamHistory
from projections.tables import FOREVER, MUNICIPALITY, state_table

# A row of an arrival says when and how many, from its day on. One without these says that the person whom they followed
# is not gone, and where that person belongs: apart, or every arrival would be told anew wherever the person goes.
arrivals = state_table(
    "arrivals",
    Column("municipality", Text, info=MUNICIPALITY),
    Column("on_day", Day),
    Column("persons", Integer),
    Column("turn", Integer),  # first, second, ... arrival
)


#: Behind FROM: the arrivals of who is not gone, where that person belongs, by `{arrivals}`, the rows for a day.
ARRIVED = """
    SELECT stream, belongs.municipality, came.on_day, came.persons, came.turn
    FROM {arrivals} AS came JOIN {arrivals} AS belongs USING (stream)
    WHERE came.turn IS NOT NULL AND belongs.turn IS NULL
"""

_GONE = (None,)


def rows(history: StreamHistory) -> Iterable[Row]:
    """The arrivals of somebody's family, each from its day on, and where that person belongs since the first."""
    if not history.stages or not (every := history.stages[-1].journey.family.arrivals):
        return
    for turn, arrival in enumerate(every, start=1):
        yield arrival.on, FOREVER, None, *arrival, turn
    for since, until, *there in history.spans(_there, _GONE, attrgetter("links", "housing", "ending")):
        if until > every[0].on:
            yield max(since, every[0].on), until, *there


def _there(journey: Journey, _: Places) -> tuple[Row | None]:
    return _GONE if journey.ending is not None else ((journey.municipality, None, None, None),)


PROJECTION = Projection(
    arrivals,
    frozenset(
        fact.TOPIC
        for fact in (
            PermitGranted,
            PermitEnded,
            LeftUnknownDestination,
            Died,
            FamilyArrived,
            Linked,
            Housed,
            ReturnedToReception,
            EventWithdrawn,
            VNumberReplaced,
        )
    ),
    rows,
    municipality_column="municipality",
)
