"""How far off an estimate would have been, month by month: counted by hand."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from projections.backtest import compare_month, mean_errors, month_ends
from projections.engine import Asked
from projections.figure import Query
from projections.places import read_places
from tests.rules.histories import AMERSFOORT, linked
from tests.views.logs import Log
from tests.views.test_expected_figures import born, quotas
from tests.views.test_link_figures import told


def test_the_months_are_those_whose_days_ahead_are_over() -> None:
    assert month_ends(date(2022, 1, 10), 2) == [date(2021, 9, 30), date(2021, 10, 31)]
    assert month_ends(date(2021, 12, 31), 1) == [date(2021, 10, 31)]
    assert month_ends(date(2021, 12, 30), 1) == [date(2021, 9, 30)]
    # Two months after 31 December end on 28 February.
    assert month_ends(date(2022, 2, 28), 3) == [date(2021, 10, 31), date(2021, 11, 30), date(2021, 12, 31)]


def test_errors_are_means_over_municipalities_of_the_estimate_and_of_as_many_as_before(log: Log) -> None:
    quotas(log, {})
    told(
        log,
        born(None, linked("2021-09-01")),
        born(None, linked("2021-10-31")),
        *(born(None, linked("2021-11-15", AMERSFOORT)) for _ in range(3)),
        *(born(None) for _ in range(2)),
    )
    day = date(2021, 10, 31)
    with log.tables() as tables:
        asked = Asked(day, log.reached())
        places = read_places(tables, asked)
        early, late = (
            Query(tables, asked, places, "municipality", {}, known_on=known_on)
            for known_on in (date(2021, 12, 30), date(2021, 12, 31))
        )
        found = compare_month(late, late)
        assert compare_month(early, early) is None
        # As known before anything was recorded nobody is expected.
        nothing = compare_month(Query(tables, Asked(day, 0), places, "municipality", {}), late)
    # 2 persons in 91 days are 1.34 in 61, of whom 351 municipalities that need one each get as much.
    coming = Fraction(2 * 61, 91)
    assert found is not None
    assert (found.municipalities, found.expected, found.actual) == (352, coming, 3)
    assert found.error == ((3 - coming / 351) + 350 * coming / 351) / 352
    assert found.error_of_as_before == Fraction(2 + 3, 352)
    assert nothing is not None
    assert (nothing.expected, nothing.error) == (Fraction(0), Fraction(3, 352))
    assert [*mean_errors([found, nothing])] == [(found.error + nothing.error) / 2, Fraction(5, 352)]
