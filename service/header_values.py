"""Values of headers, freed of what they were wrapped in on the way: white space, quotes and percent-encoding."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote

_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


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
