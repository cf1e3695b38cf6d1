"""The connections of the server: how many, how long they may take over the head of a request, and how they are left.

uvicorn bounds none of this with httptools. What is refused here is answered as a problem, like any other refusal. The
connection of a request that was answered before all of it had come is closed: its sender may never send the rest
(RFC 9110, 10.1.1), and then what comes next would be taken for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from http import HTTPStatus
from itertools import chain
from typing import cast

import httptools
import msgspec
from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from service.foundation.problems import MEDIA_TYPE, Problem
from service.http.middleware.outermost import TOO_MANY_CONNECTIONS

#: Longer than the minute for which proxies keep a connection, so that it is they who close it.
KEEP_ALIVE_SECONDS = 65

_HEAD_SECONDS = 10.0
_MOST_BYTES_OF_A_HEAD = 32 * 1024
#: Requests that wait on one connection for the one before them; hardly anybody sends a second one early.
_MOST_WAITING = 8
#: Beyond the limit so many more are told to come back; the next one takes the place of the oldest of these.
_TOLD_TO_COME_BACK = 100
#: A connection on which nothing comes for so long is closed when the server stops.
_QUIET_SECONDS = 0.3
#: So long is read, and dropped, what still comes of a request that was answered. Closed at once the connection would be
#: reset, and the answer lost to who is still sending (RFC 9112, 9.6).
_LINGERING_SECONDS = 30.0

_WITHOUT_BODY = frozenset({"GET", "HEAD"})

_NO_REQUEST = Problem(400, "Bad Request", "This is no request that can be read.")
_HEAD_TOO_LARGE = Problem(431, "Head too large", "The head of a request is at most 32 KB.")


class _Unacceptable(Exception):
    """Raised where the parser tells of a request, to have it read no further."""


class Connections(ServerState):
    """What the connections of one server share: how many there may be, and whether it is to be left.

    `refused` is called with the status of what was answered here, because it is no request that can be read;
    `headers` are those of every answer.
    """

    def __init__(self, most: int, refused: Callable[[int], None], headers: Sequence[tuple[bytes, bytes]] = ()) -> None:
        super().__init__()
        self.most = most
        self.refused = refused
        self.headers = headers
        self.leaving = False
        #: Those that came when there were as many as there may be, the oldest first.
        self.too_many: dict[Connection, None] = {}


class _Outgoing:
    """The transport as an answer has it, which leaves it to the connection how it is closed."""

    __slots__ = ("close", "is_closing", "write")

    def __init__(self, transport: asyncio.Transport, close: Callable[[], None]) -> None:
        self.write, self.is_closing, self.close = transport.write, transport.is_closing, close


class Connection(HttpToolsProtocol):
    """One connection."""

    server_state: Connections

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are none of asyncio's classes.
        transport = cast(asyncio.Transport, transport)
        self._in_head = False
        self._head_bytes = 0
        #: Whether what came last is more than one head may be.
        self._much = False
        self._head_timer: asyncio.TimerHandle | None = None
        #: What is said of what the parser does not take.
        self._wrong = _NO_REQUEST
        #: Whether the request that comes leaves the connection to another one, once all of it has come.
        self._keeps = True
        self._lingers = False
        self._outgoing = _Outgoing(transport, self._close)
        super().connection_made(transport)
        if len(self.connections) > self.server_state.most:
            self._join_too_many()
        self._head_timer = self.loop.call_later(_HEAD_SECONDS, self._too_slow)
        if self.server_state.leaving:
            self.shutdown()

    def _join_too_many(self) -> None:
        """What comes now may be a probe of the health of the service: it is let in, and another one of these closed."""
        too_many = self.server_state.too_many
        too_many[self] = None
        if len(too_many) > _TOLD_TO_COME_BACK:
            oldest = next(iter(too_many))
            del too_many[oldest]
            oldest.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end_head_timer()
        self.server_state.too_many.pop(self, None)
        # Or each would keep the other in memory until garbage is collected.
        self._outgoing.close = self.transport.close
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._lingers:
            return
        self._unset_keepalive_if_required()
        self._much = len(data) > _MOST_BYTES_OF_A_HEAD
        self._parse(data)
        if not self._in_head:
            return
        # Most heads come at once, and never get here.
        self._head_bytes += len(data)
        if self._head_bytes > _MOST_BYTES_OF_A_HEAD:
            self._refuse(_HEAD_TOO_LARGE)
        elif self._head_timer is None:
            self._head_timer = self.loop.call_later(_HEAD_SECONDS, self._too_slow)

    def _parse(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            (reached,) = upgrade.args
            self._go_on(data[reached:])
        except httptools.HttpParserError:
            self._refuse(self._wrong)

    def on_message_begin(self) -> None:
        if len(self.pipeline) >= _MOST_WAITING:
            raise _Unacceptable
        super().on_message_begin()
        self._in_head = True
        self._head_bytes = 0

    def on_body(self, body: bytes) -> None:
        # What nobody will read is not kept: a question may wait, or a stream go on, for long.
        if self.scope["method"] not in _WITHOUT_BODY:
            super().on_body(body)

    def on_response_complete(self) -> None:
        if self.cycle.response_complete:
            # What was refused unread would be kept until the next request comes.
            self.cycle.body = bytearray()
        if not self._lingers:
            super().on_response_complete()

    def on_headers_complete(self) -> None:
        if self._should_upgrade():
            return  # it is read again
        self._in_head = False
        self._end_head_timer()
        if self._much and len(self.url) + sum(map(len, chain(*self.headers))) > _MOST_BYTES_OF_A_HEAD:
            self._wrong = _HEAD_TOO_LARGE
            raise _Unacceptable
        too_many = self.server_state.too_many
        if self in too_many:
            if len(self.connections) > self.server_state.most:
                cast(Scope, self.scope)[TOO_MANY_CONNECTIONS] = True
            else:
                del too_many[self]
        super().on_headers_complete()
        self.cycle.transport = cast(asyncio.Transport, self._outgoing)
        self._keeps, self.cycle.keep_alive = self.cycle.keep_alive, False

    def on_message_complete(self) -> None:
        if not self._should_upgrade() and not self.cycle.response_started:
            self.cycle.keep_alive = self._keeps and not self.server_state.leaving
        super().on_message_complete()

    def _should_upgrade(self) -> bool:
        return bool(self.parser.should_upgrade()) and self.parser.get_method() != b"CONNECT"

    def _go_on(self, left: bytes) -> None:
        """Go on as if no other protocol had been asked for, be it WebSocket or HTTP/2: the parser would leave the body
        of such a request unread, and some clients ask for HTTP/2 with all that they send first."""
        lines = [b"%b %b HTTP/%b" % (self.parser.get_method(), self.url, self.parser.get_http_version().encode())]
        lines += [b"%b: %b" % header for header in self.headers if header[0] != b"upgrade"]
        self.parser = httptools.HttpRequestParser(self)
        self._parse(b"\r\n".join([*lines, b"", left]))

    def shutdown(self) -> None:
        """Close it as soon as nothing is under way and nothing comes: what was sent before is still answered."""
        if self._idle():
            self.loop.call_later(_QUIET_SECONDS, self._leave)
        else:
            self.cycle.keep_alive = False

    def _idle(self) -> bool:
        # uvicorn has no cycle before the first request, and says otherwise.
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is None or cycle.response_complete or self._lingers

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

    def _close(self) -> None:
        """Close it behind its last answer."""
        if self.cycle.more_body:
            self._linger()
        else:
            self.transport.close()

    def _linger(self) -> None:
        """Say that nothing more is said, and close it when the other side does, or after a while."""
        if self.transport.is_closing():
            return
        self._end_head_timer()
        if not self._idle():
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self._lingers = True
        self.flow.resume_reading()
        self.transport.write_eof()
        self.timeout_keep_alive_task = self.loop.call_later(_LINGERING_SECONDS, self.timeout_keep_alive_handler)

    def _headers(self) -> Iterator[tuple[bytes, bytes]]:
        return chain(self.server_state.default_headers, self.server_state.headers)

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
                *(f"{name.decode()}: {value.decode()}" for name, value in self._headers()),
                f"content-type: {MEDIA_TYPE}",
                f"content-length: {len(body)}",
                "connection: close",
            ]
            self.transport.write("\r\n".join([*lines, "", ""]).encode() + body)
            self.server_state.refused(problem.status)
        if self.pipeline:
            self.transport.close()  # one before it may still be writing
        else:
            self._linger()
