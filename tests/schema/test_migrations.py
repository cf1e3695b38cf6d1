"""The schema: made by the migrations, equal to the tables in the code, and unwilling to change what was recorded."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect, make_url, text
from sqlalchemy.exc import DBAPIError

import migrations
from service.storage.database import connect, file_beside, reading, writing

ROOT = Path(__file__).parents[2]

INSERT = "INSERT INTO events (position, stream, version, topic, data) VALUES (1, :stream, 1, 'linked.v1', '{}')"


@pytest.fixture(params=["sqlite", "postgresql"])
def unmigrated_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        url: str = request.getfixturevalue("empty_postgres")
        return url
    return f"sqlite:///{tmp_path / 'ketenspoor.db'}"


@pytest.fixture
def one_event(engine: Engine) -> Engine:
    stream = b"0123456789abcdef" if engine.dialect.name == "sqlite" else "30313233-3435-3637-3839-616263646566"
    with writing(engine) as connection:
        connection.execute(text(INSERT), {"stream": stream})
    return engine


def test_the_migrated_schema_is_what_the_code_expects(engine: Engine) -> None:
    migrations.check(engine)
    assert migrations.differences(engine) == []


def test_a_column_too_many_is_seen(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE view_b.quota ADD COLUMN surplus INTEGER"))
    (difference,) = migrations.differences(engine)
    assert difference[:3] == ("remove_column", "view_b", "quota")


def test_both_sets_of_projections_are_there(engine: Engine) -> None:
    found = inspect(engine)
    one, other = (found.get_table_names(schema=view) for view in ("view_a", "view_b"))
    # PostgreSQL names them in whatever order it finds them.
    assert sorted(one) == sorted(other)
    assert {"place", "phases", "housings", "quota", "areas"} <= set(one)


def test_the_first_set_of_projections_serves_at_first(engine: Engine) -> None:
    with reading(engine) as connection:
        assert connection.execute(text("SELECT id, view FROM serving")).all() == [(1, "view_a")]


def test_upgrading_twice_changes_nothing(one_event: Engine) -> None:
    migrations.upgrade(one_event)
    migrations.check(one_event)
    with reading(one_event) as connection:
        assert connection.scalar(text("SELECT count(*) FROM events")) == 1


def test_a_database_that_was_never_migrated_is_refused(unmigrated_url: str) -> None:
    engine = connect(unmigrated_url)
    with pytest.raises(migrations.SchemaError, match="not been migrated yet: run `ketenspoor migrate`"):
        migrations.check(engine)
    engine.dispose()


def test_a_database_of_another_version_is_refused(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '2019_01_01_older'"))
    with pytest.raises(migrations.SchemaError, match="the database is at 2019_01_01_older and this version needs"):
        migrations.check(engine)


def test_two_deployments_may_migrate_at_once(unmigrated_url: str) -> None:
    program = f"import migrations, service.storage.database as d; migrations.upgrade(d.connect({unmigrated_url!r}))"
    deployments = [
        subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(3)
    ]
    errors = [deployment.communicate()[1] for deployment in deployments]
    assert [deployment.returncode for deployment in deployments] == [0, 0, 0], errors
    engine = connect(unmigrated_url)
    migrations.check(engine)
    assert migrations.differences(engine) == []
    engine.dispose()


def test_a_lost_file_of_projections_is_noticed_and_made_again(sqlite_url: str) -> None:
    file_beside(str(make_url(sqlite_url).database), "view_a").unlink()
    engine = connect(sqlite_url)
    with pytest.raises(migrations.SchemaError, match="a file beside the log is missing: run `ketenspoor migrate`"):
        migrations.check(engine)
    migrations.upgrade(engine)
    migrations.check(engine)
    assert migrations.differences(engine) == []
    with reading(engine) as connection:
        assert connection.scalar(text("SELECT count(*) FROM view_a.place")) == 0
    engine.dispose()


def test_migrating_leaves_no_time_limits_behind(empty_postgres: str) -> None:
    engine = connect(empty_postgres)
    migrations.upgrade(engine)
    with engine.connect() as connection:
        assert connection.scalar(text("SHOW lock_timeout")) == "0"
        assert connection.scalar(text("SHOW statement_timeout")) == "0"
    engine.dispose()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET data = '[]'",
        "UPDATE events SET data = '[]' WHERE position = 1",
        "DELETE FROM events",
        "DELETE FROM events WHERE position = 1",
    ],
)
def test_what_was_recorded_is_neither_changed_nor_deleted(one_event: Engine, statement: str) -> None:
    with pytest.raises(DBAPIError, match="events is append-only"), writing(one_event) as connection:
        connection.execute(text(statement))
    with reading(one_event) as connection:
        assert connection.execute(text("SELECT position, data FROM events")).all() == [(1, "{}")]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_log_is_not_truncated_on_postgresql(one_event: Engine) -> None:
    with pytest.raises(DBAPIError, match="events is append-only"), writing(one_event) as connection:
        connection.execute(text("TRUNCATE events"))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_log_is_not_replaced_on_sqlite(one_event: Engine) -> None:
    with pytest.raises(DBAPIError, match="events is append-only"), writing(one_event) as connection:
        connection.execute(text(INSERT.replace("INSERT", "INSERT OR REPLACE")), {"stream": b"fedcba9876543210"})


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_log_is_not_replaced_on_sqlite_by_whoever_opens_the_file_without_us(one_event: Engine) -> None:
    with closing(sqlite3.connect(str(one_event.url.database))) as plain:
        assert plain.execute("PRAGMA recursive_triggers").fetchone() == (0,)
        with pytest.raises(sqlite3.IntegrityError, match="events is append-only"):
            plain.execute("INSERT OR REPLACE INTO events SELECT * FROM events WHERE position = 1")
