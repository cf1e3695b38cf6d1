"""The coding of a body (Content-Encoding, RFC 9110): gzip is undone piece by piece, and any other refused."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from starlette.types import Message, Receive

from domain.field_types import Fault
from service.foundation.header_values import plain
from service.foundation.problems import Problem, faults
from service.intake.decompression import GzipDecompressor, NotGzip

CODING = b"content-encoding"
_UNKNOWN = "unknown"


def is_packed(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether a body with these headers is gzip; Problem where it is coded in a way that is not undone here."""
    values = (plain(value) for name, value in headers if name == CODING)
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
