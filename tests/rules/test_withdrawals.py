"""Withdrawals, withdrawals of withdrawals, and rings of them (contract section 4, "Effective history")."""

from __future__ import annotations

from datetime import date

import pytest

from domain.effective import effective_events, effective_events_on
from tests.rules.histories import (
    AMERSFOORT,
    COA,
    IND,
    given,
    linked,
    withdrawn,
)
from tests.rules.spoken import EARLY, LATE, LATER, finding_codes, speaking

# Withdrawals


def test_a_withdrawn_event_never_was() -> None:
    found = effective_events(given(linked("2021-03-10", id="l1"), withdrawn("l1", id="w1")))
    assert found.events == ()
    assert found.withdrawn_by == {(COA, "l1"): (COA, "w1")}
    assert found.findings == ()


def test_the_day_of_a_withdrawal_plays_no_part() -> None:
    log = given(linked("2021-03-10", id="l1"), withdrawn("l1", on="2022-09-01"))
    assert effective_events_on(log, date(2021, 3, 10)) == ()


@pytest.mark.parametrize("version", ["l1", "l2", "l3"])
def test_a_withdrawal_that_names_any_version_takes_the_whole_fact_out(version: str) -> None:
    found = effective_events(
        given(
            linked("2021-03-10", id="l1", at=EARLY),
            linked("2021-03-11", id="l2", at=LATE, corrects="l1"),
            linked("2021-03-12", id="l3", at=LATER, corrects="l2"),
            withdrawn(version, id="w1"),
        )
    )
    assert found.events == ()
    assert set(found.withdrawn_by) == {(COA, "l1"), (COA, "l2"), (COA, "l3")}


def test_a_correction_sent_after_the_withdrawal_is_withdrawn_too() -> None:
    assert (
        speaking(
            linked("2021-03-10", id="l1", at=EARLY),
            withdrawn("l1", id="w1", at=LATE),
            linked("2021-03-12", id="l2", at=LATER, corrects="l1"),
        )
        == []
    )


def test_a_withdrawn_withdrawal_brings_the_fact_back() -> None:
    found = effective_events(given(linked("2021-03-10", id="l1"), withdrawn("l1", id="w1"), withdrawn("w1", id="w2")))
    assert [event.id for event in found.events] == ["l1"]
    assert found.withdrawn_by == {(COA, "w1"): (COA, "w2")}


def test_a_withdrawal_of_the_withdrawal_of_a_withdrawal_takes_the_fact_out_again() -> None:
    assert (
        speaking(
            linked("2021-03-10", id="l1"),
            withdrawn("l1", id="w1"),
            withdrawn("w1", id="w2"),
            withdrawn("w2", id="w3"),
        )
        == []
    )


def test_of_two_withdrawals_one_withdrawn_the_other_still_holds() -> None:
    assert (
        speaking(
            linked("2021-03-10", id="l1"),
            withdrawn("l1", id="w1"),
            withdrawn("l1", id="w2"),
            withdrawn("w1", id="w3"),
        )
        == []
    )


def test_withdrawing_a_correction_takes_out_the_corrected_too_not_only_the_correction() -> None:
    assert (
        speaking(
            linked("2021-03-10", id="l1", at=EARLY),
            linked("2021-03-12", id="l2", at=LATE, corrects="l1"),
            withdrawn("l2", id="w1"),
        )
        == []
    )


def test_a_corrected_withdrawal_withdraws_what_its_newest_version_names() -> None:
    assert speaking(
        linked("2021-03-10", id="l1"),
        linked("2021-03-20", AMERSFOORT, id="l2"),
        withdrawn("l1", id="w1", at=EARLY),
        withdrawn("l2", id="w2", at=LATE, corrects="w1"),
    ) == ["l1"]


def test_a_withdrawal_that_names_an_older_version_of_a_withdrawal_undoes_it() -> None:
    assert speaking(
        linked("2021-03-10", id="l1"),
        withdrawn("l1", id="w1", at=EARLY),
        withdrawn("l1", id="w2", at=LATE, corrects="w1"),
        withdrawn("w1", id="w3", at=LATER),
    ) == ["l1"]


def test_a_withdrawal_of_what_is_not_there_has_no_effect_and_is_a_finding() -> None:
    events = (linked("2021-03-10", id="l1"), withdrawn("never", id="w1"))
    assert speaking(*events) == ["l1"]
    assert len(finding_codes(*events)) == 1


def test_a_withdrawal_may_arrive_before_what_it_withdraws() -> None:
    events = (withdrawn("l1", id="w1"), linked("2021-03-10", id="l1"))
    assert speaking(*events) == []
    assert finding_codes(*events) == []


def test_a_withdrawal_does_not_reach_another_source() -> None:
    events = (linked("2021-03-10", id="l1", source=COA), withdrawn("l1", id="w1", source=IND))
    assert speaking(*events) == ["l1"]
    assert len(finding_codes(*events)) == 1


def test_a_withdrawal_never_speaks_in_the_history() -> None:
    found = effective_events(given(withdrawn("never", id="w1"), withdrawn("w1", id="w2")))
    assert found.events == ()


# Rings


def test_a_withdrawal_of_itself_is_void_with_a_finding() -> None:
    found = effective_events(given(linked("2021-03-10", id="l1"), withdrawn("w1", id="w1")))
    assert [event.id for event in found.events] == ["l1"]
    assert found.withdrawn_by == {}
    assert len(found.findings) == 1


def test_two_withdrawals_of_each_other_are_both_void() -> None:
    found = effective_events(given(withdrawn("w2", id="w1"), withdrawn("w1", id="w2")))
    assert found.withdrawn_by == {}
    assert [finding.id for finding in found.findings] == ["w1", "w2"]


def test_three_withdrawals_in_a_ring_are_all_void() -> None:
    found = effective_events(given(withdrawn("w2", id="w1"), withdrawn("w3", id="w2"), withdrawn("w1", id="w3")))
    assert found.withdrawn_by == {}
    assert [finding.id for finding in found.findings] == ["w1", "w2", "w3"]


def test_a_ring_does_not_touch_what_lies_outside_it() -> None:
    assert (
        speaking(
            linked("2021-03-10", id="l1"),
            withdrawn("l1", id="w0"),
            withdrawn("w2", id="w1"),
            withdrawn("w1", id="w2"),
        )
        == []
    )


def test_a_withdrawal_of_a_member_of_a_ring_is_not_itself_void() -> None:
    found = effective_events(given(withdrawn("w2", id="w1"), withdrawn("w1", id="w2"), withdrawn("w1", id="w3")))
    assert found.withdrawn_by == {(COA, "w1"): (COA, "w3")}
    assert [finding.id for finding in found.findings] == ["w1", "w2"]


def test_a_ring_that_was_corrected_away_is_no_ring() -> None:
    found = effective_events(
        given(
            linked("2021-03-10", id="l1"),
            withdrawn("w2", id="w1", at=EARLY),
            withdrawn("w1", id="w2", at=EARLY),
            withdrawn("l1", id="w3", at=LATE, corrects="w1"),
        )
    )
    assert [event.id for event in found.events] == ["l1"]
    assert found.findings == ()
    assert found.withdrawn_by == {(COA, "w1"): (COA, "w2"), (COA, "w3"): (COA, "w2")}


def test_a_withdrawal_of_an_older_version_of_itself_is_a_ring() -> None:
    found = effective_events(
        given(
            linked("2021-03-10", id="l1"),
            withdrawn("l1", id="w1", at=EARLY),
            withdrawn("w1", id="w2", at=LATE, corrects="w1"),
        )
    )
    assert [event.id for event in found.events] == ["l1"]
    assert len(found.findings) == 1


def test_a_long_chain_of_withdrawals_is_settled_without_exhausting_the_stack() -> None:
    chain = [withdrawn("l1", id="w0"), *(withdrawn(f"w{place - 1}", id=f"w{place}") for place in range(1, 5000))]
    assert speaking(linked("2021-03-10", id="l1"), *chain) == ["l1"]
    assert speaking(linked("2021-03-10", id="l1"), *chain, withdrawn("w4999", id="w5000")) == []


def test_a_long_chain_of_corrections_is_one_fact() -> None:
    start = linked("2021-03-10", id="c00000", at=EARLY)
    chain = [
        linked("2021-03-10", id=f"c{place:05d}", at=LATE, corrects=f"c{place - 1:05d}") for place in range(1, 5000)
    ]
    assert speaking(start, *chain) == ["c04999"]
