"""Figures while the copy they are read from is loaded, and when it does not fit into the memory it may take."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from projections.column_store import ColumnStore
from projections.tables import FOREVER, STILL
from service.foundation.settings import Settings
from service.http.app import create_app
from service.storage.database import connect
from tests.api.reports import housed, linked
from tests.api.service_under_test import NOW, Service, StandingClock, serving
from tests.processes import Served, environment, until

FIGURE = "/v1/realisation?period=2021-I"


def test_until_the_tables_are_loaded_it_is_not_ready_and_figures_say_come_back(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(database_url) as service:
        service.post_all([linked("2800000001", "2021-03-10"), housed("2800000001", "2021-06-10")])
        service.follow()
    monkeypatch.setattr("service.queries.question._LONGEST_WAIT", 0.2)
    go_on, load = threading.Event(), ColumnStore.load

    def held_up(store: ColumnStore, *given: Any) -> None:
        assert go_on.wait(30)
        load(store, *given)

    monkeypatch.setattr(ColumnStore, "load", held_up)
    app = create_app(Settings(database_url=database_url, follower="none"), StandingClock(NOW))
    with asyncio.Runner() as runner:
        lifespan = app.router.lifespan_context(app)
        runner.run(lifespan.__aenter__())
        service = Service(app, StandingClock(NOW), runner)
        try:
            ready = service.request("GET", "/readyz")
            assert (ready.status_code, ready.json()["reasons"]) == (
                503,
                [{"check": "figures", "detail": "the state tables are being loaded"}],
            )
            assert service.request("GET", "/readyz?exclude=figures").status_code == 200
            figure = service.request("GET", FIGURE)
            assert (figure.status_code, figure.headers["Retry-After"]) == (503, "1")
            assert service.request("GET", "/v1/events").status_code == 200
            assert service.post(linked("2800000002", "2021-03-10")).status_code == 201
            # One that is asked before it is there, and waited for.
            monkeypatch.setattr("service.queries.question._LONGEST_WAIT", 20.0)
            threading.Timer(0.3, go_on.set).start()
            assert service.request("GET", FIGURE).json()["items"][0]["realised"] == 1
            assert service.request("GET", "/readyz").status_code == 200
        finally:
            go_on.set()
            runner.run(service.client.aclose())
            runner.run(lifespan.__aexit__(None, None, None))


def fill(engine: Engine, known_from: int) -> None:
    """Three hundred thousand housings that nobody reported."""
    with engine.begin() as connection:
        sqlite = engine.dialect.name == "sqlite"
        numbers = (
            "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 299999)"
            if sqlite
            else "WITH n(i) AS (SELECT * FROM generate_series(0, 299999))"
        )
        stream = "CAST(printf('%016d', i) AS BLOB)" if sqlite else "lpad(to_hex(i), 32, '0')::uuid"
        connection.execute(
            text(
                f"INSERT INTO view_a.housings (stream, known_from, number, known_until, valid_from, valid_until, "
                f"period, municipality, accommodation, persons, on_day, ground, undone, turn) {numbers} "
                f"SELECT {stream}, {known_from}, 0, {STILL}, '2021-03-01', '{FOREVER}', "
                "'2021-I', 'GM0344', 'regular', 1, '2021-03-01', 'asylum', false, 1 FROM n"
            )
        )


@pytest.mark.timeout(120)
def test_one_that_does_not_fit_any_more_is_said_and_posting_goes_on(database_url: str) -> None:
    with serving(database_url, figures_memory=16) as service:
        service.post_all([linked("2800000001", "2021-03-10"), housed("2800000001", "2021-06-10")])
        assert service.told(FIGURE)["items"][0]["realised"] == 1
        fill(service.context.primary, 3)
        service.post_all([housed("2800000002", "2021-06-10")])
        refused = service.get(FIGURE)
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "60")
        assert refused.json()["detail"] == "The state tables do not fit into 16 MB."
        assert service.post(housed("2800000003", "2021-06-10")).status_code == 201


@pytest.mark.timeout(120)
def test_a_server_whose_tables_do_not_fit_does_not_start(sqlite_url: str, tmp_path: Path) -> None:
    engine = connect(sqlite_url)
    fill(engine, 1)
    engine.dispose()
    service = Served(environment(sqlite_url, figures_memory="16", follower="none"), tmp_path / "service.log")
    try:
        until(lambda: service.process.poll() is not None, "it ends by itself")
        assert service.process.returncode == 3
        log = service.log.read_text()
        assert '"event":"the figures do not fit into their memory"' in log and '"megabytes":16' in log
    finally:
        service.end()
