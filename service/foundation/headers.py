"""Values of HTTP headers: what is quoted or percent-encoded in them, media types, and what an Accept prefers."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote

from starlette.datastructures import Headers

_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
#: How senders call UTF-8: the second name is registered for nothing else, and often meant.
_UTF_8 = frozenset({"utf-8", "utf8"})


class MediaType(NamedTuple):
    """A media type in small letters; `utf_8`: no charset is named but this one, which is that of text here."""

    name: str
    utf_8: bool


def decode_value(value: bytes) -> str | None:
    """What a value says that may be quoted, and percent-encoded within (CloudEvents HTTP binding, 3.1.3.2).

    None where it can't be read: beyond ASCII it has to be percent-encoded, as UTF-8.
    """
    try:
        text = value.decode("ascii")
        if text.startswith('"') and (quoted := _QUOTED.fullmatch(text)):
            text = _ESCAPED.sub(r"\1", quoted[1])
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        return None


# Few systems post, each in its own way.
@lru_cache(maxsize=64)
def parse_media_type(value: bytes) -> MediaType:
    """What a Content-Type says, which is empty where there is none."""
    name, *parameters = [part.strip().lower() for part in (decode_value(value) or "").split(";")]
    named = [part.partition("=") for part in parameters]
    charsets = {said.strip().strip('"') for parameter, _, said in named if parameter.rstrip() == "charset"}
    return MediaType(name, charsets <= _UTF_8)


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
def preferred_form(forms: tuple[str, ...], accept: str) -> str:
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
