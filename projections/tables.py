"""The tables of all projections: states with the days they answer for and the span of the log that said so.

They live in schema `view`, which is `view_a` or `view_b` when used: two sets, so that one can be rebuilt while the
other serves; and `replay`, where the past is filled in again. On SQLite each set is an attached file.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Literal, NamedTuple, get_args

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    text,
)

from domain.facts.housing import Accommodation
from domain.norms import PHASE_NAMES
from domain.period import Period
from projections.columns import Day, Instant, StreamId

#: Open ends, as values rather than NULL: a range is then one comparison, and one index.
FOREVER = date.max
STILL = 2**63 - 1
# Those that ended are few, and what moves an answer from one position to another is found among them and the new ones.
_ENDED = text(f"known_until < {STILL}")

#: What stands in the column `phase` of a journey that waits for none.
CLOSED = "closed"  # ended without housing
UNTIMED = "untimed"  # neither, nor is its total completed: only that there is such a journey

QuotaKind = Literal["forecast", "national", "municipal", "opening", "interim-goal", "transfer"]
ReferenceKind = Literal["merger", "inhabitants"]


class Values(NamedTuple):
    """All values that a column of texts can have, in their order, under the name that they go by in columns."""

    name: str
    values: tuple[str, ...]


#: The key of a column's `info` under which its `Values` stand.
VALUES = "values"
#: The key of a table's `info` for the order in which its rows are best read: what is asked together stands together.
ORDER = "order"


def _one_of(name: str, values: tuple[str, ...]) -> dict[Any, Any]:
    return {VALUES: Values(name, values)}


_MUNICIPALITY = _one_of("municipality", tuple(f"GM{number:04d}" for number in range(10_000)))
_PERIOD = _one_of("period", tuple(str(Period(year, half)) for year in range(1, 10_000) for half in (1, 2)))
_PHASE = _one_of("phase", (*PHASE_NAMES, CLOSED, UNTIMED))
_ACCOMMODATION = _one_of("accommodation", get_args(Accommodation))
_QUOTA_KIND = _one_of("quota_kind", get_args(QuotaKind))
_REFERENCE_KIND = _one_of("reference_kind", get_args(ReferenceKind))

metadata = MetaData(
    schema="view",
    naming_convention={"pk": "pk_%(table_name)s", "ix": "ix_%(table_name)s_%(column_0_N_name)s"},
)


def _spans() -> tuple[Column[object], ...]:
    """What every row has: whose it is, since and until which log position it was known, and for which days it holds.

    `number` only tells rows apart that one stream got at one position. Both spans exclude their end.
    """
    return (
        Column("stream", StreamId, primary_key=True),
        Column("known_from", BigInteger, primary_key=True, autoincrement=False),
        Column("number", Integer, primary_key=True, autoincrement=False),
        Column("known_until", BigInteger, nullable=False),
        Column("valid_from", Day, nullable=False),
        Column("valid_until", Day, nullable=False),
    )


def _turns() -> tuple[Index, ...]:
    """By which the rows are found that began or stopped being known between two positions."""
    return Index(None, "known_from"), Index(None, "known_until", sqlite_where=_ENDED, postgresql_where=_ENDED)


# The phases of a journey, apart. One that was completed has `ended_on` and its days; a completed total also the day its
# link began and the days since then, where there are any. A row without `ended_on` says what the journey waits for,
# since when, and since when in all: from the permit and from the link, where these are known.
phases = Table(
    "phases",
    metadata,
    *_spans(),
    Column("phase", Text, nullable=False, info=_PHASE),
    Column("municipality", Text, info=_MUNICIPALITY),
    Column("family", Boolean(create_constraint=False), nullable=False),
    Column("started_on", Day),
    Column("ended_on", Day),
    Column("days", Integer),
    Column("earlier_days", Integer, nullable=False),
    Column("permit_on", Day),
    Column("link_on", Day),
    Column("link_days", Integer),
    *_turns(),
    # A window has the completed of some days; what is waited for has rows that have not stopped holding.
    info={ORDER: " ORDER BY ended_on NULLS LAST, valid_until"},
)

# Every housing that counts for the quota (+1) and every return that undoes one (-1), on the day it counts.
housings = Table(
    "housings",
    metadata,
    *_spans(),
    Column("period", Text, nullable=False, info=_PERIOD),
    Column("municipality", Text, nullable=False, info=_MUNICIPALITY),
    Column("accommodation", Text, nullable=False, info=_ACCOMMODATION),
    Column("persons", SmallInteger, nullable=False),
    Column("turn", SmallInteger, nullable=False),  # first, second, ... posting of the journey
    *_turns(),
)

# What a half-year's stream says: the national number, municipal ones, openings, transfers, the interim goal.
quota = Table(
    "quota",
    metadata,
    *_spans(),
    Column("period", Text, nullable=False, info=_PERIOD),
    Column("kind", Text, nullable=False, info=_QUOTA_KIND),
    Column("municipality", Text, info=_MUNICIPALITY),
    Column("persons", Integer, nullable=False),
    Column("turn", Integer, nullable=False),  # tells the parts of equal transfers apart
    *_turns(),
)

# What CBS added to the municipalities and inhabitants that the service ships.
reference = Table(
    "reference",
    metadata,
    *_spans(),
    Column("kind", Text, nullable=False, info=_REFERENCE_KIND),
    Column("municipality", Text, nullable=False, info=_MUNICIPALITY),
    Column("successor", Text, info=_MUNICIPALITY),
    Column("day", Day, nullable=False),
    Column("persons", Integer),
    Column("name", Text),
    Column("province", Text),
    *_turns(),
)

# How far each projection is, by the name of its table: all of the log up to this position is in that, and the event
# there was recorded then (not known where nobody could say). One that raised stays where it was, with what is known of
# that: where in the log, of which stream, what kind of fault, where in the code. Never a message, which may hold what
# somebody posted.
place = Table(
    "place",
    metadata,
    Column("projection", Text, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("recorded_at", Instant),
    Column("failed_at", BigInteger),
    Column("failed_stream", StreamId),
    Column("fault", Text),
    Column("fault_at", Text),
)

# While a set is filled from the log: the portions of the streams, of how many, up to which position. The digests of its
# rows stand with a portion once it is in.
portions = Table(
    "portions",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("of", Integer, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("digests", LargeBinary),
)
