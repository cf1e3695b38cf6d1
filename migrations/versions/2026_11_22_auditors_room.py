"""The Merkle tree over the log with its checkpoints, portions of a filling, and a third set of projections."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_22_auditors_room"
down_revision = "2026_11_21_first_tables"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    if op.get_context().dialect.name != "sqlite":
        op.execute("CREATE SCHEMA replay")
        op.execute("CREATE SCHEMA proof")
    create_proof()
    for view in ("view_a", "view_b"):
        create_portions(view)
    create_replay()


def create_proof() -> None:
    op.create_table(
        "tiles",
        sa.Column("level", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("number", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        schema="proof",
    )
    op.create_table(
        "checkpoints",
        sa.Column("size", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("signed_at", INSTANT, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("outside", sa.Boolean(), nullable=False),
        schema="proof",
    )


def create_portions(view: str) -> None:
    op.create_table(
        "portions",
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("of", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("digests", sa.LargeBinary()),
        schema=view,
    )


def create_replay() -> None:
    """As the sets that serve are at this revision."""
    connection = op.get_bind()
    there = sa.MetaData()
    there.reflect(connection, schema="view_a")
    replay = sa.MetaData()
    for table in there.sorted_tables:
        table.to_metadata(replay, schema="replay")
    replay.create_all(connection, checkfirst=False)
    place = replay.tables["replay.place"]
    connection.execute(sa.insert(place).values(id=1, position=0))
