"""What a request is called in the log: an id of its own, and those by which others follow it through the chain.

`traceparent` (W3C Trace Context) is taken over when it is valid, else a trace begins here. Ids are only taken in a form
that can't hold free text, because they end up in log lines.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from contextvars import ContextVar
from typing import NamedTuple

_FIRST_VERSION = re.compile(rb"00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")
# Of a later version the same part is read, whatever follows it.
_LATER_VERSION = re.compile(rb"(?!00|ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(?:-.*)?", re.DOTALL)
_NO_TRACE, _NO_SPAN = b"0" * 32, b"0" * 16
_TRANSACTION = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class Trace(NamedTuple):
    """The ids of one request; `transaction` is that of FSC, where the request came through an inway."""

    request: str
    trace: str
    transaction: str | None = None


#: The request that is being answered here, for the lines that are logged meanwhile.
current: ContextVar[Trace | None] = ContextVar("trace", default=None)


def begun(headers: Iterable[tuple[bytes, bytes]]) -> Trace:
    """The ids of a request with these headers, whose names are in small letters."""
    given: bytes | None = None
    transaction: str | None = None
    for name, value in headers:
        if name == b"traceparent":
            # Two of them are as good as none.
            given = value if given is None else b""
        elif name == b"fsc-transaction-id" and _TRANSACTION.fullmatch(value):
            transaction = value.decode()
    trace = None if given is None else _trace_id(given)
    return Trace(f"{random.getrandbits(64):016x}", trace or f"{random.getrandbits(128):032x}", transaction)


def _trace_id(traceparent: bytes) -> str | None:
    found = _FIRST_VERSION.fullmatch(traceparent) or _LATER_VERSION.fullmatch(traceparent)
    if found is None or found[1] == _NO_TRACE or found[2] == _NO_SPAN:
        return None
    return found[1].decode()
