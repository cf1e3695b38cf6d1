"""Civic integration of who has the duty: the plan, the term, and what became of them; day by day."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from datetime import date
from operator import attrgetter
from typing import Final, Literal, get_args

from sqlalchemy import Boolean, Column, Integer, Text

from domain.effective import EffectiveEvents, effective_events
from domain.facts import (
    Died,
    EventWithdrawn,
    FineCancelled,
    FineImposed,
    Housed,
    IntakeHeld,
    IntegrationDutyStarted,
    IntegrationExempted,
    IntegrationFulfilled,
    IntegrationLoanStated,
    IntegrationNoticeSent,
    IntegrationPlanEstablished,
    IntegrationTermExtended,
    IntegrationTermSet,
    LeftUnknownDestination,
    Linked,
    LinkEnded,
    PermitEnded,
    PermitGranted,
    RegisteredAtAddress,
    ReturnedToReception,
    VNumberReplaced,
)
from domain.facts.integration import ExemptionExtent, Law, Route
from domain.fines import Fine, fines
from domain.integration import Extension, Integration
from domain.journey import Journey
from domain.places import Places
from projections.columns import Day
from projections.engine import LAST_DAY, Projection, spans
from projections.row_store import Row
from projections.stream_history import StreamHistory
from projections.tables import FOREVER, MUNICIPALITY, one_of, state_table

#: By which decision the term is extended: the newest of those that still run.
Extended = Literal["none", "after-fine", "other"]
NOT_EXTENDED: Final[Extended] = "none"

# A row a state of a person with a duty, not gone. `municipality` is where they are housed, else where they belong.
# `plan_due_on` is the last day on which a first plan is in time; null: there is none (yet). `route` is that of the
# newest plan, `loan_left` of the newest statement, in euros. `fines` are those that stand.
integration = state_table(
    "integration",
    Column("municipality", Text, info=MUNICIPALITY),
    Column("law", Text, nullable=False, info=one_of("law", get_args(Law))),
    Column("housed_on", Day),
    Column("plan_due_on", Day),
    Column("first_intake_on", Day),
    Column("first_plan_on", Day),
    Column("route", Text, info=one_of("route", get_args(Route))),
    Column("changed_route", Boolean(create_constraint=False), nullable=False),
    Column("term_ends_on", Day),
    Column("extension", Text, nullable=False, info=one_of("extension", get_args(Extended))),
    Column("exempted", Text, info=one_of("exemption", get_args(ExemptionExtent))),
    Column("fulfilled", Boolean(create_constraint=False), nullable=False),
    Column("loan_left", Integer),
    Column("fines", Integer, nullable=False),
    Column("fines_cancelled", Integer, nullable=False),
    # What ended before the day asked is passed over.
    order=" ORDER BY valid_until",
)

#: Behind WHERE: who is neither done nor has nothing to do.
UNDONE = "NOT fulfilled AND exempted IS DISTINCT FROM 'full'"

_NOT_THERE = (None,)

#: What of a journey a row depends on.
_OF = attrgetter("integration", "registered_on", "housing", "ending", "links")


def rows(history: StreamHistory) -> Iterable[Row]:
    """The states of a person who has to integrate, each for the days on which it held.

    Extensions run out and fines are cancelled on days on which nothing else has to happen.
    """
    found = list(history.spans(_state, of=_OF))
    if not found:
        return ()
    imposed = _fines(history)
    fined = sorted(fine.on for fine in imposed)
    cancelled = sorted(max(fine.on, fine.cancelled_on) for fine in imposed if fine.cancelled_on is not None)
    # The last has all extensions that those before it have.
    turns = sorted({*fined, *cancelled, *(one.ends_on for one in found[-1][-1].extensions)})
    running: list[Extension] = []
    seen = 0
    states: dict[date, Row | None] = {}
    for since, until, *told, so_far in found:
        for extension in so_far.extensions[seen:]:
            _let_run_out(running, extension.ends_on)
            running.append(extension)
        seen = len(so_far.extensions)
        for day in (since, *turns[bisect_right(turns, since) : bisect_left(turns, until)]):
            _let_run_out(running, day)
            undone = bisect_right(cancelled, day)
            fines_of_day = bisect_right(fined, day) - undone, undone
            states[day] = _row(told, so_far, running[-1] if running else None, *fines_of_day)
        if until < FOREVER:
            states[until] = None
    return spans(states.items())


def _state(journey: Journey, _: Places) -> tuple[Row | None]:
    """What is said of who has the duty, as far as it takes an event to change it; and how they are getting on."""
    so_far, housing = journey.integration, journey.housing
    if so_far.law is None or journey.ending is not None:
        return _NOT_THERE
    housed_on = None if housing is None else housing.on
    where = journey.municipality if housing is None else housing.municipality
    return ((where, so_far.law, housed_on, so_far.plan_due_on(journey.registered_on, housed_on), so_far),)


def _let_run_out(running: list[Extension], day: date) -> None:
    """Forget the newest extensions for as long as they end by a day: none before a newer one that outlasts it, and none
    that has ended, is ever again the newest that runs.
    """
    while running and running[-1].ends_on <= day:
        running.pop()


def _row(told: Sequence[object], so_far: Integration, extension: Extension | None, stand: int, cancelled: int) -> Row:
    loan = so_far.loan
    ground: Extended = NOT_EXTENDED
    if extension is not None:
        ground = "after-fine" if extension.ground == "after-fine" else "other"
    return (
        *told,
        so_far.first_intake_on,
        None if so_far.first_plan is None else so_far.first_plan.on,
        so_far.route,
        so_far.changed_route,
        so_far.term_ends_on,
        ground,
        so_far.exempted,
        so_far.fulfilled_on is not None,
        None if loan is None else loan.granted - loan.used,
        stand,
        cancelled,
    )


def _fines(history: StreamHistory) -> Sequence[Fine]:
    """All fines of a journey; a cancellation names a version of one that may have been replaced since."""
    if not any(isinstance(event.fact, FineImposed) for event in history.effective):
        return ()
    if history.amended:
        return fines(history.events, effective_events(history.events), LAST_DAY)
    return fines(history.events, EffectiveEvents(history.effective, {}, {}, ()), LAST_DAY)


PROJECTION = Projection(
    integration,
    frozenset(
        fact.TOPIC
        for fact in (
            IntegrationDutyStarted,
            IntegrationNoticeSent,
            IntakeHeld,
            IntegrationPlanEstablished,
            IntegrationTermSet,
            IntegrationTermExtended,
            IntegrationLoanStated,
            IntegrationExempted,
            IntegrationFulfilled,
            FineImposed,
            FineCancelled,
            PermitGranted,
            PermitEnded,
            LeftUnknownDestination,
            Died,
            Linked,
            LinkEnded,
            Housed,
            ReturnedToReception,
            RegisteredAtAddress,
            EventWithdrawn,
            VNumberReplaced,
        )
    ),
    rows,
    municipality_column="municipality",
)
