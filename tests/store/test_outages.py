"""A database that is gone, stuck, full or held by another is a fault in bounded time, known as such, and passes."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from uuid import UUID

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from service.log.events import NewEvent
from service.log.recorder import EventRecorder
from service.storage.database import connect, readers, reading, wait_until_durable, writer, writing
from service.storage.outages import unavailable
from tests.clusters import Cluster, Clusters, clusters
from tests.outages import migrated
from tests.processes import until

STREAM = UUID("00000000-0000-4000-8000-000000000001")
PATIENCE = 0.4


@pytest.fixture(scope="module")
def room() -> Iterator[Clusters]:
    with clusters() as made:
        yield made


@pytest.fixture(scope="module")
def cluster(room: Clusters) -> Cluster:
    return migrated(room)


@pytest.fixture(scope="module")
def standby(room: Clusters, cluster: Cluster) -> Iterator[Cluster]:
    """What the server waits for before it answers a commit, until the test is over."""
    made = room.standby_of(cluster)
    yield made
    cluster.wait_for_nobody()
    made.stop("immediate")


def opened(url: str, patience: float = PATIENCE) -> Engine:
    return connect(url, use=writer(patience))


def add(engine: Engine) -> int:
    """Record one event; its position."""
    with writing(engine) as connection:
        EventRecorder(connection).lock()
        there = EventRecorder(connection).head().position
        new = [NewEvent(STREAM, there + 1, "linked.v1", "{}")]
        return EventRecorder(connection).insert_events(new, after=there)[0]


def length(engine: Engine) -> int:
    with reading(engine) as connection:
        return EventRecorder(connection).head().position


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_after_a_restart_of_the_database_its_next_use_succeeds(cluster: Cluster, mode: str) -> None:
    engine = opened(cluster.url)
    with reading(engine), reading(engine), reading(engine):
        before = length(engine)
    cluster.stop(mode)
    cluster.start()
    # None of the connections from before is used again.
    with reading(engine), reading(engine), reading(engine):
        assert length(engine) == before
    assert add(engine) == before + 1
    engine.dispose()


def test_a_database_that_is_not_there_is_a_fault_that_passes(cluster: Cluster) -> None:
    engine = opened(cluster.url)
    before = length(engine)
    cluster.stop()
    for use in (add, length):
        with pytest.raises(SQLAlchemyError) as raised:
            use(engine)
        assert unavailable(raised.value)
    cluster.start()
    assert add(engine) == before + 1
    engine.dispose()


def test_a_killed_connection_is_a_fault_once(cluster: Cluster) -> None:
    engine = opened(cluster.url)
    before = length(engine)

    def add_while_terminated() -> None:
        with writing(engine) as connection:
            EventRecorder(connection).lock()
            cluster.ask(f"SELECT pg_terminate_backend({connection.scalar(text('SELECT pg_backend_pid()'))}, 5000)")
            EventRecorder(connection).insert_events([NewEvent(STREAM, before + 1, "linked.v1", "{}")])

    with pytest.raises(SQLAlchemyError) as raised:
        add_while_terminated()
    assert unavailable(raised.value)
    assert add(engine) == before + 1
    engine.dispose()


def test_a_database_that_hangs_is_a_fault_in_bounded_time(cluster: Cluster) -> None:
    engine = connect(cluster.url, use=readers(PATIENCE))
    before = length(engine)
    cluster.freeze()
    try:
        # Were it not bounded, this would end with the deadline of all tests.
        with pytest.raises(SQLAlchemyError) as raised:
            length(engine)
    finally:
        cluster.thaw()
    assert unavailable(raised.value)
    assert length(engine) == before
    engine.dispose()


def test_a_statement_that_takes_too_long_is_ended(cluster: Cluster) -> None:
    engine = connect(cluster.url, use=readers(PATIENCE))
    with pytest.raises(SQLAlchemyError) as raised, reading(engine) as connection:
        connection.execute(text("SELECT pg_sleep(60)"))
    assert unavailable(raised.value)
    assert cluster.ask(
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND state = 'active'"
    ) == [
        (1,)  # the one that asks
    ]
    assert length(engine) >= 0
    engine.dispose()


def test_whoever_waits_for_the_append_lock_is_told_so_in_bounded_time(database_url: str) -> None:
    holder, engine = opened(database_url), opened(database_url)
    with writing(holder) as connection:
        EventRecorder(connection).lock()
        with pytest.raises(SQLAlchemyError) as raised:
            add(engine)
        assert unavailable(raised.value)
    assert add(engine) == 1
    holder.dispose()
    engine.dispose()


def test_a_process_that_hangs_in_the_middle_of_a_commit_loses_its_lock(cluster: Cluster) -> None:
    holder, engine = opened(cluster.url, 0.1), opened(cluster.url, 20.0)

    def hang() -> None:
        with writing(holder) as connection:
            EventRecorder(connection).lock()
            # Waits until the server has thrown the other out.
            add(engine)
            EventRecorder(connection).head()

    with pytest.raises(SQLAlchemyError) as raised:
        hang()
    assert unavailable(raised.value)
    holder.dispose()
    engine.dispose()


def test_a_process_that_uses_all_its_connections_is_told_so(cluster: Cluster) -> None:
    engine = opened(cluster.url)
    with reading(engine), reading(engine), reading(engine), reading(engine), reading(engine):
        with pytest.raises(SQLAlchemyError) as raised:
            length(engine)
        assert unavailable(raised.value)
    engine.dispose()


def test_a_full_disk_is_no_fault_of_whoever_writes(sqlite_url: str) -> None:
    engine = opened(sqlite_url)
    before = add(engine)

    def fill() -> None:
        with writing(engine) as connection:
            EventRecorder(connection).lock()
            pages = connection.exec_driver_sql("PRAGMA main.page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA main.max_page_count = {pages}")
            EventRecorder(connection).insert_events(
                [NewEvent(STREAM, before + n, "linked.v1", "x" * 9_000) for n in range(1, 9)]
            )

    with pytest.raises(SQLAlchemyError) as raised:
        fill()
    assert unavailable(raised.value)
    assert length(engine) == before
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA main.max_page_count = 1000000")
    assert add(engine) == before + 1
    engine.dispose()


def test_a_wrong_statement_is_a_fault_of_ours(engine: Engine) -> None:
    with pytest.raises(DBAPIError) as raised, reading(engine) as connection:
        connection.execute(text("SELECT nothing_of_the_kind FROM events"))
    assert not unavailable(raised.value)
    assert not unavailable(ValueError())


def test_what_is_acknowledged_is_on_disk_whatever_the_database_is_set_to(cluster: Cluster) -> None:
    cluster.ask("ALTER DATABASE postgres SET synchronous_commit = off")
    engine = opened(cluster.url)
    try:
        with engine.connect() as connection:
            assert connection.scalar(text("SHOW synchronous_commit")) == "on"
    finally:
        cluster.ask("ALTER DATABASE postgres RESET synchronous_commit")
        engine.dispose()


def test_settings_of_the_session_in_the_url_win(cluster: Cluster) -> None:
    engine = opened(f"{cluster.url}?options=-c%20lock_timeout%3D7s")
    with engine.connect() as connection:
        assert connection.scalar(text("SHOW lock_timeout")) == "7s"
        assert connection.scalar(text("SHOW statement_timeout")) == "400ms"
        assert connection.scalar(text("SHOW timezone")) == "UTC"
    engine.dispose()


def test_a_server_that_only_reads_is_a_fault_that_passes(standby: Cluster) -> None:
    engine = opened(standby.url)
    assert length(engine) >= 0
    with pytest.raises(SQLAlchemyError) as raised:
        add(engine)
    assert unavailable(raised.value)
    engine.dispose()


def test_a_commit_that_the_standby_did_not_confirm_is_not_believed(cluster: Cluster, standby: Cluster) -> None:
    engine = opened(cluster.url, 20.0)
    before = length(engine)
    standby.freeze()
    faults: list[SQLAlchemyError] = []

    def commit() -> None:
        with pytest.raises(SQLAlchemyError) as raised:
            add(engine)
        faults.append(raised.value)

    waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
    try:
        sender = threading.Thread(target=commit)
        sender.start()
        until(lambda: cluster.ask(waiting), "the commit waits for the standby")
        # PostgreSQL then takes the commit on its own, and answers that it did.
        ((pid,),) = cluster.ask(waiting)
        cluster.ask(f"SELECT pg_cancel_backend({pid})")
        sender.join()
        assert [unavailable(fault) for fault in faults] == [True]
        # The event is there, but its sender was not told; nor is one who posts it again, before the standby is back.
        assert length(engine) == before + 1
        ended: list[float] = []

        def repeat() -> None:
            with writing(engine) as connection:
                EventRecorder(connection).lock()
                assert EventRecorder(connection).head().position == before + 1
                wait_until_durable(connection)
            ended.append(time.monotonic())

        repeated = threading.Thread(target=repeat)
        repeated.start()
        until(lambda: cluster.ask(waiting), "the repeat waits for the standby too")
        thawed = time.monotonic()
    finally:
        standby.thaw()
    repeated.join()
    assert ended[0] > thawed
    engine.dispose()
