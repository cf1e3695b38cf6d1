"""The OpenAPI document: of the reads from their routes, of posting from here; the same bytes wherever it is made."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from starlette.routing import Route

from domain.codec import camel
from service.access.rules import RULES
from service.access.sessions import COOKIE
from service.foundation.version import NAME, SUMMARY, VERSION
from service.http import routes
from service.http.openapi import posting
from service.http.routes.index import OPENAPI, PREFIX
from service.queries.formats import MEDIA_TYPES, TOLD

ADDRESS = OPENAPI
#: What answers as this answers as a file.
FILE = MEDIA_TYPES["csv"]

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

    app.router.routes.append(Route(ADDRESS, serve, methods=["GET"], name="openapi"))


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
    schemas |= posting.SCHEMAS
    document["components"]["headers"] = _HEADERS
    document["components"]["securitySchemes"] = _SECURITY_SCHEMES
    document["paths"][posting.ADDRESS]["post"] = posting.OPERATION
    for path in document["paths"].values():
        for operation in path.values():
            _complete(operation)
    # The rules for APIs want the major version in the address of the server.
    document["paths"] = {path.removeprefix(PREFIX): held for path, held in document["paths"].items()}
    return document


_HEADERS = {
    "ApiVersion": {
        "description": "The version of the service and of this document",
        "schema": {"type": "string", "example": VERSION},
    },
    "Mode": {
        "description": "Only in development mode: no master key, on this machine only, senders are believed",
        "schema": {"type": "string", "enum": ["development"]},
    },
    "Clock": {
        "description": "Only where recordedAt follows the senders' clocks",
        "schema": {"type": "string", "enum": ["simulated"]},
    },
    "Authenticate": {"description": "How to show who asks (RFC 6750)", "schema": {"type": "string"}},
    "RetryAfter": {"description": "In so many seconds", "schema": {"type": "integer", "minimum": 1}},
    "AcceptEncoding": {
        "description": "Where the body is compressed in another way: the way that is read",
        "schema": {"type": "string", "example": "gzip"},
    },
    "ValidOn": {
        "description": "Of a file: validOn, as answers repeat it",
        "schema": {"type": "string", "format": "date"},
    },
    "KnownAt": {
        "description": "Of a file: knownAt, as answers repeat it",
        "schema": {"type": "string", "format": "date-time"},
    },
    "KnownBy": {"description": "Of a file: only with knownBy=sender", "schema": {"type": "string", "enum": ["sender"]}},
    "Position": {"description": "Of a file: the position of the log that it rests on", "schema": {"type": "integer"}},
    "Disposition": {"description": "Of a file: under which name to save it", "schema": {"type": "string"}},
    "Link": {"description": 'The next page, as rel="next"; not there on the last one', "schema": {"type": "string"}},
}
#: What any request may be refused for before it comes to its route.
_AT_THE_DOOR = ("401", "403", "429")
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
_OF_FILES = {
    "Content-Disposition": {"$ref": "#/components/headers/Disposition"},
    **{
        header: {"$ref": f"#/components/headers/{header.removeprefix('Ketenspoor-').replace('-', '')}"}
        for header in TOLD
    },
}
_RETRY_AFTER = {"Retry-After": {"$ref": "#/components/headers/RetryAfter"}}
_ALSO: dict[str, dict[str, Any]] = {
    "401": {"WWW-Authenticate": {"$ref": "#/components/headers/Authenticate"}},
    "412": {"ETag": {"description": "The version of its stream, where it has one", "schema": {"type": "string"}}},
    "415": {"Accept-Encoding": {"$ref": "#/components/headers/AcceptEncoding"}},
    "429": _RETRY_AFTER,
    "503": _RETRY_AFTER,
}
_PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
_TITLES = {
    "400": "Bad input; all faults are listed",
    "401": "Whoever asks must show who they are, or what they showed is not accepted",
    "403": "Not for this organisation, person or token to do",
    "404": "There is none, or there was none then",
    "406": "Not in a form that is asked for",
    "408": "The body did not come in time",
    "409": "This source posted another event under this id",
    "410": "It is about a journey that was destroyed",
    "412": "Its stream has another version than If-Match names; the ETag is that of now",
    "413": "Too large",
    "415": "Not in a form that is accepted",
    "429": "Asked more often than this client may; Retry-After says when to go on",
    "500": "A fault of the service; the request was fine",
    "503": "Not now; Retry-After says when to try again",
}


def _complete(operation: dict[str, Any]) -> None:
    """What holds for every operation: no 422, refusals as problem details, the version in every answer."""
    name = operation["operationId"]
    operation["operationId"] = camel(name)
    operation["security"] = _shown(name)
    # What was posted is recorded, in whatever form its sender would like to hear of it.
    refusals = _AT_THE_DOOR if name == "post_events" else (*_AT_THE_DOOR, "406")
    operation["responses"] = {**operation["responses"], **{status: {} for status in refusals}}
    operation["responses"].pop("422", None)
    parameters = operation.get("parameters", ())
    pages = any(parameter["name"] == "cursor" for parameter in parameters)
    for parameter in parameters:
        parameter["schema"] = _present(parameter["schema"])
    for status, response in operation["responses"].items():
        headers = response.setdefault("headers", {})
        headers["API-Version"] = {"$ref": "#/components/headers/ApiVersion"}
        headers["Ketenspoor-Mode"] = {"$ref": "#/components/headers/Mode"}
        headers["Ketenspoor-Clock"] = {"$ref": "#/components/headers/Clock"}
        if status in _TITLES:
            response |= {"description": _TITLES[status], "content": _PROBLEM}
            headers |= _ALSO.get(status, {})
        else:
            headers |= _OF_FILES if FILE in response["content"] else {}
            headers |= {"Link": {"$ref": "#/components/headers/Link"}} if pages else {}


def _shown(name: str) -> list[dict[str, list[str]]]:
    """What may be shown for an operation: a token with its scope or a session; nothing, where it is for anybody."""
    rule = RULES[name]
    ways: list[dict[str, list[str]]] = [{"token": [rule.scope]}]
    # Nobody posts from a browser.
    if name != "post_events":
        ways.append({"session": []})
    return [{}, *ways] if rule.public else ways


def _present(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a parameter that is there: an address can leave one out, but holds no null; described once."""
    told = {name: value for name, value in schema.items() if name not in ("anyOf", "description")}
    for choice in schema.get("anyOf", ()):
        told |= choice if choice != {"type": "null"} else {}
    return told


def _without_titles(value: Any) -> Any:
    """Titles that only repeat a name say nothing."""
    if isinstance(value, dict):
        return {
            name: _without_titles(item) for name, item in value.items() if not (name == "title" and _is_schema(value))
        }
    return [_without_titles(item) for item in value] if isinstance(value, list) else value


def _is_schema(value: dict[str, Any]) -> bool:
    return isinstance(value.get("title"), str) and not value.keys() & {"version", "status"}
