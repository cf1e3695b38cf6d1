"""Who applied for family to follow (nareis), and how far that is; day by day."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter

from sqlalchemy import Boolean, Column, Integer, Text

from domain.facts import (
    Died,
    EventWithdrawn,
    FamilyArrived,
    FamilyReunificationApplied,
    FamilyReunificationDecided,
    FamilyVisaIssued,
    HomeReady,
    Housed,
    LeftUnknownDestination,
    Linked,
    LinkEnded,
    PermitEnded,
    PermitGranted,
    ReturnedToReception,
    VNumberReplaced,
)
from domain.journey import Journey
from domain.norms import link_and_home
from domain.places import Places
from projections.columns import Day
from projections.engine import Projection
from projections.row_store import Row
from projections.stream_history import StreamHistory
from projections.tables import MOST_PERSONS, MUNICIPALITY, state_table

# A row a state of a person at the end of the days on which it held. `municipality` is where they belong; all numbers
# are of persons who may follow. `direct` and `through` are of those arrived straight into the home and by way of
# reception: of the others neither was stated. `home_ready` is of the link that stands, while not housed.
referents = state_table(
    "referents",
    Column("municipality", Text, info=MUNICIPALITY),
    Column("applied", Integer, nullable=False),
    Column("granted", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("visas", Integer, nullable=False),
    Column("arrived", Integer, nullable=False),
    Column("direct", Integer, nullable=False),
    Column("through", Integer, nullable=False),
    Column("granted_on", Day),
    Column("visa_on", Day),
    Column("housed", Boolean(create_constraint=False), nullable=False),
    Column("home_ready", Boolean(create_constraint=False), nullable=False),
)

#: How many may come and did not yet.
AWAITED = "greatest(0, granted - arrived)"

_NONE = (None,)

#: What of a journey a row depends on.
_OF = attrgetter("family", "ending", "housing", "links", "homes", "returned_on")


def rows(history: StreamHistory) -> Iterable[Row]:
    """The states of a referent, each for the days on which it held."""
    return history.spans(_state, _NONE, _OF)


def _state(journey: Journey, places: Places) -> tuple[Row | None]:
    family = journey.family
    if family.applied_on is None or journey.ending is not None:
        return _NONE
    persons = family.persons, family.granted, family.refused, family.visas, family.arrived, family.arrived_direct
    *_, arrived, direct = counted = [min(number, MOST_PERSONS) for number in persons]
    housed = journey.housing is not None
    state = (
        journey.municipality,
        *counted,
        # Not capped apart: both are of those arrived, and what is left of these is those of whom neither was stated.
        min(family.arrived_through_reception, arrived - direct),
        family.granted_on,
        family.visa_on,
        housed,
        not housed and link_and_home(journey, places)[1] is not None,
    )
    return (state,)


PROJECTION = Projection(
    referents,
    frozenset(
        fact.TOPIC
        for fact in (
            PermitGranted,
            PermitEnded,
            LeftUnknownDestination,
            Died,
            FamilyReunificationApplied,
            FamilyReunificationDecided,
            FamilyVisaIssued,
            FamilyArrived,
            Linked,
            LinkEnded,
            HomeReady,
            Housed,
            ReturnedToReception,
            EventWithdrawn,
            VNumberReplaced,
        )
    ),
    rows,
    municipality_column="municipality",
)
