"""What was to be housed, what was housed, what is left? Housings that count, read with the quota's numbers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import NamedTuple, get_args
from uuid import UUID

from domain.accommodation import Accommodation
from domain.milestones import Posting
from domain.period import Period
from domain.places import Places
from domain.quota import Balance, ByAccommodation, PeriodFigures, Realised, balances
from domain.totals import GroupBy, InterimGoal, country_total, interim_goal, province_totals, reduction_by_province
from projections.column_schema import municipality_code, municipality_number, period_number, period_of
from projections.column_store import Snapshot
from projections.engine import Asked
from projections.quota import read_period_figures

_KINDS = dict(enumerate(get_args(Accommodation)))


def read_housed(tables: Snapshot, asked: Asked, period: Period) -> Realised:
    """Persons housed by period and municipality as posted, on or before the day; of the period by accommodation too,
    of the others, of which only the sum is carried on, under no name.
    """
    sums = tables.columns(
        "SELECT period, municipality, sum(persons)::INTEGER AS persons, "
        "coalesce(enum_code(CASE WHEN period = $period THEN accommodation END), 255)::INTEGER AS kind "
        "FROM housings_at($day, $position) GROUP BY ALL",
        {"day": asked.valid_on, "position": asked.position, "period": period_number(period)},
    )
    codes = {number: municipality_code(number) for number in set(sums["municipality"])}
    found: dict[int, dict[str, dict[str, int]]] = {number: {} for number in set(sums["period"])}
    for each, municipality, persons, kind in zip(*sums.values(), strict=True):
        found[each].setdefault(codes[municipality], {})[_KINDS.get(kind, "")] = persons
    return {period_of(number): of for number, of in found.items()}


class RealisationRow(NamedTuple):
    """A row of the realisation: the balance of a municipality, or the sums and goal of a province or the country."""

    balance: Balance
    goal: InterimGoal | None = None


def read_realisation(
    tables: Snapshot, asked: Asked, period: Period, group_by: GroupBy, places: Places
) -> list[RealisationRow]:
    """How a period stands on the day, in code order."""
    return compute_realisation(
        period, asked.valid_on, read_period_figures(tables, asked), read_housed(tables, asked, period), group_by, places
    )


def compute_realisation(
    period: Period,
    on: date,
    figures: Mapping[Period, PeriodFigures],
    housed: Mapping[Period, Mapping[str, ByAccommodation]],
    group_by: GroupBy,
    places: Places,
    *,
    opening: Mapping[str, int] | None = None,
) -> list[RealisationRow]:
    """How a period stands on a day for what was said and housed by then, in code order; `opening` is what the periods
    before it left, where that is known.
    """
    rows = balances(period, on, figures, housed, places, opening=opening)
    if group_by == "municipality":
        return [RealisationRow(row) for row in rows]
    reduction = figures[period].reduction if period in figures else None
    if group_by == "country":
        sums = country_total(rows)
        return [RealisationRow(sums, None if reduction is None else interim_goal(sums, reduction))]
    provinces = province_totals(rows)
    shares = {} if reduction is None else reduction_by_province(reduction, provinces)
    return [
        RealisationRow(sums, interim_goal(sums, shares[sums.code]) if sums.code in shares else None)
        for sums in provinces
    ]


def journeys_counted(
    tables: Snapshot, asked: Asked, period: Period, municipalities: Collection[str] | None
) -> set[UUID]:
    """The journeys with a housing or return in a period, in municipalities as posted or, with None, in any."""
    among = "" if municipalities is None else " AND list_contains($codes::SMALLINT[], municipality)"
    codes = {} if municipalities is None else {"codes": [municipality_number(code) for code in municipalities]}
    rows = tables.rows(
        f"SELECT DISTINCT stream FROM housings_at($day, $position) WHERE period = $period{among}",
        {"day": asked.valid_on, "position": asked.position, "period": period_number(period), **codes},
    )
    return {stream for (stream,) in rows}


def read_postings(tables: Snapshot, asked: Asked, journeys: Collection[UUID]) -> dict[UUID, list[Posting]]:
    """The postings of some journeys, of whatever period, in order; one without any is left out."""
    rows = tables.rows(
        "SELECT stream, valid_from, municipality_code(municipality), accommodation, persons "
        "FROM housings_at($day, $position) WHERE stream IN (SELECT unnest($journeys)) ORDER BY stream, turn",
        {"day": asked.valid_on, "position": asked.position, "journeys": list(journeys)},
    )
    found: dict[UUID, list[Posting]] = {}
    for stream, *posting in rows:
        found.setdefault(stream, []).append(Posting(*posting))
    return found
