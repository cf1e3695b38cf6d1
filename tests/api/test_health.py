"""Whether the service lives, and whether requests should be sent to it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text

from service.operations.health import Health, HealthMonitor, HealthUnknown, read_health
from tests.api.reports import granted
from tests.api.service_under_test import Service, serving

A = "9999000001"


@pytest.fixture
def here(sqlite_url: str) -> Iterator[Service]:
    """The service where the engine does not matter."""
    with serving(sqlite_url) as running:
        yield running


def asked(service: Service, query: str = "") -> tuple[int, list[str]]:
    """The status, and the names of the reasons."""
    answer = service.request("GET", f"/readyz{query}")
    body: dict[str, Any] = answer.json()
    assert body["ready"] == (answer.status_code == 200)
    return answer.status_code, [reason["check"] for reason in body["reasons"]]


def test_a_service_on_its_database_lives_and_is_ready(service):
    assert service.request("GET", "/livez").text == "live\n"
    assert service.request("HEAD", "/livez").status_code == 200
    assert asked(service) == (200, [])
    assert service.request("GET", "/readyz").headers["cache-control"] == "no-store"


def test_it_is_not_ready_while_the_projections_are_too_far_behind(database_url):
    with serving(database_url, ready_lag=60) as service:
        service.post_all([granted(A, "2021-03-01")])
        service.clock.forward(seconds=60)
        assert asked(service) == (200, [])
        service.clock.forward(seconds=1)
        assert asked(service) == (503, ["lag"])
        assert asked(service, "?exclude=lag") == (200, [])
        assert service.request("GET", "/livez").status_code == 200
        service.follow()
        assert asked(service) == (200, [])


def test_what_lags_is_named_and_nothing_of_what_was_posted(here):
    here.post_all([granted(A, "2021-03-01")])
    here.clock.forward(hours=1)

    (reason,) = here.request("GET", "/readyz").json()["reasons"]

    assert reason["detail"].startswith("more than 300 s behind: ")
    assert "housings" in reason["detail"]


def test_a_simulated_past_is_never_behind(sqlite_url):
    with serving(sqlite_url, clock="sender") as service:
        service.post_all([granted(A, "2021-03-01")])
        service.clock.forward(days=365)
        assert asked(service) == (200, [])


def test_it_is_not_ready_on_a_schema_of_an_earlier_version(service):
    with service.context.engine.begin() as connection:
        (newest,) = connection.execute(text("SELECT version_num FROM alembic_version")).one()
        connection.execute(text("UPDATE alembic_version SET version_num = '2026_11_21_first_tables'"))
    assert newest > "2026_11_22"

    assert asked(service) == (503, ["migrations"])
    assert asked(service, "?exclude=migrations") == (200, [])


def test_a_schema_that_a_later_version_added_to_will_do(service):
    with service.context.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '2099_01_01_later'"))

    assert asked(service) == (200, [])


def test_it_is_not_ready_without_its_database_and_lives_on(service):
    with service.context.engine.begin() as connection:
        connection.execute(text("ALTER TABLE serving RENAME TO elsewhere"))

    assert asked(service) == (503, ["database"])
    assert service.request("GET", "/livez").status_code == 200


def test_a_database_that_hangs_is_not_waited_for_and_looked_at_once(engine):
    looks: list[int] = []
    is_streaming, over = threading.Event(), threading.Semaphore(0)

    def hanging() -> Health:
        looks.append(1)
        is_streaming.wait(60)
        try:
            return read_health(engine)
        finally:
            over.release()

    async def look() -> int:
        monitor = HealthMonitor(hanging, patience=0.05)
        for _ in range(2):
            with pytest.raises(HealthUnknown, match="in time"):
                await monitor.health()
        before = len(looks)
        is_streaming.set()
        later = HealthMonitor(hanging)
        found = await later.health()
        for one in (monitor, later):
            one.close()
        assert found.position == 0
        return before

    assert asyncio.run(look()) == 1
    # The one that hung still holds a connection, and must have given it back before the engine goes.
    assert all(over.acquire(timeout=60) for _ in looks)


def test_one_that_is_being_stopped_is_not_ready(here):
    here.app.state.health_monitor.stopping = True

    assert asked(here) == (503, ["stopping"])
    assert here.request("GET", "/v1/periods").status_code == 200


@pytest.mark.parametrize("query", ["?exclude=everything", "?exclude=lag&exclude=x", "?other=1"])
def test_a_question_that_is_none_is_refused_without_repeating_it(here, query):
    answer = here.request("GET", f"/readyz{query}")

    assert answer.status_code == 400
    assert "everything" not in answer.text and "other" not in answer.text


def test_these_addresses_take_no_other_method(here):
    answers = [here.request("POST", address) for address in ("/livez", "/readyz", "/metrics")]

    assert [answer.status_code for answer in answers] == [405] * 3
    assert {answer.headers["content-type"] for answer in answers} == {"application/problem+json"}
