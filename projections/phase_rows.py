"""What the rows of phases are asked, by any question over them: which are meant, since when, and how many days."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, and_, func, select

from domain.norms import PHASE_NAMES, NormSet, PhaseName
from domain.places import Places
from domain.totals import COUNTRY, GroupBy
from projections.columns import days_until, one_of
from projections.remembered import remembered
from projections.tables import STILL
from projections.tables import phases as table
from projections.view import LAST_DAY, Asked, in_force

FamilyFilter = Literal["any", "with", "without"]
Conditions = tuple[ColumnElement[bool], ...]

#: The phases that are waited for; one of them is open at a time.
WAITED_FOR: tuple[PhaseName, ...] = tuple(name for name in PHASE_NAMES if name != "total")

#: What stands in the column `phase` of a journey that waits for none.
CLOSED = "closed"  # ended without housing
UNTIMED = "untimed"  # neither, nor is its total completed: only that there is such a journey


def posted(connection: Connection) -> tuple[str, ...]:
    """Every municipality that rows have, as posted; found by stepping from one to the next in the indexes."""
    found: set[str] = set()
    for some in (table.c.ended_on.is_not(None), table.c.ended_on.is_(None)):
        first = select(func.min(table.c.municipality).label("code")).where(some)
        steps = first.cte("steps", recursive=True)
        following = select(func.min(table.c.municipality)).where(some, table.c.municipality > steps.c.code)
        steps = steps.union_all(select(following.scalar_subquery()).where(steps.c.code.is_not(None)))
        found.update(connection.execute(select(steps.c.code).where(steps.c.code.is_not(None))).scalars())
    return tuple(sorted(found))


def ended(
    asked: Asked, window: tuple[date, date], municipalities: Sequence[str], names: Sequence[str] = PHASE_NAMES
) -> Conditions:
    """Phases completed in a window, in these municipalities as posted; a journey without one has completed none.

    The index has them by municipality and phase, and a list of all is read in its order without sorting anything.
    """
    return (
        one_of(table.c.municipality, municipalities),
        table.c.phase.in_(names),
        table.c.ended_on.between(*window),
        in_force(table, asked),
    )


def is_newest(connection: Connection, asked: Asked) -> bool:
    """Whether nothing of what was known then can have been replaced since, as far as this connection sees the rows."""
    memory = remembered(connection)
    return memory is not None and 0 <= memory.reached(table.name) <= asked.position


def waiting(
    asked: Asked, municipalities: Sequence[str | None], names: Sequence[str], *, newest: bool = False
) -> Iterator[Conditions]:
    """What journeys wait for, in these municipalities as posted (None: without one); in parts, as the index has them.

    What stands still is apart from what was replaced since it was known: the newest answer has none of that, and where
    it `is_newest` that is not looked for.
    """
    day = min(asked.valid_on, LAST_DAY)
    still = table.c.known_until == STILL
    since = and_(table.c.known_until > asked.position, table.c.known_until < STILL)
    codes = [code for code in municipalities if code is not None]
    places: list[ColumnElement[bool]] = [one_of(table.c.municipality, codes)] if codes else []
    if None in municipalities:
        places.append(table.c.municipality.is_(None))
    for place in places:
        for known in (still,) if newest else (still, since):
            yield (
                table.c.ended_on.is_(None),
                place,
                table.c.phase.in_(names),
                known,
                table.c.known_from <= asked.position,
                table.c.valid_from <= day,
                table.c.valid_until > day,
            )


def housed(asked: Asked, municipalities: Sequence[str] | None = None) -> Conditions:
    """Journeys whose total is completed, whenever that was; in these municipalities as posted, or in any."""
    some = () if municipalities is None else (one_of(table.c.municipality, municipalities),)
    return (*some, table.c.phase == "total", table.c.ended_on.is_not(None), in_force(table, asked))


def of_family(family: FamilyFilter) -> Conditions:
    """Journeys with or without an application for family, or all."""
    return () if family == "any" else (table.c.family.is_(family == "with"),)


def days_of(name: PhaseName, norm: NormSet) -> ColumnElement[Any]:
    """The days that a completed phase took; NULL for a total from a link that is not there."""
    return table.c.link_days if _from_link(name, norm) else table.c.days


def start_of_completed(name: PhaseName, norm: NormSet) -> ColumnElement[Any]:
    """The first day of its last stretch."""
    return table.c.link_on if _from_link(name, norm) else table.c.started_on


def is_open(name: PhaseName, norm: NormSet) -> ColumnElement[bool]:
    """Whether a row of what is waited for is of this phase, or tells that the total is open."""
    return start_of_open(name, norm).is_not(None) if name == "total" else table.c.phase == name


def start_of_open(name: PhaseName, norm: NormSet) -> ColumnElement[Any]:
    """The day since which is waited; NULL for a total from what is not there."""
    if name != "total":
        return table.c.started_on
    return table.c.link_on if _from_link(name, norm) else table.c.permit_on


def age_of(name: PhaseName, norm: NormSet, asked: Asked) -> ColumnElement[Any]:
    """The days waited so far; linking counts those before its last stretch, and the others have none."""
    age = days_until(start_of_open(name, norm), asked.valid_on)
    return age if name == "total" else age + table.c.earlier_days


def _from_link(name: PhaseName, norm: NormSet) -> bool:
    return name == "total" and norm.total_starts == "link"


def group_of(municipality: str | None, group_by: GroupBy, on: date, places: Places) -> str | None:
    """The row of the table that a posted municipality counts in; None where there is none."""
    if group_by == "country":
        return COUNTRY
    code = places.counts_for(municipality, on)
    return code if code is None or group_by == "municipality" else places.province(code)
