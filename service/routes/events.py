"""The log as it was recorded, and the events of one journey."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response

from service.answers import answer
from service.problems import Problem
from service.question import AskedTimes, asking_log
from service.recorder import event_rows, stream_rows
from service.recounting import listed, recounted, rows_after
from service.routes.described import answers
from service.routes.described import events as described
from service.routes.journeys import journey_exists, no_journey
from service.routes.pages import AskedPage

router = APIRouter(tags=["events"])

_LAST = 2**53


@router.get("/events", response_model=None, responses=answers(described.Events))
def list_events(
    request: Request,
    page: AskedPage,
    after: Annotated[int, Query(ge=0, le=_LAST, description="Only what was recorded behind this position")] = 0,
) -> Response:
    """The log, in order of position."""
    with asking_log(request.app.state.shell.engine, page.times, request.app.state.shell.clock) as question:
        start = after if page.after is None else int(page.after)
        rows, more = page.cut(rows_after(question, start, page.limit + 1))
        told = question.told()
        headers = page.links(told, rows[-1].position) if more else {}
        return answer({**told, "items": recounted(question, rows)}, headers)


@router.get("/events/{position}", response_model=None, responses=answers(described.OneEvent, 404))
def read_event(
    request: Request, times: AskedTimes, position: Annotated[int, Path(ge=1, le=_LAST, description="Its position")]
) -> Response:
    """One event of the log."""
    with asking_log(request.app.state.shell.engine, times, request.app.state.shell.clock) as question:
        rows = event_rows(question.connection, position - 1, 1)
        if not rows or rows[0].position != position or not listed(question, rows[0]):
            raise Problem(404, "No such event", "The log has no such event, or did not have it then.")
        (event,) = recounted(question, rows)
        return answer({**question.told(), "event": event})


@router.get("/journeys/{journey:uuid}/events", response_model=None, responses=answers(described.Events, 404))
def list_journey_events(request: Request, page: AskedPage, journey: UUID) -> Response:
    """The events of one journey, in order of position."""
    with asking_log(request.app.state.shell.engine, page.times, request.app.state.shell.clock) as question:
        every = stream_rows(question.connection, [journey])
        if not any(question.knows(row.position, row.sent_at) for row in every) or not journey_exists(
            question.connection, journey
        ):
            raise no_journey()
        start = 0 if page.after is None else int(page.after)
        rows, more = page.cut([row for row in every if row.position > start and listed(question, row)])
        told = question.told()
        headers = page.links(told, rows[-1].position) if more else {}
        return answer({**told, "items": recounted(question, rows)}, headers)
