"""The life of one household in the chain, from permit to integration, as what the organisations post about it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from typing import Any, get_args

from domain.accommodation import Accommodation
from domain.facts.integration import Route
from domain.facts.linking import Criterion, Item
from domain.period import Period
from domain.places import Places
from service.demo.simulation.chance import between, day_of, days, pick, recorded, working_day_from
from service.demo.simulation.households import Household, Person
from service.demo.simulation.posts import COA, DUO, IND, Post, municipality_source

_CRITERIA = get_args(Criterion)
_ITEMS: tuple[tuple[float, Item], ...] = (
    (0.33, "bsn"),
    (0.52, "iban"),
    (0.62, "identity-document"),
    (0.70, "brp-registration"),
    (0.76, "household-composition"),
    (0.79, "adapted-home-need"),
    (0.82, "medical"),
    (0.88, "client-profile"),
    (0.93, "health-insurance"),
    (0.97, "digid"),
    (1.0, "income"),
)
_ROUTES: tuple[tuple[float, Route], ...] = ((0.6, "b1"), (0.75, "education"), (1.0, "self-reliance"))
_REFUSALS = ("Too far from work", "Too small for the household", "Medical reason", "No reason given")
_TEMPORARY: frozenset[Accommodation] = frozenset({"intermediate", "transit-home", "hotel", "gva"})
_WI2021 = date(2022, 1, 1)

_RELINKED = 0.03
_OWN_HOME = 0.006
_REFUSED = 0.014  # of the households that are offered a home
_RETURNED = 0.006  # of the singles
_GUEST = 0.02  # of the singles


class HouseholdPosts:
    """Collects the posts about a household, up to the last day that is told about."""

    def __init__(self, rng: Random, places: Places, household: Household, until: date) -> None:
        self.rng, self.places, self.household, self.until = rng, places, household, until
        self.posts: list[Post] = []

    @property
    def head(self) -> Sequence[Person]:
        """The one of the household to whom what concerns all is addressed."""
        return self.household.persons[:1]

    def national(self, source: str, topic: str, on: date, persons: Sequence[Person], /, **fields: Any) -> None:
        """A national organisation records the same of these persons, one after the other."""
        if on > self.until:
            return
        at, day = recorded(self.rng, on), str(on)
        for place, person in enumerate(persons):
            data = {"vNumber": person.v_number, "effectiveOn": day, **fields}
            self.posts.append(Post(at + place, source, topic, on, data))

    def municipal(self, topic: str, on: date, persons: Sequence[Person], /, **fields: Any) -> None:
        """The household's municipality records the same of these persons; its successor does when it is no more."""
        if on > self.until:
            return
        at, day = recorded(self.rng, on), str(on)
        code = self.household.place_on(on, self.places)
        source = municipality_source(self.places.code_on(code, day_of(at)))
        # A death is not a matter of one municipality: the fact has no such field.
        named = {} if topic == "died.v1" else {"municipality": code}
        for place, person in enumerate(persons):
            data = {"vNumber": person.v_number, "effectiveOn": day, **named, **fields}
            self.posts.append(Post(at + place, source, topic, on, data))


def life(rng: Random, household: Household, places: Places, until: date) -> list[Post]:
    """Everything that is told about a household, in no particular order."""
    posting = HouseholdPosts(rng, places, household, until)
    _permit(posting)
    _dossier(posting)
    if household.kind == "passing":
        _passing(posting)
        return posting.posts
    _reunion(posting)
    linked_on = _link(posting)
    own_home = household.accommodation == "with-family" or (
        household.accommodation == "regular" and household.kind == "ordinary" and rng.random() < _OWN_HOME
    )
    if own_home:
        _find_own_home(posting, linked_on)
    else:
        _offer(posting, linked_on)
        posting.municipal("home-ready.v1", household.ready_on, household.persons, accommodation=household.accommodation)
    _housed(posting, household.housed_on)
    _afterwards(posting)
    _integration(posting)
    return posting.posts


def _after(day: date, number: int) -> date:
    return day + timedelta(days=number)


def _adults(household: Household) -> list[Person]:
    return [each for each in household.persons if (household.permit_on - each.born).days >= 18 * 365.25]


def _permit(posting: HouseholdPosts) -> None:
    household, rng = posting.household, posting.rng
    ground = {"family": "family", "resettled": "resettlement"}.get(household.kind, "asylum")
    start = len(posting.posts)
    posting.national(
        IND, "permit-granted.v1", household.permit_on, household.persons, ground=ground, household=household.key
    )
    for post, person in zip(posting.posts[start:], household.persons, strict=False):
        post.data["birthDate"] = str(person.born)
        if household.kind == "minor":
            post.data["unaccompaniedMinor"] = True
        if household.referent is not None:
            post.data["referent"] = household.referent
    on = working_day_from(_after(household.permit_on, between(rng, 7, 40)))
    posting.national(IND, "residence-document-issued.v1", on, _adults(household) or household.persons)


def _dossier(posting: HouseholdPosts) -> None:
    household, rng = posting.household, posting.rng
    for _ in range(2 if rng.random() < 0.3 else 1):
        item = pick(rng, _ITEMS)
        on = _after(household.permit_on, between(rng, 1, 35))
        posting.national(COA, "dossier-item-completed.v1", on, posting.head, item=item)
        if rng.random() < 0.015:
            lapsed_on = _after(on, between(rng, 20, 60))
            posting.national(COA, "dossier-item-lapsed.v1", lapsed_on, posting.head, item=item)
            if rng.random() < 0.7:
                again_on = _after(lapsed_on, between(rng, 5, 30))
                posting.national(COA, "dossier-item-completed.v1", again_on, posting.head, item=item)


def _reunion(posting: HouseholdPosts) -> None:
    reunion = posting.household.reunion
    if reunion is None:
        return
    refused = reunion.persons - reunion.granted
    posting.national(IND, "family-reunification-applied.v1", reunion.applied_on, posting.head, persons=reunion.persons)
    posting.national(
        IND,
        "family-reunification-decided.v1",
        reunion.decided_on,
        posting.head,
        granted=reunion.granted,
        refused=refused,
    )
    if reunion.arrived_on is not None:
        posting.national(IND, "family-arrived.v1", reunion.arrived_on, posting.head, persons=reunion.arrived)


def _link(posting: HouseholdPosts) -> date:
    """The link, for some after one to another municipality; the day from which the link that stands is there."""
    household, rng = posting.household, posting.rng
    waiting = (household.ready_on - household.linked_on).days
    fields: dict[str, object] = {"household": household.key}
    if household.kind == "family":
        fields["criteria"] = ["family"]
    elif rng.random() < 0.25:
        fields["criteria"] = [_CRITERIA[between(rng, 0, len(_CRITERIA) - 1)]]
    linked_on = household.linked_on
    if household.kind in ("ordinary", "referent") and waiting >= 40 and rng.random() < _RELINKED:
        elsewhere = _elsewhere(posting, linked_on)
        posting.national(COA, "linked.v1", linked_on, household.persons, municipality=elsewhere, **fields)
        again_on = working_day_from(_after(linked_on, waiting * between(rng, 20, 60) // 100))
        if rng.random() < 0.5:
            ended_on = max(_after(linked_on, 5), _after(again_on, -between(rng, 2, 9)))
            posting.national(COA, "link-ended.v1", ended_on, household.persons, reason="reassigned")
        linked_on = again_on
    place = household.place_on(linked_on, posting.places)
    posting.national(COA, "linked.v1", linked_on, household.persons, municipality=place, **fields)
    if len(household.persons) == 1 and waiting > 60 and rng.random() < _GUEST:
        started_on = _after(linked_on, between(rng, 3, 15))
        posting.national(COA, "guest-stay-started.v1", started_on, household.persons)
        posting.national(COA, "guest-stay-ended.v1", _after(started_on, between(rng, 5, 20)), household.persons)
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
    ended_on = max(_after(linked_on, 4), _after(household.housed_on, -between(posting.rng, 1, 10)))
    reason = "moved-in-with-family" if moved_in else "found-own-home"
    posting.national(COA, "link-ended.v1", ended_on, household.persons, reason=reason)


def _offer(posting: HouseholdPosts, linked_on: date) -> None:
    """A home is offered and accepted before it is ready; some refuse a first one."""
    household, rng = posting.household, posting.rng
    accommodation = household.accommodation
    waiting = (household.ready_on - linked_on).days
    if waiting > 70 and rng.random() < _REFUSED:
        on = _after(linked_on, between(rng, 10, 25))
        posting.municipal("home-offered.v1", on, posting.head, accommodation=accommodation)
        refused_on = _after(on, between(rng, 1, 5))
        reason = _REFUSALS[between(rng, 0, len(_REFUSALS) - 1)]
        posting.municipal("offer-refused.v1", refused_on, posting.head, reason=reason)
        assessed_on = _after(refused_on, between(rng, 2, 10))
        posting.national(COA, "refusal-assessed.v1", assessed_on, posting.head, justified=rng.random() < 0.15)
    offered_on = _after(household.ready_on, -min(waiting // 2, between(rng, 4, 24)))
    posting.municipal("home-offered.v1", offered_on, posting.head, accommodation=accommodation)
    accepted_on = min(household.ready_on, _after(offered_on, between(rng, 0, 4)))
    posting.municipal("offer-accepted.v1", accepted_on, posting.head, accommodation=accommodation)


def _housed(posting: HouseholdPosts, on: date) -> None:
    household = posting.household
    place = household.place_on(on, posting.places)
    posting.national(
        COA,
        "housed.v1",
        on,
        household.persons,
        municipality=place,
        accommodation=household.accommodation,
    )


def _afterwards(posting: HouseholdPosts) -> None:
    """Back to reception and housed again, on to a permanent home, or an end: none of it changes what was realised."""
    household, rng = posting.household, posting.rng
    on = household.housed_on
    if len(household.persons) == 1 and household.kind in ("ordinary", "referent") and rng.random() < _RETURNED:
        back_on = _after(on, between(rng, 6, 45))
        again_on = working_day_from(_after(back_on, between(rng, 14, 60)))
        # Return and second housing in one period, so that together they are nought there.
        if Period.of(back_on) == Period.of(again_on) and again_on <= posting.until:
            posting.national(COA, "returned-to-reception.v1", back_on, household.persons)
            posting.municipal(
                "home-ready.v1",
                _after(again_on, -between(rng, 1, 10)),
                household.persons,
                accommodation=household.accommodation,
            )
            _housed(posting, again_on)
            return
    drawn = rng.random()
    if household.accommodation in _TEMPORARY and drawn < 0.6:
        posting.municipal("moved-to-permanent-home.v1", _after(on, between(rng, 50, 200)), household.persons)
    elif drawn < 0.0015:
        posting.municipal("died.v1", _after(on, between(rng, 20, 200)), posting.head)
    elif drawn < 0.004:
        reason = "withdrawn" if drawn < 0.0022 else "expired" if drawn < 0.003 else "naturalised"
        posting.national(IND, "permit-ended.v1", _after(on, between(rng, 30, 200)), posting.head, reason=reason)


def _integration(posting: HouseholdPosts) -> None:
    household, rng = posting.household, posting.rng
    duty = [each for each in _adults(household) if rng.random() < 0.6]
    if not duty:
        return
    on = working_day_from(_after(household.permit_on, between(rng, 20, 100)))
    law = "wi2013" if on < _WI2021 else "wi2021"
    posting.national(DUO, "integration-duty-started.v1", on, duty, law=law)
    if law == "wi2013" or rng.random() < 0.25:
        return
    intake_on = working_day_from(max(_after(on, 10), _after(household.housed_on, between(rng, -15, 45))))
    posting.municipal("intake-held.v1", intake_on, duty)
    plan_on = working_day_from(max(_after(intake_on, 10), _after(household.housed_on, between(rng, 40, 75))))
    posting.municipal("integration-plan-established.v1", plan_on, duty, route=pick(rng, _ROUTES))


def _passing(posting: HouseholdPosts) -> None:
    """Who is not housed in the end: gone, dead, without permit, or back from a home that did not hold."""
    household, rng = posting.household, posting.rng
    drawn = rng.random()
    linked = drawn < 0.7
    end_on = household.ready_on
    if linked:
        end_on = working_day_from(_after(household.linked_on, days(rng, 8, 40, 120)))
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
    back_on = min(_after(on, between(rng, 4, 20)), Period.of(on).last)
    if back_on > _after(on, 2) and back_on <= posting.until:
        posting.municipal("home-ready.v1", household.ready_on, household.persons, accommodation="regular")
        _housed(posting, on)
        posting.national(COA, "returned-to-reception.v1", back_on, household.persons)
        posting.national(COA, "left-unknown-destination.v1", _after(back_on, between(rng, 2, 20)), household.persons)
