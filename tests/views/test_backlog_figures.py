"""The backlog through the days."""

from __future__ import annotations

from datetime import date

from domain.facts import (
    QuotaRevised,
)
from tests.rules.histories import (
    AMERSFOORT,
    AMSTERDAM,
    UTRECHT,
    WEESP,
    housed,
    returned,
)
from tests.views.books import (
    DAY,
    EVE,
    P2021_I,
    P2021_II,
    P2022_I,
    Point,
    house,
    municipal,
    national,
    opening,
    points,
    quota_event,
    told,
    transferred,
)
from tests.views.logs import Log

# Through the days.


def test_the_backlog_of_a_municipality_month_by_month(log: Log) -> None:
    told(log, opening(P2021_I, UTRECHT, 3), municipal(P2021_I, UTRECHT, 10), municipal(P2021_II, UTRECHT, 6))
    told(log, transferred(P2021_II, UTRECHT, AMERSFOORT, 2, on="2021-08-15"))
    house(log, UTRECHT, "2021-05-31", "2021-06-01", "2021-07-01")
    told(log, *log.journey([housed("2021-06-02", id="h"), returned("2021-08-20", id="r")]))
    days = ["2021-04-30", "2021-05-31", "2021-06-30", "2021-07-31", "2021-08-31"]
    assert [tuple(point)[1:] for point in points(log, days, UTRECHT)] == [
        (13, 0, 13),
        (13, 1, 12),
        (13, 3, 10),
        (16, 1, 15),
        (14, 0, 14),
    ]
    assert [str(point.on) for point in points(log, days, UTRECHT)] == days
    assert points(log, [], UTRECHT) == []


def test_the_backlog_carries_what_was_realised_in_a_period_of_which_nothing_was_said(log: Log) -> None:
    told(log, municipal(P2021_I, UTRECHT, 10), municipal(P2022_I, UTRECHT, 4))
    house(log, UTRECHT, "2021-09-01", "2021-09-02")
    assert [tuple(point)[1:] for point in points(log, ["2021-06-30", "2021-12-31", "2022-01-31"], UTRECHT)] == [
        (10, 0, 10),
        (None, 2, None),
        (12, 0, 12),
    ]


def test_the_backlog_as_it_was_known(log: Log) -> None:
    told(log, municipal(P2021_I, UTRECHT, 10))
    house(log, UTRECHT, "2021-02-01")
    assert points(log, ["2021-02-28"], UTRECHT, position=1) == [Point(date(2021, 2, 28), 10, 0, 10)]
    assert points(log, ["2021-02-28"], UTRECHT, position=0) == [Point(date(2021, 2, 28), None, 0, None)]


def test_the_backlog_under_the_code_of_a_merged_municipality_is_its_successors_from_that_day(log: Log) -> None:
    told(log, municipal(P2022_I, WEESP, 5), municipal(P2022_I, AMSTERDAM, 50))
    house(log, WEESP, "2022-02-01")
    house(log, AMSTERDAM, "2022-02-01", "2022-02-02")
    assert points(log, [EVE, DAY], WEESP) == [Point(EVE, 5, 1, 4), Point(DAY, 55, 3, 52)]
    assert points(log, [EVE, DAY], AMSTERDAM) == [Point(EVE, 50, 2, 48), Point(DAY, 55, 3, 52)]


def test_the_backlog_of_the_country_follows_the_number(log: Log) -> None:
    told(log, national(P2021_I, 400), quota_event(QuotaRevised(P2021_I, 500), on="2021-02-10"))
    told(log, national(P2021_II, 300))
    house(log, UTRECHT, "2021-02-01", "2021-07-01")
    assert points(log, ["2020-12-31", "2021-01-31", "2021-02-28", "2021-07-01"]) == [
        Point(date(2020, 12, 31), None, 0, None),
        Point(date(2021, 1, 31), 400, 0, 400),
        Point(date(2021, 2, 28), 500, 1, 499),
        Point(date(2021, 7, 1), 799, 1, 798),
    ]
