"""Every page, in both languages: where it is served, and what is shown where it can't be.

To write one takes a tenth of a second where it has thousands of numbers: a thread does, and others are answered beside.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

import msgspec
from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from service.access.caller import caller_of
from service.foundation.errors import log_error
from service.foundation.headers import accept_of, is_preferred
from service.foundation.problems import Problem, busy, ours
from service.http.pages import (
    catalogue,
    changes,
    country,
    deliveries,
    figure_page,
    glossary,
    journey,
    journeys,
    municipalities,
    municipality,
    municipality_more,
    province,
    reasons,
    role,
    states,
    verification,
    what_if,
)
from service.http.pages.asking import Api
from service.http.pages.forms import read_form
from service.http.pages.lag import behind_of
from service.http.pages.rendering import Page, render
from service.http.pages.static_files import file_route
from service.http.pages.view import ENGLISH, View, read_times
from service.http.pages.words import LanguageCode
from service.storage.outages import unavailable

_log = logging.getLogger("ketenspoor")
HTML = "text/html"
#: What a refusal says in its head that holds for a page too.
_OF_REFUSALS = frozenset({"allow", "retry-after", "www-authenticate"})

Show = Callable[[View], Awaitable[Page | Response]]


class PageAt(NamedTuple):
    """A page: its name, as the rules of access have it, its Dutch path, and what shows it.

    One that takes forms has `POST` among its methods, and no parameter in its path: its form is read and refused before
    it is shown.
    """

    name: str
    path: str
    show: Show
    methods: Sequence[str] = ("GET",)


#: Every page there is.
PAGES = (
    PageAt("page_country", "/", country.show),
    PageAt("page_province", "/provincies/{code}", province.show),
    PageAt("page_municipalities", "/gemeenten", municipalities.show),
    PageAt("page_municipality", "/gemeenten/{code}", municipality.show),
    PageAt("page_municipality_more", "/gemeenten/{code}/meer", municipality_more.show),
    PageAt("page_catalogue", "/cijfers", catalogue.show),
    PageAt("page_figure", "/cijfers/{figure}", figure_page.show),
    PageAt("page_reasons", "/cijfers/{figure}/waarom", reasons.show),
    PageAt("page_changes", "/cijfers/{figure}/veranderd", changes.show),
    PageAt("page_verification", "/controle", verification.show),
    PageAt("page_what_if", "/wat-als", what_if.show),
    PageAt("page_journeys", "/trajecten", journeys.show, ("GET", "POST")),
    PageAt("page_journey", "/trajecten/{journey}", journey.show),
    PageAt("page_deliveries", "/aanleveren", deliveries.show),
    PageAt("page_glossary", "/uitleg", glossary.show),
    PageAt("page_role", "/rol", role.show),
)


_LANGUAGES: tuple[tuple[LanguageCode, str], ...] = (("nl", ""), ("en", ENGLISH))


def form_addresses() -> frozenset[str]:
    """Where pages take forms."""
    return frozenset(before + page.path for page in PAGES if "POST" in page.methods for _, before in _LANGUAGES)


def page_routes() -> list[Route]:
    """Their routes, and those of their files; the root is not among them: it answers programs too."""
    return [
        file_route(),
        *(
            Route(before + page.path, _endpoint(page, of), methods=list(page.methods), name=page.name)
            for page in PAGES
            for of, before in _LANGUAGES
            if before + page.path != "/"
        ),
    ]


def install_pages(app: FastAPI) -> list[Route]:
    """Serve them, and show a browser a page too where the service refuses what is no question to the API."""
    shown = page_routes()
    app.router.routes.extend(shown)
    kinds: tuple[int | type[Exception], ...] = (Problem, HTTPException, 404, 405)
    for kind in kinds:
        if kind in app.exception_handlers:
            app.add_exception_handler(kind, _as_page(app.exception_handlers[kind]))
    return shown


def _as_page(handler: Callable[[Request, Exception], Any]) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def told(request: Request, error: Exception) -> Response:
        return await show_refusal(request, await handler(request, error))

    return told


async def show_refusal(request: Request, answer: Response) -> Response:
    """The answer to who is refused: problem details, or to a browser outside the API a page that says the same."""
    if not wants_page(request):
        return answer
    view = await make_view(request, language_of(request.scope["path"]))
    body = msgspec.json.decode(answer.body)
    problem = Problem(answer.status_code, body["title"], body["detail"], body.get("errors", ()))
    page = await asyncio.to_thread(render, view, states.problem_page(view, problem))
    page.headers.update({name: value for name, value in answer.headers.items() if name in _OF_REFUSALS})
    for name, value in answer.headers.items():
        if name == "set-cookie":
            page.headers.append(name, value)
    return page


def _endpoint(page: PageAt, of: LanguageCode) -> Callable[[Request], Awaitable[Response]]:
    async def show_page(request: Request) -> Response:
        view = await make_view(request, of)
        try:
            if request.method == "POST":
                view.form = await read_form(request, view.settings)
            shown = await page.show(view)
            return shown if isinstance(shown, Response) else await asyncio.to_thread(render, view, shown)
        except Problem as problem:
            shown = states.problem_page(view, problem)
        except Exception as error:  # noqa: BLE001 - whatever it is, who looks gets a page and the operator a record
            if unavailable(error):
                shown = states.problem_page(view, busy())
            else:
                log_error(_log, "a page failed", error)
                shown = states.problem_page(view, ours())
        return await asyncio.to_thread(render, view, shown)

    return show_page


async def make_view(request: Request, of: LanguageCode) -> View:
    """A page as the one who asks for it looks at it."""
    api = Api(request.app.framework, request, caller_of(request.scope))
    return View(request, of, await read_times(request), api, await behind_of(request))


def language_of(path: str) -> LanguageCode:
    """The language of an address."""
    return "en" if path == ENGLISH or path.startswith(f"{ENGLISH}/") else "nl"


def wants_page(request: Request) -> bool:
    """Whether a refusal is to be shown as a page: to a browser, outside the API."""
    return not request.scope["path"].startswith("/v1") and is_preferred(HTML, accept_of(request.headers))


#: What shows the first page.
show_root = _endpoint(PAGES[0], "nl")
