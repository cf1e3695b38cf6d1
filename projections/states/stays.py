"""Who lives temporarily: in a place where nobody stays, or as a guest; each row for exactly the days that it lasts."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter

from sqlalchemy import Column, Text

from domain.facts import (
    Died,
    EventWithdrawn,
    GuestStayEnded,
    GuestStayStarted,
    HomeReady,
    Housed,
    LeftUnknownDestination,
    Linked,
    LinkEnded,
    MovedToPermanentHome,
    PermitEnded,
    PermitGranted,
    ReturnedToReception,
    VNumberReplaced,
)
from domain.journey import Journey
from domain.places import Places
from domain.temporary_stays import STAY_KINDS, temporary_stay
from projections.columns import Day
from projections.engine import Projection
from projections.row_store import Row
from projections.stream_history import StreamHistory
from projections.tables import MUNICIPALITY, one_of, state_table

# A row a state of a person at the end of the days on which it held. `municipality` is that of the housing, and of a
# guest where they belong. `until_on` is the last day as it was agreed or usual, null where there is none.
stays = state_table(
    "stays",
    Column("kind", Text, nullable=False, info=one_of("stay", STAY_KINDS)),
    Column("municipality", Text, info=MUNICIPALITY),
    Column("since_on", Day, nullable=False),
    Column("until_on", Day),
)

_NOWHERE = (None,)

#: What of a journey a row depends on.
_OF = attrgetter("permit", "housing", "guest_stay", "links", "homes", "returned_on", "ending", "departed_on", "moves")


def rows(history: StreamHistory) -> Iterable[Row]:
    """The temporary stays of a person, each for the days that it lasted."""
    return history.spans(_state, _NOWHERE, _OF)


def _state(journey: Journey, places: Places) -> tuple[Row | None]:
    if journey.housing is None and journey.guest_stay is None:
        return _NOWHERE
    return (temporary_stay(journey, places),)


PROJECTION = Projection(
    stays,
    frozenset(
        fact.TOPIC
        for fact in (
            PermitGranted,
            PermitEnded,
            LeftUnknownDestination,
            Died,
            Linked,
            LinkEnded,
            GuestStayStarted,
            GuestStayEnded,
            HomeReady,
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
