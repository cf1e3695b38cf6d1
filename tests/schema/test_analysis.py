"""The views for analysts on PostgreSQL: the rows that serve, for two times, and nothing that is of one person alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest
from alembic import command
from sqlalchemy import Connection, Engine, create_engine, insert, make_url, text
from sqlalchemy.exc import DBAPIError, ProgrammingError

import migrations
from projections.states import TABLES
from projections.states.housings import housings
from projections.states.reference import reference
from projections.tables import FOREVER, STILL
from service.storage.database import connect, reading, writing
from service.storage.service_tables import serving
from tests.postgres import Server

ROOT = Path(__file__).parents[2]
ROLE = "ketenspoor_analyst"
SOMEBODY = UUID("8f14e45f-ceea-467f-ab2d-4a1c2d3e4f50")


@pytest.fixture
def engine(postgresql_url: str) -> Iterator[Engine]:
    opened = connect(postgresql_url)
    yield opened
    opened.dispose()


def house(engine: Engine, view: str, municipality: str, known_from: int = 1, known_until: int = STILL) -> None:
    with writing(engine) as connection:
        connection.execution_options(schema_translate_map={"view": view}).execute(
            insert(housings),
            {
                "stream": SOMEBODY,
                "known_from": known_from,
                "number": 0,
                "known_until": known_until,
                "valid_from": date(2021, 7, 10),
                "valid_until": FOREVER,
                "period": "2021-II",
                "municipality": municipality,
                "accommodation": "regular",
                "persons": 1,
                "on_day": date(2021, 7, 10),
                "ground": "asylum",
                "undone": False,
                "turn": 0,
            },
        )


def rows(connection: Connection, statement: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in connection.execute(text(statement))]


def as_analyst(engine: Engine, statement: str) -> list[tuple[object, ...]]:
    with reading(engine) as connection:
        connection.execute(text(f"SET LOCAL ROLE {ROLE}"))
        return rows(connection, statement)


def test_an_analyst_reads_the_set_that_serves_and_the_other_one_once_that_does(engine: Engine) -> None:
    house(engine, "view_a", "GM0344")
    house(engine, "view_b", "GM0363")

    before = as_analyst(engine, "SELECT municipality FROM analysis.housings")
    with writing(engine) as connection:
        connection.execute(serving.update().values(view="view_b"))
    after = as_analyst(engine, "SELECT municipality FROM analysis.housings")

    assert (before, after) == ([("GM0344",)], [("GM0363",)])


def test_the_set_that_does_not_serve_is_not_read(engine: Engine) -> None:
    with reading(engine) as connection:
        plan = [str(line) for (line,) in rows(connection, "EXPLAIN ANALYZE SELECT count(*) FROM analysis.housings")]

    _, of_the_other = (line for line in plan if " on housings housings_" in line)
    assert "never executed" in of_the_other, plan


def test_ends_that_are_open_are_null_and_positions_say_when_it_was_known(engine: Engine) -> None:
    house(engine, "view_a", "GM0344", known_from=3, known_until=7)
    house(engine, "view_a", "GM0363", known_from=7)

    statement = (
        "SELECT municipality, known_from, known_until, valid_from, valid_until FROM analysis.housings "
        "ORDER BY known_from"
    )
    assert as_analyst(engine, statement) == [
        ("GM0344", 3, 7, date(2021, 7, 10), None),
        ("GM0363", 7, None, date(2021, 7, 10), None),
    ]


@pytest.mark.parametrize(
    ("day", "position", "found"),
    [
        ("2021-07-10", 6, ["GM0344"]),
        ("2021-07-10", 7, ["GM0363"]),
        ("2021-07-10", 2, []),
        ("2021-07-09", 7, []),
        ("2050-01-01", 1000, ["GM0363"]),
    ],
)
def test_a_day_and_a_position_give_what_held_and_was_known(
    engine: Engine, day: str, position: int, found: list[str]
) -> None:
    house(engine, "view_a", "GM0344", known_from=3, known_until=7)
    house(engine, "view_a", "GM0363", known_from=7)

    statement = f"SELECT municipality FROM analysis.housings_at('{day}', {position})"

    assert [municipality for (municipality,) in as_analyst(engine, statement)] == found


def test_what_held_from_the_beginning_has_no_first_day(engine: Engine) -> None:
    row = {"stream": SOMEBODY, "known_from": 1, "number": 0, "known_until": STILL, "kind": "inhabitants"}
    with writing(engine) as connection:
        connection.execution_options(schema_translate_map={"view": "view_a"}).execute(
            insert(reference),
            {
                **row,
                "valid_from": date.min,
                "valid_until": FOREVER,
                "municipality": "GM0344",
                "day": date(2021, 1, 1),
                "persons": 359_370,
            },
        )

    assert as_analyst(engine, "SELECT valid_from, persons FROM analysis.reference_at('2021-07-10', 1)") == [
        (None, 359_370)
    ]


@pytest.mark.parametrize(
    "table", ["events", "journey_keys", "serving", "audit_log", "view_a.phases", "view_b.housings", "proof.tiles"]
)
def test_an_analyst_reads_nothing_else(engine: Engine, table: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        as_analyst(engine, f"SELECT * FROM {table}")


@pytest.mark.parametrize("table", ["analysis.quota", "view_a.quota"])
@pytest.mark.parametrize(
    "change", ["DELETE FROM {}", "UPDATE {} SET persons = 2", "INSERT INTO {} (persons) VALUES (1)"]
)
def test_an_analyst_changes_nothing(engine: Engine, table: str, change: str) -> None:
    refused = "permission denied|cannot (delete from|update|insert into) view"
    with engine.begin() as connection:
        connection.execute(text(f"SET LOCAL ROLE {ROLE}"))
        with pytest.raises(DBAPIError, match=refused):
            connection.execute(text(change.format(table)))


def test_every_state_table_has_a_view_of_its_columns_but_for_whose_they_are(engine: Engine) -> None:
    with reading(engine) as connection:
        found = rows(
            connection,
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'analysis'",
        )
    columns = {(table.name, column.name) for table in TABLES for column in table.columns}

    assert {one for one in found if one[0] != "positions"} == {
        (table, column) for table, column in columns if column not in ("stream", "number", "household", "born")
    }


def test_every_view_and_column_says_what_it_is(engine: Engine) -> None:
    with reading(engine) as connection:
        silent = rows(
            connection,
            "SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 "
            "WHERE c.relnamespace = 'analysis'::regnamespace AND (obj_description(c.oid, 'pg_class') IS NULL "
            "OR col_description(c.oid, a.attnum) IS NULL)",
        )
        functions = rows(
            connection,
            "SELECT proname FROM pg_proc WHERE pronamespace = 'analysis'::regnamespace "
            "AND obj_description(oid, 'pg_proc') IS NOT NULL ORDER BY proname",
        )

    assert silent == []
    assert [name for (name,) in functions] == sorted(f"{table.name}_at" for table in TABLES)


def test_how_far_the_views_have_come_can_be_read(engine: Engine) -> None:
    found = as_analyst(engine, "SELECT name, position FROM analysis.positions ORDER BY name")

    assert found == [(name, 0) for name in sorted(table.name for table in TABLES)]


def test_the_views_can_be_taken_back_and_made_again(engine: Engine) -> None:
    with engine.connect() as connection:
        command.downgrade(migrations.configured(connection), "2026_12_01_analysis-1")
    with reading(engine) as connection:
        assert rows(connection, "SELECT 1 FROM pg_namespace WHERE nspname = 'analysis'") == []

    assert migrations.upgrade(engine) == ""
    house(engine, "view_a", "GM0344")
    assert as_analyst(engine, "SELECT municipality FROM analysis.housings") == [("GM0344",)]


def test_who_may_make_no_roles_migrates_and_is_told_what_an_administrator_has_to_do() -> None:
    server = Server(durable=False)
    try:
        administration = create_engine(
            make_url(server.url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
        )
        with administration.connect() as connection:
            connection.execute(text("CREATE ROLE migrating LOGIN"))
            connection.execute(text("CREATE DATABASE ketenspoor OWNER migrating"))
        administration.dispose()
        url = make_url(server.url).set(database="ketenspoor")
        engine = connect(url.set(username="migrating").render_as_string(hide_password=False))

        left = migrations.upgrade(engine)

        assert "the role ketenspoor_analyst is not there" in left
        assert "docs/analysts.md" in left
        migrations.check(engine)
        house(engine, "view_a", "GM0344")

        by_administrator = create_engine(url.set(drivername="postgresql+psycopg"))
        with by_administrator.begin() as connection:
            for statement in statements_for_an_administrator():
                connection.execute(text(statement))
        by_administrator.dispose()
        reader = connect(url.set(username="somebody").render_as_string(hide_password=False))
        with reading(reader) as connection:
            assert rows(connection, "SELECT municipality FROM analysis.housings") == [("GM0344",)]
        with reading(reader) as connection, pytest.raises(ProgrammingError, match="permission denied"):
            rows(connection, "SELECT * FROM events")
        reader.dispose()
        engine.dispose()
    finally:
        server.stop()


def statements_for_an_administrator() -> list[str]:
    """What the page for analysts says that an administrator of the server runs, for somebody who is to read."""
    page = (ROOT / "docs" / "analysts.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```sql administrator\n(.*?)```", page, re.DOTALL)
    return [statement for statement in block.split(";") if statement.strip()]
