"""The coding of a body (Content-Encoding, RFC 9110): gzip is undone, and any other refused.

It is unpacked as it comes, never more than a piece at once: it can unpack to a thousand times what it is.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Iterable, Iterator

from starlette.types import Message, Receive

from domain.field_types import Fault
from service.foundation.headers import decode_value
from service.foundation.problems import Problem, faults

CODING = b"content-encoding"
_UNKNOWN = "unknown"
#: In bytes; so much is unpacked within a millisecond.
_PIECE = 64 * 1024
#: Tells zlib of the head and the check of gzip.
_OF_GZIP = 16 + zlib.MAX_WBITS


def is_packed(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether a body with these headers is gzip; Problem where it is coded in a way that is not undone here."""
    values = (decode_value(value) for name, value in headers if name == CODING)
    listed = (part.strip().lower() for value in values for part in (_UNKNOWN if value is None else value).split(","))
    named = [coding for coding in listed if coding not in ("", "identity")]
    if named not in ([], ["gzip"], ["x-gzip"]):
        detail = "A body is sent as it is, or compressed once, with gzip."
        raise Problem(415, "Unsupported media type", detail, headers={"Accept-Encoding": "gzip"})
    return bool(named)


def gunzipped(receive: Receive) -> Receive:
    """A body as it was before it was compressed, in pieces; Problem where it can't be unpacked."""
    unpacking = GzipDecompressor()
    more = True

    async def next_piece() -> Message:
        nonlocal more
        come = False
        while True:
            if not unpacking.waits:
                if not come:
                    # There is no end to it but that of the body: others get their turn.
                    await asyncio.sleep(0)
                come = False
                if piece := unpacking.piece():
                    return {"type": "http.request", "body": piece, "more_body": True}
            elif more:
                message = await receive()
                if message["type"] != "http.request":
                    return message
                unpacking.feed(message.get("body", b""))
                come, more = True, message.get("more_body", False)
            else:
                unpacking.end()
                return {"type": "http.request", "body": b"", "more_body": False}

    async def receive_unpacked() -> Message:
        try:
            return await next_piece()
        except NotGzip as fault:
            found = [Fault("", "not-gzip", f"the body {fault}")]
            detail = "The body can't be unpacked; nothing of it was acknowledged."
            raise Problem(400, "Invalid request", detail, faults(found)) from None

    return receive_unpacked


class NotGzip(ValueError):
    """What was to be gzip can't be unpacked; says why."""


class GzipDecompressor:
    """Unpacks gzip of one member or several, as it comes and never more than a piece at once."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(_OF_GZIP)
        self._packed = b""
        self._within = False
        self._first = True

    @property
    def waits(self) -> bool:
        """Whether all was given that can be unpacked of what has come."""
        return not self._packed and not self._within

    def feed(self, packed: bytes) -> None:
        """What comes next."""
        self._packed += _unfilled(packed) if self._member.eof else packed

    def piece(self) -> bytes:
        """What follows of what was packed, if it does not wait; empty where that has to be asked again."""
        if self._member.eof:
            self._member, self._first = zlib.decompressobj(_OF_GZIP), False
        try:
            piece = self._member.decompress(self._packed, _PIECE)
        except zlib.error:
            raise self._not_gzip("is no gzip, or was damaged") from None
        ended = self._member.eof
        self._packed = _unfilled(self._member.unused_data) if ended else self._member.unconsumed_tail
        # All of it may have been taken in, and some not be given out as yet.
        self._within = not ended and len(piece) == _PIECE
        return piece

    def end(self) -> None:
        """Nothing comes any more; NotGzip where something should have."""
        if not self._member.eof:
            raise self._not_gzip("is gzip without its end")

    def _not_gzip(self, what: str) -> NotGzip:
        return NotGzip(what if self._first else f"is gzip, and what follows it {what}")


def _unfilled(packed: bytes) -> bytes:
    """What comes behind a member, without the NULs that it was filled up with: gzip(1) passes over them too."""
    return packed.lstrip(b"\0")


def unpacked(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """What chunks of gzip unpack to, in pieces."""
    unpacking = GzipDecompressor()
    for chunk in chunks:
        unpacking.feed(chunk)
        while not unpacking.waits:
            yield unpacking.piece()
    unpacking.end()
