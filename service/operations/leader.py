"""Who follows the log just now: the one that holds the lock of followers."""

from __future__ import annotations

import fcntl
import os
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Engine

from projections import dialect
from service.storage.database import reading
from service.storage.leader_lock import lock_file

_HOLDER = """
    SELECT activity.pid, host(activity.client_addr), activity.backend_start
    FROM pg_locks JOIN pg_stat_activity AS activity USING (pid)
    WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND pg_locks.database = activity.datid
      AND activity.datname = current_database() AND (classid::bigint << 32) + objid::bigint = %(lock)s
"""


class Follower(NamedTuple):
    """The one that follows; on PostgreSQL which of its sessions, from where, since when."""

    session: int | None = None
    address: str | None = None
    since: datetime | None = None


def follower(engine: Engine) -> Follower | None:
    """Who follows the log of this database; None when nobody does."""
    if engine.dialect.name == "sqlite":
        return Follower() if _held(engine) else None
    with reading(engine) as connection:
        for row in connection.exec_driver_sql(_HOLDER, {"lock": dialect.FOLLOWING_LOCK}):
            return Follower(*row)
    return None


def _held(engine: Engine) -> bool:
    """Whether somebody holds the lock of the file; it is taken for a moment to see, and shared by all who only look."""
    try:
        descriptor = os.open(lock_file(engine), os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
