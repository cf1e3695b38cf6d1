"""In reception: the region, the residence document, the file of the household, and its handover to the municipality.

Of all this COA's system tells since the beginning of 2022, of whoever is in reception then or later; what held before
that day is told on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import get_args

from domain.facts.linking import AdaptedHome, Item, OutflowRegion
from domain.outflow_regions import REGION_OF
from service.demo.simulation.chance import between, pick, working_day_from
from service.demo.simulation.household_posts import HouseholdPosts, adults, after
from service.demo.simulation.households import Household, Person
from service.demo.simulation.posts import COA, IND
from service.demo.simulation.scenario import CONNECTED

#: Where the places of reception are, which is not where the homes are.
_PLACED: tuple[tuple[float, OutflowRegion], ...] = (
    (0.26, "GR-FR-DR"),
    (0.46, "OV-GLD"),
    (0.66, "FL-UT-NH"),
    (0.82, "ZH-ZL"),
    (1.0, "NB-LB"),
)
_NEAR_THEIR_MUNICIPALITY, _PLACED_AGAIN = 0.4, 0.03

_REQUIRED: tuple[Item, ...] = ("bsn", "identity-document", "iban")
_OTHER: tuple[Item, ...] = tuple(item for item in get_args(Item) if item not in (*_REQUIRED, "brp-registration"))
#: Of the households: whose item is there when they are linked, whose comes later; of the rest it never does.
_AT_LINK, _LATER = 0.93, 0.985
_LAPSED, _COMPLETED_AGAIN = 0.015, 0.7
#: Of whom another item is told: mostly the registration, and mostly not long after the permit.
_OTHER_ITEM, _BRP_REGISTRATION = 0.3, 0.7
_DOCUMENT_LATE = 0.05
_ADAPTED: tuple[tuple[float, AdaptedHome], ...] = ((0.45, "ground-floor"), (0.8, "wheelchair"), (1.0, "other"))
_ADAPTED_RATE = 0.04
_WARM, _WRITTEN = 0.33, 0.45


def tell_of_reception(posting: HouseholdPosts) -> None:
    """Where COA placed them, and the residence document: before that day only those of adults are told."""
    household, rng = posting.household, posting.rng
    here = _in_reception(household)
    late = rng.random() < _DOCUMENT_LATE
    on = working_day_from(after(household.permit_on, between(rng, 60, 150) if late else between(rng, 7, 40)))
    persons = household.persons if here else adults(household) or household.persons
    posting.national(IND, "residence-document-issued.v1", on, persons)
    # Who is resettled comes straight to a home, mostly, and was never placed.
    if not here or household.kind == "resettled":
        return
    region = pick(rng, _PLACED)
    if rng.random() < _NEAR_THEIR_MUNICIPALITY:
        region = REGION_OF[posting.places.province(household.place)]
    posting.connected(COA, "reception-placed.v1", household.permit_on, household.persons, region=region)
    if rng.random() < _PLACED_AGAIN:
        again_on = after(household.permit_on, between(rng, 5, 60))
        again = pick(rng, _PLACED)
        posting.connected(COA, "reception-placed.v1", again_on, household.persons, region=again)


def tell_of_dossier(posting: HouseholdPosts) -> None:
    """The required items of everybody, another of some, and who needs an adapted home."""
    household, rng = posting.household, posting.rng
    if not _in_reception(household):
        return
    for item in _REQUIRED:
        drawn, days = rng.random(), max(1, (household.linked_on - household.permit_on).days)
        if drawn < _AT_LINK:
            _item(posting, item, after(household.permit_on, between(rng, 1, days)), household.persons)
        elif drawn < _LATER:
            _item(posting, item, after(household.linked_on, between(rng, 3, 60)), household.persons)
    if rng.random() < _OTHER_ITEM:
        other = _OTHER[between(rng, 0, len(_OTHER) - 1)]
        if rng.random() < _BRP_REGISTRATION:
            other = "brp-registration"
        _item(posting, other, after(household.permit_on, between(rng, 1, 35)), posting.head)
    if rng.random() < _ADAPTED_RATE:
        known_on = after(household.permit_on, between(rng, 1, 60))
        kind = pick(rng, _ADAPTED)
        posting.connected(COA, "adapted-home-needed.v1", known_on, posting.head, kind=kind)


def _item(posting: HouseholdPosts, item: Item, on: date, persons: Sequence[Person]) -> None:
    """An item that is completed, for some lapses, and is mostly completed again."""
    rng = posting.rng
    posting.connected(COA, "dossier-item-completed.v1", on, persons, item=item)
    if rng.random() < _LAPSED:
        lapsed_on = after(on, between(rng, 20, 60))
        posting.connected(COA, "dossier-item-lapsed.v1", lapsed_on, posting.head, item=item)
        if rng.random() < _COMPLETED_AGAIN:
            again_on = after(lapsed_on, between(rng, 5, 30))
            posting.connected(COA, "dossier-item-completed.v1", again_on, posting.head, item=item)


def tell_of_handover(posting: HouseholdPosts, linked_on: date) -> None:
    """The talk or the letter in which they are handed over, by COA or the municipality; of some there is none."""
    household, rng = posting.household, posting.rng
    drawn = rng.random()
    if not _in_reception(household) or drawn > _WRITTEN:
        return
    on = working_day_from(after(household.housed_on, -between(rng, 1, max(1, (household.housed_on - linked_on).days))))
    on, form = min(on, household.housed_on), "warm" if drawn < _WARM else "written"
    if rng.random() < 0.5:
        posting.municipal("handover-held.v1", on, household.persons, form=form)
        return
    place = household.place_on(on, posting.places)
    posting.national(COA, "handover-held.v1", on, household.persons, municipality=place, form=form)


def _in_reception(household: Household) -> bool:
    """Whether they were in reception on the day that the system was connected, or came later."""
    return household.housed_on >= CONNECTED
