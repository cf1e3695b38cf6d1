"""Every housing that counts for the quota (+1) and every return that undoes one (-1), on the day it counts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import get_args

from sqlalchemy import Column, SmallInteger, Text

from domain.accommodation import Accommodation
from domain.facts import EventWithdrawn, Housed, ReturnedToReception, VNumberReplaced
from domain.period import Period
from projections.engine import Projection
from projections.row_store import Row
from projections.stream_history import StreamHistory
from projections.tables import FOREVER, MUNICIPALITY, PERIOD, one_of, state_table

housings = state_table(
    "housings",
    Column("period", Text, nullable=False, info=PERIOD),
    Column("municipality", Text, nullable=False, info=MUNICIPALITY),
    Column("accommodation", Text, nullable=False, info=one_of("accommodation", get_args(Accommodation))),
    Column("persons", SmallInteger, nullable=False),
    Column("turn", SmallInteger, nullable=False),  # first, second, ... posting of the journey
)


def rows(history: StreamHistory) -> Iterable[Row]:
    """The postings of a journey, each from its day on."""
    if not history.stages:
        return
    for turn, posting in enumerate(history.stages[-1].journey.postings, start=1):
        period = str(Period.of(posting.on))
        yield posting.on, FOREVER, period, posting.municipality, posting.accommodation, posting.persons, turn


PROJECTION = Projection(
    housings,
    frozenset(fact.TOPIC for fact in (Housed, ReturnedToReception, EventWithdrawn, VNumberReplaced)),
    rows,
)
