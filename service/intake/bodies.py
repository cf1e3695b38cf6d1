"""Bodies of requests as they come in: no more of them at once than there is room for, and nobody is waited for long."""

from __future__ import annotations

import asyncio
from collections import deque
from types import TracebackType
from typing import Self

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from service.intake import cloudevents
from service.problems import Problem

#: All bodies that are being read, judged or waiting to be committed, in bytes of a process; beyond it a sender is asked
#: to come back. Decoded and judged a body takes some six times as much memory.
MOST_BYTES_AT_ONCE = 24 * 1024 * 1024
#: A body that is to be whole has come within this many seconds; a stream of lines is silent no longer than this.
MOST_SECONDS = 60.0

#: NDJSON is committed in portions of so many lines, bytes or seconds of reading, whichever comes first; a portion is
#: also what a broken connection can leave unanswered.
LINES_A_PORTION = 2_000
BYTES_A_PORTION = 2 * 1024 * 1024
_SECONDS_A_PORTION = 1.0
#: Who sends a line now and then must not keep a turn from others: a portion ends where nothing comes for so long.
_SILENCE = 0.1


class Overfull(Exception):
    """More is being posted than the service will hold in memory."""


class TooSlow(Exception):
    """The body did not come in time."""


class Room:
    """What the bodies of a process may take together, in bytes. One alone may always take what a body may have."""

    def __init__(self, most: int = MOST_BYTES_AT_ONCE) -> None:
        self.most = most
        self.taken = 0

    def place(self) -> Place:
        """Room for one body, given back at the end of the `with`."""
        return Place(self)


class Place:
    """The room that one body takes."""

    __slots__ = ("_room", "_taken")

    def __init__(self, room: Room) -> None:
        self._room = room
        self._taken = 0

    def __enter__(self) -> Self:
        return self

    def look(self, size: int) -> None:
        """Whether there is room for so many bytes more; Overfull when others leave too little."""
        room = self._room
        # Large bodies that come slowly leave some of it to those that post single events.
        large = self._taken + size > cloudevents.MOST_BYTES_OF_AN_EVENT
        most = room.most - room.most // 4 if large else room.most
        if room.taken > self._taken and room.taken + size > most:
            raise Overfull

    def take(self, size: int) -> None:
        """So many bytes more; Overfull when others leave too little."""
        self.look(size)
        self._room.taken += size
        self._taken += size

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._room.taken -= self._taken
        self._taken = 0


async def whole(receive: Receive, length: str | None, most: int, place: Place, seconds: float) -> bytes:
    """All of a body with this Content-Length, if any.

    Refused (413) as soon as it is known to be larger than `most` bytes; Overfull, TooSlow, ClientDisconnect.
    """
    too_large = Problem(413, "Too large", f"This request takes a body of at most {most} bytes.")
    announced = int(length) if length and length.isdigit() else 0
    if announced > most:
        raise too_large
    # Who will not find room learns so before sending it all; it is taken only by what came, or saying so would do.
    place.look(announced)
    body = bytearray()
    try:
        async with asyncio.timeout(seconds):
            more = True
            while more:
                piece, more = await _piece(receive)
                body += piece
                if len(body) > most:
                    raise too_large
                place.take(len(piece))
    except TimeoutError:
        raise TooSlow from None
    return bytes(body)


async def _piece(receive: Receive) -> tuple[bytes, bool]:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    return message.get("body", b""), message.get("more_body", False)


class Portions:
    """The lines of a body with their indexes, in portions; one longer than an event may be is cut just past that."""

    def __init__(self, receive: Receive, seconds: float = MOST_SECONDS) -> None:
        self._receive = receive
        self._seconds = seconds
        self._ahead: deque[bytes] = deque()
        self._rest = b""
        self._index = 0
        self._ended = False
        self._awaited: asyncio.Future[tuple[bytes, bool]] | None = None

    def leave(self) -> None:
        """Wait for nothing any more."""
        if self._awaited is not None:
            self._awaited.cancel()

    async def begin(self) -> bool:
        """Wait until there is something for a portion; False at the end. TooSlow, ClientDisconnect."""
        while not self._ahead and not self._ended:
            if not await self._heard(self._seconds):
                raise TooSlow
        return bool(self._ahead)

    async def next(self) -> list[tuple[int, bytes]]:
        """The next portion; empty where there were only blank lines."""
        clock = asyncio.get_running_loop().time
        until = clock() + _SECONDS_A_PORTION
        portion: list[tuple[int, bytes]] = []
        size = 0
        while len(portion) < LINES_A_PORTION and size < BYTES_A_PORTION:
            if self._ahead:
                line = self._ahead.popleft()
                if line.strip():
                    portion.append((self._index, line.rstrip(b"\r")[: cloudevents.MOST_BYTES_OF_AN_EVENT + 1]))
                    size += len(line)
                self._index += 1
            elif self._ended or not await self._heard(min(_SILENCE, until - clock())):
                break
        return portion

    async def _heard(self, seconds: float) -> bool:
        """Whether anything came within so many seconds."""
        # What is not there yet is waited for again later: broken off, it might be lost.
        if self._awaited is None:
            self._awaited = asyncio.ensure_future(_piece(self._receive))
        await asyncio.wait([self._awaited], timeout=seconds)
        if not self._awaited.done():
            return False
        (piece, more), self._awaited = self._awaited.result(), None
        *lines, rest = (self._rest + piece).split(b"\n")
        self._ahead.extend(lines)
        # Two bytes more than an event may have: one that tells it is too long, and perhaps a carriage return.
        self._rest = rest[: cloudevents.MOST_BYTES_OF_AN_EVENT + 2]
        if not more:
            self._ended = True
            self._ahead.append(self._rest)
        return True
