"""Rows of large logs: rebuilding a million events, reading figures over ten years, and what an event costs then."""

from __future__ import annotations

import os
import random
import signal
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta

from sqlalchemy import text

from projections.figure import Figure
from projections.figures import FIGURES
from service.log.mapper import to_fact
from service.log.recorder import EventRecorder
from service.storage.database import connect, reading
from tests.benchmarks import memory
from tests.benchmarks.commands import measured
from tests.benchmarks.driver import drive, get, in_a_process
from tests.benchmarks.following import caught_up, following
from tests.benchmarks.history import projected
from tests.benchmarks.measuring import Row, at_most, in_turn, percentile, value_at_most
from tests.benchmarks.room import Room, batches, port_of
from tests.benchmarks.stores import copy_log

#: The twenty-first half-year of the log with a quota: the balances of twenty are carried into it.
_PERIOD = "2014-II"
_FIRST_DAY, _DAYS = date(2014, 7, 1), 184
_READS, _WARMING = 100, 5
_A_PAGE = 5_000
#: Tables that are asked for in their own way, and the milliseconds of those that take more than others.
_APART = frozenset({"realisation", "norm-phases", "backlog"})
_MOST = {"supervision": 150, "ladder": 150}


def rebuild(room: Room) -> Iterator[Row]:
    """All projections of 1,000,000 events made anew, against reading and decoding those events."""
    events = room.of(1_000_000)
    url = room.history.of_events(events)
    peaks: list[int] = []

    def ours() -> float:
        run = measured("rebuild", url)
        peaks.append(run.memory)
        return run.seconds

    found = in_turn(room.runs, {"decoding": lambda: in_a_process(decoding, url), "ours": ours})
    name = f"rebuild of {events:,} events, {os.cpu_count()} cores, PostgreSQL"
    # Of fewer events the start of the command and its processes is too large a part.
    aims = [at_most(6), value_at_most(60)] if room.whole else []
    against = "one process reading and decoding them in order"
    yield Row(name, "s", found["ours"], found["decoding"], against, aims, "the command, its start included")
    held = [memory.megabytes(peak) for peak in peaks]
    yield Row(f"memory of that rebuild, all its processes, {events:,} events", "MB", held, aims=[value_at_most(500)])


def decoding(url: str) -> float:
    """Seconds to read a whole log by position and decode every event."""
    engine = connect(url)
    began, position = time.perf_counter(), 0
    with reading(engine) as connection:
        while rows := EventRecorder(connection).select_notifications(position, _A_PAGE, inclusive_of_start=False):
            for row in rows:
                to_fact(row)
            position = rows[-1].position
    seconds = time.perf_counter() - began
    engine.dispose()
    return seconds


def figures(room: Room) -> Iterator[Row]:
    """The figures over 300,000 journeys of ten years, as of now and as known then."""
    url = room.history.of_journeys(room.of(300_000))
    yield from _figures(room, url, "PostgreSQL")
    copied = room.stores.new("sqlite")
    copy_log(url, copied)
    projected(copied)
    yield from _figures(room, copied, "SQLite")
    room.stores.drop(copied)


def _figures(room: Room, url: str, engine: str) -> Iterator[Row]:
    journeys = f"{room.history.journeys:,} journeys"
    starts = []
    for _ in range(room.runs):
        began = time.perf_counter()
        with room.serving(url, f"start, {engine}"):
            starts.append(time.perf_counter() - began)
    yield Row(f"start until ready, {journeys}, {engine}", "s", starts, aims=[value_at_most(5)])
    with room.serving(url, f"figures, {engine}") as service:
        port = port_of(service)
        for figure, most, asked in (
            ("realisation by municipality", 10, _realisation),
            ("norm phases by municipality", 30, _norm_phases),
            ("backlog of the country by day over a year", 50, _backlog),
            ("explanation of a municipality's remaining", 50, _explanation),
            *((name, _MOST.get(name, 50), _asking(table)) for name, table in FIGURES.items() if name not in _APART),
        ):
            found = _read_in_turn(room, port, asked)
            name = f"{figure}, {journeys}, {engine}"
            medians = f"median {statistics.median(found['median']):.0f} ms"
            yield Row(f"{name}, p99", "ms", found["now"], aims=[value_at_most(most)], note=medians)
            yield Row(f"{name}, as known then, p99", "ms", found["then"], found["now"], "as known now", [at_most(1.2)])
        pids = service.process.pid, *service.workers()
        held = [memory.megabytes(max(map(memory.held, pids)))]
        at_its_most = memory.megabytes(max(map(memory.peak, pids)))
        note = f"at most {at_its_most:.0f} MB, while the figures were loaded"
        yield Row(f"memory of a server, {journeys}, {engine}", "MB", held, aims=[value_at_most(600)], note=note)


def _asking(table: Figure) -> Callable[[date, int], str]:
    """Requests for a table by municipality, or by the first that it has, on a day and over the months before it."""
    group_by = "municipality" if "municipality" in table.group_by else table.group_by[0]

    def asked(day: date, run: int) -> str:
        given = {"period": _PERIOD, "from": date(2014, 1, 1) + timedelta(days=run), "to": day}
        named = "".join(f"{one.name}={given[one.name]}&" for one in table.parameters if one.required)
        return f"/v1/figures/{table.name}?{named}groupBy={group_by}&validOn={day}"

    return asked


def _realisation(day: date, _run: int) -> str:
    return f"/v1/realisation?period={_PERIOD}&groupBy=municipality&validOn={day}"


def _norm_phases(day: date, run: int) -> str:
    # No two runs ask the same, so nothing is answered from memory.
    first = date(2014, 1, 1) + timedelta(days=run)
    return f"/v1/norm-phases?from={first}&to={day}&groupBy=municipality&validOn={day}"


def _backlog(day: date, run: int) -> str:
    first = day - timedelta(days=364 + run)
    return f"/v1/backlog?from={first}&to={day}&step=day&validOn={day}"


def _explanation(day: date, run: int) -> str:
    # The four largest, Amsterdam first.
    code = ("GM0363", "GM0599", "GM0518", "GM0344")[run % 4]
    return f"/v1/figures/realisation/_explanation?period={_PERIOD}&code={code}&column=remaining&validOn={day}"


def _read_in_turn(room: Room, port: int, asked: object) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {"now": [], "then": [], "median": []}
    for run in range(room.runs):
        days = [_FIRST_DAY + timedelta(days=number) for number in range(_DAYS)]
        random.Random(run).shuffle(days)
        now = [asked(day, run) for day in days[: room.of(_READS, least=10)]]  # type: ignore[operator]
        then = [f"{path}&knownAt={day}T12:00:0{run % 10}Z" for path, day in zip(now, days, strict=False)]
        for name, paths in (("now", now), ("then", then)):
            seconds = _seconds(port, paths)
            found[name].append(1_000 * percentile(seconds, 0.99))
            if name == "now":
                found["median"].append(1_000 * statistics.median(seconds))
    return found


def _seconds(port: int, paths: Sequence[str]) -> list[float]:
    """Of each request, one after the other; a few come before that do not count."""
    requests = [get(path) for path in (*paths[-_WARMING:], *paths)]
    return in_a_process(drive, [port], requests, 1).all_well().latencies[_WARMING:]


def cost(room: Room) -> Iterator[Row]:
    """What writing, projecting and reading an event cost, by how many there are already."""
    sizes = sizes_of_cost(room)
    stores = {size: room.history.kept(size) for size in sizes}
    a_run = room.of(20_000, least=500)
    lines = room.lines(a_run * room.runs)
    found: dict[int, list[tuple[float, float, float]]] = {size: [] for size in sizes}
    for run in range(room.runs):
        for size, url in stores.items():
            found[size].append(_cost(room, url, lines[run * a_run : (run + 1) * a_run], run))
    for number, what in enumerate(("write", "project", "read")):
        first = [costs[number] for costs in found[sizes[0]]]
        unit = "ms a journey" if what == "read" else "µs an event"
        for size in sizes:
            values = [costs[number] for costs in found[size]]
            name = f"{what} with {size:,} events in the store, PostgreSQL"
            if size == sizes[0]:
                yield Row(name, unit, values)
            else:
                yield Row(name, unit, values, first, f"with {sizes[0]:,}", [at_most(1.3)])


def sizes_of_cost(room: Room) -> list[int]:
    """How large the logs are at which the cost of an event is compared, the smallest first."""
    sizes = [100_000, 1_000_000, 3_000_000] if room.whole else [100_000, 1_000_000]
    return [room.of(size) for size in sizes]


def _cost(room: Room, url: str, lines: Sequence[bytes], run: int) -> tuple[float, float, float]:
    """Microseconds to write and to project one of these events, milliseconds to read a journey of the log."""
    before, journeys = some_journeys(url, run, room.of(600, least=20))
    with following(url) as follower:
        caught_up(url, before)
        # It stands still while they are written, and then has them all before it.
        os.kill(follower.pid, signal.SIGSTOP)
        with room.serving(url, "batches on a large log") as service:
            written = in_a_process(drive, [port_of(service)], batches(lines, 500), 4).all_well()
            began = time.perf_counter()
            os.kill(follower.pid, signal.SIGCONT)
            caught_up(url, before + len(lines))
            projected_in = time.perf_counter() - began
            paths = [f"/v1/journeys/{journey}" for journey in journeys]
            read = _seconds(port_of(service), paths)
    return 1e6 * written.seconds / len(lines), 1e6 * projected_in / len(lines), 1e3 * statistics.median(read)


def some_journeys(url: str, run: int, count: int) -> tuple[int, list[str]]:
    """Where the log ends, and journeys from all over it."""
    engine = connect(url)
    with engine.connect() as connection, connection.begin():
        last = int(connection.execute(text("SELECT max(position) FROM events")).scalar_one())
        positions = random.Random(run).sample(range(1, last + 1), min(last, 2 * count))
        of_journeys = text(
            "SELECT DISTINCT stream FROM events JOIN journey_keys USING (stream) WHERE position = ANY(:positions)"
        )
        streams = connection.execute(of_journeys, {"positions": positions}).scalars().all()
    engine.dispose()
    return last, [str(stream) for stream in streams[:count]]
