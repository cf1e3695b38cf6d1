"""The life of one household in the chain, from permit to the years after, as what the organisations post about it."""

from __future__ import annotations

from datetime import date
from random import Random
from typing import get_args

from domain.facts.linking import Criterion
from domain.period import Period
from domain.places import Places
from service.demo.simulation.chance import between, days, pick, working_day_from
from service.demo.simulation.families import tell_of_reunion
from service.demo.simulation.household_posts import HouseholdPosts, after
from service.demo.simulation.households import Household
from service.demo.simulation.housing import TEMPORARY, tell_of_home, tell_of_housing, tell_of_offers
from service.demo.simulation.integration import tell_of_integration, years_later
from service.demo.simulation.posts import COA, IND, Post
from service.demo.simulation.reception import tell_of_dossier, tell_of_handover, tell_of_reception

_CRITERIA = get_args(Criterion)
#: How much is known of a birth date: most often the day, else the month, or only the year.
_KNOWN_OF_BIRTHS = ((0.97, len("2021-07-01")), (0.985, len("2021-07")), (1.0, len("2021")))

_RELINKED = 0.03
_OWN_HOME = 0.006
_RETURNED = 0.006  # of the singles
_GUEST = 0.06  # of the singles
_GUEST_DAYS = 90
_MOVES_AT_18 = 0.8  # of the minors who are in a unit of their own


def life(rng: Random, household: Household, places: Places, until: date) -> list[Post]:
    """Everything that is told about a household, in no particular order."""
    posting = HouseholdPosts(rng, places, household, until)
    _permit(posting)
    if household.kind == "settled":
        _link(posting)
        tell_of_housing(posting, household.housed_on)
        tell_of_integration(posting)
        return posting.posts
    tell_of_reception(posting)
    tell_of_dossier(posting)
    if household.kind == "passing":
        _passing(posting)
        return posting.posts
    tell_of_reunion(posting)
    linked_on = _link(posting)
    own_home = household.accommodation == "with-family" or (
        household.accommodation == "regular" and household.kind == "ordinary" and rng.random() < _OWN_HOME
    )
    if own_home:
        _find_own_home(posting, linked_on)
    else:
        tell_of_offers(posting, linked_on)
        tell_of_home(posting, household.ready_on)
    tell_of_handover(posting, linked_on)
    tell_of_housing(posting, household.housed_on)
    _afterwards(posting)
    tell_of_integration(posting)
    return posting.posts


def _permit(posting: HouseholdPosts) -> None:
    household, rng = posting.household, posting.rng
    ground = {"family": "family", "resettled": "resettlement"}.get(household.kind, "asylum")
    start = len(posting.posts)
    posting.national(
        IND, "permit-granted.v1", household.permit_on, household.persons, ground=ground, household=household.key
    )
    for post, person in zip(posting.posts[start:], household.persons, strict=False):
        post.data["birthDate"] = str(person.born)[: pick(rng, _KNOWN_OF_BIRTHS)]
        if household.kind == "minor":
            post.data["unaccompaniedMinor"] = True
        if household.referent is not None:
            post.data["referent"] = household.referent


def _link(posting: HouseholdPosts) -> date:
    """The link, for some after one to another municipality; the day from which the link that stands is there."""
    household, rng = posting.household, posting.rng
    waiting = (household.ready_on - household.linked_on).days
    fields: dict[str, object] = {"household": household.key}
    if household.kind == "family":
        fields["criteria"] = ["family"]
    elif rng.random() < 0.25:
        first, second = between(rng, 0, len(_CRITERIA) - 1), between(rng, 0, 3 * len(_CRITERIA))
        fields["criteria"] = [_CRITERIA[first], *(one for one in _CRITERIA[second : second + 1] if second != first)]
    linked_on = household.linked_on
    if household.kind in ("ordinary", "referent") and waiting >= 40 and rng.random() < _RELINKED:
        elsewhere = _elsewhere(posting, linked_on)
        posting.national(COA, "linked.v1", linked_on, household.persons, municipality=elsewhere, **fields)
        again_on = working_day_from(after(linked_on, waiting * between(rng, 20, 60) // 100))
        if rng.random() < 0.5:
            ended_on = max(after(linked_on, 5), after(again_on, -between(rng, 2, 9)))
            posting.national(COA, "link-ended.v1", ended_on, household.persons, reason="reassigned")
        linked_on = again_on
    place = household.place_on(linked_on, posting.places)
    posting.national(COA, "linked.v1", linked_on, household.persons, municipality=place, **fields)
    if len(household.persons) == 1 and waiting > 60 and rng.random() < _GUEST:
        started_on = after(linked_on, between(rng, 3, 15))
        until = {"until": str(after(started_on, _GUEST_DAYS))} if rng.random() < 0.7 else {}
        posting.national(COA, "guest-stay-started.v1", started_on, household.persons, **until)
        if rng.random() < 0.8:  # of the others the home ends it
            ended_on = after(started_on, between(rng, 5, min(_GUEST_DAYS, waiting - 20)))
            posting.national(COA, "guest-stay-ended.v1", ended_on, household.persons)
    return linked_on


def _elsewhere(posting: HouseholdPosts, on: date) -> str:
    """Another municipality that exists on the day."""
    codes, own = posting.places.codes_on(on), posting.places.code_on(posting.household.place, on)
    while (code := posting.rng.choice(codes)) == own:
        pass
    return code


def _find_own_home(posting: HouseholdPosts, linked_on: date) -> None:
    household = posting.household
    moved_in = household.accommodation == "with-family"
    ended_on = max(after(linked_on, 4), after(household.housed_on, -between(posting.rng, 1, 10)))
    reason = "moved-in-with-family" if moved_in else "found-own-home"
    posting.national(COA, "link-ended.v1", ended_on, household.persons, reason=reason)


def _afterwards(posting: HouseholdPosts) -> None:
    """Back to reception and housed again, on to a permanent home, or an end: none of it changes what was realised."""
    household, rng = posting.household, posting.rng
    on = household.housed_on
    if len(household.persons) == 1 and household.kind in ("ordinary", "referent") and rng.random() < _RETURNED:
        back_on = after(on, between(rng, 6, 45))
        again_on = working_day_from(after(back_on, between(rng, 14, 60)))
        # Return and second housing in one period, so that together they are nought there.
        if Period.of(back_on) == Period.of(again_on) and again_on <= posting.until:
            posting.national(COA, "returned-to-reception.v1", back_on, household.persons)
            tell_of_home(posting, after(again_on, -between(rng, 1, 10)))
            tell_of_housing(posting, again_on)
            return
    drawn = rng.random()
    if household.kind == "minor" and drawn >= 1 - _MOVES_AT_18:
        of_age_on = years_later(household.persons[0].born, 18)
        moved_on = max(after(on, 14), after(of_age_on, between(rng, -14, 45)))
        posting.municipal("moved-to-permanent-home.v1", moved_on, household.persons)
    elif household.accommodation in TEMPORARY and drawn < 0.6:
        posting.municipal("moved-to-permanent-home.v1", after(on, between(rng, 50, 200)), household.persons)
    elif drawn < 0.0015:
        posting.municipal("died.v1", after(on, between(rng, 20, 200)), posting.head)
    elif drawn < 0.004:
        reason = "withdrawn" if drawn < 0.0022 else "expired" if drawn < 0.003 else "naturalised"
        posting.national(IND, "permit-ended.v1", after(on, between(rng, 30, 200)), posting.head, reason=reason)


def _passing(posting: HouseholdPosts) -> None:
    """Who is not housed in the end: gone, dead, without permit, or back from a home that did not hold."""
    household, rng = posting.household, posting.rng
    drawn = rng.random()
    linked = drawn < 0.7
    end_on = household.ready_on
    if linked:
        end_on = working_day_from(after(household.linked_on, days(rng, 8, 40, 120)))
        place = household.place_on(household.linked_on, posting.places)
        posting.national(
            COA,
            "linked.v1",
            household.linked_on,
            household.persons,
            municipality=place,
            household=household.key,
        )
    if drawn < 0.06:
        _placed_in_vain(posting)
        return
    if drawn < 0.2:
        posting.national(IND, "permit-ended.v1", end_on, household.persons, reason="withdrawn")
        posting.national(COA, "link-ended.v1", end_on, household.persons, reason="permit-ended")
        return
    if drawn < 0.28 or drawn > 0.95:
        who = COA if drawn < 0.25 or drawn > 0.97 else IND
        posting.national(who, "died.v1", end_on, household.persons)
        return
    if linked and drawn < 0.5:
        posting.national(COA, "link-ended.v1", end_on, household.persons, reason="departed")
    elif linked and drawn < 0.52:
        posting.national(COA, "link-ended.v1", end_on, household.persons, reason="other")
        return
    posting.national(COA, "left-unknown-destination.v1", end_on, household.persons)


def _placed_in_vain(posting: HouseholdPosts) -> None:
    """Housed and, within the same period, back in reception and gone."""
    household, rng = posting.household, posting.rng
    on = household.housed_on
    back_on = min(after(on, between(rng, 4, 20)), Period.of(on).last)
    if back_on > after(on, 2) and back_on <= posting.until:
        tell_of_home(posting, household.ready_on)
        tell_of_housing(posting, on)
        posting.national(COA, "returned-to-reception.v1", back_on, household.persons)
        posting.national(COA, "left-unknown-destination.v1", after(back_on, between(rng, 2, 20)), household.persons)
