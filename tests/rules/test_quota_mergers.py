"""Quota, balance and realisation while municipalities merge and are split."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.quota import PeriodFigures, QuotaFinding, Transfer, balances, quota_findings
from domain.totals import country_total
from tests.rules.balances import (
    ALMERE,
    AMSTERDAM,
    DAY_OF_WEESP,
    DEN_HAAG,
    EVE_OF_WEESP,
    HAAREN,
    P2020_II,
    P2021_I,
    P2021_II,
    P2022_I,
    P2022_II,
    PLACES,
    UTRECHT,
    WEESP,
    on,
    regular,
)

# Mergers.


def test_weesp_hands_everything_to_amsterdam_on_the_day_it_joins() -> None:
    figures = {
        P2021_II: PeriodFigures(national=11000, openings={WEESP: 4, AMSTERDAM: 100}),
        P2022_I: PeriodFigures(
            national=10000, transfers=[Transfer(WEESP, -2, date(2022, 2, 1)), Transfer(UTRECHT, 2, date(2022, 2, 1))]
        ),
    }
    # Persons housed by Weesp in 2021-II: its whole task, and one more.
    weesp_2021 = on(P2021_II, date(2021, 12, 31), figures)[WEESP].task
    amsterdam_2021 = on(P2021_II, date(2021, 12, 31), figures)[AMSTERDAM].task
    assert weesp_2021 is not None and amsterdam_2021 is not None
    realised = {
        P2021_II: regular(GM0457=weesp_2021 + 1, GM0363=amsterdam_2021 - 20),
        P2022_I: {WEESP: {"regular": 3, "hotel": 1}, AMSTERDAM: {"regular": 150}},
    }
    eve = on(P2022_I, EVE_OF_WEESP, figures, realised)
    assert (eve[WEESP].quota, eve[WEESP].transferred, eve[WEESP].opening, eve[WEESP].realised) == (12, -2, -1, 4)
    assert (eve[AMSTERDAM].quota, eve[AMSTERDAM].opening, eve[AMSTERDAM].realised) == (492, 20, 150)
    joined = on(P2022_I, DAY_OF_WEESP, figures, realised)
    assert WEESP not in joined
    row = joined[AMSTERDAM]
    assert (row.quota, row.transferred, row.opening, row.realised) == (504, -2, 19, 154)
    assert row.realised_by_accommodation == {"hotel": 1, "regular": 153}
    assert row.inhabitants == eve[WEESP].inhabitants + eve[AMSTERDAM].inhabitants
    assert country_total(list(eve.values())).remaining == country_total(list(joined.values())).remaining


def test_what_a_merged_municipality_left_is_the_successors_in_the_next_period() -> None:
    figures = {
        P2022_I: PeriodFigures(municipal={WEESP: 12, AMSTERDAM: 492}),
        P2022_II: PeriodFigures(national=13500),
    }
    rows = on(P2022_II, date(2022, 7, 1), figures, {P2022_I: regular(GM0457=10, GM0363=400)})
    assert rows[AMSTERDAM].opening == 94


def test_a_split_municipality_hands_its_balance_over_pro_rata_to_the_persons_moved() -> None:
    # 10 x 2149, 5827, 1442, 4900 / 14,318 = 1.50, 4.07, 1.01, 3.42: the person left goes to Boxtel.
    parts = {"GM0757": 2, "GM0824": 4, "GM0855": 1, "GM0865": 3}
    for sign in (1, -1):
        figures = {P2020_II: PeriodFigures(openings={HAAREN: sign * 10}), P2021_I: PeriodFigures(national=13500)}
        rows = on(P2021_I, date(2021, 1, 1), figures)
        assert {code: rows[code].opening for code in parts} == {code: sign * part for code, part in parts.items()}
        assert HAAREN not in rows


def test_persons_posted_for_a_split_municipality_count_for_its_largest_successor() -> None:
    figures = {P2021_I: PeriodFigures(national=13500)}
    rows = on(P2021_I, date(2021, 6, 30), figures, {P2021_I: regular(GM0788=4, GM0824=1)})
    assert rows["GM0824"].realised == 5


def test_persons_posted_for_a_municipality_that_is_still_to_come_count_for_its_largest_predecessor() -> None:
    figures = {P2021_II: PeriodFigures(national=11000)}
    rows = on(P2021_II, date(2021, 12, 31), figures, {P2021_II: regular(GM1980=4)})
    assert rows["GM0398"].realised == 4


def test_a_split_within_a_period_divides_quota_and_balance_but_not_persons_housed() -> None:
    day = date(2021, 10, 1)
    places = PLACES.with_merger(UTRECHT, ALMERE, day, 1000).with_merger(UTRECHT, DEN_HAAG, day, 3000)
    figures = {
        P2021_II: PeriodFigures(
            municipal={UTRECHT: 10, ALMERE: 100, DEN_HAAG: 200},
            openings={UTRECHT: -6, ALMERE: 0, DEN_HAAG: 0},
            transfers=[Transfer(UTRECHT, -4, date(2021, 9, 1)), Transfer(AMSTERDAM, 4, date(2021, 9, 1))],
        )
    }
    realised = {P2021_II: regular(GM0344=8)}
    rows = on(P2021_II, day, figures, realised, places)
    # A quarter and three quarters of 10 (2.5, 7.5: the tie to the lower code) and of -6 (1.5, 4.5 likewise).
    assert (rows[ALMERE].quota, rows[ALMERE].opening, rows[ALMERE].realised) == (103, -2, 0)
    assert (rows[DEN_HAAG].quota, rows[DEN_HAAG].opening, rows[DEN_HAAG].realised) == (207, -4, 8)
    assert (rows[ALMERE].transferred, rows[DEN_HAAG].transferred, rows[AMSTERDAM].transferred) == (-1, -3, 4)


def test_who_takes_over_a_municipality_without_number_has_no_number_either() -> None:
    figures = {P2022_I: PeriodFigures(municipal={AMSTERDAM: 492})}
    assert on(P2022_I, EVE_OF_WEESP, figures)[AMSTERDAM].quota == 492
    assert on(P2022_I, DAY_OF_WEESP, figures)[AMSTERDAM].quota is None


def test_quota_and_opening_for_a_municipality_that_does_not_exist_on_the_first_day_have_no_effect() -> None:
    figures = PeriodFigures(national=13500, municipal={HAAREN: 5}, openings={HAAREN: 9, "GM1980": 3})
    sums = country_total(balances(P2021_I, date(2021, 1, 1), {P2021_I: figures}, {}, PLACES))
    assert (sums.quota, sums.opening) == (13500, 0)
    assert quota_findings(P2021_I, figures, PLACES) == [
        QuotaFinding("municipal-quota-for-no-municipality", HAAREN),
        QuotaFinding("opening-for-no-municipality", HAAREN),
        QuotaFinding("opening-for-no-municipality", "GM1980"),
    ]


def test_a_transfer_counts_for_the_municipality_that_exists_on_its_day() -> None:
    transfers = [Transfer(WEESP, -2, date(2022, 5, 1)), Transfer(UTRECHT, 2, date(2022, 5, 1))]
    figures = PeriodFigures(national=10000, transfers=transfers)
    rows = on(P2022_I, date(2022, 5, 1), {P2022_I: figures})
    assert rows[AMSTERDAM].transferred == -2
    assert quota_findings(P2022_I, figures, PLACES) == [QuotaFinding("transfer-for-no-municipality", WEESP)]


def test_a_transfer_decided_before_the_period_names_its_municipality_of_the_first_day() -> None:
    transfers = [Transfer(HAAREN, -2, date(2020, 11, 1)), Transfer(UTRECHT, 2, date(2020, 11, 1))]
    figures = PeriodFigures(national=13500, transfers=transfers)
    assert on(P2021_I, date(2021, 1, 1), {P2021_I: figures})["GM0824"].transferred == -2
    assert quota_findings(P2021_I, figures, PLACES) == [QuotaFinding("transfer-for-no-municipality", HAAREN)]


@pytest.mark.parametrize(("persons", "below"), [(-12, False), (-13, True)])
def test_a_quota_below_nought_is_found_even_if_a_merger_hides_it_later(persons: int, below: bool) -> None:
    day = date(2022, 2, 1)
    figures = PeriodFigures(national=10000, transfers=[Transfer(WEESP, persons, day), Transfer(UTRECHT, -persons, day)])
    found = quota_findings(P2022_I, figures, PLACES)
    assert found == ([QuotaFinding("quota-below-zero", WEESP)] if below else [])


def test_a_transfer_after_a_merger_is_not_held_against_the_quota_of_before() -> None:
    day = date(2022, 5, 1)
    figures = PeriodFigures(national=10000, transfers=[Transfer(WEESP, -13, day), Transfer(UTRECHT, 13, day)])
    assert quota_findings(P2022_I, figures, PLACES) == [QuotaFinding("transfer-for-no-municipality", WEESP)]


AMOUNTS = st.dictionaries(st.sampled_from([WEESP, AMSTERDAM, UTRECHT, ALMERE, "GM0398"]), st.integers(-500, 500))


@settings(max_examples=40, deadline=None)
@given(opening=AMOUNTS, housed=AMOUNTS, moved=st.integers(-50, 50), number=st.none() | st.integers(0, 30_000))
def test_a_merger_within_a_period_leaves_the_national_sums(
    opening: dict[str, int], housed: dict[str, int], moved: int, number: int | None
) -> None:
    transfers = [Transfer(WEESP, moved, date(2022, 1, 5)), Transfer(UTRECHT, -moved, date(2022, 1, 5))]
    figures = {P2022_I: PeriodFigures(national=number, openings=opening, transfers=transfers)}
    realised = {P2022_I: regular(**housed)}
    eve, joined = (
        country_total(balances(P2022_I, day, figures, realised, PLACES)) for day in (EVE_OF_WEESP, DAY_OF_WEESP)
    )
    assert (eve.quota, eve.transferred, eve.opening) == (joined.quota, joined.transferred, joined.opening)
    assert (eve.realised, eve.remaining, eve.inhabitants) == (joined.realised, joined.remaining, joined.inhabitants)
    assert joined.quota == number


@settings(max_examples=25, deadline=None)
@given(
    opening=st.dictionaries(st.sampled_from([HAAREN, "GM0757", "GM0003", "GM0010", UTRECHT]), st.integers(-500, 500)),
    housed=st.dictionaries(st.sampled_from([HAAREN, "GM0757", "GM0003", "GM0824"]), st.integers(-90, 500)),
)
def test_mergers_between_periods_leave_the_national_balance(opening: dict[str, int], housed: dict[str, int]) -> None:
    figures = {P2020_II: PeriodFigures(national=6500, openings=opening), P2021_I: PeriodFigures(national=13500)}
    realised = {P2020_II: regular(**housed)}
    closed = country_total(balances(P2020_II, date(2020, 12, 31), figures, realised, PLACES))
    opened = country_total(balances(P2021_I, date(2021, 1, 1), figures, realised, PLACES))
    assert opened.opening == closed.remaining == 6500 + sum(opening.values()) - sum(housed.values())
