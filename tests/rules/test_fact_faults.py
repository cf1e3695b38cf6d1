"""Facts are read from JSON with every fault at once and no value repeated."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from domain.codec import json_schema_of, parse_fact, write_fact
from domain.facts import (
    FACTS,
    HomesStated,
    Linked,
    QuotaPublished,
    QuotaTransferred,
)
from domain.field_types import Fault
from domain.period import Period
from tests.rules.contract_facts import CONTRACT, TOPICS, faults_of

# Faults


def test_every_fault_is_told_at_once() -> None:
    assert faults_of(
        "permit-granted.v1",
        {"ground": "marriage", "household": 7, "birthDate": "1990-02-30", "unaccompaniedMinor": "no", "referent": "12"},
    ) == [
        ("/data/ground", "not-one-of"),
        ("/data/household", "wrong-type"),
        ("/data/birthDate", "not-a-date"),
        ("/data/unaccompaniedMinor", "wrong-type"),
        ("/data/referent", "not-a-v-number"),
    ]


@pytest.mark.parametrize("topic", [topic for topic in CONTRACT if CONTRACT[topic][0]])
def test_every_required_field_that_is_missing_is_told(topic: str) -> None:
    expected = {(f"/data/{name}", "required") for name in CONTRACT[topic][0].split()}
    assert set(faults_of(f"{topic}.v1", {})) == expected
    assert set(faults_of(f"{topic}.v1", dict.fromkeys(CONTRACT[topic][0].split()))) == expected


def test_missing_wrong_and_unknown_fields_are_told_together() -> None:
    assert faults_of("housed.v1", {"accommodation": "tent", "postcode": "3511"}) == [
        ("/data/municipality", "required"),
        ("/data/accommodation", "not-one-of"),
        ("/data", "unknown-field"),
    ]


def test_what_is_said_of_a_journey_since_is_held_to_its_lists_and_bounds() -> None:
    assert faults_of("home-ready.v1", {"municipality": "GM0344", "accommodation": "hotel", "bedrooms": 21}) == [
        ("/data/bedrooms", "out-of-range")
    ]
    assert faults_of("reception-placed.v1", {"region": "UT"}) == [("/data/region", "not-one-of")]
    assert faults_of("fine-imposed.v1", {"amount": 12.5, "for_": "term"}) == [
        ("/data/amount", "wrong-type"),
        ("/data/for", "required"),
        ("/data", "unknown-field"),
    ]
    assert faults_of("fine-cancelled.v1", {"fine": "boete 111222333"}) == [("/data/fine", "personal-number")]
    assert faults_of("integration-term-set.v1", {"endsOn": "2025-02-30"}) == [("/data/endsOn", "not-a-date")]
    assert faults_of("family-visa-issued.v1", {"persons": 0}) == [("/data/persons", "out-of-range")]


def test_a_field_in_the_spelling_of_the_code_is_unknown() -> None:
    assert faults_of("permit-granted.v1", {"ground": "asylum", "birth_date": "1990-02-28"}) == [
        ("/data", "unknown-field")
    ]


def test_fields_of_the_envelope_may_stand_beside_those_of_the_fact() -> None:
    posted = {"municipality": "GM0344", "vNumber": "0123456789", "effectiveOn": "2021-03-10"}
    assert parse_fact(Linked, posted, beside=frozenset({"vNumber", "effectiveOn"})) == (Linked("GM0344"), [])
    assert parse_fact(Linked, posted)[0] is None


def test_faults_in_a_list_are_told_by_their_place() -> None:
    assert faults_of("linked.v1", {"municipality": "GM0344", "criteria": ["work", "love", 3]}) == [
        ("/data/criteria/1", "not-one-of"),
        ("/data/criteria/2", "wrong-type"),
    ]


def test_faults_in_a_list_of_objects_are_told_by_their_place_and_field() -> None:
    told = faults_of(
        "quota-transferred.v1",
        {
            "period": "2021-III",
            "transfers": [{"municipality": "0344", "persons": "3"}, {"municipality": "GM0307"}, "GM0363"],
        },
    )
    assert told == [
        ("/data/period", "not-a-period"),
        ("/data/transfers/0/municipality", "not-a-municipality-code"),
        ("/data/transfers/0/persons", "wrong-type"),
        ("/data/transfers/1/persons", "required"),
        ("/data/transfers/2", "wrong-type"),
    ]


def test_an_unknown_field_of_an_object_in_a_list_is_told_by_the_place_of_the_object() -> None:
    data = {
        "period": "2021-II",
        "transfers": [{"municipality": "GM0344", "persons": 1, "x": 1}, {"municipality": "GM0307", "persons": -1}],
    }
    assert faults_of("quota-transferred.v1", data) == [("/data/transfers/0", "unknown-field")]


def test_every_fault_in_a_list_of_homes_is_told_by_its_place() -> None:
    told = faults_of(
        "homes-stated.v1",
        {
            "area": "PV26",
            "homes": [
                {"bedrooms": 21, "adapted": "no", "number": -1},
                {"bedrooms": 2, "adapted": False},
                {"bedrooms": 2, "adapted": False, "number": 3, "street": "Dorpsstraat"},
                4,
            ],
        },
    )
    assert told == [
        ("/data/area", "not-a-municipality-code"),
        ("/data/homes/0/bedrooms", "out-of-range"),
        ("/data/homes/0/adapted", "wrong-type"),
        ("/data/homes/0/number", "out-of-range"),
        ("/data/homes/1/number", "required"),
        ("/data/homes/2", "unknown-field"),
        ("/data/homes/3", "wrong-type"),
    ]


def test_homes_of_one_size_are_one_number() -> None:
    homes = [
        {"bedrooms": 2, "adapted": False, "number": 3},
        {"bedrooms": 2, "adapted": True, "number": 1},
        {"bedrooms": 2, "adapted": False, "number": 4},
    ]
    assert faults_of("homes-stated.v1", {"area": "GM0344", "homes": homes[:2]}) == []
    assert faults_of("homes-stated.v1", {"area": "GM0344", "homes": homes}) == [("/data/homes/2", "doubled")]


def test_a_municipality_may_have_no_home_free_at_all() -> None:
    fact, faults = parse_fact(HomesStated, {"area": "GM0344", "homes": []})
    assert (fact, faults) == (HomesStated("GM0344", ()), [])
    assert write_fact(fact) == {"area": "GM0344", "homes": []}


def test_every_fault_in_numbers_by_age_is_told_by_its_name() -> None:
    children = {"0-3": -1, "4-11": "2", "12-15": 0, "16-17": 1.0}
    data = {"area": "GM0344", "month": "2021-10", "persons": 9, "children": children}
    assert faults_of("links-announced.v1", data) == [
        ("/data/children/0-3", "out-of-range"),
        ("/data/children/4-11", "wrong-type"),
    ]
    assert faults_of("links-announced.v1", {**data, "children": {"18+": 1}}) == [("/data/children", "unknown-field")]


@pytest.mark.parametrize("value", ["2021-1", "2021-00", "2021-13", "2021-10-01", "21-10", "2021-10\n", "0021-10", ""])
def test_a_month_is_written_in_one_form_only(value: str) -> None:
    assert faults_of("links-announced.v1", {"area": "GM0344", "month": value, "persons": 1}) == [
        ("/data/month", "not-a-month")
    ]


@pytest.mark.parametrize("area", ["PV19", "PV32", "PV2", "NL", "GM0344", "pv26"])
def test_places_of_reception_are_of_one_of_the_twelve_provinces(area: str) -> None:
    assert faults_of("reception-places-stated.v1", {"area": area, "places": 1}) == [
        ("/data/area", "not-a-province-code")
    ]


@pytest.mark.parametrize("rung", [-1, 7])
def test_the_ladder_has_six_rungs_and_its_foot(rung: int) -> None:
    data = {"area": "GM0344", "period": "2021-II", "reason": "behind"}
    assert faults_of("ladder-step-decided.v1", {**data, "rung": rung}) == [("/data/rung", "out-of-range")]
    assert [faults_of("ladder-step-decided.v1", {**data, "rung": each}) for each in (0, 6)] == [[], []]


@pytest.mark.parametrize(
    "persons", [[], [0], [3], [3, 4], [3, -2]], ids=["none", "one", "one of three", "both gain", "one left over"]
)
def test_a_transfer_takes_two_or_more_that_sum_to_nought(persons: list[int]) -> None:
    codes = ["GM0344", "GM0307"]
    parts = [{"municipality": code, "persons": number} for code, number in zip(codes, persons, strict=False)]
    told = faults_of("quota-transferred.v1", {"period": "2021-II", "transfers": parts})
    assert {pointer for pointer, _ in told} == {"/data/transfers"}


@pytest.mark.parametrize(
    "value",
    ["20210310", "2021-3-10", "2021-02-29", "2021-W10-3", "2021-03-10T00:00:00Z", "0000-01-01", "", "２０２１-03-10"],
)
def test_a_date_is_a_day_of_the_calendar_in_one_form_only(value: str) -> None:
    assert faults_of("inhabitants-counted.v1", {"municipality": "GM0344", "on": value, "persons": 1}) == [
        ("/data/on", "not-a-date")
    ]


@pytest.mark.parametrize("value", ["2021-3", "2021", "2021-i", "21-II", "2021-II ", "2021-III", "0000-I", ""])
def test_a_period_is_a_half_year_in_one_form_only(value: str) -> None:
    assert faults_of("quota-published.v1", {"period": value, "persons": 1}) == [("/data/period", "not-a-period")]


@pytest.mark.parametrize("value", [True, False, "3", 3.5, [3], {"n": 3}])
def test_a_number_of_persons_is_a_whole_number(value: Any) -> None:
    assert faults_of("family-arrived.v1", {"persons": value}) == [("/data/persons", "wrong-type")]


@pytest.mark.parametrize(("value", "number"), [(3.0, 3), (-0.0, 0), (1e8, 100_000_000)])
def test_a_whole_number_may_be_written_with_a_point_and_is_one_from_then_on(value: float, number: int) -> None:
    published, faults = parse_fact(QuotaPublished, {"period": "2021-II", "persons": value})
    assert (published, faults) == (QuotaPublished(Period(2021, 2), number), [])
    assert repr(write_fact(published)["persons"]) == str(number)


def test_the_numbers_in_a_list_may_be_written_with_a_point_too() -> None:
    parts = [{"municipality": "GM0344", "persons": 2.0}, {"municipality": "GM0307", "persons": -2}]
    transferred, faults = parse_fact(QuotaTransferred, {"period": "2021-II", "transfers": parts})
    assert faults == []
    assert repr(write_fact(transferred)["transfers"][0]) == "{'municipality': 'GM0344', 'persons': 2}"


@pytest.mark.parametrize("value", [1e20, -1e20, 1e300, 100_000_000.0 + 1])
def test_a_whole_number_that_is_absurd_is_so_with_a_point_as_without(value: float) -> None:
    assert faults_of("quota-published.v1", {"period": "2021-II", "persons": value}) == [
        ("/data/persons", "out-of-range")
    ]


@pytest.mark.parametrize("value", [0.1, 2.999999999999999, float("nan"), float("inf"), float("-inf")])
def test_what_is_no_whole_number_is_not_made_one(value: float) -> None:
    assert faults_of("family-arrived.v1", {"persons": value}) == [("/data/persons", "wrong-type")]


@pytest.mark.parametrize("value", [-1, 2**53])
def test_a_number_of_persons_is_not_negative_and_not_absurd(value: int) -> None:
    assert faults_of("quota-published.v1", {"period": "2021-II", "persons": value}) == [
        ("/data/persons", "out-of-range")
    ]


@pytest.mark.parametrize("value", [0, 1, "true", "no", []])
def test_true_and_false_are_not_written_otherwise(value: Any) -> None:
    assert faults_of("refusal-assessed.v1", {"justified": value}) == [("/data/justified", "wrong-type")]


@pytest.mark.parametrize("value", ["0123456789", "huishouden 0123456789", "NL91ABNA0417164300", "999990342"])
def test_a_key_that_stands_in_the_open_holds_no_number_of_a_person(value: str) -> None:
    assert faults_of("linked.v1", {"municipality": "GM0344", "household": value}) == [
        ("/data/household", "personal-number")
    ]
    assert faults_of("event-withdrawn.v1", {"withdraws": value, "reason": "entered twice"}) == [
        ("/data/withdraws", "personal-number")
    ]


def test_what_says_something_of_a_person_is_marked_in_the_schema() -> None:
    marked = {
        (topic, name)
        for topic, shape in FACTS.items()
        for name, schema in json_schema_of(shape)["properties"].items()
        if schema.get("x-personal")
    }
    # The contract seals V-number, birth date and free text.
    assert marked == {
        ("permit-granted.v1", "birthDate"),
        ("permit-granted.v1", "referent"),
        ("offer-refused.v1", "reason"),
        ("v-number-replaced.v1", "replaces"),
        ("fact-doubted.v1", "reason"),
        ("doubt-answered.v1", "reason"),
        ("event-withdrawn.v1", "reason"),
    }


# No value is ever repeated

MARK = "Zx9qWv7"
_anything = st.recursive(
    st.just(MARK)
    | st.text(max_size=6).map(lambda text: MARK + text)
    | st.text(max_size=6).map(lambda text: text + MARK)
    | st.integers(10**12, 10**15)
    | st.floats(1e6, 1e9).map(lambda number: number + 0.125),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.just(MARK) | st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


def leaves(value: Any) -> list[str]:
    """Everything in a value that could be repeated, as text."""
    if isinstance(value, dict):
        return [key for key in value if MARK in key] + [leaf for each in value.values() for leaf in leaves(each)]
    if isinstance(value, list):
        return [leaf for each in value for leaf in leaves(each)]
    return [str(value)]


@pytest.mark.parametrize("topic", TOPICS)
@settings(max_examples=25, deadline=None)
@drawn(data=st.data())
def test_no_fault_repeats_what_was_posted(topic: str, data: st.DataObject) -> None:
    names = sorted(json_schema_of(FACTS[topic])["properties"])
    posted = data.draw(st.fixed_dictionaries({}, optional=dict.fromkeys([*names, f"field{MARK}"], _anything)))
    _, faults = parse_fact(FACTS[topic], posted)
    told = json.dumps(faults) + repr(faults)
    assert MARK not in told
    for leaf in leaves(posted):
        assert len(leaf) < 5 or leaf not in told


@settings(max_examples=100, deadline=None)
@drawn(st.sampled_from(TOPICS), st.data())
def test_a_fault_has_a_pointer_into_the_data_a_code_and_an_explanation(topic: str, data: st.DataObject) -> None:
    names = sorted(json_schema_of(FACTS[topic])["properties"])
    posted = data.draw(st.fixed_dictionaries({}, optional=dict.fromkeys([*names, "other"], _anything)))
    fact, faults = parse_fact(FACTS[topic], posted)
    assert (fact is None) == bool(faults)
    for fault in faults:
        assert isinstance(fault, Fault)
        assert fault.pointer == "/data" or fault.pointer.startswith("/data/")
        assert not fault.pointer.endswith("/")
        assert fault.code
        assert fault.detail
