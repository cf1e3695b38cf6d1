"""Serving the page: under a policy that lets it load its own files and nothing else, each file by its content."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from string import Template
from typing import NamedTuple

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from service.foundation.problems import nothing_there

ADDRESS = "/docs"
HERE = Path(__file__).parent
_SWAGGER = HERE / "swagger_ui"
#: No inline script or style, no other host, no frame around it, no form. Images within the style sheet are `data:`.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
#: A file of other content has another address.
_FOR_EVER = "public, max-age=31536000, immutable"
_TYPES = {".css": "text/css", ".js": "text/javascript"}


class _Served(NamedTuple):
    """A file of the page: where it stands, and how the page names and verifies it."""

    path: Path
    name: str
    integrity: str

    @property
    def address(self) -> str:
        return f"{ADDRESS}/{self.name}"


def install(app: FastAPI, sign_in: str | None) -> None:
    """Serve the page and its files; `sign_in` is where the page sends who signs in."""
    style = _served(_SWAGGER / "swagger-ui.css")
    swagger, start = _served(_SWAGGER / "swagger-ui-bundle.js"), _served(HERE / "start.js")
    files = {file.name: file for file in (style, STYLE, swagger, start)}
    named = {"style": style, "own_style": STYLE, "swagger": swagger, "start": start}
    page = Template((HERE / "page.html").read_text("utf-8")).substitute(
        {f"{name}_address": file.address for name, file in named.items()}
        | {f"{name}_integrity": file.integrity for name, file in named.items()},
        sign_in="" if sign_in is None else f"{sign_in}?returnTo={ADDRESS}",
    )

    async def read_page(_: Request) -> Response:
        return Response(page, media_type="text/html", headers={"Content-Security-Policy": POLICY})

    async def read_file(request: Request) -> Response:
        file = files.get(request.path_params["name"])
        if file is None:
            raise nothing_there()
        return FileResponse(file.path, media_type=_TYPES[file.path.suffix], headers={"Cache-Control": _FOR_EVER})

    app.router.routes.append(Route(ADDRESS, read_page, methods=["GET"], name="documentation"))
    app.router.routes.append(Route(f"{ADDRESS}/{{name}}", read_file, methods=["GET"], name="documentation_file"))


@cache
def _served(path: Path) -> _Served:
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()[:16]
    integrity = base64.b64encode(hashlib.sha384(content).digest()).decode()
    return _Served(path, f"{path.stem}.{digest}{path.suffix}", f"sha384-{integrity}")


#: The style sheet of every page.
STYLE = _served(HERE / "page.css")
