"""Which faults say that the database cannot do it now, and which that it was asked something wrong."""

from __future__ import annotations

import sqlite3

import psycopg
from sqlalchemy import exc

#: Locked by another, full, or out of reach: what SQLite calls it, and what it adds to that.
_SQLITE = (
    "SQLITE_BUSY",
    "SQLITE_CANTOPEN",
    "SQLITE_FULL",
    "SQLITE_INTERRUPT",
    "SQLITE_IOERR",
    "SQLITE_LOCKED",
    "SQLITE_NOMEM",
    "SQLITE_PROTOCOL",
    "SQLITE_READONLY",
)
#: A statement larger or more complex than the server will ever take.
_PROGRAM_LIMIT = "54"
#: A server that only reads: a standby, or a primary that is none any more.
_READ_ONLY = "25006"


def unavailable(fault: BaseException) -> bool:
    """Whether the database could not do it now: it is gone, busy, full or too slow. Later the same may well succeed."""
    if isinstance(fault, exc.TimeoutError):
        return True  # every connection of this process is in use
    if not isinstance(fault, exc.DBAPIError):
        return False
    cause = fault.orig
    if isinstance(cause, sqlite3.Error):
        return str(getattr(cause, "sqlite_errorname", "")).startswith(_SQLITE)
    if isinstance(cause, psycopg.OperationalError):
        return not (cause.sqlstate or "").startswith(_PROGRAM_LIMIT)
    return fault.connection_invalidated or getattr(cause, "sqlstate", None) == _READ_ONLY
