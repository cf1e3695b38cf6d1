"""The answers about the log: events as recorded, and what was refused."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from service.routes.described import Described, Fault, Told


class Stream(Described):
    """What an event is about: a journey (its id is the subject), a half-year, or the reference data."""

    kind: Literal["journey", "period", "reference"]
    period: str | None


class Named(Described):
    """Another event of the same stream."""

    source: str
    id: str


class Event(Described):
    """An event as recorded: the CloudEvent, and what the service knows of it.

    What is sealed in `data` is left out. `correctedBy` is the version that speaks instead of it, `withdrawnBy` the
    withdrawal in force, both as known at the position of the answer.
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
    stream: Stream
    sealed: bool
    in_force: bool
    corrected_by: Named | None
    withdrawn_by: Named | None


class Events(Told):
    """Events in order of position; `validOn` null: whatever day they held."""

    items: list[Event]


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
