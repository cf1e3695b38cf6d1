"""Rows of writers beside readers of the last minute: who asks what is known just now must keep nobody from posting.

Such a read waits for the commit that is under way. Its own work takes of the machine what any read takes, and what is
written down of whom it told; so the posts are held against those beside as many reads of the same event that name no
instant, which wait for nothing, and against posts alone.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple, get_args

import uvloop

from tests.benchmarks.driver import Connection, connected, get, in_a_process
from tests.benchmarks.measuring import Measure, Row, at_least, in_turn, percentile
from tests.benchmarks.room import Room, port_of, singles
from tests.benchmarks.stores import Kind

_EVENTS = 30_000
_POSTING, _READING = 16, 16
_READS_A_SECOND = 200
_JUST_NOW = timedelta(milliseconds=5)
_KINDS: tuple[tuple[Kind, str], ...] = (("postgresql", "PostgreSQL"), ("sqlite", "SQLite"))


#: What is asked beside the posts.
Reads = Literal["now", "newest", "alone"]


class Beside(NamedTuple):
    """Posts beside reads: how long all posts took, seconds of each, how many reads were answered meanwhile."""

    seconds: float
    latencies: list[float]
    reads: int


def known_now(room: Room) -> Iterator[Row]:
    """Single posts over 16 connections while 200 reads a second ask for the events known just now."""
    for kind, name in _KINDS:
        yield from _rows(room, kind, name)


def _rows(room: Room, kind: Kind, name: str) -> Iterator[Row]:
    events = room.of(_EVENTS, least=200)
    requests = singles(room.lines(events))
    latencies: dict[Reads, list[float]] = {"now": [], "newest": [], "alone": []}
    reads: dict[Reads, list[float]] = {"now": [], "newest": [], "alone": []}

    def measure(which: Reads) -> Measure:
        def run() -> float:
            url = room.stores.new(kind)
            with room.serving(url, "posts beside reads") as service:
                beside = in_a_process(post_beside_reads, port_of(service), requests, which)
            room.stores.drop(url)
            latencies[which].append(1_000 * percentile(beside.latencies, 0.99))
            reads[which].append(beside.reads / beside.seconds)
            return events / beside.seconds

        return run

    measures = {which: measure(which) for which in get_args(Reads)}
    found = in_turn(room.runs, measures)
    row = f"single POSTs beside {_READS_A_SECOND} reads a second known just now, 16 connections, {name}"
    note = f"reads answered a second, at least: {min(reads['now']):.0f}, of the newest {min(reads['newest']):.0f}"
    against = f"beside {_READS_A_SECOND} reads a second that name no instant"
    yield Row(row, "events/s", found["now"], found["newest"], against, [at_least(0.9)], note)
    yield Row(row, "events/s", found["now"], found["alone"], "no reads beside")
    yield Row(f"{row}, p99", "ms", latencies["now"], latencies["newest"], against)


def post_beside_reads(port: int, requests: Sequence[bytes], which: Reads) -> Beside:
    """Post all requests; meanwhile ask 200 times a second for an event: as known just now, or as it is."""
    return uvloop.run(_post_beside_reads(port, requests, which))


async def _post_beside_reads(port: int, requests: Sequence[bytes], which: Reads) -> Beside:
    posting, reading = await connected([port], _POSTING), await connected([port], _READING)
    latencies: list[float] = []
    statuses: Counter[int] = Counter()
    began = time.perf_counter()
    asked = [] if which == "alone" else reading
    readers = [asyncio.create_task(_read(one, nth, which)) for nth, one in enumerate(asked)]
    left = iter(requests)

    async def post(connection: Connection) -> None:
        for request in left:
            sent = time.perf_counter()
            answer = await connection.ask(request)
            latencies.append(time.perf_counter() - sent)
            statuses[answer.status] += 1

    await asyncio.gather(*map(post, posting))
    seconds = time.perf_counter() - began
    for reader in readers:
        reader.cancel()
    answered = await asyncio.gather(*readers)
    for connection in (*posting, *reading):
        connection.close()
    if statuses.keys() - {200, 201}:
        raise RuntimeError(f"posts of a measurement were not answered as they should be: {dict(statuses)}")
    return Beside(seconds, latencies, sum(answered))


async def _read(connection: Connection, nth: int, which: Reads) -> int:
    """Ask at the pace of one of all reading connections until cancelled; how many answers that were."""
    every, answered = _READING / _READS_A_SECOND, 0
    due = time.perf_counter() + nth / _READS_A_SECOND
    try:
        while True:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            due += every
            url = "/v1/events?limit=1"
            if which == "now":
                known_at = (datetime.now(UTC) - _JUST_NOW).isoformat(timespec="milliseconds").replace("+00:00", "Z")
                url += f"&knownAt={known_at}"
            answer = await connection.ask(get(url))
            if answer.status != 200:
                raise RuntimeError(f"a read of a measurement was answered with {answer.status}: {answer.body!r}")
            answered += 1
    except asyncio.CancelledError:
        return answered
