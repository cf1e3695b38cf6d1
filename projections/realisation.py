"""What was to be housed, what was housed, what is left? Housings that count, read with the quota's numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from domain.facts import EventWithdrawn, Housed, ReturnedToReception, VNumberReplaced
from domain.period import Period
from domain.places import Places
from domain.quota import Balance, ByAccommodation, Carried, PeriodFigures, Realised, balances, carried
from domain.totals import GroupBy, InterimGoal, by_province, country, interim_goal, reduction_by_province
from projections import quota
from projections.anchors import Cut
from projections.remembered import remembered
from projections.stored import Row
from projections.tables import FOREVER
from projections.tables import housings as table
from projections.view import LAST_DAY, Asked, Projection, Told, in_force


def rows(told: Told) -> Iterable[Row]:
    """Every housing of a journey that counts (+1) and every return that undoes one (-1), from its day on."""
    if not told.stages:
        return
    for turn, posting in enumerate(told.stages[-1].journey.postings, start=1):
        period = str(Period.of(posting.on))
        yield posting.on, FOREVER, period, posting.municipality, posting.accommodation, posting.persons, turn


PROJECTION = Projection(
    table,
    frozenset(fact.TOPIC for fact in (Housed, ReturnedToReception, EventWithdrawn, VNumberReplaced)),
    rows,
)


def realised(connection: Connection, asked: Asked) -> Realised:
    """Persons housed by period, municipality as posted and accommodation, on or before the day.

    Where it is remembered, the very same tally each time for a period that nothing changed in.
    """
    memory = remembered(connection)
    if memory is not None and asked.position <= (reached := memory.reached(table.name)):
        day = min(asked.valid_on, LAST_DAY)
        last = Cut(Period.of(day), day)
        tallies = memory.anchors.at(connection, asked.position, reached, None if last.whole else last)
        return {
            cut.period: tally
            for cut, tally in tallies.items()
            if tally and (cut == last or (cut.whole and cut.period < last.period))
        }
    columns = table.c.period, table.c.municipality, table.c.accommodation
    statement = select(*columns, func.sum(table.c.persons)).where(in_force(table, asked)).group_by(*columns)
    found: dict[Period, dict[str, dict[str, int]]] = {}
    for period, municipality, accommodation, persons in connection.execute(statement):
        found.setdefault(Period.parse(period), {}).setdefault(municipality, {})[accommodation] = int(persons)
    return found


def carrying(connection: Connection) -> Carried:
    """How balances are carried over to a period: as was remembered, where the same was asked before."""
    memory = remembered(connection)
    return carried if memory is None else memory.openings.carried


class Standing(NamedTuple):
    """A row of the realisation: the balance of a municipality, or the sums and goal of a province or the country."""

    balance: Balance
    goal: InterimGoal | None = None


def read(connection: Connection, asked: Asked, period: Period, group_by: GroupBy, places: Places) -> list[Standing]:
    """How a period stands on the day, in code order."""
    figures, housed = quota.said(connection, asked), realised(connection, asked)
    opening = carrying(connection)(period, asked.valid_on, figures, housed, places)
    return standings(period, asked.valid_on, figures, housed, group_by, places, opening=opening)


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
