"""Rows as they are stored: read, added and closed in the values of the engine's driver, many at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Table

from projections import dialect
from projections.tables import STILL

#: A row, in the order of its table's columns. As a projection says it, it begins with valid_from and valid_until; what
#: stands before those tells whose row it is, and since and until when it is known.
Row = tuple[Any, ...]

#: The rows in force of a stream, as a projection says them, each with its known_from and number.
Standing = dict[Row, tuple[int, int]]


def write(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Add whole rows with days and UUIDs, in the order of the table's columns."""
    if rows:
        types = {column.name: dialect.postgresql_type(column) for column in table.columns}
        plain = (dialect.plain(connection, row) for row in rows)
        dialect.write_rows(connection, qualified(connection, table), types, plain)


def close(connection: Connection, table: Table, rows: Sequence[tuple[int, UUID, int, int]]) -> None:
    """Let rows be known until a position: that position, and the stream, known_from and number of a row."""
    if rows:
        types = {"known_until": "int8"}, {"stream": "uuid", "known_from": "int8", "number": "int4"}
        plain = [dialect.plain(connection, row) for row in rows]
        dialect.change_rows(connection, qualified(connection, table), *types, plain)


def standing(connection: Connection, table: Table, streams: Iterable[UUID]) -> dict[UUID, Standing]:
    """The rows now in force of some streams, as projections say them."""
    found: dict[UUID, Standing] = {}
    said = dialect.natural(connection, list(table.columns)[4:])
    for row in every(connection, table, streams, closed=False):
        found.setdefault(dialect.stream(row[0]), {})[said(row[4:])] = row[1:3]
    return found


def every(connection: Connection, table: Table, streams: Iterable[UUID], *, closed: bool = True) -> Iterator[Row]:
    """All rows of some streams, those that are closed too unless told otherwise, in the driver's own values."""
    # The plus keeps SQLite from the index on known_until, by which it would read every row that stands.
    only = "" if closed else f" AND +known_until = {STILL}"
    for condition, parameters in dialect.among(connection, "stream", streams):
        yield from rows_where(connection, table, f"{condition}{only}", parameters)


def rows_where(connection: Connection, table: Table, condition: str, parameters: Sequence[Any]) -> list[Row]:
    """The rows that fulfil a condition of our own making, in the driver's own values."""
    names = ", ".join(column.name for column in table.columns)
    return dialect.fetch(
        connection, f"SELECT {names} FROM {qualified(connection, table)} WHERE {condition}", parameters
    )


def qualified(connection: Connection, table: Table) -> str:
    """The name of a table in the set that the connection works on."""
    schema = connection.get_execution_options()["schema_translate_map"]["view"]
    return f"{schema}.{table.name}"
