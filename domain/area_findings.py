"""What the events of an area say that cannot be so: of an area that there was not, or amending what is not there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from domain.effective import Finding, effective_events
from domain.facts import AREA_FACTS, Recorded
from domain.identifiers import is_municipality_code
from domain.places import Places


def area_findings(known: Iterable[Recorded], places: Places) -> tuple[Finding, ...]:
    """The findings of one area's stream, by code; provinces and the country are always there.

    `area-not-there-that-day`: it names a municipality before it began or after it merged. It counts all the same.
    """
    effective = effective_events(known)
    return tuple(sorted((*effective.findings, *absent_areas(effective.events, places))))


def absent_areas(effective: Iterable[Recorded], places: Places) -> Iterator[Finding]:
    """Those of what is in effect that name an area on a day when there was none."""
    for event in effective:
        if (
            isinstance(event.fact, AREA_FACTS)
            and is_municipality_code(event.fact.area)
            and not places.exists(event.fact.area, event.effective_on)
        ):
            yield Finding("area-not-there-that-day", event.source, event.id, event.effective_on)
