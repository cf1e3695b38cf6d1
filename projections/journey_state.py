"""Where does one permit holder stand? Computed from the journey's history when it is asked; nothing is stored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from domain.causes import Cause, waiting_causes
from domain.causes_by_day import CauseSpell, cause_spells
from domain.effective import Finding, effective_events
from domain.facts import Recorded
from domain.findings import claim_findings, told_from
from domain.fines import Fine, fines
from domain.journey import Journey, stages
from domain.norm_sets import PHASE_NAMES, NormSet, PhaseName
from domain.norms import OWNERS, Owner, Phase, Phases, PhaseState, phase_findings, phases
from domain.places import Places
from domain.temporary_stays import TemporaryStay, temporary_stay


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
    """A journey on a day: its state, phases under a norm set, causes of waiting, where somebody lives for now, fines,
    and what does not fit.
    """

    journey: Journey
    municipality: str | None
    phases: tuple[PhaseOnDay, ...]
    causes: tuple[Cause, ...]
    causes_by_day: tuple[CauseSpell, ...]
    stay: TemporaryStay | None
    fines: tuple[Fine, ...]
    findings: tuple[Finding, ...]


def journey_state(
    known: Sequence[Recorded], valid_on: date, norm: NormSet, places: Places, besides: Iterable[Finding] = ()
) -> JourneyState:
    """The state of one journey from what is known of it; with findings besides, of who is who."""
    effective = effective_events(known)
    by_then = list(stages((event for event in effective.events if event.effective_on <= valid_on), places))
    journey = by_then[-1][1] if by_then else Journey()
    measured = phases(journey, places)
    told = (*effective.findings, *claim_findings(known, effective), *besides)
    return JourneyState(
        journey,
        places.known_code_on(journey.municipality, valid_on),
        tuple(_phase_on(name, measured, norm, valid_on) for name in PHASE_NAMES),
        waiting_causes(journey, measured, valid_on),
        cause_spells(by_then, places, valid_on),
        temporary_stay(journey, places),
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
    of_the_log = (one for one in told if told_from(one) <= on)
    every = {*journey.findings, *phase_findings(journey, places), *of_the_log}
    return tuple(sorted(every, key=lambda one: (one.on, one.code, one.source, one.id)))
