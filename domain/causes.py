"""What waiting days were spent on: spells of a journey labelled with a cause. No clock is stopped for them.

Labels may overlap, because somebody can wait for family and for a document on the same day. A spell lasts from its
first day until a day that no longer counts; it ends at the latest when the waiting itself does, by housing or closing.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from domain.journey import Journey
from domain.norms import Phases, PhaseState


class Cause(NamedTuple):
    """A spell of waiting; `until` is None while it goes on, `days` are counted to the day asked."""

    label: str
    since: date
    until: date | None
    days: int


def waiting_causes(journey: Journey, measured: Phases, on: date) -> tuple[Cause, ...]:
    """The labelled spells of a journey as it stands on a day, in the order they began; spells of no days left out."""
    waiting_ended_on = _waiting_ended_on(journey)
    found = []
    for label, since, until in _spells(journey, measured):
        ended_on = min((day for day in (until, waiting_ended_on) if day is not None), default=None)
        days = ((on if ended_on is None else min(ended_on, on)) - since).days
        if days > 0:
            found.append(Cause(label, since, ended_on, days))
    return tuple(sorted(found, key=lambda cause: (cause.since, cause.label)))


def _waiting_ended_on(journey: Journey) -> date | None:
    """The day the waiting ended."""
    if journey.housing is not None:
        return journey.housing.on
    return journey.closing.on if journey.closing is not None else None


def _spells(journey: Journey, measured: Phases) -> Iterator[tuple[str, date, date | None]]:
    family, ready_on = journey.family, None
    if measured.housing.state is PhaseState.COMPLETED:
        ready_on = measured.housing.ended_on
    if family.applied_on is not None:
        yield "waiting-for-family", family.applied_on, family.decided_on
    if family.decided_on is not None and family.granted:
        yield "home-not-ready-for-family", family.decided_on, ready_on
    link = journey.housing.link if journey.housing is not None else journey.current_link
    if link is not None:
        # What was there before the link kept nobody waiting for it; what is missing still may come from elsewhere.
        for item, completed_on in journey.dossier:
            if completed_on > link.on:
                yield f"dossier:{item}", link.on, completed_on
        if journey.document_on is not None and journey.document_on > link.on:
            yield "residence-document", link.on, journey.document_on
    for refusal in journey.refusals:
        yield "refusal-under-assessment", refusal.on, refusal.assessed_on
