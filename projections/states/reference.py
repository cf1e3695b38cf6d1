"""What CBS added to the municipalities and inhabitants that the service ships: mergers, and counts of inhabitants."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import pairwise
from typing import Literal, get_args

from sqlalchemy import Column, Integer, Text

from domain.facts import EventWithdrawn, InhabitantsCounted, MunicipalityMerged
from projections.columns import Day
from projections.engine import Projection
from projections.row_store import Row
from projections.stream_history import StreamHistory
from projections.tables import FOREVER, MUNICIPALITY, one_of, state_table

ReferenceKind = Literal["merger", "inhabitants"]

reference = state_table(
    "reference",
    Column("kind", Text, nullable=False, info=one_of("reference_kind", get_args(ReferenceKind))),
    Column("municipality", Text, nullable=False, info=MUNICIPALITY),
    Column("successor", Text, info=MUNICIPALITY),
    Column("day", Day, nullable=False),
    Column("persons", Integer),
    Column("name", Text),
    Column("province", Text),
)


def rows(history: StreamHistory) -> Iterable[Row]:
    """Every merger, and counts of a municipality, each until it is counted anew."""
    counts: dict[tuple[str, date], dict[date, int]] = {}
    for event in history.effective:
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
    for (municipality, counted_on), by_day in counts.items():
        for (day, persons), (until, _) in pairwise([*by_day.items(), (FOREVER, 0)]):
            yield day, until, "inhabitants", municipality, None, counted_on, persons, None, None


PROJECTION = Projection(
    reference,
    frozenset(fact.TOPIC for fact in (InhabitantsCounted, MunicipalityMerged, EventWithdrawn)),
    rows,
)
