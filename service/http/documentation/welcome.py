"""The root of the service: what this is and where to go, as a page for a browser and as JSON for anything else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from string import Template

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from service.foundation.answers import answer
from service.foundation.media_ranges import accept_of, is_preferred
from service.foundation.version import NAME, SUMMARY, VERSION
from service.http.documentation.page import ADDRESS as DOCUMENTATION
from service.http.documentation.page import HERE, POLICY, STYLE
from service.http.routes.index import LINKS, OPENAPI, PREFIX, Operation

_DEVELOPMENT = "<p>This service is in development mode: on this machine only, and it believes whoever asks.</p>\n"
_HTML = "text/html"


def install(app: FastAPI, operations: Iterable[Operation], sign_in: str | None, *, development: bool) -> None:
    """Serve it; `sign_in` is where people sign in, where they can."""
    ways = {"documentation": DOCUMENTATION, "openapi": OPENAPI, "api": PREFIX}
    if sign_in is not None:
        ways["signIn"] = sign_in
    told = {"name": NAME, "version": VERSION, "summary": SUMMARY, **ways}
    page = Template((HERE / "welcome.html").read_text("utf-8")).substitute(
        name=NAME,
        version=VERSION,
        summary=SUMMARY,
        style_address=STYLE.address,
        style_integrity=STYLE.integrity,
        mode=_DEVELOPMENT if development else "",
        ways=_ways(ways),
        operations="".join(map(_row, operations)),
    )

    async def welcome(request: Request) -> Response:
        headers = {**LINKS, "Vary": "Accept"}
        if is_preferred(_HTML, accept_of(request.headers)):
            return Response(page, media_type=_HTML, headers={**headers, "Content-Security-Policy": POLICY})
        return answer(told, headers)

    app.router.routes.append(Route("/", welcome, methods=["GET"], name="welcome"))


_NAMES = {
    "documentation": "Documentation of the API, to read and to try",
    "openapi": "The same as OpenAPI, for programs",
    "api": "The API, which lists what can be asked and sent",
    "signIn": "Sign in",
}


def _ways(ways: Mapping[str, str]) -> str:
    return "".join(f'<li><a href="{address}">{_NAMES[name]}</a></li>\n' for name, address in ways.items())


def _row(one: Operation) -> str:
    address = f"<code>{one.method} {one.href}</code>"
    # Without the parameters it needs it would only tell that they are missing.
    if one.method == "GET" and not one.required:
        address = f'<a href="{one.href}">{address}</a>'
    needs = f" (needs {', '.join(one.required)})" if one.required else ""
    whom = "anybody" if one.public else "by role"
    return f"<tr><td>{address}</td><td>{escape(one.description)}{needs}</td><td>{whom}</td></tr>\n"
