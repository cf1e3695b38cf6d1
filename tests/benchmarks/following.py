"""Rows of the follower: how fast it catches up, and how soon an acknowledged event is visible in the figures."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
from sqlalchemy import Engine, text

from service.storage.database import connect
from tests.benchmarks import memory, stock
from tests.benchmarks.driver import in_a_process
from tests.benchmarks.many_lives import fill
from tests.benchmarks.measuring import Row, at_least, in_turn, percentile, value_at_most
from tests.benchmarks.pacing import pace
from tests.benchmarks.room import Room, batches, port_of
from tests.benchmarks.stores import copy_log
from tests.processes import COMMAND, environment

_DEADLINE = 600.0
_A_SECOND, _A_REQUEST = 1_000, 50


def follower(room: Room) -> Iterator[Row]:
    """Catching up on 200,000 events that came while it stood still, each a commit of its own."""
    events = room.of(200_000, least=500)
    source = room.stores.new("postgresql")
    engine = connect(source)
    fill(engine, events, lambda _done, _of: None, map(msgspec.json.decode, room.lines(events)))
    engine.dispose()
    few = room.lines(room.of(8_000, least=500))
    peaks: list[int] = []

    def ours() -> float:
        url = room.stores.new("postgresql")
        copy_log(source, url, until=1)
        with following(url) as process:
            caught_up(url, 1)
            copy_log(source, url, after=1)
            began = time.perf_counter()
            caught_up(url, events)
            rate = (events - 1) / (time.perf_counter() - began)
            peaks.append(memory.peak(process.pid))
        room.stores.drop(url)
        return rate

    def theirs() -> float:
        url = room.stores.empty()
        rate = in_a_process(stock.project, url, few)
        room.stores.drop(url)
        return rate

    found = in_turn(room.runs, {"stock": theirs, "ours": ours})
    room.stores.drop(source)
    yield Row(
        f"follower catching up on {events:,} events, all projections, PostgreSQL",
        "events/s",
        found["ours"],
        found["stock"],
        "stock ProjectionRunner, one row an event",
        [at_least(6)],
        f"the follower held {memory.megabytes(max(peaks)):.0f} MB at most; the tree over the log grows beside it",
    )


def freshness(room: Room) -> Iterator[Row]:
    """From the answer to a post to the answer of a realisation that rests on it, under a steady load."""
    seconds = room.of(30, least=2)
    lines = room.lines(_A_SECOND * seconds)
    notes = []
    values = []
    for _ in range(room.runs):
        url = room.stores.new("postgresql")
        with room.serving(url, "a steady 1,000 events/s", follower="child") as service:
            paced = in_a_process(
                pace,
                port_of(service),
                batches(lines, _A_REQUEST),
                _A_SECOND / _A_REQUEST,
                "/v1/realisation?period=2021-II&groupBy=country",
                10.0,
            )
        room.stores.drop(url)
        if unexpected := paced.statuses.keys() - {200}:
            raise RuntimeError(f"under a steady load some requests were answered with {unexpected}")
        values.append(1_000 * percentile(paced.visible, 0.99))
        notes.append(
            f"{len(lines) / paced.seconds:.0f} events/s, median {1_000 * percentile(paced.visible, 0.5):.0f} ms of "
            f"{len(paced.visible)} reads, acknowledged within {1_000 * percentile(paced.acknowledged, 0.99):.0f} ms "
            f"(p99), driver late by {1_000 * paced.late:.0f} ms at most"
        )
    yield Row(
        "freshness: acknowledged to visible in realisation at 1,000 events/s, PostgreSQL, p99",
        "ms",
        values,
        aims=[value_at_most(300)],
        note=notes[-1],
    )


@contextmanager
def following(url: str) -> Iterator[subprocess.Popen[bytes]]:
    """`ketenspoor project`, gone afterwards."""
    with subprocess.Popen([COMMAND, "project"], env=environment(url, log_level="warning")) as process:
        try:
            yield process
        finally:
            process.terminate()


def caught_up(url: str, position: int) -> None:
    """Wait until all projections have come so far."""
    engine = connect(url)
    try:
        deadline = time.monotonic() + _DEADLINE
        while _place(engine) < position:
            if time.monotonic() > deadline:
                raise RuntimeError(f"the follower did not come to position {position}")
            time.sleep(0.01)
    finally:
        engine.dispose()


def _place(engine: Engine) -> int:
    with engine.connect() as connection, connection.begin():
        view = connection.execute(text("SELECT view FROM serving")).scalar_one()
        return int(connection.execute(text(f"SELECT min(position) FROM {view}.place")).scalar_one())
