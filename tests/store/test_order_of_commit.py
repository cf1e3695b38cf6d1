"""Whoever reads the log by position misses nothing, however slowly others write and however often they give up."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID, uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from service.log.events import RecordedEvent
from service.log.recorder import EventRecorder
from service.storage.database import reading
from tests.store import writer

ROOT = Path(__file__).parents[2]

# What one writer does: for each of its transactions how many events, how long it dawdles, and whether it commits.
transactions = st.lists(
    st.tuples(st.integers(1, 5), st.sampled_from([0.0, 0.001, 0.005]), st.booleans()), min_size=1, max_size=5
)


def follow(engine: Engine, start: int, finished: threading.Event) -> list[RecordedEvent]:
    """Read behind the last position seen until all writers are done, and then to the end."""
    seen: list[RecordedEvent] = []
    last = start
    while True:
        done = finished.is_set()
        with reading(engine) as connection:
            page = EventRecorder(connection).select_notifications(last, 7, inclusive_of_start=False)
        seen += page
        last = page[-1].position if page else last
        if done and not page:
            return seen


def followed(
    engine: Engine, write: Callable[[], Sequence[tuple[UUID, int]]]
) -> tuple[int, list[RecordedEvent], Counter[UUID]]:
    """Where the log ended before, what two followers saw meanwhile, and how much each stream was told it has."""
    with reading(engine) as connection:
        start = EventRecorder(connection).head().position
    finished = threading.Event()
    with ThreadPoolExecutor(2) as pool:
        followers = [pool.submit(follow, engine, start, finished) for _ in range(2)]
        try:
            committed = write()
        finally:
            finished.set()
        one, other = (follower.result() for follower in followers)
    assert one == other
    return start, one, Counter(dict(committed))


@settings(
    max_examples=15,
    deadline=None,
    # The log of one database goes on from example to example, which only adds to what is tested.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(plans=st.lists(transactions, min_size=2, max_size=4))
def test_a_follower_skips_nothing_while_threads_write(
    engine: Engine, plans: list[list[tuple[int, float, bool]]]
) -> None:
    def carry_out(plan: list[tuple[int, float, bool]]) -> tuple[UUID, int]:
        stream, version = uuid4(), 0
        for events, pause, commits in plan:
            version = writer.write(engine, stream, version, events, pause, commits=commits)
        return stream, version

    def write() -> list[tuple[UUID, int]]:
        with ThreadPoolExecutor(len(plans)) as pool:
            return list(pool.map(carry_out, plans))

    start, seen, committed = followed(engine, write)

    assert [row.position for row in seen] == list(range(start + 1, start + 1 + committed.total()))
    assert Counter(row.stream for row in seen) == +committed


def test_a_follower_skips_nothing_while_processes_write(engine: Engine, database_url: str) -> None:
    def write() -> list[tuple[UUID, int]]:
        processes = [
            subprocess.Popen(
                [sys.executable, "-m", "tests.store.writer", database_url, str(seed), "25"],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                text=True,
            )
            for seed in range(4)
        ]
        told = [process.communicate()[0].split() for process in processes]
        assert [process.returncode for process in processes] == [0] * 4
        return [(UUID(stream), int(version)) for stream, version in told]

    start, seen, committed = followed(engine, write)

    assert start == 0
    assert min(committed.values()) > 0
    assert [row.position for row in seen] == list(range(1, committed.total() + 1))
    assert Counter(row.stream for row in seen) == committed
    for stream, events in committed.items():
        assert [row.version for row in seen if row.stream == stream] == list(range(1, events + 1))
