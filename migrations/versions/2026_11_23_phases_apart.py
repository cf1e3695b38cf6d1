"""A row a phase, a place a projection, and what the realisation's balances are carried with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_23_phases_apart"
down_revision = "2026_11_22_auditors_room"
branch_labels = None
depends_on = None

STREAM = sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite")
DAY = sa.Date().with_variant(sa.Text(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    phases_apart()
    places_apart()
    index_turns()
    count_turns_of_serving()


def phases_apart() -> None:
    """A row a phase instead of one a journey; what stood in the old table is computed again from the log."""
    for view in ("view_a", "view_b", "replay"):
        op.drop_table("norm_phases", schema=view)
        op.create_table(
            "phases",
            sa.Column("stream", STREAM, primary_key=True),
            sa.Column("known_from", sa.BigInteger(), primary_key=True, autoincrement=False),
            sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
            sa.Column("known_until", sa.BigInteger(), nullable=False),
            sa.Column("valid_from", DAY, nullable=False),
            sa.Column("valid_until", DAY, nullable=False),
            sa.Column("phase", sa.Text(), nullable=False),
            sa.Column("municipality", sa.Text()),
            sa.Column("family", sa.Boolean(create_constraint=False), nullable=False),
            sa.Column("started_on", DAY),
            sa.Column("ended_on", DAY),
            sa.Column("days", sa.Integer()),
            sa.Column("earlier_days", sa.Integer(), nullable=False),
            sa.Column("permit_on", DAY),
            sa.Column("link_on", DAY),
            sa.Column("link_days", sa.Integer()),
            schema=view,
        )
        index_phases(
            view,
            "completed",
            "ended_on IS NOT NULL",
            *("municipality", "phase", "ended_on", "known_until", "known_from"),
            *("valid_until", "valid_from", "family", "days", "link_days"),
        )
        index_phases(
            view,
            "waiting",
            "ended_on IS NULL",
            *("municipality", "phase", "known_until", "valid_until", "valid_from", "known_from"),
            *("family", "started_on", "earlier_days", "permit_on", "link_on", "ended_on"),
        )


def index_phases(view: str, name: str, which: str, *columns: str) -> None:
    condition = sa.text(which)
    op.create_index(
        f"ix_phases_{name}",
        "phases",
        list(columns),
        schema=view,
        sqlite_where=condition,
        postgresql_where=condition,
    )


def index_turns() -> None:
    """By which the rows are found that began or stopped being known between two positions."""
    ended = sa.text(f"known_until < {2**63 - 1}")
    for view in ("view_a", "view_b", "replay"):
        for table in ("housings", "quota", "reference"):
            op.create_index(None, table, ["known_from"], schema=view)
            op.create_index(None, table, ["known_until"], schema=view, sqlite_where=ended, postgresql_where=ended)


def count_turns_of_serving() -> None:
    """How many sets served before this one."""
    op.add_column("serving", sa.Column("turn", sa.BigInteger(), nullable=False, server_default="0"))


def places_apart() -> None:
    """A row a projection. What is new to these tables begins at the beginning, and the follower fills it."""
    connection = op.get_bind()
    for view in ("view_a", "view_b", "replay"):
        position = connection.execute(sa.text(f"SELECT position FROM {view}.place")).scalar_one()  # noqa: S608
        op.drop_table("place", schema=view)
        place = op.create_table(
            "place",
            sa.Column("projection", sa.Text(), primary_key=True),
            sa.Column("position", sa.BigInteger(), nullable=False),
            sa.Column("recorded_at", INSTANT),
            sa.Column("failed_at", sa.BigInteger()),
            sa.Column("failed_stream", STREAM),
            sa.Column("fault", sa.Text()),
            sa.Column("fault_at", sa.Text()),
            schema=view,
        )
        kept = [{"projection": name, "position": position} for name in ("housings", "quota", "reference")]
        op.bulk_insert(place, [{"projection": "phases", "position": 0}, *kept])
