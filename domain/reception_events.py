"""Which events are behind what is said of a permit, a link, an offer, or a person in reception."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Literal

from domain.accommodation import COUNTED
from domain.dossier import REQUIRED_ITEMS
from domain.facts import (
    AdaptedHomeNeeded,
    DossierItemCompleted,
    DossierItemLapsed,
    FamilyArrived,
    FamilyReunificationApplied,
    FamilyReunificationDecided,
    GuestStayStarted,
    HomeOffered,
    HomeReady,
    Linked,
    OfferAccepted,
    OfferRefused,
    PermitGranted,
    ReceptionPlaced,
    Recorded,
    RefusalAssessed,
    ResidenceDocumentIssued,
)
from domain.journey import Journey, evolve
from domain.milestones import Offer, same_municipality
from domain.norms import link_and_home
from domain.places import Places
from domain.supervision import Cause

#: What may be said of a person in reception besides that they are there, and linked.
Aspect = Literal["region", "guest", "household", "born", "home", Cause]


def permit_events(history: Sequence[Recorded]) -> Sequence[Recorded]:
    """What granted the first permit in force."""
    return [event for event in history if isinstance(event.fact, PermitGranted)][:1]


def link_events(history: Sequence[Recorded], places: Places, turn: int) -> Sequence[Recorded]:
    """What began the first, second, ... link, and what ended it."""
    began, ended = _links(history, places)
    return [*began[turn - 1 : turn], *ended[turn - 1 : turn]]


def offer_events(history: Sequence[Recorded], places: Places, turn: int) -> Sequence[Recorded]:
    """The first, second, ... of what was offered, accepted and refused; of a refusal also what became of it."""
    every = list(_offers(history))
    if turn > len(every):
        return []
    event, offer = every[turn - 1]
    if offer.kind != "refused":
        return [event]
    later = [each for each, one in every[turn:] if one.kind == "accepted" and same_municipality(offer, one, places)]
    return [event, *_assessments(history, event)[-1:], *later[:1]]


def reception_events(history: Sequence[Recorded], places: Places, aspects: Collection[str]) -> Sequence[Recorded]:
    """Why a person is in reception and where they are linked, and what else is said of them.

    The permit, the newest link, and the return that brought them back; then those of each aspect.
    """
    journey, returned = Journey(), list[Recorded]()
    for event in history:
        before, journey = journey, evolve(journey, event, places)
        if before.housing is not None and journey.housing is None:
            returned = [event]
    began, _ = _links(history, places)
    found = [*permit_events(history), *began[-1:], *returned]
    for aspect in aspects:
        if aspect == "refusal":
            found += _refusal(history, journey, places)
        elif aspect == "home":
            found += _home(history, journey, places)
        else:
            found += _OF_ASPECTS[aspect](history)
    return found


def _links(history: Sequence[Recorded], places: Places) -> tuple[list[Recorded], list[Recorded]]:
    """What began each link, and what ended each that ended: a link ends before the next one begins."""
    journey, began, ended = Journey(), list[Recorded](), list[Recorded]()
    for event in history:
        before, journey = journey, evolve(journey, event, places)
        if before.current_link is not None and journey.links[len(before.links) - 1].until is not None:
            ended.append(event)
        if len(journey.links) > len(before.links):
            began.append(event)
    return began, ended


def newest_of_items(history: Sequence[Recorded]) -> list[Recorded]:
    """Of each required item the newest completed or lapsed."""
    newest = {
        event.fact.item: event for event in history if isinstance(event.fact, DossierItemCompleted | DossierItemLapsed)
    }
    return [event for item, event in newest.items() if item in REQUIRED_ITEMS]


def _offers(history: Sequence[Recorded]) -> Iterator[tuple[Recorded, Offer]]:
    """Everything offered, accepted and refused."""
    for event in history:
        match event.fact:
            case HomeOffered(municipality):
                yield event, Offer("offered", event.effective_on, municipality)
            case OfferAccepted(municipality):
                yield event, Offer("accepted", event.effective_on, municipality)
            case OfferRefused(municipality):
                yield event, Offer("refused", event.effective_on, municipality)


def _assessments(history: Sequence[Recorded], refusal: Recorded) -> list[Recorded]:
    """What was judged of a refusal: until the next one."""
    found: list[Recorded] = []
    for event in history[history.index(refusal) + 1 :]:
        if isinstance(event.fact, OfferRefused):
            break
        if isinstance(event.fact, RefusalAssessed):
            found.append(event)
    return found


def _refusal(history: Sequence[Recorded], journey: Journey, places: Places) -> list[Recorded]:
    """The newest refusal of an offer of the link's municipality since it began, and what was judged of it."""
    link = journey.current_link
    if link is None:
        return []
    refused = [
        event
        for event, offer in _offers(history)
        if offer.kind == "refused" and offer.on >= link.on and same_municipality(link, offer, places)
    ]
    return [*refused[-1:], *(_assessments(history, refused[-1])[-1:] if refused else [])]


def _home(history: Sequence[Recorded], journey: Journey, places: Places) -> list[Recorded]:
    """The home ready for the standing link, as phases have it, and the first that was accepted there since it began."""
    link, home = link_and_home(journey, places)
    if link is None:
        return []
    ready = [event for event in history if isinstance(event.fact, HomeReady) and event.fact.accommodation in COUNTED]
    accepted = (
        event
        for event, offer in _offers(history)
        if offer.kind == "accepted" and offer.on >= link.on and same_municipality(link, offer, places)
    )
    return [*([] if home is None else [ready[journey.homes.index(home)]]), *list(accepted)[:1]]


def _item(name: str) -> Callable[[Sequence[Recorded]], list[Recorded]]:
    """The newest that completed an item of the file, or let it lapse."""
    return lambda history: [
        event
        for event in history
        if isinstance(event.fact, DossierItemCompleted | DossierItemLapsed) and event.fact.item == name
    ][-1:]


def _newest(fact: type | tuple[type, ...], field: str = "") -> Callable[[Sequence[Recorded]], list[Recorded]]:
    """The newest of a type, that says something in a field."""
    return lambda history: [
        event
        for event in history
        if isinstance(event.fact, fact) and (not field or getattr(event.fact, field) is not None)
    ][-1:]


_FAMILY = FamilyReunificationApplied, FamilyReunificationDecided, FamilyArrived
_OF_ASPECTS: Mapping[str, Callable[[Sequence[Recorded]], list[Recorded]]] = {
    "region": _newest(ReceptionPlaced),
    "guest": _newest(GuestStayStarted),
    "household": _newest((PermitGranted, Linked), "household"),
    "born": _newest(PermitGranted, "birth_date"),
    "dossier": newest_of_items,
    "document": _newest(ResidenceDocumentIssued),
    "adapted": lambda history: [event for event in history if isinstance(event.fact, AdaptedHomeNeeded)],
    "family": lambda history: [event for event in history if isinstance(event.fact, _FAMILY)],
    "residence-document": _newest(ResidenceDocumentIssued),
    **{item: _item(item) for item in (*REQUIRED_ITEMS, "brp-registration")},
}
