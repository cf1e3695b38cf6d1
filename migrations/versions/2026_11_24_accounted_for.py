"""The trace of each event and who posted it for another; the log of processing and the audit log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_24_accounted_for"
down_revision = "2026_11_23_phases_apart"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
STREAM = sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    # Both null where they are not known, so no row is written again.
    op.add_column("events", sa.Column("trace_id", sa.LargeBinary(16)))
    op.add_column("events", sa.Column("posted_by", sa.Text()))
    create_processing_log()
    create_audit_log()
    make_append_only("processing_log", "audit_log")


def create_processing_log() -> None:
    op.create_table(
        "processing_log",
        sa.Column("id", NUMBER, sa.Identity(), primary_key=True),
        sa.Column("trace_id", sa.LargeBinary(16), nullable=False),
        sa.Column("span_id", sa.LargeBinary(8), nullable=False),
        sa.Column("parent_span_id", sa.LargeBinary(8)),
        sa.Column("request_id", sa.LargeBinary(8), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("start_time", sa.BigInteger(), nullable=False),
        sa.Column("end_time", sa.BigInteger(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("processing_activity", sa.Text(), nullable=False),
        sa.Column("data_subject", STREAM),
        sa.Column("foreign_processor", sa.Text()),
        sqlite_autoincrement=True,
    )
    for columns in (
        ["trace_id", "id"],
        ["processing_activity", "end_time", "id"],
        ["data_subject", "end_time", "id"],
    ):
        op.create_index(None, "processing_log", columns)


def create_audit_log() -> None:
    op.create_table(
        "audit_log",
        sa.Column("id", NUMBER, sa.Identity(), primary_key=True),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text()),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("journey", STREAM),
        sa.Column("first_position", sa.BigInteger()),
        sa.Column("last_position", sa.BigInteger()),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.Column("trace_id", sa.LargeBinary(16), nullable=False),
        sa.Column("request_id", sa.LargeBinary(8), nullable=False),
        sa.Column("transaction_id", sa.Text()),
        sqlite_autoincrement=True,
    )
    for name in ("actor", "organisation", "action", "object"):
        op.create_index(None, "audit_log", [name, "recorded_at", "id"])
    op.create_index(None, "audit_log", ["recorded_at", "id"])
    op.create_index(None, "audit_log", ["trace_id", "id"])
    about_events = sa.text("last_position IS NOT NULL")
    op.create_index(
        None,
        "audit_log",
        ["last_position", "first_position"],
        sqlite_where=about_events,
        postgresql_where=about_events,
    )


def make_append_only(*tables: str) -> None:
    if op.get_context().dialect.name != "sqlite":
        op.execute(
            "CREATE FUNCTION account_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ "
            "BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$"
        )
        for table in tables:
            op.execute(
                f"CREATE TRIGGER {table}_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION account_refuse()"
            )
        return
    for table in tables:
        for change in ("update", "delete"):
            op.execute(
                f"CREATE TRIGGER {table}_refuse_{change} BEFORE {change.upper()} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        # INSERT OR REPLACE deletes without asking the trigger above, unless the connection was told to ask.
        op.execute(
            f"CREATE TRIGGER {table}_refuse_replacing BEFORE INSERT ON {table} "  # noqa: S608 - ours
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id) "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
