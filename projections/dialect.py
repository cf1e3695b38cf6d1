"""What differs between SQLite and PostgreSQL: locks, bulk writes, lists of parameters, and rows from the driver."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from functools import lru_cache
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Column, Connection
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError

from projections.columns import Day

# Advisory locks are numbers, one space for the whole database: the ASCII of "Keten" and a letter.
#: Held by the session of whoever follows the log.
FOLLOWING_LOCK = int.from_bytes(b"KetenF", "big")
#: Held by the transaction of whoever appends to the log.
LOG_LOCK = int.from_bytes(b"KetenL", "big")
_TAKE_LOG_LOCK = "SELECT pg_advisory_xact_lock(%s)"
_LOOK_AT_LOG = """
    SELECT last.*, (
        SELECT virtualtransaction FROM pg_locks
        WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND (classid::bigint << 32) + objid::bigint = %s
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    )
    FROM (SELECT) AS one LEFT JOIN LATERAL ({}) AS last ON true
"""
_TREE_LOCK = int.from_bytes(b"KetenT", "big")
_VIEW_LOCKS = {
    "view_a": int.from_bytes(b"KetenA", "big"),
    "view_b": int.from_bytes(b"KetenB", "big"),
    "replay": int.from_bytes(b"KetenR", "big"),
}


_POSTGRESQL = postgresql.dialect()  # type: ignore[no-untyped-call]

# SQLite before 3.32 takes no more than 999 parameters, and PostgreSQL plans a scan of the table for very long lists.
_ASKED_AT_ONCE = 450
_STREAMS_AT_ONCE = 2_000
_CHANGED_AT_ONCE = 2_000

# Beyond this many rows COPY saves more than its round trips cost.
_FEW = 50

_T = TypeVar("_T")

#: A statement or a table expression, with question marks for its parameters, and these.
Statement = tuple[str, Sequence[Any]]


def is_sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"


def lock_file(connection: Connection, table: str) -> None:
    """Take the write lock of the one SQLite file that holds this table, waiting for it now; nothing on PostgreSQL.

    A transaction that reads first and writes later fails at once when another has written in between. BEGIN IMMEDIATE
    would avoid that too, but it locks the attached files as well, and the follower would hold up every commit.
    """
    if is_sqlite(connection):
        connection.exec_driver_sql(f"DELETE FROM {table} WHERE 0")


def lock_log(connection: Connection) -> None:
    """On PostgreSQL nobody else appends until this transaction ends; it only works because every writer of the log
    takes it. On SQLite a transaction that writes has the lock of its file, and is the only one that does.
    """
    if not is_sqlite(connection):
        # Not LOCK TABLE: appends would wait behind VACUUM, ANALYZE and CREATE INDEX.
        connection.exec_driver_sql(_TAKE_LOG_LOCK, (LOG_LOCK,))


def look_at_log(connection: Connection, last: str) -> tuple[Any, ...]:
    """On PostgreSQL the row of a statement about the log, or nulls; behind it the name of the transaction that holds
    the lock of the log, each its own, null where none does. Takes no lock.
    """
    (found,) = connection.exec_driver_sql(_LOOK_AT_LOG.format(last), (LOG_LOCK,)).all()
    return tuple(found)


def lock_view(connection: Connection, view: str) -> None:
    """Nobody else fills this set of projection tables until this transaction ends."""
    if is_sqlite(connection):
        lock_file(connection, f"{view}.place")
    else:
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (_VIEW_LOCKS[view],))


def lock_tree(connection: Connection) -> None:
    """Nobody else grows or signs the tree over the log until this transaction ends."""
    if is_sqlite(connection):
        lock_file(connection, "proof.tiles")
    else:
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (_TREE_LOCK,))


def lock_following(connection: Connection) -> bool:
    """Let this session of PostgreSQL be the one that follows the log, until it ends, unless another one is."""
    return bool(connection.exec_driver_sql("SELECT pg_try_advisory_lock(%s)", (FOLLOWING_LOCK,)).scalar_one())


def undecodable(connection: Connection, fault: DBAPIError) -> bool:
    """Whether a row could not be read because its text is no UTF-8; PostgreSQL never keeps such."""
    return is_sqlite(connection) and "Could not decode to UTF-8" in str(fault.orig)


def fetch(connection: Connection, statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """The rows of a statement as the driver gives them; parameters are written as question marks."""
    with driver_connection(connection, statement) as raw:
        if is_sqlite(connection):
            found: list[tuple[Any, ...]] = raw.execute(statement, parameters).fetchall()
            return found
        with raw.cursor(binary=True) as cursor:
            cursor.execute(statement.replace("?", "%s"), parameters)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            return rows


def fetch_locked(connection: Connection, questions: Sequence[Statement]) -> list[list[tuple[Any, ...]]]:
    """Take the lock of the log as `lock_log` does, and then the rows of each statement, in one round trip."""
    if is_sqlite(connection):
        return [fetch(connection, statement, parameters) for statement, parameters in questions]
    with driver_connection(connection, _TAKE_LOG_LOCK) as raw, raw.pipeline():
        cursors = [raw.cursor(binary=True).execute(_TAKE_LOG_LOCK, (LOG_LOCK,))]
        for statement, parameters in questions:
            cursors.append(raw.cursor(binary=True).execute(statement.replace("?", "%s"), parameters))
        # The first that failed tells why; those behind it only that something did.
        _, *answers = [cursor.fetchall() for cursor in cursors]
        return answers


def fetch_together(connection: Connection, questions: Sequence[Statement]) -> list[list[tuple[Any, ...]]]:
    """The rows of each statement: on PostgreSQL all of it in one round trip."""
    if is_sqlite(connection) or len(questions) == 1:
        return [fetch(connection, statement, parameters) for statement, parameters in questions]
    with driver_connection(connection, questions[0][0] if questions else "") as raw, raw.pipeline():
        cursors = [
            raw.cursor(binary=True).execute(statement.replace("?", "%s"), parameters)
            for statement, parameters in questions
        ]
        return [cursor.fetchall() for cursor in cursors]


def in_chunks(every: Sequence[_T], size: int = _ASKED_AT_ONCE) -> Iterator[Sequence[_T]]:
    """A list in parts, of so many as either engine can well be asked about at once."""
    for start in range(0, len(every), size):
        yield every[start : start + size]


def numbered_list(connection: Connection, columns: dict[str, str], lists: Sequence[Sequence[Any]]) -> list[Statement]:
    """Lists of equal length side by side as a table expression: a number from 0, and a column (text or uuid) each.

    For scalar look-ups, which use an index whatever the planner believes; so on PostgreSQL it comes as one, however
    long, and as JSON, which costs the driver next to nothing. On SQLite a long one comes in parts.
    """
    if is_sqlite(connection):
        row = f"({', '.join('?' * (len(columns) + 1))})"
        rows = list(zip(range(len(lists[0])), *(map(_without_uuid, one) for one in lists), strict=True))
        parts = in_chunks(rows, _ASKED_AT_ONCE // (len(columns) + 1))
        return [(f"VALUES {', '.join([row] * len(part))}", [one for each in part for one in each]) for part in parts]
    read = ", ".join(f"{name}::{kind}" for name, kind in columns.items())
    each = ", ".join(["json_array_elements_text(?::json)"] * len(columns))
    listed = f"SELECT nth - 1, {read} FROM ROWS FROM ({each}) WITH ORDINALITY AS listed ({', '.join(columns)}, nth)"
    return [(listed, [json.dumps([one.hex if one.__class__ is UUID else one for one in some]) for some in lists])]


def _without_uuid(value: Any) -> Any:
    return value.bytes if value.__class__ is UUID else value


def in_streams(connection: Connection, column: str, streams: Iterable[UUID]) -> Iterator[tuple[str, list[Any]]]:
    """The condition that a column is one of these streams, and its parameters; a long list comes in parts."""
    every = sorted(set(streams))
    if is_sqlite(connection):
        for part in in_chunks(every):
            yield f"{column} IN (VALUES {', '.join(['(?)'] * len(part))})", [one.bytes for one in part]
    else:
        # An array and not a joined list: whatever is known of the table, the index on the column is used.
        for part in in_chunks(every, _STREAMS_AT_ONCE):
            yield f"{column} = ANY(?::uuid[])", [list(part)]


def insert_rows(connection: Connection, table: str, columns: dict[str, str], rows: Iterable[tuple[Any, ...]]) -> None:
    """Many new rows at once: binary COPY on PostgreSQL, executemany on SQLite.

    `columns` maps each column to its PostgreSQL type; the values are already what the engine's driver takes.
    """
    names = ", ".join(columns)
    if is_sqlite(connection):
        statement = f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(columns))})"
        with driver_connection(connection, statement) as raw:
            raw.executemany(statement, rows)
        return
    statement = f"COPY {table} ({names}) FROM STDIN (FORMAT BINARY)"
    with driver_connection(connection, statement) as raw, raw.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(list(columns.values()))
        for row in rows:
            copy.write_row(row)


def insert_together(
    connection: Connection, tables: Iterable[tuple[str, dict[str, str], Sequence[tuple[Any, ...]]]]
) -> None:
    """New rows of some tables, each with its columns and rows as for `insert_rows`.

    On PostgreSQL they come in one round trip, as long as they are so few that it counts.
    """
    some = [(table, columns, rows) for table, columns, rows in tables if rows]
    if is_sqlite(connection) or not some or sum(len(rows) for *_, rows in some) > _FEW:
        for table, columns, rows in some:
            insert_rows(connection, table, columns, rows)
        return
    with driver_connection(connection, f"INSERT INTO {some[0][0]}") as raw, raw.pipeline(), raw.cursor() as cursor:
        for table, columns, rows in some:
            arrays = ", ".join(f"%b::{kind}[]" for kind in columns.values())
            statement = f"INSERT INTO {table} ({', '.join(columns)}) SELECT * FROM unnest({arrays})"
            cursor.execute(statement, [list(column) for column in zip(*rows, strict=True)])


@contextmanager
def driver_connection(connection: Connection, statement: str) -> Iterator[Any]:
    """The driver's own connection, inside the transaction of ours, its errors raised as SQLAlchemy's."""
    if not connection.in_transaction():
        raise RuntimeError("the log is read and written inside a transaction")
    driver = connection.dialect.loaded_dbapi
    try:
        yield connection.connection.driver_connection
    except driver.Error as fault:
        # Without the parameters: they may be personal.
        raise DBAPIError.instance(
            statement, None, fault, Exception, hide_parameters=True, dialect=connection.dialect
        ) from fault


def execute_many(connection: Connection, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """One statement for many rows of parameters, written as question marks."""
    with driver_connection(connection, statement) as raw:
        if is_sqlite(connection):
            raw.executemany(statement, rows)
            return
        with raw.cursor() as cursor:
            cursor.executemany(statement.replace("?", "%s"), rows)


def update_rows(
    connection: Connection,
    table: str,
    values: dict[str, str],
    key: dict[str, str],
    rows: Sequence[tuple[Any, ...]],
) -> None:
    """Give columns of many rows other values; each of `rows` has those, and then the key of the row.

    `values` and `key` map columns to their PostgreSQL types.
    """
    if is_sqlite(connection):
        changed = ", ".join(f"{name} = ?" for name in values)
        which = " AND ".join(f"{name} = ?" for name in key)
        execute_many(connection, f"UPDATE {table} SET {changed} WHERE {which}", rows)
        return
    arrays = ", ".join(f"?::{name}[]" for name in (*values.values(), *key.values()))
    changed = ", ".join(f"{name} = said.{name}" for name in values)
    which = " AND ".join(f"{table}.{name} = said.{name}" for name in key)
    statement = (
        f"UPDATE {table} SET {changed} FROM unnest({arrays}) AS said ({', '.join((*values, *key))}) WHERE {which}"
    )
    with driver_connection(connection, statement) as raw, raw.cursor() as cursor:
        for part in in_chunks(rows, _CHANGED_AT_ONCE):
            cursor.execute(statement.replace("?", "%s"), [list(column) for column in zip(*part, strict=True)])


def plan_by_index(connection: Connection) -> None:
    """Until this transaction ends PostgreSQL finds rows by their keys, whatever it knows or not of a growing table."""
    if not is_sqlite(connection):
        connection.exec_driver_sql(
            "SELECT set_config(name, 'off', true) FROM unnest(%s::text[]) AS name",
            (["enable_seqscan", "enable_hashjoin", "enable_mergejoin"],),
        )


def from_driver(connection: Connection, columns: Sequence[Column[Any]]) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    """What makes of a row as SQLite gives it, of these columns, one with days; others are as they are.

    What has no day in a column of days stays as it is, to be found.
    """
    days = [number for number, column in enumerate(columns) if isinstance(column.type, Day)]
    if not is_sqlite(connection):
        return _as_it_is

    def with_days(row: tuple[Any, ...]) -> tuple[Any, ...]:
        values = list(row)
        for number in days:
            if values[number].__class__ is str:
                values[number] = _day(values[number])
        return tuple(values)

    return with_days


def _as_it_is(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return row


# The same days stand in row after row.
@lru_cache(maxsize=16_384)
def _day(value: str) -> date | str:
    try:
        return date.fromisoformat(value)
    except ValueError:
        return value


def to_driver(connection: Connection, row: tuple[Any, ...]) -> tuple[Any, ...]:
    """A row in the values that the engine's driver takes and gives: SQLite knows neither days nor UUIDs."""
    # Of no values nothing comes back.
    return next(iter(rows_to_driver(connection, [row])), ())


def rows_to_driver(connection: Connection, rows: Iterable[tuple[Any, ...]]) -> Iterable[tuple[Any, ...]]:
    """The same of many rows of one table."""
    # Column by column: to ask every value what it is costs several times as much.
    return zip(*map(_column_to_driver, zip(*rows, strict=True)), strict=True) if is_sqlite(connection) else rows


def _column_to_driver(values: Sequence[Any]) -> Sequence[Any]:
    kind = next((value.__class__ for value in values if value is not None), None)
    if kind is date:
        return [None if value is None else value.isoformat() for value in values]
    if kind is UUID:
        return [None if value is None else value.bytes for value in values]
    return values


def stream_id(value: UUID | bytes) -> UUID:
    """The id of a stream from what the driver gave."""
    return _uuid(value) if isinstance(value, bytes) else value


# The rows of a stream come together, and making a UUID costs more than finding one.
@lru_cache(maxsize=16_384)
def _uuid(value: bytes) -> UUID:
    return UUID(bytes=value)


def analyze(connection: Connection, tables: Iterable[str]) -> None:
    """Tell PostgreSQL what stands in tables that were just filled, so that it plans well from the first question on."""
    if not is_sqlite(connection):
        for table in tables:
            connection.exec_driver_sql(f"ANALYZE {table}")


def contains_text(connection: Connection, column: str) -> str:
    """The condition that a text holds another, to the letter (LIKE has wildcards, and on SQLite no case)."""
    return f"{'instr' if is_sqlite(connection) else 'strpos'}({column}, ?) > 0"


def postgresql_type(column: Column[Any]) -> str:
    """The name of a column's type for COPY."""
    return column.type.compile(dialect=_POSTGRESQL).lower()
