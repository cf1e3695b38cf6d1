"""Values of headers, freed of what they were wrapped in on the way: white space, quotes and percent-encoding."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote

_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
#: How senders call UTF-8: the second name is registered for nothing else, and often meant.
_UTF_8 = frozenset({"utf-8", "utf8"})


class MediaType(NamedTuple):
    """A media type in small letters; `utf_8`: no charset is named but this one, which is that of text here."""

    name: str
    utf_8: bool


def stripped(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Headers without the white space around their values, which is no part of them (RFC 9110, 5.5)."""
    return [(name, value.strip(b" \t")) for name, value in headers]


def plain(value: bytes) -> str | None:
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
def media_type(value: bytes) -> MediaType:
    """What a Content-Type says, which is empty where there is none."""
    name, *parameters = [part.strip().lower() for part in (plain(value) or "").split(";")]
    named = [part.partition("=") for part in parameters]
    charsets = {said.strip().strip('"') for parameter, _, said in named if parameter.rstrip() == "charset"}
    return MediaType(name, charsets <= _UTF_8)
