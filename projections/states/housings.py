"""Every housing that counts for the quota (+1) and every return that undoes one (-1), on the day it counts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import get_args

from sqlalchemy import Column, Integer, SmallInteger, Text

from domain.accommodation import Accommodation
from domain.facts import EventWithdrawn, Housed, PermitGranted, ReturnedToReception, VNumberReplaced
from domain.period import Period
from projections.columns import Day
from projections.engine import Projection
from projections.row_store import Row
from projections.states.permits import GROUND, UNKNOWN
from projections.stream_history import StreamHistory
from projections.tables import FOREVER, MUNICIPALITY, PERIOD, one_of, state_table

# `on_day` is the day it counts. A row holds from there on: with an unknown ground until a permit that was made known
# later, and from then on with that of it.
housings = state_table(
    "housings",
    Column("period", Text, nullable=False, info=PERIOD),
    Column("municipality", Text, nullable=False, info=MUNICIPALITY),
    Column("accommodation", Text, nullable=False, info=one_of("accommodation", get_args(Accommodation))),
    Column("persons", SmallInteger, nullable=False),
    Column("on_day", Day, nullable=False),
    Column("ground", Text, nullable=False, info=GROUND),
    Column("turn", Integer, nullable=False),  # first, second, ... posting of the journey
)


def rows(history: StreamHistory) -> Iterable[Row]:
    """The postings of a journey, each from its day on."""
    if not history.stages:
        return
    journey = history.stages[-1].journey
    permit = journey.permit
    for turn, posting in enumerate(journey.postings, start=1):
        on, period = posting.on, str(Period.of(posting.on))
        what = period, posting.municipality, posting.accommodation, posting.persons, on
        known_on = FOREVER if permit is None else max(on, permit.on)
        if known_on > on:
            yield on, known_on, *what, UNKNOWN, turn
        if permit is not None:
            yield known_on, FOREVER, *what, permit.ground, turn


PROJECTION = Projection(
    housings,
    frozenset(fact.TOPIC for fact in (Housed, ReturnedToReception, PermitGranted, EventWithdrawn, VNumberReplaced)),
    rows,
)
