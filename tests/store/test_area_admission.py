"""What is said of areas: into which stream it goes, who may say it, and what is wrong with it; without a database."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from projections import streams
from tests.posts import (
    ABSENT,
    BSN,
    COA,
    ENSCHEDE,
    HENGELO,
    IBAN,
    IND,
    MINISTRY,
    OVERIJSSEL,
    V_NUMBER,
    Event,
    but,
    event,
)
from tests.store.judged import GIVEN, admitted, faults

UTRECHT_PROVINCE = "urn:nld:oin:00000099200000026000:systeem:toezicht"
ZUID_HOLLAND = "urn:nld:oin:00000099200000028000:systeem:toezicht"
AMSTERDAM = "urn:nld:oin:00000099100000363000:systeem:wonen"

FORECAST = event(
    "permits-forecast-published", IND, area="NL", persons=9_500, **{"from": "2021-07-01", "to": "2021-12-31"}
)
ANNOUNCED = event("links-announced", COA, area="GM0153", month="2021-05", persons=12, children={"0-3": 2})
HOMES = event("homes-stated", ENSCHEDE, area="GM0153", homes=[{"bedrooms": 2, "adapted": False, "number": 4}])
PLACES = event("temporary-places-stated", ENSCHEDE, area="GM0153", accommodation="hotel", places=40)
RECEPTION = event("reception-places-stated", OVERIJSSEL, area="PV23", places=120)
LADDER = event("ladder-step-decided", OVERIJSSEL, area="GM0153", period="2021-I", rung=2, reason="achter")
SUSPENDED = event("assessment-suspended", OVERIJSSEL, area="PV23", period="2021-I")
EVERY = (FORECAST, ANNOUNCED, HOMES, PLACES, RECEPTION, LADDER, SUSPENDED)


@pytest.mark.parametrize("posted", EVERY, ids=lambda posted: posted["type"])
def test_what_is_said_of_an_area_goes_into_the_stream_of_that_area(posted: Event) -> None:
    judged = admitted(posted)
    assert judged.stream == streams.of_area(posted["data"]["area"])
    assert (judged.of_a_person, judged.personal, judged.data) == (False, {}, posted["data"])


def test_every_area_has_a_stream_of_its_own_and_none_of_them_is_that_of_a_half_year() -> None:
    areas = ["NL", "PV23", "GM0153", "GM0164"]
    found = {admitted(but(SUSPENDED, source=MINISTRY, data__area=area)).stream for area in areas}
    quota = admitted(event("quota-published", MINISTRY, period="2021-I", persons=13_500)).stream
    assert len(found | {quota, streams.REFERENCE}) == 6


@pytest.mark.parametrize("posted", EVERY, ids=lambda posted: posted["type"])
def test_a_withdrawal_of_what_was_said_of_an_area_names_that_area(posted: Event) -> None:
    area = posted["data"]["area"]
    withdrawal = event("event-withdrawn", posted["source"], withdraws="e-1", reason="verteld", area=area)
    assert admitted(withdrawal).stream == streams.of_area(area)


def test_a_withdrawal_is_about_one_thing() -> None:
    withdrawal = event("event-withdrawn", COA, withdraws="e-1", reason="verteld", area="GM0153")
    assert faults(but(withdrawal, data__period="2021-I")) == {("/data/period", "disagrees")}
    assert faults(but(withdrawal, data__vNumber=V_NUMBER)) == {("/data/area", "disagrees")}
    assert faults(but(withdrawal, data__area="GM9999")) == {("/data/area", "unknown-municipality")}
    assert faults(but(withdrawal, data__area="PV19")) == {("/data/area", "not-a-region")}


# --- who speaks of which area


@pytest.mark.parametrize(
    ("posted", "expected"),
    [
        (but(HOMES, source=HENGELO), ("/data/area", "not-your-municipality")),
        (but(PLACES, source=HENGELO), ("/data/area", "not-your-municipality")),
        (but(HOMES, source=COA), ("/source", "no-authority")),
        (but(ANNOUNCED, source=ENSCHEDE), ("/source", "no-authority")),
        (but(FORECAST, source=COA), ("/source", "no-authority")),
        (but(RECEPTION, data__area="PV26"), ("/data/area", "not-your-area")),
        (but(LADDER, data__area="GM0344"), ("/data/area", "not-your-area")),
        (but(LADDER, source=MINISTRY), ("/source", "no-authority")),
        (but(SUSPENDED, data__area="NL"), ("/data/area", "not-your-area")),
        (but(SUSPENDED, data__area="GM0344"), ("/data/area", "not-your-area")),
        (but(SUSPENDED, source=ENSCHEDE, data__area="GM0153"), ("/source", "no-authority")),
    ],
)
def test_an_organisation_speaks_of_the_areas_that_are_its_own(posted: Event, expected: tuple[str, str]) -> None:
    assert faults(posted) == {expected}


@pytest.mark.parametrize(
    "posted",
    [
        but(FORECAST, source=MINISTRY),
        but(RECEPTION, source=COA, data__area="PV26"),
        but(SUSPENDED, data__area="GM0153"),
        but(SUSPENDED, source=MINISTRY, data__area="NL"),
        but(HOMES, source=AMSTERDAM, data__area="GM0457", data__effectiveOn="2022-03-01"),
    ],
)
def test_who_else_may_say_it(posted: Event) -> None:
    assert admitted(posted).stream == streams.of_area(posted["data"]["area"])


def test_the_day_it_held_decides_in_which_province_a_municipality_lies() -> None:
    # Leerdam, of Zuid-Holland, went into Vijfheerenlanden on 1 January 2019, which is of Utrecht.
    leerdam = but(LADDER, data__area="GM0545", data__effectiveOn="2019-03-01")
    assert admitted(but(leerdam, source=UTRECHT_PROVINCE)).stream == streams.of_area("GM0545")
    assert faults(but(leerdam, source=ZUID_HOLLAND)) == {("/data/area", "not-your-area")}
    # Weesp, of Noord-Holland, was a municipality until 24 March 2022.
    assert faults(but(leerdam, source=UTRECHT_PROVINCE, data__area="GM0457")) == {("/data/area", "not-your-area")}


def test_a_day_that_is_none_hides_no_other_fault() -> None:
    posted = but(LADDER, data__area="GM0344", data__effectiveOn="2021-02-29")
    assert faults(posted) == {("/data/area", "not-your-area"), ("/data/effectiveOn", "not-a-date")}


# --- what is wrong with it


@pytest.mark.parametrize(
    ("posted", "expected"),
    [
        (but(ANNOUNCED, data__area="GM9999"), {("/data/area", "unknown-municipality")}),
        (but(SUSPENDED, source=MINISTRY, data__area="GM9999"), {("/data/area", "unknown-municipality")}),
        (
            but(HOMES, data__area="GM9999"),
            {("/data/area", "unknown-municipality"), ("/data/area", "not-your-municipality")},
        ),
        (but(RECEPTION, source=COA, data__area="PV19"), {("/data/area", "not-a-province-code")}),
        (but(FORECAST, data__to="2021-06-30"), {("/data/to", "before-from")}),
        (but(FORECAST, data__area="PV23"), {("/data/area", "not-one-of")}),
        (but(HOMES, subject="8a0f9f0e-6f3b-5d1c-9d0e-2f8f6f1c7a21"), {("/subject", "not-of-a-journey")}),
        (but(HOMES, data__vNumber=V_NUMBER), {("/data", "unknown-field")}),
        (
            but(ANNOUNCED, data__area=ABSENT, data__month="2021-13"),
            {("/data/area", "required"), ("/data/month", "not-a-month")},
        ),
    ],
)
def test_what_an_area_cannot_be_said(posted: Event, expected: set[tuple[str, str]]) -> None:
    assert faults(posted) == expected


def test_a_forecast_may_be_of_one_day() -> None:
    assert admitted(but(FORECAST, data__to="2021-07-01")).effective_on == date(2021, 4, 12)


@pytest.mark.parametrize("number", [V_NUMBER, BSN, IBAN])
@pytest.mark.parametrize("posted", [LADDER, SUSPENDED], ids=lambda posted: posted["type"])
def test_no_text_said_of_an_area_holds_a_number_of_a_person(posted: Event, number: str) -> None:
    reason = f"het gaat om {number}, zie de brief"
    assert faults(but(posted, data__reason=reason)) == {("/data/reason", "personal-number")}
    withdrawal = event("event-withdrawn", OVERIJSSEL, withdraws="e-1", reason=reason, area=posted["data"]["area"])
    assert faults(withdrawal) == {("/data/reason", "personal-number")}


def test_a_municipality_that_decided_on_a_transfer_is_one_that_there_is() -> None:
    posted = event(
        "quota-transferred",
        OVERIJSSEL,
        period="2021-I",
        transfers=[{"municipality": "GM0153", "persons": 3}, {"municipality": "GM0164", "persons": -3}],
        decisions=[{"municipality": "GM0153", "on": "2021-03-30"}, {"municipality": "GM9999", "on": "30-03-2021"}],
    )
    assert faults(posted) == {
        ("/data/decisions/1/municipality", "unknown-municipality"),
        ("/data/decisions/1/on", "not-a-date"),
    }


def test_half_a_home_is_none_but_a_whole_number_may_be_written_with_a_point() -> None:
    homes: list[dict[str, Any]] = [{"bedrooms": 2.0, "adapted": True, "number": 4.0}]
    judged = admitted(but(HOMES, data__homes=homes), GIVEN)
    assert judged.data["homes"] == [{"bedrooms": 2, "adapted": True, "number": 4}]
    homes[0]["number"] = 0.5
    assert faults(but(HOMES, data__homes=homes)) == {("/data/homes/0/number", "wrong-type")}
