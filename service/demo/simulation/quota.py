"""The quota side of the scenario: openings, transfers, how many each municipality houses, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from domain.allocation import largest_remainder
from domain.period import Period
from domain.places import Places
from domain.quota import PeriodFigures, Transfer, quotas
from domain.totals import COUNTRY
from service.demo.simulation.chance import A_DAY, between, day_of, days, recorded
from service.demo.simulation.posts import CBS, MINISTRY, Post, province_source
from service.demo.simulation.scenario import (
    FORECAST,
    HALF_YEARS,
    NEXT,
    NORM_SET,
    OPENING_FIRST_PUBLISHED,
    PUBLISHED_FIGURES,
    PUBLISHED_QUOTAS,
    RESETTLEMENT,
    REVISION,
    UNTIL,
    HalfYear,
)

_TRANSFERS_A_PERIOD = 2
_CORRECTED_PAIRS = 10  # municipalities whose opening went up by one while another's went down


@dataclass(frozen=True, slots=True)
class PlannedPeriod:
    """One period as planned, by municipality on its first day: quota, opening, transfers, the persons to house, and
    what is left of the task in the end.
    """

    half_year: HalfYear
    quota: Mapping[str, int]
    openings: Mapping[str, int]
    transfers: tuple[Transfer, ...]
    realised: Mapping[str, int]
    left: Mapping[str, int]


def planned(rng: Random, places: Places, one_in: int = 1) -> list[PlannedPeriod]:
    """All periods with a quota, planned; in each the persons to house sum to what was published."""
    periods: list[PlannedPeriod] = []
    left: dict[str, int] = {}
    for half_year in HALF_YEARS:
        period = half_year.period
        quota = quotas(period, PeriodFigures(national=half_year.quota), places)
        openings = dict(places.handed_over(left, period.first))
        if half_year.opening is not None:
            openings = openings or {code: persons * days(rng, -25, 12, 55) // 100 for code, persons in quota.items()}
            openings = _summing_to(half_year.opening, _shuffled_by_one(openings, rng), rng)
        transfers = _transfers(rng, period, quota, places)
        tasks = {code: persons + openings.get(code, 0) for code, persons in quota.items()}
        for transfer in transfers:
            tasks[transfer.municipality] += transfer.persons
        realised = _housed(rng, tasks, half_year.realised // one_in)
        left = {code: task - realised[code] for code, task in tasks.items()}
        periods.append(PlannedPeriod(half_year, quota, openings, transfers, realised, left))
    return periods


def _shuffled_by_one(amounts: Mapping[str, int], rng: Random) -> dict[str, int]:
    shuffled, codes = dict(amounts), sorted(amounts)
    for step in (1, -1) * _CORRECTED_PAIRS:
        shuffled[rng.choice(codes)] += step
    return shuffled


def _summing_to(total: int, amounts: Mapping[str, int], rng: Random) -> dict[str, int]:
    """The amounts, one person up or down in municipalities drawn by chance until they sum to the total."""
    settled, codes = dict(amounts), sorted(amounts)
    missing = total - sum(settled.values())
    for _ in range(abs(missing)):
        settled[rng.choice(codes)] += 1 if missing > 0 else -1
    return settled


def _transfers(rng: Random, period: Period, quota: Mapping[str, int], places: Places) -> tuple[Transfer, ...]:
    """Two neighbours in a province, a few times: one takes over some of the other's quota (art. 29(2))."""
    kept = {code for code, _ in PUBLISHED_QUOTAS}
    able = [code for code in sorted(quota) if quota[code] >= 20 and code not in kept]
    found: list[Transfer] = []
    for _ in range(_TRANSFERS_A_PERIOD):
        giver = rng.choice(able)
        takers = [code for code in able if code != giver and places.province(code) == places.province(giver)]
        on, persons = period.first + timedelta(days=between(rng, 40, 120)), between(rng, 2, 5)
        found += [Transfer(giver, -persons, on), Transfer(rng.choice(takers), persons, on)]
    return tuple(found)


def _housed(rng: Random, tasks: Mapping[str, int], total: int) -> dict[str, int]:
    """Persons to house by municipality: some exactly their task, some more, most behind; together the total."""
    certain: dict[str, int] = {}
    weights: dict[str, int] = {}
    for code, task in tasks.items():
        drawn = rng.random()
        if task <= 0:
            certain[code] = 1 if drawn < 0.3 else 0
        elif drawn < 0.15:
            certain[code] = task
        elif drawn < 0.25:
            certain[code] = task + 1 + int(task * 0.25 * rng.random())
        else:
            weights[code] = task * days(rng, 20, 100, 130)
    if sum(certain.values()) > total:
        # A reduced scenario houses fewer than that.
        certain, weights = {}, {code: max(task, 0) for code, task in tasks.items()}
    shares = {**certain, **largest_remainder(total - sum(certain.values()), weights)}
    return {code: shares.get(code, 0) for code in tasks}


def period_posts(rng: Random, periods: list[PlannedPeriod], places: Places) -> Iterator[Post]:
    """What the ministry and the provinces say about the periods."""
    period, persons, on = FORECAST
    yield _post(rng, "quota-forecast.v1", period, on, persons=persons, resettlement=RESETTLEMENT)
    for each in periods:
        half_year = each.half_year
        period = half_year.period
        if half_year.published_on is not None:
            yield _post(
                rng,
                "quota-published.v1",
                period,
                half_year.published_on,
                persons=half_year.quota,
                reference=half_year.reference,
                resettlement=RESETTLEMENT,
            )
        if half_year.opening is not None:
            yield from _openings(rng, period, each.openings)
        if half_year.reduction is not None:
            yield _post(rng, "interim-goal-set.v1", period, period.first, reduction=half_year.reduction)
        yield from _transfer_posts(rng, period, each.transfers, places)
    period, persons, on, reference = NEXT
    yield _post(rng, "quota-published.v1", period, on, persons=persons, reference=reference, resettlement=RESETTLEMENT)
    period, persons, on, reason = REVISION
    yield _post(rng, "quota-revised.v1", period, on, persons=persons, reason=reason)
    for code, persons in PUBLISHED_QUOTAS:
        last = HALF_YEARS[-1].period
        yield _post(rng, "municipal-quota-published.v1", last, date(2021, 10, 1), municipality=code, persons=persons)
    for period, figure, stated_on, persons, on, reference in PUBLISHED_FIGURES:
        post = _post(rng, "figure-published.v1", period, on, persons=persons, reference=reference)
        yield post._replace(data={**post.data, "figure": figure, "of": COUNTRY, "on": str(stated_on)})
    yield from _slip_of_the_ministry(rng)


def _post(rng: Random, topic: str, period: Period, on: date, **fields: Any) -> Post:
    stated = {name: value for name, value in fields.items() if value is not None}
    data = {"period": str(period), "effectiveOn": str(on), **stated}
    return Post(recorded(rng, on), MINISTRY, topic, on, data)


def _openings(rng: Random, period: Period, openings: Mapping[str, int]) -> Iterator[Post]:
    """The opening of every municipality, recorded in one go; of 1 July 2021 some were corrected that autumn."""
    at, codes = recorded(rng, period.first + timedelta(days=21)), sorted(openings)
    short: list[str] = []
    if period == Period(2021, 2):
        short = sorted(rng.sample(codes, sum(openings.values()) - OPENING_FIRST_PUBLISHED))
    for index, code in enumerate(codes):
        balance = {"municipality": code, "persons": openings[code]}
        opening = _post(rng, "opening-balance-recorded.v1", period, period.first, **balance)._replace(at=at + index)
        if code not in short:
            yield opening
            continue
        first = opening._replace(id=f"opening-{code.lower()}", data={**opening.data, "persons": openings[code] - 1})
        yield first
        later = recorded(rng, date(2021, 10, 1) + timedelta(days=between(rng, 3, 30)))
        yield opening._replace(at=later, data={**opening.data, "corrects": first.id})


def _transfer_posts(rng: Random, period: Period, transfers: tuple[Transfer, ...], places: Places) -> Iterator[Post]:
    for giver, taker in zip(transfers[::2], transfers[1::2], strict=True):
        parts = [{"municipality": each.municipality, "persons": each.persons} for each in (giver, taker)]
        # Nothing says that both have decided: of some the decision of who takes over is not known.
        decided = [giver.municipality, *([taker.municipality] if rng.random() < 0.7 else [])]
        days_before = [giver.on - timedelta(days=between(rng, 3, 40)) for _ in decided]
        decisions = [{"municipality": code, "on": str(on)} for code, on in zip(decided, days_before, strict=True)]
        post = _post(rng, "quota-transferred.v1", period, giver.on, transfers=parts, decisions=decisions)
        yield post._replace(source=province_source(places.province(giver.municipality)))


def _slip_of_the_ministry(rng: Random) -> Iterator[Post]:
    """The forecast of 2021-II, recorded by mistake as a revision after the publication and taken back."""
    period, persons, _ = FORECAST
    slip = _post(rng, "quota-revised.v1", period, date(2021, 3, 30), persons=persons)._replace(id="revision-by-mistake")
    yield slip
    at = slip.at + 7 * A_DAY
    back = _post(rng, "event-withdrawn.v1", period, day_of(at), withdraws=slip.id, reason="Recorded by mistake")
    yield back._replace(at=at)


def reference_posts(rng: Random, places: Places) -> Iterator[Post]:
    """What CBS says: the merger of Weesp, and the inhabitants of the municipalities that were new in 2022."""
    on = date(2022, 3, 24)
    (heir,) = places.successors("GM0457")
    merger = {"municipality": "GM0457", "into": heir.municipality, "on": str(on), "personsMoved": heir.persons}
    yield Post(recorded(rng, on), CBS, "municipality-merged.v1", on, {"effectiveOn": str(on), **merger})
    day = date(2022, 1, 1)
    for code, persons in places.inhabitants(2022, day).items():
        if places.municipality(code).begins == day:
            count = {"effectiveOn": str(day), "municipality": code, "on": str(day), "persons": persons}
            yield Post(recorded(rng, date(2022, 2, 1)), CBS, "inhabitants-counted.v1", day, count)


def norm_set_post(rng: Random) -> Post:
    """What the ministry says of the norm on the last day."""
    return Post(recorded(rng, UNTIL), MINISTRY, "norm-set-published.v1", UNTIL, {"effectiveOn": str(UNTIL), **NORM_SET})
