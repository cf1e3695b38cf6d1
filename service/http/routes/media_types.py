"""In which form an answer is wanted and a body is sent: refused with 406 and 415 where the route has no such form."""

from __future__ import annotations

from fastapi import Request
from fastapi.routing import APIRoute

from service.foundation.media_ranges import JSON, accept_of, is_accepted
from service.foundation.problems import Problem

#: The parameter by which a form is named; a route that has none refuses it as unknown.
FORMAT = "format"


async def agreed_forms(request: Request) -> None:
    """Refuse an Accept that can't be met, and a body where none is read."""
    route: APIRoute = request.scope["route"]
    accept = accept_of(request.headers)
    # A form that is named in the address is given, whatever a browser would rather have.
    named = FORMAT in request.query_params
    if accept and not named and not any(is_accepted(form, accept) for form in forms_of(route)):
        forms = ", ".join(forms_of(route))
        raise Problem(406, "Not acceptable", f"This address answers as {forms}; its refusals are problem details.")
    if request.method == "POST" and not _reads_a_body(route) and _brings_a_body(request):
        raise Problem(415, "Unsupported media type", "This request takes no body.")


def forms_of(route: APIRoute) -> tuple[str, ...]:
    """The media types in which a route answers, the usual one first."""
    described = route.responses.get(200, {}).get("content", {})
    usual = getattr(route.response_class, "media_type", None) or JSON
    return (usual, *(form for form in described if form != usual))


def _reads_a_body(route: APIRoute) -> bool:
    return "requestBody" in (route.openapi_extra or {})


def _brings_a_body(request: Request) -> bool:
    return request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers
