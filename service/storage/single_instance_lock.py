"""One server process a SQLite database: a second one would be correct, and would wait for the first at every commit.

The lock is the kernel's, on a file beside the database: whatever ends the process frees it, and the file may stay.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import make_url


class AlreadyServed(Exception):
    """Another process serves this database; the message says what to do."""


def lock_file(database_url: str) -> Path | None:
    """The file that who serves this database holds; None on PostgreSQL, where any number may."""
    url = make_url(database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        return None
    # Resolved: two names of one file are one database.
    path = Path(url.database).resolve()
    return path.with_name(f"{path.name}.server")


@contextmanager
def of_its_kind(database_url: str) -> Iterator[None]:
    """For as long as this process serves the database, no other one does; raises AlreadyServed where one does."""
    path = lock_file(database_url)
    if path is None:
        yield
        return
    held = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyServed(
                f"another process serves this database already (it holds {path}): on SQLite one process does; "
                "stop it first, or use PostgreSQL, where several can"
            ) from None
        yield
    finally:
        os.close(held)
