"""What each fact of a journey changed: links, phases, closing and what counts for the quota, one effect at a time.

Found by comparing the journey before and after each fact, so the rules are stated once. A fact without
effects changed none of these, because it is about something else or because the journey noted it as a finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Literal, NamedTuple

from domain.accommodation import Accommodation
from domain.facts import Recorded
from domain.journey import Journey, evolve
from domain.norm_sets import DEFAULT_NORM, NORM_SETS, PHASE_NAMES, NormSet, PhaseName
from domain.norms import Phase, Phases, PhaseState, phases
from domain.period import Period
from domain.places import Places

EffectKind = Literal[
    "link-began",
    "link-ended",
    "phase-started",
    "phase-ended",
    "phase-dropped",  # it no longer applies: its link ended, or the housing it led to was undone
    "phase-reopened",  # it had ended, and is not over after all
    "counted",  # for the quota: +1 person housed, -1 whose housing was undone
    "closed",  # without housing: what is open of its phases stops
    "reopened",  # closed no longer: what had stopped goes on
]


class Effect(NamedTuple):
    """One thing that a fact changed; what does not fit its kind is None.

    `on` is the day it changed: the phase's own bound where it started or ended (which the fact may only have made
    known), else the fact's day. `days` are those of the phase that ended. `municipality` is the code as
    posted. `persons` are +1 or -1, counted for `municipality` in `period`.
    """

    kind: EffectKind
    on: date
    phase: PhaseName | None = None
    days: int | None = None
    municipality: str | None = None
    period: Period | None = None
    persons: int | None = None
    accommodation: Accommodation | None = None


def effects(
    history: Iterable[Recorded], places: Places, norm: NormSet = NORM_SETS[DEFAULT_NORM]
) -> Iterator[tuple[Recorded, tuple[Effect, ...]]]:
    """Every event of an effective history, in its order, with what it changed; `total` as the norm set counts it."""
    before = Journey()
    phases_before = phases(before, places)
    for event in history:
        after = evolve(before, event, places)
        phases_after = phases(after, places)
        yield event, tuple(_effects(before, phases_before, after, phases_after, event.effective_on, norm))
        before, phases_before = after, phases_after


def _effects(
    before: Journey, phases_before: Phases, after: Journey, phases_after: Phases, on: date, norm: NormSet
) -> Iterator[Effect]:
    yield from _of_links(before, after)
    for name in PHASE_NAMES:
        was, is_now = phases_before.get(name, norm), phases_after.get(name, norm)
        yield from _of_phase(name, was, is_now, on, _municipality_of(before, name), _municipality_of(after, name))
    for posting in after.postings[len(before.postings) :]:
        yield Effect(
            "counted",
            posting.on,
            municipality=posting.municipality,
            period=Period.of(posting.on),
            persons=posting.persons,
            accommodation=posting.accommodation,
        )
    if before.closing is None and after.closing is not None:
        yield Effect("closed", on)
    elif before.closing is not None and after.closing is None:
        yield Effect("reopened", on)


def _of_links(before: Journey, after: Journey) -> Iterator[Effect]:
    for was, is_now in zip(before.links, after.links, strict=False):
        if was.until is None and is_now.until is not None:
            yield Effect("link-ended", is_now.until, municipality=is_now.municipality)
    for link in after.links[len(before.links) :]:
        yield Effect("link-began", link.on, municipality=link.municipality)


def _of_phase(
    name: PhaseName, was: Phase, is_now: Phase, on: date, municipality_before: str | None, municipality: str | None
) -> Iterator[Effect]:
    ended, ends = was.state is PhaseState.COMPLETED, is_now.state is PhaseState.COMPLETED
    # Linking is one phase with several stretches; another start of any other phase makes it another phase.
    goes_on = _applies(was) and _applies(is_now) and (name == "linking" or was.started_on == is_now.started_on)
    moved = was[1:] != is_now[1:]
    if _applies(was) and not goes_on:
        yield Effect("phase-dropped", on, name, municipality=municipality_before)
    if is_now.started_on is not None and _applies(is_now) and not goes_on:
        yield Effect("phase-started", is_now.started_on, name, municipality=municipality)
    if goes_on and ended and (not ends or moved):
        yield Effect("phase-reopened", on, name, municipality=municipality)
    if is_now.ended_on is not None and ends and (not goes_on or not ended or moved):
        yield Effect("phase-ended", is_now.ended_on, name, is_now.days(is_now.ended_on), municipality)


def _applies(phase: Phase) -> bool:
    return phase.state in (PhaseState.OPEN, PhaseState.COMPLETED, PhaseState.STOPPED)


def _municipality_of(journey: Journey, name: PhaseName) -> str | None:
    """The municipality whose housing or departure it is, as posted."""
    link = journey.housing.link if journey.housing else journey.current_link
    return link.municipality if link is not None and name in ("housing", "departure") else None
