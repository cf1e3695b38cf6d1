"""The copy that a process reads figures from is made anew when what it was copied from is another."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, delete, make_url, text, update
from sqlalchemy.exc import OperationalError

from projections.column_store import ColumnStore
from projections.states.housings import housings
from projections.tables import place
from service.projector.rebuild import rebuild
from service.queries.state_copy import StateCopy, copy_of, read_database_state
from service.storage.database import BESIDE, LOADING, connect, file_beside, reading, writing
from service.storage.service_tables import events, serving
from tests.rules.histories import UTRECHT, housed
from tests.views.logs import Log, a_housing, changing


@pytest.fixture
def log(engine: Engine) -> Log:
    return Log(engine)


@contextmanager
def copying(url: str, engine: Engine) -> Iterator[StateCopy]:
    """A copy that the questions of an engine read, loaded."""
    copy = StateCopy(connect(url, use=LOADING), 256)
    copy.start(engine)
    assert copy.wait(30)
    try:
        yield copy
    finally:
        copy.stop()


@pytest.fixture
def copy(database_url: str, log: Log) -> Iterator[StateCopy]:
    with copying(database_url, log.engine) as made:
        yield made


def persons(copy: StateCopy, engine: Engine) -> int:
    """Persons housed as far as a connection sees them; asked again while the copy is made anew."""
    while True:
        assert copy.wait(30)
        with reading(engine) as connection, copy.snapshot(connection, read_database_state(connection)) as tables:
            if tables is not None:
                at = {"position": tables.position}
                ((found,),) = tables.rows("SELECT count(*) FROM housings_at(DATE '2022-01-01', $position)", at)
                return int(found)


def house(log: Log, count: int = 1) -> None:
    for _ in range(count):
        log.commit(log.journey([housed("2021-06-10", UTRECHT, id="h")]))
    log.follow()


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[ColumnStore]:
    """Every copy that is loaded from now on."""
    found: list[ColumnStore] = []
    load = ColumnStore.load

    def noted(store: ColumnStore, *given: object) -> None:
        found.append(store)
        load(store, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(ColumnStore, "load", noted)
    return found


def test_it_is_caught_up_by_who_asks_and_loaded_once(loaded: list[ColumnStore], copy: StateCopy, log: Log) -> None:
    assert persons(copy, log.engine) == 0
    for count in range(1, 5):
        house(log)
        assert persons(copy, log.engine) == count
    assert len(loaded) == 1 and copy_of(log.engine) is copy


def test_another_set_that_serves_is_copied_anew(loaded: list[ColumnStore], copy: StateCopy, log: Log) -> None:
    house(log, 2)
    assert persons(copy, log.engine) == 2
    with reading(log.engine) as earlier:
        before = read_database_state(earlier)
        assert rebuild(log.engine).view == "view_b"
        with changing(log, "view_b") as connection:
            connection.execute(a_housing(log.journeys(1)[0], 2))
        assert persons(copy, log.engine) == 3
        # Who began to look before is answered by the new one, which knows all that there was.
        with copy.snapshot(earlier, before) as tables:
            assert tables is not None and tables.position == 2
    assert len(loaded) == 2


def test_what_was_destroyed_is_forgotten_before_it_answers_again(
    loaded: list[ColumnStore], copy: StateCopy, log: Log
) -> None:
    house(log, 2)
    assert persons(copy, log.engine) == 2
    with changing(log) as connection:
        connection.execute(delete(housings).where(housings.c.known_from == 1))
    with writing(log.engine) as connection:
        connection.execute(update(serving).values(destroyed=serving.c.destroyed + 1))
    assert persons(copy, log.engine) == 1
    with loaded[-1].snapshot() as tables:
        assert tables.rows("SELECT count(*) FROM housings") == [(1,)]


def _set_back(log: Log) -> None:
    with log.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("DROP TRIGGER events_refuse_delete")
        else:
            connection.exec_driver_sql("ALTER TABLE events DISABLE TRIGGER events_refuse")
        connection.execute(delete(events).where(events.c.position > 2))
    with changing(log) as connection:
        connection.execute(delete(housings).where(housings.c.known_from > 2))
        connection.execute(update(place).values(position=2))


@pytest.mark.parametrize("later", [1, 2, 5])
def test_a_database_that_was_set_back_and_went_on_otherwise_is_copied_anew(
    loaded: list[ColumnStore], copy: StateCopy, log: Log, later: int
) -> None:
    house(log, 4)
    assert persons(copy, log.engine) == 4
    _set_back(log)
    # As long as nothing else was recorded the copy knows the same, and more.
    assert persons(copy, log.engine) in (2, 4) and len(loaded) == 1
    for _ in range(later):
        log.commit(log.journey([housed("2022-06-10", UTRECHT, id="h")]))
    log.follow()
    assert persons(copy, log.engine) == 2
    assert len(loaded) == 2


def test_a_file_that_was_put_back_under_it_is_copied_anew(sqlite_url: str, tmp_path: Path) -> None:
    path, kept = Path(str(make_url(sqlite_url).database)), tmp_path / "kept"
    kept.mkdir()
    files = [path, *(file_beside(path, schema) for schema in BESIDE)]
    engine = connect(sqlite_url)
    log = Log(engine)
    house(log, 2)
    engine.dispose()
    for file in files:
        shutil.copy(file, kept / file.name)
    with copying(sqlite_url, engine) as copy:
        house(log, 2)
        assert persons(copy, engine) == 4
        engine.dispose()
        for file in files:
            for old in path.parent.glob(f"{file.name}*"):
                old.unlink()
            shutil.copy(kept / file.name, file)
        for _ in range(3):
            log.commit(log.journey([housed("2022-06-10", UTRECHT, id="h")]))
        log.follow()
        assert persons(copy, engine) == 2
    engine.dispose()


def test_a_lost_connection_has_it_copied_anew(loaded: list[ColumnStore], postgresql_url: str) -> None:
    engine = connect(postgresql_url)
    log = Log(engine)
    house(log, 2)
    with copying(postgresql_url, engine) as copy:
        assert persons(copy, engine) == 2
        with engine.connect() as lost, engine.connect() as other:
            pid = lost.execute(text("SELECT pg_backend_pid()")).scalar_one()
            other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
            with pytest.raises(OperationalError):
                lost.execute(text("SELECT 1"))
        assert persons(copy, engine) == 2
        assert len(loaded) == 2
    engine.dispose()


def test_one_that_is_far_behind_is_loaded_anew(
    loaded: list[ColumnStore], copy: StateCopy, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.queries.state_copy._FAR", 3)
    house(log, 3)
    assert persons(copy, log.engine) == 3 and len(loaded) == 1
    house(log, 4)
    assert persons(copy, log.engine) == 7 and len(loaded) == 2
    house(log, 12)
    house(log, 1)
    assert persons(copy, log.engine) == 20 and len(loaded) == 3
    # Of a long log so many are few.
    house(log, 4)
    assert persons(copy, log.engine) == 24 and len(loaded) == 3


def test_a_loaded_table_is_logged_by_a_plain_name(
    database_url: str, log: Log, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO"), copying(database_url, log.engine):
        pass

    named = [vars(one)["table"] for one in caplog.records if one.message == "state table loaded"]
    assert "housings" in named
    assert {type(name) for name in named} == {str}


def test_who_delivered_what_is_counted_before_anybody_asks(
    database_url: str, log: Log, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("projections.deliveries", "service.queries.deliveries"):
        monkeypatch.setattr(f"{module}.BLOCK", 2)
    house(log, 5)
    with caplog.at_level("INFO"), copying(database_url, log.engine) as copy:
        while not any(one.message == "deliveries counted" for one in caplog.records):
            time.sleep(0.01)
        with reading(log.engine) as connection, copy.snapshot(connection, read_database_state(connection)) as tables:
            assert tables is not None
            found = tables.cached_by_key("deliveries", range(2), 9, lambda _: dict[int, Any]())
    assert [(one.after, one.until, one.rows[:, 3].sum()) for one in found.values()] == [(0, 2, 2), (2, 4, 2)]
