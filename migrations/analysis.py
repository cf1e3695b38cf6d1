"""Views for analysts on PostgreSQL, as migrations make them: of a state table, with what each column says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import sqlalchemy as sa
from alembic import op

ROLE = "ketenspoor_analyst"

SPANS = {
    "known_from": "Position in the log (positie) from which on this was known.",
    "known_until": "Position from which on it was no longer known; null: it still is.",
    "valid_from": "First day (ingangsdatum) for which it holds; null: it always did.",
    "valid_until": "First day for which it no longer holds; null: it holds without end.",
}
MUNICIPALITY = "Code of the municipality (gemeentecode, CBS), GM and four digits."
PERIOD = "Half-year (halfjaar): 2021-I is January to June, 2021-II July to December."

ENDS = {
    "known_until": f"nullif(known_until, {2**63 - 1})",
    "valid_from": "nullif(valid_from, '0001-01-01')",
    "valid_until": "nullif(valid_until, '9999-12-31')",
}


def create_table_view(name: str, told: str, columns: Mapping[str, str]) -> None:
    """The view of a state table, with the days and positions of its rows, and its function for two times."""
    every = {**SPANS, **columns}
    create_view(name, ", ".join(f"{ENDS[column]} AS {column}" if column in ENDS else column for column in every))
    comment(name, told, every)
    create_as_of(name)


def drop_table_view(name: str) -> None:
    op.execute(f"DROP FUNCTION analysis.{name}_at")
    op.execute(f"DROP VIEW analysis.{name}")


def create_view(name: str, columns: str, of: str | None = None) -> None:
    """The set that serves. The other's condition is false before the first of its rows is read.

    Without `security_invoker`: the owner of the view reads the tables, which the role cannot.
    """
    sets = (
        f"SELECT {columns} FROM {view}.{of or name} WHERE (SELECT serving.view FROM serving) = '{view}'"  # noqa: S608
        for view in ("view_a", "view_b")
    )
    op.execute(f"CREATE VIEW analysis.{name} AS {' UNION ALL '.join(sets)}")


def comment(name: str, told: str, columns: Mapping[str, str]) -> None:
    op.execute(f"COMMENT ON VIEW analysis.{name} IS '{told}'")
    for column, meaning in columns.items():
        op.execute(f"COMMENT ON COLUMN analysis.{name}.{column} IS '{meaning}'")


def create_as_of(name: str) -> None:
    """The rows in force for both times."""
    op.execute(
        f"CREATE FUNCTION analysis.{name}_at(valid_on date, at_position bigint) RETURNS SETOF analysis.{name} "  # noqa: S608
        f"LANGUAGE sql STABLE AS $$ SELECT * FROM analysis.{name} "
        "WHERE known_from <= at_position AND (known_until > at_position OR known_until IS NULL) "
        "AND (valid_from <= valid_on OR valid_from IS NULL) AND (valid_until > valid_on OR valid_until IS NULL) $$"
    )
    op.execute(
        f"COMMENT ON FUNCTION analysis.{name}_at IS "
        f"'The rows of {name} that held on a day (peildatum), as known at a position of the log (positie).'"
    )


def name_positions(names: Iterable[str]) -> None:
    """Say of which views `positions` has a row."""
    op.execute(f"COMMENT ON COLUMN analysis.positions.name IS 'The view: {', '.join(names)}.'")


def role_is_there() -> bool:
    return bool(op.get_bind().scalar(sa.text(f"SELECT count(*) FROM pg_roles WHERE rolname = '{ROLE}'")))  # noqa: S608


def grant() -> None:
    """Let the role read, where it is there; who may not make it was told so when the views were made."""
    if role_is_there():
        op.execute(f"GRANT USAGE ON SCHEMA analysis TO {ROLE}")
        op.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA analysis TO {ROLE}")
