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

from domain.identifiers import is_v_number
from service.access.caller import caller_of
from service.access.rules import extent_of, forbidden
from service.audit import access_log
from service.foundation.answers import answer
from service.foundation.event_types import TYPE_PREFIX
from service.foundation.parameter_types import Ordinal
from service.foundation.problems import Problem, busy
from service.foundation.time import written
from service.http.routes.described import answers
from service.http.routes.described import events as described
from service.http.routes.list_files import REJECTIONS, page_of
from service.http.routes.pages import AskedPage
from service.intake import cloudevents
from service.intake.cloudevents import Malformed, ambiguities
from service.log.keys import Keyring, SealBroken
from service.queries.formats import LIST_FORMS, AskedListForm
from service.queries.question import AskedTimes, LogQuestion, asking_log
from service.storage.service_tables import rejections

router = APIRouter(tags=["rejections"])


@router.get("/rejections", response_model=None, responses=answers(described.Rejections, forms=LIST_FORMS))
def list_rejections(
    request: Request,
    page: AskedPage,
    form: AskedListForm,
    organisation: Annotated[
        str | None, Query(pattern="^[0-9]{20}$", description="The OIN of the sender (default: whoever sent it)")
    ] = None,
) -> Response:
    """What was refused, newest last."""
    given = request.app.state.shell
    organisation = _sender(request, organisation)
    with asking_log(given.primary, page.times, given.clock) as question:
        by = page.known_at or given.clock()
        statement = _received(by).where(rejections.c.id > int(page.after or 0))
        if organisation is not None:
            statement = statement.where(rejections.c.oin == organisation)
        found = question.connection.execute(statement.order_by(rejections.c.id).limit(page.limit + 1)).mappings()
        rows, more = page.cut(list(found))
        told = _told(question, by)
        headers = page.links(told, rows[-1]["id"]) if more else {}
        return page_of(form, REJECTIONS, told, [_rejection(row) for row in rows], headers)


@router.get("/rejections/{id}", response_model=None, responses=answers(described.OneRejection, 404))
def read_rejection(
    request: Request,
    times: AskedTimes,
    number: Annotated[Ordinal, Path(alias="id", description="Its number")],
) -> Response:
    """One refusal, with the event as it was posted."""
    given = request.app.state.shell
    with asking_log(given.primary, times, given.clock) as question:
        by = times.known_at or given.clock()
        statement = _received(by).where(rejections.c.id == number)
        row = question.connection.execute(statement).mappings().first()
        if row is None or (extent_of(request) == "own" and row["oin"] != _sender(request, None)):
            raise Problem(404, "No such rejection", "Nothing was refused under this number, or not by then.")
        # What is personal in it is the sender's alone.
        nothing: dict[str, Any] = {"event": None, "text": None}
        posted = nothing if extent_of(request) == "masked" else _posted(row, given.keys)
        access_log.consulted(request, _about(posted["event"], given.keys), "read a refusal")
        return answer({**_told(question, by), "rejection": {**_rejection(row), **posted}})


def _sender(request: Request, asked: str | None) -> str | None:
    """Whose refusals: of who reads their own, theirs; another's are not for them."""
    if extent_of(request) != "own":
        return asked
    organisation = caller_of(request.scope).organisation
    if organisation is None or asked not in (None, organisation.oin):
        raise forbidden()
    return organisation.oin


def _about(event: Any, keys: Keyring) -> list[UUID]:
    """The journey that a refused event names, where it can be told."""
    data = event.get("data") if isinstance(event, dict) else None
    number = data.get("vNumber") if isinstance(data, dict) else None
    return [keys.journey(number)] if isinstance(number, str) and is_v_number(number) else []


def _received(by: datetime) -> Select[Any]:
    """What had been received by then; a rejection has no place in the log."""
    return select(rejections).where(rejections.c.received_at <= by)


def _told(question: LogQuestion, by: datetime) -> dict[str, Any]:
    return {**question.told(), "knownAt": written(by)}


def _rejection(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "receivedAt": written(row["received_at"]),
        "organisation": row["oin"],
        "source": row["source"],
        "eventId": row["source_id"],
        "type": None if row["topic"] is None else f"{TYPE_PREFIX}{row['topic']}",
        "errors": msgspec.Raw(row["faults"].encode()),
    }


def _posted(row: Mapping[Any, Any], keys: Keyring) -> dict[str, Any]:
    """As JSON, or as text where it was none or could be understood in two ways."""
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
