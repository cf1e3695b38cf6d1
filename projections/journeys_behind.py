"""Which journeys are behind a norm-phase figure, each with its days? The figure is computed from these alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import Any, Literal, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, select

from domain.durations import summary
from domain.norms import NormSet, PhaseName
from domain.places import Places
from projections.norm_phases import COLUMNS, FamilyFilter, GroupBy, completed_and_open, group_of, started_on
from projections.tables import norm_phases as table
from projections.view import Asked, in_force

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
    columns: list[ColumnElement[Any]] = [table.c.municipality, table.c.stream]
    if chosen.phase is None:
        statement = select(*columns).where(table.c.closed)
    else:
        done, running = completed_and_open(chosen.phase, chosen.norm, asked, chosen.window)
        days = done if chosen.which == "completed" else running
        ended_on = table.c[f"{COLUMNS[chosen.phase]}_ended_on"]
        columns += [started_on(chosen.phase, chosen.norm), ended_on, table.c.linking_earlier_days, days]
        statement = select(*columns).where(days.is_not(None))
    statement = statement.where(in_force(table, asked)).order_by(table.c.stream)
    if chosen.family != "any":
        statement = statement.where(table.c.family.is_(chosen.family == "with"))
    if chosen.group_by == "municipality":
        statement = statement.where(table.c.municipality.in_(places.counting_for(chosen.code, asked.valid_on)))
    found = [
        Behind(stream, *(rest or (None, None, 0, None)))
        for municipality, stream, *rest in connection.execute(statement)
        if group_of(municipality, chosen.group_by, asked.valid_on, places) == chosen.code
    ]
    if chosen.phase is None or chosen.figure != "overNorm":
        return found
    norm = chosen.norm.norm(chosen.phase)
    return [one for one in found if one.days is not None and one.days > norm]


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
