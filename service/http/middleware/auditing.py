"""Behind authentication, around all that is asked: no answer before it stands in both logs who asked what of whom.

Posted events do not pass here: an event's row, with its trace, is the record of that.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from functools import partial
from uuid import UUID

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.access import rules
from service.access.caller import ANYONE, Caller, caller_of, origin_of
from service.audit.access_log import Consultation, open_record, record_of
from service.audit.records import NO_ACTIVITY, NO_END, SYSTEM, Audited, Lines, Processing, Result, Status, milliseconds
from service.audit.writer import AuditWriter, NotRecorded
from service.foundation import problems, tracing
from service.foundation.time import Clock
from service.foundation.version import VERSION
from service.http.middleware.outermost import UNMATCHED, Templates
from service.operations.probes import QUIET
from service.storage.outages import unavailable

_HANDED_OUT = "handed out events of the log"

#: What is served beside the API and says nothing about anybody.
_BESIDE = frozenset({*QUIET, "/", "/docs", "/docs/{name}", "/.well-known/security.txt", "/v1/openapi.json"})
_RESULTS: Mapping[int, Result] = {401: "refused", 403: "refused", 404: "not-found", 410: "gone", 429: "refused"}


class AuditMiddleware:
    """Around the application, behind authentication."""

    def __init__(
        self, app: ASGIApp, audit_writer: AuditWriter, clock: Clock, templates: Templates, pages: frozenset[str]
    ) -> None:
        """`pages`: the templates of pages, which say nothing but what they ask of the API, each with its own line."""
        self._app = app
        self._pages = pages
        self._writer = audit_writer
        self._clock = clock
        self._templates = templates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        record = open_record(scope, self._clock(), partial(self._record_more, scope))
        started = failed = False

        async def recorded(message: Message) -> None:
            nonlocal started, failed
            if message["type"] == "http.response.start":
                try:
                    await self._record(scope, record, message["status"])
                except NotRecorded:
                    failed = True
                    raise
                started = True
            await send(message)

        try:
            await self._app(scope, receive, recorded)
        except Exception as fault:
            if failed:
                # Whatever the way out made of it.
                await problems.busy().response()(scope, receive, send)
                return
            # While the database is away nothing can be written either.
            if not started and not unavailable(fault):
                await self._try_to_record(scope, record, 500)
            raise
        finally:
            if started and record.is_streaming:
                if record.last_position == NO_END:
                    record.last_position = None
                await self._try_to_record(scope, record, 200)

    async def _try_to_record(self, scope: Scope, record: Consultation, status: int) -> None:
        """For an answer that is given whether it is recorded or not: that it could not be is in the log already."""
        try:
            await self._record(scope, record, status)
        except NotRecorded:
            return

    async def _record(self, scope: Scope, record: Consultation, status: int) -> None:
        caller = caller_of(scope)
        if not record.consulted and not self._to_be_audited(scope, record, caller):
            return
        template, operation = self._operation(scope)
        ids = tracing.current.get() or tracing.begun(())
        now = self._clock()
        line = Audited(
            recorded_at=now,
            actor=_plain(record.actor or caller.actor),
            organisation=record.organisation or (None if caller.organisation is None else caller.organisation.oin),
            action=record.action or operation,
            object=record.object or template,
            journey=record.journey,
            first_position=record.first_position,
            last_position=record.last_position,
            result=result_of(status),
            origin=origin_of(scope),
            purpose=caller.purpose,
            reason=record.reason,
            trace_id=ids.trace_id,
            request_id=ids.request_id,
            transaction_id=ids.transaction,
        )
        processed = processings(record, caller, ids, status_of(status), milliseconds(now))
        await self._writer.record(Lines([line], processed))

    async def _record_more(self, scope: Scope, journeys: tuple[UUID, ...]) -> bool:
        """Record whom an answer that has begun is about; whether that could be written."""
        record, ids = record_of(scope), tracing.current.get() or tracing.begun(())
        above = record.has_nested_actions
        record.has_nested_actions = True
        record.consulted = [(_HANDED_OUT, journeys)]
        processed = processings(record, caller_of(scope), ids, "Ok", milliseconds(self._clock()))
        record.consulted = []
        try:
            await self._writer.record(Lines((), processed[1:] if above else processed))
        except NotRecorded:
            return False
        return True

    def _to_be_audited(self, scope: Scope, record: Consultation, caller: Caller) -> bool:
        """Whether it has a line although it is about nobody: all that is no public figure, and that somebody asked.

        Who shows nothing gets what is public or is refused. A line for that could be had without end by anybody; it is
        counted and logged by the outermost middleware.
        """
        if record.actor is not None:
            return True
        template, operation = self._operation(scope)
        beside = template in _BESIDE or template in self._pages
        return caller != ANYONE and not beside and not public(operation, scope, caller)

    def _operation(self, scope: Scope) -> tuple[str, str]:
        """The template of an address, and what is done there."""
        endpoint = scope.get("endpoint")
        if endpoint is None:
            return UNMATCHED, UNMATCHED
        template = self._templates.get(endpoint, UNMATCHED)
        return template, getattr(endpoint, "__name__", template)


def public(operation: str, scope: Scope, caller: Caller) -> bool:
    """Whether somebody was let in no further than anybody is."""
    rule = rules.RULES.get(operation)
    if rule is None or not rule.public:
        return False
    return caller.open or rule.extents["public"] == rules.let_in_as(scope)


def processings(
    record: Consultation, caller: Caller, ids: tracing.Trace, status: Status, ended: int
) -> list[Processing]:
    """The lines of the log of processing, one for each person.

    Where it is one, the request is their action. Where there are more, or more may come, each is an action below that
    of the request, which has a line of nobody.
    """
    every = [(name, journey) for name, journeys in record.consulted for journey in journeys]
    if not every:
        return []
    # Only what has the trace of another application was asked by one.
    processor = None
    if ids.parent is not None and caller.organisation is not None:
        processor = f"urn:nld:oin:{caller.organisation.oin}"
    trace_id, span = ids.trace_id, ids.request_id
    times = (milliseconds(record.began), ended)
    where = (SYSTEM, VERSION, caller.purpose or NO_ACTIVITY)
    parent = None if ids.parent is None else bytes.fromhex(ids.parent)
    alone = len(every) == 1 and not record.has_nested_actions
    of_the_request = every[0][1] if alone else None
    first = Processing(trace_id, span, parent, span, status, every[0][0], *times, *where, of_the_request, processor)
    if alone:
        return [first]
    spans = [random.getrandbits(64).to_bytes(8) for _ in every]
    return [
        first,
        *(
            Processing(trace_id, own, span, span, status, name, *times, *where, journey, None)
            for own, (name, journey) in zip(spans, every, strict=True)
        ),
    ]


def result_of(status: int) -> Result:
    """What became of a request, from the status of its answer."""
    if status < 400:
        return "succeeded"
    return _RESULTS.get(status, "failed" if status >= 500 else "invalid")


def status_of(status: int) -> Status:
    """The same as the log of processing has it."""
    return "Ok" if status < 400 else "Error" if status >= 500 else "Unset"


def _plain(text: str) -> str:
    """What both engines take."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()
