"""What `/metrics` tells: counted by the process, read from the database, bounded in its labels."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from domain.facts import FACTS
from service.foundation.organisations import development
from service.foundation.settings import Settings
from service.http.app import create_app
from service.http.openapi import specification
from service.http.pages.routes import page_routes
from service.operations.metrics import Metrics
from tests.api.reports import granted, housed, linked, worked_case
from tests.api.service_under_test import Service, serving

A, B = "9999000001", "9999000002"
COA, IND = "00000099000000002000", "00000099000000001000"


@pytest.fixture
def here(sqlite_url: str) -> Iterator[Service]:
    """The service where the engine does not matter."""
    with serving(sqlite_url) as running:
        yield running


def told(service: Service, **headers: str) -> dict[tuple[str, ...], float]:
    """Every sample by its name and the values of its labels, sorted by the name of the label."""
    answer = service.request("GET", "/metrics", headers=headers)
    assert answer.status_code == 200, answer.text
    return samples(answer.text)


def samples(exposed: str) -> dict[tuple[str, ...], float]:
    return {
        (sample.name, *(sample.labels[name] for name in sorted(sample.labels))): sample.value
        for family in text_string_to_metric_families(exposed)
        for sample in family.samples
    }


def test_events_are_counted_by_type_source_and_outcome(service):
    first = linked(A, "2021-03-10")
    service.post_all([granted(A, "2021-03-01"), granted(B, "2021-03-01"), first])
    assert service.post(first).status_code == 200
    assert service.post({**first, "data": {**first["data"], "household": "H-1"}}).status_code == 409
    assert (
        service.post({**first, "id": "other", "data": {**first["data"], "municipality": "GM9999"}}).status_code == 400
    )

    found = told(service)

    name, of = "ketenspoor_events_total", "nl.ketenspoor.linked.v1"
    assert found[name, "recorded", IND, "nl.ketenspoor.permit-granted.v1"] == 2
    assert [found[name, outcome, COA, of] for outcome in ("recorded", "repeated", "conflict", "rejected")] == [1] * 4


def test_what_a_sender_may_write_freely_makes_no_labels(here):
    def name(number: int) -> dict[str, Any]:
        sender = f"urn:nld:oin:{number:020d}:systeem:{A}"
        return {**granted(A, "2021-03-01"), "source": sender, "type": f"nl.ketenspoor.{A}.v{number}"}

    for number in range(20):
        assert here.post(name(number)).status_code in (400, 403)

    counted = {key: value for key, value in told(here).items() if key[0] == "ketenspoor_events_total"}
    assert counted == {("ketenspoor_events_total", "rejected", "other", "other"): 20}


def test_even_known_organisations_are_named_up_to_a_number():
    counts = Metrics(development)
    for number in range(1_500):
        counts.posted({("linked.v1", f"00000099{100_000_000 + number:09d}000", "recorded"): 1})

    sources = {
        sample.labels["source"]
        for family in counts.registry.collect()
        for sample in family.samples
        if sample.name == "ketenspoor_events_total"
    }
    assert len(sources) == 1_001
    assert "other" in sources


@pytest.mark.parametrize("topic", FACTS)
def test_every_type_is_counted_under_its_own_name(topic):
    counts = Metrics(development)
    counts.posted({(topic, COA, "recorded"): 2, (f"nl.ketenspoor.{topic}", COA, "recorded"): 1})

    labels = {"type": f"nl.ketenspoor.{topic}", "source": COA, "outcome": "recorded"}
    assert counts.registry.get_sample_value("ketenspoor_events_total", labels) == 3


def test_requests_are_counted_by_the_template_of_their_route(here):
    for _ in range(2):
        here.request("GET", "/v1/journeys/00000000-0000-0000-0000-000000000000")
    for address in (f"/v1/journeys/{A}", f"/v1/nothing/{A}", f"/{A}"):
        assert here.request("GET", address).status_code == 404
    here.request("GET", f"/v1/events/1?v={A}")
    here.request("DELETE", "/v1/events")
    here.request("HEAD", "/v1/periods")
    here.request(f"X{A}", "/v1/periods")

    exposed = here.request("GET", "/metrics").text
    counted = {key[1:]: value for key, value in samples(exposed).items() if key[0] == "ketenspoor_http_requests_total"}
    assert counted == {
        ("GET", "/v1/journeys/{journey}", "404"): 2,
        ("GET", "unmatched", "404"): 3,
        ("GET", "/v1/events/{position}", "400"): 1,
        ("DELETE", "/v1/events", "405"): 1,
        ("HEAD", "/v1/periods", "200"): 1,
        ("other", "/v1/periods", "405"): 1,
    }
    assert A not in exposed


def test_every_route_of_the_description_has_a_template():
    app = create_app(Settings(database_url="sqlite:///unused.db", follower="none"))
    described = set(app.outermost.templates.values())

    paths = {f"/v1{path}".removesuffix("/") for path in json.loads(specification.text())["paths"]}
    assert paths <= described
    beside = {"/", "/livez", "/readyz", "/metrics", "/.well-known/security.txt", "/docs", "/docs/{name}"}
    pages = {route.path for route in page_routes()}
    assert beside | pages == described - paths - {"/v1/openapi.json"}


def test_commits_tell_their_size_and_nothing_waits_afterwards(service):
    service.post_all(worked_case(A))
    service.post(granted(B, "2021-03-01"))

    found = told(service)

    assert found[("ketenspoor_commit_events_count",)] == 2
    assert found[("ketenspoor_commit_events_sum",)] == 5
    assert found[("ketenspoor_commit_requests_total",)] == 2
    assert found[("ketenspoor_commit_seconds_count",)] == 2
    assert found[("ketenspoor_writer_waiting_events",)] == 0


def test_the_lag_of_each_projection_is_told_in_events_and_in_seconds(service):
    service.post_all([granted(A, "2021-03-01"), linked(A, "2021-03-10")])
    service.follow()
    service.clock.forward(seconds=5)
    service.post_all([housed(A, "2021-06-10")])
    service.clock.forward(seconds=7)
    service.post_all([granted(B, "2021-03-01")])
    service.clock.forward(seconds=30)

    behind = told(service)
    service.follow()
    level = told(service)

    for projection in ("housings", "quota", "reference"):
        assert behind["ketenspoor_projection_position", projection] == 2
        assert behind["ketenspoor_projection_lag_events", projection] == 2
        assert behind["ketenspoor_projection_lag_seconds", projection] == 37
        assert behind["ketenspoor_projection_stopped", projection] == 0
        assert level["ketenspoor_projection_lag_events", projection] == 0
        assert level["ketenspoor_projection_lag_seconds", projection] == 0
    assert behind[("ketenspoor_log_position",)] == level[("ketenspoor_log_position",)] == 4
    assert behind["ketenspoor_serving_view", "view_a"] == 1


def test_what_no_checkpoint_covers_is_told_with_its_age(service):
    service.post_all(worked_case(A))
    service.clock.forward(minutes=3)
    before = told(service)
    signed = service.request("POST", "/v1/log/checkpoint")
    assert signed.status_code in (200, 201), signed.text
    service.clock.forward(minutes=2)
    covered = told(service)
    service.post_all([granted(B, "2021-03-01")])
    service.clock.forward(minutes=1)
    after = told(service)

    names = [f"ketenspoor_checkpoint_{what}" for what in ("size", "uncovered_events", "uncovered_seconds")]
    assert [before[name,] for name in names] == [0, 4, 180]
    assert [covered[name,] for name in names] == [4, 0, 0]
    assert [after[name,] for name in names] == [4, 1, 60]
    assert ("ketenspoor_checkpoint_age_seconds",) not in before
    assert after[("ketenspoor_checkpoint_age_seconds",)] == 180
    assert after[("ketenspoor_tree_lag_events",)] == 1


def test_refusals_that_are_kept_are_counted(service):
    assert told(service)[("ketenspoor_rejections_kept",)] == 0
    for number in range(3):
        assert service.post({**granted(A, "2021-03-01"), "id": f"r-{number}", "type": "unknown"}).status_code == 400

    assert told(service)[("ketenspoor_rejections_kept",)] == 3


def test_a_simulated_past_has_no_age(sqlite_url):
    with serving(sqlite_url, clock="sender") as service:
        service.post_all([granted(A, "2021-03-01")])
        found = told(service)

    assert found["ketenspoor_projection_lag_events", "housings"] == 1
    assert not [key for key in found if key[0].endswith(("lag_seconds", "uncovered_seconds"))]


def test_without_a_database_the_process_tells_what_it_knows(service):
    service.post_all([granted(A, "2021-03-01")])
    assert told(service)[("ketenspoor_database_up",)] == 1
    with service.context.engine.begin() as connection:
        connection.execute(text("ALTER TABLE serving RENAME TO elsewhere"))

    found = told(service)

    assert found[("ketenspoor_database_up",)] == 0
    assert ("ketenspoor_log_position",) not in found
    assert found["ketenspoor_http_requests_total", "POST", "/v1/events", "200"] == 1


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("application/openmetrics-text; version=1.0.0", "application/openmetrics-text"),
        ("text/plain", "text/plain"),
        ("*/*", "text/plain"),
        ("application/openmetrics-text; version=abc", "text/plain"),
        ("text/plain; version=1.0.0; escaping=nothing", "text/plain"),
    ],
)
def test_the_form_is_as_the_scraper_likes_it(here, accept, form):
    answer = here.request("GET", "/metrics", headers={"Accept": accept})

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(form)
    assert answer.text.endswith("# EOF\n") == (form != "text/plain")


def test_two_applications_of_one_process_count_apart(here, sqlite_url):
    here.post_all([granted(A, "2021-03-01")])
    with serving(sqlite_url) as other:
        assert ("ketenspoor_events_total", "recorded", IND, "nl.ketenspoor.permit-granted.v1") not in told(other)
