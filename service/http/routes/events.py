"""The log as it was recorded, and the events of one journey."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from operator import attrgetter
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Path, Query, Request, Response

from service.audit import access_log
from service.foundation.answers import answer
from service.foundation.header_values import plain
from service.foundation.parameter_types import LAST, Ordinal, Position
from service.foundation.problems import Problem, parameter
from service.http.routes.described import answers
from service.http.routes.described import events as described
from service.http.routes.filters import Asked, AskedSelection
from service.http.routes.journeys import no_journey, there_for
from service.http.routes.list_files import EVENTS, page_of
from service.http.routes.media_types import FORMAT
from service.http.routes.pages import AskedPage
from service.log.persons import persons
from service.log.recorder import event_rows, stream_rows
from service.queries.events import listed, part, recounted
from service.queries.feed import AT_PRESENT, Feed, asks_for_stream
from service.queries.formats import LIST_FORMS, AskedListForm
from service.queries.question import AskedTimes, asking_log
from service.queries.visibility import own

router = APIRouter(tags=["events"])

_POSITION = re.compile(r"[0-9]{1,16}", re.ASCII)
#: What asks for one list at one moment.
_OF_A_LIST = ("validOn", "knownAt", "knownBy", "atPosition", "minPosition", "limit", "cursor")


@router.get("/events", response_model=None, responses=described.FEED)
def list_events(
    request: Request,
    page: AskedPage,
    selection: AskedSelection,
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
    given = request.app.state.shell
    if FORMAT not in request.query_params and asks_for_stream(request.headers.get("accept")):
        return _stream(request, selection, after, last_event_id)
    with asking_log(given.engine, page.times, given.clock) as question:
        start = after if page.after is None else int(page.after)
        found = part(question, start, page.limit, selection.of(question), own=own(request))
        told = question.told()
        headers = {} if found.goes_on is None else page.links(told, found.goes_on)
        items = recounted(question, found.rows)
        _handed_out(request, items)
        return page_of(form, EVENTS, told, items, headers)


def _stream(request: Request, selection: Asked, after: int, last_event_id: str | None) -> Response:
    """What is recorded behind a position, and goes on."""
    given = request.app.state.shell
    feed: Feed = request.app.state.feed
    errors = [
        parameter(name, "not-of-a-stream", "is not for a stream, which tells all that is recorded")
        for name in _OF_A_LIST
        if name in request.query_params
    ]
    if last_event_id:
        position = plain(last_event_id.encode("latin-1")) or ""
        after = int(position) if _POSITION.fullmatch(position) else LAST + 1
    with asking_log(given.engine, AT_PRESENT, given.clock, names=after) as question:
        if after > question.position:
            name = "Last-Event-ID" if last_event_id else "after"
            errors.append(parameter(name, "out-of-range", "is no position that the log has come to"))
        chosen = selection.of(question, errors)
    of_the_caller = own(request)
    if of_the_caller is None:
        access_log.handed_out(request.scope, after + 1, None)
    return feed.stream(after, chosen, partial(access_log.telling, request.scope), of_the_caller)


@router.get("/events/{position}", response_model=None, responses=answers(described.OneEvent, 404))
def read_event(
    request: Request, times: AskedTimes, position: Annotated[Ordinal, Path(description="Its position")]
) -> Response:
    """One event of the log."""
    of_the_caller = own(request)
    with asking_log(request.app.state.shell.engine, times, request.app.state.shell.clock, position) as question:
        rows = event_rows(question.connection, position - 1, 1)
        rows = [row for row in rows if row.position == position and listed(question, row)]
        if of_the_caller is not None:
            rows = of_the_caller.rows(question.connection, rows)
        if not rows:
            raise Problem(404, "No such event", "The log has no such event, or did not have it then.")
        (event,) = recounted(question, rows)
        _handed_out(request, [event])
        return answer({**question.told(), "event": event})


@router.get(
    "/journeys/{journey:uuid}/events",
    response_model=None,
    responses=answers(described.Events, 404, 410, forms=LIST_FORMS),
)
def list_journey_events(request: Request, page: AskedPage, form: AskedListForm, journey: UUID) -> Response:
    """The events of one journey, in order of position; of who had more than one V-number those of all."""
    with asking_log(request.app.state.shell.engine, page.times, request.app.state.shell.clock) as question:
        person = persons(question.connection, [journey], question.known)[journey]
        if not person.known:
            raise no_journey()
        there_for(request, question.connection, person.journey)
        every = sorted(stream_rows(question.connection, person.streams), key=attrgetter("position"))
        start = 0 if page.after is None else int(page.after)
        rows, more = page.cut([row for row in every if row.position > start and listed(question, row)])
        told = question.told()
        headers = page.links(told, rows[-1].position) if more else {}
        access_log.consulted(request, [person.journey], "read the events of a journey")
        return page_of(form, EVENTS, told, recounted(question, rows), headers)


def _handed_out(request: Request, items: Sequence[dict[str, Any]]) -> None:
    """Say for the record what is handed out: of the whole log by its positions, of a part of it by its journeys."""
    if own(request) is not None:
        access_log.consulted(request, [one["subject"] for one in items if one["subject"]], "read events of the log")
    elif items:
        access_log.handed_out(request.scope, items[0]["position"], items[-1]["position"])
