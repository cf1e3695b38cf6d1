"""What is in force: order, corrections, withdrawals and rings (contract section 4, "Effective history")."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import permutations

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from domain.effective import effective, force, known
from domain.facts import EventWithdrawn, Linked, Recorded
from tests.rules.histories import (
    AMERSFOORT,
    AMSTERDAM,
    COA,
    IND,
    UTRECHT,
    days,
    died,
    given,
    granted,
    histories,
    home_ready,
    housed,
    journey_facts,
    left,
    link_ended,
    linked,
    permit_ended,
    plain_histories,
    said,
    withdrawn,
    without_arrival,
)

EARLY, LATE, LATER, LATEST = (f"2021-05-0{day}T12:00:00+02:00" for day in (1, 2, 3, 4))


def speaking(*events: Recorded) -> list[str]:
    """The ids of what is in force, in effective order."""
    return [event.id for event in force(given(*events)).speaking]


def finding_codes(*events: Recorded) -> list[str]:
    return [finding.code for finding in force(given(*events)).findings]


# The two times


def test_what_holds_after_the_day_asked_is_not_in_the_history_of_that_day() -> None:
    log = given(granted("2021-03-01", id="permit"), linked("2021-03-10", id="link"))
    assert [event.id for event in effective(log, date(2021, 3, 9))] == ["permit"]
    assert [event.id for event in effective(log, date(2021, 3, 10))] == ["permit", "link"]


def test_what_was_recorded_later_was_not_known() -> None:
    log = given(linked("2021-03-10", id="link"), withdrawn("link", id="gone"))
    assert [event.id for event in force(known(log, 1)).speaking] == ["link"]
    assert force(known(log, 2)).speaking == ()


def test_before_a_correction_was_recorded_the_earlier_version_speaks() -> None:
    log = given(linked("2021-03-10", id="l1"), linked("2021-03-12", id="l2", at=LATE, corrects="l1"))
    assert [event.id for event in effective(known(log, 1), date(2021, 12, 31))] == ["l1"]
    assert [event.id for event in effective(known(log, 2), date(2021, 12, 31))] == ["l2"]


def test_a_fact_corrected_to_a_later_day_is_in_force_on_no_day_between() -> None:
    log = given(linked("2021-03-10", id="l1"), linked("2021-04-10", id="l2", at=LATE, corrects="l1"))
    assert effective(log, date(2021, 3, 20)) == ()


# Order


def test_events_are_ordered_by_the_day_they_held() -> None:
    assert speaking(housed("2021-06-10", id="h"), granted("2021-03-01", id="p"), linked("2021-03-10", id="l")) == [
        "p",
        "l",
        "h",
    ]


def test_within_a_day_endings_come_first_and_departures_last() -> None:
    assert speaking(
        died("2021-03-10", id="died", at="2021-03-10T00:00:00Z"),
        left("2021-03-10", id="left", at="2021-03-10T01:00:00Z"),
        linked("2021-03-10", id="linked", at="2021-03-10T02:00:00Z"),
        permit_ended("2021-03-10", id="permit-ended", at="2021-03-10T22:00:00Z"),
        link_ended("2021-03-10", id="link-ended", at="2021-03-10T23:00:00Z"),
    ) == ["permit-ended", "link-ended", "linked", "died", "left"]


def test_within_a_day_the_others_follow_the_time_their_senders_recorded() -> None:
    assert speaking(
        linked("2021-03-10", id="a", at="2021-03-12T00:00:00Z"),
        granted("2021-03-10", id="b", at="2021-03-11T00:00:00Z"),
    ) == ["b", "a"]


def test_time_is_compared_as_an_instant_not_as_written() -> None:
    noon_in_holland, an_hour_later = "2021-03-10T12:00:00+01:00", "2021-03-10T12:00:00Z"
    assert speaking(
        linked("2021-03-10", id="a", at=an_hour_later), granted("2021-03-10", id="b", at=noon_in_holland)
    ) == ["b", "a"]


def test_of_one_instant_the_source_and_then_the_id_decide() -> None:
    at = "2021-03-10T12:00:00Z"
    assert speaking(
        home_ready("2021-03-10", id="b", source=COA, at=at),
        home_ready("2021-03-10", id="a", source=COA, at=at),
        granted("2021-03-10", id="z", source=IND, at=at),
    ) == ["z", "a", "b"]


def test_position_plays_no_part() -> None:
    events = [
        linked("2021-03-10", id="l1"),
        linked("2021-03-11", AMERSFOORT, id="l2", at=LATE, corrects="l1"),
        withdrawn("h1", id="w1"),
        housed("2021-06-10", id="h1"),
    ]
    answers = {tuple(event.id for event in force(given(*order)).speaking) for order in permutations(events)}
    assert answers == {("l2",)}


# Corrections


def test_a_correction_replaces_as_if_the_earlier_had_never_been() -> None:
    found = force(
        given(linked("2021-03-10", id="l1"), linked("2021-03-12", AMERSFOORT, id="l2", at=LATE, corrects="l1"))
    )
    assert [event.id for event in found.speaking] == ["l2"]
    assert found.replaced_by == {(COA, "l1"): (COA, "l2")}
    assert found.findings == ()


def test_of_a_chain_of_corrections_the_newest_speaks() -> None:
    found = force(
        given(
            linked("2021-03-10", id="l1", at=EARLY),
            linked("2021-03-11", id="l2", at=LATE, corrects="l1"),
            linked("2021-03-12", id="l3", at=LATER, corrects="l2"),
        )
    )
    assert [event.id for event in found.speaking] == ["l3"]
    assert found.replaced_by == {(COA, "l1"): (COA, "l3"), (COA, "l2"): (COA, "l3")}


def test_of_two_corrections_of_one_event_the_newest_speaks() -> None:
    assert speaking(
        linked("2021-03-10", id="l1", at=EARLY),
        linked("2021-03-11", id="l2", at=LATER, corrects="l1"),
        linked("2021-03-12", id="l3", at=LATE, corrects="l1"),
    ) == ["l2"]


def test_of_corrections_of_one_instant_the_higher_id_speaks() -> None:
    assert speaking(
        linked("2021-03-10", id="l1", at=EARLY),
        linked("2021-03-11", id="l2", at=LATE, corrects="l1"),
        linked("2021-03-12", id="l3", at=LATE, corrects="l1"),
    ) == ["l3"]


def test_an_event_newer_than_its_correction_speaks() -> None:
    assert speaking(linked("2021-03-10", id="l1", at=LATE), linked("2021-03-11", id="l2", at=EARLY, corrects="l1")) == [
        "l1"
    ]


def test_the_newest_is_by_instant_not_by_the_written_time() -> None:
    assert speaking(
        linked("2021-03-10", id="l1", at="2021-05-01T13:00:00+02:00"),
        linked("2021-03-11", id="l2", at="2021-05-01T12:30:00Z", corrects="l1"),
    ) == ["l2"]


def test_corrections_that_correct_each_other_are_one_fact() -> None:
    assert speaking(
        linked("2021-03-10", id="l1", at=EARLY, corrects="l2"), linked("2021-03-11", id="l2", at=LATE, corrects="l1")
    ) == ["l2"]


def test_an_event_that_corrects_itself_speaks() -> None:
    assert speaking(linked("2021-03-10", id="l1", corrects="l1")) == ["l1"]


def test_a_correction_replaces_nothing_but_what_it_names() -> None:
    assert speaking(
        linked("2021-03-10", id="l1", at=EARLY),
        home_ready("2021-04-01", id="r1", source=COA, at=EARLY),
        linked("2021-03-11", id="l2", at=LATE, corrects="l1"),
    ) == ["l2", "r1"]


def test_a_correction_of_what_is_not_there_speaks_for_itself_with_a_finding() -> None:
    events = (linked("2021-03-11", id="l2", corrects="never"),)
    assert speaking(*events) == ["l2"]
    assert len(finding_codes(*events)) == 1


def test_a_correction_may_arrive_before_what_it_corrects() -> None:
    events = (linked("2021-03-11", id="l2", at=LATE, corrects="l1"), linked("2021-03-10", id="l1", at=EARLY))
    assert speaking(*events) == ["l2"]
    assert finding_codes(*events) == []


def test_the_same_id_of_another_source_is_another_event() -> None:
    events = (
        linked("2021-03-10", id="1", source=COA, at=EARLY),
        granted("2021-03-01", id="1", source=IND, at=EARLY),
        granted("2021-03-02", id="2", source=IND, at=LATE, corrects="1"),
    )
    assert [(event.source, event.id) for event in force(given(*events)).speaking] == [(IND, "2"), (COA, "1")]


def test_a_correction_does_not_reach_another_source() -> None:
    events = (
        home_ready("2021-06-01", id="r1", source=IND, at=EARLY),
        home_ready("2021-06-02", id="r2", source=COA, at=LATE, corrects="r1"),
    )
    assert speaking(*events) == ["r1", "r2"]
    assert len(finding_codes(*events)) == 1


def test_a_successor_corrects_its_predecessor_by_naming_the_source() -> None:
    weesp, amsterdam = (f"urn:nld:oin:00000099100000{code}000:systeem:wonen" for code in ("457", "363"))
    events = (
        home_ready("2022-02-01", "GM0457", id="r1", source=weesp, at=EARLY),
        home_ready("2022-02-03", AMSTERDAM, id="r2", source=amsterdam, at=LATE, corrects="r1", corrects_source=weesp),
    )
    assert speaking(*events) == ["r2"]
    assert finding_codes(*events) == []


# Withdrawals


def test_a_withdrawn_event_never_was() -> None:
    found = force(given(linked("2021-03-10", id="l1"), withdrawn("l1", id="w1")))
    assert found.speaking == ()
    assert found.withdrawn_by == {(COA, "l1"): (COA, "w1")}
    assert found.findings == ()


def test_the_day_of_a_withdrawal_plays_no_part() -> None:
    log = given(linked("2021-03-10", id="l1"), withdrawn("l1", on="2022-09-01"))
    assert effective(log, date(2021, 3, 10)) == ()


@pytest.mark.parametrize("version", ["l1", "l2", "l3"])
def test_a_withdrawal_that_names_any_version_takes_the_whole_fact_out(version: str) -> None:
    found = force(
        given(
            linked("2021-03-10", id="l1", at=EARLY),
            linked("2021-03-11", id="l2", at=LATE, corrects="l1"),
            linked("2021-03-12", id="l3", at=LATER, corrects="l2"),
            withdrawn(version, id="w1"),
        )
    )
    assert found.speaking == ()
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
    found = force(given(linked("2021-03-10", id="l1"), withdrawn("l1", id="w1"), withdrawn("w1", id="w2")))
    assert [event.id for event in found.speaking] == ["l1"]
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
    found = force(given(withdrawn("never", id="w1"), withdrawn("w1", id="w2")))
    assert found.speaking == ()


# Rings


def test_a_withdrawal_of_itself_is_void_with_a_finding() -> None:
    found = force(given(linked("2021-03-10", id="l1"), withdrawn("w1", id="w1")))
    assert [event.id for event in found.speaking] == ["l1"]
    assert found.withdrawn_by == {}
    assert len(found.findings) == 1


def test_two_withdrawals_of_each_other_are_both_void() -> None:
    found = force(given(withdrawn("w2", id="w1"), withdrawn("w1", id="w2")))
    assert found.withdrawn_by == {}
    assert [finding.id for finding in found.findings] == ["w1", "w2"]


def test_three_withdrawals_in_a_ring_are_all_void() -> None:
    found = force(given(withdrawn("w2", id="w1"), withdrawn("w3", id="w2"), withdrawn("w1", id="w3")))
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
    found = force(given(withdrawn("w2", id="w1"), withdrawn("w1", id="w2"), withdrawn("w1", id="w3")))
    assert found.withdrawn_by == {(COA, "w1"): (COA, "w3")}
    assert [finding.id for finding in found.findings] == ["w1", "w2"]


def test_a_ring_that_was_corrected_away_is_no_ring() -> None:
    found = force(
        given(
            linked("2021-03-10", id="l1"),
            withdrawn("w2", id="w1", at=EARLY),
            withdrawn("w1", id="w2", at=EARLY),
            withdrawn("l1", id="w3", at=LATE, corrects="w1"),
        )
    )
    assert [event.id for event in found.speaking] == ["l1"]
    assert found.findings == ()
    assert found.withdrawn_by == {(COA, "w1"): (COA, "w2"), (COA, "w3"): (COA, "w2")}


def test_a_withdrawal_of_an_older_version_of_itself_is_a_ring() -> None:
    found = force(
        given(
            linked("2021-03-10", id="l1"),
            withdrawn("l1", id="w1", at=EARLY),
            withdrawn("w1", id="w2", at=LATE, corrects="w1"),
        )
    )
    assert [event.id for event in found.speaking] == ["l1"]
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


# Properties, against a second reading of the same sentences


def in_force(history: list[Recorded]) -> set[tuple[str, str]]:
    """What speaks, read off the contract as plainly as it can be written."""
    by_key = {(event.source, event.id): event for event in history}
    named = {
        key: (event.corrects_source or event.source, event.corrects)
        for key, event in by_key.items()
        if event.corrects is not None and (event.corrects_source or event.source, event.corrects) in by_key
    }
    versions = {key: {key} for key in by_key}
    for _ in by_key:
        for one, other in named.items():
            versions[one] = versions[other] = versions[one] | versions[other]
        for key in by_key:
            versions[key] = set().union(*(versions[member] for member in versions[key]))
    facts = {frozenset(members) for members in versions.values()}
    speaker = {fact: max(fact, key=lambda key: (by_key[key].sent_at, key[1], key[0])) for fact in facts}
    target = {
        fact: next((other for other in facts if (key[0], withdrawal.withdraws) in other), None)
        for fact, key in speaker.items()
        if isinstance(withdrawal := by_key[key].fact, EventWithdrawn)
    }

    def in_a_ring(fact: frozenset[tuple[str, str]]) -> bool:
        here = target.get(fact)
        for _ in facts:
            if here is None or here == fact:
                break
            here = target.get(here)
        return here == fact

    def stands(fact: frozenset[tuple[str, str]]) -> bool:
        return not any(
            aim == fact and not in_a_ring(withdrawal) and stands(withdrawal) for withdrawal, aim in target.items()
        )

    return {key for fact, key in speaker.items() if not isinstance(by_key[key].fact, EventWithdrawn) and stands(fact)}


@settings(max_examples=300, deadline=None)
@drawn(histories(most=9))
def test_what_speaks_is_what_the_contract_says(history: list[Recorded]) -> None:
    assert {(event.source, event.id) for event in force(history).speaking} == in_force(history)


@settings(max_examples=100, deadline=None)
@drawn(histories(), st.randoms(use_true_random=False))
def test_no_order_of_arrival_changes_what_is_in_force(history: list[Recorded], dice) -> None:
    shuffled = list(history)
    dice.shuffle(shuffled)
    found, again = force(history), force(given(*shuffled))
    assert [without_arrival(event) for event in again.speaking] == [without_arrival(event) for event in found.speaking]
    assert again[1:] == found[1:]


@settings(max_examples=100, deadline=None)
@drawn(histories())
def test_what_is_out_of_force_might_never_have_been(history: list[Recorded]) -> None:
    spoken = force(history).speaking
    never = given(*[event._replace(corrects=None, corrects_source=None) for event in spoken])
    assert [(event.source, event.id) for event in force(never).speaking] == [
        (event.source, event.id) for event in spoken
    ]


@settings(max_examples=100, deadline=None)
@drawn(plain_histories(least=1), journey_facts, days, st.data())
def test_correcting_an_event_equals_having_said_it_right_at_once(
    history: list[Recorded], wrong, day: date, data: st.DataObject
) -> None:
    right = data.draw(st.sampled_from(history))
    # The mistaken version came an hour before the right one, which corrects it.
    mistaken = right._replace(id="mistaken", fact=wrong, effective_on=day, sent_at=right.sent_at - timedelta(hours=1))
    corrected = [event._replace(corrects="mistaken") if event is right else event for event in history]
    found = force(given(mistaken, *corrected)).speaking
    assert [event.id for event in found] == [event.id for event in force(history).speaking]


@settings(max_examples=100, deadline=None)
@drawn(plain_histories(), journey_facts, days)
def test_withdrawing_an_event_equals_never_having_said_it(history: list[Recorded], wrong, day: date) -> None:
    mistaken = said(day, wrong, id="mistaken", source=COA)
    taken_back = given(mistaken, *history, withdrawn("mistaken", id="taken-back", source=COA))
    assert [event.id for event in force(taken_back).speaking] == [event.id for event in force(history).speaking]
    assert force(taken_back).findings == ()


@settings(max_examples=100, deadline=None)
@drawn(histories(), st.data())
def test_withdrawing_a_withdrawal_equals_never_having_withdrawn(history: list[Recorded], data: st.DataObject) -> None:
    never = force(history)
    target = data.draw(st.sampled_from([event.id for event in history] or ["e-never"]))
    both = given(*history, withdrawn(target, id="w1", source=COA), withdrawn("w1", id="w2", source=COA))
    assert [event.id for event in force(both).speaking] == [event.id for event in never.speaking]


@settings(max_examples=100, deadline=None)
@drawn(histories(), journey_facts, days, days)
def test_a_fact_of_a_later_day_never_changes_the_history_of_a_day(
    history: list[Recorded], fact, one: date, other: date
) -> None:
    on, later = min(one, other), max(one, other) + timedelta(days=1)
    # A fresh id: one that was waited for by a correction or withdrawal could change what is in force.
    longer = given(*history, said(later, fact, id="fresh", source=COA))
    assert [event.id for event in effective(longer, on)] == [event.id for event in effective(history, on)]


@settings(max_examples=100, deadline=None)
@drawn(histories(), st.integers(0, 12))
def test_what_is_known_by_a_position_is_the_log_up_to_it(history: list[Recorded], position: int) -> None:
    assert known(history, position) == history[:position]


@settings(max_examples=100, deadline=None)
@drawn(histories())
def test_asking_twice_gives_the_same_and_leaves_the_history_alone(history: list[Recorded]) -> None:
    before = list(history)
    assert force(history) == force(history)
    assert history == before


@settings(max_examples=100, deadline=None)
@drawn(histories())
def test_every_event_speaks_or_says_why_not(history: list[Recorded]) -> None:
    found = force(history)
    spoken = {(event.source, event.id) for event in found.speaking}
    for event in history:
        key = (event.source, event.id)
        if not isinstance(event.fact, EventWithdrawn):
            assert (key in spoken) != (key in found.replaced_by or key in found.withdrawn_by)


def test_the_facts_of_a_history_are_untouched() -> None:
    (event,) = force(given(linked("2021-03-10", UTRECHT))).speaking
    assert event.fact == Linked(UTRECHT)
