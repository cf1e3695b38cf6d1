"""What a route says for the record: whom its answer tells about, which events it hands out, who it turned out to be.

All of it is written before the first byte of the answer is sent (`service.http.middleware.auditing`).
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from fastapi import Request
from sqlalchemy import Connection
from starlette.types import Scope

from service.audit.records import NO_ACTIVITY, NO_END, SYSTEM, Audited, Lines, Processing, Result, milliseconds, write
from service.foundation.tracing import Trace, begun
from service.foundation.version import VERSION

_KEY = "ketenspoor.record"
#: Who runs a command that asks for no token: who may, on the machine of the service, whose own log tells who that was.
OPERATOR = "operator"


@dataclass(slots=True)
class Consultation:
    """What is to be written down of one request."""

    began: datetime
    write_more: Callable[[tuple[UUID, ...]], Awaitable[bool]]
    #: What was done, in words, and about whom.
    consulted: list[tuple[str, tuple[UUID, ...]]] = field(default_factory=list)
    first_position: int | None = None
    last_position: int | None = None
    #: Whether it goes on handing out events.
    is_streaming: bool = False
    #: Whether the persons it tells of have actions below its own.
    has_nested_actions: bool = False
    journey: UUID | None = None
    actor: str | None = None
    organisation: str | None = None
    action: str | None = None
    object: str | None = None
    reason: str | None = None


def open_record(
    scope: Scope, began: datetime, write_more: Callable[[tuple[UUID, ...]], Awaitable[bool]]
) -> Consultation:
    """The record of a request that begins; `write_more` writes of whom its answer goes on to tell."""
    record = scope[_KEY] = Consultation(began, write_more)
    return record


def record_of(scope: Scope) -> Consultation:
    """The record of a request."""
    found: Consultation = scope[_KEY]
    return found


def log_consulted(request: Request, journeys: Iterable[UUID], name: str) -> None:
    """The answer tells something about these journeys; `name` says to people what was done, as "read a timeline".

    To be called right before answering. A record for each is written before the answer is sent, all in one statement;
    where that fails, 503 is sent instead.
    """
    record = record_of(request.scope)
    every = tuple(dict.fromkeys(journeys))
    if every:
        record.consulted.append((name, every))
    if len(every) == 1 and "journey" in request.path_params:
        record.journey = every[0]


def log_handed_out(scope: Scope, first: int, last: int | None) -> None:
    """The answer holds events from the one position to the other.

    None for a stream: it may hand out whatever is recorded from there on, and says itself how far it came
    (`log_streamed`). When it ends there is a second line, of what it did hand out.
    """
    record = record_of(scope)
    record.first_position = first
    record.last_position, record.is_streaming = (NO_END, True) if last is None else (last, False)


async def log_streamed(scope: Scope, position: int, journeys: Collection[UUID]) -> bool:
    """A stream is about to hand out events up to this position, which tell about these journeys.

    False when that could not be written down: then nothing may be told. Of who gets all events the positions are
    enough; for `journeys` there is a line each.
    """
    record = record_of(scope)
    if record.is_streaming:
        record.last_position = position
    return not journeys or await record.write_more(tuple(journeys))


def log_identity(
    scope: Scope,
    actor: str,
    organisation: str | None = None,
    *,
    action: str | None = None,
    object: str | None = None,  # noqa: A002 - what the audit log calls it
    reason: str | None = None,
) -> None:
    """Who a request turned out to be from, where authentication could not know: somebody who just signed in, or out."""
    record = record_of(scope)
    record.actor, record.organisation = actor, organisation
    record.action, record.object, record.reason = action, object, reason


def log_command(
    connection: Connection,
    at: datetime,
    actor: str,
    action: str,
    object: str,  # noqa: A002 - what the audit log calls it
    *,
    result: Result = "succeeded",
    origin: str = "command line",
    organisation: str | None = None,
    purpose: str | None = None,
    reason: str | None = None,
    journey: UUID | None = None,
    positions: tuple[int, int] | tuple[None, None] = (None, None),
    consulted: tuple[str, Iterable[UUID]] = ("", ()),
    of: Trace | None = None,
) -> None:
    """Write a line of the audit log in the transaction of what was done, which was no request over HTTP.

    `positions` are those of the first and the last event that were handed out; `consulted` is what was done, in words,
    and about whom: a line of the log of processing for each. `of` is the trace it belongs to, where there is one.
    """
    ids = of or begun(())
    first, last = positions
    line = Audited(
        *(at, actor, organisation, action, object, journey, first, last, result, origin, purpose, reason),
        *(ids.trace_id, ids.request_id, ids.transaction),
    )
    name, journeys = consulted
    when = milliseconds(at)
    above = Processing(
        *(ids.trace_id, ids.request_id, None, ids.request_id, "Ok", name, when, when),
        *(SYSTEM, VERSION, purpose or NO_ACTIVITY, None, None),
    )
    persons = [
        above._replace(span_id=random.getrandbits(64).to_bytes(8), parent_span_id=above.span_id, data_subject=subject)
        for subject in dict.fromkeys(journeys)
    ]
    write(connection, [Lines([line], [above, *persons] if persons else [])])
