"""The load: HTTP/1.1 requests made beforehand, sent from a process of its own, for the service and for references.

A client library would cost more than the server that it is to measure.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import NamedTuple, ParamSpec, TypeVar, cast

import uvloop

_P = ParamSpec("_P")
_T = TypeVar("_T")

_END_OF_HEADERS = b"\r\n\r\n"
_LENGTH = b"content-length:"


class Answer(NamedTuple):
    """What came back."""

    status: int
    body: bytes


class Driven(NamedTuple):
    """What became of some requests: from the first byte sent to the last answer, and seconds of each in order sent."""

    seconds: float
    latencies: list[float]
    statuses: dict[int, int]
    #: Of the driver itself: on a machine with few cores it competes with what it measures.
    cpu_seconds: float

    def all_well(self) -> Driven:
        """Itself, unless something was refused: then nothing was measured."""
        if unexpected := {status: count for status, count in self.statuses.items() if status not in (200, 201)}:
            raise RuntimeError(f"requests of a measurement were not answered as they should be: {unexpected}")
        return self


def in_a_process(work: Callable[_P, _T], *arguments: _P.args, **named: _P.kwargs) -> _T:
    """What a function returns when it runs in a fresh process."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *arguments, **named).result()


def post(path: str, form: str, body: bytes, more: str = "") -> bytes:
    """A request as it goes over the wire; `more`: header lines, each with its end."""
    sizes = f"Content-Type: {form}\r\nContent-Length: {len(body)}\r\n"
    head = f"POST {path} HTTP/1.1\r\nHost: bench\r\n{sizes}{more}\r\n"
    return head.encode() + body


def get(path: str, more: str = "") -> bytes:
    """A request without a body; `more` as above."""
    return f"GET {path} HTTP/1.1\r\nHost: bench\r\n{more}\r\n".encode()


class Connection(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._whole = 0
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[Answer] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are none of asyncio's classes.
        self._transport = cast(asyncio.Transport, transport)

    def ask(self, request: bytes) -> asyncio.Future[Answer]:
        """Send; the answer when it has come whole."""
        assert self._transport is not None and self._waiting is None
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._waiting

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._whole:
            end = self._buffer.find(_END_OF_HEADERS)
            if end < 0:
                return
            head = bytes(self._buffer[: end + 2]).lower()
            at = head.index(_LENGTH) + len(_LENGTH)
            self._whole = end + len(_END_OF_HEADERS) + int(head[at : head.index(b"\r\n", at)])
        if len(self._buffer) >= self._whole and self._waiting is not None:
            body = bytes(self._buffer[self._buffer.index(_END_OF_HEADERS) + 4 :])
            waiting, status = self._waiting, int(self._buffer[9:12])
            self._waiting, self._whole = None, 0
            self._buffer.clear()
            if not waiting.done():  # whoever asked may have been cancelled
                waiting.set_result(Answer(status, body))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(exc or ConnectionError("the connection was closed instead of answered"))

    def close(self) -> None:
        assert self._transport is not None
        self._transport.close()


async def connected(ports: Sequence[int], count: int) -> list[Connection]:
    """So many connections, dealt out over the ports."""
    loop = asyncio.get_running_loop()
    made = [
        await loop.create_connection(Connection, "127.0.0.1", ports[number % len(ports)]) for number in range(count)
    ]
    return [connection for _, connection in made]


def drive(ports: Sequence[int], requests: Sequence[bytes], connections: int) -> Driven:
    """Send all requests, each connection its next one as soon as it is answered."""
    return uvloop.run(_drive(ports, requests, connections))


async def _drive(ports: Sequence[int], requests: Sequence[bytes], connections: int) -> Driven:
    opened = await connected(ports, connections)
    left = iter(requests)
    latencies: list[float] = []
    statuses: Counter[int] = Counter()
    cpu, began = time.process_time(), time.perf_counter()
    await asyncio.gather(*(_work(connection, left, latencies, statuses) for connection in opened))
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    for connection in opened:
        connection.close()
    return Driven(seconds, latencies, dict(statuses), cpu)


async def _work(connection: Connection, left: Iterator[bytes], latencies: list[float], statuses: Counter[int]) -> None:
    for request in left:
        sent = time.perf_counter()
        answer = await connection.ask(request)
        latencies.append(time.perf_counter() - sent)
        statuses[answer.status] += 1
