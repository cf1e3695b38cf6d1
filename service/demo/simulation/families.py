"""Family that follows: applied for, decided on, given visas, arrived."""

from __future__ import annotations

from service.demo.simulation.chance import between, working_day_from
from service.demo.simulation.household_posts import HouseholdPosts, after
from service.demo.simulation.posts import IND

_VISA_DAYS = 90
_DIRECT, _THROUGH_RECEPTION = 0.35, 0.9  # the rest: nobody says


def tell_of_reunion(posting: HouseholdPosts) -> None:
    """What IND says of the family of a referent."""
    reunion, rng = posting.household.reunion, posting.rng
    if reunion is None:
        return
    decided = {"granted": reunion.granted, "refused": reunion.persons - reunion.granted}
    posting.national(IND, "family-reunification-applied.v1", reunion.applied_on, posting.head, persons=reunion.persons)
    posting.national(IND, "family-reunification-decided.v1", reunion.decided_on, posting.head, **decided)
    if reunion.granted == 0:
        return
    visas_on = working_day_from(after(reunion.decided_on, between(rng, 7, 30)))
    if reunion.arrived_on is not None:
        visas_on = min(visas_on, after(reunion.arrived_on, -3))
    # Of those who are not on their way yet, not all were given theirs.
    if reunion.arrived_on is not None or rng.random() < 0.7:
        valid = {"validUntil": str(after(visas_on, _VISA_DAYS))}
        posting.national(IND, "family-visa-issued.v1", visas_on, posting.head, persons=reunion.granted, **valid)
    if reunion.arrived_on is not None:
        drawn = rng.random()
        direct = {"direct": drawn < _DIRECT} if drawn < _THROUGH_RECEPTION else {}
        posting.national(IND, "family-arrived.v1", reunion.arrived_on, posting.head, persons=reunion.arrived, **direct)
