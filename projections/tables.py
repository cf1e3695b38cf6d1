"""The tables of all projections: states with the days they answer for and the span of the log that said so.

They live in schema `view`, which is `view_a` or `view_b` when used: two sets, so that one can be rebuilt while the
other serves; and `replay`, where the past is filled in again. On SQLite each set is an attached file.
"""

from __future__ import annotations

from datetime import date

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

from projections.columns import Day, Instant, StreamId

#: Open ends, as values rather than NULL: a range is then one comparison, and one index.
FOREVER = date.max
STILL = 2**63 - 1
# Those that ended are few, and what moves an answer from one position to another is found among them and the new ones.
_ENDED = text(f"known_until < {STILL}")

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
    Column("phase", Text, nullable=False),
    Column("municipality", Text),
    Column("family", Boolean(create_constraint=False), nullable=False),
    Column("started_on", Day),
    Column("ended_on", Day),
    Column("days", Integer),
    Column("earlier_days", Integer, nullable=False),
    Column("permit_on", Day),
    Column("link_on", Day),
    Column("link_days", Integer),
)


# All that figures read of a row stands in one of two indexes, so that the table itself is left alone.
Index(
    "ix_phases_completed",
    *(phases.c[name] for name in ("municipality", "phase", "ended_on", "known_until", "known_from")),
    *(phases.c[name] for name in ("valid_until", "valid_from", "family", "days", "link_days")),
    postgresql_where=phases.c.ended_on.is_not(None),
    sqlite_where=phases.c.ended_on.is_not(None),
)
Index(
    "ix_phases_waiting",
    *(phases.c[name] for name in ("municipality", "phase", "known_until", "valid_until", "valid_from", "known_from")),
    *(phases.c[name] for name in ("family", "started_on", "earlier_days", "permit_on", "link_on", "ended_on")),
    postgresql_where=phases.c.ended_on.is_(None),
    sqlite_where=phases.c.ended_on.is_(None),
)

# Every housing that counts for the quota (+1) and every return that undoes one (-1), on the day it counts.
housings = Table(
    "housings",
    metadata,
    *_spans(),
    Column("period", Text, nullable=False),
    Column("municipality", Text, nullable=False),
    Column("accommodation", Text, nullable=False),
    Column("persons", SmallInteger, nullable=False),
    Column("turn", SmallInteger, nullable=False),  # first, second, ... posting of the journey
    Index(None, "period", "municipality", "accommodation", "valid_from", "known_from", "known_until", "persons"),
    *_turns(),
)

# What a half-year's stream says: the national number, municipal ones, openings, transfers, the interim goal.
quota = Table(
    "quota",
    metadata,
    *_spans(),
    Column("period", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("municipality", Text),
    Column("persons", Integer, nullable=False),
    Column("turn", Integer, nullable=False),  # tells the parts of equal transfers apart
    Index(None, "period", "known_until"),
    *_turns(),
)

# What CBS added to the municipalities and inhabitants that the service ships.
reference = Table(
    "reference",
    metadata,
    *_spans(),
    Column("kind", Text, nullable=False),
    Column("municipality", Text, nullable=False),
    Column("successor", Text),
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
