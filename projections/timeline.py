"""The timeline of one journey for reading: every event with what it changed, and what became of it.

Ordered by the day it held, within a day as the contract's effective history is. What was corrected or withdrawn stays
in its place, says by what, and changed nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

from domain.accommodation import Accommodation
from domain.doubts import answered_doubt, doubted_event
from domain.effective import EffectiveEvents, effective_events, effective_order
from domain.effects import Effect, effects
from domain.facts import DoubtAnswered, EventWithdrawn, FactDoubted, FineCancelled, Recorded
from domain.norm_sets import NormSet, PhaseName
from domain.period import Period
from domain.places import Places


class Change(NamedTuple):
    """One thing that a fact changed, under a norm set; what does not fit its kind is None.

    `days`, `norm` and `days_over` are of the phase that ended. `municipality` is the code as posted, `counts_for` the
    municipality that it counted for that day.
    """

    kind: str
    on: date
    phase: PhaseName | None
    days: int | None
    norm: int | None
    days_over: int | None
    municipality: str | None
    counts_for: str | None
    period: Period | None
    persons: int | None
    accommodation: Accommodation | None


class Entry(NamedTuple):
    """An event of the timeline; `corrects`, `withdraws` and `about`, what a doubt, the answer to one or a fine that is
    cancelled names, are None too where what they name is not known.
    """

    event: Recorded
    corrects: Recorded | None
    withdraws: Recorded | None
    corrected_by: Recorded | None
    withdrawn_by: Recorded | None
    changes: tuple[Change, ...]
    void: bool  # a withdrawal that takes nothing out: what it names is not known, or they are in a ring
    about: Recorded | None = None

    @property
    def in_force(self) -> bool:
        """Whether it is neither corrected nor withdrawn."""
        return self.corrected_by is None and self.withdrawn_by is None


def timeline(known: Sequence[Recorded], norm: NormSet, places: Places, valid_on: date | None = None) -> list[Entry]:
    """The timeline from what is known of a journey.

    With a day only of what held by then, and of withdrawals of that and doubts about it.
    """
    effective, by_name = effective_events(known), {event.key: event for event in known}
    by_then = [event for event in effective.events if valid_on is None or event.effective_on <= valid_on]
    changes = {event.key: tuple(_changes(found, norm, places)) for event, found in effects(by_then, places, norm)}
    shown = [event for event in known if valid_on is None or _day(event, by_name) <= valid_on]
    return [_entry(event, effective, by_name, changes) for event in sorted(shown, key=effective_order)]


def _entry(
    event: Recorded,
    effective: EffectiveEvents,
    by_name: dict[tuple[str, str], Recorded],
    changes: dict[tuple[str, str], tuple[Change, ...]],
) -> Entry:
    name = event.key
    corrected, withdrawn = effective.replaced_by.get(name), effective.withdrawn_by.get(name)
    corrects = None if event.corrected_key is None else by_name.get(event.corrected_key)
    withdraws = _withdrawn(event, by_name)
    target = withdraws and withdraws.key
    # A withdrawal that also corrects what it names takes that out as its newest version.
    out = target is not None and (target in effective.withdrawn_by or effective.replaced_by.get(target) == name)
    return Entry(
        event,
        corrects,
        withdraws,
        None if corrected is None else by_name[corrected],
        None if withdrawn is None else by_name[withdrawn],
        changes.get(name, ()),
        isinstance(event.fact, EventWithdrawn) and not out,
        _doubted(event, by_name) or _cancelled(event, by_name),
    )


def _withdrawn(event: Recorded, by_name: dict[tuple[str, str], Recorded]) -> Recorded | None:
    """What a withdrawal names."""
    return by_name.get((event.source, event.fact.withdraws)) if isinstance(event.fact, EventWithdrawn) else None


def _doubted(event: Recorded, by_name: dict[tuple[str, str], Recorded]) -> Recorded | None:
    """What a doubt names, or the answer to one."""
    if isinstance(event.fact, FactDoubted):
        return by_name.get(doubted_event(event))
    return by_name.get(answered_doubt(event)) if isinstance(event.fact, DoubtAnswered) else None


def _cancelled(event: Recorded, by_name: dict[tuple[str, str], Recorded]) -> Recorded | None:
    """The fine that was taken back."""
    return by_name.get((event.source, event.fact.fine)) if isinstance(event.fact, FineCancelled) else None


def _day(event: Recorded, by_name: dict[tuple[str, str], Recorded]) -> date:
    """The day that decides whether an event is shown; that of what is said about another plays no part where that is
    there."""
    seen = set()
    while (target := _withdrawn(event, by_name) or _doubted(event, by_name)) is not None and event.position not in seen:
        seen.add(event.position)
        event = target
    return event.effective_on


def _changes(found: Iterable[Effect], norm: NormSet, places: Places) -> Iterator[Change]:
    for effect in found:
        within = norm.norm(effect.phase) if effect.phase is not None and effect.days is not None else None
        yield Change(
            effect.kind,
            effect.on,
            effect.phase,
            effect.days,
            within,
            None if within is None or effect.days is None else max(0, effect.days - within),
            effect.municipality,
            places.known_code_on(effect.municipality, effect.on),
            effect.period,
            effect.persons,
            effect.accommodation,
        )
