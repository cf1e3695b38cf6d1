"""The state of a permit holder: a journey is folded from its effective history, and what does not fit is a finding.

`evolve` never refuses and never looks at a clock: facts are facts. What a fact cannot change stays, and is noted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Any, NamedTuple

from domain.accommodation import COUNTED
from domain.effective import Finding
from domain.facts import (
    Died,
    DossierItemCompleted,
    DossierItemLapsed,
    DoubtAnswered,
    FactDoubted,
    FamilyArrived,
    FamilyReunificationApplied,
    FamilyReunificationDecided,
    GuestStayEnded,
    GuestStayStarted,
    HomeOffered,
    HomeReady,
    Housed,
    IntakeHeld,
    IntegrationDutyStarted,
    IntegrationPlanEstablished,
    LeftUnknownDestination,
    Linked,
    LinkEnded,
    MovedToPermanentHome,
    OfferAccepted,
    OfferRefused,
    PermitEnded,
    PermitGranted,
    Recorded,
    RefusalAssessed,
    ResidenceDocumentIssued,
    ReturnedToReception,
    VNumberReplaced,
)
from domain.milestones import (
    Closing,
    ClosingReason,
    Family,
    Home,
    Housing,
    Integration,
    Link,
    Permit,
    Posting,
    Refusal,
    same_municipality,
)
from domain.places import Places


class Journey(NamedTuple):
    """One permit holder's state; the defaults are the state before anything happened."""

    permit: Permit | None = None
    household: str | None = None
    links: tuple[Link, ...] = ()
    homes: tuple[Home, ...] = ()
    housing: Housing | None = None
    returned_on: date | None = None
    ending: Closing | None = None
    postings: tuple[Posting, ...] = ()
    family: Family = Family()
    dossier: tuple[tuple[str, date], ...] = ()
    refusals: tuple[Refusal, ...] = ()
    guest_since: date | None = None
    document_on: date | None = None
    permanent_home_on: date | None = None
    integration: Integration = Integration()
    findings: tuple[Finding, ...] = ()

    @property
    def current_link(self) -> Link | None:
        """The newest link, when it has not ended."""
        return self.links[-1] if self.links and self.links[-1].until is None else None

    @property
    def closing(self) -> Closing | None:
        """How the journey ended without housing; an ending during a housing counts once that is undone."""
        return None if self.housing else self.ending

    @property
    def municipality(self) -> str | None:
        """Where the journey belongs, as posted: the current link, else the newest, else the housing."""
        if self.links:
            return self.links[-1].municipality
        return self.housing.municipality if self.housing else None


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
    household = fact.household or journey.household
    if journey.permit is not None:
        return _note(journey, event, "permit-granted-again")._replace(household=household, ending=None)
    permit = Permit(event.effective_on, fact.ground, fact.unaccompanied_minor)
    return journey._replace(permit=permit, household=household, ending=None)


def _linked(journey: Journey, event: Recorded, fact: Linked, places: Places) -> Journey:
    journey = journey._replace(ending=None)
    if journey.housing is not None:
        return _note(journey, event, "linked-after-housing")
    link, current, links = Link(fact.municipality, event.effective_on), journey.current_link, journey.links
    if current is not None:
        if same_municipality(current, link, places):
            return _note(journey, event, "linked-again")
        links = (*links[:-1], current._replace(until=event.effective_on))
    return journey._replace(links=(*links, link), household=fact.household or journey.household)


def _link_ended(journey: Journey, event: Recorded, fact: LinkEnded, places: Places) -> Journey:
    current = journey.current_link
    if current is None:
        return _note(journey, event, "no-link-to-end")
    return journey._replace(links=(*journey.links[:-1], current._replace(until=event.effective_on)))


def _home_ready(journey: Journey, event: Recorded, fact: HomeReady, places: Places) -> Journey:
    if fact.accommodation not in COUNTED:
        return journey
    current = journey.current_link
    home = Home(fact.municipality, event.effective_on, fact.accommodation)
    if current is not None and not same_municipality(current, home, places):
        journey = _note(journey, event, "home-ready-elsewhere")
    return journey._replace(homes=(*journey.homes, home))


def _housed(journey: Journey, event: Recorded, fact: Housed, places: Places) -> Journey:
    if fact.accommodation not in COUNTED:
        return journey
    journey = journey._replace(ending=None)
    if journey.housing is not None:
        return _note(journey, event, "housed-twice")
    link = journey.current_link
    housing = Housing(fact.municipality, event.effective_on, fact.accommodation, link)
    if link is not None and not same_municipality(link, housing, places):
        journey = _note(journey, event, "housed-elsewhere")
    posting = Posting(event.effective_on, fact.municipality, fact.accommodation, 1)
    return journey._replace(housing=housing, postings=(*journey.postings, posting))


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
        return journey if journey.ending else journey._replace(ending=Closing(event.effective_on, reason))

    return step


def _applied(journey: Journey, event: Recorded, fact: FamilyReunificationApplied, places: Places) -> Journey:
    family = journey.family
    return journey._replace(
        family=family._replace(
            applied_on=family.applied_on or event.effective_on, persons=family.persons + fact.persons
        ),
    )


def _decided(journey: Journey, event: Recorded, fact: FamilyReunificationDecided, places: Places) -> Journey:
    family = journey.family
    if family.applied_on is None:
        journey = _note(journey, event, "family-decided-before-application")
    return journey._replace(
        family=family._replace(
            decided_on=event.effective_on, granted=family.granted + fact.granted, refused=family.refused + fact.refused
        ),
    )


def _arrived(journey: Journey, event: Recorded, fact: FamilyArrived, places: Places) -> Journey:
    return journey._replace(family=journey.family._replace(arrived=journey.family.arrived + fact.persons))


def _item_completed(journey: Journey, event: Recorded, fact: DossierItemCompleted, places: Places) -> Journey:
    others = tuple(entry for entry in journey.dossier if entry[0] != fact.item)
    return journey._replace(dossier=tuple(sorted((*others, (fact.item, event.effective_on)))))


def _item_lapsed(journey: Journey, event: Recorded, fact: DossierItemLapsed, places: Places) -> Journey:
    others = tuple(entry for entry in journey.dossier if entry[0] != fact.item)
    if len(others) == len(journey.dossier):
        journey = _note(journey, event, "item-lapsed-before-completion")
    return journey._replace(dossier=others)


def _refused(journey: Journey, event: Recorded, fact: OfferRefused, places: Places) -> Journey:
    return journey._replace(refusals=(*journey.refusals, Refusal(event.effective_on, fact.municipality)))


def _assessed(journey: Journey, event: Recorded, fact: RefusalAssessed, places: Places) -> Journey:
    if not journey.refusals or journey.refusals[-1].assessed_on is not None:
        return _note(journey, event, "no-refusal-to-assess")
    judged = journey.refusals[-1]._replace(assessed_on=event.effective_on, justified=fact.justified)
    return journey._replace(refusals=(*journey.refusals[:-1], judged))


def _guest_started(journey: Journey, event: Recorded, fact: GuestStayStarted, places: Places) -> Journey:
    return journey._replace(guest_since=event.effective_on)


def _guest_ended(journey: Journey, event: Recorded, fact: GuestStayEnded, places: Places) -> Journey:
    if journey.guest_since is None:
        return _note(journey, event, "no-guest-stay-to-end")
    return journey._replace(guest_since=None)


def _document(journey: Journey, event: Recorded, fact: ResidenceDocumentIssued, places: Places) -> Journey:
    return journey._replace(document_on=event.effective_on)


def _permanent(journey: Journey, event: Recorded, fact: MovedToPermanentHome, places: Places) -> Journey:
    if journey.housing is None:
        return _note(journey, event, "moved-before-housing")
    return journey._replace(permanent_home_on=event.effective_on)


def _duty(journey: Journey, event: Recorded, fact: IntegrationDutyStarted, places: Places) -> Journey:
    return journey._replace(integration=journey.integration._replace(duty_on=event.effective_on, law=fact.law))


def _intake(journey: Journey, event: Recorded, fact: IntakeHeld, places: Places) -> Journey:
    return journey._replace(integration=journey.integration._replace(intake_on=event.effective_on))


def _plan(journey: Journey, event: Recorded, fact: IntegrationPlanEstablished, places: Places) -> Journey:
    return journey._replace(integration=journey.integration._replace(plan_on=event.effective_on, route=fact.route))


def _nothing(journey: Journey, event: Recorded, fact: object, places: Places) -> Journey:
    return journey


_STEPS: dict[type, Callable[..., Journey]] = {
    PermitGranted: _permit_granted,
    PermitEnded: _ending("permit-ended"),
    ResidenceDocumentIssued: _document,
    FamilyReunificationApplied: _applied,
    FamilyReunificationDecided: _decided,
    FamilyArrived: _arrived,
    Linked: _linked,
    LinkEnded: _link_ended,
    DossierItemCompleted: _item_completed,
    DossierItemLapsed: _item_lapsed,
    HomeOffered: _nothing,
    OfferAccepted: _nothing,
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
    IntegrationDutyStarted: _duty,
    IntakeHeld: _intake,
    IntegrationPlanEstablished: _plan,
    VNumberReplaced: _nothing,
    FactDoubted: _nothing,
    DoubtAnswered: _nothing,
}
