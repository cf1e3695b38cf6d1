"""Opening the database, SQLite or PostgreSQL, and the ways to work on it: reading, writing, projecting, proving."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from projections import dialect
from service.storage import locks
from service.storage.postgresql import open_postgresql

#: The two sets of projection tables that can serve, and the one that a replay of the past fills.
VIEWS = ("view_a", "view_b")
REPLAY = "replay"
#: All that stands beside the log: a schema each on PostgreSQL, a file each on SQLite.
BESIDE = (*VIEWS, REPLAY, "proof")


_ENDED = "ketenspoor_ended"


class PoolSettings(NamedTuple):
    """What a process opens the database for: how many connections it takes at most, and how long it waits."""

    connections: int
    connections_sqlite: int
    #: How much of each SQLite file every one of them keeps in memory; the system keeps the files too, once for all.
    cache_kib: int
    #: Seconds that the database may take over a statement; None: as long as it takes.
    patience: float | None
    #: Seconds to wait for a lock that another process holds. On SQLite there is no waiting without end.
    lock: float | None


#: Commands and the follower: what they do may take long, and nobody waits for an answer.
WORK = PoolSettings(connections=5, connections_sqlite=5, cache_kib=32_000, patience=None, lock=None)
#: The one thread that loads the state tables, whole and in order: what it read is of no use to it any more.
LOADING = PoolSettings(connections=1, connections_sqlite=1, cache_kib=4_000, patience=None, lock=None)
_LOCK_SECONDS_SQLITE = 30.0


def readers(patience: float) -> PoolSettings:
    """The requests that read: about as many at once as there are threads that can do something with the rows."""
    return PoolSettings(connections=15, connections_sqlite=8, cache_kib=4_000, patience=patience, lock=patience / 2)


def writer(patience: float) -> PoolSettings:
    """The one thread that appends, and those who judge events beside it."""
    return PoolSettings(connections=5, connections_sqlite=5, cache_kib=24_000, patience=patience, lock=patience / 2)


class DatabaseUrlError(Exception):
    """The database URL names nothing this service can work on."""


def connect(url: str, cache_kib: int | None = None, use: PoolSettings = WORK) -> Engine:
    """An engine for the log with all that stands beside it in reach; opens no connection yet.

    `cache_kib` is how much of each SQLite file a connection may keep in memory, if not as much as its use says. What
    the database does not do within the patience of its use is a fault that `service.storage.outages.unavailable` knows.
    """
    parsed = _parsed(url)
    match parsed.get_backend_name():
        case "sqlite":
            return _sqlite(parsed, use.cache_kib if cache_kib is None else cache_kib, use)
        case "postgresql" | "postgres":
            return open_postgresql(parsed, use.connections, use.patience, use.lock)
        case other:
            raise DatabaseUrlError(f"{other} databases are not supported; use sqlite or postgresql")


def missing_sqlite_file(url: str) -> Path | None:
    """The SQLite file that a database URL names, when it is not there."""
    parsed = _parsed(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        return None
    path = Path(parsed.database)
    return None if path.exists() else path


def _parsed(url: str) -> URL:
    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        # From None: the text of the error repeats the URL, or what it took for the port: password and all.
        raise DatabaseUrlError("the database URL cannot be read; expected sqlite:///file or postgresql://...") from None


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
    if engine.dialect.name != "sqlite":
        with engine.begin() as connection:
            yield connection
        return
    with ExitStack() as ended, engine.begin() as connection:
        dialect.lock_file(connection, "main.serving")
        # What is entered there is left when the transaction has ended.
        connection.execution_options(**{_ENDED: ended})
        yield connection


def lock_log(connection: Connection) -> None:
    """In a transaction of `writing`: nobody else appends until it ends, and who looks can see it."""
    dialect.lock_log(connection)
    show_appending(connection)


def show_appending(connection: Connection) -> None:
    """Shown on SQLite by whoever has the lock of the log; PostgreSQL tells who has it."""
    if dialect.is_sqlite(connection):
        ended: ExitStack | None = connection.get_execution_options()[_ENDED]
        if ended is not None:
            ended.enter_context(locks.FileLock(locks.append_lock_file(connection.engine))).take()
            # Once is enough.
            connection.execution_options(**{_ENDED: None})


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


def wait_until_durable(connection: Connection) -> None:
    """Let the end of this transaction wait until all that it read is as durable as what it would write itself.

    After a crash a server with a synchronous standby shows commits that the standby may not have; only a commit of
    one's own waits for that. Needed where a transaction writes nothing, and something is acknowledged by what it read.
    """
    if not dialect.is_sqlite(connection):
        connection.exec_driver_sql(
            "SELECT pg_logical_emit_message(true, 'ketenspoor', '') "
            "WHERE current_setting('synchronous_standby_names') <> ''"
        )


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


def _sqlite(url: URL, cache_kib: int, use: PoolSettings) -> Engine:
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise DatabaseUrlError("SQLite needs a file, such as sqlite:///ketenspoor.db")
    directory = Path(url.database).absolute().parent
    if not directory.is_dir():
        raise DatabaseUrlError(f"there is no directory {directory} to keep the database in")
    busy = _LOCK_SECONDS_SQLITE if use.lock is None else use.lock
    engine = create_engine(
        url.set(drivername="sqlite+pysqlite"),
        hide_parameters=True,
        connect_args={"timeout": busy},
        pool_size=use.connections_sqlite,
        max_overflow=0,
        pool_timeout=30.0 if use.patience is None else use.patience / 2,
        pool_use_lifo=True,
    )
    database = Path(url.database).absolute()

    @event.listens_for(engine, "connect")
    def _opened(connection: sqlite3.Connection, _record: object) -> None:
        # The driver must not begin transactions of its own; the listener below does.
        connection.isolation_level = None
        _prepare(connection, database, cache_kib, busy)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("sqlite_begin", "BEGIN"))

    return engine


def _prepare(connection: sqlite3.Connection, database: Path, cache_kib: int, busy: float) -> None:
    for schema in BESIDE:
        connection.execute(f"ATTACH DATABASE ? AS {schema}", (str(file_beside(database, schema)),))
    for schema in ("main", *BESIDE):
        _use_wal(connection, schema, busy)
        # An acknowledged event survives a power cut; projections can be computed again, so they may lag behind.
        synchronous = "NORMAL" if schema in (*VIEWS, REPLAY) else "FULL"
        connection.execute(f"PRAGMA {schema}.synchronous = {synchronous}")
        connection.execute(f"PRAGMA {schema}.cache_size = -{cache_kib}")
    # What is deleted or overwritten, such as the key of a journey, is gone from its page at once.
    connection.execute("PRAGMA main.secure_delete = ON")
    connection.execute("PRAGMA foreign_keys = ON")
    # So that INSERT OR REPLACE meets the trigger that refuses deletions.
    connection.execute("PRAGMA recursive_triggers = ON")


def _use_wal(connection: sqlite3.Connection, schema: str, busy: float) -> None:
    """Switching to WAL does not wait for a lock as other statements do, and two processes may create one file."""
    deadline = time.monotonic() + busy
    while True:
        try:
            if connection.execute(f"PRAGMA {schema}.journal_mode").fetchone()[0] != "wal":
                connection.execute(f"PRAGMA {schema}.journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
