"""The tables the service writes: the log of events, and the little that stands beside it."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)

from projections.columns import Day, Instant, StreamId

NAMING = {
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
}

metadata = MetaData(naming_convention=NAMING)

# SQLite numbers only a column of exactly type INTEGER.
_Number = BigInteger().with_variant(Integer(), "sqlite")

# Append-only: triggers made in the migration refuse every update and deletion.
# The envelope is nullable because a stock eventsourcing application knows nothing of it.
events = Table(
    "events",
    metadata,
    Column("position", _Number, primary_key=True, autoincrement=False),
    Column("stream", StreamId, nullable=False),
    Column("version", Integer, nullable=False),
    Column("topic", Text, nullable=False),
    Column("data", Text, nullable=False),
    Column("effective_on", Day),
    Column("sent_at", Instant),
    Column("recorded_at", Instant),
    Column("source", Text),
    Column("source_id", Text),
    Column("recorded_by", Text),
    Column("content_mac", LargeBinary),
    UniqueConstraint("stream", "version"),
    UniqueConstraint("source", "source_id"),
    # From knownAt to the last position recorded by then.
    Index(None, "recorded_at", "position"),
    # Never hand out the position of a last row that was deleted by force: a follower would skip its successor.
    sqlite_autoincrement=True,
)

# One key a journey, wrapped under the master key; destroying it destroys what was sealed with it.
journey_keys = Table(
    "journey_keys",
    metadata,
    Column("stream", StreamId, primary_key=True),
    Column("wrapped_key", LargeBinary, nullable=False),
    Column("sealed_v_number", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
)

# What was refused, kept sealed. The plain columns are filled only when they hold no personal number.
rejections = Table(
    "rejections",
    metadata,
    Column("id", _Number, Identity(), primary_key=True),
    Column("received_at", Instant, nullable=False),
    Column("oin", Text),
    Column("source", Text),
    Column("source_id", Text),
    Column("topic", Text),
    Column("faults", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Index(None, "oin", "id"),
    sqlite_autoincrement=True,
)

# One row: which of the two sets of projection tables answers reads.
serving = Table(
    "serving",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("view", Text, nullable=False),
    # How many sets served before this one: what a process remembers of a set is of one turn.
    Column("turn", BigInteger, nullable=False, server_default="0"),
    CheckConstraint("id = 1", name="one_row"),
    CheckConstraint("view IN ('view_a', 'view_b')", name="view"),
)

# The Merkle tree over the log (RFC 9162) in tiles: level 0 holds hashes of events, level n the roots of full tiles of
# level n - 1, 256 to a tile; only the last tile of a level is not full.
tiles = Table(
    "tiles",
    metadata,
    Column("level", SmallInteger, primary_key=True, autoincrement=False),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("hashes", LargeBinary, nullable=False),
    schema="proof",
)

# Signed statements that the first `size` events of the log are those with this root.
checkpoints = Table(
    "checkpoints",
    metadata,
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("root", LargeBinary, nullable=False),
    Column("signed_at", Instant, nullable=False),
    Column("note", Text, nullable=False),
    # Whether a copy was written to the checkpoint directory: from then on nothing is signed without one.
    Column("outside", Boolean, nullable=False),
    schema="proof",
)
