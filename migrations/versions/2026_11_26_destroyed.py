"""Journeys whose keys were destroyed, who decided it, and the master keys that wrap the others."""

from __future__ import annotations

revision = "2026_11_26_destroyed"
down_revision = "2026_11_25_signed_in"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
