"""The log as it was recorded, in pages or as a stream, and the events of one journey."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from operator import attrgetter
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response

from domain.facts import FACTS
from domain.field_types import InvalidValue, parse_period
from domain.identifiers import is_municipality_code
from projections import streams
from projections.places import PlacesHistory
from service.audit import access_log
from service.foundation.answers import answer
from service.foundation.headers import decode_value
from service.foundation.parameter_types import LAST, Ordinal, Position
from service.foundation.problems import ParameterFault, Problem, parameter, refuse
from service.foundation.version import TYPE_PREFIX
from service.http.openapi.responses import responses_of
from service.http.routes.journeys import refuse_hidden
from service.http.routes.pages import AskedPage, answer_page, column
from service.http.routes.parameters import HALF_YEAR, MUNICIPALITY
from service.http.routes.requests import FORMAT
from service.log.mapper import read_histories
from service.log.person_links import read_persons
from service.log.recorder import EventRecorder
from service.queries.events import Event, Selection, describe_events, is_listed, read_selected
from service.queries.feed import AT_PRESENT, Feed, asks_for_stream
from service.queries.formats import LIST_FORMS, AskedListForm
from service.queries.question import LogQuestion, open_log_question
from service.queries.times import AskedTimes, AsOf
from service.queries.visibility import own_scope

router = APIRouter(tags=["events"])

_POSITION = re.compile(r"[0-9]{1,16}", re.ASCII)
#: Parameters of a list at one moment, which a stream does not have.
_OF_A_LIST = ("validOn", "knownAt", "knownBy", "atPosition", "minPosition", "limit", "cursor")
#: Of a list of events as a file.
COLUMNS = (
    column("position", "Position", "Positie", "whole"),
    column("recordedAt", "Recorded at", "Geregistreerd op"),
    column("recordedBy", "Recorded by", "Geregistreerd door"),
    column("postedBy", "Posted by", "Ingezonden door"),
    column("source", "Source", "Bron"),
    column("id", "Id", "Id"),
    column("type", "Type", "Type"),
    column("time", "Time", "Tijdstip"),
    column("subject", "Journey", "Traject"),
    column("stream.kind", "About", "Betreft"),
    column("stream.period", "Half-year", "Halfjaar"),
    column("version", "Version", "Versie", "whole"),
    column("data", "Data", "Gegevens"),
    column("sealed", "Sealed", "Verzegeld", "flag"),
    column("destroyed", "Destroyed", "Vernietigd", "flag"),
    column("inForce", "In force", "Van kracht", "flag"),
    column("correctedBy.source", "Corrected by: source", "Gecorrigeerd door: bron"),
    column("correctedBy.id", "Corrected by: id", "Gecorrigeerd door: id"),
    column("withdrawnBy.source", "Withdrawn by: source", "Ingetrokken door: bron"),
    column("withdrawnBy.id", "Withdrawn by: id", "Ingetrokken door: id"),
    column("traceId", "Trace", "Trace"),
    column("stream.area", "Area", "Gebied"),
)


class Events(AsOf):
    """Events in order of position; `validOn` null: whatever day they held."""

    items: list[Event]


class OneEvent(AsOf):
    """One event; `validOn` null: whatever day it held."""

    event: Event


_EXAMPLE_OF_A_STREAM = """: the log of Ketenspoor
retry: 2000

event: nl.ketenspoor.housed.v1
data: {"specversion":"1.0","id":"tvs-2021-000418",...,"position":412,...}
id: 412

: still here
id: 431

"""
#: A page as JSON or CSV, or all of the log and what is recorded from now on as Server-Sent Events.
_FORMS = {
    **LIST_FORMS,
    "text/event-stream": {
        "schema": {
            "type": "string",
            "description": (
                "Asked for with `Accept: text/event-stream`. `id` is the position, `event` the type, `data` the event "
                "as it stands in the list, on one line and as known when it is sent: what corrects or withdraws it "
                "later is an event of its own. It begins behind `Last-Event-ID`, else behind `after`, and goes on; "
                "after 15 seconds of silence comes a comment with the position that was come to. After five minutes it "
                "ends, and who comes back shows again who asks: with the last `id` nothing is missed or repeated. "
                "Who reads only their own is told what is theirs at that moment: of a journey that comes to concern "
                "them later, what was recorded before is under `/v1/journeys/{journey}/events`."
            ),
        },
        "example": _EXAMPLE_OF_A_STREAM,
    },
}


class _Asked(NamedTuple):
    """A selection of events as it was asked for; whether its municipality exists is known only with the log."""

    selection: Selection
    faults: list[ParameterFault]

    def check(self, question: LogQuestion, besides: Sequence[ParameterFault] = ()) -> Selection:
        """The selection; refused with all faults, those found besides and a municipality that nobody knows included."""
        code, faults = self.selection.municipality, [*besides, *self.faults]
        if code is not None and is_municipality_code(code):
            reference = read_histories(question.connection, [streams.REFERENCE]).get(streams.REFERENCE, [])
            if not PlacesHistory(question.known(reference))(question.position).known(code):
                faults.append(parameter("municipality", "unknown-municipality", "is no municipality's code"))
        refuse(faults)
        return self.selection


def _asked_selection(
    types: Annotated[
        str | None, Query(alias="type", description="Only these types: one, or several with commas between them")
    ] = None,
    source: Annotated[str | None, Query(description="Only what this source sent", max_length=256)] = None,
    municipality: Annotated[
        str | None,
        Query(
            description="Only what names this code as posted, transfers and mergers included",
            json_schema_extra={"pattern": MUNICIPALITY},
        ),
    ] = None,
    period: Annotated[
        str | None,
        Query(
            description="Only what is about this half-year, and what held of journeys in it",
            json_schema_extra={"pattern": HALF_YEAR},
        ),
    ] = None,
) -> _Asked:
    """The selection that was asked for, with what is wrong with it."""
    faults: list[ParameterFault] = []
    topics = () if types is None else tuple(one.removeprefix(TYPE_PREFIX) for one in types.split(","))
    if types is not None and not all(_is_type(one) for one in types.split(",")):
        faults.append(parameter("type", "unknown-type", "is not a type of this service; see /v1/event-types"))
    if source is not None and (not (source := source.strip()) or "\0" in source):
        faults.append(parameter("source", "not-a-source", "is not what a source can be"))
    if municipality is not None and not is_municipality_code(municipality):
        faults.append(parameter("municipality", "not-a-municipality-code", "must be a CBS code like GM0344"))
    half_year: Any = None
    if period is not None:
        try:
            half_year = parse_period(period)
        except InvalidValue:
            faults.append(parameter("period", "not-a-period", "must be a half-year like 2021-II"))
    return _Asked(Selection(topics, source, municipality, half_year), faults)


def _is_type(text: str) -> bool:
    return text.startswith(TYPE_PREFIX) and text.removeprefix(TYPE_PREFIX) in FACTS


@router.get("/events", response_model=None, responses=responses_of(Events, forms=_FORMS))
def list_events(
    request: Request,
    page: AskedPage,
    selection: Annotated[_Asked, Depends(_asked_selection)],
    form: AskedListForm,
    after: Annotated[Position, Query(description="Only what was recorded behind this position")] = 0,
    last_event_id: Annotated[
        str | None,
        Header(alias="Last-Event-ID", description="For a stream: where it goes on, instead of `after`", max_length=20),
    ] = None,
) -> Response:
    """The log, in order of position: a page of it, or as a stream all of it and what is recorded from now on.

    The parameters that select belong to the list: a cursor is of the same selection. One request looks through a
    bounded stretch of the log for what is rare, so a page may hold few or no events and still have a Link; only the
    last one has none.
    """
    context = request.app.state.context
    if FORMAT not in request.query_params and asks_for_stream(request.headers.get("accept")):
        return _stream(request, selection, after, last_event_id)
    with open_log_question(context.engine, page.times, context.clock) as question:
        start = after if page.after is None else int(page.after)
        found = read_selected(question, start, page.limit, selection.check(question), own=own_scope(request))
        body: Events = {**question.as_of(), "items": describe_events(question, found.rows)}
        headers = {} if found.continues_at is None else page.links(body, found.continues_at)
        _handed_out(request, body["items"])
        return answer_page(form, "events", COLUMNS, body, headers)


def _stream(request: Request, selection: _Asked, after: int, last_event_id: str | None) -> Response:
    """What is recorded behind a position, and goes on."""
    context = request.app.state.context
    feed: Feed = request.app.state.feed
    faults = [
        parameter(name, "not-of-a-stream", "is not for a stream, which tells all that is recorded")
        for name in _OF_A_LIST
        if name in request.query_params
    ]
    if last_event_id:
        position = decode_value(last_event_id.encode("latin-1")) or ""
        after = int(position) if _POSITION.fullmatch(position) else LAST + 1
    with open_log_question(context.engine, AT_PRESENT, context.clock, named_position=after) as question:
        if after > question.position:
            name = "Last-Event-ID" if last_event_id else "after"
            faults.append(parameter(name, "out-of-range", "is no position that the log has come to"))
        chosen = selection.check(question, faults)
    of_the_caller = own_scope(request)
    if of_the_caller is None:
        access_log.log_handed_out(request.scope, after + 1, None)
    return feed.stream(after, chosen, partial(access_log.log_streamed, request.scope), of_the_caller)


@router.get("/events/{position}", response_model=None, responses=responses_of(OneEvent, 404))
def read_event(
    request: Request, times: AskedTimes, position: Annotated[Ordinal, Path(description="Its position")]
) -> Response:
    """One event of the log."""
    of_the_caller = own_scope(request)
    context = request.app.state.context
    with open_log_question(context.engine, times, context.clock, position) as question:
        rows = EventRecorder(question.connection).select_notifications(position, 1)
        rows = [row for row in rows if row.position == position and is_listed(question, row)]
        if of_the_caller is not None:
            rows = of_the_caller.rows(question.connection, rows)
        if not rows:
            raise Problem(404, "No such event", "The log has no such event, or did not have it then.")
        (event,) = describe_events(question, rows)
        _handed_out(request, [event])
        body: OneEvent = {**question.as_of(), "event": event}
        return answer(body)


@router.get(
    "/journeys/{journey:uuid}/events",
    response_model=None,
    responses=responses_of(Events, 404, 410, forms=LIST_FORMS),
)
def list_journey_events(request: Request, page: AskedPage, form: AskedListForm, journey: UUID) -> Response:
    """The events of one journey, in order of position; of who had more than one V-number those of all."""
    with open_log_question(request.app.state.context.engine, page.times, request.app.state.context.clock) as question:
        person = read_persons(question.connection, [journey], question.known)[journey]
        refuse_hidden(request, question.connection, person)
        every = sorted(EventRecorder(question.connection).select_streams(person.streams), key=attrgetter("position"))
        start = 0 if page.after is None else int(page.after)
        rows, more = page.limited([row for row in every if row.position > start and is_listed(question, row)])
        body: Events = {**question.as_of(), "items": describe_events(question, rows)}
        headers = page.links(body, rows[-1].position) if more else {}
        access_log.log_consulted(request, [person.journey], "read the events of a journey")
        return answer_page(form, "events", COLUMNS, body, headers)


def _handed_out(request: Request, items: Sequence[Event]) -> None:
    """Say for the record what is handed out: of the whole log by its positions, of a part of it by its journeys."""
    if own_scope(request) is not None:
        access_log.log_consulted(request, [one["subject"] for one in items if one["subject"]], "read events of the log")
    elif items:
        access_log.log_handed_out(request.scope, items[0]["position"], items[-1]["position"])
