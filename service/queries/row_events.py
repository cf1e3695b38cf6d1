"""Which events are behind a row of a state table, by its table and what tells it from others of a stream."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from domain.causes_by_day import cause_events
from domain.facts import InhabitantsCounted, Recorded
from domain.family_events import ASPECTS_OF_FAMILY, arrival_events, minor_events, referent_events, stay_events
from domain.file_events import document_events, housing_events, link_and_aspect_events
from domain.integration_events import integration_events
from domain.norm_sets import NORM_SETS, PHASE_NAMES
from domain.phase_events import closing_events, phase_events
from domain.places import Places
from domain.reception_events import offer_events, permit_events, reception_events


def _of_posting(effective: Sequence[Recorded], places: Places, key: tuple[Any, ...]) -> Sequence[Recorded]:
    """Behind the first, second, ... posting of a journey, and what is looked at of it."""
    turn, *aspects = key
    return housing_events(effective, places, turn, aspects)


def _of_phase(effective: Sequence[Recorded], places: Places, key: tuple[Any, ...]) -> Sequence[Recorded]:
    """Those that bound a phase as it stands; those that closed the journey for no phase."""
    phase, total_starts = key
    if phase not in PHASE_NAMES:
        return closing_events(effective, places)
    norm = next(norm for norm in NORM_SETS.values() if norm.total_starts == total_starts)
    return phase_events(effective, places, norm)[phase]


def _of_count(effective: Sequence[Recorded], _: Places, key: tuple[Any, ...]) -> Sequence[Recorded]:
    """The newest that counts the inhabitants of a municipality on a day."""
    counts = [
        event
        for event in effective
        if isinstance(event.fact, InhabitantsCounted) and (event.fact.municipality, event.fact.on) == key
    ]
    return counts[-1:]


def _of_statement(effective: Sequence[Recorded], _: Places, key: tuple[Any, ...]) -> Sequence[Recorded]:
    """What an area stated, by its position in the log."""
    (position,) = key
    return [event for event in effective if event.position == position]


def _of_permit(effective: Sequence[Recorded], _places: Places, _key: tuple[Any, ...]) -> Sequence[Recorded]:
    """What granted the first permit in force."""
    return permit_events(effective)


def _of_link(effective: Sequence[Recorded], places: Places, key: tuple[Any, ...]) -> Sequence[Recorded]:
    """Behind the first, second, ... link, and what is looked at of it."""
    turn, *aspects = key
    return link_and_aspect_events(effective, places, turn, aspects)


def _of_offer(effective: Sequence[Recorded], places: Places, key: tuple[Any, ...]) -> Sequence[Recorded]:
    """Behind the first, second, ... of what was offered, accepted and refused."""
    (turn,) = key
    return offer_events(effective, places, turn)


def _of_cause(effective: Sequence[Recorded], places: Places, key: tuple[Any, ...]) -> Sequence[Recorded]:
    """Behind the days that are put down to a cause: what happened where they began and where they ended."""
    (cause,) = key
    return cause_events(effective, places, cause)


def _of_referent(effective: Sequence[Recorded], places: Places, key: tuple[Any, ...]) -> Sequence[Recorded]:
    """Behind a referent, what is looked at of the family; the rest of the key tells rows apart."""
    return referent_events(effective, places, *(aspect for aspect in key if aspect in ASPECTS_OF_FAMILY))


EVENTS_OF_ROWS: Mapping[str, Callable[[Sequence[Recorded], Places, tuple[Any, ...]], Sequence[Recorded]]] = {
    "housings": _of_posting,
    "phases": _of_phase,
    "reference": _of_count,
    "areas": _of_statement,
    "permits": _of_permit,
    "links": _of_link,
    "offers": _of_offer,
    "documents": lambda effective, _, key: document_events(effective, *key),
    "causes": _of_cause,
    # The key of a person in reception are the aspects that are counted (domain/reception_events.py).
    "reception": reception_events,
    "referents": _of_referent,
    "arrivals": lambda effective, places, key: arrival_events(effective, places, *key),
    "stays": lambda effective, places, key: stay_events(effective, places, *key),
    "minors": lambda effective, places, _: minor_events(effective, places),
    # And of who has to integrate (domain/integration_events.py).
    "integration": integration_events,
}
