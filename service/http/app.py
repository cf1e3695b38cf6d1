"""The HTTP application: what it works with, and the one way every request takes through it."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from fastapi import FastAPI
from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware
from sqlalchemy import Engine
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

import migrations
from service.access import rules
from service.access.key_sets import KeySets
from service.access.rate_limits import Limits
from service.access.registry import WhoIsWho, who_is_who
from service.access.tokens import Verifier
from service.audit.writer import AuditWriter
from service.audit.writer import audit_connections as of_audit
from service.foundation import log_lines, problems
from service.foundation.memory_budget import MemoryBudget
from service.foundation.organisations import Registry
from service.foundation.settings import Settings
from service.foundation.time import Clock
from service.foundation.version import NAME, VERSION
from service.http import routes, signing_in
from service.http.documentation.pages import pages
from service.http.middleware.auditing import AuditMiddleware
from service.http.middleware.authentication import AuthenticationMiddleware
from service.http.middleware.outermost import OutermostMiddleware, Templates, templates_of
from service.http.openapi import posting, specification
from service.http.pages.charts.drawing import ChartDrawer
from service.http.pages.routes import form_addresses, install_pages, show_refusal
from service.http.routes import index, requests
from service.intake.endpoint import Intake
from service.log import permanent_keys
from service.log.event_store import EventStore
from service.log.keys import Keyring
from service.log.writer import Writer
from service.operations import probes
from service.operations.health import HealthMonitor, read_health
from service.operations.metrics import Metrics
from service.queries.feed import Feed
from service.queries.question import read_from_replica
from service.queries.state_copy import StateCopy
from service.storage.database import LOADING, connect, readers, writer


@dataclass(frozen=True, slots=True)
class ApplicationContext:
    """What the routes work with: the database, the keys, the registry and the clock."""

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


def application_context(settings: Settings, clock: Callable[[], datetime] | None = None) -> ApplicationContext:
    """What a process of the service works with, from its settings."""
    engine = primary = connect(settings.database_url, use=readers(settings.database_timeout))
    if settings.read_url is not None:
        engine = connect(settings.read_url, use=readers(settings.database_timeout))
        read_from_replica(engine, primary)
    figures = StateCopy(connect(settings.read_url or settings.database_url, use=LOADING), settings.figures_memory)
    return ApplicationContext(
        settings,
        engine,
        primary,
        figures,
        permanent_keys.load_keyring(settings, primary),
        who_is_who(settings),
        clock or functools.partial(datetime.now, UTC),
    )


class Service(FastAPI):
    """The application. Every request passes the same middleware: outermost, authentication, and then either the intake
    or audit, the framework's own and the router. What is posted goes straight to the intake, which answers its refusals
    itself: the framework's layers would cost an event as much as being validated.
    """

    outermost: OutermostMiddleware
    intake: Intake
    framework: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        scope["app"] = self
        if scope["path"] == _POSTED_TO and scope["method"] == "POST":
            # As the router says which it is; from the outset, for what is counted of a request that is refused.
            scope["endpoint"] = self.intake
        await self.outermost(scope, receive, send)

    async def route(self, scope: Scope, receive: Receive, send: Send) -> None:
        """What is posted to the intake, all else through audit to the framework and its router."""
        await (self.intake if scope.get("endpoint") is self.intake else self.framework)(scope, receive, send)


_POSTED_TO = posting.ADDRESS


def create_app(
    settings: Settings, clock: Callable[[], datetime] | None = None, log_request: log_lines.Tell = log_lines.silent
) -> Service:
    """The application of one process: its routes, its writer, a clock for all of it; `log_request` logs them."""
    context = application_context(settings, clock)
    metrics = Metrics(context.registry)
    # Connections of their own, so that no number of readers can keep those who post, or who look after it, from one.
    log = connect(settings.database_url, use=writer(settings.database_timeout))
    monitoring = connect(settings.database_url, 2_000, writer(settings.database_timeout))
    accounts = connect(settings.database_url, use=of_audit(settings.database_timeout))
    audit_writer = AuditWriter(accounts)
    key_sets = KeySets(context.clock)
    monitor = HealthMonitor(functools.partial(read_health, monitoring))
    appender = Writer(EventStore(log, context.keys, context.clock, settings.clock), metrics)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await asyncio.to_thread(migrations.check, context.primary)
        await asyncio.to_thread(permanent_keys.ensure_permanent_keys, context.primary, context.keys, context.clock())
        context.figures.start(context.engine)
        appender.start(asyncio.get_running_loop())
        audit_writer.start(asyncio.get_running_loop())
        metrics.serving()
        yield
        await app.state.feed.end()
        await app.state.charts.close()
        await asyncio.to_thread(appender.stop)
        await asyncio.to_thread(audit_writer.stop)
        await key_sets.close()
        monitor.close()
        for engine in (monitoring, accounts, log):
            engine.dispose()
        await asyncio.to_thread(context.close)

    app = Service(
        title=NAME,
        version=VERSION,
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.context = context
    app.state.feed, app.state.charts = Feed(context.engine, context.clock), ChartDrawer()
    app.state.health_monitor, app.state.audit_writer = monitor, audit_writer
    budget = app.state.memory_budget = MemoryBudget()
    app.intake = Intake(log, appender, context.registry, context.keys, context.clock, budget)
    app.router.routes.append(Route(_POSTED_TO, app.intake, methods=["POST"], name="post_events"))
    app.router.routes.extend(routes.router.routes)
    problems.install(app)
    requests.install_method_refusal(app)
    specification.install(app, settings.public_url)
    app.router.routes.extend(probes.routes(monitor, context.figures, metrics, settings, context.clock))
    sessions = signing_in.install(
        app,
        signing_in.SignInContext(settings, context.primary, key_sets, context.who, context.keys, context.clock),
        form_addresses(),
    )
    sign_in = None if sessions is None else signing_in.SIGN_IN
    app.router.routes.extend(pages(settings, context.clock, sign_in))
    shown = install_pages(app)
    rules.check(route.name for route in app.router.routes if isinstance(route, Route))
    templates = _templates(app)
    verifier = Verifier(settings, context.who, context.keys, key_sets, context.clock)
    # What nobody handles is for the outermost middleware.
    handlers = {of: handler for of, handler in app.exception_handlers.items() if of not in (500, Exception)}
    router = ExceptionMiddleware(AsyncExitStackMiddleware(app.router), handlers)
    app.framework = AuditMiddleware(
        router, audit_writer, context.clock, templates, frozenset(templates_of(shown).values())
    )
    limits = Limits(settings.rate_of_clients, settings.rate_of_public)
    app.outermost = OutermostMiddleware(
        AuthenticationMiddleware(app.route, settings, verifier, limits, sessions, context.who, show_refusal),
        _headers(settings),
        templates,
        metrics,
        log_request,
        probes.QUIET,
        budget,
    )
    return app


def _templates(app: FastAPI) -> Templates:
    """The template of every address, also of those that the parts of the API have."""
    found = templates_of(app.router.routes)
    for part in routes.PARTS:
        found |= templates_of(part.routes, index.PREFIX)
    return found


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
