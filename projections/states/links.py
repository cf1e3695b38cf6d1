"""Every link of a journey: from its first day on one row while it stands, and from its last on another.

What changes nothing (a repeated link, one after the housing) is no link.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, get_args

from sqlalchemy import Boolean, Column, Integer, SmallInteger, Text

from domain.dossier import REQUIRED_ITEMS
from domain.facts import (
    DossierItemCompleted,
    DossierItemLapsed,
    EventWithdrawn,
    Housed,
    Linked,
    LinkEnded,
    ReturnedToReception,
    VNumberReplaced,
)
from domain.facts.linking import Criterion, Item, LinkEndReason
from domain.milestones import Link
from projections.columns import Day
from projections.engine import Projection
from projections.row_store import Row
from projections.stream_history import StreamHistory
from projections.tables import FOREVER, MUNICIPALITY, one_of, state_table

#: The bits of what is named, in columns `criteria` and `missing`.
CRITERIA: Final[Mapping[Criterion, int]] = {"work": 1, "education": 2, "family": 4, "medical": 8, "network": 16}
MISSING: Final[Mapping[Item, int]] = {item: 1 << nth for nth, item in enumerate(REQUIRED_ITEMS)}
#: How a link ended of which another took the place.
REPLACED: Final = "replaced"

# `ended_on` and `end_reason` are null while it stands. `after_housing` tells of a link that ended whether there was a
# housing before its end, also one undone since; `missing` the required items not complete at the end of its first day.
links = state_table(
    "links",
    Column("municipality", Text, nullable=False, info=MUNICIPALITY),
    Column("started_on", Day, nullable=False),
    Column("ended_on", Day),
    Column("end_reason", Text, info=one_of("link_end_reason", (*get_args(LinkEndReason), REPLACED))),
    Column("criteria", SmallInteger, nullable=False),
    Column("after_housing", Boolean(create_constraint=False), nullable=False),
    Column("missing", SmallInteger, nullable=False),
    Column("turn", Integer, nullable=False),  # first, second, ... link of the journey
)


def rows(history: StreamHistory) -> Iterable[Row]:
    """The links of a journey, each while it stands and since it ended."""
    if not history.stages:
        return
    every = history.stages[-1].journey.links
    for turn, link in enumerate(every, start=1):
        if link.until is None or link.until > link.on:
            standing = link._replace(until=None, end_reason=None, after_housing=False)
            yield link.on, link.until or FOREVER, *_row(standing, turn)
        if link.until is not None:
            yield link.until, FOREVER, *_row(link, turn)


def _row(link: Link, turn: int) -> Row:
    criteria = sum(CRITERIA[one] for one in set(link.criteria))
    how = link.until, link.end_reason
    return link.municipality, link.on, *how, criteria, link.after_housing, missing_bits(link.missing), turn


def missing_bits(items: Iterable[Item]) -> int:
    """The bits of required items."""
    return sum(MISSING[item] for item in items)


PROJECTION = Projection(
    links,
    frozenset(
        fact.TOPIC
        for fact in (
            Linked,
            LinkEnded,
            DossierItemCompleted,
            DossierItemLapsed,
            Housed,
            ReturnedToReception,
            EventWithdrawn,
            VNumberReplaced,
        )
    ),
    rows,
    municipality_column="municipality",
)
