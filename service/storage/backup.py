"""A copy of a SQLite database that goes on serving, in the order in which its files fit one another."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from service.storage.database import BESIDE, file_beside


class NotEmpty(Exception):
    """The directory for the copy holds something already; the message says so."""


def back_up(database: Path, into: Path) -> int:
    """Copy the log and all that stands beside it into a new or empty directory; the last position that is in the copy.

    Each file is copied as it is at one moment, the log last. What follows the log is then behind it or level with it,
    and catches up by itself; were it ahead, it would pass over what is recorded after the copy is restored.
    """
    into.mkdir(parents=True, exist_ok=True)
    if any(into.iterdir()):
        raise NotEmpty(f"{into} is not empty")
    copy = into / database.name
    while True:
        serving = _asked(database, "SELECT view FROM serving")
        for schema in BESIDE:
            _copy(file_beside(database, schema), file_beside(copy, schema))
        _copy(database, copy)
        if serving == _asked(copy, "SELECT view FROM serving"):
            break
        # A rebuild was finished meanwhile: the set that serves now was copied before it was complete.
    _keep(into)
    return int(_asked(copy, "SELECT coalesce(max(position), 0) FROM events"))


def _copy(from_: Path, to: Path) -> None:
    with closing(sqlite3.connect(from_)) as source, closing(sqlite3.connect(to)) as target:
        # All pages at once are one moment; writers are not held up by it.
        source.backup(target)
    with to.open("rb") as written:
        os.fsync(written.fileno())


def _keep(directory: Path) -> None:
    """The names of the files survive a power cut too."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _asked(database: Path, statement: str) -> str | int:
    with closing(sqlite3.connect(database)) as connection:
        value: str | int = connection.execute(statement).fetchone()[0]
        return value
