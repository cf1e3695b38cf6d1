"""May this event be recorded? What the judgement of one event depends on, without a database."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest

from projections import streams
from service.intake.validation import validate_event
from service.log.submission import Refused
from tests.posts import (
    ABSENT,
    CBS,
    COA,
    DUO,
    ENSCHEDE,
    HENGELO,
    IND,
    MINISTRY,
    OVERIJSSEL,
    V_NUMBER,
    Event,
    but,
    event,
    linked,
    permit,
)
from tests.store.judged import GIVEN, JOURNEY, KEYS, admitted, faults

# --- whose fact may be corrected


def test_a_successor_may_correct_the_events_of_the_municipality_it_took_over() -> None:
    amsterdam, weesp = (f"urn:nld:oin:00000099{number}000:systeem:wonen" for number in ("100000363", "100000457"))
    taken_over = event(
        "intake-held", amsterdam, vNumber=V_NUMBER, municipality="GM0363", corrects="w-1", correctsSource=weesp
    )
    assert admitted(taken_over).data["correctsSource"] == weesp
    the_other_way = event(
        "intake-held", weesp, vNumber=V_NUMBER, municipality="GM0457", corrects="a-1", correctsSource=amsterdam
    )
    assert faults(the_other_way) == {("/data/correctsSource", "not-yours-to-correct")}


def test_an_organisation_may_correct_what_another_system_of_its_own_posted() -> None:
    own = "urn:nld:oin:00000099000000002000:systeem:vroeger"
    assert admitted(but(linked(), data__corrects="x-1", data__correctsSource=own)).data["correctsSource"] == own


# --- withdrawals


def test_a_withdrawal_belongs_where_it_says() -> None:
    withdrawal = event("event-withdrawn", COA, withdraws="l-1", reason="verwisseld")
    assert admitted(but(withdrawal, data__vNumber=V_NUMBER)).stream == UUID(JOURNEY)
    assert admitted(but(withdrawal, subject=JOURNEY)).stream == UUID(JOURNEY)
    period = admitted(event("quota-published", MINISTRY, period="2021-I", persons=13_500)).stream
    assert admitted(but(withdrawal, source=MINISTRY, data__period="2021-I")).stream == period
    assert admitted(but(withdrawal, source=CBS)).stream == streams.REFERENCE


@pytest.mark.parametrize("source", [IND, COA, DUO, MINISTRY, OVERIJSSEL, ENSCHEDE])
def test_a_withdrawal_names_a_permit_holder_a_period_or_an_area(source: str) -> None:
    withdrawal = event("event-withdrawn", source, withdraws="l-1", reason="verwisseld")
    assert faults(withdrawal) == {("/data", "required")}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"data__withdraws": ABSENT}, {("/data/withdraws", "required")}),
        ({"data__reason": ABSENT}, {("/data/reason", "required")}),
        ({"data__reason": "  "}, {("/data/reason", "empty")}),
        ({"data__withdraws": V_NUMBER}, {("/data/withdraws", "personal-number")}),
        (
            {"data__withdraws": 5, "data__reason": ABSENT},
            {("/data/withdraws", "wrong-type"), ("/data/reason", "required")},
        ),
    ],
)
def test_a_withdrawal_says_what_and_why(change: dict[str, Any], expected: set[tuple[str, str]]) -> None:
    withdrawal = event("event-withdrawn", COA, vNumber=V_NUMBER, withdraws="l-1", reason="verwisseld")
    assert faults(but(withdrawal, **change)) == expected


# --- who may say what


@pytest.mark.parametrize(
    ("posted", "expected"),
    [
        (but(linked(), source=IND), {("/source", "no-authority")}),
        (but(permit(), source=COA), {("/source", "no-authority")}),
        (but(linked(), source=ENSCHEDE), {("/source", "no-authority")}),
        (event("quota-published", OVERIJSSEL, period="2021-I", persons=5), {("/source", "no-authority")}),
        (
            event("intake-held", HENGELO, vNumber=V_NUMBER, municipality="GM0153"),
            {("/data/municipality", "not-your-municipality")},
        ),
        (but(linked(), source="urn:nld:oin:0000009900000000200:x"), {("/source", "no-oin")}),
        (but(linked(), source=f"{IND} {COA}"), {("/source", "no-oin"), ("/source", "not-a-uri")}),
        (but(linked(), source="tvs"), {("/source", "no-oin")}),
        (but(linked(), source="urn:nld:oin:00000004003214345000:x"), {("/source", "unknown-organisation")}),
    ],
)
def test_an_organisation_says_what_is_its_own_to_say(posted: Event, expected: set[tuple[str, str]]) -> None:
    assert faults(posted) == expected


def test_a_municipality_speaks_for_one_it_succeeded() -> None:
    # Weesp went into Amsterdam on 24 March 2022.
    amsterdam = "urn:nld:oin:00000099100000363000:systeem:wonen"
    posted = event("intake-held", amsterdam, vNumber=V_NUMBER, municipality="GM0457")
    assert admitted(posted).recorded_by == "00000099100000363000"


@pytest.mark.parametrize("source", [IND, COA, ENSCHEDE])
def test_more_than_one_kind_may_say_that_somebody_died(source: str) -> None:
    assert admitted(event("died", source, vNumber=V_NUMBER)).topic == "died.v1"


# --- every fault at once


@pytest.mark.parametrize(
    ("posted", "expected"),
    [
        (
            but(linked(), source=IND, data__vNumber="1", data__municipality=ABSENT),
            {
                ("/source", "no-authority"),
                ("/data/vNumber", "not-a-v-number"),
                ("/data/municipality", "required"),
            },
        ),
        (
            event("housed", COA, vNumber=V_NUMBER, municipality="GM9999"),
            {("/data/municipality", "unknown-municipality"), ("/data/accommodation", "required")},
        ),
        (
            event("home-ready", HENGELO, vNumber=V_NUMBER, municipality="GM0153", accommodation="tent"),
            {("/data/municipality", "not-your-municipality"), ("/data/accommodation", "not-one-of")},
        ),
        (
            event("home-ready", HENGELO, vNumber=V_NUMBER, municipality="GM9999", accommodation="regular"),
            {("/data/municipality", "not-your-municipality"), ("/data/municipality", "unknown-municipality")},
        ),
        (but(linked(), source=IND, data=ABSENT), {("/source", "no-authority"), ("/data", "required")}),
        (
            event(
                "municipality-merged", CBS, municipality="GM0153", into="GM0153", on="2021-05-01", personsMoved="many"
            ),
            {("/data/into", "disagrees"), ("/data/on", "disagrees"), ("/data/personsMoved", "wrong-type")},
        ),
        (
            event(
                "quota-transferred",
                OVERIJSSEL,
                period="2021-3",
                transfers=[{"municipality": "GM9998", "persons": 1}, {"municipality": "GM9999", "persons": -1}],
            ),
            {
                ("/data/period", "not-a-period"),
                ("/data/transfers/0/municipality", "unknown-municipality"),
                ("/data/transfers/1/municipality", "unknown-municipality"),
            },
        ),
        (
            {},
            {
                ("/specversion", "not-one-of"),
                ("/id", "required"),
                ("/source", "required"),
                ("/type", "required"),
                ("/time", "required"),
                ("/data", "required"),
            },
        ),
        (
            but(
                linked(),
                specversion="0.3",
                id=V_NUMBER,
                time="gisteren",
                type="nl.ketenspoor.koppeling.v1",
                datacontenttype="text/xml",
                data_base64="eA==",
                data__effectiveOn="2030-01-01",
            ),
            {
                ("/specversion", "not-one-of"),
                ("/id", "personal-number"),
                ("/time", "not-an-instant"),
                ("/type", "unknown-type"),
                ("/datacontenttype", "not-one-of"),
                ("/data_base64", "unknown-field"),
                ("/data/effectiveOn", "too-far-ahead"),
            },
        ),
    ],
)
def test_every_fault_of_an_event_is_told_at_once(posted: Event, expected: set[tuple[str, str]]) -> None:
    assert faults(posted) == expected


# --- what makes a repeat the same


def same(one: Event, other: Event) -> bool:
    return admitted(one).content == admitted(other).content


def test_extension_attributes_order_of_keys_and_offset_play_no_part_in_the_content() -> None:
    posted = linked(household="H-88", criteria=["work", "family"])
    assert same(posted, but(posted, traceparent="00-abc-01", partition=5))
    assert same(posted, but(posted, time="2021-04-12T07:30:00.000Z"))
    assert same(posted, dict(reversed(but(posted, data=dict(reversed(posted["data"].items()))).items())))
    assert same(posted, but(posted, datacontenttype=ABSENT))
    assert same(posted, but(posted, data__vNumber=ABSENT, subject=JOURNEY))
    assert same(posted, but(posted, subject=JOURNEY))


@pytest.mark.parametrize(
    "change",
    [
        {"time": "2021-04-12T09:30:00.001+02:00"},
        {"time": "2021-04-12T09:30:00Z"},
        {"data__effectiveOn": "2021-04-13"},
        {"data__municipality": "GM0164"},
        {"data__household": "H-89"},
        {"data__household": ABSENT},
        {"data__criteria": ["family", "work"]},
        {"data__corrects": "l-0"},
        {"data__vNumber": "2876540914"},
    ],
)
def test_another_value_is_another_content(change: dict[str, Any]) -> None:
    posted = linked(household="H-88", criteria=["work", "family"])
    assert not same(posted, but(posted, **change))


# --- what is personal


def test_personal_fields_are_parted_from_what_may_stand_in_the_open() -> None:
    judged = admitted(permit(birthDate="1990-05-06", ground="family", referent="2876540914", household="H-1"))
    assert judged.personal == {"birthDate": "1990-05-06", "household": "H-1"}
    assert judged.data == {
        "effectiveOn": "2021-04-12",
        "ground": "family",
        "birthDate": "1990-05",
        "household": KEYS.household("H-1"),
        "referent": str(KEYS.journey("2876540914")),
    }


@pytest.mark.parametrize(("born", "kept"), [("1988-05-17", "1988-05"), ("1988-05", "1988-05"), ("1988", "1988")])
def test_of_a_birth_date_the_year_and_month_stand_in_the_open(born: str, kept: str) -> None:
    judged = admitted(permit(birthDate=born))
    assert (judged.data["birthDate"], judged.personal) == (kept, {"birthDate": born})


@pytest.mark.parametrize("born", ["1988-05-18", "1988-05", "1988"])
def test_birth_dates_of_one_month_are_not_one_content(born: str) -> None:
    assert same(permit(birthDate="1988-05-17"), permit(birthDate="1988-05-17"))
    assert not same(permit(birthDate="1988-05-17"), permit(birthDate=born))


def test_free_text_about_a_person_is_personal() -> None:
    refused = admitted(event("offer-refused", ENSCHEDE, vNumber=V_NUMBER, municipality="GM0153", reason="te ver"))
    withdrawn = admitted(event("event-withdrawn", COA, vNumber=V_NUMBER, withdraws="l-1", reason="verwisseld"))
    assert (refused.personal, withdrawn.personal) == ({"reason": "te ver"}, {"reason": "verwisseld"})
    assert "reason" not in json.dumps([refused.data, withdrawn.data])


# --- what names a refused event


@pytest.mark.parametrize("number", [V_NUMBER, "111222333", "NL91ABNA0417164300", "NL91 ABNA 0417 1643 00"])
@pytest.mark.parametrize("form", ["{}", "tvs-{}-1", "tvs {} x", "urn:{}", "tvs_{}"])
def test_an_id_with_a_personal_number_is_refused_and_forgotten(number: str, form: str) -> None:
    judged = validate_event(but(linked(), id=form.format(number)), GIVEN)
    assert isinstance(judged, Refused)
    assert judged.id is None
    assert [(fault.pointer, fault.code) for fault in judged.faults] == [("/id", "personal-number")]


@pytest.mark.parametrize("id_", ["tvs-2021-000417", "111222334", "28765409130", "123", "NL92ABNA0417164300", "é"])
def test_an_id_with_another_number_is_fine(id_: str) -> None:
    assert admitted(but(linked(), id=id_)).id == id_


@pytest.mark.parametrize("number", [V_NUMBER, "111222333", "NL91ABNA0417164300"])
def test_a_source_with_a_personal_number_is_refused_and_forgotten(number: str) -> None:
    judged = validate_event(but(linked(), source=f"{COA}:{number}"), GIVEN)
    assert isinstance(judged, Refused)
    assert (judged.source, judged.oin, judged.id) == (None, None, "l-1")
    assert [(fault.pointer, fault.code) for fault in judged.faults] == [("/source", "personal-number")]


@pytest.mark.parametrize(
    ("value", "code"),
    [("", "empty"), ("  ", "empty"), ("x" * 257, "too-long"), (5, "wrong-type"), (["x"], "wrong-type")],
)
def test_an_id_is_a_text_of_at_most_256_characters(value: Any, code: str) -> None:
    assert faults(but(linked(), id=value)) == {("/id", code)}
    assert admitted(but(linked(), id="x" * 256)).id == "x" * 256
