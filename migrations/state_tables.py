"""State tables as migrations make them: in every set, with positions and days of their rows, filled from the log."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from alembic import op

SETS = ("view_a", "view_b", "replay")

STREAM = sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite")
DAY = sa.Date().with_variant(sa.Text(), "sqlite")


def create_state_table(view: str, name: str, *columns: sa.Column[Any]) -> None:
    op.create_table(
        name,
        sa.Column("stream", STREAM, primary_key=True),
        sa.Column("known_from", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("known_until", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", DAY, nullable=False),
        sa.Column("valid_until", DAY, nullable=False),
        *columns,
        schema=view,
    )
    ended = sa.text(f"known_until < {2**63 - 1}")
    op.create_index(None, name, ["known_from"], schema=view)
    op.create_index(None, name, ["known_until"], schema=view, sqlite_where=ended, postgresql_where=ended)


def begin_anew(view: str, names: Iterable[str], gone: Iterable[str] = ()) -> None:
    """Let the follower fill tables from the beginning of the log, and leave alone those that are gone; a rebuild that
    was interrupted begins anew too.
    """
    place, filled = f"{view}.place", tuple(names)
    for name in (*filled, *gone):
        op.execute(f"DELETE FROM {place} WHERE projection = '{name}'")  # noqa: S608
    for name in filled:
        op.execute(f"INSERT INTO {place} (projection, position) VALUES ('{name}', 0)")  # noqa: S608
    op.execute(f"DELETE FROM {view}.portions")  # noqa: S608
