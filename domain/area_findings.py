"""What the events of an area say that cannot be so: of an area that there was not, or amending what is not there."""

from __future__ import annotations

from collections.abc import Iterable

from domain.effective import Finding, effective_events
from domain.facts import AREA_FACTS, Recorded
from domain.identifiers import is_municipality_code
from domain.places import Places


def area_findings(known: Iterable[Recorded], places: Places) -> tuple[Finding, ...]:
    """The findings of one area's stream, by code; provinces and the country are always there.

    `area-not-there-that-day`: it names a municipality before it began or after it merged. It counts all the same.
    """
    effective = effective_events(known)
    absent = (
        Finding("area-not-there-that-day", event.source, event.id, event.effective_on)
        for event in effective.events
        if isinstance(event.fact, AREA_FACTS)
        and is_municipality_code(event.fact.area)
        and not places.exists(event.fact.area, event.effective_on)
    )
    return tuple(sorted((*effective.findings, *absent)))
