"""Quota arithmetic: the national ledger, carrying over, transfers, mergers within and between periods, and the goal."""

from datetime import date
from fractions import Fraction

from domain.quota import PeriodFigures, Realised, Transfer, balances, carried_balances, quota_findings
from domain.totals import country_total, interim_goal, province_totals, reduction_by_province, sum_balances
from tests.rules.balances import (
    ALMERE,
    AMSTERDAM,
    DAY_OF_WEESP,
    DEN_HAAG,
    EVE_OF_WEESP,
    P2021_I,
    P2021_II,
    P2022_I,
    PLACES,
    UTRECHT,
    WEESP,
    on,
    regular,
)

# The national ledger, letter of 7 January 2022.

LEDGER = {
    P2021_II: PeriodFigures(
        national=11000, openings={UTRECHT: 2000, DEN_HAAG: 3600, AMSTERDAM: 86, ALMERE: -100}, reduction=1500
    ),
    P2022_I: PeriodFigures(national=10000),
}
HOUSED: Realised = {
    P2021_II: {
        UTRECHT: {"regular": 4000, "hotel": 71},
        DEN_HAAG: {"regular": 5000},
        AMSTERDAM: {"regular": 2787},
        ALMERE: {"regular": 900, "intermediate": 100},
    }
}


def test_the_national_ledger_of_2021_ii_comes_out() -> None:
    sums = country_total(balances(P2021_II, date(2021, 12, 31), LEDGER, HOUSED, PLACES))
    assert (sums.code, sums.name, sums.inhabitants) == ("NL", "Nederland", 17407585)
    assert (sums.opening, sums.quota, sums.transferred, sums.task) == (5586, 11000, 0, 16586)
    assert (sums.realised, sums.remaining) == (12858, 3728)
    assert sums.realised_by_accommodation == {"hotel": 71, "intermediate": 100, "regular": 12687}
    assert sums.percentage == Fraction(1285800, 16586)
    assert sums.pace == 16586
    assert sums.ahead == 12858 - 16586
    assert sums.backlog is not None and sums.lead is not None
    assert sums.backlog + sums.lead == 3728
    assert interim_goal(sums, 1500) == (1500, 12500, 358)


def test_the_task_of_2022_i_is_its_quota_and_what_was_left() -> None:
    for day in (date(2021, 12, 31), date(2022, 1, 1), date(2022, 6, 30)):
        sums = country_total(balances(P2022_I, day, LEDGER, HOUSED, PLACES))
        assert (sums.quota, sums.opening, sums.task) == (10000, 3728, 13728)


def test_provinces_sum_to_the_country() -> None:
    rows = balances(P2021_II, date(2021, 12, 31), LEDGER, HOUSED, PLACES)
    provinces, nation = province_totals(rows), country_total(rows)
    assert [each.code for each in provinces] == [f"PV{number}" for number in range(20, 32)]
    assert provinces[4].name == "Flevoland"
    assert sum(each.quota or 0 for each in provinces) == 11000
    assert sum(each.opening for each in provinces) == 5586
    assert sum(each.realised for each in provinces) == 12858
    assert sum(each.backlog or 0 for each in provinces) == nation.backlog
    assert sum(each.lead or 0 for each in provinces) == nation.lead
    counts = (nation.behind, nation.exact, nation.ahead_count)
    assert sum(counts) == 352
    assert counts == tuple(map(sum, zip(*((p.behind, p.exact, p.ahead_count) for p in provinces), strict=True)))


# One municipality.


def test_a_day_in_the_period_counts_the_months_completed() -> None:
    figures = {P2021_II: PeriodFigures(municipal={UTRECHT: 60}, openings={UTRECHT: 12})}
    row = on(P2021_II, date(2021, 9, 30), figures, {P2021_II: regular(GM0344=40)})[UTRECHT]
    assert (row.name, row.province, row.inhabitants) == ("Utrecht", "PV26", 357597)
    assert (row.quota, row.opening, row.task, row.realised, row.remaining) == (60, 12, 72, 40, 32)
    assert row.pace == 36
    assert row.ahead == 4
    assert row.percentage == Fraction(500, 9)


def test_before_the_period_nothing_is_realised_and_the_pace_is_nought() -> None:
    figures = {P2022_I: PeriodFigures(national=10000)}
    rows = on(P2022_I, date(2021, 11, 15), figures, {P2022_I: regular(GM0344=40)})
    assert len(rows) == 345
    row = rows[UTRECHT]
    assert (row.realised, dict(row.realised_by_accommodation)) == (0, {})
    assert row.pace == 0
    assert row.ahead == 0
    assert row.remaining == row.task == row.quota


def test_a_day_after_the_period_is_its_last_day() -> None:
    figures = {P2021_II: PeriodFigures(national=11000)}
    last = balances(P2021_II, date(2021, 12, 31), figures, {}, PLACES)
    assert balances(P2021_II, date(2026, 1, 1), figures, {}, PLACES) == last
    assert WEESP in {row.code for row in last}


def test_a_published_municipal_quota_overrides_the_computed_one_and_no_other() -> None:
    computed = on(P2021_II, date(2021, 7, 1), {P2021_II: PeriodFigures(national=11000)})
    published = on(P2021_II, date(2021, 7, 1), {P2021_II: PeriodFigures(national=11000, municipal={UTRECHT: 1})})
    assert published[UTRECHT].quota == 1
    assert all(row.quota == computed[code].quota for code, row in published.items() if code != UTRECHT)


def test_persons_housed_and_returned_leave_no_empty_accommodation() -> None:
    figures = {P2021_II: PeriodFigures(national=11000)}
    realised = {P2021_II: {UTRECHT: {"regular": 3, "hotel": 0, "gva": -1}}}
    row = on(P2021_II, date(2021, 12, 31), figures, realised)[UTRECHT]
    assert (row.realised, row.realised_by_accommodation) == (2, {"gva": -1, "regular": 3})


def test_the_percentage_is_nothing_where_the_lead_is_as_large_as_the_quota() -> None:
    figures = {P2021_II: PeriodFigures(national=11000, municipal={UTRECHT: 60}, openings={UTRECHT: -60, ALMERE: -999})}
    rows = on(P2021_II, date(2021, 12, 31), figures, {P2021_II: regular(GM0344=5)})
    assert (rows[UTRECHT].task, rows[UTRECHT].percentage, rows[UTRECHT].remaining) == (0, None, -5)
    assert rows[ALMERE].percentage is None
    assert rows[DEN_HAAG].percentage == 0


def test_transfers_move_quota_and_leave_the_sum() -> None:
    amounts = [Transfer(UTRECHT, -3, date(2021, 5, 1)), Transfer(ALMERE, 3, date(2021, 5, 1))]
    figures = {P2021_II: PeriodFigures(national=11000, municipal={UTRECHT: 20, ALMERE: 27}, transfers=amounts)}
    rows = on(P2021_II, date(2021, 7, 1), figures)
    assert (rows[UTRECHT].quota, rows[UTRECHT].transferred, rows[UTRECHT].task) == (20, -3, 17)
    assert (rows[ALMERE].quota, rows[ALMERE].transferred, rows[ALMERE].task) == (27, 3, 30)
    assert country_total(list(rows.values())).transferred == 0
    assert quota_findings(P2021_II, figures[P2021_II], PLACES) == []


# Carrying over.


def test_a_backlog_and_a_lead_both_carry_over() -> None:
    figures = {
        P2021_I: PeriodFigures(municipal={UTRECHT: 50, ALMERE: 50}),
        P2021_II: PeriodFigures(municipal={UTRECHT: 40, ALMERE: 40}),
        P2022_I: PeriodFigures(municipal={UTRECHT: 30, ALMERE: 30}),
    }
    realised = {P2021_I: regular(GM0344=45, GM0034=60), P2021_II: regular(GM0344=40, GM0034=35)}
    rows = on(P2021_II, date(2021, 12, 31), figures, realised)
    assert (rows[UTRECHT].opening, rows[UTRECHT].remaining) == (5, 5)
    assert (rows[ALMERE].opening, rows[ALMERE].task, rows[ALMERE].remaining) == (-10, 30, -5)
    rows = on(P2022_I, date(2022, 1, 1), figures, realised)
    assert (rows[UTRECHT].task, rows[ALMERE].task) == (35, 25)
    two = sum_balances([rows[UTRECHT], rows[ALMERE]], "PV00", "Two")
    assert (two.task, two.backlog, two.lead, two.behind, two.exact, two.ahead_count) == (60, 60, 0, 2, 0, 0)


def test_a_recorded_opening_balance_replaces_what_was_carried_over() -> None:
    figures = {
        P2021_I: PeriodFigures(municipal={UTRECHT: 50}),
        P2021_II: PeriodFigures(municipal={UTRECHT: 40}, openings={UTRECHT: 0}),
    }
    assert on(P2021_II, date(2021, 7, 1), figures)[UTRECHT].opening == 0


def test_a_period_without_number_is_unknown_and_passes_on_opening_less_realised() -> None:
    figures = {
        P2021_I: PeriodFigures(national=13500, municipal={UTRECHT: 50}),
        P2022_I: PeriodFigures(national=10000, municipal={UTRECHT: 30}),
    }
    realised = {P2021_I: regular(GM0344=40), P2021_II: regular(GM0344=7)}
    row = on(P2021_II, date(2021, 12, 31), figures, realised)[UTRECHT]
    assert (row.opening, row.realised) == (10, 7)
    assert (row.quota, row.task, row.remaining, row.percentage, row.pace, row.ahead) == (None,) * 6
    assert on(P2022_I, date(2022, 1, 1), figures, realised)[UTRECHT].opening == 3
    sums = country_total(balances(P2021_II, date(2021, 12, 31), figures, realised, PLACES))
    assert (sums.quota, sums.task, sums.remaining, sums.backlog, sums.lead, sums.pace) == (None,) * 6
    assert (sums.realised, sums.behind, sums.exact, sums.ahead_count) == (7, 0, 0, 0)
    assert interim_goal(sums, 1500) == (1500, None, None)


def test_transfers_in_a_period_without_number_are_not_passed_on() -> None:
    day = date(2021, 7, 1)
    figures = {
        P2021_I: PeriodFigures(municipal={UTRECHT: 50, ALMERE: 20}),
        P2021_II: PeriodFigures(transfers=[Transfer(UTRECHT, -5, day), Transfer(ALMERE, 5, day)]),
        P2022_I: PeriodFigures(national=10000),
    }
    rows = on(P2021_II, day, figures)
    assert (rows[UTRECHT].transferred, rows[UTRECHT].task) == (-5, None)
    rows = on(P2022_I, date(2022, 1, 1), figures)
    assert (rows[UTRECHT].opening, rows[ALMERE].opening) == (50, 20)


def test_what_was_realised_before_the_first_quota_or_opening_is_not_a_lead() -> None:
    realised = {P2021_I: regular(GM0344=40, GM0034=2)}
    figures = {P2021_II: PeriodFigures(national=11000)}
    assert on(P2021_II, date(2021, 7, 1), figures, realised)[UTRECHT].opening == 0
    figures[P2021_I] = PeriodFigures(openings={ALMERE: 10})
    rows = on(P2021_II, date(2021, 7, 1), figures, realised)
    assert (rows[UTRECHT].opening, rows[ALMERE].opening) == (0, 8)


def test_a_period_still_to_come_opens_with_what_is_left_on_the_day_asked() -> None:
    figures = {P2021_II: PeriodFigures(municipal={UTRECHT: 40}), P2022_I: PeriodFigures(municipal={UTRECHT: 30})}
    row = on(P2022_I, date(2021, 10, 1), figures, {P2021_II: regular(GM0344=15)})[UTRECHT]
    assert (row.opening, row.task, row.realised) == (25, 55, 0)
    assert row.pace == 0


def test_the_opening_worked_out_once_serves_every_day_of_the_period() -> None:
    opening = carried_balances(P2022_I, date(2022, 1, 31), LEDGER, HOUSED, PLACES)
    for day in (date(2022, 1, 31), EVE_OF_WEESP, DAY_OF_WEESP):
        assert balances(P2022_I, day, LEDGER, HOUSED, PLACES, opening=opening) == balances(
            P2022_I, day, LEDGER, HOUSED, PLACES
        )


def test_nothing_published_gives_rows_of_noughts_and_nothings() -> None:
    rows = balances(P2021_II, date(2021, 8, 1), {}, {}, PLACES)
    assert len(rows) == 352
    assert {(row.quota, row.task, row.opening, row.realised) for row in rows} == {(None, None, 0, 0)}


# The interim goal by province.


def test_the_reduction_is_divided_over_provinces_that_opened_with_a_backlog() -> None:
    openings = {"GM0014": 1200, "GM0080": 900, "GM0106": 1800, "GM0141": 1700, "GM0160": -14, ALMERE: -300}
    figures = {P2021_II: PeriodFigures(national=11000, openings=openings)}
    provinces = province_totals(balances(P2021_II, date(2021, 7, 1), figures, {}, PLACES))
    parts = reduction_by_province(1500, provinces)
    assert {code: part for code, part in parts.items() if part} == {"PV20": 322, "PV21": 242, "PV22": 483, "PV23": 453}
    assert (parts["PV24"], len(parts)) == (0, 12)
    groningen = provinces[0]
    assert groningen.quota is not None
    assert interim_goal(groningen, parts["PV20"]) == (322, groningen.quota + 322, -groningen.quota - 322)


def test_without_any_backlog_there_is_nothing_to_divide() -> None:
    provinces = province_totals(balances(P2021_II, date(2021, 7, 1), {}, {}, PLACES))
    assert reduction_by_province(1500, provinces) == {}
