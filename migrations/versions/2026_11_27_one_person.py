"""What is derived of persons who have had two V-numbers."""

from __future__ import annotations

revision = "2026_11_27_one_person"
down_revision = "2026_11_26_destroyed"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
