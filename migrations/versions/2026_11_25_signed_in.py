"""People who are signed in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_25_signed_in"
down_revision = "2026_11_24_accounted_for"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "sessions",
        sa.Column("id_digest", sa.LargeBinary(), nullable=False),
        sa.Column("sign_in_digest", sa.LargeBinary(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text()),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id_digest", name="pk_sessions"),
        sa.UniqueConstraint("sign_in_digest", name="uq_sessions_sign_in_digest"),
    )
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])
