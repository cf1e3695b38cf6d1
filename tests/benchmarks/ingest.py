"""Rows of what is posted: batches, files and single events, against the driver alone and the stock library."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.benchmarks import memory, raw, stock
from tests.benchmarks.driver import Driven, drive, in_a_process
from tests.benchmarks.measuring import Measure, Row, at_least, in_turn, value_at_most
from tests.benchmarks.room import Room, batches, files, port_of, singles
from tests.benchmarks.stores import Kind

_A_BATCH = 500
_EVENTS = 100_000
_CONNECTIONS = 4
_UNIT = "events/s"
_COPY = "binary COPY, 500 a transaction"


class _Posting:
    """The service taking some requests, each time in a database of its own; the last one stays, for its rows."""

    def __init__(self, room: Room, kind: Kind, doing: str, requests: Sequence[bytes], events: int) -> None:
        self._room, self._kind, self._doing = room, kind, doing
        self._requests, self._events = requests, events
        self.connections = _CONNECTIONS
        self.workers = 1
        self.url = ""
        self.cpu: list[float] = []

    def __call__(self) -> float:
        """Events a second."""
        if self.url:
            self._room.stores.drop(self.url)
        self.url = self._room.stores.new(self._kind)
        with self._room.serving(self.url, self._doing, settings={"workers": str(self.workers)}) as service:
            driven = in_a_process(drive, [port_of(service)], self._requests, self.connections).all_well()
        return self._rate(driven)

    def raw(self) -> float:
        """Events a second of the driver alone, with the very rows that the service has just written."""
        into = self._room.stores.new(self._kind)
        rate = in_a_process(raw.write, self.url, into, _A_BATCH)
        self._room.stores.drop(into)
        return rate

    def _rate(self, driven: Driven) -> float:
        self.cpu.append(driven.cpu_seconds / driven.seconds)
        return self._events / driven.seconds

    def driver(self) -> str:
        """What the driver took of the machine."""
        return f"the driver took {max(self.cpu):.0%} of a core"


def batch(room: Room) -> Iterator[Row]:
    """Batches of 500 over 4 connections, one server process, on PostgreSQL."""
    lines = room.lines(room.of(_EVENTS, least=_A_BATCH))
    row = "batch POST, 500 a request, 4 connections, PostgreSQL"
    posting = _Posting(room, "postgresql", "batches", batches(lines, _A_BATCH), len(lines))
    some = lines[: max(_A_BATCH, len(lines) // 3)]
    measures: dict[str, Measure] = {"ours": posting, "raw": posting.raw, "stock": lambda: _stock(room, some)}
    found = in_turn(room.runs, measures)
    yield Row(row, _UNIT, found["ours"], found["raw"], _COPY, [at_least(0.35)], posting.driver())
    yield Row(row, _UNIT, found["ours"], found["stock"], "stock app.save of 500, no HTTP", [at_least(1.8)])


def batch_sqlite(room: Room) -> Iterator[Row]:
    """The same on SQLite."""
    lines = room.lines(room.of(_EVENTS, least=_A_BATCH))
    posting = _Posting(room, "sqlite", "batches, SQLite", batches(lines, _A_BATCH), len(lines))
    found = in_turn(room.runs, {"ours": posting, "raw": posting.raw})
    row = "batch POST, 500 a request, 4 connections, SQLite"
    against = "executemany, 500 a transaction"
    yield Row(row, _UNIT, found["ours"], found["raw"], against, [at_least(0.25)], posting.driver())


def ndjson(room: Room) -> Iterator[Row]:
    """A file of 200,000 events, in the portions that `ketenspoor load` sends."""
    events = room.of(200_000, least=_A_BATCH)
    requests = files(room.lines(events), 10_000)
    posting = _Posting(room, "postgresql", "NDJSON", requests, events)
    posting.connections = 1
    found = in_turn(room.runs, {"ours": posting, "raw": posting.raw})
    yield Row(
        f"NDJSON load of {events:,} events, 1 connection, PostgreSQL",
        _UNIT,
        found["ours"],
        found["raw"],
        _COPY,
        [at_least(0.35)],
        posting.driver(),
    )


def single(room: Room) -> Iterator[Row]:
    """Single events over 64 connections, against routes that do nothing and routes that save with the library."""
    events = room.of(30_000, least=200)
    lines = room.lines(events)
    posting = _Posting(room, "postgresql", "single posts", singles(lines), events)
    posting.connections = 64
    few = singles(lines[: max(64, events // 10)])

    def empty() -> float:
        with room.reference("empty") as port:
            return _references_rate(port, singles(lines))

    def saved() -> float:
        url = room.stores.empty()
        with room.reference("stock", url) as port:
            rate = _references_rate(port, few)
        room.stores.drop(url)
        return rate

    found = in_turn(room.runs, {"empty": empty, "ours": posting, "stock": saved})
    row = "single POSTs, 64 connections, PostgreSQL"
    yield Row(row, _UNIT, found["ours"], found["empty"], "empty FastAPI route", [at_least(0.6)], posting.driver())
    yield Row(row, _UNIT, found["ours"], found["stock"], "stock app.save behind that route", [at_least(5)])


def workers(room: Room) -> Iterator[Row]:
    """What one log takes from one server process, and from two behind one port: one appends at a time."""
    events = room.of(_EVENTS, least=_A_BATCH * 8)
    requests = batches(room.lines(events), _A_BATCH)
    measures: dict[str, Measure] = {}
    for count in (1, 2):
        posting = _Posting(room, "postgresql", f"batches, {count} of `serve --workers`", requests, events)
        posting.workers, posting.connections = count, 16
        measures[str(count)] = posting
    found = in_turn(room.runs, measures)
    row = "batches of 500, 16 connections, `serve --workers {}`, PostgreSQL"
    yield Row(row.format(1), _UNIT, found["1"])
    yield Row(row.format(2), _UNIT, found["2"], found["1"], "1 worker")


def memory_under_load(room: Room) -> Iterator[Row]:
    """What server processes held at most in the rows before; batches, where none of those ran."""
    if not room.peaks:
        list(batch(room))
    doing, most = max(room.peaks.items(), key=lambda each: each[1])
    held = ", ".join(f"{name} {memory.megabytes(size):.0f}" for name, size in room.peaks.items())
    note = f"most with {doing}; MB at most: {held}"
    yield Row(
        "memory of a server process under load", "MB", [memory.megabytes(most)], aims=[value_at_most(250)], note=note
    )


def _stock(room: Room, lines: list[bytes]) -> float:
    url = room.stores.empty()
    rate = in_a_process(stock.save, url, lines, _A_BATCH)
    room.stores.drop(url)
    return rate


def _references_rate(port: int, requests: Sequence[bytes]) -> float:
    driven = in_a_process(drive, [port], requests, 64).all_well()
    return len(requests) / driven.seconds
