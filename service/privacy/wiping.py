"""That what was overwritten or deleted is gone from the database's files too, and not only from what they answer."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from typing import Any

from psycopg.errors import Diagnostic
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

#: What held keys and refused events; small beside the log.
_TABLES = ("journey_keys", "rejections", "master_keys")
_PATIENCE_SECONDS = 60.0
_LOCK_TIMEOUT = "5s"
_PAUSE = 0.2


class NotWiped(Exception):
    """Somebody kept a file or a table in use for too long; it can be tried again."""


def wipe(engine: Engine, patience: float = _PATIENCE_SECONDS) -> None:
    """Write anew what held what was destroyed, so that no earlier copy of a row stands in any file.

    On SQLite the file of the log is written anew and its write-ahead log emptied: who posts meanwhile waits or is asked
    to come back. On PostgreSQL the small tables are; what stands in archived write-ahead logs is docs/privacy's.
    """
    if engine.dialect.name == "sqlite":
        _wipe_file(str(engine.url.database), patience)
    else:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(f"SET lock_timeout = '{_LOCK_TIMEOUT}'")
            try:
                for table in _TABLES:
                    deadline = time.monotonic() + patience
                    _retry_until(deadline, partial(_try_rewrite, connection, table))
            finally:
                connection.exec_driver_sql("RESET lock_timeout")


def _wipe_file(path: str, patience: float) -> None:
    deadline = time.monotonic() + patience
    with closing(sqlite3.connect(path, timeout=patience, isolation_level=None)) as connection:
        connection.execute("PRAGMA secure_delete = ON")
        _retry_until(deadline, lambda: _try_vacuum(connection))
        # As long as somebody reads an earlier moment, its pages are kept.
        _retry_until(deadline, lambda: connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0)


def _try_vacuum(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute("VACUUM")
    except sqlite3.OperationalError as fault:
        if fault.sqlite_errorname.startswith("SQLITE_BUSY"):
            return False
        raise
    return True


def _try_rewrite(connection: Connection, table: str) -> bool:
    """Whether a table was written anew without any row of before: those that somebody still sees go along."""
    kept: list[int] = []

    def read_notice(notice: Diagnostic) -> None:
        # The number comes first, in whatever language the server writes it.
        kept.extend(map(int, re.findall(r"[0-9]+", notice.message_detail or "")[:1]))

    driver: Any = connection.connection.driver_connection
    driver.add_notice_handler(read_notice)
    try:
        # Within the time limit for the lock: who posts waits behind it no longer.
        connection.exec_driver_sql(f"VACUUM (FULL, VERBOSE, ANALYZE) {table}")
    except OperationalError as fault:
        if getattr(fault.orig, "sqlstate", None) != "55P03":  # lock_not_available
            raise
        return False
    finally:
        driver.remove_notice_handler(read_notice)
    return kept[:1] == [0]


def _retry_until(deadline: float, done: Callable[[], bool]) -> None:
    while not done():
        _check_deadline(deadline)
        time.sleep(_PAUSE)


def _check_deadline(deadline: float) -> None:
    if time.monotonic() > deadline:
        raise NotWiped("the database was in use all the time: what was destroyed may stand in its files; run it again")
