"""Databases for the tests: for each test a migrated, empty one of its own, on SQLite and on PostgreSQL."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import Engine, create_engine, make_url, text

import migrations
from service.storage.database import BESIDE, connect, file_beside
from tests.pages.browser import HOW_TO, MISSING
from tests.postgres import Server
from tests.recycled import Databases

OVERRIDE = "KETENSPOOR_TEST_POSTGRES_URL"
#: Where Linux keeps files in memory, and how much must be free there for those of the tests.
_MEMORY, _ENOUGH = Path("/dev/shm"), 4 << 30  # noqa: S108  not a file of a name that others could guess
_server = pytest.StashKey[Server]()

# How long an example takes says nothing on a machine that does other things too.
settings.register_profile("ketenspoor", deadline=None)
settings.load_profile("ketenspoor")


def pytest_configure() -> None:
    """Nothing that tests write is to outlive the machine, so where there is room none of it waits for a disk."""
    if "TMPDIR" in os.environ or not os.access(_MEMORY, os.W_OK):
        return
    # The programs of a database are copied among its files, where they must be allowed to run.
    runs = not os.statvfs(_MEMORY).f_flag & os.ST_NOEXEC
    if runs and shutil.disk_usage(_MEMORY).free > _ENOUGH:
        os.environ["TMPDIR"] = tempfile.tempdir = str(_MEMORY)


def _start_once(config: pytest.Config) -> str:
    if _server not in config.stash:
        # What is in it outlives no test; those of crashes make clusters of their own.
        config.stash[_server] = Server(durable=False)
    return config.stash[_server].url


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: object) -> None:
    """One server for all workers of a parallel run: the controller starts it and tells them where it is."""
    if not os.environ.get(OVERRIDE):
        node.workerinput["postgres_url"] = _start_once(node.config)  # type: ignore[attr-defined]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    from tests.workers import Sharing

    return Sharing(config, log)


def pytest_collection_finish() -> None:
    """What was imported and collected stays: to look through it for garbage time and again takes a tenth of the run."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What was not tested for want of a browser is not to be overlooked."""
    skipped = [str(one.longrepr) for one in terminalreporter.getreports("skipped")]
    if reasons := [reason for reason in skipped if MISSING in reason]:
        terminalreporter.section(f"{len(reasons)} TESTS OF PAGES WERE NOT RUN", "!", red=True, bold=True)
        terminalreporter.line(f"{MISSING}: {HOW_TO}", red=True, bold=True)


def pytest_unconfigure(config: pytest.Config) -> None:
    if _server in config.stash:
        config.stash[_server].stop()


@pytest.fixture(scope="session")
def postgres_url(pytestconfig: pytest.Config) -> str:
    """A PostgreSQL server on which databases may be made."""
    if given := os.environ.get(OVERRIDE):
        return given
    told: dict[str, str] = getattr(pytestconfig, "workerinput", {})
    return told.get("postgres_url") or _start_once(pytestconfig)


@pytest.fixture(scope="session")
def administration(postgres_url: str) -> Iterator[Engine]:
    """Where databases are made and dropped, which no transaction can hold."""
    url = make_url(postgres_url).set(drivername="postgresql+psycopg")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    yield engine
    engine.dispose()


def _new_database(administration: Engine) -> Iterator[str]:
    name = f"ketenspoor_test_{uuid.uuid4().hex}"
    with administration.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template0 STRATEGY FILE_COPY"))
    yield administration.url.set(database=name).render_as_string(hide_password=False)
    with administration.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def empty_postgres(administration: Engine) -> Iterator[str]:
    """A database in which nothing has been made yet."""
    yield from _new_database(administration)


@pytest.fixture(scope="session")
def migrated_postgres(administration: Engine) -> Iterator[Databases]:
    """Copies of one migrated database."""
    for url in _new_database(administration):
        _migrate(url)
        databases = Databases(administration, str(make_url(url).database))
        yield databases
        databases.drop()


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of which all others are copies."""
    path = tmp_path_factory.mktemp("migrated") / "template.db"
    _migrate(f"sqlite:///{path}")
    return path


def _migrate(url: str) -> None:
    engine = connect(url)
    migrations.upgrade(engine)
    # The last connection to a SQLite file also brings its write-ahead log home.
    engine.dispose()


def _files(path: Path) -> list[Path]:
    return [path, *(file_beside(path, schema) for schema in BESIDE)]


def _copied(migrated: Path, folder: Path) -> str:
    path = folder / "ketenspoor.db"
    for made, wanted in zip(_files(migrated), _files(path), strict=True):
        shutil.copyfile(made, wanted)
    return f"sqlite:///{path}"


@pytest.fixture
def sqlite_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """A migrated, empty SQLite database."""
    return _copied(migrated_sqlite, tmp_path)


@pytest.fixture(scope="session")
def another_sqlite_url(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], str]:
    """Makes one more, for fixtures that several tests share."""
    return lambda: _copied(migrated_sqlite, tmp_path_factory.mktemp("another"))


@pytest.fixture(scope="module")
def shared_sqlite_url(another_sqlite_url: Callable[[], str]) -> str:
    """One that the tests of a module share: for those that only read what was put there once."""
    return another_sqlite_url()


@pytest.fixture(scope="module")
def shared_postgresql_url(administration: Engine, migrated_postgres: Databases) -> Iterator[str]:
    """The same on PostgreSQL."""
    for name in migrated_postgres.one():
        yield administration.url.set(database=name).render_as_string(hide_password=False)


@pytest.fixture
def postgresql_url(administration: Engine, migrated_postgres: Databases) -> Iterator[str]:
    """A migrated, empty PostgreSQL database."""
    for name in migrated_postgres.one():
        yield administration.url.set(database=name).render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated, empty database of this test's own, on each engine in turn."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shared_database_url(request: pytest.FixtureRequest) -> str:
    """The same, on each engine in turn."""
    url: str = request.getfixturevalue(f"shared_{request.param}_url")
    return url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    opened = connect(database_url)
    yield opened
    opened.dispose()
