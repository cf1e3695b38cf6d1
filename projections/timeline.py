"""Where does one permit holder stand? Computed from the journey's history when it is asked; nothing is stored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from domain import doubts, persons
from domain.causes import Cause, causes
from domain.effective import Finding, force
from domain.facts import Recorded
from domain.journey import Journey, fold
from domain.norms import OWNERS, PHASE_NAMES, NormSet, Phase, PhaseName, Phases, State, findings, phases
from domain.places import Places

#: Findings about withdrawals, doubts and who is who, of which the day plays no part.
_WHATEVER_THE_DAY = {"withdraws-unknown-event", "withdrawals-in-a-ring", *doubts.WHATEVER_THE_DAY} | persons.FINDINGS


class Stretch(NamedTuple):
    """A phase on the day asked: its bounds, its days so far or in all, and its norm, deadline and days over it."""

    name: PhaseName
    owner: str
    state: State
    started_on: date | None
    ended_on: date | None
    earlier_days: int
    days: int | None
    norm: int
    due_on: date | None
    days_over: int | None


class Timeline(NamedTuple):
    """A journey on a day: its state, its phases under a norm set, what its waiting was spent on, what does not fit."""

    journey: Journey
    municipality: str | None
    phases: tuple[Stretch, ...]
    causes: tuple[Cause, ...]
    findings: tuple[Finding, ...]


def timeline(
    known: Sequence[Recorded], valid_on: date, norm: NormSet, places: Places, besides: Iterable[Finding] = ()
) -> Timeline:
    """The timeline of one journey from what is known of it; with findings besides, of who is who."""
    told = force(known)
    journey = fold((event for event in told.speaking if event.effective_on <= valid_on), places)
    every = phases(journey, places)
    return Timeline(
        journey,
        places.counts_for(journey.municipality, valid_on),
        tuple(_stretch(name, every, norm, valid_on) for name in PHASE_NAMES),
        causes(journey, every, valid_on),
        _findings([*told.findings, *doubts.findings(known, told), *besides], journey, places, valid_on),
    )


def _stretch(name: PhaseName, every: Phases, norm: NormSet, on: date) -> Stretch:
    phase: Phase = every.get(name, norm)
    days, within = phase.days(on), norm.norm(name)
    return Stretch(
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
    of_the_log = (one for one in told if one.on <= on or one.code in _WHATEVER_THE_DAY)
    every = {*journey.findings, *findings(journey, places), *of_the_log}
    return tuple(sorted(every, key=lambda one: (one.on, one.code, one.source, one.id)))
