"""Where does one permit holder stand? Computed from the journey's history when it is asked; nothing is stored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from domain.causes import Cause, waiting_causes
from domain.doubts import UNDATED_FINDINGS, doubt_findings
from domain.effective import Finding, effective_events
from domain.facts import Recorded
from domain.fines import Fine, fine_findings, fines
from domain.journey import Journey, fold
from domain.norms import (
    OWNERS,
    PHASE_NAMES,
    NormSet,
    Owner,
    Phase,
    PhaseName,
    Phases,
    PhaseState,
    phase_findings,
    phases,
)
from domain.persons import PERSON_LINK_FINDINGS
from domain.places import Places

#: Findings about withdrawals, doubts and who is who, of which the day plays no part.
_UNDATED = {"withdraws-unknown-event", "withdrawals-in-a-ring", *UNDATED_FINDINGS} | PERSON_LINK_FINDINGS


class PhaseOnDay(NamedTuple):
    """A phase on the day asked: its bounds, its days so far or in all, and its norm, deadline and days over it."""

    name: PhaseName
    owner: Owner
    state: PhaseState
    started_on: date | None
    ended_on: date | None
    earlier_days: int
    days: int | None
    norm: int
    due_on: date | None
    days_over: int | None


class JourneyState(NamedTuple):
    """A journey on a day: its state, phases under a norm set, causes of waiting, fines, and what does not fit."""

    journey: Journey
    municipality: str | None
    phases: tuple[PhaseOnDay, ...]
    causes: tuple[Cause, ...]
    fines: tuple[Fine, ...]
    findings: tuple[Finding, ...]


def journey_state(
    known: Sequence[Recorded], valid_on: date, norm: NormSet, places: Places, besides: Iterable[Finding] = ()
) -> JourneyState:
    """The state of one journey from what is known of it; with findings besides, of who is who."""
    effective = effective_events(known)
    journey = fold((event for event in effective.events if event.effective_on <= valid_on), places)
    measured = phases(journey, places)
    told = (*effective.findings, *doubt_findings(known, effective), *fine_findings(known, effective), *besides)
    return JourneyState(
        journey,
        places.known_code_on(journey.municipality, valid_on),
        tuple(_phase_on(name, measured, norm, valid_on) for name in PHASE_NAMES),
        waiting_causes(journey, measured, valid_on),
        fines(known, effective, valid_on),
        _findings(told, journey, places, valid_on),
    )


def _phase_on(name: PhaseName, measured: Phases, norm: NormSet, on: date) -> PhaseOnDay:
    phase: Phase = measured.get(name, norm)
    days, within = phase.days(on), norm.norm(name)
    return PhaseOnDay(
        name,
        OWNERS[name],
        phase.state,
        phase.started_on,
        phase.ended_on,
        phase.earlier_days,
        days,
        within,
        None if days is None else phase.due_on(within),
        None if days is None else max(0, days - within),
    )


def _findings(told: Iterable[Finding], journey: Journey, places: Places, on: date) -> tuple[Finding, ...]:
    of_the_log = (one for one in told if one.on <= on or one.code in _UNDATED)
    every = {*journey.findings, *phase_findings(journey, places), *of_the_log}
    return tuple(sorted(every, key=lambda one: (one.on, one.code, one.source, one.id)))
