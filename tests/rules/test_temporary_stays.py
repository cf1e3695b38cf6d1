"""Who lives temporarily, and until when."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from domain.facts import GuestStayEnded, GuestStayStarted, HomeReady, Housed, MovedToPermanentHome, Recorded
from domain.temporary_stays import TemporaryStay, temporary_stay
from tests.rules.histories import (
    AMERSFOORT,
    UTRECHT,
    died,
    granted,
    housed,
    left,
    link_ended,
    linked,
    permit_ended,
    returned,
    said,
)
from tests.rules.phases import AFTER, PLACES, journey_of


def stay(*events: Recorded, on: date = AFTER) -> TemporaryStay | None:
    return temporary_stay(journey_of(*events, on=on), PLACES)


def moved(on: str, at: str = "") -> Recorded:
    return said(on, MovedToPermanentHome(UTRECHT), at=at)


def ready(on: str, until: str | None, municipality: str = UTRECHT) -> Recorded:
    return said(on, HomeReady(municipality, "hotel", until=None if until is None else date.fromisoformat(until)))


def guest(on: str, until: date | None = None) -> Recorded:
    return said(on, GuestStayStarted(until))


@pytest.mark.parametrize("kind", ["intermediate", "transit-home", "transit-location", "hotel", "gva"])
def test_who_is_housed_where_nobody_stays_lives_there_from_the_day_on(kind: Any) -> None:
    found = stay(housed("2021-06-10", accommodation=kind))
    assert found is not None
    assert (found.kind, found.municipality, found.since) == (kind, UTRECHT, date(2021, 6, 10))


@pytest.mark.parametrize("kind", ["regular", "minor-unit", "with-family"])
def test_who_is_housed_for_good_does_not(kind: str) -> None:
    assert stay(housed("2021-06-10", accommodation=kind)) is None


def test_a_move_ends_it_on_its_day_also_when_it_was_said_before_the_housing_of_that_day() -> None:
    hotel = housed("2021-06-10", accommodation="hotel")
    assert stay(hotel, moved("2021-09-01"), on=date(2021, 8, 31)) is not None
    assert stay(hotel, moved("2021-09-01"), on=date(2021, 9, 1)) is None
    assert stay(moved("2021-06-10", at="2021-06-10T08:00:00+00:00"), hotel) is None
    # One of before is of a housing of before.
    assert stay(moved("2021-06-09"), hotel) is not None
    again = housed("2021-11-01", accommodation="hotel")
    assert stay(hotel, moved("2021-09-01"), returned("2021-10-01"), again) is not None


@pytest.mark.parametrize("ending", [died, left])
def test_who_died_or_left_lives_nowhere_until_they_are_heard_of_again(ending: Any) -> None:
    hotel = housed("2021-06-10", accommodation="hotel")
    assert stay(hotel, ending("2021-08-01")) is None
    assert stay(hotel, permit_ended("2021-07-01"), ending("2021-08-01")) is None
    for again in (granted("2021-09-01"), linked("2021-09-01"), housed("2021-09-01", accommodation="gva")):
        found = stay(hotel, ending("2021-08-01"), again)
        assert found is not None and (found.kind, found.since) == ("hotel", date(2021, 6, 10))


def test_a_permit_that_ended_moves_nobody_out_of_a_home_and_takes_a_guest_out_of_reception() -> None:
    assert stay(housed("2021-06-10", accommodation="gva"), permit_ended("2021-07-01")) is not None
    assert stay(granted("2021-03-01"), guest("2021-04-01"), permit_ended("2021-07-01")) is None


def test_a_guest_is_in_reception_with_a_stay_that_nothing_ended() -> None:
    here = granted("2021-03-01"), linked("2021-03-10"), linked("2021-05-01", AMERSFOORT), guest("2021-04-01")
    assert stay(*here) == TemporaryStay("guest", AMERSFOORT, date(2021, 4, 1), date(2021, 7, 1))
    assert stay(*here, said("2021-06-01", GuestStayEnded())) is None
    assert stay(*here, housed("2021-06-01"), returned("2021-06-02")) is None
    assert stay(guest("2021-04-01")) is None  # no permit
    assert stay(granted("2021-03-01"), guest("2021-04-01")) == TemporaryStay(
        "guest", None, date(2021, 4, 1), date(2021, 7, 1)
    )


@pytest.mark.parametrize(
    ("events", "until"),
    [
        ([said("2021-06-10", Housed(UTRECHT, "hotel", date(2021, 9, 30)))], date(2021, 9, 30)),
        # Of what the housing does not say the home does, of the day at the latest.
        ([linked("2021-03-10"), ready("2021-06-01", "2021-10-31"), housed("2021-06-10")], date(2021, 10, 31)),
        ([linked("2021-03-10"), ready("2021-06-10", "2021-10-31"), housed("2021-06-10")], date(2021, 10, 31)),
        ([linked("2021-03-10"), housed("2021-06-10"), ready("2021-06-11", "2021-10-31")], date(2021, 12, 10)),
        # Of the homes ready the first for the link counts, also where it says no last day.
        ([linked("2021-03-10"), ready("2021-06-01", None), ready("2021-06-02", "2021-10-31")], date(2021, 12, 10)),
        ([linked("2021-03-10"), ready("2021-06-01", "2021-10-31", AMERSFOORT)], date(2021, 12, 10)),
        # Without a link there is no home of it.
        ([ready("2021-06-01", "2021-10-31")], date(2021, 12, 10)),
        ([linked("2021-03-10"), ready("2021-06-01", "2021-10-31"), link_ended("2021-06-05")], date(2021, 12, 10)),
        ([], date(2021, 12, 10)),
    ],
)
def test_until_is_that_of_the_housing_or_of_the_home_or_six_months_of_a_hotel(
    events: list[Recorded], until: date
) -> None:
    house = [] if any(isinstance(event.fact, Housed) for event in events) else [housed("2021-06-10")]
    hotels = [
        said(event.effective_on, Housed(UTRECHT, "hotel", event.fact.until))
        if isinstance(event.fact, Housed)
        else event
        for event in (*events, *house)
    ]
    found = stay(*hotels)
    assert found is not None and found.until == until


def test_six_months_after_the_last_of_august_end_with_february_and_other_kinds_have_no_end() -> None:
    hotel = stay(housed("2021-08-31", accommodation="hotel"))
    assert hotel is not None and hotel.until == date(2022, 2, 28)
    for kind in ("intermediate", "transit-home", "transit-location", "gva"):
        found = stay(housed("2021-08-31", accommodation=kind))
        assert found is not None and found.until is None


def test_a_guest_stays_three_months_or_as_it_was_agreed_however_long_a_home_is_there() -> None:
    here = granted("2021-03-01"), linked("2021-03-10"), ready("2021-04-01", "2023-01-01")
    usual, agreed = stay(*here, guest("2021-11-30")), stay(*here, guest("2021-11-30", date(2022, 5, 5)))
    assert usual is not None and usual.until == date(2022, 2, 28)
    assert agreed is not None and agreed.until == date(2022, 5, 5)
