"""Files that pages load: one style sheet, scripts, each under an address that holds the digest of its content."""

from __future__ import annotations

import base64
import gzip
import hashlib
from functools import cache
from pathlib import Path
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from service.foundation.problems import busy, nothing_there
from service.http.pages import palette
from service.http.pages.charts import script
from service.http.pages.charts.drawing import ChartDrawer

#: Where they are served.
FOLDER = "/pages"
#: Where the script is that draws charts in a browser; `static/lively.js` loads it when it is first needed.
CHART_SCRIPT = f"{FOLDER}/{script.NAME}".lstrip("/")
_STATIC = Path(__file__).parent / "static"
#: A file of other content has another address.
_FOR_EVER = "public, max-age=31536000, immutable"
_TYPES = {".css": "text/css", ".js": "text/javascript"}


class StaticFile(NamedTuple):
    """A file: where it is served, its content, and how a page names and verifies it."""

    folder: str
    name: str
    content: bytes
    integrity: str

    @property
    def address(self) -> str:
        """Its path, without a slash before it: relative to a page beside the folder."""
        return f"{self.folder}/{self.name}".lstrip("/")

    def answer(self) -> Response:
        """The file, to be kept for ever."""
        media_type = _TYPES["." + self.name.rpartition(".")[2]]
        return Response(self.content, media_type=media_type, headers={"Cache-Control": _FOR_EVER})


def static_file(folder: str, name: str, content: bytes) -> StaticFile:
    """A file that a folder serves under a name with the digest of its content."""
    stem, _, suffix = name.rpartition(".")
    digest = hashlib.sha256(content).hexdigest()[:16]
    integrity = base64.b64encode(hashlib.sha384(content).digest()).decode()
    return StaticFile(folder, f"{stem}.{digest}.{suffix}", content, f"sha384-{integrity}")


@cache
def static_files() -> dict[str, StaticFile]:
    """Every file by its plain name: the style sheet is the sheets of all pages in their order."""
    sheets = palette.style_sheet().encode()
    sheets += b"\n".join(path.read_bytes() for path in sorted((_STATIC / "css").glob("*.css")))
    scripts = {path.name: path.read_bytes() for path in sorted(_STATIC.glob("*.js"))}
    return {name: static_file(FOLDER, name, content) for name, content in {"style.css": sheets, **scripts}.items()}


def file_route() -> Route:
    """Where the files are served."""
    files = {file.name: file for file in static_files().values()}

    async def page_file(request: Request) -> Response:
        if request.path_params["name"] == script.NAME:
            return await _script(request)
        file = files.get(request.path_params["name"])
        if file is None:
            raise nothing_there()
        return file.answer()

    return Route(f"{FOLDER}/{{name}}", page_file, methods=["GET"], name="page_file")


async def _script(request: Request) -> Response:
    """What draws charts in a browser: made when it is first asked for, and packed already."""
    charts: ChartDrawer = request.app.state.charts
    packed = await charts.script()
    if packed is None:
        raise busy()
    headers = {"Cache-Control": _FOR_EVER, "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(packed, media_type=_TYPES[".js"], headers={**headers, "Content-Encoding": "gzip"})
    return Response(gzip.decompress(packed), media_type=_TYPES[".js"], headers=headers)
