"""Who consulted what of whom, when and for what: the log of processing and the audit log, for auditors."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, NotRequired
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field
from sqlalchemy import Row
from typing_extensions import TypedDict

from service.audit.records import (
    NO_END,
    ProcessingFilter,
    Result,
    Status,
    Window,
    last_line,
    select_audit_lines,
    select_processings,
)
from service.foundation.answers import InstantText, answer
from service.foundation.parameter_types import Instant, Ordinal
from service.foundation.problems import ParameterFault, parameter, refuse
from service.foundation.time import format_instant
from service.http.openapi.responses import responses_of
from service.http.routes import pages
from service.http.routes.pages import Cursor, Limit, Page
from service.http.routes.parameters import OIN, REQUIRED_UNLESS
from service.queries.times import Times, in_the_future
from service.storage.database import reading
from service.storage.service_tables import audit_log, processing_log

router = APIRouter(tags=["accounts"])

_SUBJECT_TYPE = "urn:ketenspoor:journey"
_TEXT = "^[!-~]( ?[!-~])*$"
_TRACE = "^[0-9a-f]{32}$"
_ONE_TRACE: dict[str, Any] = {"alias": "traceId", "pattern": _TRACE, "description": "The lines of one trace"}
_From = Annotated[Instant | None, Query(alias="from", description="Nothing older than this (default: the beginning)")]
_To = Annotated[Instant | None, Query(alias="to", description="Nothing later than this (default: now)")]


class ResourceAttributes(TypedDict):
    """The application that did it."""

    name: str
    version: str


class Resource(TypedDict):
    """What did it."""

    attributes: ResourceAttributes


ProcessingAttributes = TypedDict(
    "ProcessingAttributes",
    {
        "dpl.core.processing_activity_id": str,
        "dpl.core.data_subject_id": NotRequired[
            Annotated[
                UUID | None, Field(description="The id of a journey, which is a pseudonym of the person under a key")
            ]
        ],
        "dpl.core.data_subject_id_type": NotRequired[str | None],
        "dpl.core.foreign_operation.processor": NotRequired[
            Annotated[str | None, Field(description="The organisation whose application asked, as urn:nld:oin:<OIN>")]
        ],
    },
)
ProcessingAttributes.__doc__ = (
    "The attributes that Logboek Dataverwerkingen names; those of a person where the line is of one."
)
_TraceId = Annotated[str, Field(pattern=_TRACE, description="A trace of W3C Trace Context")]
_SpanId = Annotated[str, Field(pattern="^[0-9a-f]{16}$")]


class Processing(TypedDict):
    """One line of the log of processing: of one person, or the request above the lines of several."""

    traceId: _TraceId
    spanId: _SpanId
    parentSpanId: _SpanId | None
    status: Status
    name: str
    startTime: InstantText
    endTime: InstantText
    resource: Resource
    attributes: ProcessingAttributes


class Processings(TypedDict):
    """Lines of the log of processing, the oldest first."""

    knownAt: InstantText
    items: list[Processing]


class Audited(TypedDict):
    """One line of the audit log; `lastPosition` is null where a stream was handed out that had not ended."""

    id: int
    recordedAt: InstantText
    actor: str
    organisation: str | None
    action: str
    object: str
    journey: UUID | None
    firstPosition: int | None
    lastPosition: int | None
    result: Result
    origin: str
    purpose: str | None
    reason: str | None
    traceId: _TraceId
    requestId: _SpanId
    transactionId: str | None


class AuditLines(TypedDict):
    """Lines of the audit log, the oldest first."""

    knownAt: InstantText
    items: list[Audited]


def _page(request: Request, limit: Limit = 100, cursor: Cursor = None) -> Page:
    """A page of a list that no position of the log decides."""
    return pages.page(request, Times(), limit, cursor)


_AskedPage = Annotated[Page, Depends(_page)]


@router.get("/processing-log", response_model=None, responses=responses_of(Processings))
def list_processings(
    request: Request,
    page: _AskedPage,
    trace_id: Annotated[
        str | None,
        Query(**_ONE_TRACE, json_schema_extra={REQUIRED_UNLESS: ["processingActivityId", "dataSubjectId"]}),
    ] = None,
    processing_activity_id: Annotated[
        str | None,
        Query(alias="processingActivityId", pattern=_TEXT, max_length=500, description="What it was done for: a URI"),
    ] = None,
    data_subject_id: Annotated[UUID | None, Query(alias="dataSubjectId", description="About whom")] = None,
    since: _From = None,
    until: _To = None,
) -> Response:
    """The log of processing (Logboek Dataverwerkingen 1.0), by trace, by purpose or by person: one of them is needed.

    `from` and `to` are about when a processing ended.
    """
    context = request.app.state.context
    faults = _faults(request, page, since, until)
    if trace_id is None and processing_activity_id is None and data_subject_id is None:
        names = "traceId, processingActivityId or dataSubjectId"
        faults.append(parameter("traceId", "required", f"give at least one of {names}"))
    refuse(faults)
    trace = None if trace_id is None else bytes.fromhex(trace_id)
    sought = ProcessingFilter(trace, processing_activity_id, data_subject_id)
    after = None if page.after is None else _two_numbers(page.after)
    with reading(context.primary) as connection:
        window = _window(request, page, since, until, last_line(connection, processing_log))
        found, more = page.limited(list(select_processings(connection, sought, window, after, page.limit + 1)))
    headers = _links(page, window, f"{found[-1].end_time} {found[-1].id}") if more else {}
    body: Processings = {"knownAt": format_instant(window.until), "items": [_processing(row) for row in found]}
    return answer(body, headers)


@router.get("/audit-log", response_model=None, responses=responses_of(AuditLines))
def list_audited(
    request: Request,
    page: _AskedPage,
    actor: Annotated[str | None, Query(pattern=_TEXT, max_length=200, description="Who did it")] = None,
    organisation: Annotated[str | None, Query(pattern=OIN, description="The OIN for which they did")] = None,
    action: Annotated[
        str | None, Query(pattern=_TEXT, max_length=200, description="What they did, as read_journey")
    ] = None,
    asked: Annotated[
        str | None,
        Query(alias="object", pattern=_TEXT, max_length=200, description="To what, as /v1/journeys/{journey}"),
    ] = None,
    journey: Annotated[UUID | None, Query(description="The one journey that they asked for")] = None,
    result: Annotated[Result | None, Query(description="What became of it")] = None,
    trace_id: Annotated[str | None, Query(**_ONE_TRACE)] = None,
    position: Annotated[
        Ordinal | None, Query(description="An event: who was handed it out in a list or a stream, or may have been")
    ] = None,
    since: _From = None,
    until: _To = None,
) -> Response:
    """Who did what to what, with what result, from where and when; all of one client in a window is one question."""
    context = request.app.state.context
    refuse(_faults(request, page, since, until))
    equal = {
        "actor": actor,
        "organisation": organisation,
        "action": action,
        "object": asked,
        "journey": journey,
        "result": result,
        "trace_id": None if trace_id is None else bytes.fromhex(trace_id),
    }
    after = None if page.after is None else _instant_and_number(page.after)
    with reading(context.primary) as connection:
        window = _window(request, page, since, until, last_line(connection, audit_log))
        found, more = page.limited(list(select_audit_lines(connection, equal, position, window, after, page.limit + 1)))
    headers = _links(page, window, f"{found[-1].recorded_at.isoformat()} {found[-1].id}") if more else {}
    body: AuditLines = {"knownAt": format_instant(window.until), "items": [_audited(row) for row in found]}
    return answer(body, headers)


def _faults(request: Request, page: Page, since: datetime | None, until: datetime | None) -> list[ParameterFault]:
    clock = request.app.state.context.clock
    found = [*page.times.faults, *in_the_future("from", since, clock), *in_the_future("to", until, clock)]
    if since is not None and until is not None and since > until:
        found.append(parameter("from", "behind-to", "must not be after to"))
    return found


def _window(request: Request, page: Page, since: datetime | None, until: datetime | None, newest: int) -> Window:
    """All pages are of the window of the first, and of the lines there were then."""
    if page.known_at is None:
        return Window(since, until or request.app.state.context.clock(), newest)
    return Window(since, page.known_at, page.times.at_position or 0)


def _links(page: Page, window: Window, after: str) -> dict[str, str]:
    return page.links({"validOn": None, "knownAt": format_instant(window.until), "position": window.newest}, after)


def _two_numbers(after: str) -> tuple[int, int]:
    ended, _, number = after.partition(" ")
    return int(ended), int(number)


def _instant_and_number(after: str) -> tuple[datetime, int]:
    at, _, number = after.partition(" ")
    return datetime.fromisoformat(at), int(number)


def _processing(row: Row[Any]) -> Processing:
    attributes: ProcessingAttributes = {"dpl.core.processing_activity_id": row.processing_activity}
    if row.data_subject is not None:
        attributes["dpl.core.data_subject_id"] = row.data_subject
        attributes["dpl.core.data_subject_id_type"] = _SUBJECT_TYPE
    if row.foreign_processor is not None:
        attributes["dpl.core.foreign_operation.processor"] = row.foreign_processor
    return {
        "traceId": row.trace_id.hex(),
        "spanId": row.span_id.hex(),
        "parentSpanId": None if row.parent_span_id is None else row.parent_span_id.hex(),
        "status": row.status,
        "name": row.name,
        "startTime": _instant(row.start_time),
        "endTime": _instant(row.end_time),
        "resource": {"attributes": {"name": row.system, "version": row.version}},
        "attributes": attributes,
    }


def _audited(row: Row[Any]) -> Audited:
    return {
        "id": row.id,
        "recordedAt": format_instant(row.recorded_at),
        "actor": row.actor,
        "organisation": row.organisation,
        "action": row.action,
        "object": row.object,
        "journey": row.journey,
        "firstPosition": row.first_position,
        "lastPosition": None if row.last_position == NO_END else row.last_position,
        "result": row.result,
        "origin": row.origin,
        "purpose": row.purpose,
        "reason": row.reason,
        "traceId": row.trace_id.hex(),
        "requestId": row.request_id.hex(),
        "transactionId": row.transaction_id,
    }


def _instant(milliseconds: int) -> str:
    return format_instant(
        datetime.fromtimestamp(milliseconds // 1000, UTC).replace(microsecond=milliseconds % 1000 * 1000)
    )
