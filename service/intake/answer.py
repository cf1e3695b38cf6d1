"""An answer of the intake as the server sends it: one of the framework's would cost as much as the receipt in it."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.types import Receive, Scope, Send

_JSON = (b"content-type", b"application/json")


class Answer:
    """JSON with a status and headers of its own, whose names are in small letters."""

    __slots__ = ("_body", "_headers", "_status")

    def __init__(self, status: int, body: bytes, headers: Sequence[tuple[bytes, bytes]] = ()) -> None:
        self._status = status
        self._body = body
        self._headers = headers

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        headers = [*self._headers, (b"content-length", b"%d" % len(self._body)), _JSON]
        await send({"type": "http.response.start", "status": self._status, "headers": headers})
        await send({"type": "http.response.body", "body": self._body})
