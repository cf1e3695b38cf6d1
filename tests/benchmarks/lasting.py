"""Rows of what must last: nothing lost when processes are killed, and memory that stays flat for as long as it runs."""

from __future__ import annotations

import statistics
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from tests.benchmarks import memory
from tests.benchmarks.campaign import Toll
from tests.benchmarks.driver import drive, in_a_process
from tests.benchmarks.following import caught_up
from tests.benchmarks.kills import fail_over, kill_postgresql, kill_servers, kill_workers
from tests.benchmarks.measuring import Row, at_most, value_at_most
from tests.benchmarks.pacing import pace
from tests.benchmarks.room import Room, batches, port_of
from tests.processes import until

_SEED = 2_021
_A_SECOND, _A_REQUEST = 200, 10
_SOAK_SECONDS, _WARMING, _SAMPLED_EVERY = 600, 120.0, 2.0
#: As many as it takes until what is remembered of journeys and keys has reached its bounds.
_EVENTS_BEFORE = 150_000


def crashes(room: Room) -> Iterator[Row]:
    """Processes killed at random moments under load: every acknowledged event is there, once, and all verifies."""
    kills, failovers = room.of(50, least=1), room.of(10, least=1)
    with tempfile.TemporaryDirectory(prefix="ketenspoor-kills-") as room_of_all:
        directories = (Path(room_of_all) / str(number) for number in range(5))

        def directory() -> Path:
            made = next(directories)
            made.mkdir()
            return made

        toll = kill_servers(room.stores.new("postgresql"), kills, _SEED, directory())
        yield _toll(f"{kills} kills of the server, PostgreSQL", toll)
        # Half as many: SQLite serves one machine, and its log is one file with the same code around it.
        toll = kill_servers(room.stores.new("sqlite"), -(-kills // 2), _SEED, directory())
        yield _toll(f"{-(-kills // 2)} kills of the server, SQLite", toll)
        toll = kill_workers(room.stores.new("postgresql"), kills, _SEED, directory())
        yield _toll(f"{kills} kills of one of two workers, their follower or their parent, PostgreSQL", toll)
        yield _toll(f"{kills} kills of PostgreSQL", kill_postgresql(kills, _SEED, directory()))
        name = f"failover to the synchronous replica {failovers} times, PostgreSQL"
        yield _toll(name, fail_over(failovers, _SEED, directory()))


def _toll(name: str, toll: Toll) -> Row:
    wrong = max(toll.lost + toll.doubled + toll.moved + toll.other, len(toll.faults))
    told = toll.told()
    note = (
        f"{told['kills']} kills, {toll.acknowledged:,} events acknowledged: {toll.lost} lost, {toll.doubled} doubled, "
        f"{toll.moved + toll.other} otherwise wrong, {len(toll.faults)} faults; serving again after "
        f"{told['secondsToServeMedian']} s (median), {told['secondsToServeMost']} s (most)"
    )
    return Row(f"{name}: events lost or wrong", "events", [float(wrong)], aims=[value_at_most(0)], note=note)


def soak(room: Room) -> Iterator[Row]:
    """Ten minutes of a steady load of posts and reads: what the processes hold after warming up and at the end.

    A large load comes first: what they remember would otherwise fill up all the while, and look like a leak.
    """
    seconds = room.of(_SOAK_SECONDS, least=10)
    warming = _WARMING * seconds / _SOAK_SECONDS
    url = room.stores.new("postgresql")
    loaded = room.lines(room.of(_EVENTS_BEFORE, least=2_000))
    requests = batches(_told_again(loaded, _A_SECOND * seconds), _A_REQUEST)
    with room.serving(url, "the soak", follower="child") as service:
        until(service.followers, "the follower is started")
        pids = {"server": service.process.pid, "follower": service.followers()[0]}
        in_a_process(drive, [port_of(service)], batches(loaded, 500), 4).all_well()
        caught_up(url, len(loaded))
        with _sampled(pids) as samples:
            paced = in_a_process(
                pace,
                port_of(service),
                requests,
                _A_SECOND / _A_REQUEST,
                "/v1/realisation?period=2021-II&groupBy=municipality",
                5.0,
            )
    room.stores.drop(url)
    if unexpected := paced.statuses.keys() - {200}:
        raise RuntimeError(f"under a steady load some requests were answered with {unexpected}")
    after = int(warming / _SAMPLED_EVERY)
    for name, held in samples.items():
        steady = [memory.megabytes(size) for size in held[after:]]
        part = max(1, len(steady) // 8)
        begin, end = statistics.median(steady[:part]), statistics.median(steady[-part:])
        times = [_SAMPLED_EVERY * number / 3_600 for number in range(len(steady))]
        slope = statistics.linear_regression(times, steady).slope if len(steady) > 1 else 0.0
        yield Row(
            f"memory of the {name} over a soak of {seconds} s, PostgreSQL",
            "MB",
            [end],
            [begin],
            "after warming up",
            [at_most(1.05)],
            f"{_A_SECOND} events/s and {len(paced.visible)} reads; slope {slope:+.1f} MB an hour",
        )


def _told_again(lines: list[bytes], count: int) -> list[bytes]:
    """So many of these events, told again and again by other names: of the same journeys, and each of them new."""
    scenario = [msgspec.json.decode(line) for line in lines[: max(2_000, count // 10)]]
    found: list[bytes] = []
    telling = 0
    while len(found) < count:
        for event in scenario[: count - len(found)]:
            data = {
                name: f"{value}-{telling}" if name in ("corrects", "withdraws") else value
                for name, value in event["data"].items()
            }
            found.append(msgspec.json.encode({**event, "id": f"{event['id']}-{telling}", "data": data}))
        telling += 1
    return found


@contextmanager
def _sampled(pids: dict[str, int]) -> Iterator[dict[str, list[int]]]:
    """What some processes hold, every few seconds."""
    samples: dict[str, list[int]] = {name: [] for name in pids}
    ended = threading.Event()

    def sample() -> None:
        while not ended.wait(_SAMPLED_EVERY):
            for name, pid in pids.items():
                samples[name].append(memory.held(pid))

    thread = threading.Thread(target=sample, name="memory")
    thread.start()
    try:
        yield samples
    finally:
        ended.set()
        thread.join()
