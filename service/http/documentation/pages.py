"""What is served beside the API: the documentation, the root of the service, and whom to tell of a weakness.

Pages are under a policy that lets them load files of our own and nothing else, each verified by its content.
"""

from __future__ import annotations

from datetime import UTC, timedelta
from pathlib import Path
from string import Template

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from service.foundation.answers import answer
from service.foundation.headers import accept_of, is_preferred
from service.foundation.problems import nothing_there
from service.foundation.settings import Settings
from service.foundation.time import Clock, format_instant
from service.foundation.version import NAME, SUMMARY, VERSION
from service.http.pages.routes import show_root
from service.http.pages.static_files import StaticFile, static_file
from service.http.routes.index import DOCUMENTATION, LINKS, OPENAPI, PREFIX

_FOLDER = Path(__file__).parent
_SWAGGER = _FOLDER / "swagger_ui"
#: No inline script or style, no other host, no frame around it, no form. Images within the style sheet are `data:`.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HTML = "text/html"
_SECURITY_CONTACT = "/.well-known/security.txt"
#: RFC 9116 wants less than a year; who reads it later asks again.
_CONTACT_HOLDS_FOR = timedelta(days=180)


def pages(settings: Settings, clock: Clock, sign_in: str | None) -> list[Route]:
    """The routes; `sign_in` is where people sign in, where they can."""
    return [*_documentation(sign_in), _welcome(sign_in), _security_contact(settings, clock)]


def _file(path: Path) -> StaticFile:
    return static_file(DOCUMENTATION, path.name, path.read_bytes())


def _documentation(sign_in: str | None) -> list[Route]:
    """The documentation and its files."""
    style, own_style = _file(_SWAGGER / "swagger-ui.css"), _file(_FOLDER / "page.css")
    swagger, start = _file(_SWAGGER / "swagger-ui-bundle.js"), _file(_FOLDER / "start.js")
    files = {file.name: file for file in (style, own_style, swagger, start)}
    named = {"style": style, "own_style": own_style, "swagger": swagger, "start": start}
    page = Template((_FOLDER / "page.html").read_text("utf-8")).substitute(
        {f"{name}_address": file.address for name, file in named.items()}
        | {f"{name}_integrity": file.integrity for name, file in named.items()},
        sign_in="" if sign_in is None else f"{sign_in}?returnTo={DOCUMENTATION}".lstrip("/"),
    )

    async def read_page(_: Request) -> Response:
        return Response(page, media_type=_HTML, headers={"Content-Security-Policy": _POLICY})

    async def read_file(request: Request) -> Response:
        file = files.get(request.path_params["name"])
        if file is None:
            raise nothing_there()
        return file.answer()

    return [
        Route(DOCUMENTATION, read_page, methods=["GET"], name="documentation"),
        Route(f"{DOCUMENTATION}/{{name}}", read_file, methods=["GET"], name="documentation_file"),
    ]


def _welcome(sign_in: str | None) -> Route:
    """What this is and where to go: the first page for a browser, JSON for anything else."""
    links = {"documentation": DOCUMENTATION, "openapi": OPENAPI, "api": PREFIX}
    if sign_in is not None:
        links["signIn"] = sign_in
    body = {"name": NAME, "version": VERSION, "summary": SUMMARY, **links}

    async def welcome(request: Request) -> Response:
        if is_preferred(_HTML, accept_of(request.headers)):
            page = await show_root(request)
            page.headers.update(LINKS)
            return page
        return answer(body, {**LINKS, "Vary": "Accept"})

    return Route("/", welcome, methods=["GET"], name="welcome")


def _security_contact(settings: Settings, clock: Clock) -> Route:
    """`security.txt` (RFC 9116): whom to tell of a weakness, where the operator has said so."""

    async def security_txt(_: Request) -> Response:
        if settings.security_contact is None:
            raise nothing_there()
        today = clock().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        lines = [
            f"Contact: {settings.security_contact}",
            f"Expires: {format_instant(today + _CONTACT_HOLDS_FOR)}",
            "Preferred-Languages: nl, en",
        ]
        if settings.public_url is not None:
            lines.append(f"Canonical: {settings.public_url}{_SECURITY_CONTACT}")
        return PlainTextResponse("\n".join([*lines, ""]))

    return Route(_SECURITY_CONTACT, security_txt, methods=["GET"], name="security_txt")
