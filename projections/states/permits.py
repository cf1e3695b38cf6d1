"""The first permit in force of a journey, from the day on that it was made known: on what ground it was granted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, get_args

from sqlalchemy import Column, Text

from domain.facts import EventWithdrawn, PermitGranted, VNumberReplaced
from domain.facts.permit import Ground
from projections.engine import Projection
from projections.row_store import Row
from projections.stream_history import StreamHistory
from projections.tables import FOREVER, one_of, state_table

#: The ground of the first permit in force, where one is.
UNKNOWN: Literal["unknown"] = "unknown"
GROUND = one_of("ground", (*get_args(Ground), UNKNOWN))

permits = state_table("permits", Column("ground", Text, nullable=False, info=GROUND))


def rows(history: StreamHistory) -> Iterable[Row]:
    """One row, from the first permit in force on."""
    permit = history.stages[-1].journey.permit if history.stages else None
    if permit is not None:
        yield permit.on, FOREVER, permit.ground


PROJECTION = Projection(
    permits, frozenset(fact.TOPIC for fact in (PermitGranted, EventWithdrawn, VNumberReplaced)), rows
)
