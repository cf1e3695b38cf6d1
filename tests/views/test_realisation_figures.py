"""The figures of the quota, worked out by hand, and counted over one by one for random journeys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from itertools import count
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.effective import effective
from domain.facts import (
    EventWithdrawn,
    Housed,
    InterimGoalSet,
    MunicipalQuotaPublished,
    OpeningBalanceRecorded,
    QuotaForecast,
    QuotaPublished,
    QuotaRevised,
    QuotaTransferred,
    Recorded,
    ReturnedToReception,
    Transfer,
)
from domain.period import Period
from domain.quota import Balance
from domain.totals import InterimGoal, Total
from projections import realisation, reference
from projections.backlog import Point, backlog
from projections.view import Asked
from service.database import reading
from tests.rules.histories import (
    AMERSFOORT,
    AMSTERDAM,
    UTRECHT,
    WEESP,
    granted,
    histories,
    housed,
    linked,
    returned,
    said,
    withdrawn,
)
from tests.views.logs import PLACES, VIEW, Log, days_around, examples, merged, of_period, of_reference

P2021_I, P2021_II, P2022_I, P2022_II = (Period.parse(one) for one in ("2021-I", "2021-II", "2022-I", "2022-II"))
ALMERE, ARNHEM, HAAREN = "GM0034", "GM0202", "GM0788"
NEW_YEARS_EVE = date(2021, 12, 31)
_names = count()


def quota_event(fact: Any, on: str = "", **envelope: Any) -> Recorded:
    """What was said of a half-year, holding from its first day unless the test says otherwise."""
    envelope.setdefault("id", f"quota-{next(_names)}")
    return of_period(said(on or fact.period.first, fact, **envelope))[0]


def national(period: Period, persons: int, **envelope: Any) -> Recorded:
    return quota_event(QuotaPublished(period, persons), **envelope)


def municipal(period: Period, municipality: str, persons: int, **envelope: Any) -> Recorded:
    return quota_event(MunicipalQuotaPublished(period, municipality, persons), **envelope)


def opening(period: Period, municipality: str, persons: int, **envelope: Any) -> Recorded:
    return quota_event(OpeningBalanceRecorded(period, municipality, persons), **envelope)


def transferred(period: Period, by: str, to: str, persons: int, **envelope: Any) -> Recorded:
    return quota_event(QuotaTransferred(period, (Transfer(by, -persons), Transfer(to, persons))), **envelope)


def told(log: Log, *events: Recorded) -> None:
    """These events in one commit, projected."""
    log.commit(events)
    log.follow()


def house(log: Log, municipality: str, *days: str, accommodation: str = "regular") -> list[Recorded]:
    """One permit holder housed on each of these days."""
    events = [event for day in days for event in log.journey([housed(day, municipality, accommodation, id="h")])]
    log.commit(events)
    log.follow()
    return events


def standing(
    log: Log, period: Period, on: date | str, by: realisation.GroupBy = "municipality", position: int | None = None
) -> dict[str, Any]:
    """The balances by code."""
    return {one.balance.code: one.balance for one in read(log, period, on, by, position)}


def read(
    log: Log, period: Period, on: date | str, by: realisation.GroupBy, position: int | None = None
) -> list[realisation.Standing]:
    day = date.fromisoformat(on) if isinstance(on, str) else on
    with reading(log.engine, VIEW) as connection:
        asked = Asked(day, log.reached() if position is None else position)
        return realisation.read(connection, asked, period, by, reference.places(connection, asked))


def books(balance: Balance) -> tuple[int | None, int, int | None, int, int | None]:
    """Quota, opening, task, realised and remaining."""
    return balance.quota, balance.opening, balance.task, balance.realised, balance.remaining


def points(
    log: Log, days: Sequence[str | date], municipality: str | None = None, position: int | None = None
) -> list[Point]:
    with reading(log.engine, VIEW) as connection:
        on = [date.fromisoformat(day) if isinstance(day, str) else day for day in days]
        asked = Asked(on[-1] if on else NEW_YEARS_EVE, log.reached() if position is None else position)
        return backlog(connection, asked.position, on, municipality, reference.places(connection, asked))


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


NUMBERS = [(P2021_I, 10), (P2021_II, 6), (P2022_I, 4), (P2022_II, 9)]


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


# Municipalities through time.

EVE, DAY = date(2022, 3, 23), date(2022, 3, 24)


def test_weesp_hands_quota_balance_and_realisation_to_amsterdam_on_the_day_of_the_merger(log: Log) -> None:
    told(
        log,
        municipal(P2022_I, WEESP, 5),
        municipal(P2022_I, AMSTERDAM, 50),
        opening(P2022_I, WEESP, 2),
        opening(P2022_I, AMSTERDAM, -10),
        transferred(P2022_I, AMSTERDAM, WEESP, 1),
    )
    house(log, WEESP, "2022-02-01", "2022-03-23")
    house(log, AMSTERDAM, *["2022-02-01"] * 7)
    # Still told under the old code, after it had ended.
    house(log, WEESP, "2022-04-01", accommodation="hotel")
    eve, day, end = (standing(log, P2022_I, on) for on in (EVE, DAY, date(2022, 6, 30)))
    assert (books(eve[WEESP]), books(eve[AMSTERDAM])) == ((5, 2, 8, 2, 6), (50, -10, 39, 7, 32))
    assert WEESP not in day and WEESP not in end
    assert books(day[AMSTERDAM]) == (55, -8, 47, 9, 38)
    assert day[AMSTERDAM].transferred == 0
    assert books(end[AMSTERDAM]) == (55, -8, 47, 10, 37)
    assert end[AMSTERDAM].realised_by_accommodation == {"hotel": 1, "regular": 9}
    assert len(eve) - 1 == len(day) == len(end)
    # What Weesp left behind is in Amsterdam's next opening.
    assert standing(log, P2022_II, "2022-07-01")[AMSTERDAM].opening == 37


def test_a_posted_merger_hands_over_and_a_withdrawn_one_hands_back(log: Log) -> None:
    told(log, municipal(P2021_I, UTRECHT, 5), municipal(P2021_I, AMERSFOORT, 3))
    house(log, UTRECHT, "2021-02-01")
    told(log, merged("2021-03-01", UTRECHT, AMERSFOORT, "m"))
    known = log.position()
    told(log, *of_reference(said("2021-04-01", EventWithdrawn("m", "it did not happen"), id="w")))
    on = "2021-06-30"
    before = standing(log, P2021_I, on, position=known - 1)
    between = standing(log, P2021_I, on, position=known)
    after = standing(log, P2021_I, on)
    assert (books(before[UTRECHT]), books(before[AMERSFOORT])) == ((5, 0, 5, 1, 4), (3, 0, 3, 0, 3))
    assert UTRECHT not in between
    assert books(between[AMERSFOORT]) == (8, 0, 8, 1, 7)
    assert after == before


def test_a_code_used_before_its_municipality_began_counts_for_who_it_came_from(log: Log) -> None:
    told(log, merged("2021-06-01", AMERSFOORT, "GM9990", "m", name="Nieuwstad", province="PV26"))
    told(log, municipal(P2021_I, AMERSFOORT, 3))
    house(log, "GM9990", "2021-05-01")
    eve, day = (standing(log, P2021_I, on) for on in ("2021-05-31", "2021-06-01"))
    assert (books(eve[AMERSFOORT]), "GM9990" in eve) == ((3, 0, 3, 1, 2), False)
    assert (books(day["GM9990"]), AMERSFOORT in day) == ((3, 0, 3, 1, 2), False)


def test_of_a_municipality_that_is_split_balances_go_pro_rata_and_what_comes_later_to_the_larger_part(log: Log) -> None:
    told(
        log,
        municipal(P2021_I, AMERSFOORT, 8),
        merged("2021-03-01", AMERSFOORT, UTRECHT, "m1", persons_moved=3_000),
        merged("2021-03-01", AMERSFOORT, AMSTERDAM, "m2", persons_moved=1_000),
        transferred(P2021_I, ALMERE, AMERSFOORT, 4, on="2021-02-01"),
        transferred(P2021_I, ALMERE, AMERSFOORT, 4, on="2021-04-01"),
    )
    house(log, AMERSFOORT, "2021-02-01", "2021-02-02", "2021-02-03")
    found = standing(log, P2021_I, "2021-06-30")
    assert [found[code].quota for code in (UTRECHT, AMSTERDAM)] == [None, None]
    assert [found[code].transferred for code in (UTRECHT, AMSTERDAM, ALMERE)] == [3 + 4, 1, -8]
    assert [found[code].realised for code in (UTRECHT, AMSTERDAM)] == [3, 0]


def test_a_code_that_a_withdrawn_merger_had_brought_stops_no_figure(log: Log) -> None:
    told(log, national(P2021_I, 13_500))
    told(log, merged("2021-02-01", AMERSFOORT, "GM9990", "m", name="Nieuwstad", province="PV26"))
    house(log, "GM9990", "2021-03-01")
    assert standing(log, P2021_I, "2021-06-30")["GM9990"].realised == 1
    told(log, *of_reference(said("2021-04-01", EventWithdrawn("m", "it did not happen"), id="w")))
    assert AMERSFOORT in standing(log, P2021_I, "2021-06-30")
    assert standing(log, P2021_I, "2021-06-30", "country")["NL"].quota == 13_500
    assert len(points(log, ["2021-03-31", "2021-06-30"])) == 2


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


# Counted over, one journey at a time.


def recount(everyone: Sequence[Sequence[Recorded]], period: Period, on: date) -> dict[str, dict[str, int]]:
    """Persons by municipality and accommodation: walk through what held, keep whether housed, and count."""
    counted: dict[str, dict[str, int]] = {}
    day = min(on, period.last)
    for history in everyone:
        at: Housed | None = None
        for event in effective(history, day):
            change = 0
            if isinstance(event.fact, Housed) and at is None:
                at, change = event.fact, 1
            elif isinstance(event.fact, ReturnedToReception) and at is not None:
                change = -1
            if change and at is not None and event.effective_on >= period.first:
                code = PLACES.existing(at.municipality, day)
                kinds = counted.setdefault(code, {})
                kinds[at.accommodation] = kinds.get(at.accommodation, 0) + change
            if change < 0:
                at = None
    return {code: left for code, kinds in counted.items() if (left := {kind: n for kind, n in kinds.items() if n})}


def told_by_tables(log: Log, period: Period, on: date) -> dict[str, Mapping[str, int]]:
    return {
        code: balance.realised_by_accommodation
        for code, balance in standing(log, period, on).items()
        if balance.realised_by_accommodation
    }


@examples(8)
@given(st.lists(histories(least=3), min_size=4, max_size=12), st.integers(-92, 0))
def test_realised_is_what_a_recount_of_the_journeys_gives_on_every_day(
    log: Log, stories: list[list[Recorded]], moved: int
) -> None:
    # Moved, so that some examples lie across the end of 2021.
    by = timedelta(days=moved)
    for story in stories:
        log.commit(log.journey([event._replace(effective_on=event.effective_on + by) for event in story]))
    log.follow()
    everyone = list(log.recorded.values())
    days = [day + by for day in days_around(stories)]
    for on in days:
        for period in {Period.of(on), P2022_I, P2021_II}:
            expected = recount(everyone, period, on) if on >= period.first else {}
            # A code that no municipality ever had is refused at the door; here it counts for nobody.
            expected.pop("GM9999", None)
            assert told_by_tables(log, period, on) == expected


def random_quota(seed: Random, period: Period) -> list[Recorded]:
    """Numbers, openings and transfers of one half-year, told on days before and within it."""

    def day() -> str:
        return str(period.first + timedelta(days=seed.randint(-20, 150)))

    codes = [UTRECHT, AMERSFOORT, AMSTERDAM, WEESP, ALMERE, HAAREN]
    events = [
        national(period, seed.randint(0, 2_000), on=day()),
        quota_event(QuotaRevised(period, seed.randint(0, 2_000)), on=day()),
        quota_event(InterimGoalSet(period, seed.randint(0, 50)), on=day()),
    ]
    events += [municipal(period, seed.choice(codes), seed.randint(0, 30), on=day()) for _ in range(2)]
    events += [opening(period, seed.choice(codes), seed.randint(-20, 20), on=day()) for _ in range(3)]
    for _ in range(2):
        by, to = seed.sample(codes, 2)
        events.append(transferred(period, by, to, seed.randint(0, 9), on=day()))
    return seed.sample(events, seed.randint(2, len(events)))


_ADDED_UP = ("inhabitants", "transferred", "opening", "realised")
_NULL_WITHOUT_A_NUMBER = ("quota", "task", "remaining", "pace", "ahead")


@examples(6)
@given(st.lists(histories(least=3), min_size=3, max_size=8), st.integers(0, 2**32))
def test_municipalities_add_up_to_provinces_and_provinces_to_the_country_and_the_days_to_the_backlog(
    log: Log, stories: list[list[Recorded]], number: int
) -> None:
    seed = Random(number)
    periods = [P2021_II, P2022_I, P2022_II]
    told(
        log,
        *(event for story in stories for event in log.journey(story)),
        *(event for period in periods for event in random_quota(seed, period)),
    )
    days = sorted({date(2021, 10, 1) + timedelta(days=seed.randint(0, 400)) for _ in range(6)} | {EVE, DAY})
    for on in days:
        period = Period.of(on)
        municipalities = list(standing(log, period, on).values())
        provinces = list(standing(log, period, on, "province").values())
        sums: Total = standing(log, period, on, "country")["NL"]
        for name in _ADDED_UP:
            assert sum(getattr(one, name) for one in municipalities) == getattr(sums, name)
            assert sum(getattr(one, name) for one in provinces) == getattr(sums, name)
        for name in _NULL_WITHOUT_A_NUMBER:
            parts = [getattr(one, name) for one in municipalities]
            assert getattr(sums, name) == (None if None in parts else sum(parts))
        if sums.backlog is not None and sums.lead is not None:
            assert sums.backlog + sums.lead == sums.remaining
            assert sums.behind + sums.exact + sums.ahead_count == len(municipalities)
    for code in (None, UTRECHT, AMSTERDAM):
        expected = []
        for on in days:
            found = standing(log, Period.of(on), on, "municipality" if code else "country")[code or "NL"]
            expected.append(Point(on, found.task, found.realised, found.remaining))
        assert points(log, days, code) == expected


@pytest.mark.parametrize("by", ["country", "province", "municipality"])
def test_no_figure_knows_of_a_journey_that_is_not_housed(log: Log, by: realisation.GroupBy) -> None:
    told(log, municipal(P2021_I, UTRECHT, 5))
    told(log, *log.journey([granted("2021-03-01", id="p"), linked("2021-03-10", id="l")]))
    told(log, *log.journey([housed("2021-03-01", id="h"), withdrawn("h", id="w")]))
    assert sum(one.realised for one in standing(log, P2021_I, "2021-06-30", by).values()) == 0
