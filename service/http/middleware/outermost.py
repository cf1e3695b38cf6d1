"""What every request passes first: headers of every answer, HEAD as GET, an answer where we fail, a count and a line in
the log. Routes are named by template: an address may hold what must not be in a metric or a log line.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.foundation import problems, tracing
from service.foundation.errors import log_error
from service.foundation.log_lines import Tell
from service.foundation.memory_budget import BudgetExceeded, MemoryBudget, Reservation
from service.operations.metrics import Metrics
from service.storage.outages import unavailable

_log = logging.getLogger("ketenspoor")

UNMATCHED = "unmatched"
#: Set in the scope of a request that comes on a connection too many: it is to be told to come back.
TOO_MANY_CONNECTIONS = "ketenspoor.too_many_connections"
#: The status of a request whose sender was gone before it was answered.
NOBODY_LEFT = 499
#: Probes of the health of the service are answered however many connections there are.
_LIMITED = "/v1/"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
#: What is none of them, or no request at all.
_NO_METHOD = "other"
_OUTAGE_LOGGED_EVERY = 5.0
#: In bytes; larger answers are sent in such pieces, each when most of the one before was taken.
_PIECE = 64 * 1024
#: In bytes; larger answers reserve memory while they are sent.
_LARGE = 16 * 1024
_CONVERTOR = re.compile(r":[a-z]+}")

#: What an answer may say in its own way: how it may be kept, what a page may load, and whom it tells of itself.
_OF_A_PAGE = frozenset({b"cache-control", b"content-security-policy", b"referrer-policy"})

#: From an endpoint to the template of its address.
Templates = dict[Callable[..., Any], str]


def templates_of(routes: Iterable[BaseRoute], prefix: str = "") -> Templates:
    """The template of each endpoint, as the documentation writes it."""
    return {route.endpoint: prefix + _CONVERTOR.sub("}", route.path) for route in routes if isinstance(route, Route)}


class OutermostMiddleware:
    """Around the whole application."""

    def __init__(
        self,
        app: ASGIApp,
        headers: Mapping[str, str],
        templates: Templates,
        metrics: Metrics,
        log_request: Tell,
        quiet: frozenset[str],
        budget: MemoryBudget,
    ) -> None:
        """`headers`: of every answer; `quiet`: the routes of which no request is logged."""
        self._app = app
        self.headers = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        self._names = frozenset(name for name, _ in self.headers) - _OF_A_PAGE
        self.templates = templates
        self._metrics = metrics
        self._log_request = log_request
        self._quiet = quiet
        self._budget = budget
        self._outage_logged_at = -_OUTAGE_LOGGED_EVERY

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        # White space around a value is no part of it (RFC 9110, 5.5).
        scope["headers"] = headers = [(name, value.strip(b" \t")) for name, value in scope["headers"]]
        ids = tracing.begun(headers)
        # The request is a task of its own, and so is what it sets here.
        tracing.current.set(ids)
        method = scope["method"]
        if method == "HEAD":
            scope, send = {**scope, "method": "GET"}, _without_body(send)
        status, waited = 0, 0.0
        # Of a large answer; what is posted reserves memory itself.
        reservation: Reservation | None = None

        async def send_with_headers(message: Message) -> None:
            nonlocal status, waited, reservation
            if message["type"] == "http.response.start":
                if method == "GET" and (size := _size(message)) > _LARGE:
                    reservation = reservation or Reservation(self._budget)
                    reservation.reserve_answer(size)
                status, waited = message["status"], time.perf_counter() - began
                await send({**message, "headers": self._with_own(message["headers"])})
            else:
                await (_send_in_pieces(message, send) if len(message.get("body", b"")) > _PIECE else send(message))

        try:
            if (refusal := _refusal(scope)) is not None:
                await refusal.response()(scope, receive, send_with_headers)
            else:
                await self._app(scope, receive, send_with_headers)
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets an answer and the operator a record
            problem = self._problem(error)
            if not status:
                await problem.response()(scope, receive, send_with_headers)
        finally:
            if reservation is not None:
                reservation.release()
            route = self.templates.get(scope["endpoint"], UNMATCHED) if "endpoint" in scope else UNMATCHED
            method = method if method in _METHODS else _NO_METHOD
            seconds = time.perf_counter() - began
            # A stream goes on for ever: what was waited for is its beginning.
            self._metrics.answered(route, method, status or NOBODY_LEFT, waited or seconds)
            if route not in self._quiet:
                self._log_request(ids, method, route, status or NOBODY_LEFT, round(seconds * 1000, 3))

    def _with_own(self, headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """The headers of an answer and those of every answer; a page and its files bring some of these themselves."""
        own = [header for header in headers if header[0] not in self._names]
        brought = {name for name, _ in own}
        if _OF_A_PAGE.isdisjoint(brought):
            return own + self.headers
        return own + [header for header in self.headers if header[0] not in brought]

    def refused(self, status: int) -> None:
        """Count and log what was answered on its connection, because it is no request that can be read."""
        self._metrics.answered(UNMATCHED, _NO_METHOD, status, 0.0)
        self._log_request(tracing.begun(()), _NO_METHOD, UNMATCHED, status, 0.0)

    def _problem(self, error: Exception) -> problems.Problem:
        """The answer where something fails in the application, which is logged."""
        if isinstance(error, BudgetExceeded):
            return problems.busy()
        if not unavailable(error):
            log_error(_log, "a request failed", error)
            return problems.ours()
        # While a database is away these come by the thousand.
        now = time.monotonic()
        if now >= self._outage_logged_at + _OUTAGE_LOGGED_EVERY:
            self._outage_logged_at = now
            log_error(_log, "the database could not answer", error)
        return problems.busy()


def _refusal(scope: Scope) -> problems.Problem | None:
    """The answer to a request that gets no further than here."""
    path: str = scope["path"]
    if TOO_MANY_CONNECTIONS in scope and path.startswith(_LIMITED):
        return problems.busy()
    # The router takes it for the address that ends before it, which a proxy may have kept to itself.
    return problems.nothing_there() if path.endswith("\n") else None


def _size(start: Message) -> int:
    """How many bytes an answer says it has; 0 for one that does not know, and is sent as it comes."""
    return next((int(value) for name, value in start["headers"] if name == b"content-length"), 0)


def _without_body(send: Send) -> Send:
    """Send only the head of an answer."""

    async def send_head(message: Message) -> None:
        if message["type"] == "http.response.start":
            await send(message)
            # All of it: who sends a stream learns so that nobody listens.
            await send({"type": "http.response.body"})

    return send_head


async def _send_in_pieces(message: Message, send: Send) -> None:
    """Send a part of an answer so that no more of it than a piece waits for a client that does not take it."""
    body = message["body"]
    last = (len(body) - 1) // _PIECE * _PIECE
    for at in range(0, last, _PIECE):
        await send({**message, "body": body[at : at + _PIECE], "more_body": True})
    await send({**message, "body": body[last:]})
