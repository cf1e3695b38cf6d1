"""Locks that hold beyond a process: one server a SQLite database, one follower a log, and whether somebody appends.

On SQLite each is a lock of the kernel on a file beside the database, on PostgreSQL an advisory lock. Whatever ends the
process or the session frees it; the files hold nothing, and may stay.
"""

from __future__ import annotations

import fcntl
import logging
import os
import stat
import struct
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Self

from sqlalchemy import Engine, make_url

from projections import dialect

_log = logging.getLogger("ketenspoor.follower")

#: Seconds until the lock of the follower is tried again.
_PAUSE = 0.25
#: Seconds that who appends waits for the one before to let go, which has committed.
_LONGEST_WAIT = 5.0
# struct flock of Linux: kind, whence, start, length, process; a length of 0 is all of the file.
_FLOCK = "hhqqi"
_ALONE = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)


# struct flock of Linux: kind, whence, start, length, process; a length of 0 is all of the file.
_FLOCK = "hhqqi"
_ALONE = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)


class FileLock:
    """A lock on a file of its own, held by who took it until it is released or closed.

    Linux tells whether such a lock is held without taking it; elsewhere it is taken for a moment to see.
    """

    def __init__(self, path: Path) -> None:
        """Open the file, or make it, readable and writable as the database is beside which it stands."""
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            with suppress(FileNotFoundError):
                _make_alike(self._descriptor, path.with_suffix("").stat())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)

    def take(self) -> None:
        """Wait until nobody else holds it, and take it; TimeoutError where that takes too long."""
        deadline = time.monotonic() + _LONGEST_WAIT
        while not self.try_take():
            if time.monotonic() > deadline:
                raise TimeoutError("the lock of who appends is held by a process that does not go on")
            time.sleep(0.001)

    def try_take(self) -> bool:
        """Take it unless somebody else holds it."""
        try:
            if sys.platform == "linux":
                fcntl.fcntl(self._descriptor, fcntl.F_OFD_SETLK, _ALONE)
            else:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def _make_alike(descriptor: int, model: os.stat_result) -> None:
    os.fchmod(descriptor, stat.S_IMODE(model.st_mode) & 0o666)
    if os.geteuid() == 0:
        # Whoever serves the database must be able to open it later.
        os.fchown(descriptor, model.st_uid, model.st_gid)


def is_held(path: Path) -> bool:
    """Whether anybody, this process included, holds the lock on this file."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        if sys.platform == "linux":
            found = fcntl.fcntl(descriptor, fcntl.F_OFD_GETLK, _ALONE)
            return bool(struct.unpack(_FLOCK, found)[0] != fcntl.F_UNLCK)
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


class AlreadyServed(Exception):
    """Another process serves this database; the message says what to do."""


def server_lock_file(database_url: str) -> Path | None:
    """The file that who serves this database holds; None on PostgreSQL, where any number may."""
    url = make_url(database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        return None
    return _beside(url.database, "server")


@lru_cache(maxsize=64)
def _beside(database: str, use: str) -> Path:
    # Resolved: two names of one file are one database.
    path = Path(database).resolve()
    return path.with_name(f"{path.name}.{use}")


@contextmanager
def serve_alone(database_url: str) -> Iterator[None]:
    """For as long as this process serves a SQLite database, no other one does; raises AlreadyServed where one does.

    A second one would be correct, and would wait for the first at every commit.
    """
    path = server_lock_file(database_url)
    if path is None:
        yield
        return
    with FileLock(path) as lock:
        if not lock.try_take():
            raise AlreadyServed(
                f"another process serves this database already (it holds {path}): on SQLite one process does; "
                "stop it first, or use PostgreSQL, where several can"
            )
        yield


@contextmanager
def follow_alone(engine: Engine, stop: Callable[[], bool]) -> Iterator[Callable[[], bool]]:
    """Wait for the lock of the follower, or until told to stop; yields what tells whether it is held.

    It ends with this process on SQLite, and with the connection that holds it on PostgreSQL: then to ask for it fails
    as anything does without a database.
    """
    with _follower_file(engine) if engine.dialect.name == "sqlite" else _follower_session(engine) as (take, is_ours):
        held, standing_by = take(), False
        while not held and not stop():
            if not standing_by:
                standing_by = True
                _log.warning("another follower follows the log; this one stands by")
            time.sleep(_PAUSE)
            held = take()
        if held and standing_by:
            _log.warning("this follower takes over")
        yield is_ours if held else lambda: False


#: How to take the lock, and whether it is still there once it was taken.
_Lock = tuple[Callable[[], bool], Callable[[], bool]]


@contextmanager
def _follower_session(engine: Engine) -> Iterator[_Lock]:
    """The lock of a session of PostgreSQL, on a connection that serves nothing else."""
    with engine.connect() as plain:
        connection = plain.execution_options(isolation_level="AUTOCOMMIT")
        # Never given back to the pool: whoever took it from there would hold the lock.
        connection.detach()

        def is_ours() -> bool:
            connection.exec_driver_sql("SELECT 1")
            return True

        yield lambda: dialect.lock_following(connection), is_ours


@contextmanager
def _follower_file(engine: Engine) -> Iterator[_Lock]:
    with FileLock(follower_lock_file(engine)) as lock:
        yield lock.try_take, lambda: True


def follower_lock_file(engine: Engine) -> Path:
    """The file beside a SQLite database that is locked by who follows."""
    return _beside(str(engine.url.database), "follower")


def append_lock_file(engine: Engine) -> Path:
    """The file beside a SQLite database that is locked from before events are stamped until their commit has ended.

    There the append lock is that of the whole database, which nobody can look at without taking it.
    """
    return _beside(str(engine.url.database), "append")
