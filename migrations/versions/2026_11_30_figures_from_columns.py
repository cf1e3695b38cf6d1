"""Figures are read from a copy in columns: the rows keep only the indexes by which that copy is caught up."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "2026_11_30_figures_from_columns"
down_revision = "2026_11_27_one_person"
branch_labels = None
depends_on = None

#: By which figures were read without the tables; the names of long ones are the database's own.
COVERING = {
    "phases": (
        (
            *("municipality", "phase", "ended_on", "known_until", "known_from"),
            *("valid_until", "valid_from", "family", "days", "link_days"),
        ),
        (
            *("municipality", "phase", "known_until", "valid_until", "valid_from", "known_from"),
            *("family", "started_on", "earlier_days", "permit_on", "link_on", "ended_on"),
        ),
    ),
    "housings": (("period", "municipality", "accommodation", "valid_from", "known_from", "known_until", "persons"),),
    "quota": (("period", "known_until"),),
}


def upgrade() -> None:
    ended = sa.text(f"known_until < {2**63 - 1}")
    for view in ("view_a", "view_b", "replay"):
        for table, some in COVERING.items():
            for columns in some:
                drop_index(view, table, columns)
        op.create_index(None, "phases", ["known_from"], schema=view)
        op.create_index(None, "phases", ["known_until"], schema=view, sqlite_where=ended, postgresql_where=ended)


def drop_index(view: str, table: str, columns: Sequence[str]) -> None:
    for index in sa.inspect(op.get_bind()).get_indexes(table, schema=view):
        if tuple(index["column_names"]) == columns and index["name"]:
            op.drop_index(index["name"], table, schema=view)
