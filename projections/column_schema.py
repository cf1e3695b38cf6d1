"""The state tables as DuckDB has them: their types, what they are read by, and what fills them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Connection, Integer, SmallInteger, Table, Text

from domain.period import Period
from projections.columns import Day, StreamId
from projections.dialect import Question
from projections.row_store import qualified
from projections.tables import FOREVER, ORDER, STILL, VALUES, Values, housings, phases, quota, reference

#: What is copied, in the order of the catalogue.
TABLES = (phases, housings, quota, reference)

# What is read of a file at once; most of it would otherwise be kept for nothing.
_BUFFER = 4 << 20

_TYPES: Mapping[type, str] = {
    BigInteger: "BIGINT",
    Boolean: "BOOLEAN",
    Day: "DATE",
    Integer: "INTEGER",
    SmallInteger: "SMALLINT",
    StreamId: "UUID",
    Text: "VARCHAR",
}


# Texts of few values are numbers in columns. Where thousands are possible, making texts of them, or them of texts,
# costs more than the rest of a question: `enum_code(municipality)` is read instead, and compared with these.


def municipality_number(code: str) -> int:
    """What `enum_code` makes of a municipality's code."""
    return int(code.removeprefix("GM"))


def municipality_code(number: int) -> str:
    """The code of a municipality by what `enum_code` makes of it."""
    return f"GM{number:04d}"


def period_of(number: int) -> Period:
    """The half-year by what `enum_code` makes of it."""
    return Period(1 + number // 2, 1 + number % 2)


def schema() -> Iterator[str]:
    """The statements that make the tables, what they are read by, and the types of texts that are of few values."""
    listed = {values.name: values for table in TABLES for column in table.columns if (values := _values(column))}
    for name, values in listed.items():
        yield f"CREATE TYPE {name} AS ENUM ({', '.join(map(_quoted, values.values))})"
    for table in TABLES:
        columns = ", ".join(f"{column.name} {type_of(column)}" for column in table.columns)
        yield f"CREATE TABLE {table.name} ({columns})"
        day = f"least(day, DATE '{FOREVER}' - 1)"
        valid = f"valid_from <= {day} AND valid_until > {day}"
        yield (
            f"CREATE MACRO {table.name}_at(day, position) AS TABLE SELECT * FROM {table.name} "
            f"WHERE known_from <= position AND known_until > position AND {valid}"
        )
        yield (
            f"CREATE MACRO {table.name}_between(day, after, until) AS TABLE SELECT * FROM {table.name} "
            f"WHERE known_from <= until AND known_until > after AND {valid}"
        )


def _values(column: Column[Any]) -> Values | None:
    values: Values | None = column.info.get(VALUES)
    return values


def type_of(column: Column[Any]) -> str:
    values = _values(column)
    return _TYPES[type(column.type)] if values is None else values.name


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def from_csv(table: Table, descriptor: int) -> str:
    types = ", ".join(f"{_quoted(column.name)}: {_quoted(type_of(column))}" for column in table.columns)
    return (
        f"INSERT INTO {table.name} SELECT * FROM read_csv('/dev/fd/{descriptor}', auto_detect = false, header = false, "
        f"delim = ',', quote = '\"', escape = '\"', nullstr = '', buffer_size = {_BUFFER}, columns = {{{types}}})"
        f"{table.info.get(ORDER, '')}"
    )


def changed(connection: Connection, table: Table, after: int, until: int) -> Question:
    """The rows that began behind a position and up to another, and those that ended there and had begun before."""
    of, names = qualified(connection, table), ", ".join(column.name for column in table.columns)
    # The open end is written out, so that both engines see that the index over ended rows alone will do.
    statement = (
        f"SELECT {names} FROM {of} WHERE known_from > ? AND known_from <= ? UNION ALL "
        f"SELECT {names} FROM {of} WHERE known_until > ? AND known_until <= ? AND known_until < {STILL} "
        f"AND known_from <= ?"
    )
    return statement, (after, until, after, until, after)
