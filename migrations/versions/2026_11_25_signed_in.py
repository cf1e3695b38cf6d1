"""People who are signed in."""

from __future__ import annotations

revision = "2026_11_25_signed_in"
down_revision = "2026_11_24_accounted_for"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
