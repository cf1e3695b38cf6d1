"""Why is somebody not housed yet? One cause for every day, from the permit on: the first of those that hold at its end.

No clock is stopped for a cause. Labels that may stand beside each other are in `domain/causes.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Literal, NamedTuple, get_args

from domain.dossier import missing_items
from domain.facts import HomeOffered, Recorded
from domain.journey import Journey, evolve
from domain.norms import home_for
from domain.places import Places

#: In their order: family applied for and not decided about; a refusal of a home that is not assessed; a file that is
#: not complete; no residence document; no link (COA); no home (municipality); leaving (COA and permit holder).
DayCause = Literal["family", "refusal", "dossier", "document", "unlinked", "home", "leaving"]
DAY_CAUSES: tuple[DayCause, ...] = get_args(DayCause)


#: What of a journey a cause follows from, and the housing that ends the last.
CAUSED_BY = attrgetter(
    *("permit", "family.undecided", "offers", "dossier", "document_on", "links", "homes", "returned_on", "housing"),
)


def cause_of_day(journey: Journey, places: Places) -> DayCause:
    """The cause of a day, from the journey as it stands at the end of it."""
    if journey.family.undecided:
        return "family"
    if _awaits_assessment(journey):
        return "refusal"
    if missing_items(journey.dossier):
        return "dossier"
    if journey.document_on is None:
        return "document"
    if journey.current_link is None:
        return "unlinked"
    if home_for(journey, journey.current_link, places) is None:
        return "home"
    return "leaving"


def cause_events(history: Sequence[Recorded], places: Places, cause: DayCause) -> Sequence[Recorded]:
    """What began the days of a cause, and what ended them: another cause, or the housing."""
    journey, found = Journey(), list[Recorded]()
    for _, some in groupby(history, key=lambda event: event.effective_on):
        then, turned = journey, list[Recorded]()
        for event in some:
            before, journey = journey, evolve(journey, event, places)
            # An offer alone turns nothing.
            if not isinstance(event.fact, HomeOffered) and CAUSED_BY(before) != CAUSED_BY(journey):
                turned.append(event)
        put_down = [one.permit is not None and cause_of_day(one, places) == cause for one in (then, journey)]
        housed = then.housing is None and journey.housing is not None
        if put_down[0] != put_down[1] or (housed and put_down[1]):
            found += turned
    return found


def _awaits_assessment(journey: Journey) -> bool:
    """Whether the newest refusal, of whatever municipality, is not assessed, and no offer was accepted after it."""
    newest = next((offer for offer in reversed(journey.offers) if offer.kind != "offered"), None)
    return newest is not None and newest.kind == "refused" and newest.assessed_on is None


class CauseSpell(NamedTuple):
    """Days on end that are put down to one cause: the first, the first that no longer is, and how many by a day.

    `until` is None while it goes on.
    """

    cause: DayCause
    since: date
    until: date | None
    days: int


def cause_spells(stages: Iterable[tuple[date, Journey]], places: Places, on: date) -> tuple[CauseSpell, ...]:
    """The causes of all days from the permit on, up to and including the day of the last housing, else to that on which
    the journey ended without one; of who waits still to the day asked. `stages` are the ends of days up to that one.
    """
    changes: list[tuple[date, DayCause]] = []
    journey = Journey()
    for day, journey in stages:
        if journey.permit is None:
            continue
        cause = cause_of_day(journey, places)
        if not changes or changes[-1][1] != cause:
            changes.append((day, cause))
    ended_on = _no_longer_waiting(journey)
    ends = [*(since for since, _ in changes), None][1:]
    found = []
    for (since, cause), end in zip(changes, ends, strict=True):
        until = min((day for day in (end, ended_on) if day is not None), default=None)
        # The day asked is one of them, also the last that there is.
        days = (on - since).days + 1 if until is None else (until - since).days
        if days > 0:
            found.append(CauseSpell(cause, since, until, days))
    return tuple(found)


def _no_longer_waiting(journey: Journey) -> date | None:
    """The first day that is no longer waited; None also where the calendar has none."""
    if journey.housing is not None:
        return None if journey.housing.on == date.max else journey.housing.on + _DAY
    return None if journey.closing is None else journey.closing.on


_DAY = timedelta(days=1)
