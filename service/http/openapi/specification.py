"""The OpenAPI document: of the reads from their routes, of posting from here; the same bytes wherever it is made."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from starlette.routing import Route

from domain.codec import camel_case
from service.access.rules import RULES
from service.access.sessions import COOKIE
from service.foundation.version import NAME, SUMMARY, VERSION
from service.http import routes
from service.http.openapi import posting
from service.http.openapi.questions import questions_of
from service.http.openapi.responses import HEADERS, complete_responses
from service.http.routes.index import OPENAPI, PREFIX

_INFO: dict[str, Any] = {
    "title": NAME,
    "version": VERSION,
    "summary": SUMMARY,
    "description": (
        "Every organisation of the chain posts what it knows as CloudEvents. Every read takes `validOn`, the day it "
        "must have held, and `knownAt`, the instant it must have been recorded by; the answer repeats both, with the "
        "position of the log that it rests on. Refusals are problem details (RFC 9457) that list all faults and "
        "repeat no value."
    ),
    "license_info": {"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
    "servers": [{"url": "https://ketenspoor.example/v1", "description": "To be replaced by where it is served"}],
    "tags": [
        {"name": "events", "description": "What the chain reports, and the log of it"},
        {"name": "figures", "description": "Quota, backlog and norm phases"},
        {"name": "reasons", "description": "Why a figure is so, why it changed, and how it compares with others'"},
        {"name": "journeys", "description": "Where permit holders stand, and how they came there"},
        {"name": "log", "description": "The log as evidence: what was signed, proofs, and the key to verify them with"},
        {"name": "rejections", "description": "What was refused, and why"},
        {"name": "reference", "description": "Municipalities, half-years and types of events"},
        {"name": "registry", "description": "Who is who, and who may post for whom"},
        {"name": "session", "description": "Who asks, as the service takes it"},
    ],
}
# Added at the end: FastAPI would want a library to look at the address.
_CONTACT = {
    "name": "Ketenspoor maintainers",
    "url": "https://ketenspoor.example/contact",
    "email": "contact@ketenspoor.example",
}


def install(app: FastAPI, served_at: str | None) -> None:
    """Serve the document, to any page that wants to read it; `served_at` is where the service is reached."""

    async def serve(_: Request) -> Response:
        return Response(text(served_at), media_type="application/json", headers={"Access-Control-Allow-Origin": "*"})

    app.router.routes.append(Route(OPENAPI, serve, methods=["GET"], name="openapi"))


@cache
def text(served_at: str | None = None) -> str:
    """The document as it is served, and but for where that is as it is committed; needs no database."""
    document = _document()
    if served_at is not None:
        document = {**document, "servers": [{"url": f"{served_at}/v1"}]}
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


@cache
def _document() -> dict[str, Any]:
    document: dict[str, Any] = _without_titles(
        get_openapi(openapi_version="3.1.0", routes=routes.router.routes, **_INFO)
    )
    document["info"]["contact"] = _CONTACT
    schemas = document["components"]["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    for schema in schemas.values():
        # An answer holds what its model names and nothing else.
        if "properties" in schema:
            schema["additionalProperties"] = False
    schemas |= posting.SCHEMAS
    document["components"]["headers"] = HEADERS
    document["components"]["securitySchemes"] = _SECURITY_SCHEMES
    document["paths"][posting.ADDRESS]["post"] = posting.OPERATION
    for path in document["paths"].values():
        for operation in path.values():
            _complete(operation)
    # The rules for APIs want the major version in the address of the server.
    document["paths"] = {path.removeprefix(PREFIX): held for path, held in document["paths"].items()}
    return document


_SECURITY_SCHEMES = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": (
            "Systems: an access token of an issuer that this service knows (OAuth 2.0 client credentials, NL GOV "
            "profile), with the scopes that each operation names"
        ),
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": (
            "People: the cookie of who signed in at /sign-in (OpenID Connect). What is no mere read goes with the "
            "`csrfToken` of `/session` in the header X-CSRF-Token, from a page of this service"
        ),
    },
}


def _complete(operation: dict[str, Any]) -> None:
    """What holds for every operation: who may ask, parameters as they stand in an address, and its responses."""
    name = operation["operationId"]
    operation["operationId"] = camel_case(name)
    operation["security"] = _accepted(name)
    operation.setdefault("x-questions", questions_of(name))
    for parameter in operation.get("parameters", ()):
        parameter["schema"] = _present(parameter["schema"])
    complete_responses(operation, is_read=name != "post_events")


def _accepted(name: str) -> list[dict[str, list[str]]]:
    """What is accepted for an operation: a token with its scope or a session; nothing, where it is for anybody."""
    rule = RULES[name]
    ways: list[dict[str, list[str]]] = [{"token": [scope]} for scope in (rule.scope, rule.or_scope) if scope]
    # Nobody posts from a browser.
    if name != "post_events":
        ways.append({"session": []})
    return [{}, *ways] if rule.public else ways


def _present(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a parameter that is there: an address can leave one out, but holds no null; described once."""
    present = {name: value for name, value in schema.items() if name not in ("anyOf", "description")}
    for choice in schema.get("anyOf", ()):
        present |= choice if choice != {"type": "null"} else {}
    return present


def _without_titles(value: Any) -> Any:
    """Titles that only repeat a name say nothing."""
    if isinstance(value, dict):
        return {
            name: _without_titles(item) for name, item in value.items() if not (name == "title" and _is_schema(value))
        }
    return [_without_titles(item) for item in value] if isinstance(value, list) else value


def _is_schema(value: dict[str, Any]) -> bool:
    return isinstance(value.get("title"), str) and not value.keys() & {"version", "status"}
