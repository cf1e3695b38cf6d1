"""Who is linked, announced and expected, and who came: counted by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from domain.facts import (
    LinksAnnounced,
    MunicipalQuotaPublished,
    PermitGranted,
    PermitsForecastPublished,
    QuotaPublished,
)
from domain.field_types import PartialDate
from domain.period import Period
from projections.figure import Cell
from tests.rules.histories import (
    AMERSFOORT,
    AMSTERDAM,
    COA,
    IND,
    UTRECHT,
    WEESP,
    granted,
    housed,
    link_ended,
    linked,
    said,
)
from tests.views.figure_rows import moved, rows_of
from tests.views.logs import Log, of_area, of_period
from tests.views.test_link_figures import told

DAY = date(2021, 10, 15)  # until 15 December: 61 days; since 17 July: 91
HALF = Period(2021, 2)
BOXMEER, LAND_VAN_CUIJK = "GM0756", "GM1982"  # the one became part of the other on 1 January 2022


def quotas(log: Log, municipal: Mapping[str, int], half: Period = HALF) -> None:
    """One person to each of 352 municipalities but for those that are named."""
    said_of: list[Any] = [QuotaPublished(half, 352)]
    said_of += [MunicipalQuotaPublished(half, *one) for one in municipal.items()]
    log.commit(of_period(*(said("2021-03-29", fact, id=f"{half}-{nth}") for nth, fact in enumerate(said_of))))
    log.follow()


def born(month: PartialDate | None, *more: Any, on: str = "2021-06-01") -> list[Any]:
    return [said(on, PermitGranted("asylum", None, month)), *more]


def announced(log: Log, on: str, area: str, month: str, persons: int, **more: Any) -> None:
    fact = LinksAnnounced(area, month, persons, **more)
    log.commit([of_area(said(on, fact, id=f"{area}-{month}-{on}", source=COA))])
    log.follow()


def forecast(log: Log, on: str, first: str, last: str, persons: int) -> None:
    fact = PermitsForecastPublished("NL", date.fromisoformat(first), date.fromisoformat(last), persons)
    log.commit([of_area(said(on, fact, id=f"forecast-{on}", source=IND))])
    log.follow()


def some_who_are_linked_and_ten_who_wait(log: Log) -> None:
    """Five were linked in the days of the pace: three to Utrecht, one to Amersfoort, one to both."""
    quotas(log, {UTRECHT: 20, AMERSFOORT: 4})
    told(
        log,
        born(PartialDate(2017, 11), linked("2021-09-01")),  # 3 years old
        born(PartialDate(2017, 10), linked("2021-09-01")),  # 4
        born(None, linked("2021-10-15")),
        born(PartialDate(2003, 11), linked("2021-07-17", AMERSFOORT)),  # 17
        born(PartialDate(2003, 10), linked("2021-08-01"), linked("2021-09-01", AMERSFOORT)),  # 18
        born(PartialDate(2006, 1), linked("2021-07-16", AMERSFOORT)),  # 15; one day before the pace
        [granted("2021-05-01"), linked("2021-06-01"), housed("2021-08-01")],
        *(born(PartialDate(2009, 6)) for _ in range(2)),  # 12
        *(born(None) for _ in range(8)),
    )


def test_as_many_come_a_day_as_of_late_to_where_they_are_needed(log: Log) -> None:
    some_who_are_linked_and_ten_who_wait(log)
    rows = rows_of(log, "expected", on=DAY)
    # Utrecht needs 20 less 1 housed and 3 linked, Amersfoort 4 less 3, 350 others one each: 367.
    coming = Fraction(5 * 61, 91)
    persons = coming * 16 / 367
    utrecht = {
        "linked": 3,
        "linked0to3": 1,
        "linked4to11": 1,
        "expected": persons,
        "high": Fraction(64, 100),
        "expected12to15": persons / 5,
        "actual": None,
    }
    assert rows[UTRECHT] == utrecht
    # 0.146... + 1.28 * 0.382...
    assert persons == Fraction(4880, 33_397)
    amersfoort = {"linked": 3, "linked12to15": 1, "linked16to17": 1}
    assert {name: rows[AMERSFOORT][name] for name in amersfoort} == amersfoort
    assert rows[AMERSFOORT]["expected"] == rows["GM0310"]["expected"] == coming / 367
    country = rows_of(log, "expected", "country", DAY)["NL"]
    assert (country["linked"], country["expected"], country["expected12to15"]) == (6, coming, coming / 5)
    # 3.3516... less and more 1.28 times 1.8307...: of the sum, and no sum of bounds.
    assert (country["low"], country["high"]) == (Fraction(101, 100), Fraction(570, 100))
    assert rows_of(log, "expected", "province", DAY)["PV26"]["expected"] == coming * (16 + 1 + 24) / 367


def test_no_more_come_than_wait_and_get_a_permit_by_the_forecast(log: Log) -> None:
    quotas(log, {})
    lives = [born(None, linked("2021-09-01", "GM0310")) for _ in range(25)]
    told(log, *lives, born(PartialDate(2020)))
    assert rows_of(log, "expected", "country", DAY)["NL"]["expected"] == 1
    # A quarter a day from October to December: 16, 30 and 15 days.
    forecast(log, "2021-09-01", "2021-10-01", "2021-12-31", 23)
    row = rows_of(log, "expected", "country", DAY)["NL"]
    assert row["expected"] == row["expected0to3"] == 1 + Fraction(61, 4)
    # The newer one holds no last day of October or November within its days.
    forecast(log, "2021-09-02", "2021-11-15", "2021-12-15", 62)
    expected = 1 + Fraction(16, 4) + 2 * 16 + 2 * 15
    pace = Fraction(25 * 61, 91)
    assert pace < expected
    assert rows_of(log, "expected", "country", DAY)["NL"]["expected"] == pace


def test_where_nothing_is_needed_or_no_number_is_known_nobody_is_expected(log: Log) -> None:
    told(log, born(None, linked("2021-09-01")), born(None))
    row = rows_of(log, "expected", on=DAY)[UTRECHT]
    assert row == {"linked": 1, "actual": None}
    log.commit(of_period(said("2021-03-29", QuotaPublished(HALF, 0), id="none")))
    log.follow()
    assert rows_of(log, "expected", on=DAY)[UTRECHT] == {"linked": 1, "actual": None}


def test_where_nobody_waits_there_are_no_ages_to_expect(log: Log) -> None:
    quotas(log, {})
    told(log, born(PartialDate(2020), linked("2021-09-01")))
    forecast(log, "2021-09-01", "2021-10-01", "2021-12-31", 92)
    row = rows_of(log, "expected", "country", DAY)["NL"]
    assert (row["expected"], row["expected0to3"]) == (Fraction(61, 91), None)


def test_announcements_of_the_next_two_months_count_with_what_they_state(log: Log) -> None:
    announced(log, "2021-10-01", UTRECHT, "2021-10", 50)
    announced(log, "2021-10-01", UTRECHT, "2021-11", 9, households=4, children={"0-3": 2, "16-17": 1})
    announced(log, "2021-10-14", UTRECHT, "2021-11", 7, households=3, children={"0-3": 1, "4-11": 1})
    announced(log, "2021-10-02", UTRECHT, "2021-12", 5)
    announced(log, "2021-10-02", UTRECHT, "2022-01", 50)
    announced(log, "2021-10-16", UTRECHT, "2021-12", 50)  # later than the day
    announced(log, "2021-10-02", AMERSFOORT, "2021-12", 2)
    rows = rows_of(log, "expected", on=DAY)
    told_of = {name: value for name, value in rows[UTRECHT].items() if value is not None}
    assert told_of == {"announced": 12, "announcedHouseholds": 3, "announced0to3": 1, "announced4to11": 1}
    assert rows_of(log, "expected", "country", DAY)["NL"]["announced"] == 14


def test_a_municipality_that_begins_with_the_half_year_is_told_of_before_it_is_there(log: Log) -> None:
    day = date(2021, 12, 15)  # 16 days of December, 46 of the next half-year
    quotas(log, {}, Period(2022, 1))
    told(log, born(None, linked("2021-12-01", BOXMEER)), born(None))
    announced(log, "2021-12-01", BOXMEER, "2022-01", 3)
    announced(log, "2021-12-01", BOXMEER, "2022-02", 5)
    announced(log, "2021-12-10", LAND_VAN_CUIJK, "2022-01", 8)
    rows = rows_of(log, "expected", on=day)
    assert (rows[LAND_VAN_CUIJK]["linked"], rows[LAND_VAN_CUIJK]["announced"]) == (1, 13)
    assert BOXMEER not in rows
    # A day that is followed by more of this half-year than of the next: Boxmeer is there still.
    rows = rows_of(log, "expected", on=date(2021, 11, 30))
    assert LAND_VAN_CUIJK not in rows
    # The 352 of the next half-year are one each to 345, and seven to the largest; one is linked already.
    coming = Fraction(62, 91)
    assert rows_of(log, "expected", "country", day)["NL"]["expected"] == coming


def test_who_came_is_told_once_the_days_have_passed_at_every_municipality_that_they_came_to(log: Log) -> None:
    told(
        log,
        born(None, linked("2021-10-16"), linked("2021-12-15", AMERSFOORT)),
        born(None, linked("2021-10-20"), link_ended("2021-10-25"), linked("2021-11-01")),  # once
        born(None, linked("2021-10-15", AMERSFOORT)),
        born(None, linked("2021-12-16", AMERSFOORT)),
    )
    early, late = (rows_of(log, "expected", on=DAY, known_on=date(2021, 12, day)) for day in (14, 15))
    assert (early[AMERSFOORT]["actual"], UTRECHT in early) == (None, False)
    assert (late[UTRECHT]["actual"], late[AMERSFOORT]["actual"]) == (2, 1)
    assert rows_of(log, "expected", "country", DAY, date(2021, 12, 15))["NL"]["actual"] == 3


def test_who_comes_to_a_municipality_that_merges_in_those_days_is_counted_where_it_was(log: Log) -> None:
    told(
        log,
        born(None, linked("2022-03-01", WEESP)),
        born(None, linked("2022-04-01", AMSTERDAM)),
        born(None, linked("2022-04-02", WEESP)),
    )
    rows = rows_of(log, "expected", on=date(2022, 2, 15), known_on=date(2022, 5, 1))
    # A link that names Weesp after its end is one to Amsterdam.
    assert (rows[WEESP]["actual"], rows[AMSTERDAM]["actual"]) == (1, 2)
    rows = rows_of(log, "expected", on=date(2022, 3, 24), known_on=date(2022, 6, 1))
    assert WEESP not in rows
    assert rows[AMSTERDAM]["actual"] == 2


def test_what_moved_an_estimate_is_told(log: Log) -> None:
    some_who_are_linked_and_ten_who_wait(log)
    before = log.reached()
    told(log, born(None, linked("2021-09-20", "GM0310")))
    for column in ("expected", "low", "high", "expected12to15", "linked"):
        assert moved(log, "expected", Cell("NL", {}, column), before, DAY)
