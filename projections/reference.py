"""Which municipalities are there, with how many inhabitants? What CBS posted, on top of what the service ships."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import Any

from domain.facts import REFERENCE_FACTS, EventWithdrawn, InhabitantsCounted, MunicipalityMerged
from domain.places import Places
from projections.column_store import Snapshot
from projections.engine import Asked, Projection, Told
from projections.row_store import Row
from projections.tables import FOREVER
from projections.tables import reference as table


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


def places(tables: Snapshot, asked: Asked) -> Places:
    """The municipalities and inhabitants for both times asked."""

    def make() -> Places:
        names = ", ".join(column.name for column in list(table.c)[4:])
        at = {"day": asked.valid_on, "position": asked.position}
        return assembled(tables.rows(f"SELECT {names} FROM reference_at($day, $position)", at))

    return tables.once(table, asked.valid_on, asked.position, "places", make)


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
