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
    text,
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
    # The trace (W3C) of the request that brought it: with its row the record of that processing.
    Column("trace_id", LargeBinary(16)),
    # The OIN of who posted it for `recorded_by`, where that is another.
    Column("posted_by", Text),
    UniqueConstraint("stream", "version"),
    UniqueConstraint("source", "source_id"),
    # From knownAt to the last position recorded by then.
    Index(None, "recorded_at", "position"),
    # Never hand out the position of a last row that was deleted by force: a follower would skip its successor.
    sqlite_autoincrement=True,
)

# One key a journey, wrapped under the master key; destroying it destroys what was sealed with it. Of one that was
# destroyed the wrapped key and the sealed V-number are empty, and the row stays: nobody gets another key for it.
journey_keys = Table(
    "journey_keys",
    metadata,
    Column("stream", StreamId, primary_key=True),
    Column("wrapped_key", LargeBinary, nullable=False),
    Column("sealed_v_number", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("destroyed_at", Instant),
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
    # To be counted without looking at what was refused.
    Index(None, "received_at", "oin"),
    sqlite_autoincrement=True,
)

# One row: which of the two sets of projection tables answers reads.
serving = Table(
    "serving",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("view", Text, nullable=False),
    # How many sets served before this one: what a process copied of a set is of one turn.
    Column("turn", BigInteger, nullable=False, server_default="0"),
    # How many times journeys were destroyed: who keeps keys open, or a copy of tables, forgets them when it rises.
    Column("destroyed", BigInteger, nullable=False, server_default="0"),
    # The name of the master key that wraps what is new.
    Column("wrapping", LargeBinary),
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

# The log of processing (Logboek Dataverwerkingen 1.0): one row for each person about whom an answer told something.
# Append-only by triggers, as the events are. The person is a journey, which is a keyed pseudonym.
processing_log = Table(
    "processing_log",
    metadata,
    Column("id", _Number, Identity(), primary_key=True),
    Column("trace_id", LargeBinary(16), nullable=False),
    Column("span_id", LargeBinary(8), nullable=False),
    Column("parent_span_id", LargeBinary(8)),
    # By which the audit log is found: a trace may hold many requests.
    Column("request_id", LargeBinary(8), nullable=False),
    Column("status", Text, nullable=False),
    Column("name", Text, nullable=False),
    # Milliseconds since 1970.
    Column("start_time", BigInteger, nullable=False),
    Column("end_time", BigInteger, nullable=False),
    Column("system", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("processing_activity", Text, nullable=False),
    Column("data_subject", StreamId),
    Column("foreign_processor", Text),
    Index(None, "trace_id", "id"),
    Index(None, "processing_activity", "end_time", "id"),
    Index(None, "data_subject", "end_time", "id"),
    sqlite_autoincrement=True,
)

# The audit log (BIO2 8.15): who did what to what, when, from where, with what result. Append-only too.
audit_log = Table(
    "audit_log",
    metadata,
    Column("id", _Number, Identity(), primary_key=True),
    Column("recorded_at", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    Column("organisation", Text),
    Column("action", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("journey", StreamId),
    # The events that were handed out; a last one of 2^63 - 1 is that of a stream that had not ended.
    Column("first_position", BigInteger),
    Column("last_position", BigInteger),
    Column("result", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("purpose", Text),
    # Why, in the words of who did it, where they had to say.
    Column("reason", Text),
    Column("trace_id", LargeBinary(16), nullable=False),
    Column("request_id", LargeBinary(8), nullable=False),
    Column("transaction_id", Text),
    *(Index(None, name, "recorded_at", "id") for name in ("actor", "organisation", "action", "object")),
    Index(None, "recorded_at", "id"),
    Index(None, "trace_id", "id"),
    Index(
        None,
        "last_position",
        "first_position",
        sqlite_where=text("last_position IS NOT NULL"),
        postgresql_where=text("last_position IS NOT NULL"),
    ),
    sqlite_autoincrement=True,
)

# People who are signed in. Keys and actors are digests and pseudonyms: nobody's name, and no id that a reader of the
# table could use. What is over is deleted.
sessions = Table(
    "sessions",
    metadata,
    Column("id_digest", LargeBinary, primary_key=True),
    # Of the sign-in that began it, so that none begins two.
    Column("sign_in_digest", LargeBinary, nullable=False),
    Column("actor", Text, nullable=False),
    # With spaces between them.
    Column("roles", Text, nullable=False),
    Column("organisation", Text),
    Column("created_at", Instant, nullable=False),
    Column("used_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    UniqueConstraint("sign_in_digest"),
    Index(None, "expires_at"),
)

# The keys that last, such as those of journey ids and checkpoints, wrapped under each master key that is in use, by its
# name: two while one follows the other.
master_keys = Table(
    "master_keys",
    metadata,
    Column("name", LargeBinary, primary_key=True),
    Column("wrapped", LargeBinary, nullable=False),
    Column("since", Instant, nullable=False),
)

# Journeys that are not destroyed for as long as this stands here, such as for a court.
holds = Table(
    "holds",
    metadata,
    Column("stream", StreamId, primary_key=True),
    Column("placed_by", Text, nullable=False),
    Column("placed_at", Instant, nullable=False),
    Column("reason", Text, nullable=False),
)

# What was proposed for destruction, approved by a second person, and declared when it was done. Triggers keep what was
# declared as it is, with its list.
destructions = Table(
    "destructions",
    metadata,
    Column("number", _Number, Identity(), primary_key=True),
    # `list` or `retention`.
    Column("grounds", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("journeys", Integer, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    # How many refused events were deleted until now.
    Column("refused", Integer, nullable=False, server_default="0"),
    Column("proposed_by", Text, nullable=False),
    Column("proposed_at", Instant, nullable=False),
    Column("approved_by", Text),
    Column("approved_at", Instant),
    Column("done_at", Instant),
    # A signed note.
    Column("declaration", Text),
    sqlite_autoincrement=True,
)

# The list of each, and what became of every journey on it: `destroyed`, `destroyed-before` or `held`.
listed_journeys = Table(
    "listed_journeys",
    metadata,
    Column("destruction", BigInteger, primary_key=True, autoincrement=False),
    Column("stream", StreamId, primary_key=True),
    Column("class", Text),
    Column("outcome", Text),
    Index(None, "stream"),
)

# Which journeys were ever claimed to be of one person, by the position of the event that said so: what the log says,
# found without looking through it. Append-only.
replacements = Table(
    "replacements",
    metadata,
    Column("position", _Number, primary_key=True, autoincrement=False),
    Column("newer", StreamId, nullable=False),
    Column("older", StreamId, nullable=False),
)

# Official boundaries of municipalities, by the year of which they are: rings of whole numbers as JSON, and the point
# where the sign of each stands (service/http/pages/map/boundaries.py has their units). Imported by an operator.
boundaries = Table(
    "boundaries",
    metadata,
    Column("year", SmallInteger, primary_key=True, autoincrement=False),
    Column("code", Text, primary_key=True),
    Column("rings", Text, nullable=False),
    Column("x", Integer, nullable=False),
    Column("y", Integer, nullable=False),
    Column("imported_at", Instant, nullable=False),
)
