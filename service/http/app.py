"""The HTTP application: nothing but wiring."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fastapi import FastAPI
from sqlalchemy import Engine
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

import migrations
from service.access import rules
from service.access.key_sets import KeySets
from service.access.rate_limits import Limits
from service.access.registry import WhoIsWho, who_is_who
from service.access.tokens import Verifier
from service.audit.writer import Scribe
from service.audit.writer import connections as of_scribe
from service.foundation import log_lines, problems
from service.foundation.memory_budget import Room
from service.foundation.organisations import Registry
from service.foundation.settings import Settings
from service.foundation.time import Clock
from service.foundation.version import NAME, VERSION
from service.http import routes, signing_in
from service.http.documentation import page, welcome
from service.http.middleware import outermost
from service.http.middleware.accounting import Accounted
from service.http.middleware.authentication import Door, Doorkeeper
from service.http.openapi import document
from service.http.openapi import posting as posting_described
from service.http.routes import index, methods, security_contact
from service.intake.endpoint import Intake
from service.log import kept_keys
from service.log.event_store import Ledger
from service.log.keys import Keyring
from service.log.writer import Writer
from service.operations import health
from service.operations.condition import condition
from service.operations.metrics import Metrics
from service.operations.watch import Watch
from service.queries.feed import Feed
from service.queries.replica import reads_from
from service.queries.state_copy import StateCopy
from service.storage.database import LOADING, connect, readers, writer


@dataclass(frozen=True, slots=True)
class Shell:
    """What the routes are given: the database, the keys, the registry and the clock."""

    settings: Settings
    #: Where questions are asked: the replica, where there is one.
    engine: Engine
    #: Where all is that was recorded, and what is written.
    primary: Engine
    #: What figures are read from; loaded once it is started.
    figures: StateCopy
    keys: Keyring
    #: Who is who: organisations, issuers of tokens, clients, mandates, purposes.
    who: WhoIsWho
    clock: Clock

    @property
    def registry(self) -> Registry:
        """From an OIN to its organisation."""
        return self.who.organisations

    def close(self) -> None:
        """Give its connections back, and the memory of the figures; making it took one, for the keys that the database
        keeps.
        """
        self.figures.stop()
        for engine in (self.primary, self.engine):
            engine.dispose()


def shell(settings: Settings, clock: Callable[[], datetime] | None = None) -> Shell:
    """What a process of the service works with, from its settings."""
    engine = primary = connect(settings.database_url, use=readers(settings.database_timeout))
    if settings.read_url is not None:
        engine = connect(settings.read_url, use=readers(settings.database_timeout))
        reads_from(engine, primary)
    figures = StateCopy(connect(settings.read_url or settings.database_url, use=LOADING), settings.figures_memory)
    return Shell(
        settings,
        engine,
        primary,
        figures,
        kept_keys.keyring_of(settings, primary),
        who_is_who(settings),
        clock or functools.partial(datetime.now, UTC),
    )


_POSTED_TO = posting_described.ADDRESS


class Service(FastAPI):
    """The application. What is posted goes straight to the intake, which answers its refusals itself: the framework's
    layers would cost an event as much as being judged.
    """

    intake: Intake
    posting: outermost.Gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == _POSTED_TO and scope["method"] == "POST":
            # As the router says which it is.
            scope["endpoint"] = self.intake
            await self.posting(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def create_app(
    settings: Settings, clock: Callable[[], datetime] | None = None, tell: log_lines.Tell = log_lines.silent
) -> Service:
    """The application of one process: its routes, its writer, a clock for all of it, and how its requests are told."""
    given = shell(settings, clock)
    counts = Metrics(given.registry)
    # Connections of their own, so that no number of readers can keep those who post, or who look after it, from one.
    log = connect(settings.database_url, use=writer(settings.database_timeout))
    looking = connect(settings.database_url, 2_000, writer(settings.database_timeout))
    accounts = connect(settings.database_url, use=of_scribe(settings.database_timeout))
    scribe = Scribe(accounts)
    key_sets = KeySets(given.clock)
    watch = Watch(functools.partial(condition, looking))
    appender = Writer(Ledger(log, given.keys, given.clock, settings.clock), counts)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await asyncio.to_thread(migrations.check, given.primary)
        await asyncio.to_thread(kept_keys.keep, given.primary, given.keys, given.clock())
        given.figures.start(given.engine)
        appender.start(asyncio.get_running_loop())
        scribe.start(asyncio.get_running_loop())
        counts.serving()
        yield
        await app.state.feed.end()
        await asyncio.to_thread(appender.stop)
        await asyncio.to_thread(scribe.stop)
        await key_sets.close()
        watch.close()
        for engine in (looking, accounts, log):
            engine.dispose()
        await asyncio.to_thread(given.close)

    app = Service(
        title=NAME,
        version=VERSION,
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.shell = given
    app.state.feed = Feed(given.engine, given.clock)
    app.state.watch, app.state.scribe = watch, scribe
    keeper = Doorkeeper(
        settings,
        Verifier(settings, given.who, given.keys, key_sets, given.clock),
        Limits(settings.rate_of_clients, settings.rate_of_public),
    )
    room = app.state.room = Room()
    intake = Intake(log, appender, given.registry, given.keys, given.clock, room)
    app.router.routes.append(Route(_POSTED_TO, intake, methods=["POST"], name="post_events"))
    app.router.routes.extend(routes.router.routes)
    problems.install(app)
    methods.install(app)
    document.install(app, settings.public_url)
    app.router.routes.extend(health.routes(watch, given.figures, counts, settings, given.clock))
    app.router.routes.append(security_contact.route(settings, given.clock))
    reach = signing_in.Reach(given.primary, key_sets, given.clock)
    keeper.sessions = signing_in.install(app, settings, given.who, given.keys, reach)
    _install_pages(app, settings, None if keeper.sessions is None else signing_in.SIGN_IN)
    rules.check(route.name for route in app.router.routes if isinstance(route, Route))
    known = outermost.templates(app.router.routes)
    for part in routes.PARTS:
        known |= outermost.templates(part.routes, index.PREFIX)
    passing: dict[str, Any] = {
        "headers": _headers(settings),
        "known": known,
        "counts": counts,
        "tell": tell,
        "quiet": health.QUIET,
        "room": room,
    }
    # The last one added is the outermost.
    app.add_middleware(Accounted, scribe=scribe, clock=given.clock, templates=known)
    app.add_middleware(Door, keeper=keeper)
    app.add_middleware(outermost.Gate, **passing)
    app.intake, app.posting = intake, outermost.Gate(Door(intake, keeper), **passing)
    return app


def _install_pages(app: FastAPI, settings: Settings, sign_in: str | None) -> None:
    page.install(app, sign_in)
    welcome.install(app, routes.OPERATIONS, sign_in, development=settings.development)


def _headers(settings: Settings) -> dict[str, str]:
    headers = {
        "API-Version": VERSION,
        "Cache-Control": "no-store",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        "Referrer-Policy": "no-referrer",
        # Of no effect until it is served over TLS, which stands before the service.
        "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }
    if settings.development:
        headers["Ketenspoor-Mode"] = "development"
    if settings.clock == "sender":
        headers["Ketenspoor-Clock"] = "simulated"
    return headers
