"""The types of events that can be posted, each with its schema and an example."""

from __future__ import annotations

from fastapi import APIRouter, Response

from service.answers import answer
from service.event_types import described as every_type
from service.routes.described import answers
from service.routes.described import reference as described

router = APIRouter(tags=["reference"])


@router.get("/event-types", response_model=None, responses=answers(described.EventTypes))
def list_event_types() -> Response:
    """Every type of event: what it is about, who may say it, its schema and an example."""
    return answer({"items": every_type()})
