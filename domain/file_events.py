"""Which events are behind what is said of a housing, a link or a document: what became of it, and the file by then."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Sequence
from datetime import date
from itertools import zip_longest

from domain.effects import effects
from domain.facts import (
    AdaptedHomeNeeded,
    DossierItemCompleted,
    DossierItemLapsed,
    HandoverHeld,
    MovedToPermanentHome,
    Recorded,
    ResidenceDocumentIssued,
)
from domain.journey import fold
from domain.places import Places
from domain.reception_events import link_events, newest_of_items, permit_events


def housing_events(
    history: Sequence[Recorded], places: Places, turn: int, aspects: Collection[str] = ()
) -> Sequence[Recorded]:
    """Behind the first, second, ... posting: the housing, and the return that undid it; then the first `move` on from
    it, the `dossier` by its day, and each `handover`, as far as these aspects are asked for.
    """
    postings = [
        (event, effect.persons)
        for event, some in effects(history, places)
        for effect in some
        if effect.kind == "counted"
    ]
    if turn > len(postings):
        return []
    event, persons = postings[turn - 1]
    if persons == -1:
        # Housings and returns that count take turns.
        return [postings[turn - 2][0], event]
    found = [event]
    if "move" in aspects:
        days = [housing.effective_on for housing, counts in postings if counts == 1]
        found += _first_move(history, days, turn // 2)
    if "dossier" in aspects:
        found += _file_by(history, event.effective_on)
    if "handover" in aspects:
        found += _handovers(history, places, turn // 2)
    return found


def link_and_aspect_events(
    history: Sequence[Recorded], places: Places, turn: int, aspects: Collection[str] = ()
) -> Sequence[Recorded]:
    """What began the first, second, ... link, and what ended it; then the `dossier` by its first day, and why an
    `adapted` home is needed, as far as these aspects are asked for.
    """
    found = list(link_events(history, places, turn))
    if "dossier" in aspects and found:
        found += _file_by(history, found[0].effective_on)
    if "adapted" in aspects:
        found += [event for event in history if isinstance(event.fact, AdaptedHomeNeeded)][:1]
    return found


def document_events(history: Sequence[Recorded], item: str) -> Sequence[Recorded]:
    """The permit, and what first was had as a day ended: the residence document or an item of the file."""
    had: Recorded | None = None
    for event, after in zip_longest(history, history[1:]):
        match event.fact:
            case ResidenceDocumentIssued() if item == "residence-document":
                had = event
            case DossierItemCompleted() as fact if fact.item == item:
                had = event
            case DossierItemLapsed() as fact if fact.item == item:
                had = None
        if had is not None and (after is None or after.effective_on > event.effective_on):
            return [*permit_events(history), had]
    return permit_events(history)


def _file_by(history: Sequence[Recorded], on: date) -> list[Recorded]:
    """Of each required item the newest completed or lapsed by the end of a day."""
    return newest_of_items([event for event in history if event.effective_on <= on])


def _first_move(history: Sequence[Recorded], housed_on: Sequence[date], nth: int) -> list[Recorded]:
    moves = (event for event in history if isinstance(event.fact, MovedToPermanentHome))
    return [event for event in moves if bisect_right(housed_on, event.effective_on) - 1 == nth][:1]


def _handovers(history: Sequence[Recorded], places: Places, nth: int) -> list[Recorded]:
    """Those held from the first day of the link that stood up to the day of a housing."""
    housing = fold(history, places).housings[nth]
    if housing.link is None:
        return []
    held = (event for event in history if isinstance(event.fact, HandoverHeld))
    return [event for event in held if housing.link.on <= event.effective_on <= housing.on]
