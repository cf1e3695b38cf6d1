"""Every housing that counts for the quota (+1) and every return that undoes one (-1), on the day it counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import get_args

from sqlalchemy import Boolean, Column, Integer, SmallInteger, Text

from domain.accommodation import Accommodation
from domain.dossier import missing_items
from domain.facts import (
    DossierItemCompleted,
    DossierItemLapsed,
    EventWithdrawn,
    HandoverHeld,
    Housed,
    Linked,
    LinkEnded,
    MovedToPermanentHome,
    PermitGranted,
    ReturnedToReception,
    VNumberReplaced,
)
from domain.housings import HandedOver, first_moves, handed_over
from domain.milestones import Posting
from domain.period import Period
from projections.columns import Day
from projections.engine import Projection
from projections.row_store import Row
from projections.states.links import missing_bits
from projections.states.permits import GROUND, UNKNOWN
from projections.stream_history import StreamHistory
from projections.tables import FOREVER, MUNICIPALITY, PERIOD, one_of, state_table

# `on_day` is the day it counts. A row holds from there on, or from the day on which something became of it: a permit
# that was made known later, whose ground was unknown until then; the first move on to a permanent home that belongs to
# it (`moved_on`); the return that undid it (`undone`). `missing` are bits, as in `links`: the required items not
# complete at the end of its day. `handover`: how they were handed over, up to that day. These and `moved_on` are null
# of a return.
housings = state_table(
    "housings",
    Column("period", Text, nullable=False, info=PERIOD),
    Column("municipality", Text, nullable=False, info=MUNICIPALITY),
    Column("accommodation", Text, nullable=False, info=one_of("accommodation", get_args(Accommodation))),
    Column("persons", SmallInteger, nullable=False),
    Column("on_day", Day, nullable=False),
    Column("ground", Text, nullable=False, info=GROUND),
    Column("undone", Boolean(create_constraint=False), nullable=False),
    Column("moved_on", Day),
    Column("missing", SmallInteger),
    Column("handover", Text, info=one_of("handover", get_args(HandedOver))),
    Column("turn", Integer, nullable=False),  # first, second, ... posting of the journey
)


def rows(history: StreamHistory) -> Iterable[Row]:
    """The postings of a journey, each from its day on."""
    if not history.stages or not history.stages[-1].journey.postings:
        return
    journey = history.stages[-1].journey
    moves = first_moves(journey.housings, journey.moves)
    dossiers = {stage.on: stage.journey.dossier for stage in history.stages}
    ground = None if journey.permit is None else (journey.permit.on, journey.permit.ground)
    for nth, posting in enumerate(journey.postings):
        if posting.persons < 0:
            yield from _states(posting, ground, None, None, (None, None), nth + 1)
            continue
        # Housings and returns that count take turns.
        undone_on = journey.postings[nth + 1].on if nth + 1 < len(journey.postings) else None
        missing = missing_bits(missing_items(dossiers[posting.on]))
        handover = handed_over(journey.housings[nth // 2], journey.handovers)
        yield from _states(posting, ground, undone_on, moves[nth // 2], (missing, handover), nth + 1)


def _states(
    posting: Posting,
    ground: tuple[date, str] | None,
    undone_on: date | None,
    moved_on: date | None,
    then: tuple[int | None, HandedOver | None],
    turn: int,
) -> Iterator[Row]:
    """A posting from its day on, anew on each day on which something became of it."""
    on = posting.on
    later = (undone_on, moved_on, None if ground is None else ground[0])
    days = sorted({on, *(day for day in later if day is not None and day > on)})
    what = str(Period.of(on)), posting.municipality, posting.accommodation, posting.persons, on
    for day, until in zip(days, (*days[1:], FOREVER), strict=True):
        known = UNKNOWN if ground is None or ground[0] > day else ground[1]
        moved = None if moved_on is None or moved_on > day else moved_on
        yield day, until, *what, known, undone_on is not None and undone_on <= day, moved, *then, turn


PROJECTION = Projection(
    housings,
    frozenset(
        fact.TOPIC
        for fact in (
            Housed,
            ReturnedToReception,
            MovedToPermanentHome,
            PermitGranted,
            Linked,
            LinkEnded,
            HandoverHeld,
            DossierItemCompleted,
            DossierItemLapsed,
            EventWithdrawn,
            VNumberReplaced,
        )
    ),
    rows,
    municipality_column="municipality",
)
