"""The catalogue of facts, and how they are read, written and revived unchanged."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, fields, is_dataclass
from datetime import date

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from domain.codec import json_schema_of, load_fact, parse_fact, write_fact
from domain.facts import (
    AREA_FACTS,
    FACTS,
    JOURNEY_FACTS,
    PERIOD_FACTS,
    REFERENCE_FACTS,
    EventWithdrawn,
    FamilyReunificationDecided,
    Homes,
    HomesStated,
    Linked,
    PermitGranted,
    PermitsForecastPublished,
    QuotaTransferred,
    Transfer,
    TransferDecision,
)
from domain.period import Period
from tests.rules.contract_facts import CONTRACT, TOPICS, VALID, agrees
from tests.rules.histories import DATA

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
    ("temporary-places-stated", "accommodation"): "intermediate transit-home transit-location hotel gva",
    ("permits-forecast-published", "area"): "NL",
    ("figure-published", "figure"): "quota transferred openingBalance task realised remaining backlog lead",
    ("integration-duty-started", "law"): "wi2013 wi2021",
    ("integration-plan-established", "route"): "b1 education self-reliance",
}


# The catalogue


def test_every_topic_of_the_contract_is_a_fact_and_no_other() -> None:
    assert set(FACTS) == {f"{topic}.v1" for topic in CONTRACT}


def test_every_fact_is_of_a_journey_a_period_an_area_or_the_reference_or_a_withdrawal() -> None:
    assert [len(kind) for kind in (JOURNEY_FACTS, PERIOD_FACTS, AREA_FACTS, REFERENCE_FACTS)] == [41, 8, 7, 3]
    assert {*JOURNEY_FACTS, *PERIOD_FACTS, *AREA_FACTS, *REFERENCE_FACTS, EventWithdrawn} == set(FACTS.values())


@pytest.mark.parametrize("topic", CONTRACT)
def test_a_fact_has_the_fields_of_the_contract(topic: str) -> None:
    required, optional = (names.split() for names in CONTRACT[topic])
    schema = json_schema_of(FACTS[f"{topic}.v1"])
    assert sorted(schema["required"]) == sorted(required)
    assert sorted(schema["properties"]) == sorted([*required, *optional])


@pytest.mark.parametrize(("topic", "field"), CHOICES)
def test_a_choice_offers_what_the_contract_lists(topic: str, field: str) -> None:
    assert json_schema_of(FACTS[f"{topic}.v1"])["properties"][field]["enum"] == CHOICES[topic, field].split()


@pytest.mark.parametrize("topic", TOPICS)
def test_a_fact_is_a_value_that_cannot_change(topic: str) -> None:
    shape = FACTS[topic]
    assert is_dataclass(shape)
    assert topic == shape.TOPIC
    fact, _ = parse_fact(shape, VALID[topic])
    for field in fields(shape):
        with pytest.raises(FrozenInstanceError):
            setattr(fact, field.name, None)


# Read, written, revived


@pytest.mark.parametrize("topic", TOPICS)
def test_what_is_read_is_written_the_same_and_revived_equal(topic: str) -> None:
    fact, faults = parse_fact(FACTS[topic], VALID[topic])
    assert faults == []
    written = json.loads(json.dumps(write_fact(fact)))
    assert written == VALID[topic]
    assert load_fact(FACTS[topic], written) == fact
    assert parse_fact(FACTS[topic], written) == (fact, [])


def test_values_become_what_they_mean() -> None:
    permit, _ = parse_fact(PermitGranted, VALID["permit-granted.v1"])
    assert permit == PermitGranted("family", "H-88121", date(1990, 2, 28), False, "0123456789")
    transfer, _ = parse_fact(QuotaTransferred, VALID["quota-transferred.v1"])
    assert transfer == QuotaTransferred(
        Period(2021, 2),
        (Transfer("GM0344", 3), Transfer("GM0307", -3)),
        (TransferDecision("GM0307", date(2021, 8, 24)),),
    )
    forecast, _ = parse_fact(PermitsForecastPublished, VALID["permits-forecast-published.v1"])
    assert forecast == PermitsForecastPublished("NL", date(2021, 7, 1), date(2021, 12, 31), 9500)
    homes, _ = parse_fact(HomesStated, VALID["homes-stated.v1"])
    assert homes == HomesStated("GM0344", (Homes(0, False, 6), Homes(3, False, 4), Homes(3, True, 0)))


def test_a_v_number_keeps_its_leading_nought() -> None:
    permit, _ = parse_fact(PermitGranted, {"ground": "family", "referent": "0000000042"})
    assert permit.referent == "0000000042"


def test_what_is_absent_is_not_written() -> None:
    assert write_fact(Linked("GM0344")) == {"municipality": "GM0344"}


def test_false_and_nought_are_written_and_read_as_what_they_are() -> None:
    permit = PermitGranted("asylum", unaccompanied_minor=False)
    assert write_fact(permit) == {"ground": "asylum", "unaccompaniedMinor": False}
    assert load_fact(PermitGranted, write_fact(permit)) == permit
    assert write_fact(FamilyReunificationDecided(0, 0)) == {"granted": 0, "refused": 0}


def test_a_fact_is_revived_without_the_personal_fields_of_which_the_key_is_gone() -> None:
    assert load_fact(EventWithdrawn, {"withdraws": "tvs-1"}) == EventWithdrawn("tvs-1", None)  # type: ignore[arg-type]
    assert load_fact(PermitGranted, {"ground": "asylum"}) == PermitGranted("asylum")


@pytest.mark.parametrize("topic", TOPICS)
@settings(max_examples=15, deadline=None)
@drawn(data=st.data())
def test_any_fact_survives_the_log(topic: str, data: st.DataObject) -> None:
    posted = data.draw(DATA[topic])
    fact, faults = parse_fact(FACTS[topic], posted)
    assert faults == []
    stored = json.loads(json.dumps(write_fact(fact)))
    assert load_fact(FACTS[topic], stored) == fact
    assert parse_fact(FACTS[topic], stored) == (fact, [])
    assert agrees(topic, posted)
    assert agrees(topic, stored)
