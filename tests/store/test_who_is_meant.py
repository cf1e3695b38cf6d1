"""Which journey, half-year or municipality an event belongs to."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from projections import streams
from tests.posts import (
    ABSENT,
    CBS,
    MINISTRY,
    V_NUMBER,
    Event,
    but,
    event,
    linked,
)
from tests.store.judged import JOURNEY, KEYS, admitted, faults

# --- who is meant


def test_a_v_number_names_the_journey_of_its_hmac() -> None:
    judged = admitted(linked())
    assert (judged.stream, judged.v_number) == (UUID(JOURNEY), V_NUMBER)


def test_a_subject_names_the_journey_without_its_v_number() -> None:
    judged = admitted(but(linked(), data__vNumber=ABSENT, subject=JOURNEY))
    assert (judged.stream, judged.v_number) == (UUID(JOURNEY), None)


def test_subject_and_v_number_may_agree() -> None:
    assert admitted(but(linked(), subject=JOURNEY)).stream == UUID(JOURNEY)


def test_subject_and_v_number_may_not_disagree() -> None:
    other = str(KEYS.journey("2876540914"))
    assert faults(but(linked(), subject=other)) == {("/subject", "disagrees")}


def test_a_journey_event_must_name_somebody() -> None:
    assert faults(but(linked(), data__vNumber=ABSENT)) == {("/data/vNumber", "required")}


@pytest.mark.parametrize(
    "subject",
    [
        V_NUMBER,
        "",
        "journey",
        5,
        True,
        [JOURNEY],
        {"journey": JOURNEY},
        JOURNEY.upper(),
        JOURNEY.replace("-", ""),
        f"{{{JOURNEY}}}",
        f"urn:uuid:{JOURNEY}",
        f" {JOURNEY}",
        f"{JOURNEY}\n",
    ],
)
def test_a_subject_is_a_journey_id_exactly_as_the_service_writes_it(subject: Any) -> None:
    assert faults(but(linked(), data__vNumber=ABSENT, subject=subject)) == {("/subject", "not-a-journey")}
    assert faults(but(linked(), subject=subject)) == {("/subject", "not-a-journey")}


@pytest.mark.parametrize(
    ("v_number", "code"),
    [
        ("287654091", "not-a-v-number"),
        ("28765409130", "not-a-v-number"),
        ("V876540913", "not-a-v-number"),
        ("2876 540913", "not-a-v-number"),
        ("287654091\N{ARABIC-INDIC DIGIT THREE}", "not-a-v-number"),
        (f"{V_NUMBER}\n", "not-a-v-number"),
        ("", "not-a-v-number"),
        (2876540913, "wrong-type"),
        ([V_NUMBER], "wrong-type"),
        ({}, "wrong-type"),
        (True, "wrong-type"),
    ],
)
def test_a_v_number_is_ten_digits_in_a_string(v_number: Any, code: str) -> None:
    assert faults(but(linked(), data__vNumber=v_number)) == {("/data/vNumber", code)}


@pytest.mark.parametrize(
    "posted",
    [
        event("quota-published", MINISTRY, period="2021-I", persons=13_500),
        event("inhabitants-counted", CBS, municipality="GM0153", on="2021-01-01", persons=159_640),
    ],
)
def test_a_public_event_is_about_no_permit_holder(posted: Event) -> None:
    assert faults(but(posted, subject=JOURNEY)) == {("/subject", "not-of-a-journey")}
    assert faults(but(posted, data__vNumber=V_NUMBER)) == {("/data", "unknown-field")}


def test_quota_events_belong_to_the_stream_of_their_period() -> None:
    first = admitted(event("quota-published", MINISTRY, period="2021-I", persons=13_500))
    second = admitted(event("opening-balance-recorded", MINISTRY, period="2021-I", municipality="GM0153", persons=-4))
    other = admitted(event("quota-published", MINISTRY, period="2021-II", persons=11_000))
    assert first.stream == second.stream != other.stream
    assert not first.of_a_person


def test_reference_events_form_one_stream() -> None:
    counted = admitted(event("inhabitants-counted", CBS, municipality="GM0153", on="2021-01-01", persons=159_640))
    merged = event("municipality-merged", CBS, effectiveOn="2023-01-01", on="2023-01-01", municipality="GM0164")
    assert counted.stream == admitted(but(merged, data__into="GM0153")).stream == streams.REFERENCE
