"""How the whole stands, as one look tells: what is well, what is not, and what cannot be told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from service.foundation.settings import Settings
from service.log.recorder import head
from service.operations import leader
from service.operations.condition import Condition, age, condition
from service.storage.database import connect, readers, reading

#: The log is signed every five minutes while it grows, every ten at most; later than this something is wrong.
CHECKPOINT_OVERDUE = timedelta(minutes=15)


class Status(NamedTuple):
    """The state of one moment; `replica_position` is None without a replica, or when it does not answer."""

    at: datetime
    engine: str
    simulated: bool
    condition: Condition
    follower: leader.Follower | None
    replica: str | None
    replica_position: int | None
    amiss: tuple[str, ...]


def status(settings: Settings, engine: Engine, now: datetime) -> Status:
    """How it stands now. Raises SchemaError for a schema of another version, and what the database raises."""
    found = condition(engine)
    who = leader.follower(engine)
    position = None if settings.read_url is None else _position(settings.read_url, settings.database_timeout)
    simulated = settings.clock == "sender"
    amiss = [
        *_of_projections(found, who, now, timedelta.max if simulated else timedelta(seconds=settings.ready_lag)),
        *_of_evidence(found, now, timedelta.max if simulated else CHECKPOINT_OVERDUE),
    ]
    if settings.read_url is not None and position is None:
        amiss.append("the replica for reads does not answer")
    if settings.checkpoint_dir is not None and not settings.checkpoint_dir.is_dir():
        amiss.append("the checkpoint directory is not there: nothing is signed")
    replica = None if settings.read_url is None else "KETENSPOOR_READ_URL"
    return Status(now, engine.dialect.name, simulated, found, who, replica, position, tuple(amiss))


def _position(url: str, patience: float) -> int | None:
    """Where the log ends for those who read from there; None when that can't be told."""
    replica = connect(url, use=readers(patience))
    try:
        with reading(replica) as connection:
            return head(connection).position
    except SQLAlchemyError:
        return None
    finally:
        replica.dispose()


def _of_projections(found: Condition, who: leader.Follower | None, now: datetime, most: timedelta) -> Iterator[str]:
    for lag in found.lags:
        if lag.stopped is not None:
            yield f"{lag.projection} is stopped at position {lag.position}: {lag.stopped.fault}, {lag.stopped.where}"
    for projection in found.behind(now, most):
        yield f"{projection} is more than {most.total_seconds():g} s behind"
    if who is None:
        yield "nobody follows the log: figures stand still"


def _of_evidence(found: Condition, now: datetime, most: timedelta) -> Iterator[str]:
    if age(found.unsigned_since, now) > most:
        minutes = int(age(found.unsigned_since, now).total_seconds() // 60)
        yield f"events recorded {minutes} minutes ago are not covered by a checkpoint"
