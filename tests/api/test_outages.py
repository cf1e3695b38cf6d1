"""The service while its database is restarted, stuck, locked, full or gone: 503, and then it goes on by itself."""

from __future__ import annotations

import random
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from service.intake.cloudevents import ONE
from service.log.recorder import EventRecorder
from service.storage.database import connect, writing
from tests.clusters import Cluster, Clusters, clusters
from tests.outages import migrated
from tests.posts import body, linked
from tests.processes import Served, environment, ketenspoor, served, until
from tests.senders import company, examined

OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
)
#: Long enough for every answer that is bounded; only what hangs is ended by it.
DEADLINE = 30.0


@pytest.fixture(scope="module")
def room() -> Iterator[Clusters]:
    with clusters() as made:
        yield made


@pytest.fixture(scope="module")
def cluster(room: Clusters) -> Cluster:
    return migrated(room)


@pytest.fixture(scope="module")
def service(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server and its follower for all of these: what one outage leaves behind, the next test meets."""
    env = environment(cluster.url, log_level="warning", database_timeout="1")
    with served(env, tmp_path_factory.mktemp("outages") / "service.log") as started:
        yield started


def post(service: Served, id_: str) -> httpx.Response:
    headers = {"Content-Type": ONE}
    return httpx.post(f"{service.address}/v1/events", content=body(linked(id_)), headers=headers, timeout=DEADLINE)


def get(service: Served, path: str = "/v1/realisation?period=2021-I&groupBy=country") -> httpx.Response:
    return httpx.get(f"{service.address}{path}", timeout=DEADLINE)


def is_told_to_come_back(answer: httpx.Response) -> bool:
    assert answer.status_code == 503, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == 503
    return int(answer.headers["retry-after"]) >= 1


def recovers(service: Served, id_: str) -> int:
    """The position under which an event is recorded at last, and read by the projections."""
    answers: list[httpx.Response] = []

    def recorded() -> bool:
        answers.append(post(service, id_))
        assert answers[-1].status_code in (200, 201, 503), answers[-1].text
        return answers[-1].status_code != 503

    until(recorded, "the event is recorded")
    position: int = answers[-1].json()["position"]
    path = f"/v1/realisation?period=2021-I&groupBy=country&minPosition={position}"
    until(lambda: get(service, path).status_code == 200, "the projections have it")
    return position


def test_a_restart_of_the_database_under_load_is_survived(service: Served, cluster: Cluster) -> None:
    senders = company(lambda: service.address, "restart", seed=1)
    senders.start()
    until(senders.acknowledged, "the first acknowledgement")
    for mode in ("fast", "immediate"):
        cluster.stop(mode)
        assert get(service, "/livez").status_code == 200
        assert is_told_to_come_back(get(service))
        assert is_told_to_come_back(post(service, f"restart-{mode}"))
        before = senders.acknowledged()
        cluster.start()
        until(lambda before=before: senders.acknowledged() > before, "more is acknowledged")  # type: ignore[misc]
    # And connections that are cut while the database stays: those of the writer, of readers and of the follower.
    for _ in range(5):
        cluster.ask(OTHERS)
        before = senders.acknowledged()
        until(lambda before=before: senders.acknowledged() > before, "more is acknowledged")  # type: ignore[misc]
    senders.stop()
    assert senders.faults() == []
    engine = connect(cluster.url)
    found = examined(engine, senders.senders)
    engine.dispose()
    assert (found.lost, found.moved, found.doubled, found.other) == ([], [], [], [])
    assert recovers(service, "after-restart") == found.events + 1


def test_a_database_that_hangs_is_answered_for_in_bounded_time(service: Served, cluster: Cluster) -> None:
    before = recovers(service, "before-freeze")
    cluster.freeze()
    try:
        assert is_told_to_come_back(post(service, "frozen"))
        assert is_told_to_come_back(get(service))
        assert is_told_to_come_back(post(service, "frozen"))
        assert get(service, "/livez").status_code == 200
    finally:
        cluster.thaw()
    # What was on its way when it froze may have been taken: once, whoever sends it again.
    assert recovers(service, "frozen") == before + 1


def test_a_log_that_another_session_holds_is_answered_for_in_bounded_time(service: Served, cluster: Cluster) -> None:
    before = recovers(service, "before-lock")
    engine = connect(cluster.url)
    with writing(engine) as connection:
        EventRecorder(connection).lock()
        assert is_told_to_come_back(post(service, "locked"))
        # Reading goes on.
        assert get(service).status_code == 200
    engine.dispose()
    assert recovers(service, "locked") == before + 1


def test_a_read_that_takes_too_long_is_ended(service: Served, cluster: Cluster) -> None:
    before = recovers(service, "before-slow")
    engine = connect(cluster.url)
    with engine.begin() as connection:
        # As a long maintenance would.
        connection.execute(text("LOCK TABLE events IN ACCESS EXCLUSIVE MODE"))
        assert is_told_to_come_back(get(service))
        assert is_told_to_come_back(post(service, "slow"))
        assert get(service, "/livez").status_code == 200
    engine.dispose()
    assert recovers(service, "slow") == before + 1


def test_a_database_without_room_is_answered_for(service: Served, cluster: Cluster) -> None:
    """PostgreSQL's own error for a full disk, raised where it would come from; a real one is tried on SQLite."""
    before = recovers(service, "before-full")
    cluster.ask(
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$"
    )
    cluster.ask("CREATE TRIGGER full_disk BEFORE INSERT ON events FOR EACH STATEMENT EXECUTE FUNCTION full_disk()")
    try:
        assert is_told_to_come_back(post(service, "full"))
        assert get(service).status_code == 200
    finally:
        cluster.ask("DROP FUNCTION full_disk CASCADE")
    assert recovers(service, "full") == before + 1


def test_nothing_is_acknowledged_that_a_lost_standby_does_not_have(
    service: Served, cluster: Cluster, room: Clusters
) -> None:
    before = recovers(service, "before-standby")
    standby = room.standby_of(cluster)
    standby.freeze()
    try:
        assert is_told_to_come_back(post(service, "unconfirmed"))
        # After a crash PostgreSQL shows what it had taken alone: that is no reason yet to tell its sender so.
        cluster.kill()
        cluster.start()
        there = "SELECT count(*) FROM events WHERE source_id = 'unconfirmed'"
        assert cluster.ask(there) == [(1,)]
        for _ in range(2):
            assert is_told_to_come_back(post(service, "unconfirmed"))
        # Who only reads is not held up.
        assert get(service).status_code == 200
    finally:
        standby.thaw()
    assert recovers(service, "unconfirmed") == before + 1
    assert standby.ask(there) == [(1,)]
    cluster.wait_for_nobody()
    standby.stop("immediate")


@contextmanager
def files_no_larger_than(most: int, pids: list[int]) -> Iterator[None]:
    """The kernel refuses these processes to write behind so many bytes of any file."""
    before = {pid: resource.prlimit(pid, resource.RLIMIT_FSIZE) for pid in pids}
    for pid, (_, hard) in before.items():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, hard))
    try:
        yield
    finally:
        for pid, limits in before.items():
            resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)


def test_a_file_that_cannot_grow_is_answered_for_and_nothing_is_lost(sqlite_url: str, tmp_path: Path) -> None:
    env = environment(sqlite_url, log_level="error", database_timeout="1")
    with served(env, tmp_path / "service.log") as service:
        position = recovers(service, "before")
        until(service.followers, "the follower is started")
        with files_no_larger_than(4_096, [service.process.pid, *service.followers()]):
            assert is_told_to_come_back(post(service, "full"))
            assert get(service, "/livez").status_code == 200
            assert get(service).status_code == 200
        assert recovers(service, "full") == position + 1
        verified = ketenspoor("verify", "--processes", "1", env=env)
        assert verified.returncode == 0, verified.stderr
        assert service.stop() == 0


@pytest.mark.timeout(120)
def test_many_processes_write_one_log_without_gap_or_double_and_one_follows(
    postgresql_url: str, tmp_path: Path
) -> None:
    env = environment(postgresql_url, log_level="warning", follower="none")
    with served(env, tmp_path / "one.log") as one, served(env, tmp_path / "two.log") as two:
        followed = environment(postgresql_url, log_level="warning")
        with served(followed, tmp_path / "three.log") as three:
            chance = random.Random(20_220_107)
            addresses = [one.address, two.address, three.address]
            # Whoever is not answered sends it again, to whichever process.
            senders = company(lambda: chance.choice(addresses), "many", seed=2, size=8)
            senders.start()
            until(lambda: senders.acknowledged() > 4_000, "enough is acknowledged")
            senders.stop()
            assert senders.faults() == []
            engine = connect(postgresql_url)
            found = examined(engine, senders.senders)
            engine.dispose()
            assert (found.lost, found.moved, found.doubled, found.other) == ([], [], [], [])
            for service in (one, two, three):
                assert 503 not in {status for sender in senders.senders for status in sender.statuses}
                path = f"/v1/realisation?period=2021-I&groupBy=country&minPosition={found.events}"
                until(lambda service=service, path=path: get(service, path).status_code == 200, "caught up")  # type: ignore[misc]
    verified = ketenspoor("verify", "--processes", "1", env=env)
    assert verified.returncode == 0, verified.stderr
