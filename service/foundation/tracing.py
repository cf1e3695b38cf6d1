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

from service.foundation.headers import decode_value

_TRACEPARENT = b"traceparent"
_READ = frozenset({_TRACEPARENT, b"fsc-transaction-id"})
_FIRST_VERSION = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")
# Of a later version the same part is read, whatever follows it.
_LATER_VERSION = re.compile(r"(?!00|ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(?:-.*)?", re.DOTALL)
_NO_TRACE, _NO_SPAN = "0" * 32, "0" * 16
_TRANSACTION = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


class Trace(NamedTuple):
    """The ids of one request, which is a span of its trace.

    `transaction` is that of FSC, where the request came through an inway; `parent` the span of who asked, where they
    told it.
    """

    request: str
    trace: str
    transaction: str | None = None
    parent: str | None = None

    @property
    def trace_id(self) -> bytes:
        """The sixteen bytes of the trace, as tables hold it."""
        return bytes.fromhex(self.trace)

    @property
    def request_id(self) -> bytes:
        """The eight bytes of the request, which are its span in the trace."""
        return bytes.fromhex(self.request)


#: The request that is being answered here, for the lines that are logged meanwhile.
current: ContextVar[Trace | None] = ContextVar("trace", default=None)


def begun(headers: Iterable[tuple[bytes, bytes]]) -> Trace:
    """The ids of a request with these headers, whose names are in small letters."""
    given: str | None = None
    transaction: str | None = None
    for name, value in headers:
        if name not in _READ:
            continue
        text = decode_value(value) or ""
        if name == _TRACEPARENT:
            # Two of them are as good as none.
            given = text if given is None else ""
        elif _TRANSACTION.fullmatch(text):
            transaction = text
    found = None if given is None else _ids(given)
    trace, parent = found or ((transaction and _trace_of(transaction)) or f"{random.getrandbits(128):032x}", None)
    return Trace(f"{random.getrandbits(64):016x}", trace, transaction, parent)


def _trace_of(transaction: str) -> str | None:
    """The trace that a transaction is, where none is told."""
    trace = transaction.replace("-", "").lower()
    return trace if trace.strip("0") else None


def _ids(traceparent: str) -> tuple[str, str] | None:
    """The trace and the span that a header tells, where it is valid."""
    found = _FIRST_VERSION.fullmatch(traceparent) or _LATER_VERSION.fullmatch(traceparent)
    if found is None or found[1] == _NO_TRACE or found[2] == _NO_SPAN:
        return None
    return found[1], found[2]
