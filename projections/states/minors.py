"""Unaccompanied minors (amv's) in reception, or housed in a small unit for minors and not moved on; day by day."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter

from sqlalchemy import Boolean, Column, Text

from domain.ages import first_day
from domain.facts import (
    Died,
    EventWithdrawn,
    Housed,
    LeftUnknownDestination,
    Linked,
    MovedToPermanentHome,
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
from projections.tables import MUNICIPALITY, state_table

# A row a state of a person at the end of the days on which it held. `municipality` is where they belong, `born` the day
# from which their age is counted: of a year alone 1 July, and then `born_known` is false.
minors = state_table(
    "minors",
    Column("municipality", Text, info=MUNICIPALITY),
    Column("born", Day),
    Column("born_known", Boolean(create_constraint=False), nullable=False),
)

_NOT_ONE = (None,)

#: What of a journey a row depends on.
_OF = attrgetter("unaccompanied_minor", "ending", "permit", "housing", "links", "born", "moves")


def rows(history: StreamHistory) -> Iterable[Row]:
    """The states of an unaccompanied minor who is looked after as one."""
    return history.spans(_state, _NOT_ONE, _OF)


def _state(journey: Journey, _: Places) -> tuple[Row | None]:
    # Few are, and who comes of age stays one of those who have to go on to a home of their own.
    if not journey.unaccompanied_minor or journey.ending is not None:
        return _NOT_ONE
    housing, born = journey.housing, journey.born
    in_unit = housing is not None and housing.accommodation == "minor-unit" and not journey.moved_on
    if not (in_unit or journey.in_reception):
        return _NOT_ONE
    known = born is not None and born.month is not None
    return ((journey.municipality, None if born is None else first_day(born), known),)


PROJECTION = Projection(
    minors,
    frozenset(
        fact.TOPIC
        for fact in (
            PermitGranted,
            PermitEnded,
            LeftUnknownDestination,
            Died,
            Linked,
            Housed,
            ReturnedToReception,
            MovedToPermanentHome,
            EventWithdrawn,
            VNumberReplaced,
        )
    ),
    rows,
    municipality_column="municipality",
)
