"""Draw charts in a process of its own: `python -m service.http.pages.charts.worker`.

It is the only module that knows the drawing library, which holds a JavaScript engine: what that takes of memory, and
what could go wrong in it, is not the server's. It reads a line of JSON an order from standard input and writes a line
of JSON an answer to standard output, and ends when the input does, as it does with its server.

It reaches nothing: a specification that names an address is refused, and the library may fetch from none.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from typing import Any, BinaryIO

import vl_convert

from service.http.pages.charts.inline import fit
from service.http.pages.charts.script import SNIPPET

MOST_MEMORY = 300 << 20
"""Bytes of memory in use after which it ends, and is started anew for the next chart."""

_STATM = Path("/proc/self/statm")
_FETCHES = ("url", "href", "loader")


def run(orders: BinaryIO, answers: BinaryIO, most_memory: int = MOST_MEMORY) -> None:
    """Answer each order until there are no more, or until more than `most_memory` bytes are in use.

    An order is `{"wide": specification, "narrow": specification, "name", "title", "sentence"}`, answered by
    `{"wide": svg, "narrow": svg}`, or `{"script": true}`, answered by `{"script": text}`. What can't be drawn is
    answered by `{"error": kind}`.
    """
    for line in orders:
        try:
            answer = _answer(json.loads(line))
        except (ValueError, KeyError, TypeError, AttributeError) as fault:
            answer = {"error": type(fault).__name__}
        answers.write(json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
        answers.flush()
        if _memory() > most_memory:
            return


def _answer(order: dict[str, Any]) -> dict[str, str]:
    if order.get("script"):
        return {"script": vl_convert.javascript_bundle(SNIPPET)}
    return {size: _draw(order[size], order, size) for size in ("wide", "narrow")}


def _draw(specification: dict[str, Any], order: dict[str, Any], size: str) -> str:
    _refuse_addresses(specification)
    svg = vl_convert.vegalite_to_svg(specification, allowed_base_urls=[])
    return fit(svg, f"{order['name']}-{size}", order["title"], order["sentence"])


def _refuse_addresses(part: Any) -> None:
    """Raise `ValueError` where a specification would have something fetched; its rows of data are only data."""
    if isinstance(part, list):
        for inner in part:
            _refuse_addresses(inner)
    elif isinstance(part, dict):
        for key, inner in part.items():
            if key in _FETCHES:
                raise ValueError(key)
            if key != "values":
                _refuse_addresses(inner)


def _memory() -> int:
    """Return the memory that this process has in use, in bytes; where it can't be told, the most it has had."""
    try:
        return int(_STATM.read_text("ascii").split()[1]) * resource.getpagesize()
    except OSError:
        # Not on Linux, where it begins at what the server had when it started this.
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    run(sys.stdin.buffer, sys.stdout.buffer)
