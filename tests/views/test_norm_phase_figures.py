"""The figures of the norm phases, worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from domain.facts import EventWithdrawn, Recorded
from domain.norm_sets import NORM_SETS, PHASE_NAMES, PhaseName
from tests.rules.histories import (
    AMERSFOORT,
    AMSTERDAM,
    UTRECHT,
    WEESP,
    applied,
    died,
    granted,
    home_ready,
    housed,
    left,
    linked,
    permit_ended,
    returned,
    said,
    withdrawn,
)
from tests.views.durations import Summary
from tests.views.logs import Log, merged, of_reference
from tests.views.phase_figures import (
    END_OF_2021,
    LINK_12,
    LINK_14,
    LINKED_ANEW,
    NOTHING,
    PERMIT_14,
    WORKED_CASE,
    country,
    days_of,
    groups,
    linked_after,
    told,
)

# Completed phases.


def test_of_five_the_median_is_the_third_and_the_ninetieth_percentile_lies_between_the_last_two(log: Log) -> None:
    told(log, *linked_after(15, 3, 20, 9, 5))
    figures = country(log, END_OF_2021, "linking")
    # Ranks 0 to 4: 0.9 x 4 = 3.6, so 15 + 0.6 x (20 - 15).
    assert figures.completed == Summary(5, Fraction(52, 5), Fraction(9), Fraction(18))
    assert figures.within_norm == Fraction(3, 5)


def test_of_four_both_percentiles_are_interpolated(log: Log) -> None:
    told(log, *linked_after(3, 5, 9, 15))
    # Median between 5 and 9; 0.9 x 3 = 2.7, so 9 + 0.7 x (15 - 9).
    assert country(log, END_OF_2021, "linking").completed == Summary(4, Fraction(8), Fraction(7), Fraction(66, 5))


def test_one_duration_is_its_own_median_and_percentile(log: Log) -> None:
    told(log, *linked_after(11))
    assert country(log, END_OF_2021, "linking").completed == Summary(1, Fraction(11), Fraction(11), Fraction(11))


def test_the_day_a_deadline_falls_on_is_in_time(log: Log) -> None:
    told(log, *linked_after(14, 15))
    assert country(log, END_OF_2021, "linking").within_norm == Fraction(1, 2)
    assert country(log, date(2021, 3, 15), "linking").over_norm == 0
    assert country(log, date(2021, 3, 15), "linking").open.count == 1


def test_the_worked_case_under_every_norm_set(log: Log) -> None:
    told(log, WORKED_CASE)
    durations = {
        norm.name: [country(log, END_OF_2021, name, norm=norm).completed.mean for name in PHASE_NAMES]
        for norm in NORM_SETS.values()
    }
    assert durations == {"permit-14": [9, 83, 9, 101], "link-14": [9, 83, 9, 92], "link-12": [9, 83, 9, 92]}
    in_time = {
        norm.name: [country(log, END_OF_2021, name, norm=norm).within_norm for name in PHASE_NAMES]
        for norm in NORM_SETS.values()
    }
    assert in_time == {"permit-14": [1, 0, 1, 0], "link-14": [1, 0, 1, 1], "link-12": [1, 0, 1, 0]}


def test_the_first_and_the_last_day_of_the_window_count_and_those_beside_it_do_not(log: Log) -> None:
    told(log, WORKED_CASE)
    counts = {
        (start, end): country(
            log, END_OF_2021, "housing", window=(date.fromisoformat(start), date.fromisoformat(end))
        ).completed.count
        for start, end in [
            ("2021-06-01", "2021-06-01"),
            ("2021-05-01", "2021-05-31"),
            ("2021-06-02", "2021-06-30"),
            ("2021-05-31", "2021-06-01"),
            ("2021-06-01", "2021-06-02"),
        ]
    }
    assert list(counts.values()) == [1, 0, 0, 1, 1]


def test_a_window_ahead_of_the_day_asked_holds_nothing_yet(log: Log) -> None:
    told(log, WORKED_CASE)
    assert country(log, date(2021, 5, 31), "housing").completed == NOTHING
    assert country(log, date(2021, 6, 1), "housing").completed.count == 1


def test_linking_counts_the_days_between_two_links_too(log: Log) -> None:
    told(log, LINKED_ANEW)
    figures = country(log, END_OF_2021, "linking")
    assert figures.completed == Summary(1, Fraction(16), Fraction(16), Fraction(16))
    assert figures.within_norm == 0


def test_without_home_ready_only_the_totals_stand_and_both_readings_count_the_same_persons(log: Log) -> None:
    told(log, [granted("2021-03-01", id="p"), linked("2021-03-10", id="l"), housed("2021-06-10", id="h")])
    assert country(log, END_OF_2021, "housing").completed == NOTHING
    assert country(log, END_OF_2021, "departure").completed == NOTHING
    assert country(log, END_OF_2021, "total").completed.mean == 101
    # 10 March to 10 June is 92 days: within 14 weeks, and over 12.
    for norm, within in ((LINK_14, 1), (LINK_12, 0)):
        total = country(log, END_OF_2021, "total", norm=norm)
        assert (total.completed.count, total.completed.mean) == (1, Fraction(92))
        assert total.within_norm == Fraction(within)


def test_without_a_permit_departure_is_the_only_phase_with_figures(log: Log) -> None:
    told(log, WORKED_CASE[1:])
    for norm in NORM_SETS.values():
        counted = [country(log, END_OF_2021, name, norm=norm).completed.count for name in PHASE_NAMES]
        assert counted == [0, 0, 1, 0]


def test_a_link_before_the_permit_took_no_days_and_housing_begins_with_the_permit(log: Log) -> None:
    told(log, [granted("2021-03-20", id="p"), *WORKED_CASE[1:]])
    assert country(log, END_OF_2021, "linking").completed.mean == 0
    assert country(log, END_OF_2021, "housing").completed.mean == 73
    assert country(log, END_OF_2021, "total", norm=LINK_12).completed.mean == 82
    assert country(log, END_OF_2021, "total", norm=LINK_12).within_norm == 1


# Open phases.


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        # Permit only.
        (date(2021, 3, 5), {"linking": (4, 0), "total": (4, 0)}),
        # First link.
        (date(2021, 3, 10), {"housing": (0, 0), "total": (9, 0)}),
        (date(2021, 4, 19), {"housing": (40, 0), "total": (49, 0)}),
        # The link ended: its housing phase is dropped, linking goes on from the nine days it had.
        (date(2021, 4, 20), {"linking": (9, 0), "total": (50, 0)}),
        (date(2021, 4, 25), {"linking": (14, 0), "total": (55, 0)}),
        (date(2021, 4, 26), {"linking": (15, 1), "total": (56, 0)}),
        # The second link: ten weeks from its own first day.
        (date(2021, 4, 27), {"housing": (0, 0), "total": (57, 0)}),
        (date(2021, 7, 6), {"housing": (70, 0), "total": (127, 1)}),
        (date(2021, 7, 7), {"housing": (71, 1), "total": (128, 1)}),
    ],
)
def test_open_phases_are_as_old_as_the_day_asked_says(log: Log, on: date, expected: dict[PhaseName, Any]) -> None:
    told(log, LINKED_ANEW)
    figures = groups(log, on)["NL"].phases
    assert {name: (each.open.mean, each.over_norm) for name, each in figures.items() if each.open.count} == expected


def test_the_open_total_from_the_link_begins_with_the_housing_phase(log: Log) -> None:
    told(log, LINKED_ANEW, WORKED_CASE[:3])
    on = date(2021, 7, 20)
    # From the link: 27 April + 84 days is 20 July, and 10 March + 132.
    assert country(log, on, "total", norm=LINK_12).open == Summary(2, Fraction(108), Fraction(108), Fraction(636, 5))
    assert country(log, on, "total", norm=LINK_12).over_norm == 1
    assert country(log, on, "total", norm=LINK_14).over_norm == 1
    assert country(log, on, "total", norm=PERMIT_14).open.mean == 141
    assert country(log, on, "total", norm=PERMIT_14).over_norm == 2
    # While no link stands there is nothing to count from.
    assert country(log, date(2021, 4, 22), "total", norm=LINK_14).open.count == 1
    assert country(log, date(2021, 4, 22), "total", norm=PERMIT_14).open.count == 2


def test_after_a_return_housing_and_departure_are_open_again_under_the_same_link(log: Log) -> None:
    told(log, [*WORKED_CASE, returned("2021-08-01", id="b"), home_ready("2021-09-01", id="r2")])
    assert country(log, date(2021, 7, 31), "housing").completed.mean == 83
    figures = groups(log, date(2021, 8, 10))["NL"].phases
    assert days_of(figures["housing"]) == ((0, None), (1, 153), 1)
    assert days_of(figures["departure"]) == ((0, None), (0, None), 0)
    assert days_of(figures["total"]) == ((0, None), (1, 162), 1)
    figures = groups(log, date(2021, 9, 20))["NL"].phases
    assert days_of(figures["housing"]) == ((1, 175), (0, None), 0)
    assert days_of(figures["departure"]) == ((0, None), (1, 19), 1)


# Who is counted.


@pytest.mark.parametrize("ending", [died, left, permit_ended])
def test_a_journey_closed_without_housing_is_counted_as_such_and_its_completed_phases_stay(
    log: Log, ending: Callable[..., Recorded]
) -> None:
    told(log, [*WORKED_CASE[:3], ending("2021-06-05", id="x")], WORKED_CASE[:2])
    before, after = (groups(log, date(2021, 6, day))["NL"] for day in (4, 5))
    assert (before.closed_without_housing, after.closed_without_housing) == (0, 1)
    assert [before.phases[name].completed.count for name in PHASE_NAMES] == [2, 1, 0, 0]
    assert [after.phases[name].completed.count for name in PHASE_NAMES] == [2, 1, 0, 0]
    assert [before.phases[name].open.count for name in PHASE_NAMES] == [0, 1, 1, 2]
    assert [after.phases[name].open.count for name in PHASE_NAMES] == [0, 1, 0, 1]


def test_a_link_after_it_opens_a_closed_journey_again(log: Log) -> None:
    told(log, [granted("2021-03-01", id="p"), left("2021-04-01", id="x"), linked("2021-05-01", id="l")])
    closed = [groups(log, on)["NL"].closed_without_housing for on in (date(2021, 4, 30), date(2021, 5, 1))]
    assert closed == [1, 0]
    assert country(log, date(2021, 5, 8), "housing").open.mean == 7


def test_whose_family_applied_is_told_apart_from_the_day_it_did(log: Log) -> None:
    told(
        log,
        [*WORKED_CASE, applied("2021-04-01", id="f")],
        [*LINKED_ANEW, applied("2021-04-01", id="f"), withdrawn("f", id="w", source=applied("2021-04-01").source)],
        LINKED_ANEW,
    )
    by_filter = {
        family: country(log, END_OF_2021, "linking", family=family).completed for family in ("any", "with", "without")
    }
    assert by_filter["with"] == Summary(1, Fraction(9), Fraction(9), Fraction(9))
    assert by_filter["without"] == Summary(2, Fraction(16), Fraction(16), Fraction(16))
    assert by_filter["any"].count == 3
    assert country(log, date(2021, 3, 31), "linking", family="without").completed.count == 3
    assert groups(log, date(2021, 3, 31), family="with") == {}


def test_what_was_not_known_yet_is_not_counted(log: Log) -> None:
    told(log, WORKED_CASE[:2])
    told(log, WORKED_CASE[:2])
    assert country(log, END_OF_2021, "linking", position=2).completed.count == 1
    assert groups(log, END_OF_2021, position=0) == {}
    assert groups(log, date(2021, 2, 28)) == {}


# Where they are counted.


def test_a_journey_counts_for_its_newest_link_and_without_one_for_the_country_only(log: Log) -> None:
    told(log, WORKED_CASE, LINKED_ANEW, [granted("2021-03-01", id="p")])
    on = date(2021, 4, 22)
    by_municipality = groups(log, on, by="municipality")
    # The second one's link to Utrecht has ended, but is its newest.
    assert {code: group.phases["total"].open.count for code, group in by_municipality.items()} == {UTRECHT: 2}
    assert country(log, on, "total").open.count == 3
    later = groups(log, date(2021, 4, 27), by="municipality")
    assert {code: group.phases["total"].open.count for code, group in later.items()} == {AMERSFOORT: 1, UTRECHT: 1}


def test_housed_without_any_link_counts_where_the_home_is(log: Log) -> None:
    told(log, [granted("2021-03-01", id="p"), housed("2021-04-01", AMERSFOORT, id="h")])
    assert groups(log, END_OF_2021, by="municipality")[AMERSFOORT].phases["total"].completed.mean == 31
    assert groups(log, date(2021, 3, 31), by="municipality") == {}


def test_a_municipality_hands_its_journeys_to_its_successor_on_the_day_of_the_merger(log: Log) -> None:
    story = [granted("2022-01-01", id="p"), linked("2022-01-11", WEESP, id="l")]
    told(log, story, [granted("2022-01-01", id="p"), linked("2022-01-06", AMSTERDAM, id="l")])
    window = (date(2022, 1, 1), date(2022, 12, 31))
    eve, day = (
        {code: group.phases["linking"].completed.mean for code, group in found.items()}
        for found in (
            groups(log, on, by="municipality", window=window) for on in (date(2022, 3, 23), date(2022, 3, 24))
        )
    )
    assert eve == {WEESP: 10, AMSTERDAM: 5}
    assert day == {AMSTERDAM: Fraction(15, 2)}


def test_provinces_hold_the_journeys_of_their_municipalities(log: Log) -> None:
    in_weesp = [granted("2021-03-01", id="p"), linked("2021-03-10", WEESP, id="l")]
    told(log, WORKED_CASE, LINKED_ANEW, in_weesp, [granted("2021-03-01", id="p")])
    found = groups(log, END_OF_2021, by="province")
    assert {code: group.phases["linking"].completed.mean for code, group in found.items()} == {
        "PV26": Fraction(25, 2),
        "PV27": Fraction(9),
    }
    assert found["PV27"].phases["housing"].open.count == 1


def test_a_posted_merger_moves_journeys_and_a_withdrawn_one_moves_them_back(log: Log) -> None:
    told(log, LINKED_ANEW)
    log.commit([merged("2021-10-01", AMERSFOORT, "GM9990", "m", name="Nieuwstad", province="PV26")])
    told(log, [granted("2021-11-01", id="p"), linked("2021-11-05", "GM9990", id="l")])
    log.commit(of_reference(said("2021-12-01", EventWithdrawn("m", "it did not happen"), id="w")))
    log.follow()
    known = log.position() - 1
    codes = {
        (str(on), position): sorted(groups(log, on, by="municipality", position=position))
        for on in (date(2021, 9, 30), END_OF_2021)
        for position in (4, known)
    }
    assert codes == {
        ("2021-09-30", 4): [AMERSFOORT],
        ("2021-12-31", 4): [AMERSFOORT],
        ("2021-09-30", known): [AMERSFOORT],
        ("2021-12-31", known): ["GM9990"],
    }
    # Once the merger is withdrawn its new code belongs nowhere, and who was linked to it counts for the country.
    assert sorted(groups(log, END_OF_2021, by="municipality")) == [AMERSFOORT]
    assert sorted(groups(log, END_OF_2021, by="province")) == ["PV26"]
    assert country(log, END_OF_2021, "linking").completed.count == 2
