"""What was to be housed, what was housed, what is left? Housings that count, read with the quota's numbers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from types import MappingProxyType
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
from projections.states.permits import GROUND
from projections.tables import VALUES

_KINDS = dict(enumerate(get_args(Accommodation)))
GROUNDS: tuple[str, ...] = GROUND[VALUES].values
_GROUNDS = dict(enumerate(GROUNDS))


Grounds = Mapping[str, Mapping[str, int]]
"""Persons housed (less those returned) in one half-year, by municipality as posted and ground of the permit."""


def read_housed(tables: Snapshot, asked: Asked, period: Period) -> Realised:
    """Persons housed by period and municipality as posted, on or before the day; of the period by accommodation too,
    of the others, of which only the sum is carried on, under no name.
    """
    return read_housed_and_grounds(tables, asked, period)[0]


def read_housed_and_grounds(tables: Snapshot, asked: Asked, period: Period) -> tuple[Realised, Grounds]:
    """The same, and of the period by ground."""
    sums = tables.columns(
        "SELECT period, municipality, sum(persons)::BIGINT AS persons, "
        "coalesce(enum_code(CASE WHEN period = $period THEN accommodation END), 255)::INTEGER AS kind, "
        "coalesce(enum_code(CASE WHEN period = $period THEN ground END), 255)::INTEGER AS ground "
        "FROM housings_at($day, $position) GROUP BY ALL",
        {"day": asked.valid_on, "position": asked.position, "period": period_number(period)},
    )
    codes = {number: municipality_code(number) for number in set(sums["municipality"])}
    found: dict[int, dict[str, dict[str, int]]] = {number: {} for number in set(sums["period"])}
    grounds: dict[str, dict[str, int]] = {}
    for each, number, persons, kind, ground in zip(*sums.values(), strict=True):
        municipality = codes[number]
        _add(found[each].setdefault(municipality, {}), _KINDS.get(kind, ""), persons)
        if ground in _GROUNDS:
            _add(grounds.setdefault(municipality, {}), _GROUNDS[ground], persons)
    return {period_of(number): of for number, of in found.items()}, grounds


def _add(to: dict[str, int], name: str, persons: int) -> None:
    to[name] = to.get(name, 0) + persons


def count_housed(tables: Snapshot, asked: Asked, period: Period) -> Mapping[str, int]:
    """Persons housed (less those returned) in a half-year, by municipality as posted, on or before the day."""
    found = tables.rows(
        "SELECT municipality, sum(persons)::BIGINT FROM housings_at($day, $position) WHERE period = $period "
        "GROUP BY municipality",
        {"day": asked.valid_on, "position": asked.position, "period": period_number(period)},
    )
    return {municipality_code(municipality): persons for municipality, persons in found}


class RealisationRow(NamedTuple):
    """A row of the realisation: the balance of a municipality, or the sums and goal of a province or the country."""

    balance: Balance
    goal: InterimGoal | None = None
    by_ground: Mapping[str, int] = MappingProxyType({})


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
    grounds: Grounds = MappingProxyType({}),
) -> list[RealisationRow]:
    """How a period stands on a day for what was said and housed by then, in code order; `opening` is what the periods
    before it left, where that is known.
    """
    rows = balances(period, on, figures, housed, places, opening=opening)
    of_codes = _by_code(grounds, places, period.nearest(on))
    if group_by == "municipality":
        return [RealisationRow(row, None, of_codes.get(row.code, _NOBODY)) for row in rows]
    reduction = figures[period].reduction if period in figures else None
    if group_by == "country":
        sums = country_total(rows)
        everywhere = _sum(of_codes.get(row.code, _NOBODY) for row in rows)
        return [RealisationRow(sums, None if reduction is None else interim_goal(sums, reduction), everywhere)]
    provinces = province_totals(rows)
    shares = {} if reduction is None else reduction_by_province(reduction, provinces)
    return [
        RealisationRow(
            sums,
            interim_goal(sums, shares[sums.code]) if sums.code in shares else None,
            _sum(of_codes.get(row.code, _NOBODY) for row in rows if row.province == sums.code),
        )
        for sums in provinces
    ]


_NOBODY: Mapping[str, int] = MappingProxyType({})


def _by_code(grounds: Grounds, places: Places, day: date) -> dict[str, Mapping[str, int]]:
    existing = places.all_codes_on(day)
    found: dict[str, list[Mapping[str, int]]] = {}
    for posted, of in grounds.items():
        found.setdefault(existing.get(posted, posted), []).append(of)
    return {code: some[0] if len(some) == 1 else _sum(some) for code, some in found.items()}


def _sum(some: Iterable[Mapping[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for of in some:
        for ground, persons in of.items():
            _add(found, ground, persons)
    return found


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
        "SELECT stream, on_day, municipality_code(municipality), accommodation, persons "
        "FROM housings_at($day, $position) WHERE stream IN (SELECT unnest($journeys)) ORDER BY stream, turn",
        {"day": asked.valid_on, "position": asked.position, "journeys": list(journeys)},
    )
    found: dict[UUID, list[Posting]] = {}
    for stream, *posting in rows:
        found.setdefault(stream, []).append(Posting(*posting))
    return found
