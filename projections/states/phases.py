"""The phases of a journey, apart: which were completed, and what is waited for.

A phase that was completed has a row for the days since then. What a journey waits for has one for the days on which it
waits, which also says where its total started: of the phases linking, housing and departure one is open at a time, and
the total is open only while one of them is.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from operator import attrgetter

from sqlalchemy import Boolean, Column, Integer, Text

from domain.facts import (
    Died,
    EventWithdrawn,
    FamilyReunificationApplied,
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
from domain.norm_sets import PHASE_NAMES, PhaseName
from domain.norms import Phase, PhaseState
from domain.norms import phases as phases_of
from domain.places import Places
from projections.columns import Day
from projections.engine import Projection
from projections.row_store import Row
from projections.stream_history import StreamHistory
from projections.tables import MUNICIPALITY, one_of, state_table

#: What stands in the column `phase` of a journey that waits for none.
CLOSED = "closed"  # ended without housing
UNTIMED = "untimed"  # neither, nor is its total completed: only that there is such a journey

# A phase that was completed has `ended_on` and its days; a completed total also the day its link began and the days
# since then, where there are any. A row without `ended_on` says what the journey waits for, since when, and since when
# in all: from the permit and from the link, where these are known.
phases = state_table(
    "phases",
    Column("phase", Text, nullable=False, info=one_of("phase", (*PHASE_NAMES, CLOSED, UNTIMED))),
    Column("municipality", Text, info=MUNICIPALITY),
    Column("family", Boolean(create_constraint=False), nullable=False),
    Column("started_on", Day),
    Column("ended_on", Day),
    Column("days", Integer),
    Column("earlier_days", Integer, nullable=False),
    Column("permit_on", Day),
    Column("link_on", Day),
    Column("link_days", Integer),
    # A window has the completed of some days; what is waited for has rows that have not stopped holding.
    order=" ORDER BY ended_on NULLS LAST, valid_until",
)

#: The phases that are waited for; one of them is open at a time.
WAITED_FOR: tuple[PhaseName, ...] = tuple(name for name in PHASE_NAMES if name != "total")

#: What of a journey a row depends on.
_OF = attrgetter("permit", "links", "homes", "housing", "returned_on", "ending", "family.applied_on")


def rows(history: StreamHistory) -> Iterable[Row]:
    """A journey's phases, each with its spans of days, from the first day on that one of them knows of."""
    return history.spans(_state, _NOTHING, _OF)


def _state(journey: Journey, places: Places) -> tuple[Row | None, ...]:
    """What the journey waits for, and the phases that are completed."""
    every = phases_of(journey, places)
    whose = journey.municipality, journey.family.applied_on is not None
    three = tuple(zip(WAITED_FOR, every, strict=False))
    total = _completed("total", whose, every.from_permit, every.from_link.started_on)
    now: Row | None = None
    if journey.closing is not None:
        now = (CLOSED, *whose, *_UNDATED)
    elif (waits := next((one for one in three if one[1].state is PhaseState.OPEN), None)) is not None:
        name, phase = waits
        starts = every.from_permit.started_on, every.from_link.started_on
        now = (name, *whose, phase.started_on, None, None, phase.earlier_days, *starts, None)
    elif total is None:
        now = (UNTIMED, *whose, *_UNDATED)
    return (now, *(_completed(name, whose, phase) for name, phase in three), total)


def _completed(name: PhaseName, whose: Row, phase: Phase, link_on: date | None = None) -> Row | None:
    ended_on = phase.ended_on
    if phase.state is not PhaseState.COMPLETED or ended_on is None:
        return None
    from_link = None if link_on is None else max(0, (ended_on - link_on).days)
    days = phase.days(ended_on)
    return (name, *whose, phase.started_on, ended_on, days, phase.earlier_days, None, link_on, from_link)


#: Behind FROM or JOIN: where each journey belongs by `{phases}`, its rows for a day; one without any belongs nowhere.
# It waits for something, is closed or untimed, or its total is completed: a row each.
BELONGS = "SELECT stream, municipality FROM {phases} WHERE ended_on IS NULL OR phase = 'total'::phase"

_UNDATED: Row = (None, None, None, 0, None, None, None)
_NOTHING = _state(Journey(), Places.shipped())

PROJECTION = Projection(
    phases,
    frozenset(
        fact.TOPIC
        for fact in (
            PermitGranted,
            PermitEnded,
            LeftUnknownDestination,
            Died,
            Linked,
            LinkEnded,
            HomeReady,
            Housed,
            ReturnedToReception,
            FamilyReunificationApplied,
            EventWithdrawn,
            VNumberReplaced,
        )
    ),
    rows,
    municipality_column="municipality",
)
