"""What every request passes, outermost: standing headers, HEAD as GET, our own faults answered, and what is counted and
logged of it. Routes are named by template: an address may hold what must not be in a metric or a log line.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.foundation import problems, tracing
from service.foundation.errors import log_fault
from service.foundation.header_values import stripped
from service.foundation.log_lines import Tell
from service.foundation.memory_budget import Overfull, Room
from service.http.server.connections import OVERFULL
from service.operations.metrics import Metrics
from service.storage.outages import unavailable

_log = logging.getLogger("ketenspoor")

UNMATCHED = "unmatched"
#: The status of a request whose sender was gone before it was answered.
NOBODY_LEFT = 499
#: Who looks whether the service is well is answered however many connections there are.
_LIMITED = "/v1/"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
#: What is none of them, or no request at all.
_NO_METHOD = "other"
_OUTAGE_TOLD_EVERY = 5.0
#: In bytes; larger answers are sent in such pieces, each when most of the one before was taken.
_PIECE = 64 * 1024
#: In bytes; larger answers take room while they are sent.
_LARGE = 16 * 1024
_CONVERTOR = re.compile(r":[a-z]+}")

#: What an answer may say in its own way: how it may be kept, and what a page may load.
_OF_A_PAGE = frozenset({b"cache-control", b"content-security-policy"})

#: From an endpoint to the template of its address.
Templates = dict[Callable[..., Any], str]


def templates(routes: Iterable[BaseRoute], prefix: str = "") -> Templates:
    """The template of each endpoint, as the documentation writes it."""
    return {route.endpoint: prefix + _CONVERTOR.sub("}", route.path) for route in routes if isinstance(route, Route)}


class Gate:
    """Around the whole application."""

    def __init__(
        self,
        app: ASGIApp,
        headers: Mapping[str, str],
        known: Templates,
        counts: Metrics,
        tell: Tell,
        quiet: frozenset[str],
        room: Room,
    ) -> None:
        self._app = app
        self._headers = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        self._names = frozenset(name for name, _ in self._headers) - _OF_A_PAGE
        self._templates = known
        self._counts = counts
        self._tell = tell
        self._quiet = quiet
        self._room = room
        self._outage_told = -_OUTAGE_TOLD_EVERY

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        # For whoever reads them, here and within.
        scope["headers"] = stripped(scope["headers"])
        ids = tracing.begun(scope["headers"])
        # The request is a task of its own, and so is what it sets here.
        tracing.current.set(ids)
        method = scope["method"]
        head = method == "HEAD"
        if head:
            scope = {**scope, "method": "GET"}
        status, waited = 0, 0.0
        place = self._room.place()

        async def with_headers(message: Message) -> None:
            nonlocal status, waited
            if message["type"] == "http.response.start":
                # What is posted takes room of its own.
                if method == "GET" and (size := _size(message)) > _LARGE:
                    place.tell(size)
                status, waited = message["status"], time.perf_counter() - began
                await send({**message, "headers": self._with_standing(message["headers"])})
                if head:
                    # All of it: who sends a stream learns so that nobody listens.
                    await send({"type": "http.response.body"})
            elif not head:
                await _in_pieces(message, send)

        try:
            with place:
                if (refusal := _turned_back(scope)) is not None:
                    await refusal.response()(scope, receive, with_headers)
                else:
                    await self._app(scope, receive, with_headers)
        except Exception as fault:  # noqa: BLE001 - whatever it is, the caller gets an answer and the operator a record
            problem = self._problem(fault)
            if not status:
                await problem.response()(scope, receive, with_headers)
        finally:
            route = self._templates.get(scope["endpoint"], UNMATCHED) if "endpoint" in scope else UNMATCHED
            method = method if method in _METHODS else _NO_METHOD
            seconds = time.perf_counter() - began
            # A stream goes on for ever: what was waited for is its beginning.
            self._counts.answered(route, method, status or NOBODY_LEFT, waited or seconds)
            if route not in self._quiet:
                self._tell(ids, method, route, status or NOBODY_LEFT, round(seconds * 1000, 3))

    def _with_standing(self, headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """The headers of an answer and those of every answer; a page and its files bring some of their own."""
        own = [header for header in headers if header[0] not in self._names]
        brought = {name for name, _ in own}
        if _OF_A_PAGE.isdisjoint(brought):
            return own + self._headers
        return own + [header for header in self._headers if header[0] not in brought]

    @property
    def standing(self) -> Sequence[tuple[bytes, bytes]]:
        """The headers of every answer."""
        return self._headers

    def refused(self, status: int) -> None:
        """Count and log what was answered on its connection, because it is no request that can be read."""
        self._counts.answered(UNMATCHED, _NO_METHOD, status, 0.0)
        self._tell(tracing.begun(()), _NO_METHOD, UNMATCHED, status, 0.0)

    def _problem(self, fault: Exception) -> problems.Problem:
        """What the caller is told of a fault of ours, which is logged."""
        if isinstance(fault, Overfull):
            return problems.busy()
        if not unavailable(fault):
            log_fault(_log, "a request failed", fault)
            return problems.ours()
        # While a database is away these come by the thousand.
        now = time.monotonic()
        if now >= self._outage_told + _OUTAGE_TOLD_EVERY:
            self._outage_told = now
            log_fault(_log, "the database could not answer", fault)
        return problems.busy()


def _turned_back(scope: Scope) -> problems.Problem | None:
    """What is told to who gets no further than here."""
    path: str = scope["path"]
    if OVERFULL in scope and path.startswith(_LIMITED):
        return problems.busy()
    if path.endswith("\n"):
        # The router takes it for the address that ends before it, which a proxy may have kept to itself.
        return problems.nothing_there()
    return None


def _size(start: Message) -> int:
    """How many bytes an answer says it has; 0 for one that does not know, and is sent as it comes."""
    return next((int(value) for name, value in start["headers"] if name == b"content-length"), 0)


async def _in_pieces(message: Message, send: Send) -> None:
    """Send a part of an answer so that no more of it than a piece waits for who does not take it."""
    body = message.get("body", b"")
    if len(body) > _PIECE:
        for at in range(0, len(body) - _PIECE, _PIECE):
            await send({**message, "body": body[at : at + _PIECE], "more_body": True})
        body = body[(len(body) - 1) // _PIECE * _PIECE :]
        message = {**message, "body": body}
    await send(message)
