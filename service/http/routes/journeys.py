"""Journeys: who is waiting, the journey of a V-number, and who may know of one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import Connection, Engine, select
from typing_extensions import TypedDict

from domain.field_types import V_NUMBER, Fault
from domain.identifiers import is_v_number
from domain.norms import DEFAULT_NORM, NORM_SETS, Owner, PhaseName
from projections.states import OF_PHASES
from projections.waiting import Waiting as WaitingJourney
from projections.waiting import read_waiting
from service.access.rules import forbidden
from service.audit import access_log
from service.foundation.answers import Norm, answer, norm_set
from service.foundation.problems import Problem
from service.http.openapi.responses import responses_of
from service.http.routes.pages import AskedPage, answer_page, column
from service.http.routes.parameters import KnownMunicipality, NormName
from service.http.routes.requests import invalid_body, posted_object
from service.log.person_links import Person, newest_journeys
from service.log.sealing import select_destroyed
from service.queries.formats import LIST_FORMS, AskedListForm
from service.queries.question import open_question
from service.queries.times import AsOf
from service.queries.visibility import own_scope, refuse_shared_rows, visible_journeys
from service.storage.database import reading
from service.storage.service_tables import journey_keys

router = APIRouter(tags=["journeys"])

_COLUMNS = (
    column("journey", "Journey", "Traject"),
    column("municipality", "Municipality", "Gemeente"),
    column("phase", "Phase", "Fase"),
    column("turn", "Whose turn", "Aan zet"),
    column("since", "Since", "Sinds", "day"),
    column("days", "Days", "Dagen", "whole"),
    column("dueOn", "Due on", "Uiterlijk op", "day"),
    column("daysOver", "Days over", "Dagen te laat", "whole"),
)
_DESTROYED = "This journey was destroyed by retention or on request. What is left of it serves the figures alone."


class Waiting(TypedDict):
    """A journey with an open phase: whose turn it is, since when, its deadline and the days over it."""

    journey: UUID
    municipality: str | None
    phase: PhaseName
    turn: Owner
    since: date
    days: int
    dueOn: date
    daysOver: int


class WaitingList(AsOf):
    """Journeys with an open phase, in the order of their ids."""

    norm: Norm
    items: list[Waiting]


class Found(TypedDict):
    """The journey of a permit holder."""

    journey: UUID


#: The body that looks a journey up: a V-number never stands in an address.
_V_NUMBER_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["vNumber"],
                    "properties": {"vNumber": {**V_NUMBER.schema, "x-personal": True}},
                },
                "example": {"vNumber": "9999000001"},
            }
        },
    }
}


@router.get("/journeys", response_model=None, responses=responses_of(WaitingList, forms=LIST_FORMS))
def list_journeys(
    request: Request,
    page: AskedPage,
    form: AskedListForm,
    municipality: KnownMunicipality = None,
    phase: Annotated[
        PhaseName | None,
        Query(description="Only this phase (default: the one of linking, housing and departure that is open)"),
    ] = None,
    overdue: Annotated[bool, Query(description="Only those past the norm")] = False,
    norm: NormName = DEFAULT_NORM,
) -> Response:
    """Who is waiting, whose turn it is, and how many days over the norm."""
    context = request.app.state.context
    municipality = own_municipality(request, municipality)
    with open_question(
        context.engine, page.times, context.clock, municipality=municipality, reads=OF_PHASES
    ) as question:
        refuse_shared_rows(request, question.places, question.asked.valid_on)
        found, more = page.limited(
            read_waiting(
                question.tables,
                question.asked,
                NORM_SETS[norm],
                question.places,
                municipality=municipality,
                phase=phase,
                overdue=overdue,
                after=None if page.after is None else UUID(page.after),
                limit=page.limit + 1,
            )
        )
        headers = page.links(question.as_of(), found[-1].journey) if more else {}
        # Who was destroyed, and who concerns the caller no longer, is left out: such a page holds fewer than asked.
        some, connection = [one.journey for one in found], question.log.connection
        listed = visible_journeys(request, connection, some) - select_destroyed(connection, some)
        access_log.log_consulted(request, listed, "listed who is waiting")
        items = [_waiting(one) for one in found if one.journey in listed]
        body: WaitingList = {**question.as_of(), "norm": norm_set(NORM_SETS[norm]), "items": items}
        return answer_page(form, "journeys", _COLUMNS, body, headers)


@router.post(
    "/journeys/_find",
    response_model=None,
    responses=responses_of(Found, 404, 408, 410, 413, 415),
    openapi_extra=_V_NUMBER_BODY,
)
def find_journey(request: Request, body: Annotated[Mapping[str, Any], Depends(posted_object)]) -> Response:
    """The journey of a V-number; of an older one that was replaced that of the newest."""
    context = request.app.state.context
    named = context.keys.journey(_v_number(body))
    # A replica may not have heard of it yet.
    some = (_visible_journey(request, engine, named) for engine in dict.fromkeys((context.engine, context.primary)))
    journey = next(filter(None, some), None)
    if journey is None:
        raise unknown_journey()
    access_log.log_consulted(request, [journey], "found a journey by V-number")
    found: Found = {"journey": journey}
    return answer(found)


def _visible_journey(request: Request, engine: Engine, named: UUID) -> UUID | None:
    """The journey that somebody's is read as, where there is one that who asks may know of."""
    with reading(engine) as connection:
        journey = newest_journeys(connection, [named])[named]
        return journey if is_visible(request, connection, journey) else None


def is_visible(request: Request, connection: Connection, journey: UUID) -> bool:
    """Whether there is such a journey and who asks may know of it; 410 where it was destroyed.

    Other streams have no key, and can't be asked for as journeys.
    """
    statement = select(journey_keys.c.destroyed_at).where(journey_keys.c.stream == journey)
    found = connection.execute(statement).first()
    if found is None or not visible_journeys(request, connection, [journey]):
        return False
    if found.destroyed_at is not None:
        raise Problem(410, "Destroyed", _DESTROYED)
    return True


def refuse_hidden(request: Request, connection: Connection, person: Person) -> None:
    """Refuse a person of whom nothing is known, and in the same words one of whom who asks may not know; 410 for who
    may, where the journey was destroyed.
    """
    if not person.known or not is_visible(request, connection, person.journey):
        raise unknown_journey()


def unknown_journey() -> Problem:
    """The refusal of a journey that is not there, or not for who asks."""
    return Problem(404, "No such journey", "The service knows of no such journey, or did not know of it then.")


def own_municipality(request: Request, asked: str | None) -> str | None:
    """The municipality that is asked, or the caller's where they see only their own; another one is not for them."""
    of_the_caller = own_scope(request)
    if of_the_caller is None:
        return asked
    if asked not in (None, of_the_caller.code):
        raise forbidden()
    return of_the_caller.code


def _v_number(body: Mapping[str, Any]) -> str:
    value, found = body.get("vNumber"), []
    if set(body) - {"vNumber"}:
        found.append(Fault("", "unknown-field", "has only the field vNumber"))
    if value is None:
        found.append(Fault("/vNumber", "required", "is required"))
    elif not isinstance(value, str) or not is_v_number(value):
        found.append(Fault("/vNumber", "not-a-v-number", "must be ten digits, as a string"))
    if found or not isinstance(value, str):
        raise invalid_body(found)
    return value


def _waiting(one: WaitingJourney) -> Waiting:
    return {
        "journey": one.journey,
        "municipality": one.municipality,
        "phase": one.phase,
        "turn": one.turn,
        "since": one.since,
        "days": one.days,
        "dueOn": one.due_on,
        "daysOver": one.days_over,
    }
