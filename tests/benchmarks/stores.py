"""Databases for the measurements: SQLite files, and those of a PostgreSQL server of our own with fsync on."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Literal

from sqlalchemy import create_engine, make_url, text

import migrations
from service.log.events import NewEvent
from service.log.recorder import EventRecorder
from service.storage.database import BESIDE, connect, file_beside
from tests.postgres import Server

Kind = Literal["postgresql", "sqlite"]
_ROWS_AT_ONCE = 20_000


class Stores:
    """Everything made here is gone afterwards."""

    def __init__(self, directory: Path, server: str | None = None) -> None:
        """`server`: the URL of a PostgreSQL server on which databases may be made; else one of its own is started."""
        self.directory = directory
        self._given = server
        self._made: set[str] = set()
        self._started: Server | None = None

    def new(self, kind: Kind) -> str:
        """The URL of a migrated, empty database."""
        return self.copy(self._migrated_postgresql if kind == "postgresql" else self._migrated_sqlite)

    def empty(self) -> str:
        """The URL of a PostgreSQL database in which nothing has been made, for the stock library."""
        return self._copy_on_server("template0")

    def copy(self, url: str) -> str:
        """The URL of a copy; nobody may be connected to the original."""
        source = make_url(url)
        if source.get_backend_name() == "postgresql":
            assert source.database is not None
            return self._copy_on_server(source.database)
        copied = self._path()
        for made, wanted in zip(_files(Path(source.database or "")), _files(copied), strict=True):
            shutil.copyfile(made, wanted)
        return f"sqlite:///{copied}"

    def drop(self, url: str) -> None:
        """Away with it: disk is not without end."""
        gone = make_url(url)
        if gone.get_backend_name() == "postgresql":
            self._administer(f"DROP DATABASE {gone.database} WITH (FORCE)")
            return
        for path in _files(Path(gone.database or "")):
            for each in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
                each.unlink(missing_ok=True)

    def durability(self) -> str:
        """What the PostgreSQL server says of itself, so that nobody has to believe it."""
        names = ("server_version", "fsync", "synchronous_commit", "shared_buffers")
        return ", ".join(f"{name} {self._administer(f'SHOW {name}')}" for name in names)

    def end(self) -> None:
        """Stop the server, or remove what was made on one that is not ours."""
        if self._started is not None:
            self._started.stop()
            return
        for name in self._made:
            self._administer(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    @cached_property
    def _migrated_postgresql(self) -> str:
        return _migrated(self._copy_on_server("template0"))

    @cached_property
    def _migrated_sqlite(self) -> str:
        return _migrated(f"sqlite:///{self._path()}")

    def _path(self) -> Path:
        return self.directory / f"{self._name()}.db"

    def _name(self) -> str:
        return f"bench_{uuid.uuid4().hex}"

    @cached_property
    def _administration(self) -> str:
        if self._given:
            return self._given
        self._started = Server()
        return self._started.url

    def _administer(self, statement: str) -> str:
        url = make_url(self._administration).set(drivername="postgresql+psycopg")
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            answer = connection.execute(text(statement))
            told = str(answer.scalar()) if answer.returns_rows else ""
        engine.dispose()
        return told

    def _copy_on_server(self, template: str) -> str:
        name = self._name()
        self._made.add(name)
        # By files: large ones would go through the log of the server otherwise.
        self._administer(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        return make_url(self._administration).set(database=name).render_as_string(hide_password=False)


@contextmanager
def stores(server: str | None = None) -> Iterator[Stores]:
    """Room for databases on this machine's disk, gone afterwards; `server` as in Stores."""
    with tempfile.TemporaryDirectory(prefix="ketenspoor-bench-") as directory:
        room = Stores(Path(directory), server)
        try:
            yield room
        finally:
            room.end()


def copy_log(source: str, into: str, after: int = 0, until: int | None = None) -> int:
    """Write the events of one log behind those of another, on whatever engine, in one transaction; how many.

    Keys of journeys stay behind: this is for logs that are only read.
    """
    reading, writing = connect(source), connect(into)
    copied, last = 0, after
    with reading.connect() as old, old.begin(), writing.begin() as new:
        while rows := EventRecorder(old).select_notifications(last, _ROWS_AT_ONCE, until, inclusive_of_start=False):
            EventRecorder(new).insert_events([NewEvent(*row[1:]) for row in rows], after=last)
            copied, last = copied + len(rows), rows[-1].position
        if writing.dialect.name == "postgresql":
            new.execute(text("ANALYZE events"))
    reading.dispose()
    writing.dispose()
    return copied


def _migrated(url: str) -> str:
    engine = connect(url)
    migrations.upgrade(engine)
    # The last connection to a SQLite file also brings its write-ahead log home.
    engine.dispose()
    return url


def _files(path: Path) -> list[Path]:
    return [path, *(file_beside(path, schema) for schema in BESIDE)]
