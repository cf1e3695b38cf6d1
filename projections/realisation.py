"""What was to be housed, what was housed, what is left? Housings that count, read with the quota's numbers."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, func, select

from domain.facts import EventWithdrawn, Housed, ReturnedToReception
from domain.period import Period
from domain.places import Places
from domain.quota import Balance, ByAccommodation, PeriodFigures, balances, carried
from domain.totals import InterimGoal, by_province, country, interim_goal, reduction_by_province
from projections import quota
from projections.tables import FOREVER
from projections.tables import housings as table
from projections.view import Asked, Projection, Row, Told, in_force

GroupBy = Literal["country", "province", "municipality"]


def rows(told: Told) -> Iterable[Row]:
    """Every housing of a journey that counts (+1) and every return that undoes one (-1), from its day on."""
    if not told.stages:
        return
    for turn, posting in enumerate(told.stages[-1].journey.postings, start=1):
        period = str(Period.of(posting.on))
        yield posting.on, FOREVER, period, posting.municipality, posting.accommodation, posting.persons, turn


PROJECTION = Projection(table, frozenset(fact.TOPIC for fact in (Housed, ReturnedToReception, EventWithdrawn)), rows)

Realised = dict[Period, dict[str, dict[str, int]]]


def realised(connection: Connection, asked: Asked) -> Realised:
    """Persons housed by period, municipality as posted and accommodation, on or before the day."""
    columns = table.c.period, table.c.municipality, table.c.accommodation
    statement = select(*columns, func.sum(table.c.persons)).where(in_force(table, asked)).group_by(*columns)
    found: Realised = {}
    for period, municipality, accommodation, persons in connection.execute(statement):
        found.setdefault(Period.parse(period), {}).setdefault(municipality, {})[accommodation] = int(persons)
    return found


class Standing(NamedTuple):
    """A row of the realisation: the balance of a municipality, or the sums and goal of a province or the country."""

    balance: Balance
    goal: InterimGoal | None = None


def read(connection: Connection, asked: Asked, period: Period, group_by: GroupBy, places: Places) -> list[Standing]:
    """How a period stands on the day, in code order."""
    figures = quota.figures(quota.numbers(connection, asked.position), asked.valid_on)
    return standings(period, asked.valid_on, figures, realised(connection, asked), group_by, places)


def standings(
    period: Period,
    on: date,
    figures: Mapping[Period, PeriodFigures],
    housed: Mapping[Period, Mapping[str, ByAccommodation]],
    group_by: GroupBy,
    places: Places,
    *,
    opening: Mapping[str, int] | None = None,
) -> list[Standing]:
    """How a period stands on a day for what was said and housed by then, in code order; `opening` as in `balances`."""
    rows = balances(period, on, figures, housed, places, opening=opening)
    if group_by == "municipality":
        return [Standing(row) for row in rows]
    reduction = figures[period].reduction if period in figures else None
    if group_by == "country":
        sums = country(rows)
        return [Standing(sums, None if reduction is None else interim_goal(sums, reduction))]
    provinces = by_province(rows)
    shares = {} if reduction is None else reduction_by_province(reduction, provinces)
    return [
        Standing(sums, interim_goal(sums, shares[sums.code]) if sums.code in shares else None) for sums in provinces
    ]


class Point(NamedTuple):
    """Task, realised and remaining (persons) at the end of a day, in the period of that day."""

    on: date
    task: int | None
    realised: int
    remaining: int | None


def backlog(
    connection: Connection, position: int, days: Sequence[date], municipality: str | None, places: Places
) -> list[Point]:
    """How the task of a municipality, or of the country, stood on each of some days (ascending)."""
    if not days:
        return []
    numbers = quota.numbers(connection, position)
    postings = _postings(connection, Asked(days[-1], position))
    housed: Realised = {}
    points: list[Point] = []
    opening: dict[str, int] = {}
    opened_with: Any = None
    # What the streams say changes on these days only, and there are few of them.
    turns = sorted({day for number in numbers for day in (number.valid_from, number.valid_until)})
    said: dict[int, dict[Period, PeriodFigures]] = {}
    for on in days:
        while postings and postings[-1][0] <= on:
            day, code, accommodation, persons = postings.pop()
            kinds = housed.setdefault(Period.of(day), {}).setdefault(code, {})
            kinds[accommodation] = kinds.get(accommodation, 0) + persons
        period, stretch = Period.of(on), bisect_right(turns, on)
        if stretch not in said:
            said = {stretch: quota.figures(numbers, on)}
        figures = said[stretch]
        before = (period, {one: said for one, said in figures.items() if one < period})
        if before != opened_with:
            opening, opened_with = carried(period, on, figures, housed, places), before
        rows = balances(period, on, figures, housed, places, opening=opening)
        points.append(_point(on, rows, municipality, places))
    return points


def _postings(connection: Connection, asked: Asked) -> list[tuple[date, str, str, int]]:
    """Persons housed by day, newest first."""
    columns = table.c.valid_from, table.c.municipality, table.c.accommodation
    statement = (
        select(*columns, func.sum(table.c.persons))
        .where(in_force(table, asked))
        .group_by(*columns)
        .order_by(table.c.valid_from.desc())
    )
    return [(day, code, kind, int(persons)) for day, code, kind, persons in connection.execute(statement)]


def _point(on: date, rows: Sequence[Balance], municipality: str | None, places: Places) -> Point:
    if municipality is None:
        one: Balance = country(rows)
    else:
        code = places.existing(municipality, on)
        found = [row for row in rows if row.code == code]
        if not found:  # merged into each other on one day: neither is there
            return Point(on, None, 0, None)
        (one,) = found
    return Point(on, one.task, one.realised, one.remaining)
