"""The HTTP application: nothing but wiring."""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from fastapi import FastAPI
from sqlalchemy import Engine, exc
from starlette.datastructures import MutableHeaders
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import migrations
from service import document, organisations, problems, routes
from service.database import connect
from service.faults import log_fault
from service.feed import Feed
from service.intake import Intake
from service.keys import DEVELOPMENT_KEY, Keyring
from service.ledger import Clock, Ledger
from service.organisations import Registry
from service.routes import methods
from service.settings import Settings
from service.version import VERSION
from service.writer import Writer

_log = logging.getLogger("ketenspoor")


@dataclass(frozen=True, slots=True)
class Shell:
    """What the routes are given: the database, the keys, the registry and the clock."""

    settings: Settings
    engine: Engine
    keys: Keyring
    registry: Registry
    clock: Clock


def shell(settings: Settings, clock: Callable[[], datetime] | None = None) -> Shell:
    """What a process of the service works with, from its settings."""
    return Shell(
        settings,
        connect(settings.database_url),
        Keyring(settings.master_key_bytes() or DEVELOPMENT_KEY),
        organisations.registry(settings),
        clock or functools.partial(datetime.now, UTC),
    )


def create_app(settings: Settings, clock: Callable[[], datetime] | None = None) -> FastAPI:
    """The application of one process: its routes, its writer, and a clock for all of it."""
    given = shell(settings, clock)
    # Connections of its own, so that no number of readers can keep those who post from one.
    log = connect(settings.database_url)
    writer = Writer(Ledger(log, given.keys, given.clock, settings.clock))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await asyncio.to_thread(migrations.check, given.engine)
        writer.start(asyncio.get_running_loop())
        yield
        await app.state.feed.end()
        await asyncio.to_thread(writer.stop)
        log.dispose()
        given.engine.dispose()

    app = FastAPI(
        title="Ketenspoor",
        version=VERSION,
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.shell = given
    app.state.feed = Feed(given.engine, given.clock)
    intake = Intake(log, writer, given.registry, given.keys, given.clock)
    app.router.routes.append(Route("/v1/events", intake, methods=["POST"], name="post_events"))
    app.include_router(routes.router, prefix="/v1")
    problems.install(app)
    methods.install(app)
    document.install(app)
    app.add_middleware(StandingHeaders, headers=_headers(settings))
    return app


def _headers(settings: Settings) -> dict[str, str]:
    headers = {
        "API-Version": VERSION,
        "Cache-Control": "no-store",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }
    if settings.development:
        headers["Ketenspoor-Mode"] = "development"
    if settings.clock == "sender":
        headers["Ketenspoor-Clock"] = "simulated"
    return headers


class StandingHeaders:
    """Headers on every answer, HEAD as GET without its body, and a fault of our own answered and logged."""

    def __init__(self, app: ASGIApp, headers: dict[str, str]) -> None:
        self._app = app
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        head = scope["method"] == "HEAD"
        if head:
            scope = {**scope, "method": "GET"}
        started = False

        async def with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                MutableHeaders(scope=message).update(self._headers)
                await send(message)
                if head:
                    # All of it: who sends a stream learns so that nobody listens.
                    await send({"type": "http.response.body"})
            elif not head:
                await send(message)

        try:
            await self._app(scope, receive, with_headers)
        except Exception as fault:  # noqa: BLE001 - whatever it is, the caller gets an answer and the operator a record
            log_fault(_log, "a request failed", fault)
            if not started:
                problem = problems.busy() if isinstance(fault, exc.TimeoutError) else problems.ours()
                await problem.response()(scope, receive, with_headers)
