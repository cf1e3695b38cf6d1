"""Which fines a journey has, and which of them were cancelled: a cancellation names any version of the fine's event."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from domain.effective import EffectiveEvents, Finding
from domain.facts import EventKey, FineCancelled, FineImposed, Recorded


class Fine(NamedTuple):
    """A fine in whole euros, and from which day on it is cancelled."""

    on: date
    amount: int
    cancelled_on: date | None = None


def fines(known: Iterable[Recorded], effective: EffectiveEvents, on: date) -> tuple[Fine, ...]:
    """The fines imposed by a day, by what is known of a journey and what of that is in effect, as they stand on it."""
    by_then = [event for event in effective.events if event.effective_on <= on]
    cancelled: dict[EventKey, date] = {}
    for event, named in _cancellations(known, effective):
        if named is not None and event.effective_on <= on:
            cancelled.setdefault(named, event.effective_on)
    return tuple(
        Fine(event.effective_on, event.fact.amount, cancelled.get(event.key))
        for event in by_then
        if isinstance(event.fact, FineImposed)
    )


def fine_findings(known: Iterable[Recorded], effective: EffectiveEvents) -> Iterator[Finding]:
    """The cancellations that name no fine of their own source."""
    for event, named in _cancellations(known, effective):
        if named is None:
            yield Finding("cancels-unknown-fine", event.source, event.id, event.effective_on)


def _cancellations(known: Iterable[Recorded], effective: EffectiveEvents) -> Iterator[tuple[Recorded, EventKey | None]]:
    """Every cancellation in effect, in effective order, with the version that its fine has now, or had when that was
    withdrawn; None where it names no fine."""
    cancellations = [(event, event.fact.fine) for event in effective.events if isinstance(event.fact, FineCancelled)]
    by_key = {event.key: event for event in known} if cancellations else {}
    for event, id_ in cancellations:
        named = (event.source, id_)
        version = by_key.get(effective.replaced_by.get(named, named))
        yield event, version.key if version is not None and isinstance(version.fact, FineImposed) else None
