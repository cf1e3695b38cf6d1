"""The figures of the quota, worked out by hand."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from domain.facts import (
    EventWithdrawn,
    InterimGoalSet,
    QuotaForecast,
    QuotaRevised,
)
from domain.totals import GroupBy, InterimGoal, Total
from projections.comparison import differences
from projections.engine import Asked
from projections.figure import Cell, Query
from projections.figures.balances import GROUND_COLUMNS
from projections.figures.books import HOUSED_BY
from projections.figures.realisation import REALISATION
from projections.places import read_places
from tests.rules.histories import (
    AMERSFOORT,
    AMSTERDAM,
    UTRECHT,
    WEESP,
    granted,
    housed,
    returned,
)
from tests.views.books import (
    ALMERE,
    ARNHEM,
    NEW_YEARS_EVE,
    NUMBERS,
    P2021_I,
    P2021_II,
    P2022_I,
    P2022_II,
    books,
    house,
    municipal,
    national,
    opening,
    quota_event,
    read,
    standing,
    told,
    transferred,
)
from tests.views.logs import Log

# One period.


def test_the_task_is_quota_transfers_and_opening_and_what_is_left_is_signed(log: Log) -> None:
    told(
        log,
        municipal(P2021_I, UTRECHT, 10),
        municipal(P2021_I, AMERSFOORT, 1),
        opening(P2021_I, UTRECHT, -3),
        transferred(P2021_I, UTRECHT, AMERSFOORT, 2, on="2021-02-01"),
    )
    house(log, UTRECHT, "2021-02-10", "2021-03-10")
    house(log, AMERSFOORT, "2021-02-10", "2021-02-11", "2021-02-12", "2021-06-30")
    before, after = (standing(log, P2021_I, on) for on in ("2021-01-31", "2021-06-30"))
    assert [books(before[code]) for code in (UTRECHT, AMERSFOORT)] == [(10, -3, 7, 0, 7), (1, 0, 1, 0, 1)]
    assert [books(after[code]) for code in (UTRECHT, AMERSFOORT)] == [(10, -3, 5, 2, 3), (1, 0, 3, 4, -1)]
    assert [after[code].transferred for code in (UTRECHT, AMERSFOORT)] == [-2, 2]
    assert after[AMERSFOORT].percentage == Fraction(400, 3)


def test_two_equal_transfers_of_one_day_both_count(log: Log) -> None:
    told(log, municipal(P2021_I, UTRECHT, 10), *(transferred(P2021_I, UTRECHT, AMERSFOORT, 2) for _ in range(2)))
    found = standing(log, P2021_I, "2021-06-30")
    assert (found[UTRECHT].transferred, found[AMERSFOORT].transferred) == (-4, 4)


def test_pace_follows_the_months_completed(log: Log) -> None:
    told(log, municipal(P2021_I, UTRECHT, 12))
    house(log, UTRECHT, "2021-01-10", "2021-01-11", "2021-01-12")
    paces = {
        on: (balance.pace, balance.ahead)
        for on in ("2021-01-30", "2021-01-31", "2021-03-30", "2021-03-31", "2021-06-30", "2021-12-31")
        for balance in [standing(log, P2021_I, on)[UTRECHT]]
    }
    assert list(paces.values()) == [(0, 3), (2, 1), (4, -1), (6, -3), (12, -9), (12, -9)]


def test_a_task_fulfilled_before_it_began_has_no_percentage(log: Log) -> None:
    told(log, municipal(P2021_I, UTRECHT, 4), opening(P2021_I, UTRECHT, -4), municipal(P2021_I, AMERSFOORT, 4))
    found = standing(log, P2021_I, "2021-06-30")
    assert (found[UTRECHT].task, found[UTRECHT].percentage) == (0, None)
    assert (found[AMERSFOORT].task, found[AMERSFOORT].percentage) == (4, 0)


def test_the_day_of_a_housing_is_counted_and_a_day_behind_the_period_is_its_last(log: Log) -> None:
    told(log, municipal(P2021_I, UTRECHT, 4))
    house(log, UTRECHT, "2021-01-01", "2021-06-30", "2021-07-01")
    house(log, UTRECHT, "2020-12-31", accommodation="hotel")
    days = ("2020-12-31", "2021-01-01", "2021-06-29", "2021-06-30", "2021-07-01", "2022-07-01")
    assert [standing(log, P2021_I, on)[UTRECHT].realised for on in days] == [0, 1, 1, 2, 2, 2]
    assert standing(log, P2021_I, "2021-06-30")[UTRECHT].realised_by_accommodation == {"regular": 2}


def test_without_a_number_there_is_no_task(log: Log) -> None:
    told(log, quota_event(QuotaForecast(P2021_I, 13_500)), opening(P2021_I, UTRECHT, 5))
    house(log, UTRECHT, "2021-02-01")
    balance = standing(log, P2021_I, "2021-06-30")[UTRECHT]
    assert books(balance) == (None, 5, None, 1, None)
    assert (balance.percentage, balance.pace, balance.ahead) == (None, None, None)
    sums = standing(log, P2021_I, "2021-06-30", "country")["NL"]
    assert (sums.quota, sums.task, sums.remaining, sums.realised, sums.backlog) == (None, None, None, 1, None)


def test_before_anything_was_said_there_are_zeros_and_nulls(log: Log) -> None:
    told(log, municipal(P2021_I, UTRECHT, 4))
    house(log, UTRECHT, "2021-02-01")
    for balance in (
        standing(log, P2021_I, "2020-12-31")[UTRECHT],
        standing(log, P2021_I, "2021-06-30", position=0)[UTRECHT],
        standing(log, P2022_II, "2020-12-31")[UTRECHT],
    ):
        assert books(balance) == (None, 0, None, 0, None)


def test_the_newest_of_published_and_revised_counts_from_its_own_day(log: Log) -> None:
    told(log, national(P2021_I, 13_500, on="2020-10-01"))
    told(log, quota_event(QuotaRevised(P2021_I, 11_000, "second wave"), on="2021-03-01"))
    told(log, quota_event(QuotaForecast(P2021_I, 9_000), on="2021-05-01"))
    quotas = [
        standing(log, P2021_I, on, "country")["NL"].quota
        for on in ("2020-09-30", "2020-10-01", "2021-02-28", "2021-03-01", "2021-06-30")
    ]
    assert quotas == [None, 13_500, 13_500, 11_000, 11_000]
    assert standing(log, P2021_I, "2021-06-30", "country", position=1)["NL"].quota == 13_500
    provinces = standing(log, P2021_I, "2021-02-28", "province")
    assert [provinces[code].quota for code in ("PV25", "PV23", "PV24", "PV27")] == [1624, 901, 328, 2228]


def test_a_municipal_number_goes_before_the_computed_one_without_moving_the_others(log: Log) -> None:
    told(log, national(P2021_I, 13_500))
    computed = standing(log, P2021_I, "2021-06-30")
    told(log, municipal(P2021_I, UTRECHT, 1))
    overridden = standing(log, P2021_I, "2021-06-30")
    assert overridden.pop(UTRECHT).quota == 1
    assert {code: balance.quota for code, balance in overridden.items()} == {
        code: balance.quota for code, balance in computed.items() if code != UTRECHT
    }


# Carried from one period to the next.


def test_what_is_left_is_carried_through_several_periods(log: Log) -> None:
    told(log, opening(P2021_I, UTRECHT, 3), *(municipal(period, UTRECHT, persons) for period, persons in NUMBERS))
    house(log, UTRECHT, *["2021-02-01"] * 8)
    house(log, UTRECHT, *["2021-08-01"] * 2)
    house(log, UTRECHT, *["2022-02-01"] * 20)
    assert [books(standing(log, period, "2022-12-31")[UTRECHT]) for period, _ in NUMBERS] == [
        (10, 3, 13, 8, 5),
        (6, 5, 11, 2, 9),
        (4, 9, 13, 20, -7),
        (9, -7, 2, 0, 2),
    ]


def test_the_opening_of_a_period_ahead_is_what_is_left_on_the_day_asked(log: Log) -> None:
    told(log, municipal(P2021_I, UTRECHT, 10), municipal(P2021_II, UTRECHT, 6, on="2021-01-01"))
    house(log, UTRECHT, "2021-02-01", "2021-05-01")
    openings = [standing(log, P2021_II, on)[UTRECHT].opening for on in ("2021-01-31", "2021-02-01", "2021-05-01")]
    assert openings == [10, 9, 8]
    assert books(standing(log, P2021_II, "2021-02-01")[UTRECHT]) == (6, 9, 15, 0, 15)


def test_a_recorded_opening_replaces_what_was_carried_from_its_own_day_on(log: Log) -> None:
    told(log, municipal(P2021_I, UTRECHT, 10), municipal(P2021_II, UTRECHT, 6))
    told(log, opening(P2021_II, UTRECHT, -2, on="2021-09-01"))
    assert [standing(log, P2021_II, on)[UTRECHT].opening for on in ("2021-08-31", "2021-09-01")] == [10, -2]
    assert standing(log, P2022_I, "2022-01-01")[UTRECHT].opening == 4


def test_a_period_without_a_number_passes_on_its_opening_less_what_was_realised(log: Log) -> None:
    told(log, municipal(P2021_I, UTRECHT, 10), municipal(P2022_I, UTRECHT, 1))
    house(log, UTRECHT, "2021-08-01", "2021-08-02")
    assert books(standing(log, P2021_II, NEW_YEARS_EVE)[UTRECHT]) == (None, 10, None, 2, None)
    assert books(standing(log, P2022_I, "2022-06-30")[UTRECHT]) == (1, 8, 9, 0, 9)


def test_a_number_that_comes_late_wipes_out_no_backlog(log: Log) -> None:
    told(log, national(P2021_I, 13_500), national(P2021_II, 11_000, on="2021-10-01"), national(P2022_I, 10_000))
    house(log, UTRECHT, "2021-08-01", "2021-08-02")
    first, second = (standing(log, period, NEW_YEARS_EVE)[UTRECHT].quota for period in (P2021_I, P2021_II))
    # 357,597 of 17,407,585 inhabitants are 277.3 of 13,500 and 226.0 of 11,000, less what rounding up all others takes.
    assert (first, second) == (274, 223)
    assert standing(log, P2021_II, "2021-09-30")[UTRECHT].opening == 274
    assert standing(log, P2022_I, "2021-09-30")[UTRECHT].opening == 274 - 2
    assert standing(log, P2022_I, "2021-10-01")[UTRECHT].opening == 274 + 223 - 2


def test_what_was_realised_before_any_number_or_opening_is_not_carried(log: Log) -> None:
    told(log, municipal(P2021_II, UTRECHT, 6))
    house(log, UTRECHT, "2021-02-01", "2021-02-02")
    assert books(standing(log, P2021_II, NEW_YEARS_EVE)[UTRECHT]) == (6, 0, 6, 0, 6)


def test_a_return_undoes_a_housing_in_the_period_of_the_return(log: Log) -> None:
    told(log, *(municipal(period, code, 5) for period, _ in NUMBERS[:3] for code in (UTRECHT, AMERSFOORT)))
    story = [
        housed("2021-06-10", UTRECHT, "hotel", id="h"),
        returned("2021-08-01", id="r"),
        housed("2021-09-01", AMERSFOORT, id="h2"),
    ]
    told(log, *log.journey(story))
    found = {
        (str(period), code): balance.realised
        for period, _ in NUMBERS[:2]
        for code, balance in standing(log, period, NEW_YEARS_EVE).items()
        if balance.realised
    }
    assert found == {("2021-I", UTRECHT): 1, ("2021-II", UTRECHT): -1, ("2021-II", AMERSFOORT): 1}
    assert standing(log, P2021_II, NEW_YEARS_EVE)[UTRECHT].realised_by_accommodation == {"hotel": -1}
    opened = standing(log, P2022_I, "2022-01-01")
    # Two quotas of five: in Utrecht the housing and its return cancel out.
    assert (opened[UTRECHT].opening, opened[AMERSFOORT].opening) == (10, 9)


# Corrections.


def test_a_correction_moves_a_housing_to_another_period_and_what_was_known_stays_known(log: Log) -> None:
    told(log, *(municipal(period, UTRECHT, 5) for period, _ in NUMBERS[:2]))
    journey = log.journey([housed("2021-06-30", id="h"), housed("2021-07-01", id="h2", corrects="h")])
    told(log, journey[0])
    told(log, journey[1])
    by_position = {
        position: [books(standing(log, period, NEW_YEARS_EVE, position=position)[UTRECHT]) for period, _ in NUMBERS[:2]]
        for position in (2, 3, 4)
    }
    assert by_position == {
        2: [(5, 0, 5, 0, 5), (5, 5, 10, 0, 10)],
        3: [(5, 0, 5, 1, 4), (5, 4, 9, 0, 9)],
        4: [(5, 0, 5, 0, 5), (5, 5, 10, 1, 9)],
    }


def test_a_correction_moves_a_housing_to_another_municipality_and_kind(log: Log) -> None:
    told(log, municipal(P2021_I, UTRECHT, 5))
    journey = log.journey(
        [housed("2021-06-10", UTRECHT, id="h"), housed("2021-06-10", AMERSFOORT, "hotel", id="h2", corrects="h")]
    )
    told(log, *journey)
    found = standing(log, P2021_I, "2021-06-30")
    assert (found[UTRECHT].realised_by_accommodation, found[AMERSFOORT].realised_by_accommodation) == ({}, {"hotel": 1})


def test_a_withdrawn_number_gives_way_to_the_one_before_it(log: Log) -> None:
    told(log, national(P2021_I, 13_500))
    told(log, quota_event(QuotaRevised(P2021_I, 11_000), id="revised"))
    told(log, quota_event(EventWithdrawn("revised", "not so", P2021_I)))
    quotas = [standing(log, P2021_I, "2021-06-30", "country", position=known)["NL"].quota for known in (1, 2, 3)]
    assert quotas == [13_500, 11_000, 13_500]


# Sums and the interim goal.


def test_the_country_tells_what_is_behind_exact_and_ahead_apart(log: Log) -> None:
    told(
        log,
        national(P2021_I, 0),
        municipal(P2021_I, UTRECHT, 5),
        municipal(P2021_I, AMERSFOORT, 1),
        municipal(P2021_I, AMSTERDAM, 2),
    )
    house(log, UTRECHT, "2021-02-01")
    house(log, AMERSFOORT, "2021-02-01", "2021-02-02", "2021-02-03")
    house(log, AMSTERDAM, "2021-02-01", "2021-02-02")
    sums: Total = standing(log, P2021_I, "2021-06-30", "country")["NL"]
    assert books(sums) == (8, 0, 8, 6, 2)
    assert (sums.backlog, sums.lead, sums.behind, sums.exact, sums.ahead_count) == (4, -2, 1, 350, 1)
    utrecht: Total = standing(log, P2021_I, "2021-06-30", "province")["PV26"]
    assert (utrecht.remaining, utrecht.backlog, utrecht.lead, utrecht.behind, utrecht.exact) == (2, 4, -2, 1, 24)


def test_the_interim_goal_is_split_over_the_provinces_that_are_behind(log: Log) -> None:
    told(
        log,
        national(P2021_I, 13_500),
        opening(P2021_I, AMSTERDAM, 50),
        opening(P2021_I, ALMERE, 25),
        opening(P2021_I, ARNHEM, -5),
        quota_event(InterimGoalSet(P2021_I, 100), on="2021-02-01"),
    )
    house(log, AMSTERDAM, "2021-03-01", "2021-03-02")
    assert read(log, P2021_I, "2021-01-31", "country")[0].goal is None
    assert read(log, P2021_I, "2021-06-30", "country")[0].goal == InterimGoal(100, 13_600, -13_598)
    goals = {one.balance.code: one.goal for one in read(log, P2021_I, "2021-06-30", "province")}
    # 100 x 50/75 and 100 x 25/75; whoever is ahead has nothing to reduce.
    assert goals["PV27"] == InterimGoal(67, 2228 + 67, 2 - 2228 - 67)
    assert goals["PV24"] == InterimGoal(33, 328 + 33, -328 - 33)
    assert goals["PV25"] == InterimGoal(0, 1624, -1624)
    assert sum(goal.reduction for goal in goals.values() if goal) == 100
    assert all(one.goal is None for one in read(log, P2021_I, "2021-06-30", "municipality"))


# What was housed in advance.


def test_what_is_housed_beyond_the_task_is_told_by_municipality_and_summed(log: Log) -> None:
    told(
        log,
        national(P2021_I, 0),
        municipal(P2021_I, UTRECHT, 2),
        municipal(P2021_I, AMERSFOORT, 9),
        municipal(P2021_I, AMSTERDAM, 1),
    )
    house(log, UTRECHT, *["2021-02-01"] * 5)
    house(log, AMERSFOORT, "2021-02-01")
    house(log, AMSTERDAM, "2021-02-01", "2021-02-02")
    found = standing(log, P2021_I, "2021-06-30")
    assert [found[code].advance for code in (UTRECHT, AMERSFOORT, AMSTERDAM, ALMERE)] == [3, 0, 1, 0]
    assert standing(log, P2021_I, "2021-06-30", "province")["PV26"].advance == 3
    assert standing(log, P2021_I, "2021-06-30", "country")["NL"].advance == 4
    assert standing(log, P2021_II, "2021-12-31")[UTRECHT].advance is None
    assert standing(log, P2021_II, "2021-12-31", "country")["NL"].advance is None


@pytest.mark.parametrize(
    ("column", "code", "before", "after"),
    [("advance", UTRECHT, 0, 1), ("advance", "NL", 0, 1), ("lead", "NL", 0, -1), ("backlog", "NL", 1, 0)],
)
def test_who_housed_some_more_than_its_task_moves_its_advance_by_all_that_it_is_made_of(
    log: Log, column: str, code: str, before: int, after: int
) -> None:
    told(log, national(P2021_I, 0), municipal(P2021_I, UTRECHT, 3))
    house(log, UTRECHT, "2021-02-01", "2021-02-02")
    behind = log.reached()
    house(log, UTRECHT, "2021-03-01", "2021-03-02")
    with log.tables() as tables:
        then, now = (
            Query(
                tables,
                Asked(date(2021, 6, 30), position),
                read_places(tables, Asked(date(2021, 6, 30), position)),
                "country" if code == "NL" else "municipality",
                {"period": P2021_I},
            )
            for position in (behind, log.reached())
        )
        cell = Cell(code, {}, column)
        assert [REALISATION.value(query, cell) for query in (then, now)] == [before, after]
        assert sum(part.amount for part in REALISATION.parts(now, cell)) == after
        assert sum(one.adds.amount for one in differences(REALISATION, then, now, cell)) == after - before


def test_who_was_housed_by_an_earlier_day_counts_for_the_task_of_the_day_asked(log: Log) -> None:
    told(log, municipal(P2021_I, UTRECHT, 6), municipal(P2021_I, UTRECHT, 8, on="2021-05-01"))
    house(log, UTRECHT, "2021-02-01", "2021-04-01", "2021-04-02", "2021-06-01")
    with log.tables() as tables:
        asked = Asked(date(2021, 6, 30), log.reached())
        given = {"period": P2021_I, HOUSED_BY: date(2021, 4, 1)}
        query = Query(tables, asked, read_places(tables, asked), "municipality", given)
        cells = [Cell(UTRECHT, {}, column) for column in ("task", "realised", "remaining")]
        assert [REALISATION.value(query, cell) for cell in cells] == [8, 2, 6]
        assert [sum(part.amount for part in REALISATION.parts(query, cell)) for cell in cells] == [8, 2, 6]
        whole = query.with_parameters(**{HOUSED_BY: date(2021, 6, 30)})
        assert [REALISATION.value(whole, cell) for cell in cells] == [8, 4, 4]


def test_who_was_housed_is_told_by_the_ground_of_the_first_permit(log: Log) -> None:
    told(log, national(P2021_I, 0))
    grounds = {"asylum": 2, "family": 1, "resettlement": 3, None: 1}
    for ground, persons in grounds.items():
        for _ in range(persons):
            permit = [] if ground is None else [granted("2021-01-05", ground, id="p")]
            told(log, *log.journey([*permit, housed("2021-02-01", UTRECHT, id="h")]))
    told(log, *log.journey([housed("2021-02-01", WEESP, id="h"), granted("2021-03-01", "family", id="p")]))

    def by_ground(on: str, group_by: GroupBy, code: str) -> list[Any]:
        with log.tables() as tables:
            asked = Asked(date.fromisoformat(on), log.reached())
            query = Query(tables, asked, read_places(tables, asked), group_by, {"period": P2021_I})
            cells = [Cell(code, {}, column) for column in GROUND_COLUMNS]
            found = [REALISATION.value(query, cell) for cell in cells]
            assert [sum(part.amount for part in REALISATION.parts(query, cell)) for cell in cells] == found
            return found

    assert list(GROUND_COLUMNS) == ["realisedAsylum", "realisedFamily", "realisedResettlement", "realisedUnknown"]
    assert by_ground("2021-06-30", "municipality", UTRECHT) == [2, 1, 3, 1]
    assert by_ground("2021-06-30", "province", "PV26") == [2, 1, 3, 1]
    # Housed before the permit was made known: the ground is known from then on.
    assert by_ground("2021-02-28", "municipality", WEESP) == [0, 0, 0, 1]
    assert by_ground("2021-03-01", "municipality", WEESP) == [0, 1, 0, 0]
    assert by_ground("2021-06-30", "country", "NL") == [2, 2, 3, 1]
