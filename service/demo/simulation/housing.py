"""Homes: offered, refused or accepted, ready, and lived in, for some until a day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from domain.accommodation import Accommodation
from domain.facts.housing import RefusalReason
from service.demo.simulation.chance import between, pick
from service.demo.simulation.household_posts import HouseholdPosts, after
from service.demo.simulation.households import Household
from service.demo.simulation.posts import COA

#: For how many days a temporary place is to be had, at least and at most.
TEMPORARY: Mapping[Accommodation, tuple[int, int]] = {
    "intermediate": (180, 720),
    "transit-home": (180, 540),
    "hotel": (60, 180),
    "gva": (60, 120),
}
#: What is said of a refusal, and its code where one was given.
_REFUSALS: tuple[tuple[float, tuple[str, RefusalReason | None]], ...] = (
    (0.20, ("Too far from work", "work-or-education")),
    (0.38, ("Too small for the household", "size")),
    (0.50, ("Medical reason", "medical")),
    (0.62, ("Too far from everything", "distance")),
    (0.70, ("Not in this neighbourhood", "neighbourhood")),
    (0.77, ("Family lives elsewhere", "family")),
    (0.83, ("In need of repair", "condition")),
    (0.88, ("The rent is too high", "rent")),
    (0.91, ("Another reason", "other")),
    (1.0, ("No reason given", None)),
)
_REFUSED = 0.03  # of the households that are offered a home
_ASSESSED, _JUSTIFIED = 0.85, 0.25  # of the refusals, and of those that are assessed
#: Bedrooms by the number of persons; for more there are five.
_BEDROOMS = {1: 1, 2: 2, 3: 3, 4: 3, 5: 4}
_MOST_BEDROOMS = 5


def bedrooms(persons: int) -> int:
    """How many bedrooms a home for so many persons mostly has."""
    return _BEDROOMS.get(persons, _MOST_BEDROOMS)


def tell_of_offers(posting: HouseholdPosts, linked_on: date) -> None:
    """A home is offered and accepted before it is ready; some refuse a first one, of whom a few find no other."""
    household, rng = posting.household, posting.rng
    accommodation = household.accommodation
    waiting = (household.ready_on - linked_on).days
    if waiting > 70 and rng.random() < _REFUSED:
        on = after(linked_on, between(rng, 10, 25))
        posting.municipal("home-offered.v1", on, posting.head, accommodation=accommodation, **_size(household))
        refused_on = after(on, between(rng, 1, 5))
        reason, code = pick(rng, _REFUSALS)
        coded = {} if code is None else {"reasonCode": code}
        posting.municipal("offer-refused.v1", refused_on, posting.head, reason=reason, **coded)
        if rng.random() < _ASSESSED:
            assessed_on = after(refused_on, between(rng, 2, 10))
            justified = rng.random() < _JUSTIFIED
            posting.national(COA, "refusal-assessed.v1", assessed_on, posting.head, justified=justified)
    offered_on = after(household.ready_on, -min(waiting // 2, between(rng, 4, 24)))
    posting.municipal("home-offered.v1", offered_on, posting.head, accommodation=accommodation, **_size(household))
    accepted_on = min(household.ready_on, after(offered_on, between(rng, 0, 4)))
    posting.municipal("offer-accepted.v1", accepted_on, posting.head, accommodation=accommodation)


def tell_of_home(posting: HouseholdPosts, on: date) -> None:
    """The home is ready for all of the household."""
    household = posting.household
    home = {"accommodation": household.accommodation, **_size(household), **_until(household)}
    posting.municipal("home-ready.v1", on, household.persons, **home)


def tell_of_housing(posting: HouseholdPosts, on: date) -> None:
    """All of the household live there."""
    household = posting.household
    home = {"accommodation": household.accommodation, **_until(household)}
    place = household.place_on(on, posting.places)
    posting.national(COA, "housed.v1", on, household.persons, municipality=place, **home)


# Told by their numbers, so that the same home is the same each time that it is told of.


def _size(household: Household) -> dict[str, int]:
    """The bedrooms, of most homes those that fit; of some nobody says."""
    drawn = household.number % 10
    if household.accommodation not in ("regular", "intermediate") or drawn == 0:
        return {}
    misfit = {1: 1, 2: -1}.get(drawn, 0)
    return {"bedrooms": max(1, bedrooms(len(household.persons)) + misfit)}


def _until(household: Household) -> dict[str, str]:
    """The last day of a temporary place; of some none is agreed."""
    if household.accommodation not in TEMPORARY or household.number % 7 == 0:
        return {}
    least, most = TEMPORARY[household.accommodation]
    return {"until": str(after(household.ready_on, least + household.number % (most - least + 1)))}
