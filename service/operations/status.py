"""How the whole stands, as one look tells: what is well, what is not, and what cannot be told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from projections import dialect
from service.foundation.settings import Settings
from service.log.recorder import EventRecorder
from service.operations.health import Health, age, read_health
from service.storage.database import connect, readers, reading
from service.storage.locks import follower_lock_file, is_held

#: The log is signed every five minutes while it grows, every ten at most; later than this something is wrong.
CHECKPOINT_OVERDUE = timedelta(minutes=15)


class Status(NamedTuple):
    """The state of one moment; `replica_position` is None without a replica, or when it does not answer."""

    at: datetime
    engine: str
    simulated: bool
    health: Health
    follower: Follower | None
    replica: str | None
    replica_position: int | None
    amiss: tuple[str, ...]


def read_status(settings: Settings, engine: Engine, now: datetime) -> Status:
    """How it stands now. Raises SchemaError for a schema of another version, and what the database raises."""
    health = read_health(engine)
    who = find_follower(engine)
    position = None if settings.read_url is None else _position(settings.read_url, settings.database_timeout)
    simulated = settings.clock == "sender"
    amiss = [
        *_of_projections(health, who, now, timedelta.max if simulated else timedelta(seconds=settings.ready_lag)),
        *_of_evidence(health, now, timedelta.max if simulated else CHECKPOINT_OVERDUE),
    ]
    if settings.read_url is not None and position is None:
        amiss.append("the replica for reads does not answer")
    if settings.checkpoint_dir is not None and not settings.checkpoint_dir.is_dir():
        amiss.append("the checkpoint directory is not there: nothing is signed")
    replica = None if settings.read_url is None else "KETENSPOOR_READ_URL"
    return Status(now, engine.dialect.name, simulated, health, who, replica, position, tuple(amiss))


def _position(url: str, patience: float) -> int | None:
    """Where the log ends for those who read from there; None when that can't be told."""
    replica = connect(url, use=readers(patience))
    try:
        with reading(replica) as connection:
            return EventRecorder(connection).head().position
    except SQLAlchemyError:
        return None
    finally:
        replica.dispose()


def _of_projections(health: Health, who: Follower | None, now: datetime, most: timedelta) -> Iterator[str]:
    for lag in health.lags:
        if lag.stopped is not None:
            yield f"{lag.projection} is stopped at position {lag.position}: {lag.stopped.error}, {lag.stopped.where}"
    for projection in health.behind(now, most):
        yield f"{projection} is more than {most.total_seconds():g} s behind"
    if who is None:
        yield "nobody follows the log: figures stand still"


def _of_evidence(health: Health, now: datetime, most: timedelta) -> Iterator[str]:
    if age(health.unsigned_since, now) > most:
        minutes = int(age(health.unsigned_since, now).total_seconds() // 60)
        yield f"events recorded {minutes} minutes ago are not covered by a checkpoint"


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


def find_follower(engine: Engine) -> Follower | None:
    """Who follows the log of this database; None when nobody does."""
    if engine.dialect.name == "sqlite":
        return Follower() if is_held(follower_lock_file(engine)) else None
    with reading(engine) as connection:
        for row in connection.exec_driver_sql(_HOLDER, {"lock": dialect.FOLLOWING_LOCK}):
            return Follower(*row)
    return None
