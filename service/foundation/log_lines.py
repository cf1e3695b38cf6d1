"""Log lines: one line of JSON an event on standard error, for every logger of the process; readable on a terminal.

No line holds a message of an exception, an address, a query or a body: any of them may hold what somebody posted. What
is logged with an exception tells its kind and its places (`service.foundation.errors`).
"""

from __future__ import annotations

import logging
import re
import sys
import threading
import warnings
from collections.abc import Callable, MutableMapping
from contextlib import suppress
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, TextIO

import msgspec
import structlog
from structlog.stdlib import ExtraAdder, ProcessorFormatter, add_log_level, add_logger_name
from structlog.typing import Processor

from service.foundation import tracing
from service.foundation.errors import describe_error, log_error

_ACCESS = "ketenspoor.access"
_REQUEST = "request"
_OBJECT = re.compile(r"[(<'\"]")
_JSON = msgspec.json.Encoder()

_log = logging.getLogger("ketenspoor")

#: Writes the line of a request that was answered: its ids, its method, its route by template, status, milliseconds.
Tell = Callable[[tracing.Trace, str, str, int, float], None]


class Request(msgspec.Struct, rename="camel"):
    """The line of a request: which route by its template, never its path or query."""

    timestamp: datetime
    level: str
    event: str
    logger: str
    request_id: str
    trace_id: str
    method: str
    route: str
    status: int
    milliseconds: float
    transaction_id: str | msgspec.UnsetType = msgspec.UNSET


def configure(level: str) -> None:
    """Let all loggers of this process write such lines, from this level on."""
    person = sys.stderr.isatty()
    form = _readable() if person else _json()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(ProcessorFormatter(processors=form, foreign_pre_chain=_before()))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # These tell of every migration that is already there, and of addresses with their queries.
    for chatty in ("alembic", "httpx", "httpcore"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    # What has no logger: an exception that nobody caught, and what a library warns of.
    sys.excepthook = _uncaught
    threading.excepthook = lambda ended: _log_uncaught(ended.exc_value)
    sys.unraisablehook = lambda ended: _log_uncaught(ended.exc_value)
    warnings.showwarning = _warned


def silent(_trace: tracing.Trace, _method: str, _route: str, _status: int, _milliseconds: float) -> None:
    """Tell nothing."""


def access() -> Tell:
    """How requests are told, as `configure` has set it; past the standard library's logging, which costs four times as
    much as all of this, on the way of every request."""
    if not logging.getLogger(_ACCESS).isEnabledFor(logging.INFO):
        return silent
    if sys.stderr.isatty():
        return _tell_person
    write = structlog.BytesLogger(sys.stderr.buffer).info

    def tell(ids: tracing.Trace, method: str, route: str, status: int, milliseconds: float) -> None:
        transaction = ids.transaction or msgspec.UNSET
        now = datetime.now(UTC)
        line = Request(
            now, "info", _REQUEST, _ACCESS, ids.request, ids.trace, method, route, status, milliseconds, transaction
        )
        # A log that can't be written to is no reason not to answer.
        with suppress(OSError):
            write(_JSON.encode(line))

    return tell


def _tell_person(ids: tracing.Trace, method: str, route: str, status: int, milliseconds: float) -> None:
    fields = {"method": method, "route": route, "status": status, "milliseconds": milliseconds, "traceId": ids.trace}
    logging.getLogger(_ACCESS).info(_REQUEST, extra=fields)


def _before() -> list[Processor]:
    return [ExtraAdder(), _first_line, _fault, add_log_level, add_logger_name, _ids, _stamp]


def _json() -> list[Processor]:
    return [ProcessorFormatter.remove_processors_meta, _in_order, _encoded]


def _readable() -> list[Processor]:
    return [ProcessorFormatter.remove_processors_meta, structlog.dev.ConsoleRenderer()]


def _first_line(_log: Any, _name: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    # What follows on more lines is a representation of objects, values and all; the loop begins with one on the first.
    event = str(line["event"]).partition("\n")[0]
    line["event"] = _OBJECT.split(event)[0].rstrip() if line["_record"].name == "asyncio" else event
    line.pop("color_message", None)
    return line


def _fault(_log: Any, _name: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    line.pop("exc_info", None)
    line.pop("stack_info", None)
    raised = line["_record"].exc_info
    if raised and raised[1] is not None:
        line["fault"] = describe_error(raised[1])
    return line


def _ids(_log: Any, _name: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The request on whose behalf the line is written."""
    of = tracing.current.get()
    if of is not None:
        line["requestId"], line["traceId"] = of.request, of.trace
    return line


def _stamp(_log: Any, _name: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    stamp = datetime.fromtimestamp(line["_record"].created, UTC)
    line["timestamp"] = stamp.isoformat(timespec="microseconds").replace("+00:00", "Z")
    return line


def _in_order(_log: Any, _name: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    first = {name: line.pop(name) for name in ("timestamp", "level", "event", "logger")}
    return {**first, **line}


def _encoded(_log: Any, _name: str, line: MutableMapping[str, Any]) -> str:
    return msgspec.json.encode(line, enc_hook=lambda value: type(value).__name__).decode()


def _uncaught(_kind: type[BaseException], fault: BaseException, _place: TracebackType | None) -> None:
    _log_uncaught(fault)


def _log_uncaught(fault: BaseException | None) -> None:
    if fault is not None and not isinstance(fault, KeyboardInterrupt):
        log_error(_log, "nobody caught a fault", fault)


def _warned(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    _log.warning("a library warns", extra={"kind": category.__name__, "at": f"{filename}:{lineno}"})
