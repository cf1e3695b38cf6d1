"""Every link of a journey: from its first day on one row while it stands, and from its last on another; each anew from
the day on which the need of an adapted home became known.

What changes nothing (a repeated link, one after the housing) is no link.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Final, get_args

from sqlalchemy import Boolean, Column, Integer, SmallInteger, Text

from domain.dossier import REQUIRED_ITEMS
from domain.facts import (
    AdaptedHomeNeeded,
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
# housing before its end, also one undone since; `missing` the required items not complete at the end of its first day;
# `adapted_on` the first day on which the person was known to need an adapted home, by then.
links = state_table(
    "links",
    Column("municipality", Text, nullable=False, info=MUNICIPALITY),
    Column("started_on", Day, nullable=False),
    Column("ended_on", Day),
    Column("end_reason", Text, info=one_of("link_end_reason", (*get_args(LinkEndReason), REPLACED))),
    Column("criteria", SmallInteger, nullable=False),
    Column("after_housing", Boolean(create_constraint=False), nullable=False),
    Column("missing", SmallInteger, nullable=False),
    Column("adapted_on", Day),
    Column("turn", Integer, nullable=False),  # first, second, ... link of the journey
)


def rows(history: StreamHistory) -> Iterable[Row]:
    """The links of a journey, each while it stands and since it ended."""
    if not history.stages:
        return
    journey = history.stages[-1].journey
    adapted_on = journey.adapted_needs[0].on if journey.adapted_needs else None
    for turn, link in enumerate(journey.links, start=1):
        if link.until is None or link.until > link.on:
            standing = link._replace(until=None, end_reason=None, after_housing=False)
            yield from _rows(standing, link.on, link.until or FOREVER, adapted_on, turn)
        if link.until is not None:
            yield from _rows(link, link.until, FOREVER, adapted_on, turn)


def _rows(link: Link, since: date, until: date, adapted_on: date | None, turn: int) -> Iterator[Row]:
    """A link on the days from one up to another, before and since the need became known."""
    criteria = sum(CRITERIA[one] for one in set(link.criteria))
    what = link.municipality, link.on, link.until, link.end_reason, criteria, link.after_housing
    missing, known_on = missing_bits(link.missing), adapted_on or FOREVER
    if since < known_on:
        yield since, min(until, known_on), *what, missing, None, turn
    if known_on < until:
        yield max(since, known_on), until, *what, missing, adapted_on, turn


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
            AdaptedHomeNeeded,
            Housed,
            ReturnedToReception,
            EventWithdrawn,
            VNumberReplaced,
        )
    ),
    rows,
    municipality_column="municipality",
)
