"""The answers about the log: events as recorded, and what was refused."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from service.http.openapi.event_types import About
from service.http.routes.described import Described, Fault, Told, answers
from service.queries.formats import LIST_FORMS


class Stream(Described):
    """What an event is about: a journey (its id is the subject), a half-year, or the reference data."""

    kind: About
    period: str | None


class Named(Described):
    """Another event of the same stream."""

    source: str
    id: str


class Event(Described):
    """An event as recorded: the CloudEvent, and what the service knows of it.

    What is sealed in `data` is left out. `correctedBy` is the version that speaks instead of it, `withdrawnBy` the
    withdrawal in force, both as known at the position of the answer. `postedBy` is who posted it under a mandate of
    `recordedBy`, null where that is the same; `traceId` the trace of that request. `destroyed`: what was sealed in it
    can be read by nobody any more.
    """

    specversion: Literal["1.0"]
    id: str
    source: str
    type: str
    time: datetime
    subject: UUID | None
    datacontenttype: Literal["application/json"]
    data: dict[str, Any]
    position: int
    version: int
    recorded_at: datetime
    recorded_by: str
    posted_by: str | None
    trace_id: str | None
    stream: Stream
    sealed: bool
    destroyed: bool
    in_force: bool
    corrected_by: Named | None
    withdrawn_by: Named | None


class Events(Told):
    """Events in order of position; `validOn` null: whatever day they held."""

    items: list[Event]


_STREAM = """: the log of Ketenspoor
retry: 2000

event: nl.ketenspoor.housed.v1
data: {"specversion":"1.0","id":"tvs-2021-000418",...,"position":412,...}
id: 412

: still here
id: 431

"""

#: The answers of the feed: a page as JSON, or all of it and what is recorded from now on as Server-Sent Events.
FEED = answers(Events)
FEED[200]["content"] = {
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
        "example": _STREAM,
    },
}


class OneEvent(Told):
    """One event; `validOn` null: whatever day it held."""

    event: Event


class Rejection(Described):
    """Why an event was refused; what names it is null unless it may be repeated."""

    id: int
    received_at: datetime
    organisation: str | None
    source: str | None
    event_id: str | None
    type: str | None
    errors: list[Fault]


class Rejections(Told):
    """What was refused, newest last."""

    items: list[Rejection]


class PostedRejection(Rejection):
    """One refusal with the event as it was posted; `text` where that was no JSON."""

    event: Any
    text: str | None


class OneRejection(Told):
    """One refusal with the event as it was posted."""

    rejection: PostedRejection
