"""What was to be housed, what was housed, what is left? Housings that count, read with the quota's numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple, get_args

from domain.facts import EventWithdrawn, Housed, ReturnedToReception, VNumberReplaced
from domain.facts.housing import Accommodation
from domain.period import Period
from domain.places import Places
from domain.quota import Balance, ByAccommodation, PeriodFigures, Realised, balances
from domain.totals import GroupBy, InterimGoal, by_province, country, interim_goal, reduction_by_province
from projections import quota
from projections.column_schema import municipality_code, period_of
from projections.column_store import Snapshot
from projections.engine import Asked, Projection, Told
from projections.row_store import Row
from projections.tables import FOREVER
from projections.tables import housings as table


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


def realised(tables: Snapshot, asked: Asked, period: Period) -> Realised:
    """Persons housed by period and municipality as posted, on or before the day; of the period by accommodation too,
    of the others, of which only the sum is carried on, under no name.
    """
    sums = tables.columns(
        "SELECT enum_code(period)::INTEGER AS period, enum_code(municipality)::INTEGER AS municipality, "
        "coalesce(enum_code(CASE WHEN period = $period THEN accommodation END), 255)::INTEGER AS kind, "
        "sum(persons)::INTEGER AS persons FROM housings_at($day, $position) GROUP BY ALL",
        {"day": asked.valid_on, "position": asked.position, "period": str(period)},
    )
    found: dict[int, dict[int, dict[str, int]]] = {}
    for each, municipality, kind, persons in zip(*sums.values(), strict=True):
        found.setdefault(each, {}).setdefault(municipality, {})[_KINDS.get(kind, "")] = persons
    return {
        period_of(each): {municipality_code(number): kinds for number, kinds in of.items()}
        for each, of in found.items()
    }


_KINDS = dict(enumerate(get_args(Accommodation)))


class Standing(NamedTuple):
    """A row of the realisation: the balance of a municipality, or the sums and goal of a province or the country."""

    balance: Balance
    goal: InterimGoal | None = None


def read(tables: Snapshot, asked: Asked, period: Period, group_by: GroupBy, places: Places) -> list[Standing]:
    """How a period stands on the day, in code order."""
    return standings(
        period, asked.valid_on, quota.said(tables, asked), realised(tables, asked, period), group_by, places
    )


def standings(
    period: Period,
    on: date,
    figures: Mapping[Period, PeriodFigures],
    housed: Mapping[Period, Mapping[str, ByAccommodation]],
    group_by: GroupBy,
    places: Places,
) -> list[Standing]:
    """How a period stands on a day for what was said and housed by then, in code order."""
    rows = balances(period, on, figures, housed, places)
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
