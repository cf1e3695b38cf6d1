"""Gzip unpacked as it comes, never more than a piece at once: it can unpack to a thousand times what it is."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

#: In bytes; so much is unpacked within a millisecond.
_PIECE = 64 * 1024
#: Tells zlib of the head and the check of gzip.
_OF_GZIP = 16 + zlib.MAX_WBITS


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
