"""Facts are read from JSON with every fault at once and no value repeated, and written and revived unchanged."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, fields, is_dataclass
from datetime import date
from functools import cache
from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from domain.facts import (
    FACTS,
    JOURNEY_FACTS,
    PERIOD_FACTS,
    REFERENCE_FACTS,
    EventWithdrawn,
    FamilyReunificationDecided,
    Linked,
    PermitGranted,
    QuotaTransferred,
    Transfer,
)
from domain.kinds import Fault
from domain.period import Period
from domain.shape import read, revive, schema_of, write
from tests.rules.histories import DATA

# The fields of the contract's section 3, required ones first, written out and not taken from the code.
CONTRACT: dict[str, tuple[str, str]] = {
    "permit-granted": ("ground", "household birthDate unaccompaniedMinor referent"),
    "permit-ended": ("reason", ""),
    "residence-document-issued": ("", ""),
    "family-reunification-applied": ("persons", ""),
    "family-reunification-decided": ("granted refused", ""),
    "family-arrived": ("persons", ""),
    "linked": ("municipality", "household criteria"),
    "link-ended": ("reason", ""),
    "dossier-item-completed": ("item", ""),
    "dossier-item-lapsed": ("item", ""),
    "home-offered": ("municipality accommodation", ""),
    "offer-accepted": ("municipality accommodation", ""),
    "offer-refused": ("municipality reason", ""),
    "refusal-assessed": ("justified", ""),
    "home-ready": ("municipality accommodation", ""),
    "housed": ("municipality accommodation", ""),
    "returned-to-reception": ("", ""),
    "moved-to-permanent-home": ("municipality", ""),
    "guest-stay-started": ("", ""),
    "guest-stay-ended": ("", ""),
    "left-unknown-destination": ("", ""),
    "died": ("", ""),
    "integration-duty-started": ("law", ""),
    "intake-held": ("municipality", ""),
    "integration-plan-established": ("municipality route", ""),
    "event-withdrawn": ("withdraws reason", "period"),
    "quota-forecast": ("period persons", ""),
    "quota-published": ("period persons", "reference"),
    "quota-revised": ("period persons", "reason"),
    "municipal-quota-published": ("period municipality persons", ""),
    "opening-balance-recorded": ("period municipality persons", ""),
    "quota-transferred": ("period transfers", ""),
    "interim-goal-set": ("period reduction", ""),
    "figure-published": ("period figure of on persons", "reference"),
    "inhabitants-counted": ("municipality on persons", ""),
    "municipality-merged": ("municipality into on", "personsMoved name province"),
}

CHOICES = {
    ("permit-granted", "ground"): "asylum family resettlement",
    ("permit-ended", "reason"): "withdrawn expired naturalised",
    ("link-ended", "reason"): "reassigned found-own-home moved-in-with-family departed permit-ended other",
    ("dossier-item-completed", "item"): (
        "bsn identity-document iban brp-registration household-composition adapted-home-need medical client-profile "
        "health-insurance digid income"
    ),
    ("housed", "accommodation"): (
        "regular intermediate transit-home transit-location hotel gva minor-unit with-family"
    ),
    ("figure-published", "figure"): "quota transferred openingBalance task realised remaining backlog lead",
    ("integration-duty-started", "law"): "wi2013 wi2021",
    ("integration-plan-established", "route"): "b1 education self-reliance",
}

TOPICS = sorted(FACTS)


def faults_of(topic: str, data: dict[str, Any]) -> list[tuple[str, str]]:
    """Where and what, of every fault."""
    _, faults = read(FACTS[topic], data)
    return [(fault.pointer, fault.code) for fault in faults]


@cache
def validator(topic: str) -> Draft202012Validator:
    return Draft202012Validator(schema_of(FACTS[topic]), format_checker=Draft202012Validator.FORMAT_CHECKER)


def agrees(topic: str, data: dict[str, Any]) -> bool:
    """Whether data fits the schema of a topic, dates included."""
    return bool(validator(topic).is_valid(data))


# The catalogue


def test_every_topic_of_the_contract_is_a_fact_and_no_other() -> None:
    assert set(FACTS) == {f"{topic}.v1" for topic in CONTRACT}


def test_every_fact_is_of_a_journey_a_period_or_the_reference_or_a_withdrawal() -> None:
    assert [len(kind) for kind in (JOURNEY_FACTS, PERIOD_FACTS, REFERENCE_FACTS)] == [25, 8, 2]
    assert {*JOURNEY_FACTS, *PERIOD_FACTS, *REFERENCE_FACTS, EventWithdrawn} == set(FACTS.values())


@pytest.mark.parametrize("topic", CONTRACT)
def test_a_fact_has_the_fields_of_the_contract(topic: str) -> None:
    required, optional = (names.split() for names in CONTRACT[topic])
    schema = schema_of(FACTS[f"{topic}.v1"])
    assert sorted(schema["required"]) == sorted(required)
    assert sorted(schema["properties"]) == sorted([*required, *optional])


@pytest.mark.parametrize(("topic", "field"), CHOICES)
def test_a_choice_offers_what_the_contract_lists(topic: str, field: str) -> None:
    assert schema_of(FACTS[f"{topic}.v1"])["properties"][field]["enum"] == CHOICES[topic, field].split()


@pytest.mark.parametrize("topic", TOPICS)
def test_a_fact_is_a_value_that_cannot_change(topic: str) -> None:
    shape = FACTS[topic]
    assert is_dataclass(shape)
    assert topic == shape.TOPIC
    fact, _ = read(shape, VALID[topic])
    for field in fields(shape):
        with pytest.raises(FrozenInstanceError):
            setattr(fact, field.name, None)


VALID: dict[str, dict[str, Any]] = {
    "permit-granted.v1": {
        "ground": "family",
        "household": "H-88121",
        "birthDate": "1990-02-28",
        "unaccompaniedMinor": False,
        "referent": "0123456789",
    },
    "permit-ended.v1": {"reason": "naturalised"},
    "residence-document-issued.v1": {},
    "family-reunification-applied.v1": {"persons": 3},
    "family-reunification-decided.v1": {"granted": 2, "refused": 0},
    "family-arrived.v1": {"persons": 2},
    "linked.v1": {"municipality": "GM0344", "household": "H-88121", "criteria": ["work", "network"]},
    "link-ended.v1": {"reason": "found-own-home"},
    "dossier-item-completed.v1": {"item": "brp-registration"},
    "dossier-item-lapsed.v1": {"item": "identity-document"},
    "home-offered.v1": {"municipality": "GM0344", "accommodation": "regular"},
    "offer-accepted.v1": {"municipality": "GM0344", "accommodation": "intermediate"},
    "offer-refused.v1": {"municipality": "GM0344", "reason": "no lift, fourth floor"},
    "refusal-assessed.v1": {"justified": False},
    "home-ready.v1": {"municipality": "GM0344", "accommodation": "transit-home"},
    "housed.v1": {"municipality": "GM0344", "accommodation": "hotel"},
    "returned-to-reception.v1": {},
    "moved-to-permanent-home.v1": {"municipality": "GM0344"},
    "guest-stay-started.v1": {},
    "guest-stay-ended.v1": {},
    "left-unknown-destination.v1": {},
    "died.v1": {},
    "integration-duty-started.v1": {"law": "wi2021"},
    "intake-held.v1": {"municipality": "GM0344"},
    "integration-plan-established.v1": {"municipality": "GM0344", "route": "self-reliance"},
    "quota-forecast.v1": {"period": "2021-II", "persons": 11000},
    "quota-published.v1": {"period": "2021-II", "persons": 11000, "reference": "Stcrt. 2021, 1"},
    "quota-revised.v1": {"period": "2019-I", "persons": 6000, "reason": "fewer permits than expected"},
    "municipal-quota-published.v1": {"period": "2021-II", "municipality": "GM0344", "persons": 0},
    "opening-balance-recorded.v1": {"period": "2021-II", "municipality": "GM0344", "persons": -12},
    "quota-transferred.v1": {
        "period": "2021-II",
        "transfers": [{"municipality": "GM0344", "persons": 3}, {"municipality": "GM0307", "persons": -3}],
    },
    "interim-goal-set.v1": {"period": "2021-II", "reduction": 1500},
    "figure-published.v1": {
        "period": "2021-II",
        "figure": "openingBalance",
        "of": "PV31",
        "on": "2021-07-01",
        "persons": -7,
        "reference": "a letter of 7 January 2022",
    },
    "inhabitants-counted.v1": {"municipality": "GM0344", "on": "2021-01-01", "persons": 359370},
    "municipality-merged.v1": {
        "municipality": "GM0457",
        "into": "GM0363",
        "on": "2022-03-24",
        "personsMoved": 20766,
        "name": "Amsterdam",
        "province": "PV27",
    },
    "event-withdrawn.v1": {"withdraws": "tvs-2021-000417", "reason": "entered twice", "period": "2021-II"},
}


# Read, written, revived


@pytest.mark.parametrize("topic", TOPICS)
def test_what_is_read_is_written_the_same_and_revived_equal(topic: str) -> None:
    fact, faults = read(FACTS[topic], VALID[topic])
    assert faults == []
    written = json.loads(json.dumps(write(fact)))
    assert written == VALID[topic]
    assert revive(FACTS[topic], written) == fact
    assert read(FACTS[topic], written) == (fact, [])


def test_values_become_what_they_mean() -> None:
    permit, _ = read(PermitGranted, VALID["permit-granted.v1"])
    assert permit == PermitGranted("family", "H-88121", date(1990, 2, 28), False, "0123456789")
    transfer, _ = read(QuotaTransferred, VALID["quota-transferred.v1"])
    assert transfer == QuotaTransferred(Period(2021, 2), (Transfer("GM0344", 3), Transfer("GM0307", -3)))


def test_a_v_number_keeps_its_leading_nought() -> None:
    permit, _ = read(PermitGranted, {"ground": "family", "referent": "0000000042"})
    assert permit.referent == "0000000042"


def test_what_is_absent_is_not_written() -> None:
    assert write(Linked("GM0344")) == {"municipality": "GM0344"}


def test_false_and_nought_are_written_and_read_as_what_they_are() -> None:
    permit = PermitGranted("asylum", unaccompanied_minor=False)
    assert write(permit) == {"ground": "asylum", "unaccompaniedMinor": False}
    assert revive(PermitGranted, write(permit)) == permit
    assert write(FamilyReunificationDecided(0, 0)) == {"granted": 0, "refused": 0}


def test_a_fact_is_revived_without_the_personal_fields_of_which_the_key_is_gone() -> None:
    assert revive(EventWithdrawn, {"withdraws": "tvs-1"}) == EventWithdrawn("tvs-1", None)  # type: ignore[arg-type]
    assert revive(PermitGranted, {"ground": "asylum"}) == PermitGranted("asylum")


@pytest.mark.parametrize("topic", TOPICS)
@settings(max_examples=15, deadline=None)
@drawn(data=st.data())
def test_any_fact_survives_the_log(topic: str, data: st.DataObject) -> None:
    posted = data.draw(DATA[topic])
    fact, faults = read(FACTS[topic], posted)
    assert faults == []
    stored = json.loads(json.dumps(write(fact)))
    assert revive(FACTS[topic], stored) == fact
    assert read(FACTS[topic], stored) == (fact, [])
    assert agrees(topic, posted)
    assert agrees(topic, stored)


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


def test_a_field_in_the_spelling_of_the_code_is_unknown() -> None:
    assert faults_of("permit-granted.v1", {"ground": "asylum", "birth_date": "1990-02-28"}) == [
        ("/data", "unknown-field")
    ]


def test_fields_of_the_envelope_may_stand_beside_those_of_the_fact() -> None:
    posted = {"municipality": "GM0344", "vNumber": "0123456789", "effectiveOn": "2021-03-10"}
    assert read(Linked, posted, beside=frozenset({"vNumber", "effectiveOn"})) == (Linked("GM0344"), [])
    assert read(Linked, posted)[0] is None


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
        for name, schema in schema_of(shape)["properties"].items()
        if schema.get("x-personal")
    }
    # The contract seals V-number, birth date and free text.
    assert marked == {
        ("permit-granted.v1", "birthDate"),
        ("permit-granted.v1", "referent"),
        ("offer-refused.v1", "reason"),
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
    names = sorted(schema_of(FACTS[topic])["properties"])
    posted = data.draw(st.fixed_dictionaries({}, optional=dict.fromkeys([*names, f"field{MARK}"], _anything)))
    _, faults = read(FACTS[topic], posted)
    told = json.dumps(faults) + repr(faults)
    assert MARK not in told
    for leaf in leaves(posted):
        assert len(leaf) < 5 or leaf not in told


@settings(max_examples=100, deadline=None)
@drawn(st.sampled_from(TOPICS), st.data())
def test_a_fault_has_a_pointer_into_the_data_a_code_and_an_explanation(topic: str, data: st.DataObject) -> None:
    names = sorted(schema_of(FACTS[topic])["properties"])
    posted = data.draw(st.fixed_dictionaries({}, optional=dict.fromkeys([*names, "other"], _anything)))
    fact, faults = read(FACTS[topic], posted)
    assert (fact is None) == bool(faults)
    for fault in faults:
        assert isinstance(fault, Fault)
        assert fault.pointer == "/data" or fault.pointer.startswith("/data/")
        assert not fault.pointer.endswith("/")
        assert fault.code
        assert fault.detail


# JSON Schema


@pytest.mark.parametrize("topic", TOPICS)
def test_every_schema_is_a_json_schema(topic: str) -> None:
    Draft202012Validator.check_schema(schema_of(FACTS[topic]))


_LIKELY: tuple[Any, ...] = (
    *("NL", "PV32", "realised", "backlog"),
    *("GM0344", "GM344", "PV26", "PV6", "0123456789", "012345678", "2021-II", "2021-III", "0000-I", "9999-II"),
    *("2021-03-10", "2021-02-29", "asylum", "b1", "work", "regular", "other", "wi2021", "bsn", "x", "", " ", "\t\n"),
    *("a" * 256, "a" * 257, "a" * 2000, "a" * 2001),
    *(0, 1, -1, 100_000_000, 100_000_001, -100_000_001, 2**53, True, False),
    *([], ["work"], ["love"], [1], {}, {"municipality": "GM0344"}),
    [{"municipality": "GM0344", "persons": 1}, {"municipality": "GM0307", "persons": -1}],
    [{"municipality": "GM0344", "persons": 0}],
    [{"municipality": "GM0344", "persons": 1, "x": 1}, {"municipality": "GM0307", "persons": -1}],
    [{"municipality": "GM0344", "persons": 1}, {"municipality": "GM0307"}],
)
#: What no JSON Schema can say: what a word holds, what numbers sum to.
_BEYOND_SCHEMA = {"personal-number", "sum-not-zero"}


def disagreement(topic: str, posted: dict[str, Any]) -> tuple[dict[str, Any], list[Fault]] | None:
    _, faults = read(FACTS[topic], posted)
    if {fault.code for fault in faults} <= _BEYOND_SCHEMA and faults:
        return None
    return None if agrees(topic, posted) == (not faults) else (posted, faults)


@pytest.mark.parametrize("topic", TOPICS)
def test_the_schema_and_the_reading_agree_on_every_field(topic: str) -> None:
    names = [*schema_of(FACTS[topic])["properties"], "other"]
    found = [disagreement(topic, {**VALID[topic], name: value}) for name in names for value in _LIKELY]
    found += [disagreement(topic, {key: VALID[topic][key] for key in VALID[topic] if key != name}) for name in names]
    assert [one for one in found if one] == []


@pytest.mark.parametrize("topic", TOPICS)
@settings(max_examples=20, deadline=None)
@drawn(data=st.data())
def test_the_schema_and_the_reading_agree_on_any_data(topic: str, data: st.DataObject) -> None:
    names = [*sorted(schema_of(FACTS[topic])["properties"]), "other"]
    values = st.sampled_from(_LIKELY) | st.text(max_size=5).filter(lambda text: not text.endswith("\n"))
    posted = data.draw(st.fixed_dictionaries({}, optional=dict.fromkeys(names, values)))
    assert disagreement(topic, {**data.draw(DATA[topic]), **posted}) is None
