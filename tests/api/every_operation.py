"""Every operation of the served document as a request, and what must stand on every answer to one."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from service.foundation.version import VERSION
from service.http.openapi import specification

DOCUMENT: dict[str, Any] = json.loads(specification.text())
JOURNEY = "0f4d1c1e-7a0b-8c3e-9a44-0c7e5f1a2b3d"
PROBLEM = "application/problem+json"
ADDRESSES = {
    "/v1" + path.format(journey=JOURNEY, position=1, id=1, area="NL"): held for path, held in DOCUMENT["paths"].items()
}
OPERATIONS = [(method.upper(), url, held[method]) for url, held in ADDRESSES.items() for method in held]
#: What must stand on every answer, whatever it is of.
STANDING = {
    "api-version": VERSION,
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}

every_operation = pytest.mark.parametrize(
    ("method", "url", "operation"), OPERATIONS, ids=[f"{method} {url}" for method, url, _ in OPERATIONS]
)


def told_as_problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """A refusal as the rules want it, with everything that stands on every answer."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM), answer.text
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == status
    assert all(isinstance(problem[name], str) and problem[name] for name in ("type", "title", "detail"))
    assert {name: answer.headers.get(name) for name in STANDING} == STANDING
    assert "access-control-allow-origin" not in answer.headers
    return problem
