"""The two logs as tables: nothing in them is changed or removed, and no answer leaves before its lines are there."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, Table, select, text
from sqlalchemy.exc import DBAPIError

from service.audit import access_log, writer
from service.audit.records import Audited, Lines, Processing, write
from service.storage.database import connect, reading, writing
from service.storage.service_tables import audit_log, processing_log
from tests.api.service_under_test import Service, serving
from tests.posts import V_NUMBER, linked, permit

NOW = datetime(2022, 7, 15, 10, 0, 0, 123_456, tzinfo=UTC)
JOURNEY = UUID("5c5c5c5c-0000-8000-8000-000000000000")
TRACE, SPAN = bytes.fromhex("4bf92f3577b34da6a3ce929d0e0e4736"), bytes.fromhex("00f067aa0ba902b7")
AUDITED = Audited(
    *(NOW, "system-coa", "00000099000000002000", "read_journey", "/v1/journeys/{journey}", JOURNEY, 1, 9),
    *("succeeded", "192.0.2.7", "https://register.test/coa", None, TRACE, SPAN, None),
)
PROCESSING = Processing(
    *(TRACE, SPAN, None, SPAN, "Ok", "read a journey", 1_657_879_200_123, 1_657_879_200_124),
    *("ketenspoor", "0.1.0", "https://register.test/coa", JOURNEY, None),
)


@pytest.fixture
def written(engine: Engine) -> Engine:
    with writing(engine) as connection:
        write(connection, [Lines([AUDITED], [PROCESSING])])
    return engine


@pytest.fixture
def embedded(sqlite_url: str) -> Iterator[Service]:
    """The application in development mode on SQLite; it waits half a second for a lock."""
    with serving(sqlite_url, database_timeout=1.0) as running:
        running.post_all([permit(), linked()])
        yield running


def test_both_logs_hold_what_was_written(written: Engine) -> None:
    with reading(written) as connection:
        (audited,) = connection.execute(select(audit_log)).all()
        (processing,) = connection.execute(select(processing_log)).all()
    assert tuple(audited)[1:] == AUDITED
    assert tuple(processing)[1:] == PROCESSING


@pytest.mark.parametrize("table", ["audit_log", "processing_log"])
@pytest.mark.parametrize(
    "change", ["UPDATE {} SET request_id = trace_id", "DELETE FROM {}", "DELETE FROM {} WHERE 1=0"]
)
def test_no_line_is_changed_or_removed(written: Engine, table: str, change: str) -> None:
    if written.dialect.name == "sqlite" and "WHERE" in change:
        change = "DELETE FROM {} WHERE id = 1"
    with pytest.raises(DBAPIError, match=f"{table} is append-only"), writing(written) as connection:
        connection.execute(text(change.format(table)))
    with reading(written) as connection:
        assert connection.scalar(text(f"SELECT count(*) FROM {table}")) == 1


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("table", ["audit_log", "processing_log"])
def test_no_log_is_truncated_on_postgresql(written: Engine, table: str) -> None:
    with pytest.raises(DBAPIError, match=f"{table} is append-only"), writing(written) as connection:
        connection.execute(text(f"TRUNCATE {table}"))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("table", ["audit_log", "processing_log"])
def test_no_line_is_replaced_on_sqlite_by_whoever_opens_the_file_without_us(written: Engine, table: str) -> None:
    replacing = f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}"
    with (
        closing(sqlite3.connect(str(written.url.database))) as plain,
        pytest.raises(sqlite3.IntegrityError, match=f"{table} is append-only"),
    ):
        plain.execute(replacing)


@pytest.mark.parametrize(
    ("table", "names"),
    [
        (audit_log, {"actor", "organisation", "action", "object", "recorded_at", "trace_id", "last_position"}),
        (processing_log, {"trace_id", "processing_activity", "data_subject"}),
    ],
)
def test_what_auditors_ask_by_has_an_index(table: Table, names: set[str]) -> None:
    assert {index.columns.keys()[0] for index in table.indexes} == names


def test_a_line_of_a_command_stands_or_falls_with_what_it_did(engine: Engine) -> None:
    def note(connection: Connection) -> None:
        access_log.log_command(
            connection, NOW, "somebody", "destroy journey", "journey", journey=JOURNEY, reason="term ended"
        )

    with writing(engine) as connection:
        note(connection)
    with engine.connect() as connection, connection.begin() as doing:
        note(connection)
        doing.rollback()
    with reading(engine) as connection:
        (line,) = connection.execute(select(audit_log)).all()
    assert (line.actor, line.action, line.journey, line.reason) == (
        "somebody",
        "destroy journey",
        JOURNEY,
        "term ended",
    )
    assert (line.origin, line.result, len(line.trace_id), len(line.request_id)) == ("command line", "succeeded", 16, 8)


def test_one_answer_that_the_database_refuses_does_not_keep_others_from_theirs(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = connect(postgresql_url, use=writer.audit_connections(10.0))
    groups: list[int] = []
    writes, go_on = threading.Event(), threading.Event()

    def held(connection: Connection, every: Sequence[Lines]) -> None:
        groups.append(len(every))
        writes.set()
        go_on.wait()
        write(connection, every)

    monkeypatch.setattr(writer, "write", held)

    async def four() -> list[Any]:
        one = writer.AuditWriter(engine)
        one.start(asyncio.get_running_loop())
        waiting = [asyncio.ensure_future(one.record(Lines([AUDITED])))]
        await asyncio.to_thread(writes.wait)
        # These gather while the first is written; a NUL is no text to PostgreSQL.
        following = [Lines([AUDITED._replace(actor=actor)]) for actor in ("one", "a\0b", "another")]
        waiting += [asyncio.ensure_future(one.record(lines)) for lines in following]
        await asyncio.sleep(0)
        go_on.set()
        results = await asyncio.gather(*waiting, return_exceptions=True)
        await asyncio.to_thread(one.stop)
        return results

    results = asyncio.run(four())
    assert [type(result) for result in results] == [type(None), type(None), writer.NotRecorded, type(None)]
    assert groups == [1, 3, 1, 1, 1]
    with reading(engine) as connection:
        assert connection.execute(text("SELECT actor FROM audit_log ORDER BY id")).scalars().all() == [
            *("system-coa", "one", "another")
        ]
    engine.dispose()


def test_nothing_of_an_answer_is_sent_before_its_lines_are_committed(
    embedded: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    journey = embedded.request("POST", "/v1/journeys/_find", json={"vNumber": V_NUMBER}).json()["journey"]
    sent: list[str] = []
    writes, go_on = threading.Event(), threading.Event()

    def held(connection: Connection, every: Sequence[Lines]) -> None:
        write(connection, every)
        writes.set()
        go_on.wait()

    monkeypatch.setattr(writer, "write", held)

    async def ask() -> list[str]:
        async def receive() -> dict[str, Any]:
            return {"type": "http.request"}

        async def send(message: Any) -> None:
            sent.append(message["type"])

        path = f"/v1/journeys/{journey}"
        scope = {"type": "http", "asgi": {"version": "3.0"}, "method": "GET", "path": path, "query_string": b""}
        scope["headers"] = []
        asked = asyncio.ensure_future(embedded.app(scope, receive, send))
        await asyncio.to_thread(writes.wait)
        before = list(sent)
        go_on.set()
        await asked
        return before

    assert embedded.run(ask()) == []
    assert sent == ["http.response.start", "http.response.body"]


def test_without_its_lines_there_is_no_answer_and_public_figures_are_answered_all_the_same(embedded: Service) -> None:
    journey = embedded.request("POST", "/v1/journeys/_find", json={"vNumber": V_NUMBER}).json()["journey"]
    embedded.follow()
    with closing(sqlite3.connect(str(embedded.context.primary.url.database), isolation_level=None)) as another:
        another.execute("BEGIN IMMEDIATE")
        refused = embedded.request("GET", f"/v1/journeys/{journey}")
        public = embedded.request("GET", "/v1/realisation?period=2021-I")
        another.execute("ROLLBACK")
    assert (refused.status_code, refused.headers["content-type"]) == (503, "application/problem+json")
    assert "permit" not in refused.text and "api-version" in refused.headers
    assert public.status_code == 200
    assert embedded.request("GET", f"/v1/journeys/{journey}").status_code == 200
