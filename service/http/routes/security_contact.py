"""`/.well-known/security.txt` (RFC 9116): whom to tell of a weakness, where the operator has said so."""

from __future__ import annotations

from datetime import UTC, timedelta

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from service.foundation.problems import Problem
from service.foundation.settings import Settings
from service.foundation.time import Clock, written

ADDRESS = "/.well-known/security.txt"
#: The standard wants less than a year; who reads it later asks again.
_GOOD_FOR = timedelta(days=180)


def route(settings: Settings, clock: Clock) -> Route:
    """The address."""

    async def security_txt(_: Request) -> Response:
        contact = settings.security_contact
        if contact is None:
            return Problem(404, "Not Found", "There is nothing at this address.").response()
        today = clock().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        lines = [f"Contact: {contact}", f"Expires: {written(today + _GOOD_FOR)}", "Preferred-Languages: nl, en"]
        if settings.public_url is not None:
            lines.append(f"Canonical: {settings.public_url}{ADDRESS}")
        return PlainTextResponse("\n".join([*lines, ""]))

    return Route(ADDRESS, security_txt, methods=["GET"], name="security_txt")
