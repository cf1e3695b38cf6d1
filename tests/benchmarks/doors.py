"""Rows of what locked doors cost: the same work with the doors open and with them locked, in turn.

Open is development mode without a token; locked is production: a token with every request, the source of every event
held against it, and what is consulted of persons written down before it is answered. Events are sealed in both.
"""

from __future__ import annotations

import random
import statistics
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

from tests.benchmarks.driver import drive, get, in_a_process
from tests.benchmarks.large import some_journeys
from tests.benchmarks.locked import COA, MINISTRY, Locked, locked, sender_of
from tests.benchmarks.measuring import Aim, Measure, Row, at_least, at_most, in_turn, percentile
from tests.benchmarks.room import Room, batches, files, port_of, singles
from tests.benchmarks.stores import Kind

_A_BATCH = 500
#: What is allowed of it: a row stays within so much of itself.
_SHARE = 0.15
_OPEN = "doors open"
Requests = Callable[[Locked | None], Sequence[bytes]]


def doors(room: Room) -> Iterator[Row]:
    """Posting in every form, and the reads."""
    with tempfile.TemporaryDirectory(prefix="ketenspoor-doors-") as directory, locked(Path(directory)) as locks:
        yield from _posting(room, locks)
        yield from _reading(room, locks)


def _posting(room: Room, locks: Locked) -> Iterator[Row]:
    lines = room.lines(room.of(100_000, least=_A_BATCH))
    some = room.lines(room.of(20_000, least=200))

    def in_batches(by: Locked | None) -> Sequence[bytes]:
        return batches(lines, _A_BATCH, by.supplier() if by else "")

    def in_files(by: Locked | None) -> Sequence[bytes]:
        return files(lines, 10_000, by.supplier() if by else "")

    def one_by_one(by: Locked | None) -> Sequence[bytes]:
        if by is None:
            return singles(some)
        heads = {number: by.system(number) for number in {sender_of(line) for line in some}}
        return [request for line in some for request in singles([line], heads[sender_of(line)])]

    kinds: tuple[tuple[str, Kind, Requests, int, int], ...] = (
        ("batch POST, 500 a request, 4 connections, PostgreSQL", "postgresql", in_batches, 4, len(lines)),
        ("batch POST, 500 a request, 4 connections, SQLite", "sqlite", in_batches, 4, len(lines)),
        ("NDJSON load, 1 connection, PostgreSQL", "postgresql", in_files, 1, len(lines)),
        ("single POSTs, 64 connections, PostgreSQL", "postgresql", one_by_one, 64, len(some)),
    )
    for name, kind, requests, connections, events in kinds:
        measures = {
            which: _rate(room, kind, requests(by), connections, events, by)
            for which, by in (("open", None), ("locked", locks))
        }
        yield _row(room, name, "events/s", measures, at_least(1 - _SHARE))


def _rate(
    room: Room, kind: Kind, requests: Sequence[bytes], connections: int, events: int, by: Locked | None
) -> Measure:
    """Events a second, each time in a database of its own."""

    def measure() -> float:
        url = room.stores.new(kind)
        with room.serving(url, "locked doors" if by else "open doors", settings=_settings(by)) as service:
            driven = in_a_process(drive, [port_of(service)], requests, connections).all_well()
        room.stores.drop(url)
        return events / driven.seconds

    return measure


def _reading(room: Room, locks: Locked) -> Iterator[Row]:
    url = room.history.of_journeys(room.of(300_000))
    _, journeys = some_journeys(url, 0, room.of(300, least=20))
    count = room.of(100, least=10)
    days = [date(2014, 7, 1) + timedelta(days=number) for number in range(184)]
    random.Random(0).shuffle(days)
    realisation = [f"/v1/realisation?period=2014-II&groupBy=municipality&validOn={day}" for day in days[:count]]
    norms = [f"/v1/norm-phases?from=2014-01-01&to={day}&groupBy=municipality&validOn={day}" for day in days[:count]]
    of = f"{room.history.journeys:,} journeys, PostgreSQL"
    asked: tuple[tuple[str, Sequence[str], str, float], ...] = (
        (f"realisation by municipality, {of}, the ministry, p99", realisation, locks.system(MINISTRY), 0.99),
        (f"norm phases by municipality, {of}, the ministry, p99", norms, locks.system(MINISTRY), 0.99),
        (f"norm phases by municipality, {of}, an analyst, rounded, p99", norms, locks.person("analyst"), 0.99),
        (f"one journey, {of}, COA, written down, median", [f"/v1/journeys/{one}" for one in journeys], "", 0.5),
        (f"100 journeys, {of}, COA, written down, median", ["/v1/journeys?limit=100"] * count, "", 0.5),
    )
    for name, paths, head, share in asked:
        ways = {"open": (None, ""), "locked": (locks, head or locks.system(COA))}
        measures = {which: _latency(room, url, paths, share, *way) for which, way in ways.items()}
        yield _row(room, name, "ms", measures, at_most(1 + _SHARE))


def _latency(room: Room, url: str, paths: Sequence[str], share: float, by: Locked | None, head: str) -> Measure:
    """Milliseconds of a request, one after the other; what was answered before is not remembered by a new server."""

    def measure() -> float:
        with room.serving(url, "locked doors" if by else "open doors", settings=_settings(by)) as service:
            requests = [get(path, head) for path in (*paths[-5:], *paths)]
            seconds = in_a_process(drive, [port_of(service)], requests, 1).all_well().latencies[5:]
        return 1_000 * (statistics.median(seconds) if share == 0.5 else percentile(seconds, share))

    return measure


def _row(room: Room, name: str, unit: str, measures: Mapping[str, Measure], aim: Aim) -> Row:
    found = in_turn(room.runs, measures)
    return Row(f"doors locked: {name}", unit, found["locked"], found["open"], _OPEN, [aim])


def _settings(by: Locked | None) -> Mapping[str, str]:
    return {} if by is None else by.settings
