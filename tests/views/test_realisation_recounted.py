"""The figures of the quota, counted over one journey at a time, and their sums."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.effective import effective_events_on
from domain.facts import (
    Housed,
    InterimGoalSet,
    QuotaRevised,
    Recorded,
    ReturnedToReception,
)
from domain.period import Period
from domain.totals import GroupBy, Total
from tests.rules.histories import (
    AMERSFOORT,
    AMSTERDAM,
    UTRECHT,
    WEESP,
    granted,
    histories,
    housed,
    linked,
    withdrawn,
)
from tests.views.books import (
    ALMERE,
    DAY,
    EVE,
    HAAREN,
    P2021_I,
    P2021_II,
    P2022_I,
    P2022_II,
    Point,
    municipal,
    national,
    opening,
    points,
    quota_event,
    standing,
    told,
    transferred,
)
from tests.views.logs import PLACES, Log, days_around, examples

# Counted over, one journey at a time.


def recount(everyone: Sequence[Sequence[Recorded]], period: Period, on: date) -> dict[str, dict[str, int]]:
    """Persons by municipality and accommodation: walk through what held, keep whether housed, and count."""
    counted: dict[str, dict[str, int]] = {}
    day = min(on, period.last)
    for history in everyone:
        at: Housed | None = None
        for event in effective_events_on(history, day):
            change = 0
            if isinstance(event.fact, Housed) and at is None:
                at, change = event.fact, 1
            elif isinstance(event.fact, ReturnedToReception) and at is not None:
                change = -1
            if change and at is not None and event.effective_on >= period.first:
                code = PLACES.code_on(at.municipality, day)
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


@examples(16)
@given(st.lists(histories(least=3), min_size=4, max_size=12), st.integers(-92, 0), st.randoms(use_true_random=False))
def test_realised_is_what_a_recount_of_the_journeys_gives_on_any_day(
    log: Log, stories: list[list[Recorded]], moved: int, seed: Random
) -> None:
    # Moved, so that some examples lie across the end of 2021.
    by = timedelta(days=moved)
    for story in stories:
        log.commit(log.journey([event._replace(effective_on=event.effective_on + by) for event in story]))
    log.follow()
    everyone = list(log.recorded.values())
    days = [day + by for day in days_around(stories)]
    for on in {*seed.choices(days, k=6), days[-1]}:
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
def test_no_figure_knows_of_a_journey_that_is_not_housed(log: Log, by: GroupBy) -> None:
    told(log, municipal(P2021_I, UTRECHT, 5))
    told(log, *log.journey([granted("2021-03-01", id="p"), linked("2021-03-10", id="l")]))
    told(log, *log.journey([housed("2021-03-01", id="h"), withdrawn("h", id="w")]))
    assert sum(one.realised for one in standing(log, P2021_I, "2021-06-30", by).values()) == 0
