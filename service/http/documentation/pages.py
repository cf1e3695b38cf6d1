"""What is served beside the API: the documentation, the root of the service, and whom to tell of a weakness.

Pages are under a policy that lets them load files of our own and nothing else, each verified by its content.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, timedelta
from functools import cache
from html import escape
from pathlib import Path
from string import Template
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from service.foundation.answers import answer
from service.foundation.headers import accept_of, is_preferred
from service.foundation.problems import nothing_there
from service.foundation.settings import Settings
from service.foundation.time import Clock, format_instant
from service.foundation.version import NAME, SUMMARY, VERSION
from service.http.routes.index import DOCUMENTATION, LINKS, OPENAPI, PREFIX, Operation

_FOLDER = Path(__file__).parent
_SWAGGER = _FOLDER / "swagger_ui"
#: No inline script or style, no other host, no frame around it, no form. Images within the style sheet are `data:`.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
#: A file of other content has another address.
_FOR_EVER = "public, max-age=31536000, immutable"
_TYPES = {".css": "text/css", ".js": "text/javascript"}
_HTML = "text/html"
_DEVELOPMENT = "<p>This service is in development mode: on this machine only, and it believes whoever asks.</p>\n"
_LINKED = {
    "documentation": "Documentation of the API, to read and to try",
    "openapi": "The same as OpenAPI, for programs",
    "api": "The API, which lists what can be asked and sent",
    "signIn": "Sign in",
}
_SECURITY_CONTACT = "/.well-known/security.txt"
#: RFC 9116 wants less than a year; who reads it later asks again.
_CONTACT_HOLDS_FOR = timedelta(days=180)


def pages(settings: Settings, clock: Clock, operations: Iterable[Operation], sign_in: str | None) -> list[Route]:
    """The routes; `sign_in` is where people sign in, where they can."""
    return [*_documentation(sign_in), _welcome(operations, sign_in, settings), _security_contact(settings, clock)]


class _File(NamedTuple):
    """A file of a page: where it stands, and how the page names and verifies it."""

    path: Path
    name: str
    integrity: str

    @property
    def address(self) -> str:
        return f"{DOCUMENTATION}/{self.name}"


@cache
def _file(path: Path) -> _File:
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()[:16]
    integrity = base64.b64encode(hashlib.sha384(content).digest()).decode()
    return _File(path, f"{path.stem}.{digest}{path.suffix}", f"sha384-{integrity}")


#: The style sheet of every page.
_STYLE = _file(_FOLDER / "page.css")


def _html(page: str, headers: Mapping[str, str] | None = None) -> Response:
    return Response(page, media_type=_HTML, headers={**(headers or {}), "Content-Security-Policy": _POLICY})


def _documentation(sign_in: str | None) -> list[Route]:
    """The documentation and its files."""
    style = _file(_SWAGGER / "swagger-ui.css")
    swagger, start = _file(_SWAGGER / "swagger-ui-bundle.js"), _file(_FOLDER / "start.js")
    files = {file.name: file for file in (style, _STYLE, swagger, start)}
    named = {"style": style, "own_style": _STYLE, "swagger": swagger, "start": start}
    page = Template((_FOLDER / "page.html").read_text("utf-8")).substitute(
        {f"{name}_address": file.address for name, file in named.items()}
        | {f"{name}_integrity": file.integrity for name, file in named.items()},
        sign_in="" if sign_in is None else f"{sign_in}?returnTo={DOCUMENTATION}",
    )

    async def read_page(_: Request) -> Response:
        return _html(page)

    async def read_file(request: Request) -> Response:
        file = files.get(request.path_params["name"])
        if file is None:
            raise nothing_there()
        return FileResponse(file.path, media_type=_TYPES[file.path.suffix], headers={"Cache-Control": _FOR_EVER})

    return [
        Route(DOCUMENTATION, read_page, methods=["GET"], name="documentation"),
        Route(f"{DOCUMENTATION}/{{name}}", read_file, methods=["GET"], name="documentation_file"),
    ]


def _welcome(operations: Iterable[Operation], sign_in: str | None, settings: Settings) -> Route:
    """What this is and where to go, as a page for a browser and as JSON for anything else."""
    links = {"documentation": DOCUMENTATION, "openapi": OPENAPI, "api": PREFIX}
    if sign_in is not None:
        links["signIn"] = sign_in
    body = {"name": NAME, "version": VERSION, "summary": SUMMARY, **links}
    page = Template((_FOLDER / "welcome.html").read_text("utf-8")).substitute(
        name=NAME,
        version=VERSION,
        summary=SUMMARY,
        style_address=_STYLE.address,
        style_integrity=_STYLE.integrity,
        mode=_DEVELOPMENT if settings.development else "",
        ways="".join(f'<li><a href="{address}">{_LINKED[name]}</a></li>\n' for name, address in links.items()),
        operations="".join(map(_row, operations)),
    )

    async def welcome(request: Request) -> Response:
        headers = {**LINKS, "Vary": "Accept"}
        return _html(page, headers) if is_preferred(_HTML, accept_of(request.headers)) else answer(body, headers)

    return Route("/", welcome, methods=["GET"], name="welcome")


def _row(one: Operation) -> str:
    href = one["href"]
    address = f"<code>{one['method']} {href}</code>"
    # Without the parameters it needs it would only tell that they are missing.
    if one["method"] == "GET" and not one["required"]:
        address = f'<a href="{href}">{address}</a>'
    needs = f" (needs {', '.join(one['required'])})" if one["required"] else ""
    whom = "anybody" if one["public"] else "by role"
    return f"<tr><td>{address}</td><td>{escape(one['description'])}{needs}</td><td>{whom}</td></tr>\n"


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
