"""Which events are behind what is said of a referent, of family that arrived, a temporary stay, or a minor alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType

from domain.facts import (
    FamilyArrived,
    FamilyReunificationApplied,
    FamilyReunificationDecided,
    FamilyVisaIssued,
    GuestStayStarted,
    HomeReady,
    PermitGranted,
    Recorded,
)
from domain.journey import Journey, evolve
from domain.norms import link_and_home
from domain.places import Places
from domain.reception_events import permit_events
from domain.temporary_stays import temporary_stay

#: What is looked at of a referent, and what says it.
ASPECTS_OF_FAMILY: Mapping[str, type] = MappingProxyType(
    {
        "applied": FamilyReunificationApplied,
        "decided": FamilyReunificationDecided,
        "visas": FamilyVisaIssued,
        "arrived": FamilyArrived,
    }
)


def referent_events(history: Sequence[Recorded], places: Places, *aspects: str) -> Sequence[Recorded]:
    """What was said of somebody's family, all or as far as it is looked at, and where the referent belongs or lives.

    That they applied is always of it: without that nobody is a referent.
    """
    _, belonging = _fold(history, places)
    said = tuple(ASPECTS_OF_FAMILY[aspect] for aspect in ("applied", *(aspects or ASPECTS_OF_FAMILY)))
    return [*(event for event in history if isinstance(event.fact, said)), *belonging]


def arrival_events(history: Sequence[Recorded], places: Places, turn: int) -> Sequence[Recorded]:
    """The first, second, ... arrival, and where the person whom they followed belongs."""
    arrived = [event for event in history if isinstance(event.fact, FamilyArrived)]
    _, belonging = _fold(history, places)
    return [*arrived[turn - 1 : turn], *belonging]


def stay_events(history: Sequence[Recorded], places: Places, last: date | None = None) -> Sequence[Recorded]:
    """The housing and the home that was ready for it; of a guest the stay, the permit, and where they belong.

    With `last` it is the stay on that day, and what ended it the day after is behind it too.
    """
    if last is not None:
        lived = [event for event in history if event.effective_on <= last]
        return [*stay_events(lived, places), *_ended(lived, history[len(lived) :], places)]
    journey, belonging = _fold(history, places)
    if journey.housing is not None:
        return [*belonging[-1:], *_home(history, places)]
    started = [event for event in history if isinstance(event.fact, GuestStayStarted)]
    return [*permit_events(history), *started[-1:], *belonging]


def _ended(lived: Sequence[Recorded], later: Sequence[Recorded], places: Places) -> list[Recorded]:
    """What of the events after a stay was still there changed it, in the first place."""
    journey, _ = _fold(lived, places)
    stay = temporary_stay(journey, places)
    for event in later:
        journey = evolve(journey, event, places)
        if temporary_stay(journey, places) != stay:
            return [event]
    return []


def minor_events(history: Sequence[Recorded], places: Places) -> Sequence[Recorded]:
    """The permit, the newest that says that they are alone and when they were born, and where they belong."""
    granted = [(event, event.fact) for event in history if isinstance(event.fact, PermitGranted)]
    alone = [event for event, fact in granted if fact.unaccompanied_minor is not None]
    born = [event for event, fact in granted if fact.birth_date is not None]
    _, belonging = _fold(history, places)
    return [*permit_events(history), *alone[-1:], *born[-1:], *belonging]


def _fold(history: Sequence[Recorded], places: Places) -> tuple[Journey, list[Recorded]]:
    """The journey; and what began the newest link, then the newest housing or the return that undid it."""
    journey, linked, housed = Journey(), list[Recorded](), list[Recorded]()
    for event in history:
        before, journey = journey, evolve(journey, event, places)
        if len(journey.links) > len(before.links):
            linked = [event]
        if len(journey.postings) > len(before.postings):
            housed = [event]
    return journey, [*linked, *housed]


def _home(history: Sequence[Recorded], places: Places) -> list[Recorded]:
    """What said that the home is ready that counts in the norm phases."""
    journey, _ = _fold(history, places)
    _, home = link_and_home(journey, places)
    return [
        event
        for event in history
        if isinstance(event.fact, HomeReady)
        and home is not None
        and (event.fact.municipality, event.effective_on) == (home.municipality, home.on)
    ][:1]
