"""Journeys whose keys were destroyed, who decided it, and the master keys that wrap the others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_destroyed"
down_revision = "2026_11_25_signed_in"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
STREAM = sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    op.add_column("journey_keys", sa.Column("destroyed_at", INSTANT))
    # One row: who keeps keys open looks at it within every commit.
    op.add_column("serving", sa.Column("destroyed", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("serving", sa.Column("wrapping", sa.LargeBinary()))
    op.create_table(
        "master_keys",
        sa.Column("name", sa.LargeBinary(), primary_key=True),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
    )
    op.create_table(
        "holds",
        sa.Column("stream", STREAM, primary_key=True),
        sa.Column("placed_by", sa.Text(), nullable=False),
        sa.Column("placed_at", INSTANT, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
    )
    create_destructions()
    if op.get_context().dialect.name != "sqlite":
        # Samples of these would stand in the statistics after they were destroyed.
        for table, column in (
            ("journey_keys", "wrapped_key"),
            ("journey_keys", "sealed_v_number"),
            ("rejections", "sealed"),
            ("master_keys", "wrapped"),
        ):
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS 0")


def create_destructions() -> None:
    op.create_table(
        "destructions",
        sa.Column("number", NUMBER, sa.Identity(), primary_key=True),
        sa.Column("grounds", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("journeys", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_at", INSTANT, nullable=False),
        sa.Column("approved_by", sa.Text()),
        sa.Column("approved_at", INSTANT),
        sa.Column("done_at", INSTANT),
        sa.Column("declaration", sa.Text()),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "listed_journeys",
        sa.Column("destruction", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("stream", STREAM, primary_key=True),
        sa.Column("class", sa.Text()),
        sa.Column("outcome", sa.Text()),
    )
    op.create_index(None, "listed_journeys", ["stream"])
    if op.get_context().dialect.name == "sqlite":
        keep_declarations_on_sqlite()
    else:
        keep_declarations_on_postgresql()


def keep_declarations_on_sqlite() -> None:
    """What was declared is neither changed nor deleted, and neither is its list."""
    for change, row in (("insert", "NEW"), ("update", "OLD"), ("update", "NEW"), ("delete", "OLD")):
        op.execute(
            f"CREATE TRIGGER listed_journeys_refuse_{change}_{row.lower()} "  # noqa: S608 - ours
            f"BEFORE {change.upper()} ON listed_journeys WHEN EXISTS (SELECT 1 FROM destructions "
            f"WHERE number = {row}.destruction AND declaration IS NOT NULL) "
            "BEGIN SELECT RAISE(ABORT, 'a declaration stays as it is'); END"
        )
    for change in ("update", "delete"):
        op.execute(
            f"CREATE TRIGGER destructions_refuse_{change} BEFORE {change.upper()} ON destructions "
            "WHEN OLD.declaration IS NOT NULL BEGIN SELECT RAISE(ABORT, 'a declaration stays as it is'); END"
        )
    op.execute(
        "CREATE TRIGGER destructions_refuse_replacing BEFORE INSERT ON destructions "
        "WHEN EXISTS (SELECT 1 FROM destructions WHERE number = NEW.number) "
        "BEGIN SELECT RAISE(ABORT, 'a declaration stays as it is'); END"
    )


def keep_declarations_on_postgresql() -> None:
    """What was declared is neither changed nor deleted, and neither is its list."""
    op.execute(
        "CREATE FUNCTION destructions_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN RAISE EXCEPTION 'a declaration stays as it is' USING ERRCODE = 'restrict_violation'; END $$"
    )
    op.execute(
        "CREATE TRIGGER destructions_refuse BEFORE UPDATE OR DELETE ON destructions "
        "FOR EACH ROW WHEN (OLD.declaration IS NOT NULL) EXECUTE FUNCTION destructions_refuse()"
    )
    op.execute(
        "CREATE TRIGGER destructions_refuse_truncating BEFORE TRUNCATE ON destructions "
        "FOR EACH STATEMENT EXECUTE FUNCTION destructions_refuse()"
    )
    op.execute(
        "CREATE FUNCTION listed_journeys_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN IF TG_OP = 'TRUNCATE' OR EXISTS (SELECT 1 FROM destructions WHERE declaration IS NOT NULL "
        "AND (TG_OP <> 'INSERT' AND number = OLD.destruction OR TG_OP <> 'DELETE' AND number = NEW.destruction)) "
        "THEN RAISE EXCEPTION 'a declaration stays as it is' USING ERRCODE = 'restrict_violation'; END IF; "
        "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER listed_journeys_refuse BEFORE INSERT OR UPDATE OR DELETE ON listed_journeys "
        "FOR EACH ROW EXECUTE FUNCTION listed_journeys_refuse()"
    )
    op.execute(
        "CREATE TRIGGER listed_journeys_refuse_truncating BEFORE TRUNCATE ON listed_journeys "
        "FOR EACH STATEMENT EXECUTE FUNCTION listed_journeys_refuse()"
    )
