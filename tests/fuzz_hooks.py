"""What the fuzzer is told of this API: no case may wait for a position that never comes, or listen to a stream."""

from __future__ import annotations

from typing import Any

import schemathesis
from schemathesis import Case, HookContext

_REACHED = 3


@schemathesis.hook
def map_query(context: HookContext, query: dict[str, Any] | None) -> dict[str, Any] | None:
    """A `minPosition` that the log has not reached is waited for: five seconds a case, for the one same answer."""
    wanted = None if query is None else query.get("minPosition")
    if query is None or not str(wanted).isdecimal():
        return query
    return {**query, "minPosition": int(str(wanted)) % _REACHED}


@schemathesis.hook
def before_call(context: HookContext, case: Case, kwargs: dict[str, Any]) -> None:
    """A stream would go on until the case ran out of time."""
    if case.headers and "event-stream" in str(case.headers.get("Accept")):
        del case.headers["Accept"]
