"""Opening the database, SQLite or PostgreSQL, and the ways to work on it: reading, writing, projecting, proving."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from projections import dialect

#: The two sets of projection tables that can serve, and the one that a replay of the past fills.
VIEWS = ("view_a", "view_b")
REPLAY = "replay"
#: All that stands beside the log: a schema each on PostgreSQL, a file each on SQLite.
BESIDE = (*VIEWS, REPLAY, "proof")

_BUSY_SECONDS = 30.0
_CACHE_KIB = 32_000


class DatabaseUrlError(Exception):
    """The database URL names nothing this service can work on."""


def connect(url: str, cache_kib: int = _CACHE_KIB) -> Engine:
    """An engine for the log with all that stands beside it in reach; opens no connection yet.

    `cache_kib` is how much of each SQLite file a connection may keep in memory.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        # From None: the text of the error repeats the URL, password and all.
        raise DatabaseUrlError("the database URL cannot be read; expected sqlite:///file or postgresql://...") from None
    match parsed.get_backend_name():
        case "sqlite":
            return _sqlite(parsed, cache_kib)
        case "postgresql" | "postgres":
            return _postgresql(parsed)
        case other:
            raise DatabaseUrlError(f"{other} databases are not supported; use sqlite or postgresql")


def absent(url: str) -> Path | None:
    """The SQLite file that a database URL names, when it is not there."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        return None
    path = Path(parsed.database)
    return None if path.exists() else path


@contextmanager
def reading(engine: Engine, view: str | None = None) -> Iterator[Connection]:
    """A read-only transaction in which all statements see one state; `view` is the set of projections to read."""
    with engine.connect() as plain:
        connection = plain.execution_options(**_options(view))
        if not dialect.is_sqlite(connection):
            connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with connection.begin(), _refusing_writes(connection):
            yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction on the log and the tables beside it, committed at the end, rolled back on an error."""
    with engine.begin() as connection:
        dialect.lock_file(connection, "main.serving")
        yield connection


@contextmanager
def projecting(engine: Engine, view: str) -> Iterator[Connection]:
    """A transaction that fills one set of projections, alone. The log stays free for writers."""
    with engine.begin() as plain:
        connection = plain.execution_options(**_options(view))
        dialect.lock_view(connection, view)
        yield connection


@contextmanager
def proving(engine: Engine) -> Iterator[Connection]:
    """A transaction that grows or signs the tree over the log, alone. The log stays free for writers."""
    with engine.begin() as connection:
        dialect.lock_tree(connection)
        yield connection


def file_beside(database: str | Path, schema: str) -> Path:
    """Where a schema stands on SQLite: ketenspoor.db has ketenspoor.view_a.db beside it."""
    path = Path(database)
    return path.with_suffix(f".{schema}{path.suffix}")


@contextmanager
def _refusing_writes(connection: Connection) -> Iterator[None]:
    """SQLite has no read-only transaction, but its connection can refuse to write; PostgreSQL was told on beginning."""
    if not dialect.is_sqlite(connection):
        yield
        return
    connection.exec_driver_sql("PRAGMA query_only = ON")
    try:
        yield
    finally:
        connection.exec_driver_sql("PRAGMA query_only = OFF")


def _options(view: str | None) -> dict[str, Any]:
    return {} if view is None else {"schema_translate_map": {"view": view}}


def _postgresql(url: URL) -> Engine:
    if "options" not in url.query:
        url = url.update_query_dict({"options": "-c timezone=UTC"})
    return create_engine(url.set(drivername="postgresql+psycopg"), hide_parameters=True, pool_pre_ping=True)


def _sqlite(url: URL, cache_kib: int) -> Engine:
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise DatabaseUrlError("SQLite needs a file, such as sqlite:///ketenspoor.db")
    directory = Path(url.database).absolute().parent
    if not directory.is_dir():
        raise DatabaseUrlError(f"there is no directory {directory} to keep the database in")
    engine = create_engine(
        url.set(drivername="sqlite+pysqlite"), hide_parameters=True, connect_args={"timeout": _BUSY_SECONDS}
    )
    database = Path(url.database).absolute()

    @event.listens_for(engine, "connect")
    def _opened(connection: sqlite3.Connection, _record: object) -> None:
        # The driver must not begin transactions of its own; the listener below does.
        connection.isolation_level = None
        _prepare(connection, database, cache_kib)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("sqlite_begin", "BEGIN"))

    return engine


def _prepare(connection: sqlite3.Connection, database: Path, cache_kib: int) -> None:
    for schema in BESIDE:
        connection.execute(f"ATTACH DATABASE ? AS {schema}", (str(file_beside(database, schema)),))
    for schema in ("main", *BESIDE):
        _use_wal(connection, schema)
        # An acknowledged event survives a power cut; projections can be computed again, so they may lag behind.
        synchronous = "NORMAL" if schema in (*VIEWS, REPLAY) else "FULL"
        connection.execute(f"PRAGMA {schema}.synchronous = {synchronous}")
        connection.execute(f"PRAGMA {schema}.cache_size = -{cache_kib}")
    connection.execute("PRAGMA foreign_keys = ON")
    # So that INSERT OR REPLACE meets the trigger that refuses deletions.
    connection.execute("PRAGMA recursive_triggers = ON")


def _use_wal(connection: sqlite3.Connection, schema: str) -> None:
    """Switching to WAL does not wait for a lock as other statements do, and two processes may create one file."""
    deadline = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            if connection.execute(f"PRAGMA {schema}.journal_mode").fetchone()[0] != "wal":
                connection.execute(f"PRAGMA {schema}.journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
