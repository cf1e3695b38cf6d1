"""Bodies of requests as they come in: no more of one than it may have, and nobody is waited for long."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine, Generator
from types import coroutine
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from domain.field_types import Fault
from service.foundation import utf8
from service.foundation.memory_budget import Reservation
from service.foundation.problems import Problem, faults
from service.intake import cloudevents
from service.intake.receipts import TITLES

#: A body that is to be whole has come within this many seconds; a stream of lines is silent no longer than this.
MOST_SECONDS = 60.0

#: NDJSON is committed in portions of so many lines, bytes or seconds of reading, whichever comes first; a portion is
#: also what a broken connection can leave unanswered.
LINES_A_PORTION = 2_000
BYTES_A_PORTION = 2 * 1024 * 1024
_SECONDS_A_PORTION = 1.0
#: Who sends a line now and then must not keep a turn from others: a portion ends where nothing comes for so long.
_SILENCE = 0.1
#: What may stand on a line that is passed over: white space, and the byte order mark of a file that began there.
_BLANK = b" \t\r\v\f" + utf8.BYTE_ORDER_MARK
_BLANKS = re.compile(rb"[%b\n]*" % _BLANK)


async def read_whole(
    receive: Receive, length: str | None, most: int, reservation: Reservation, seconds: float
) -> bytes:
    """All of a body with this Content-Length, if any.

    Refused as soon as it is known to be larger than `most` bytes (413) and when it is too slow (408); BudgetExceeded,
    ClientDisconnect.
    """
    announced = int(length) if length and length.isdigit() else 0
    if announced > most:
        raise _too_large(most)
    # Who exceeds the budget learns so before sending it all; only what came is reserved, or saying so would do.
    reservation.check(announced)
    reading = _read(receive, most, reservation)
    try:
        awaited = reading.send(None)
    except StopIteration as read:
        # It was all there, as small ones mostly are: a timer would cost nearly as much as reading the JSON of an event.
        body: bytes = read.value
        return body
    try:
        async with asyncio.timeout(seconds):
            return await _rest(reading, awaited)
    except TimeoutError:
        raise _too_slow() from None


async def _read(receive: Receive, most: int, reservation: Reservation) -> bytes:
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        piece, more = message.get("body", b""), message.get("more_body", False)
        body += piece
        if len(body) > most:
            raise _too_large(most)
        reservation.reserve(len(piece))
    return bytes(body)


@coroutine
def _rest(reading: Coroutine[Any, None, bytes], awaited: Any) -> Generator[Any, None, bytes]:
    """The outcome of a coroutine that was begun by hand, and waits for this."""
    try:
        yield awaited
    except BaseException:
        reading.close()
        raise
    read: bytes = yield from reading
    return read


def _too_large(most: int) -> Problem:
    return Problem(413, "Too large", f"This request takes a body of at most {most} bytes.")


def _too_slow() -> Problem:
    detail = "The body did not come in time; nothing of it was acknowledged. Send it again."
    return Problem(408, "Too slow", detail)


async def _next_piece(receive: Receive) -> tuple[bytes, bool]:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    return message.get("body", b""), message.get("more_body", False)


class Portions:
    """The lines of a body with their indexes, in portions; one longer than an event may be is cut just past that."""

    def __init__(self, receive: Receive, seconds: float = MOST_SECONDS) -> None:
        self._receive = receive
        self._seconds = seconds
        # What has come and was not given yet, in one piece: as lines it could take twenty times as much.
        self._buffer = b""
        self._at = 0
        self._index = 0
        self._ended = False
        self._pending: asyncio.Future[tuple[bytes, bool]] | None = None

    def close(self) -> None:
        """Wait for nothing any more."""
        if self._pending is not None:
            self._pending.cancel()

    async def wait_for_more(self) -> bool:
        """Wait until there is something for a portion; False at the end.

        Refused when nothing comes (408) and where what comes is no text with lines; ClientDisconnect.
        """
        while not self._has_line() and not self._ended:
            if not await self._receive_within(self._seconds):
                raise _too_slow()
        if not self._index and (what := cloudevents.foreign(self._buffer)) is not None:
            # Cut at line feeds it would be refused a thousand times.
            detail = "Nothing of the request was recorded."
            raise Problem(400, TITLES[400], detail, faults([Fault("", what.code, what.detail)]))
        return self._at < len(self._buffer)

    async def next(self) -> list[tuple[int, bytes]]:
        """The next portion; empty where there were only blank lines."""
        clock = asyncio.get_running_loop().time
        until = clock() + _SECONDS_A_PORTION
        portion: list[tuple[int, bytes]] = []
        size = 0
        while len(portion) < LINES_A_PORTION and size < BYTES_A_PORTION:
            line = self._next_line()
            if line is None:
                if self._ended or not await self._receive_within(min(_SILENCE, until - clock())):
                    break
                continue
            if line.strip(_BLANK):
                portion.append((self._index, line.rstrip(b"\r")[: cloudevents.MOST_BYTES_OF_AN_EVENT + 1]))
                size += len(line)
            else:
                self._skip_blank_lines()
            self._index += 1
        return portion

    def _skip_blank_lines(self) -> None:
        """Blank lines behind one: a little gzip can unpack to millions of them."""
        run = _BLANKS.match(self._buffer, self._at)
        passed = 0 if run is None else self._buffer.rfind(b"\n", self._at, run.end()) + 1
        if passed > self._at:
            self._index += self._buffer.count(b"\n", self._at, passed)
            self._at = passed

    def _has_line(self) -> bool:
        return self._buffer.find(b"\n", self._at) >= 0

    def _next_line(self) -> bytes | None:
        """The next line; None where it has not come to its end yet."""
        end = self._buffer.find(b"\n", self._at)
        if end < 0:
            if not self._ended or self._at == len(self._buffer):
                return None
            end = len(self._buffer)
        line = self._buffer[self._at : end]
        self._at = min(end + 1, len(self._buffer))
        return line

    async def _receive_within(self, seconds: float) -> bool:
        """Whether anything came within so many seconds."""
        # What is not there yet is waited for again later: broken off, it might be lost.
        if self._pending is None:
            self._pending = asyncio.ensure_future(_next_piece(self._receive))
        await asyncio.wait([self._pending], timeout=seconds)
        if not self._pending.done():
            return False
        (piece, more), self._pending = self._pending.result(), None
        # Two bytes more than an event may have: one that tells it is too long, and perhaps a carriage return.
        rest = self._buffer[self._at : self._at + cloudevents.MOST_BYTES_OF_AN_EVENT + 2]
        self._buffer, self._at = rest + piece, 0
        self._ended = not more
        return True
