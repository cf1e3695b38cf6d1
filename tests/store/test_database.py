"""Opening a database, and what readers, writers and the follower see of each other."""

from __future__ import annotations

import threading
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from projections import tables as projections
from service.log.events import NewEvent
from service.log.recorder import EventRecorder
from service.storage import database
from service.storage.database import BESIDE, DatabaseUrlError, connect, file_beside, projecting, reading, writing

STREAM = UUID("00000000-0000-4000-8000-000000000001")


def place(engine: Engine, view: str) -> int | None:
    with reading(engine, view) as connection:
        return connection.scalar(projections.place.select().with_only_columns(projections.place.c.position))


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("sqlite://", "SQLite needs a file"),
        ("sqlite:///:memory:", "SQLite needs a file"),
        ("sqlite:////no/such/directory/ketenspoor.db", "there is no directory /no/such/directory"),
        ("mysql://localhost/ketenspoor", "mysql databases are not supported"),
        ("hunter2", "cannot be read"),
    ],
)
def test_a_url_that_cannot_work_is_refused_with_the_reason(url: str, fault: str) -> None:
    with pytest.raises(DatabaseUrlError, match=fault) as raised:
        connect(url)
    assert "hunter2" not in str(raised.value)


def test_sets_of_projections_stand_beside_the_database_on_sqlite() -> None:
    assert file_beside("/data/ketenspoor.db", "view_a") == Path("/data/ketenspoor.view_a.db")
    assert file_beside("/data/ketenspoor", "view_b") == Path("/data/ketenspoor.view_b")


def test_the_password_is_not_shown(tmp_path: Path) -> None:
    assert "hunter2" not in repr(connect("postgresql://keten:hunter2@localhost/ketenspoor"))


def test_an_acknowledged_event_outlives_a_power_cut_on_sqlite(sqlite_url: str) -> None:
    engine = connect(sqlite_url)
    with engine.connect() as connection:
        assert connection.scalar(text("PRAGMA main.synchronous")) == 2
        assert connection.scalar(text("PRAGMA main.journal_mode")) == "wal"
        assert connection.scalar(text("PRAGMA view_a.journal_mode")) == "wal"
    engine.dispose()


def test_all_who_read_together_keep_few_pages_of_sqlite_files(sqlite_url: str) -> None:
    use = database.readers(10)
    engine = connect(sqlite_url, use=use)
    with engine.connect() as connection:
        sizes = [connection.exec_driver_sql(f"PRAGMA {schema}.cache_size").scalar_one() for schema in ("main", *BESIDE)]
    engine.dispose()
    # In KiB, and negative, as SQLite has it: the log and the set that serves are what readers go through.
    assert -sum(sizes[:2]) * use.connections_sqlite <= 64_000


def test_all_statements_of_a_reading_see_one_state(engine: Engine) -> None:
    with reading(engine) as connection:
        before = EventRecorder(connection).head()
        with writing(engine) as other:
            EventRecorder(other).lock()
            EventRecorder(other).insert_events([NewEvent(STREAM, 1, "linked.v1", "{}")])
        assert EventRecorder(connection).head() == before
        assert EventRecorder(connection).select_notifications(0, 10, inclusive_of_start=False) == []
    with reading(engine) as connection:
        assert EventRecorder(connection).head().position == 1


def test_a_set_of_projections_is_filled_apart_from_the_other(engine: Engine) -> None:
    with projecting(engine, "view_b") as connection:
        connection.execute(projections.place.update().values(position=7))
    assert (place(engine, "view_a"), place(engine, "view_b")) == (0, 7)


def test_the_follower_holds_up_no_commit(engine: Engine) -> None:
    with projecting(engine, "view_a") as connection:
        connection.execute(projections.place.update().values(position=7))
        with writing(engine) as other:
            EventRecorder(other).lock()
            assert EventRecorder(other).insert_events([NewEvent(STREAM, 1, "linked.v1", "{}")]) == [1]


def test_the_writer_holds_up_no_follower(engine: Engine) -> None:
    with writing(engine) as other:
        EventRecorder(other).lock()
        with projecting(engine, "view_a") as connection:
            connection.execute(projections.place.update().values(position=7))
        assert place(engine, "view_a") == 7


def test_a_set_of_projections_is_filled_by_one_at_a_time(engine: Engine) -> None:
    steps: list[str] = []

    def second() -> None:
        with projecting(engine, "view_a"):
            steps.append("second")

    with projecting(engine, "view_a"):
        rival = threading.Thread(target=second)
        rival.start()
        # Long enough for a rival that is not kept out; too short only makes the test easier to pass.
        rival.join(0.2)
        steps.append("first")
    rival.join()
    assert steps == ["first", "second"]


def test_reading_changes_nothing(engine: Engine) -> None:
    with pytest.raises(DBAPIError), reading(engine) as connection:
        connection.execute(text("UPDATE serving SET view = 'view_b'"))
    with reading(engine) as connection:
        assert connection.scalar(text("SELECT view FROM serving")) == "view_a"
