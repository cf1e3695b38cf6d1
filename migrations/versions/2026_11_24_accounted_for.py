"""The trace of each event and who posted it for another; the log of processing and the audit log."""

from __future__ import annotations

revision = "2026_11_24_accounted_for"
down_revision = "2026_11_23_phases_apart"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
