"""Which municipalities are there, with how many inhabitants? What CBS posted, on top of what the service ships."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, select

from domain.facts import REFERENCE_FACTS, EventWithdrawn, InhabitantsCounted, MunicipalityMerged
from domain.places import Places
from projections.remembered import remembered
from projections.stored import Row
from projections.tables import FOREVER
from projections.tables import reference as table
from projections.view import LAST_DAY, Asked, Projection, Told, in_force


def rows(told: Told) -> Iterable[Row]:
    """What the reference stream adds: every merger, and counts of a municipality, each until it is told anew."""
    counts: dict[tuple[str, date], dict[date, int]] = {}
    for event in told.speaking:
        fact = event.fact
        if isinstance(fact, InhabitantsCounted):
            counts.setdefault((fact.municipality, fact.on), {})[event.effective_on] = fact.persons
        elif isinstance(fact, MunicipalityMerged):
            # For all days: a merger is known ahead, so that who uses the new code too early can be understood.
            yield (
                date.min,
                FOREVER,
                "merger",
                fact.municipality,
                fact.into,
                fact.on,
                fact.persons_moved,
                fact.name,
                fact.province,
            )
    for (municipality, counted_on), told_on in counts.items():
        for (day, persons), (until, _) in pairwise([*told_on.items(), (FOREVER, 0)]):
            yield day, until, "inhabitants", municipality, None, counted_on, persons, None, None


PROJECTION = Projection(table, frozenset(fact.TOPIC for fact in (*REFERENCE_FACTS, EventWithdrawn)), rows)


def places(connection: Connection, asked: Asked) -> Places:
    """The municipalities and inhabitants for both times asked."""
    memory = remembered(connection)
    known = None if memory is None else memory.known(table.name, asked.position)
    if known is not None:
        day = min(asked.valid_on, LAST_DAY)
        return known.once(known.stretch(day), lambda: assembled(_holding(known.rows, day)))
    rows = connection.execute(select(*list(table.c)[4:]).where(in_force(table, asked)))
    return assembled(tuple(row) for row in rows)


def _holding(rows: Iterable[Row], day: date) -> Iterator[Row]:
    return (row for row in rows if row[0] <= day < row[1])


def assembled(additions: Iterable[Row]) -> Places:
    """The shipped places with rows of this projection applied, in whatever order they come."""
    return _assembled(_in_order(additions))


def assembled_apart(additions: Iterable[Row]) -> Places:
    """The same for who goes through many: live reads keep finding theirs made already."""
    return _with_all(_in_order(additions))


def _in_order(additions: Iterable[Row]) -> tuple[Row, ...]:
    return tuple(sorted((row[2:] for row in additions), key=_order))


def _order(addition: Row) -> tuple[Any, ...]:
    kind, municipality, into, on, *_ = addition
    return on, municipality, kind, into or ""


def _with_all(additions: tuple[Row, ...]) -> Places:
    merged = _with_mergers(tuple(addition for addition in additions if addition[0] == "merger"))
    return merged.with_counts(
        {(municipality, on): persons for kind, municipality, _, on, persons, _, _ in additions if kind == "inhabitants"}
    )


_assembled = lru_cache(maxsize=64)(_with_all)


@lru_cache(maxsize=16)
def _with_mergers(mergers: tuple[Row, ...]) -> Places:
    found = Places.shipped()
    for _, municipality, into, on, persons, name, province in mergers:
        found = found.with_merger(municipality, into, on, persons_moved=persons, name=name, province=province)
    return found
