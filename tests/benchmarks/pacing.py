"""A steady load: so many requests a second, whatever the answers take, and how soon what was posted can be read."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter, deque
from collections.abc import Sequence
from typing import NamedTuple

import uvloop

from tests.benchmarks.driver import Answer, Connection, connected, get

_POSTING, _READING = 8, 8


class Paced(NamedTuple):
    """What became of a steady load.

    `visible` is seconds from an acknowledgement to the answer of a read that rests on it; `late` is seconds by which
    the driver itself was behind its plan at worst; `unread` acknowledgements found every reading connection busy.
    """

    seconds: float
    acknowledged: list[float]
    visible: list[float]
    late: float
    unread: int
    statuses: dict[int, int]


def pace(port: int, requests: Sequence[bytes], per_second: float, read: str, reads_per_second: float) -> Paced:
    """Post the requests at this pace; after some of the acknowledgements ask `read` with its minPosition."""
    return uvloop.run(_pace(port, requests, per_second, read, reads_per_second))


class _Room:
    """What the coroutines of one run share."""

    def __init__(self, posting: list[Connection], reading: list[Connection], read: str, read_every: float) -> None:
        # First in, first out: one that is left alone for long is closed by the server.
        self.posting, self.reading = asyncio.Queue[Connection](), deque(reading)
        for connection in posting:
            self.posting.put_nowait(connection)
        self.read, self.read_every, self.next_read = read, read_every, 0.0
        self.acknowledged: list[float] = []
        self.visible: list[float] = []
        self.unread = 0
        self.statuses: Counter[int] = Counter()


async def _pace(port: int, requests: Sequence[bytes], per_second: float, read: str, reads_per_second: float) -> Paced:
    posting, reading = await connected([port], _POSTING), await connected([port], _READING)
    room = _Room(posting, reading, read, 1 / reads_per_second)
    began, late = time.perf_counter(), 0.0
    async with asyncio.TaskGroup() as under_way:
        for number, request in enumerate(requests):
            due = began + number / per_second
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            late = max(late, time.perf_counter() - due)
            under_way.create_task(_post(room, request, due))
    for connection in (*posting, *reading):
        connection.close()
    seconds = time.perf_counter() - began
    return Paced(seconds, room.acknowledged, room.visible, late, room.unread, dict(room.statuses))


async def _post(room: _Room, request: bytes, due: float) -> None:
    connection = await room.posting.get()
    answer = await connection.ask(request)
    now = time.perf_counter()
    room.posting.put_nowait(connection)
    room.statuses[answer.status] += 1
    # From when it should have been sent: a server that stalls must not hide behind a driver that waits for it.
    room.acknowledged.append(now - due)
    if now < room.next_read:
        return
    if not room.reading:
        room.unread += 1
        return
    room.next_read = now + room.read_every
    await _see(room, answer, now)


async def _see(room: _Room, answer: Answer, acknowledged: float) -> None:
    connection = room.reading.popleft()
    position = json.loads(answer.body)["lastPosition"]
    seen = await connection.ask(get(f"{room.read}&minPosition={position}"))
    room.visible.append(time.perf_counter() - acknowledged)
    room.statuses[seen.status] += 1
    room.reading.append(connection)
