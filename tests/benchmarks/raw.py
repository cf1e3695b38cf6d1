"""The limit of an engine: equal rows written by its driver alone, so many a transaction, in a process of its own."""

from __future__ import annotations

import sqlite3
import time
from itertools import islice
from typing import Any

import psycopg
from sqlalchemy import make_url

_COLUMNS = (
    ("position", "int8"),
    ("stream", "uuid"),
    ("version", "int4"),
    ("topic", "text"),
    ("data", "text"),
    ("effective_on", "date"),
    ("sent_at", "timestamptz"),
    ("recorded_at", "timestamptz"),
    ("source", "text"),
    ("source_id", "text"),
    ("recorded_by", "text"),
    ("content_mac", "bytea"),
)
_NAMES = ", ".join(name for name, _ in _COLUMNS)


def write(source: str, into: str, a_transaction: int) -> float:
    """Events a second: the rows of one migrated database written into an empty one of the same engine."""
    sqlite = make_url(source).get_backend_name() == "sqlite"
    return _executemany(source, into, a_transaction) if sqlite else _copy(source, into, a_transaction)


def _copy(source: str, into: str, a_transaction: int) -> float:
    with psycopg.connect(source) as connection, connection.cursor(binary=True) as cursor:
        rows = cursor.execute(f"SELECT {_NAMES} FROM events ORDER BY position".encode()).fetchall()
    statement = f"COPY events ({_NAMES}) FROM STDIN (FORMAT BINARY)".encode()
    types = [type_ for _, type_ in _COLUMNS]
    with psycopg.connect(into) as connection:
        began = time.perf_counter()
        for some in _parts(rows, a_transaction):
            with connection.transaction(), connection.cursor() as cursor, cursor.copy(statement) as copy:
                copy.set_types(types)
                for row in some:
                    copy.write_row(row)
        return len(rows) / (time.perf_counter() - began)


def _executemany(source: str, into: str, a_transaction: int) -> float:
    with sqlite3.connect(make_url(source).database or "") as connection:
        rows = connection.execute(f"SELECT {_NAMES} FROM events ORDER BY position").fetchall()
    connection.close()
    statement = f"INSERT INTO events ({_NAMES}) VALUES ({', '.join('?' * len(_COLUMNS))})"
    connection = sqlite3.connect(make_url(into).database or "", isolation_level=None)
    # As durable as the service is; WAL is a property of the file, which the migration has set.
    connection.execute("PRAGMA synchronous = FULL")
    if connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
        raise RuntimeError("the database to compare with is not in WAL mode")
    began = time.perf_counter()
    for some in _parts(rows, a_transaction):
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(statement, some)
        connection.execute("COMMIT")
    seconds = time.perf_counter() - began
    connection.close()
    return len(rows) / seconds


def _parts(rows: list[Any], size: int) -> list[list[Any]]:
    ahead = iter(rows)
    return list(iter(lambda: list(islice(ahead, size)), []))
