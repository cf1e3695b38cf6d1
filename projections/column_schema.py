"""The state tables as DuckDB has them: their types, what they are read by, and what fills them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Boolean, Column, Connection, Integer, SmallInteger, Table, Text

from domain.period import Period
from projections import dialect
from projections.columns import Day, StreamId
from projections.dialect import Statement
from projections.row_store import qualified
from projections.states import TABLES
from projections.tables import FOREVER, MUNICIPALITY, ORDER, ORGANISATION, PERIOD, STILL, VALUES, Values

_LINES_AT_ONCE = 5_000
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


# Texts of a few values are ENUMs in columns. Municipalities and half-years, of which there can be thousands, are
# numbers: an ENUM of so many takes 0.1 s to make, and texts cost more than the rest of a question. Statements turn them
# into texts with the macros `municipality_code(number)`, `period_name(number)` and `organisation_oin(number)`.


class _Numbered(NamedTuple):
    """How a text is a number in columns: by the database that it comes from, by Python, and back by DuckDB."""

    of_text: str
    number: Callable[[str], int]
    macro: str
    text: str
    type: str = "SMALLINT"


def municipality_number(code: str) -> int:
    """The number that a municipality's code is in columns."""
    return int(code[2:])


def municipality_code(number: int) -> str:
    """The code of a municipality by its number in columns."""
    return f"GM{number:04d}"


def period_number(period: Period) -> int:
    """The number that a half-year is in columns; later ones have larger numbers."""
    return 2 * period.year + period.half - 3


def period_of(number: int) -> Period:
    """The half-year by its number in columns."""
    return Period(1 + number // 2, 1 + number % 2)


_NUMBERED: Mapping[Values, _Numbered] = {
    MUNICIPALITY[VALUES]: _Numbered(
        "CAST(substr({0}, 3) AS INTEGER)",
        municipality_number,
        "municipality_code",
        "'GM' || lpad(number::VARCHAR, 4, '0')",
    ),
    PERIOD[VALUES]: _Numbered(
        "2 * CAST(substr({0}, 1, 4) AS INTEGER) + length({0}) - 8",
        lambda name: period_number(Period.parse(name)),
        "period_name",
        "lpad((1 + number // 2)::VARCHAR, 4, '0') || CASE number % 2 WHEN 0 THEN '-I' ELSE '-II' END",
    ),
    # Twenty digits, of which no database makes a number.
    ORGANISATION[VALUES]: _Numbered("{0}", int, "organisation_oin", "lpad(number::VARCHAR, 20, '0')", "HUGEINT"),
}


def schema() -> Iterator[str]:
    """The statements that make the tables, what they are read by, and the types of texts that are of few values."""
    listed = {values.name: values for table in TABLES for column in table.columns if (values := _values(column))}
    for name, values in listed.items():
        if values not in _NUMBERED:
            yield f"CREATE TYPE {name} AS ENUM ({', '.join(map(_quoted, values.values))})"
    for numbered in _NUMBERED.values():
        yield f"CREATE MACRO {numbered.macro}(number) AS {numbered.text}"
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


def _numbered(column: Column[Any]) -> _Numbered | None:
    values = _values(column)
    return None if values is None else _NUMBERED.get(values)


def type_of(column: Column[Any]) -> str:
    """The type of a column in DuckDB."""
    values = _values(column)
    if values is None:
        return _TYPES[type(column.type)]
    numbered = _NUMBERED.get(values)
    return values.name if numbered is None else numbered.type


def text_of(column: Column[Any]) -> str:
    """A column in a statement over the copy, as the state table itself has it."""
    numbered = _numbered(column)
    return column.name if numbered is None else f"{numbered.macro}({column.name}) AS {column.name}"


def number_of(column: Column[Any]) -> Callable[[str], int] | None:
    """How a text of a column becomes the number that it is in the copy; None where it stays as it is."""
    numbered = _numbered(column)
    return None if numbered is None else numbered.number


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _source_of(column: Column[Any]) -> str | None:
    """What the database is asked for where that is not the column itself."""
    numbered = _numbered(column)
    return None if numbered is None else numbered.of_text.format(column.name)


def read_csv(connection: Connection, table: Table) -> Generator[bytes]:
    """All rows of a table as lines of CSV, part by part: days as ISO has them, nothing where nothing is, numbers
    for what is a number in columns.
    """
    of, columns = qualified(connection, table), list(table.columns)
    if dialect.is_sqlite(connection):
        # Made by the database: a value that becomes one of Python's costs more than all else.
        form = ",".join('"%w"' if _quotable(column) else "%s" for column in columns)
        values = ", ".join(_source_of(column) or _printed(column) for column in columns)
        statement = f"SELECT printf('{form}', {values}) FROM {of}"
        with dialect.driver_connection(connection, statement) as raw:
            cursor = raw.execute(statement)
            while rows := cursor.fetchmany(_LINES_AT_ONCE):
                yield ("\n".join([line for (line,) in rows]) + "\n").encode()
        return
    names = ", ".join(_source_of(column) or column.name for column in columns)
    with dialect.driver_connection(connection, f"COPY {of}") as raw, raw.cursor() as cursor:
        cursor.execute("SELECT set_config('datestyle', 'ISO, YMD', true)")
        with cursor.copy(f"COPY (SELECT {names} FROM {of}) TO STDOUT (FORMAT CSV)") as copy:
            for part in copy:
                yield bytes(part)


def _printed(column: Column[Any]) -> str:
    """How SQLite prints a column: for lack of a text %w prints a word for it, and %s nothing."""
    if isinstance(column.type, StreamId):
        return f"hex({column.name})"
    return f"coalesce({column.name}, '')" if _quotable(column) else column.name


def _quotable(column: Column[Any]) -> bool:
    """Whether a text may hold a comma or a quote, and not only one of some values."""
    return isinstance(column.type, Text) and not column.info


def insert_csv(table: Table, descriptor: int) -> str:
    types = ", ".join(f"{_quoted(column.name)}: {_quoted(type_of(column))}" for column in table.columns)
    return (
        f"INSERT INTO {table.name} SELECT * FROM read_csv('/dev/fd/{descriptor}', auto_detect = false, header = false, "
        f"delim = ',', quote = '\"', escape = '\"', nullstr = '', buffer_size = {_BUFFER}, columns = {{{types}}})"
        f"{table.info.get(ORDER, '')}"
    )


def changed(connection: Connection, table: Table, after: int, until: int) -> Statement:
    """The rows that began behind a position and up to another, and those that ended there and had begun before."""
    of, names = qualified(connection, table), ", ".join(column.name for column in table.columns)
    # The open end is written out, so that both engines see that the index over ended rows alone will do.
    statement = (
        f"SELECT {names} FROM {of} WHERE known_from > ? AND known_from <= ? UNION ALL "
        f"SELECT {names} FROM {of} WHERE known_until > ? AND known_until <= ? AND known_until < {STILL} "
        f"AND known_from <= ?"
    )
    return statement, (after, until, after, until, after)
