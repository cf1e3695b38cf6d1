"""The types of events that can be posted, each with its schema and an example."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from service.foundation.answers import answer
from service.http.openapi.event_types import described as every_type
from service.http.routes.described import answers
from service.http.routes.described import reference as described
from service.queries.question import AskedTimes, asking_log

router = APIRouter(tags=["reference"])


@router.get("/event-types", response_model=None, responses=answers(described.EventTypes))
def list_event_types(request: Request, times: AskedTimes) -> Response:
    """Every type of event of this version: what it is about, who may say it, its schema and an example."""
    with asking_log(request.app.state.shell.engine, times, request.app.state.shell.clock) as question:
        return answer({**question.told(), "items": every_type()})
