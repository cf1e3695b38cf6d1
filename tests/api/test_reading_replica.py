"""Reading from a replica: what was recorded is there when it is asked for, and what is not there yet is not denied."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import migrations
from service.foundation.settings import Settings
from service.projector.follower import Follower
from service.storage.database import connect
from tests.api.reports import UTRECHT, said
from tests.api.service_under_test import Service, serving
from tests.clusters import Cluster, clusters

FIGURE = "/v1/realisation?period=2021-I&groupBy=country"


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[Cluster, Cluster]]:
    """A migrated primary and a standby that streams from it, as those have it who need not wait for it."""
    with clusters() as room:
        primary = room.new()
        engine = connect(primary.url)
        migrations.upgrade(engine)
        engine.dispose()
        yield primary, room.standby_of(primary, synchronous=False)


@pytest.fixture
def service(pair: tuple[Cluster, Cluster], monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """The application, writing to the one and reading from the other; an instant is all that it waits."""
    monkeypatch.setattr("service.queries.question._LONGEST_WAIT", 0.6)
    primary, standby = pair
    standby.until("SELECT pg_is_in_recovery()", True)
    with serving(primary.url, read_url=standby.url) as running:
        running.clock.forward(days=_days())
        yield running


_began = iter(range(100))


def _days() -> int:
    """Each test on a day of its own, for they share a log."""
    return next(_began)


def person(number: int) -> dict[str, Any]:
    return said("permit-granted", "2021-01-10", f"{number:010d}", id=f"p-{number}", ground="asylum")


def home(number: int) -> dict[str, Any]:
    return said(
        "housed", "2021-02-10", f"{number:010d}", id=f"h-{number}", municipality=UTRECHT, accommodation="regular"
    )


def follow(service: Service) -> None:
    """Bring the projections of the primary to the end of the log."""
    while Follower(service.context.primary, cache_limit=0).project_next("view_a"):
        pass


def ask(service: Service, url: str) -> Any:
    return service.request("GET", url)


def test_what_was_posted_is_read_through_the_replica_by_its_position(service: Service) -> None:
    told = service.post_all([person(1), home(1)])
    follow(service)
    answer = ask(service, f"{FIGURE}&minPosition={told['lastPosition']}")
    assert answer.status_code == 200, answer.text
    assert (answer.json()["position"], answer.json()["items"][0]["realised"]) == (told["lastPosition"], 1)


def test_a_replica_that_lags_says_so_and_goes_on_when_it_has_caught_up(
    service: Service, pair: tuple[Cluster, Cluster]
) -> None:
    _, standby = pair
    before = ask(service, FIGURE).json()["position"]
    standby.pause_replay()
    try:
        told = service.post_all([person(2), home(2)])
        follow(service)
        last = told["lastPosition"]
        known_at = service.clock.now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        service.clock.forward(minutes=10)
        refused = [
            ask(service, url)
            for url in (
                f"{FIGURE}&minPosition={last}",
                f"{FIGURE}&atPosition={last}",
                f"{FIGURE}&knownAt={known_at}",
                f"/v1/events/{last}",
                f"/v1/events?minPosition={last}",
            )
        ]
        assert [(one.status_code, one.headers.get("retry-after")) for one in refused] == [(503, "1")] * 5
        # What names no moment is told with the position that it rests on; what is looked up is not denied.
        older = ask(service, FIGURE)
        assert (older.status_code, older.json()["position"]) == (200, before)
        found = service.request("POST", "/v1/journeys/_find", json={"vNumber": f"{2:010d}"})
        assert found.status_code == 200
        beyond = ask(service, f"{FIGURE}&atPosition={last + 1}")
        assert (beyond.status_code, beyond.headers.get("retry-after")) == (503, "1")
    finally:
        standby.resume_replay()
    assert ask(service, f"/v1/events/{last}").status_code in (200, 503)
    standby.until("SELECT max(position) FROM events", last)
    assert ask(service, f"{FIGURE}&knownAt={known_at}").json()["position"] == last
    assert ask(service, f"{FIGURE}&atPosition={last + 1}").status_code == 400


def test_a_moment_that_the_replica_has_passed_is_answered_without_the_primary(
    service: Service, pair: tuple[Cluster, Cluster]
) -> None:
    primary, standby = pair
    service.post_all([person(3)])
    known_at = service.clock.now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    service.clock.forward(seconds=30)
    told = service.post_all([person(4), home(4)])
    follow(service)
    standby.until("SELECT min(position) FROM view_a.place", told["lastPosition"])
    primary.freeze()
    try:
        answer = ask(service, f"{FIGURE}&knownAt={known_at}")
        assert (answer.status_code, answer.json()["position"]) == (200, told["lastPosition"] - 2)
    finally:
        primary.thaw()


def test_what_is_read_on_the_replica_is_accounted_for_on_the_primary_or_not_told(
    service: Service, pair: tuple[Cluster, Cluster]
) -> None:
    primary, standby = pair
    last = service.post_all([person(7), home(7)])["lastPosition"]
    follow(service)
    standby.until("SELECT max(position) FROM events", last)
    journey = service.request("POST", "/v1/journeys/_find", json={"vNumber": f"{7:010d}"}).json()["journey"]
    standby.until(f"SELECT count(*) FROM processing_log WHERE data_subject = '{journey}'", 1)
    standby.pause_replay()
    try:
        assert ask(service, f"/v1/journeys/{journey}").status_code == 200
        told = ask(service, f"/v1/processing-log?dataSubjectId={journey}").json()["items"]
        assert [line["name"] for line in told] == ["found a journey by V-number", "read a journey"]
        primary.stop("immediate")
        refused = ask(service, f"/v1/journeys/{journey}")
        assert (refused.status_code, "retry-after" in refused.headers) == (503, True)
        assert ask(service, FIGURE).status_code == 200
    finally:
        primary.start()
        standby.resume_replay()
    standby.until("SELECT count(*) FROM pg_stat_wal_receiver WHERE status = 'streaming'", 1)
    assert ask(service, f"/v1/journeys/{journey}").status_code == 200


def test_a_checkpoint_is_signed_on_the_primary_and_what_was_refused_is_read_there(
    service: Service, pair: tuple[Cluster, Cluster]
) -> None:
    _, standby = pair
    standby.pause_replay()
    try:
        assert service.request("POST", "/v1/log/checkpoint").status_code == 200
        assert service.post({**person(5), "type": "nl.ketenspoor.nothing.v1"}).status_code == 400
        assert len(ask(service, "/v1/rejections").json()["items"]) == 1
    finally:
        standby.resume_replay()


def test_a_lost_replica_is_503_and_comes_back_by_itself(service: Service, pair: tuple[Cluster, Cluster]) -> None:
    _, standby = pair
    assert ask(service, FIGURE).status_code == 200
    standby.stop("immediate")
    try:
        lost = ask(service, FIGURE)
        assert (lost.status_code, "retry-after" in lost.headers) == (503, True)
        assert service.post(person(6)).status_code == 201
    finally:
        standby.start()
    standby.until("SELECT pg_is_in_recovery()", True)
    assert ask(service, FIGURE).status_code == 200


@pytest.mark.parametrize(
    ("database_url", "read_url"),
    [
        ("sqlite:///ketenspoor.db", "postgresql://reader@127.0.0.1/ketenspoor"),
        ("postgresql://writer@127.0.0.1/ketenspoor", "sqlite:///ketenspoor.db"),
        ("sqlite:///ketenspoor.db", "sqlite:///ketenspoor.db"),
    ],
)
def test_only_postgresql_has_replicas(database_url: str, read_url: str) -> None:
    with pytest.raises(ValueError, match="KETENSPOOR_READ_URL is the address of a PostgreSQL replica"):
        Settings(database_url=database_url, read_url=read_url)
