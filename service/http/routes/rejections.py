"""What was refused: the reasons, and the event as it was posted."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Path, Query, Request, Response
from sqlalchemy import Select, select
from typing_extensions import TypedDict

from domain.identifiers import is_v_number
from service.access.caller import caller_of
from service.access.rules import extent_of, forbidden
from service.audit import access_log
from service.foundation.answers import DescribedAs, Fault, InstantText, answer
from service.foundation.parameter_types import Day, Ordinal
from service.foundation.problems import Problem, busy
from service.foundation.time import beginning_of, end_of, format_instant
from service.foundation.version import TYPE_PREFIX
from service.http.openapi.responses import responses_of
from service.http.routes.pages import AskedPage, answer_page, column
from service.http.routes.parameters import OIN
from service.intake import cloudevents
from service.intake.cloudevents import Malformed, ambiguities
from service.log.keys import Keyring, SealBroken
from service.queries.formats import LIST_FORMS, AskedListForm
from service.queries.question import LogQuestion, open_log_question
from service.queries.times import AskedTimes, AsOf
from service.storage.service_tables import rejections

router = APIRouter(tags=["rejections"])

_COLUMNS = (
    column("id", "Number", "Nummer", "whole"),
    column("receivedAt", "Received at", "Ontvangen op"),
    column("organisation", "Organisation", "Organisatie"),
    column("source", "Source", "Bron"),
    column("eventId", "Event", "Gebeurtenis"),
    column("type", "Type", "Type"),
    column("errors", "Errors", "Fouten"),
)


class Rejection(TypedDict):
    """Why an event was refused; what names it is null unless it may be repeated."""

    id: int
    receivedAt: InstantText
    organisation: str | None
    source: str | None
    eventId: str | None
    type: str | None
    errors: Annotated[msgspec.Raw, DescribedAs(list[Fault])]


class Rejections(AsOf):
    """What was refused, newest last."""

    items: list[Rejection]


class Posted(TypedDict):
    """An event as it was posted: as JSON, or as text where it was none or could be understood in two ways."""

    event: Any
    text: str | None


class PostedRejection(Rejection, Posted):
    """One refusal with the event as it was posted; `text` where that was no JSON."""


class OneRejection(AsOf):
    """One refusal with the event as it was posted."""

    rejection: PostedRejection


@router.get("/rejections", response_model=None, responses=responses_of(Rejections, forms=LIST_FORMS))
def list_rejections(
    request: Request,
    page: AskedPage,
    form: AskedListForm,
    organisation: Annotated[
        str | None, Query(pattern=OIN, description="The OIN of the sender (default: whoever sent it)")
    ] = None,
    received_from: Annotated[
        Day | None, Query(alias="from", description="Only what was received on or after this day, in Amsterdam")
    ] = None,
    received_to: Annotated[
        Day | None, Query(alias="to", description="Only what was received on or before this day, in Amsterdam")
    ] = None,
) -> Response:
    """What was refused, newest last."""
    context = request.app.state.context
    organisation = _sender(request, organisation)
    with open_log_question(context.primary, page.times, context.clock) as question:
        by = page.known_at or context.clock()
        statement = _received(by).where(rejections.c.id > int(page.after or 0))
        if organisation is not None:
            statement = statement.where(rejections.c.oin == organisation)
        if received_from is not None:
            statement = statement.where(rejections.c.received_at >= beginning_of(received_from))
        if received_to is not None:
            statement = statement.where(rejections.c.received_at < end_of(received_to))
        found = question.connection.execute(statement.order_by(rejections.c.id).limit(page.limit + 1)).mappings()
        rows, more = page.limited(list(found))
        body: Rejections = {**_as_of(question, by), "items": [_rejection(row) for row in rows]}
        headers = page.links(body, rows[-1]["id"]) if more else {}
        return answer_page(form, "rejections", _COLUMNS, body, headers)


@router.get("/rejections/{id}", response_model=None, responses=responses_of(OneRejection, 404))
def read_rejection(
    request: Request,
    times: AskedTimes,
    number: Annotated[Ordinal, Path(alias="id", description="Its number")],
) -> Response:
    """One refusal, with the event as it was posted."""
    context = request.app.state.context
    with open_log_question(context.primary, times, context.clock) as question:
        by = times.known_at or context.clock()
        statement = _received(by).where(rejections.c.id == number)
        row = question.connection.execute(statement).mappings().first()
        if row is None or (extent_of(request) == "own" and row["oin"] != _sender(request, None)):
            raise Problem(404, "No such rejection", "Nothing was refused under this number, or not by then.")
        # What is personal in it is the sender's alone.
        hidden: Posted = {"event": None, "text": None}
        posted = hidden if extent_of(request) == "masked" else _posted(row, context.keys)
        access_log.log_consulted(request, _journeys_named(posted["event"], context.keys), "read a refusal")
        body: OneRejection = {**_as_of(question, by), "rejection": {**_rejection(row), **posted}}
        return answer(body)


def _sender(request: Request, asked: str | None) -> str | None:
    """Whose refusals: of who reads their own, theirs; another's are not for them."""
    if extent_of(request) != "own":
        return asked
    organisation = caller_of(request.scope).organisation
    if organisation is None or asked not in (None, organisation.oin):
        raise forbidden()
    return organisation.oin


def _journeys_named(event: Any, keys: Keyring) -> list[UUID]:
    """The journey that a refused event names, where its V-number can be read."""
    data = event.get("data") if isinstance(event, dict) else None
    number = data.get("vNumber") if isinstance(data, dict) else None
    return [keys.journey(number)] if isinstance(number, str) and is_v_number(number) else []


def _received(by: datetime) -> Select[Any]:
    """What had been received by then; a rejection has no position in the log."""
    return select(rejections).where(rejections.c.received_at <= by)


def _as_of(question: LogQuestion, by: datetime) -> AsOf:
    return {**question.as_of(), "knownAt": format_instant(by)}


def _rejection(row: Mapping[Any, Any]) -> Rejection:
    return {
        "id": row["id"],
        "receivedAt": format_instant(row["received_at"]),
        "organisation": row["oin"],
        "source": row["source"],
        "eventId": row["source_id"],
        "type": None if row["topic"] is None else f"{TYPE_PREFIX}{row['topic']}",
        "errors": msgspec.Raw(row["faults"].encode()),
    }


def _posted(row: Mapping[Any, Any], keys: Keyring) -> Posted:
    try:
        posted = keys.open_rejected(row["sealed"])
    except SealBroken:
        # Most likely under a master key that other processes have and this one was not given as yet.
        raise busy() from None
    with suppress(Malformed):
        decoded = cloudevents.decode(posted)
        if not ambiguities(decoded.value):
            return {"event": decoded.value, "text": None}
    return {"event": None, "text": posted.decode("utf-8", "replace")}
