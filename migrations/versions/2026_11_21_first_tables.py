"""The log of events, its keys, rejections, and two schemas for the projections."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "2026_11_21_first_tables"
down_revision = None
branch_labels = None
depends_on = None

# Each type twice: what PostgreSQL calls it, and what SQLite keeps instead.
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
STREAM = sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
DAY = sa.Date().with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    sqlite = op.get_context().dialect.name == "sqlite"
    create_log()
    if sqlite:
        make_append_only_on_sqlite()
    else:
        make_append_only_on_postgresql()
        # On SQLite these are files beside the database, attached by every connection.
        op.execute("CREATE SCHEMA view_a")
        op.execute("CREATE SCHEMA view_b")
    for view in ("view_a", "view_b"):
        create_projections(view)


def create_log() -> None:
    op.create_table(
        "events",
        sa.Column("position", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("stream", STREAM, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("effective_on", DAY),
        sa.Column("sent_at", INSTANT),
        sa.Column("recorded_at", INSTANT),
        sa.Column("source", sa.Text()),
        sa.Column("source_id", sa.Text()),
        sa.Column("recorded_by", sa.Text()),
        sa.Column("content_mac", sa.LargeBinary()),
        sa.UniqueConstraint("stream", "version", name="uq_events_stream_version"),
        sa.UniqueConstraint("source", "source_id", name="uq_events_source_source_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_events_recorded_at_position", "events", ["recorded_at", "position"])
    op.create_table(
        "journey_keys",
        sa.Column("stream", STREAM, primary_key=True),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_v_number", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
    )
    op.create_table(
        "rejections",
        sa.Column("id", NUMBER, sa.Identity(), primary_key=True),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("oin", sa.Text()),
        sa.Column("source", sa.Text()),
        sa.Column("source_id", sa.Text()),
        sa.Column("topic", sa.Text()),
        sa.Column("faults", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_rejections_oin_id", "rejections", ["oin", "id"])
    serving = op.create_table(
        "serving",
        sa.Column("id", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("view", sa.Text(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_serving_one_row")),
        sa.CheckConstraint("view IN ('view_a', 'view_b')", name=op.f("ck_serving_view")),
    )
    op.bulk_insert(serving, [{"id": 1, "view": "view_a"}])


def create_projections(view: str) -> None:
    op.create_table(
        "norm_phases",
        *spans(),
        sa.Column("municipality", sa.Text()),
        sa.Column("family", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("closed", sa.Boolean(create_constraint=False), nullable=False),
        *phase("linking"),
        *phase("housing"),
        *phase("departure"),
        *phase("chain"),
        sa.Column("linking_earlier_days", sa.Integer(), nullable=False),
        sa.Column("from_link_days", sa.Integer()),
        schema=view,
    )
    create_index(view, "norm_phases", "known_until", "valid_until", "valid_from")
    create_index(view, "norm_phases", "municipality", "known_until", "valid_until")
    op.create_table(
        "housings",
        *spans(),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("accommodation", sa.Text(), nullable=False),
        sa.Column("persons", sa.SmallInteger(), nullable=False),
        sa.Column("turn", sa.SmallInteger(), nullable=False),
        schema=view,
    )
    create_index(
        view,
        "housings",
        *("period", "municipality", "accommodation", "valid_from", "known_from", "known_until", "persons"),
    )
    op.create_table(
        "quota",
        *spans(),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("municipality", sa.Text()),
        sa.Column("persons", sa.Integer(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        schema=view,
    )
    create_index(view, "quota", "period", "known_until")
    op.create_table(
        "reference",
        *spans(),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("successor", sa.Text()),
        sa.Column("day", DAY, nullable=False),
        sa.Column("persons", sa.Integer()),
        sa.Column("name", sa.Text()),
        sa.Column("province", sa.Text()),
        schema=view,
    )
    place = op.create_table(
        "place",
        sa.Column("id", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("one_row")),
        schema=view,
    )
    op.bulk_insert(place, [{"id": 1, "position": 0}])


def spans() -> list[sa.Column[Any]]:
    return [
        sa.Column("stream", STREAM, primary_key=True),
        sa.Column("known_from", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("known_until", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", DAY, nullable=False),
        sa.Column("valid_until", DAY, nullable=False),
    ]


def phase(name: str) -> list[sa.Column[Any]]:
    return [
        sa.Column(f"{name}_state", sa.Text(), nullable=False),
        sa.Column(f"{name}_started_on", DAY),
        sa.Column(f"{name}_ended_on", DAY),
        sa.Column(f"{name}_days", sa.Integer()),
    ]


def create_index(view: str, table: str, *columns: str) -> None:
    # Named by the convention, which also shortens what PostgreSQL finds too long.
    op.create_index(None, table, list(columns), schema=view)


def make_append_only_on_sqlite() -> None:
    for change in ("update", "delete"):
        op.execute(
            f"CREATE TRIGGER events_refuse_{change} BEFORE {change.upper()} ON events "
            "BEGIN SELECT RAISE(ABORT, 'events is append-only'); END"
        )

    # INSERT OR REPLACE deletes without asking the trigger above, unless the connection was told to ask.
    op.execute(
        "CREATE TRIGGER events_refuse_replacing BEFORE INSERT ON events "
        "WHEN NEW.position <= (SELECT max(position) FROM events) "
        "BEGIN SELECT RAISE(ABORT, 'events is append-only'); END"
    )


def make_append_only_on_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION events_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN RAISE EXCEPTION 'events is append-only' USING ERRCODE = 'restrict_violation'; END $$"
    )
    # For each statement: TRUNCATE knows no rows, and a change that meets no row is a mistake as well.
    op.execute(
        "CREATE TRIGGER events_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON events "
        "FOR EACH STATEMENT EXECUTE FUNCTION events_refuse()"
    )
