"""The connections of the server: how many, how long they may take over the head of a request, and how they are left.

uvicorn bounds none of this with httptools. What is refused here is answered as a problem, like any other refusal.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from http import HTTPStatus

import httptools
import msgspec
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from service.problems import MEDIA_TYPE, Problem

#: Longer than the minute for which proxies keep a connection, so that it is they who close it.
KEEP_ALIVE_SECONDS = 65
#: Set in the scope of a request that comes on a connection too many: it is to be told to come back.
OVERFULL = "ketenspoor.overfull"

_HEAD_SECONDS = 10.0
#: Of the head of a request that does not come at once; what is read at once is bounded already.
_MOST_BYTES_OF_A_HEAD = 64 * 1024
#: Beyond the limit so many more are told to come back; even further they are closed without a word.
_TOLD_TO_COME_BACK = 100
#: A connection on which nothing comes for so long is closed when the server stops.
_QUIET_SECONDS = 0.3

_log = logging.getLogger("ketenspoor.connections")


class Connections(ServerState):
    """What the connections of one server share: how many there may be, and whether it is to be left."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most
        self.leaving = False


class Connection(HttpToolsProtocol):
    """One connection."""

    server_state: Connections

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._in_head = self._head_began = False
        self._head_bytes = 0
        self._head_timer: asyncio.TimerHandle | None = None
        self._coming = b""
        super().connection_made(transport)
        over = len(self.connections) - self.server_state.most
        self._overfull = over > 0
        if over > _TOLD_TO_COME_BACK:
            transport.abort()
        else:
            self._head_timer = self.loop.call_later(_HEAD_SECONDS, self._too_slow)
            if self.server_state.leaving:
                self.shutdown()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end_head_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._coming = data
        super().data_received(data)
        if not self._in_head:
            return
        # Most heads come at once, and never get here.
        if self._head_began:
            self._head_began = False
        else:
            self._head_bytes += len(data)
        if self._head_bytes > _MOST_BYTES_OF_A_HEAD:
            self._refuse(Problem(431, "Head too large", "The head of a request is at most 64 KB."))
        elif self._head_timer is None:
            self._head_timer = self.loop.call_later(_HEAD_SECONDS, self._too_slow)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = self._head_began = True
        self._head_bytes = 0

    def on_headers_complete(self) -> None:
        if self._should_upgrade():
            return  # it is read again
        self._in_head = False
        self._end_head_timer()
        if self._overfull:
            self.scope[OVERFULL] = True  # type: ignore[literal-required]
        super().on_headers_complete()
        if self.server_state.leaving:
            self.cycle.keep_alive = False

    def _should_upgrade(self) -> bool:
        return bool(self.parser.should_upgrade()) and self.parser.get_method() != b"CONNECT"

    def handle_websocket_upgrade(self) -> None:
        """Go on as if no other protocol had been asked for, be it WebSocket or HTTP/2: the parser would leave the body
        of such a request unread, and some clients ask for HTTP/2 with all that they send first."""
        # It is called where the parser's exception is caught, which says how far the head reached.
        left = self._coming[sys.exception().args[0] :]  # type: ignore[union-attr]
        lines = [b"%b %b HTTP/%b" % (self.parser.get_method(), self.url, self.parser.get_http_version().encode())]
        lines += [b"%b: %b" % header for header in self.headers if header[0] != b"upgrade"]
        self.parser = httptools.HttpRequestParser(self)
        self.data_received(b"\r\n".join([*lines, b"", left]))

    def send_400_response(self, msg: str) -> None:
        self._refuse(Problem(400, "Bad Request", "This is no request that can be read."))

    def shutdown(self) -> None:
        """Close it as soon as nothing is under way and nothing comes: what was sent before is still answered."""
        if self._idle():
            self.loop.call_later(_QUIET_SECONDS, self._leave)
        else:
            self.cycle.keep_alive = False

    def _idle(self) -> bool:
        # uvicorn has no cycle before the first request, and says otherwise.
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is None or cycle.response_complete

    def _leave(self) -> None:
        if self.transport.is_closing() or not self._idle():
            return
        if self._in_head:
            self.loop.call_later(_QUIET_SECONDS, self._leave)  # it comes, or is too slow
        else:
            self.transport.close()

    def _too_slow(self) -> None:
        if self._in_head:
            self._refuse(Problem(408, "Request Timeout", "The head of the request did not come in time."))
        else:
            self.transport.close()

    def _end_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _refuse(self, problem: Problem) -> None:
        """Say why, and close; an answer that was begun is only cut off."""
        if self.transport.is_closing():
            return
        if not self._idle() and not self.cycle.more_body:
            # What came before was a request and is answered first, or this would be taken for its answer.
            self.cycle.keep_alive = False
            self.flow.pause_reading()
            return
        if self._idle() or not self.cycle.response_started:
            body = msgspec.json.encode(problem.body())
            lines = [
                f"HTTP/1.1 {problem.status} {HTTPStatus(problem.status).phrase}",
                *(f"{name.decode()}: {value.decode()}" for name, value in self.server_state.default_headers),
                f"content-type: {MEDIA_TYPE}",
                f"content-length: {len(body)}",
                "connection: close",
            ]
            self.transport.write("\r\n".join([*lines, "", ""]).encode() + body)
        self.transport.close()
