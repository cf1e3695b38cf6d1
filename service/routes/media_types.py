"""In which form an answer is wanted and a body is sent: refused with 406 and 415 where the route has no such form."""

from __future__ import annotations

from functools import lru_cache

from fastapi import Request
from fastapi.routing import APIRoute

from service.problems import Problem

_JSON = "application/json"


async def agreed_forms(request: Request) -> None:
    """Refuse an Accept that can't be met, and a body where none is read."""
    route: APIRoute = request.scope["route"]
    accept = ", ".join(request.headers.getlist("accept"))
    if accept and not any(_is_accepted(form, accept) for form in forms_of(route)):
        forms = ", ".join(forms_of(route))
        raise Problem(406, "Not acceptable", f"This address answers as {forms}; its refusals are problem details.")
    if request.method == "POST" and not _reads_a_body(route) and _brings_a_body(request):
        raise Problem(415, "Unsupported media type", "This request takes no body.")


def forms_of(route: APIRoute) -> tuple[str, ...]:
    """The media types in which a route answers, the usual one first."""
    described = route.responses.get(200, {}).get("content", {})
    usual = getattr(route.response_class, "media_type", None) or _JSON
    return (usual, *(form for form in described if form != usual))


def _reads_a_body(route: APIRoute) -> bool:
    return "requestBody" in (route.openapi_extra or {})


def _brings_a_body(request: Request) -> bool:
    return request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers


@lru_cache(maxsize=512)
def is_preferred(form: str, accept: str) -> bool:
    """Whether an Accept header names this form and would rather have it than JSON, as browsers do of HTML."""
    weights = dict(_range(choice) for choice in accept.lower().split(","))
    return weights.get(form, 0.0) > weights.get(_JSON, 0.0)


# Few clients ask, each in its own way.
@lru_cache(maxsize=512)
def _is_accepted(form: str, accept: str) -> bool:
    """Whether an Accept header takes this form: of the ranges that it fits, the narrowest says so (RFC 9110)."""
    kind = form.partition("/")[0]
    weights = dict(_range(choice) for choice in accept.lower().split(",") if choice.strip())
    if not weights:
        return True
    return next((weights[each] > 0 for each in (form, f"{kind}/*", "*/*") if each in weights), False)


def _range(choice: str) -> tuple[str, float]:
    name, *parameters = (part.strip() for part in choice.split(";"))
    weights = [parameter[2:] for parameter in parameters if parameter.startswith("q=")]
    try:
        return name, float(weights[0]) if weights else 1.0
    except ValueError:
        return name, 0.0
