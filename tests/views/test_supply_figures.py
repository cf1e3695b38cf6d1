"""Whether there is supply enough, from events: worked out by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from domain.totals import GroupBy
from projections.comparison import differences
from projections.figure import Cell
from projections.figures.supply import SUPPLY
from tests.rules.histories import AMERSFOORT, AMSTERDAM, UTRECHT, WEESP, home_ready
from tests.rules.histories import housed as housed_on
from tests.views.books import P2021_I, P2021_II, P2022_I, house, municipal, national, told
from tests.views.logs import Log
from tests.views.supervised import asking, rows, waits

FIVE = ("task", "realised", "linked", "needed", "shortage")


def supply(log: Log, on: str, code: str = UTRECHT, period: Any = P2021_II, **asked: Any) -> dict[str, Any]:
    group_by: GroupBy = "country" if code == "NL" else "province" if code.startswith("PV") else "municipality"
    return rows(log, SUPPLY, on, group_by, period=period, **asked)[code]


def five(row: dict[str, Any], end: str = "") -> list[Any]:
    return [row[f"{name}{end}"] for name in FIVE]


def test_who_is_linked_stands_beside_what_is_needed_on_the_day_and_by_the_reference_date(log: Log) -> None:
    told(log, national(P2021_II, 0), municipal(P2021_II, UTRECHT, 8), municipal(P2021_II, UTRECHT, 9, on="2021-12-01"))
    house(log, UTRECHT, "2021-08-01", "2021-10-01", "2021-10-02")
    for day in ("2021-09-30", "2021-10-01", "2021-10-02"):
        waits(log, day)
    waits(log, "2021-08-01", UTRECHT, housed_on("2021-11-01"))
    row = supply(log, "2021-11-30")
    assert (five(row), five(row, "AtReference"), row["reference"]) == (
        [8, 4, 3, 4, 1],
        [8, 2, 3, 6, 3],
        date(2021, 10, 1),
    )
    # What is said of the quota later counts for the reference date too.
    assert five(supply(log, "2021-12-31"), "AtReference") == [9, 2, 3, 7, 4]
    # Behind the half-year: its last day.
    assert five(supply(log, "2022-03-01")) == [9, 4, 3, 5, 2]
    early = supply(log, "2021-09-30")
    assert five(early) == [8, 1, 2, 7, 5] and five(early, "AtReference") == [None] * 5
    assert early["reference"] == date(2021, 10, 1)
    assert supply(log, "2021-06-01", period=P2021_I)["reference"] == date(2021, 4, 1)


def test_ones_surplus_of_persons_is_nobody_elses_supply(log: Log) -> None:
    told(log, national(P2021_II, 0), municipal(P2021_II, UTRECHT, 1), municipal(P2021_II, AMERSFOORT, 4))
    house(log, UTRECHT, "2021-08-01", "2021-08-02", "2021-08-03")
    for town in (UTRECHT, UTRECHT, AMERSFOORT):
        waits(log, "2021-08-10", town)
    assert five(supply(log, "2021-09-01", "PV26")) == [5, 3, 3, 4, 3]
    assert five(supply(log, "2021-09-01", "NL")) == [5, 3, 3, 4, 3]
    assert five(supply(log, "2021-09-01")) == [1, 3, 2, 0, 0]


def test_without_a_number_nobody_is_needed_and_who_is_linked_is_counted_all_the_same(log: Log) -> None:
    waits(log, "2021-08-10")
    assert five(supply(log, "2021-09-01")) == [None, 0, 1, None, None]
    assert five(supply(log, "2021-09-01", "NL")) == [None, 0, 1, None, None]


def test_a_merged_municipality_is_its_successor_of_the_day_also_on_the_reference_date_before(log: Log) -> None:
    told(log, national(P2022_I, 0), municipal(P2022_I, WEESP, 3), municipal(P2022_I, AMSTERDAM, 2))
    waits(log, "2022-01-10", WEESP)
    house(log, WEESP, "2022-02-01")
    house(log, AMSTERDAM, "2022-05-01")
    assert five(supply(log, "2022-03-23", WEESP, P2022_I)) == [3, 1, 1, 2, 1]
    after = supply(log, "2022-05-31", AMSTERDAM, P2022_I)
    assert (five(after), five(after, "AtReference")) == ([5, 2, 1, 3, 2], [5, 1, 1, 4, 3])


def test_a_link_that_ended_in_a_home_that_was_ready_is_linked_until_somebody_lives_there(log: Log) -> None:
    told(log, national(P2021_II, 0))
    waits(log, "2021-08-10", UTRECHT, home_ready("2021-08-20"), housed_on("2021-09-05"))
    days = ("2021-08-09", "2021-08-10", "2021-09-04", "2021-09-05")
    assert [supply(log, on)["linked"] for on in days] == [0, 1, 1, 0]


def test_who_gets_rounded_numbers_is_told_the_shortage_that_follows_from_them(log: Log) -> None:
    told(log, national(P2021_II, 0), municipal(P2021_II, UTRECHT, 11), municipal(P2021_II, AMERSFOORT, 9))
    for town in (*[UTRECHT] * 3, *[AMERSFOORT] * 2):
        waits(log, "2021-08-10", town)
    exact, said = (rows(log, SUPPLY, "2021-09-01", period=P2021_II, rounded=which) for which in (False, True))
    assert [exact[code]["shortage"] for code in (UTRECHT, AMERSFOORT)] == [8, 7]
    # Of three about five are told of, of two nobody.
    assert [said[code]["shortage"] for code in (UTRECHT, AMERSFOORT)] == [6, 9]
    assert rows(log, SUPPLY, "2021-09-01", "province", period=P2021_II, rounded=True)["PV26"]["shortage"] == 6 + 9


@pytest.mark.parametrize(("column", "before", "after"), [("shortage", 2, 0), ("needed", 3, 1), ("linked", 1, 2)])
def test_what_moved_a_cell_adds_up_to_the_difference(log: Log, column: str, before: int, after: int) -> None:
    told(
        log,
        national(P2021_I, 0),
        municipal(P2021_I, UTRECHT, 2),
        national(P2021_II, 0),
        municipal(P2021_II, UTRECHT, 2),
    )
    house(log, UTRECHT, "2021-02-01")
    waits(log, "2021-08-10")
    behind = log.reached()
    house(log, UTRECHT, "2021-03-01", "2021-08-01")
    waits(log, "2021-08-11")
    cell, asked = Cell(UTRECHT, {}, column), dict[str, Any](period=P2021_II)
    with asking(log, "2021-12-31", position=behind, **asked) as then, asking(log, "2021-12-31", **asked) as now:
        assert [SUPPLY.value(query, cell) for query in (then, now)] == [before, after]
        assert [sum(part.amount for part in SUPPLY.parts(query, cell)) for query in (then, now)] == [before, after]
        found = differences(SUPPLY, then, now, cell)
        assert sum(one.adds.amount for one in found) == after - before
        # What was carried over is told by the journey that moved it.
        assert all(one.part.journey is not None for one in found) or column == "shortage"
