"""What an Accept header would rather have (RFC 9110)."""

from __future__ import annotations

from functools import lru_cache

from starlette.datastructures import Headers

JSON = "application/json"


@lru_cache(maxsize=512)
def is_preferred(form: str, accept: str) -> bool:
    """Whether an Accept header names this form and would rather have it than JSON, as browsers do of HTML."""
    weights = dict(_range(choice) for choice in accept.lower().split(","))
    return weights.get(form, 0.0) > weights.get(JSON, 0.0)


def accept_of(headers: Headers) -> str:
    """What a request accepts, on however many lines it says so."""
    return ", ".join(headers.getlist("accept"))


@lru_cache(maxsize=512)
def preferred(forms: tuple[str, ...], accept: str) -> str:
    """Which of these forms an Accept header would rather have; of equals the first."""
    return max(forms, key=lambda form: _weight(form, accept))


# Few clients ask, each in its own way.
@lru_cache(maxsize=512)
def is_accepted(form: str, accept: str) -> bool:
    """Whether an Accept header takes this form."""
    return _weight(form, accept) > 0


def _weight(form: str, accept: str) -> float:
    """How much a form is wanted: of the ranges that it fits, the narrowest says so (RFC 9110)."""
    kind = form.partition("/")[0]
    weights = dict(_range(choice) for choice in accept.lower().split(",") if choice.strip())
    if not weights:
        return 1.0
    return next((weights[each] for each in (form, f"{kind}/*", "*/*") if each in weights), 0.0)


def _range(choice: str) -> tuple[str, float]:
    name, *parameters = (part.strip() for part in choice.split(";"))
    weights = [parameter[2:] for parameter in parameters if parameter.startswith("q=")]
    try:
        return name, float(weights[0]) if weights else 1.0
    except ValueError:
        return name, 0.0
