"""Column types that hold the same value on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Boolean, ColumnElement, Date, DateTime, Dialect, Integer, LargeBinary, Text, Uuid, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

_SQLITE = "sqlite"


def instant_text(value: datetime) -> str:
    """An instant as text of one width, so that text order is time order."""
    if value.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    # Not strftime: it does not pad years before 1000 on every platform.
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime: timestamptz on PostgreSQL, sortable text on SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Text() if dialect.name == _SQLITE else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if dialect.name == _SQLITE:
            return instant_text(value)
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        return value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        instant = datetime.fromisoformat(value) if isinstance(value, str) else value
        return instant if instant.tzinfo is UTC else instant.astimezone(UTC)


class StreamId(TypeDecorator[UUID]):
    """The id of a stream: uuid on PostgreSQL, its sixteen bytes on SQLite (hex text makes the index twice as large)."""

    impl = LargeBinary
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(LargeBinary(16) if dialect.name == _SQLITE else Uuid())

    def process_bind_param(self, value: UUID | None, dialect: Dialect) -> Any:
        return value.bytes if value is not None and dialect.name == _SQLITE else value

    def process_result_value(self, value: Any, dialect: Dialect) -> UUID | None:
        return UUID(bytes=value) if isinstance(value, bytes) else value


class Day(TypeDecorator[date]):
    """A calendar day: DATE on PostgreSQL, ISO text on SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Text() if dialect.name == _SQLITE else Date())

    def process_bind_param(self, value: date | None, dialect: Dialect) -> Any:
        return value.isoformat() if value is not None and dialect.name == _SQLITE else value

    def process_result_value(self, value: Any, dialect: Dialect) -> date | None:
        return date.fromisoformat(value) if isinstance(value, str) else value


class days_until(FunctionElement[int]):  # noqa: N801 - written in statements like any function of SQL
    """Days from a day in a column to a given day."""

    type = Integer()
    inherit_cache = True

    def __init__(self, column: ColumnElement[Any], day: date) -> None:
        super().__init__(column, literal(day, Day()))


@compiles(days_until, "sqlite")
def _on_sqlite(element: days_until, compiler: SQLCompiler, **options: Any) -> str:
    start, end = (compiler.process(clause, **options) for clause in element.clauses)
    return f"CAST(julianday({end}) - julianday({start}) AS INTEGER)"


@compiles(days_until, "postgresql")
def _on_postgresql(element: days_until, compiler: SQLCompiler, **options: Any) -> str:
    start, end = (compiler.process(clause, **options) for clause in element.clauses)
    return f"(CAST({end} AS DATE) - {start})"


class Texts(TypeDecorator[Sequence[str]]):
    """A list of texts as one parameter, however long it is: an array on PostgreSQL, JSON on SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Text() if dialect.name == _SQLITE else ARRAY(Text()))

    def process_bind_param(self, value: Sequence[str] | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        return json.dumps(value) if dialect.name == _SQLITE else list(value)


class one_of(FunctionElement[bool]):  # noqa: N801 - written in statements like any function of SQL
    """Whether the text in a column is one of a list; what is looked up comes in the order of an index on it."""

    type = Boolean()
    inherit_cache = True

    def __init__(self, column: ColumnElement[Any], texts: Sequence[str]) -> None:
        # A parameter for each, as IN has them, costs more to send than the rows to read.
        super().__init__(column, literal(texts, Texts()))

    def self_group(self, against: Any = None) -> one_of:
        """As it is: SQLite has no booleans, and the `= 1` that stands for one would hide the index."""
        return self


@compiles(one_of, "sqlite")
def _listed_on_sqlite(element: one_of, compiler: SQLCompiler, **options: Any) -> str:
    column, texts = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({texts}))"  # noqa: S608 - only what the compiler made


@compiles(one_of, "postgresql")
def _listed_on_postgresql(element: one_of, compiler: SQLCompiler, **options: Any) -> str:
    column, texts = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} = ANY ({texts})"
