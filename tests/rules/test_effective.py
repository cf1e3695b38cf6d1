"""What is in force: order, corrections, withdrawals and rings (contract section 4, "Effective history")."""

from __future__ import annotations

from datetime import date
from itertools import permutations

from domain.effective import effective_events, effective_events_on
from tests.rules.histories import (
    AMERSFOORT,
    AMSTERDAM,
    COA,
    IND,
    died,
    given,
    granted,
    home_ready,
    housed,
    known_by,
    left,
    link_ended,
    linked,
    permit_ended,
    withdrawn,
)
from tests.rules.spoken import EARLY, LATE, LATER, finding_codes, speaking

# The two times


def test_what_holds_after_the_day_asked_is_not_in_the_history_of_that_day() -> None:
    log = given(granted("2021-03-01", id="permit"), linked("2021-03-10", id="link"))
    assert [event.id for event in effective_events_on(log, date(2021, 3, 9))] == ["permit"]
    assert [event.id for event in effective_events_on(log, date(2021, 3, 10))] == ["permit", "link"]


def test_what_was_recorded_later_was_not_known() -> None:
    log = given(linked("2021-03-10", id="link"), withdrawn("link", id="gone"))
    assert [event.id for event in effective_events(known_by(log, 1)).events] == ["link"]
    assert effective_events(known_by(log, 2)).events == ()


def test_before_a_correction_was_recorded_the_earlier_version_speaks() -> None:
    log = given(linked("2021-03-10", id="l1"), linked("2021-03-12", id="l2", at=LATE, corrects="l1"))
    assert [event.id for event in effective_events_on(known_by(log, 1), date(2021, 12, 31))] == ["l1"]
    assert [event.id for event in effective_events_on(known_by(log, 2), date(2021, 12, 31))] == ["l2"]


def test_a_fact_corrected_to_a_later_day_is_in_force_on_no_day_between() -> None:
    log = given(linked("2021-03-10", id="l1"), linked("2021-04-10", id="l2", at=LATE, corrects="l1"))
    assert effective_events_on(log, date(2021, 3, 20)) == ()


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
    answers = {tuple(event.id for event in effective_events(given(*order)).events) for order in permutations(events)}
    assert answers == {("l2",)}


# Corrections


def test_a_correction_replaces_as_if_the_earlier_had_never_been() -> None:
    found = effective_events(
        given(linked("2021-03-10", id="l1"), linked("2021-03-12", AMERSFOORT, id="l2", at=LATE, corrects="l1"))
    )
    assert [event.id for event in found.events] == ["l2"]
    assert found.replaced_by == {(COA, "l1"): (COA, "l2")}
    assert found.findings == ()


def test_of_a_chain_of_corrections_the_newest_speaks() -> None:
    found = effective_events(
        given(
            linked("2021-03-10", id="l1", at=EARLY),
            linked("2021-03-11", id="l2", at=LATE, corrects="l1"),
            linked("2021-03-12", id="l3", at=LATER, corrects="l2"),
        )
    )
    assert [event.id for event in found.events] == ["l3"]
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


def test_a_correction_speaks_whatever_the_clocks_and_ids_of_the_two_say() -> None:
    at = "2021-07-05T00:00:00+02:00"
    for first, second in ((at, at), ("2021-07-05T00:00:00.400+02:00", at), ("9999-12-31T00:00:00Z", at)):
        assert speaking(
            housed("2021-07-02", id="tvs-9", at=first), housed("2021-06-29", id="tvs-10", at=second, corrects="tvs-9")
        ) == ["tvs-10"]


def test_the_end_of_a_chain_speaks_though_its_clock_is_the_furthest_behind() -> None:
    assert speaking(
        linked("2021-03-10", id="l1", at=LATER),
        linked("2021-03-11", id="l2", at=LATE, corrects="l1"),
        linked("2021-03-12", id="l3", at=EARLY, corrects="l2"),
    ) == ["l3"]


def test_of_a_fork_the_newest_of_its_ends_speaks_and_not_a_newer_one_that_was_corrected() -> None:
    assert speaking(
        linked("2021-03-10", id="l1", at=EARLY),
        linked("2021-03-11", id="l2", at=LATER, corrects="l1"),
        linked("2021-03-12", id="l3", at=EARLY, corrects="l2"),
        linked("2021-03-13", id="l4", at=LATE, corrects="l1"),
    ) == ["l4"]


def test_the_newest_is_by_instant_not_by_the_written_time() -> None:
    assert speaking(
        linked("2021-03-10", id="l1", at="2021-05-01T13:00:00+02:00"),
        linked("2021-03-11", id="l2", at="2021-05-01T12:30:00Z", corrects="l1"),
    ) == ["l2"]


RING = (
    linked("2021-03-10", id="l1", at=EARLY, corrects="l2"),
    linked("2021-03-11", id="l2", at=LATE, corrects="l1"),
)


def test_corrections_in_a_ring_are_one_fact_of_which_the_newest_speaks_with_a_finding() -> None:
    assert speaking(*RING) == ["l2"]
    assert finding_codes(*RING) == ["corrections-in-a-ring", "corrections-in-a-ring"]


def test_what_corrects_one_of_a_ring_and_is_corrected_by_none_speaks() -> None:
    events = (*RING, linked("2021-03-12", id="l3", at=EARLY, corrects="l1"))
    assert speaking(*events) == ["l3"]
    assert finding_codes(*events) == ["corrections-in-a-ring", "corrections-in-a-ring"]


def test_an_event_that_corrects_itself_speaks_with_a_finding() -> None:
    events = (linked("2021-03-10", id="l1", corrects="l1"),)
    assert speaking(*events) == ["l1"]
    assert finding_codes(*events) == ["corrections-in-a-ring"]


def test_an_event_that_corrects_itself_too_gives_way_to_one_that_corrects_it() -> None:
    assert speaking(
        linked("2021-03-10", id="l1", at=LATE, corrects="l1"), linked("2021-03-12", id="l2", at=EARLY, corrects="l1")
    ) == ["l2"]


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
    assert [event.key for event in effective_events(given(*events)).events] == [(IND, "2"), (COA, "1")]


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
