"""Rows of the state tables in the database: read, added and closed in the values of its driver, many at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Table

from projections import dialect
from projections.tables import STILL

#: A row, in the order of its table's columns. As a projection computes it, it begins with valid_from and valid_until;
#: the columns before those tell whose row it is, and since and until when it is known.
Row = tuple[Any, ...]

#: The rows now known of a stream, as a projection computes them, each with its known_from and number.
OpenRows = dict[Row, tuple[int, int]]

_CLOSED = {"known_until": "int8"}
_KEY = {"stream": "uuid", "known_from": "int8", "number": "int4"}


def add_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Add whole rows with days and UUIDs, in the order of the table's columns."""
    if rows:
        values = dialect.rows_to_driver(connection, rows)
        dialect.insert_rows(connection, qualified(connection, table), _types(table), values)


def close_rows(connection: Connection, table: Table, rows: Sequence[tuple[int, UUID, int, int]]) -> None:
    """Let rows be known until a position: that position, and the stream, known_from and number of a row."""
    if rows:
        values = list(dialect.rows_to_driver(connection, rows))
        dialect.update_rows(connection, qualified(connection, table), _CLOSED, _KEY, values)


def read_open_rows(connection: Connection, table: Table, streams: Iterable[UUID]) -> dict[UUID, OpenRows]:
    """The rows now known of some streams, as projections compute them."""
    found: dict[UUID, OpenRows] = {}
    computed = dialect.from_driver(connection, list(table.columns)[4:])
    for row in read_rows(connection, table, streams, closed=False):
        found.setdefault(dialect.stream_id(row[0]), {})[computed(row[4:])] = row[1:3]
    return found


def read_rows(connection: Connection, table: Table, streams: Iterable[UUID], *, closed: bool = True) -> Iterator[Row]:
    """All rows of some streams, without the closed ones if so asked, in the driver's own values."""
    # The plus keeps SQLite from the index on known_until, by which it would read every open row.
    only = "" if closed else f" AND +known_until = {STILL}"
    for condition, parameters in dialect.in_streams(connection, "stream", streams):
        yield from read_rows_where(connection, table, f"{condition}{only}", parameters)


def read_rows_where(connection: Connection, table: Table, condition: str, parameters: Sequence[Any]) -> list[Row]:
    """The rows that fulfil a condition of our own making, in the driver's own values."""
    names = ", ".join(column.name for column in table.columns)
    return dialect.fetch(
        connection, f"SELECT {names} FROM {qualified(connection, table)} WHERE {condition}", parameters
    )


def qualified(connection: Connection, table: Table) -> str:
    """The name of a table in the set that the connection works on."""
    schema = connection.get_execution_options()["schema_translate_map"]["view"]
    return f"{schema}.{table.name}"


@cache
def _types(table: Table) -> dict[str, str]:
    return {column.name: dialect.postgresql_type(column) for column in table.columns}
