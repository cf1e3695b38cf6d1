"""One follower at a time: whoever holds the lock follows, and the others stand by until it is free."""

from __future__ import annotations

import fcntl
import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Engine

from projections import dialect

_log = logging.getLogger("ketenspoor.follower")

#: Seconds until the lock is tried again.
_PAUSE = 0.25


@contextmanager
def alone(engine: Engine, stop: Callable[[], bool]) -> Iterator[Callable[[], bool]]:
    """Wait for the lock, or until told to stop; yields what tells whether it is held.

    It ends with this process on SQLite, and with the connection that holds it on PostgreSQL: then to ask for it fails
    as anything does without a database.
    """
    with _file(engine) if engine.dialect.name == "sqlite" else _session(engine) as lock:
        held, standing_by = lock.taken(), False
        while not held and not stop():
            if not standing_by:
                standing_by = True
                _log.warning("another follower follows the log; this one stands by")
            time.sleep(_PAUSE)
            held = lock.taken()
        if held and standing_by:
            _log.warning("this follower takes over")
        yield lock.still if held else _never


class _Lock(NamedTuple):
    """How to take it, and whether it is still there once it was taken."""

    taken: Callable[[], bool]
    still: Callable[[], bool]


def _never() -> bool:
    return False


def lock_file(engine: Engine) -> Path:
    """The file beside a SQLite database that is locked by who follows; it holds nothing."""
    path = Path(str(engine.url.database)).absolute()
    return path.with_name(f"{path.name}.follower")


@contextmanager
def _session(engine: Engine) -> Iterator[_Lock]:
    """The lock of a session of PostgreSQL, on a connection that serves nothing else."""
    with engine.connect() as plain:
        connection = plain.execution_options(isolation_level="AUTOCOMMIT")
        # Never given back to the pool: whoever took it from there would hold the lock.
        connection.detach()

        def still() -> bool:
            connection.exec_driver_sql("SELECT 1")
            return True

        yield _Lock(lambda: dialect.lock_following(connection), still)


@contextmanager
def _file(engine: Engine) -> Iterator[_Lock]:
    """The lock of a file beside the database; the system frees it when the process ends, however that ends."""
    descriptor = os.open(lock_file(engine), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def taken() -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    try:
        yield _Lock(taken, lambda: True)
    finally:
        os.close(descriptor)
