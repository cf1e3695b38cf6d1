"""Which journeys were claimed to be of one person: found without looking through the log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_one_person"
down_revision = "2026_11_26_destroyed"
branch_labels = None
depends_on = None


STREAM = sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    # Nothing to fill it with: no event of the kind was known before.
    op.create_table(
        "replacements",
        sa.Column("position", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("newer", STREAM, nullable=False),
        sa.Column("older", STREAM, nullable=False),
    )
    if op.get_context().dialect.name == "sqlite":
        for change in ("update", "delete"):
            op.execute(
                f"CREATE TRIGGER replacements_refuse_{change} BEFORE {change.upper()} ON replacements "
                "BEGIN SELECT RAISE(ABORT, 'replacements is append-only'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION replacements_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN RAISE EXCEPTION 'replacements is append-only' USING ERRCODE = 'restrict_violation'; END $$"
    )
    op.execute(
        "CREATE TRIGGER replacements_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON replacements "
        "FOR EACH STATEMENT EXECUTE FUNCTION replacements_refuse()"
    )
