"""Figures while a projection is stopped: those that rest on it tell its older position, the others go on."""

from __future__ import annotations

from collections.abc import Iterable

from projections.row_store import Row
from projections.states import PROJECTIONS
from projections.states.housings import housings
from projections.stream_history import StreamHistory
from service.projector.follower import Follower
from tests.api.reports import housed, linked
from tests.api.service_under_test import Service, serving

REALISATION = "/v1/realisation?period=2021-I"
NORM_PHASES = "/v1/norm-phases?from=2021-01-01&to=2021-12-31"


def stopped(service: Service) -> None:
    """The projection of housings is stopped behind position 1, the others are at 2."""

    def rows(told: StreamHistory) -> Iterable[Row]:
        raise ArithmeticError

    service.post_all([linked("2800000001", "2021-03-10")])
    service.follow()
    service.post_all([housed("2800000002", "2021-06-10")])
    poisoned = [one._replace(rows=rows) if one.table is housings else one for one in PROJECTIONS]
    while Follower(service.context.engine, poisoned, cache_limit=0).project_next("view_a"):
        pass


def position(service: Service, url: str) -> int:
    answer = service.request("GET", url)
    assert answer.status_code == 200, answer.text
    told: int = answer.json()["position"]
    return told


def test_only_answers_that_rest_on_a_stopped_projection_tell_an_older_position(service: Service) -> None:
    stopped(service)
    assert position(service, REALISATION) == 1
    assert position(service, NORM_PHASES) == 2
    assert position(service, "/v1/municipalities") == 2
    assert position(service, f"{NORM_PHASES}&minPosition=2") == 2
    service.follow()
    assert position(service, REALISATION) == 2


def test_they_are_not_given_as_newer_than_they_are(sqlite_url: str) -> None:
    with serving(sqlite_url) as service:
        stopped(service)
        answer = service.request("GET", f"{REALISATION}&minPosition=2")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")


def test_what_was_published_stands_beside_figures_that_are_no_newer(service: Service) -> None:
    stopped(service)
    assert position(service, "/v1/published-figures?period=2021-I") == 1
