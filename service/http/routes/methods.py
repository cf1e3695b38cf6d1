"""The refusal of a method that an address does not know, with those it does: all of them, whichever route has them."""

from __future__ import annotations

from fastapi import FastAPI, Request, Response
from starlette.routing import Match

from service.foundation.problems import Problem

_EVERY = ("DELETE", "GET", "PATCH", "POST", "PUT")


def install(app: FastAPI) -> None:
    """Answer 405 for the address, not for the one route that was tried first."""

    @app.exception_handler(405)
    async def _not_allowed(request: Request, _: Exception) -> Response:
        known = [method for method in _EVERY if _knows(app, request, method)]
        headers = {"Allow": ", ".join(known)}
        return Problem(405, "Method Not Allowed", "This address does not know this method.", headers=headers).response()


def _knows(app: FastAPI, request: Request, method: str) -> bool:
    asked = {name: request.scope[name] for name in ("type", "path", "root_path", "headers")}
    return any(route.matches({**asked, "method": method})[0] is Match.FULL for route in app.router.routes)
