"""The state of a permit holder: a journey is folded from its effective history, and what does not fit is a finding.

`evolve` never refuses and never looks at a clock: facts are facts. What a fact cannot change stays, and is noted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Any

from domain.accommodation import COUNTED
from domain.dossier import missing_items
from domain.effective import Finding
from domain.facts import (
    AdaptedHomeNeeded,
    Died,
    DossierItemCompleted,
    DossierItemLapsed,
    DoubtAnswered,
    FactDoubted,
    FamilyArrived,
    FamilyReunificationApplied,
    FamilyReunificationDecided,
    FamilyVisaIssued,
    FineCancelled,
    FineImposed,
    GuestStayEnded,
    GuestStayStarted,
    HandoverHeld,
    HomeOffered,
    HomeReady,
    Housed,
    IntakeHeld,
    IntegrationDutyStarted,
    IntegrationExempted,
    IntegrationFulfilled,
    IntegrationLoanStated,
    IntegrationNoticeSent,
    IntegrationPlanEstablished,
    IntegrationTermExtended,
    IntegrationTermSet,
    LeftUnknownDestination,
    Linked,
    LinkEnded,
    MovedToPermanentHome,
    OfferAccepted,
    OfferRefused,
    PermitEnded,
    PermitGranted,
    ReceptionPlaced,
    Recorded,
    RefusalAssessed,
    RegisteredAtAddress,
    ResidenceDocumentIssued,
    ReturnedToReception,
    VNumberReplaced,
)
from domain.family import FamilyFact
from domain.field_types import year_and_month
from domain.integration import IntegrationFact
from domain.milestones import (
    AdaptedNeed,
    Closing,
    ClosingReason,
    GuestStay,
    Handover,
    Home,
    Housing,
    Journey,
    Link,
    LinkEnding,
    Offer,
    Permit,
    Posting,
    same_municipality,
)
from domain.places import Places

__all__ = ["Journey", "evolve", "fold", "stages"]


def fold(history: Iterable[Recorded], places: Places) -> Journey:
    """The journey after an effective history."""
    journey = Journey()
    for event in history:
        journey = evolve(journey, event, places)
    return journey


def stages(history: Iterable[Recorded], places: Places, since: Journey | None = None) -> Iterator[tuple[date, Journey]]:
    """The journey at the end of every day on which something held, oldest first; `history` in effective order.

    `since` is where it stood before all that, if not at the very beginning.
    """
    journey, day = since or Journey(), None
    for event in history:
        if day is not None and event.effective_on != day:
            yield day, journey
        day = event.effective_on
        journey = evolve(journey, event, places)
    if day is not None:
        yield day, journey


def evolve(journey: Journey, event: Recorded, places: Places) -> Journey:
    """The journey after one more fact."""
    fact: Any = event.fact
    step = _STEPS.get(type(fact))
    if step is None:
        return _note(journey, event, "not-of-a-journey")
    municipality = getattr(fact, "municipality", None)
    if municipality is not None and not places.exists(municipality, event.effective_on):
        journey = _note(journey, event, "municipality-not-there-that-day")
    return step(journey, event, fact, places)


def _note(journey: Journey, event: Recorded, code: str) -> Journey:
    finding = Finding(code, event.source, event.id, event.effective_on)
    return journey._replace(findings=(*journey.findings, finding))


def _permit_granted(journey: Journey, event: Recorded, fact: PermitGranted, places: Places) -> Journey:
    # Who somebody is may be told anew with a permit that changes nothing.
    journey = journey._replace(
        household=fact.household or journey.household,
        born=journey.born if fact.birth_date is None else year_and_month(fact.birth_date),
        unaccompanied_minor=(
            journey.unaccompanied_minor if fact.unaccompanied_minor is None else fact.unaccompanied_minor
        ),
        ending=None,
        departed_on=None,
    )
    if journey.permit is not None:
        return _note(journey, event, "permit-granted-again")
    return journey._replace(permit=Permit(event.effective_on, fact.ground))


def _linked(journey: Journey, event: Recorded, fact: Linked, places: Places) -> Journey:
    journey = journey._replace(household=fact.household or journey.household, ending=None, departed_on=None)
    if journey.housing is not None:
        return _note(journey, event, "linked-after-housing")
    missing = missing_items(journey.dossier)
    link = Link(fact.municipality, event.effective_on, criteria=fact.criteria, missing=missing)
    current, links = journey.current_link, journey.links
    if current is not None:
        if same_municipality(current, link, places):
            return _note(journey, event, "linked-again")
        links = (*links[:-1], _ended(current, journey, event, "replaced"))
    return journey._replace(links=(*links, link))


def _link_ended(journey: Journey, event: Recorded, fact: LinkEnded, places: Places) -> Journey:
    current = journey.current_link
    if current is None:
        return _note(journey, event, "no-link-to-end")
    return journey._replace(links=(*journey.links[:-1], _ended(current, journey, event, fact.reason)))


def _ended(link: Link, journey: Journey, event: Recorded, reason: LinkEnding) -> Link:
    return link._replace(until=event.effective_on, end_reason=reason, after_housing=bool(journey.postings))


def _adapted(journey: Journey, event: Recorded, fact: AdaptedHomeNeeded, places: Places) -> Journey:
    return journey._replace(adapted_needs=(*journey.adapted_needs, AdaptedNeed(event.effective_on, fact.kind)))


def _placed(journey: Journey, event: Recorded, fact: ReceptionPlaced, places: Places) -> Journey:
    return journey._replace(region=fact.region)


def _home_ready(journey: Journey, event: Recorded, fact: HomeReady, places: Places) -> Journey:
    if fact.accommodation not in COUNTED:
        return journey
    current = journey.current_link
    home = Home(fact.municipality, event.effective_on, fact.accommodation, fact.bedrooms, fact.until)
    if current is not None and not same_municipality(current, home, places):
        journey = _note(journey, event, "home-ready-elsewhere")
    return journey._replace(homes=(*journey.homes, home))


def _housed(journey: Journey, event: Recorded, fact: Housed, places: Places) -> Journey:
    if fact.accommodation not in COUNTED:
        return journey
    journey = journey._replace(ending=None, departed_on=None)
    if journey.housing is not None:
        return _note(journey, event, "housed-twice")
    link = journey.current_link
    housing = Housing(fact.municipality, event.effective_on, fact.accommodation, link, fact.until)
    if link is not None and not same_municipality(link, housing, places):
        journey = _note(journey, event, "housed-elsewhere")
    posting = Posting(event.effective_on, fact.municipality, fact.accommodation, 1)
    stay = journey.guest_stay
    return journey._replace(
        housing=housing,
        postings=(*journey.postings, posting),
        housings=(*journey.housings, housing),
        guest_stay=stay and stay._replace(housed=True),
    )


def _returned(journey: Journey, event: Recorded, fact: ReturnedToReception, places: Places) -> Journey:
    undone = journey.housing
    if undone is None:
        return _note(journey, event, "no-housing-to-return-from")
    day, ending = event.effective_on, journey.ending
    return journey._replace(
        housing=None,
        returned_on=day,
        ending=ending and ending._replace(on=day),
        postings=(*journey.postings, Posting(day, undone.municipality, undone.accommodation, -1)),
    )


def _ending(reason: ClosingReason) -> Callable[[Journey, Recorded, Any, Places], Journey]:
    def step(journey: Journey, event: Recorded, fact: Any, places: Places) -> Journey:
        on = event.effective_on
        if reason != "permit-ended":
            journey = journey._replace(departed_on=journey.departed_on or on)
        return journey if journey.ending else journey._replace(ending=Closing(on, reason))

    return step


def _family(journey: Journey, event: Recorded, fact: FamilyFact, places: Places) -> Journey:
    return journey._replace(family=journey.family.after(fact, event.effective_on))


def _decided(journey: Journey, event: Recorded, fact: FamilyReunificationDecided, places: Places) -> Journey:
    if journey.family.applied_on is None:
        journey = _note(journey, event, "family-decided-before-application")
    return _family(journey, event, fact, places)


def _item_completed(journey: Journey, event: Recorded, fact: DossierItemCompleted, places: Places) -> Journey:
    others = tuple(entry for entry in journey.dossier if entry[0] != fact.item)
    return _with_dossier(journey, event, tuple(sorted((*others, (fact.item, event.effective_on)))))


def _item_lapsed(journey: Journey, event: Recorded, fact: DossierItemLapsed, places: Places) -> Journey:
    others = tuple(entry for entry in journey.dossier if entry[0] != fact.item)
    if len(others) == len(journey.dossier):
        journey = _note(journey, event, "item-lapsed-before-completion")
    return _with_dossier(journey, event, others)


def _with_dossier(journey: Journey, event: Recorded, dossier: tuple[tuple[str, date], ...]) -> Journey:
    """The file from now on, and for the links of the day: they are seen as their first day ends."""
    day, links = event.effective_on, journey.links
    if links and links[-1].on == day:
        missing = missing_items(dossier)
        links = tuple(link._replace(missing=missing) if link.on == day else link for link in links)
    return journey._replace(dossier=dossier, links=links)


def _offered(journey: Journey, event: Recorded, fact: HomeOffered, places: Places) -> Journey:
    return journey._replace(offers=(*journey.offers, Offer("offered", event.effective_on, fact.municipality)))


def _accepted(journey: Journey, event: Recorded, fact: OfferAccepted, places: Places) -> Journey:
    return journey._replace(offers=(*journey.offers, Offer("accepted", event.effective_on, fact.municipality)))


def _refused(journey: Journey, event: Recorded, fact: OfferRefused, places: Places) -> Journey:
    refused = Offer("refused", event.effective_on, fact.municipality, fact.reason_code)
    return journey._replace(offers=(*journey.offers, refused))


def _assessed(journey: Journey, event: Recorded, fact: RefusalAssessed, places: Places) -> Journey:
    offers = journey.offers
    nth = next((nth for nth in reversed(range(len(offers))) if offers[nth].kind == "refused"), None)
    if nth is None:
        return _note(journey, event, "no-refusal-to-assess")
    refusal = offers[nth]
    if refusal.assessed_on is not None:
        journey = _note(journey, event, "refusal-assessed-again")
    judged = refusal._replace(assessed_on=refusal.assessed_on or event.effective_on, justified=fact.justified)
    return journey._replace(offers=(*offers[:nth], judged, *offers[nth + 1 :]))


def _guest_started(journey: Journey, event: Recorded, fact: GuestStayStarted, places: Places) -> Journey:
    return journey._replace(guest_stay=GuestStay(event.effective_on, fact.until))


def _guest_ended(journey: Journey, event: Recorded, fact: GuestStayEnded, places: Places) -> Journey:
    if journey.guest_stay is None:
        return _note(journey, event, "no-guest-stay-to-end")
    return journey._replace(guest_stay=None)


def _document(journey: Journey, event: Recorded, fact: ResidenceDocumentIssued, places: Places) -> Journey:
    return journey._replace(document_on=event.effective_on)


def _permanent(journey: Journey, event: Recorded, fact: MovedToPermanentHome, places: Places) -> Journey:
    journey = journey._replace(moves=(*journey.moves, event.effective_on))
    if journey.housing is None:
        return _note(journey, event, "moved-before-housing")
    return journey._replace(permanent_home_on=event.effective_on)


def _registered(journey: Journey, event: Recorded, fact: RegisteredAtAddress, places: Places) -> Journey:
    return journey._replace(registered_on=journey.registered_on or event.effective_on)


def _handed_over(journey: Journey, event: Recorded, fact: HandoverHeld, places: Places) -> Journey:
    handover = Handover(event.effective_on, fact.municipality, fact.form)
    return journey._replace(handovers=(*journey.handovers, handover))


def _integration(journey: Journey, event: Recorded, fact: IntegrationFact, places: Places) -> Journey:
    return journey._replace(integration=journey.integration.after(fact, event.effective_on))


def _nothing(journey: Journey, event: Recorded, fact: object, places: Places) -> Journey:
    return journey


_STEPS: dict[type, Callable[..., Journey]] = {
    PermitGranted: _permit_granted,
    PermitEnded: _ending("permit-ended"),
    ResidenceDocumentIssued: _document,
    FamilyReunificationApplied: _family,
    FamilyReunificationDecided: _decided,
    FamilyArrived: _family,
    Linked: _linked,
    LinkEnded: _link_ended,
    DossierItemCompleted: _item_completed,
    DossierItemLapsed: _item_lapsed,
    HomeOffered: _offered,
    OfferAccepted: _accepted,
    OfferRefused: _refused,
    RefusalAssessed: _assessed,
    HomeReady: _home_ready,
    Housed: _housed,
    ReturnedToReception: _returned,
    MovedToPermanentHome: _permanent,
    GuestStayStarted: _guest_started,
    GuestStayEnded: _guest_ended,
    LeftUnknownDestination: _ending("left-unknown-destination"),
    Died: _ending("died"),
    IntegrationDutyStarted: _integration,
    IntakeHeld: _integration,
    IntegrationPlanEstablished: _integration,
    VNumberReplaced: _nothing,
    FactDoubted: _nothing,
    DoubtAnswered: _nothing,
    AdaptedHomeNeeded: _adapted,
    ReceptionPlaced: _placed,
    FamilyVisaIssued: _family,
    RegisteredAtAddress: _registered,
    HandoverHeld: _handed_over,
    IntegrationNoticeSent: _integration,
    IntegrationTermSet: _integration,
    IntegrationTermExtended: _integration,
    IntegrationLoanStated: _integration,
    IntegrationExempted: _integration,
    IntegrationFulfilled: _integration,
    FineImposed: _nothing,
    FineCancelled: _nothing,
}
