"""Which municipalities a journey concerns on a day: those that may read of it."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Sequence
from datetime import date

from domain.effective import effective_events_on
from domain.facts import Housed, IntegrationPlanEstablished, Linked, Recorded
from domain.journey import fold
from domain.places import Places


def concerned_municipalities(known: Iterable[Recorded], on: date, places: Places) -> frozenset[str]:
    """The municipalities that a journey concerns on a day, of those that exist on it.

    After the rule by which DUO shows persons to municipalities: that of residence for who is housed, that of the
    current link for who is not; that of the newest integration plan; and for a month after a plan of another
    municipality the one whose plan was in force before. A plan counts only of a municipality that COA linked or housed
    somebody to: a municipality says its plans itself, and must not open by one what is not its own.
    """
    history = effective_events_on(known, on)
    journey = fold(history, places)
    lives_in = journey.housing or journey.current_link
    found = [] if lives_in is None else [lives_in.municipality]
    found += _planning(history, on, places)
    return frozenset(places.code_on(code, on) for code in found)


def _planning(history: Sequence[Recorded], on: date, places: Places) -> list[str]:
    """The municipality of the newest plan, and for a month the one before it."""
    theirs = {
        places.code_on(event.fact.municipality, on) for event in history if isinstance(event.fact, Linked | Housed)
    }
    plans = [
        (code, event.effective_on)
        for event in history
        if isinstance(event.fact, IntegrationPlanEstablished)
        and (code := places.code_on(event.fact.municipality, on)) in theirs
    ]
    if not plans:
        return []
    newest = plans[-1][0]
    earlier = [code for code, _ in plans if code != newest]
    if not earlier:
        return [newest]
    # The first plan of the newest municipality since another one had the plan: its later ones change nothing.
    nth = max(nth for nth, (code, _) in enumerate(plans) if code != newest)
    taken_over = plans[nth + 1][1]
    return [newest, earlier[-1]] if on < _a_month_after(taken_over) else [newest]


def _a_month_after(day: date) -> date:
    """The same day of the next month, or its last one where it is shorter."""
    year, month = (day.year, day.month + 1) if day.month < 12 else (day.year + 1, 1)
    return date(year, month, min(day.day, monthrange(year, month)[1]))
