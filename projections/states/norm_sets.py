"""The norm sets that the ministry published, beside those that the service ships."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import get_args

from sqlalchemy import Column, SmallInteger, Text

from domain.facts import EventWithdrawn, NormSetPublished
from domain.norm_sets import TotalStarts
from projections.columns import Day
from projections.engine import Projection
from projections.row_store import Row
from projections.stream_history import StreamHistory
from projections.tables import FOREVER, one_of, state_table

# Days that the phases may take. A row holds for all days: a norm set may be asked of any time, also of that before it
# was published.
norm_sets = state_table(
    "norm_sets",
    Column("name", Text, nullable=False),
    Column("linking", SmallInteger, nullable=False),
    Column("housing", SmallInteger, nullable=False),
    Column("departure", SmallInteger, nullable=False),
    Column("total", SmallInteger, nullable=False),
    Column("total_starts", Text, nullable=False, info=one_of("total_starts", get_args(TotalStarts))),
    Column("in_use_from", Day, nullable=False),
    Column("source", Text, nullable=False),
)


def rows(history: StreamHistory) -> Iterable[Row]:
    """The newest of each name."""
    newest = {event.fact.name: event.fact for event in history.effective if isinstance(event.fact, NormSetPublished)}
    for name, said in newest.items():
        days = said.linking, said.housing, said.departure, said.total
        yield date.min, FOREVER, name, *days, said.total_starts, said.valid_from, said.source


PROJECTION = Projection(norm_sets, frozenset((NormSetPublished.TOPIC, EventWithdrawn.TOPIC)), rows)
