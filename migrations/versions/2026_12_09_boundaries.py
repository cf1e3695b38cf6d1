"""Official boundaries of municipalities, by year, for the map."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_12_09_boundaries"
down_revision = "2026_12_08_findings"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "boundaries",
        sa.Column("year", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("rings", sa.Text(), nullable=False),
        sa.Column("x", sa.Integer(), nullable=False),
        sa.Column("y", sa.Integer(), nullable=False),
        sa.Column("imported_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("year", "code", name="pk_boundaries"),
    )


def downgrade() -> None:
    op.drop_table("boundaries")
