"""Which journeys are behind a norm-phase figure, each with its days? The figure is computed from these alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import Any, Literal, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, literal, select, union_all

from domain.durations import summary
from domain.norms import NormSet, PhaseName
from domain.places import Places
from domain.totals import GroupBy
from projections import dialect
from projections.phase_rows import (
    CLOSED,
    WAITED_FOR,
    Conditions,
    FamilyFilter,
    age_of,
    days_of,
    ended,
    group_of,
    is_open,
    of_family,
    posted,
    start_of_completed,
    start_of_open,
    waiting,
)
from projections.tables import phases as table
from projections.view import Asked

Which = Literal["completed", "open", "closed"]

#: What each figure is, by its name in the table; of completed phases and of open ones.
FORMULAS: dict[str, str] = {
    "count": "count",
    "mean": "sum / count",
    "median": "the days at rank 0.5 * (count - 1), from 0, in order of days; between two ranks in proportion",
    "p90": "the days at rank 0.9 * (count - 1), from 0, in order of days; between two ranks in proportion",
    "withinNorm": "within / count",
    "overNorm": "count",
}
CLOSED_WITHOUT_HOUSING = "closedWithoutHousing"
#: All that a row of the table has: of completed phases, of open ones, and of no phase.
FIGURES = (
    *(f"completed.{name}" for name in FORMULAS if name != "overNorm"),
    *(f"open.{name}" for name in FORMULAS if name != "withinNorm"),
    CLOSED_WITHOUT_HOUSING,
)


class Behind(NamedTuple):
    """A journey, with the bounds and days of the phase; None for one that is closed without housing.

    Days are those that an open phase has taken so far; in linking `earlier_days` are those before its last stretch.
    """

    journey: UUID
    started_on: date | None
    ended_on: date | None
    earlier_days: int
    days: int | None


class Chosen(NamedTuple):
    """Which cell of the norm-phase table: the phase (None for closed journeys), the figure, and the row it is in."""

    which: Which
    phase: PhaseName | None
    figure: str
    code: str
    group_by: GroupBy
    norm: NormSet
    family: FamilyFilter
    window: tuple[date, date]


def journeys(connection: Connection, asked: Asked, chosen: Chosen, places: Places) -> list[Behind]:
    """The journeys that a figure is of, in the order of their ids; for `overNorm` only those over the norm."""
    dialect.read_along_indexes(connection)
    codes = posted(connection)
    if chosen.group_by == "municipality":
        codes = places.counting_for(chosen.code, asked.valid_on)
    columns, parts = _meant(asked, chosen, codes)
    besides = of_family(chosen.family)
    statement = union_all(*(select(*columns).where(*some, *besides) for some in parts)).order_by("stream")
    found = [
        Behind(*behind)
        for municipality, *behind in connection.execute(statement)
        if group_of(municipality, chosen.group_by, asked.valid_on, places) == chosen.code
    ]
    if chosen.phase is None or chosen.figure != "overNorm":
        return found
    norm = chosen.norm.norm(chosen.phase)
    return [one for one in found if one.days is not None and one.days > norm]


def _meant(asked: Asked, chosen: Chosen, codes: tuple[str, ...]) -> tuple[list[ColumnElement[Any]], list[Conditions]]:
    """The municipality and what there is to tell of a journey, and which rows, in parts."""
    name, norm = chosen.phase, chosen.norm
    anywhere = (*codes, None) if chosen.group_by == "country" else codes
    columns: list[ColumnElement[Any]] = [table.c.municipality, table.c.stream]
    if name is None:
        columns += [table.c.started_on, table.c.ended_on, table.c.earlier_days, table.c.days]
        return columns, list(waiting(asked, anywhere, (CLOSED,)))
    if chosen.which == "completed":
        days = days_of(name, norm)
        columns += [start_of_completed(name, norm), table.c.ended_on, table.c.earlier_days, days]
        return columns, [(*ended(asked, chosen.window, codes, (name,)), days.is_not(None))]
    earlier = literal(0) if name == "total" else table.c.earlier_days
    columns += [start_of_open(name, norm), table.c.ended_on, earlier, age_of(name, norm, asked)]
    names = WAITED_FOR if name == "total" else (name,)
    return columns, [(*some, is_open(name, norm)) for some in waiting(asked, anywhere, names)]


def value(every: Sequence[Behind], chosen: Chosen) -> Fraction | int | None:
    """The figure, from the journeys behind it."""
    days = [one.days for one in every if one.days is not None]
    match chosen.figure:
        case "mean" | "median" | "p90":
            found: Fraction | None = getattr(summary(days), chosen.figure)
            return found
        case "withinNorm" if chosen.phase is not None:
            return Fraction(within(every, chosen), len(days)) if days else None
        case _:
            return len(every)


def within(every: Sequence[Behind], chosen: Chosen) -> int:
    """How many are not over the norm."""
    norm = 0 if chosen.phase is None else chosen.norm.norm(chosen.phase)
    return sum(one.days <= norm for one in every if one.days is not None)
