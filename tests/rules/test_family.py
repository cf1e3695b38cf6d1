"""Family that follows: when those are expected who may come and did not yet."""

from __future__ import annotations

from datetime import date

from hypothesis import given as given_any
from hypothesis import strategies as st

from domain.facts import FamilyArrived, FamilyReunificationDecided, FamilyVisaIssued, Recorded
from domain.family import Arrival
from tests.rules.histories import applied, journey_facts, plain_histories, said
from tests.rules.phases import AFTER, journey_of

DAY = date(2021, 5, 1)


def expected(*events: Recorded, on: date = DAY) -> tuple[Arrival, ...]:
    return journey_of(*events, on=on).family.expected(on)


def decided(on: str, persons: int) -> Recorded:
    return said(on, FamilyReunificationDecided(persons, 0))


def visa(on: str, persons: int) -> Recorded:
    return said(on, FamilyVisaIssued(persons))


def test_with_a_visa_they_come_sixty_days_after_the_newest_and_without_one_120_after_the_decision() -> None:
    some = applied("2021-01-05", 5), decided("2021-02-01", 4), decided("2021-03-01", 1), visa("2021-04-01", 2)
    # 120 days after 1 March, 60 after 10 April.
    assert expected(*some, visa("2021-04-10", 1)) == (Arrival(date(2021, 6, 9), 3), Arrival(date(2021, 6, 29), 2))
    refused = said("2021-04-15", FamilyReunificationDecided(0, 1))
    assert expected(*some, refused) == (Arrival(date(2021, 5, 31), 2), Arrival(date(2021, 6, 29), 3))


def test_who_arrived_is_counted_off_the_visas_first() -> None:
    some = decided("2021-03-01", 4), visa("2021-04-01", 3)
    assert expected(*some, said("2021-04-20", FamilyArrived(2))) == (
        Arrival(date(2021, 5, 31), 1),
        Arrival(date(2021, 6, 29), 1),
    )
    assert expected(*some, said("2021-04-20", FamilyArrived(3))) == (Arrival(date(2021, 6, 29), 1),)
    assert expected(*some, said("2021-04-20", FamilyArrived(4))) == ()
    # More visas than may come still are of those.
    assert expected(*some, visa("2021-04-02", 9)) == (Arrival(date(2021, 6, 1), 4),)


def test_nobody_is_expected_before_today() -> None:
    some = decided("2021-03-01", 4), visa("2021-04-01", 3)
    late = date(2021, 8, 1)
    assert expected(*some, on=late) == (Arrival(late, 3), Arrival(late, 1))


@given_any(st.data())
def test_all_who_are_awaited_are_expected_and_none_besides(data: st.DataObject) -> None:
    journey = journey_of(*data.draw(plain_histories(least=1, of=journey_facts)))
    found = journey.family.expected(AFTER)
    assert sum(one.persons for one in found) == journey.family.awaited
    assert all(one.persons > 0 and one.on >= AFTER for one in found)
