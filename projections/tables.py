"""The tables of all projections: states with the days they answer for and the span of the log that said so.

They live in schema `view`, which is `view_a` or `view_b` when used: two sets, so that one can be rebuilt while the
other serves; and `replay`, where the past is filled in again. On SQLite each set is an attached file.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
)

from projections.columns import Day, StreamId

#: Open ends, as values rather than NULL: a range is then one comparison, and one index.
FOREVER = date.max
STILL = 2**63 - 1

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


# Where a journey stands in its phases. Days are of completed phases; the age of an open one follows from its start.
norm_phases = Table(
    "norm_phases",
    metadata,
    *_spans(),
    Column("municipality", Text),
    Column("family", Boolean(create_constraint=False), nullable=False),
    Column("closed", Boolean(create_constraint=False), nullable=False),
    *(
        column
        for phase in ("linking", "housing", "departure", "chain")
        for column in (
            Column(f"{phase}_state", Text, nullable=False),
            Column(f"{phase}_started_on", Day),
            Column(f"{phase}_ended_on", Day),
            Column(f"{phase}_days", Integer),
        )
    ),
    Column("linking_earlier_days", Integer, nullable=False),
    Column("from_link_days", Integer),
    Index(None, "known_until", "valid_until", "valid_from"),
    Index(None, "municipality", "known_until", "valid_until"),
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
)

# How far the follower is: all of the log up to this position is in the tables beside it.
place = Table(
    "place",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("position", BigInteger, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
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
