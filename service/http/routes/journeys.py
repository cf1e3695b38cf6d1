"""Journeys: who is waiting, the journey of a V-number, and who may know of one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import Connection, Engine, select
from typing_extensions import TypedDict

from domain.causes_by_day import DayCause
from domain.field_types import V_NUMBER, Fault
from domain.identifiers import is_v_number
from domain.norm_sets import DEFAULT_NORM, PhaseName
from projections.norm_sets import read_norm_sets
from projections.waiting import Matter, MissingItem, Sought, Turn, read_waiting, tables_of
from projections.waiting import Waiting as WaitingJourney
from service.access.rules import forbidden, withheld_sections
from service.audit import access_log
from service.foundation.answers import Norm, answer, told_norm
from service.foundation.parameter_types import Day
from service.foundation.problems import Problem
from service.http.openapi.responses import responses_of
from service.http.routes.pages import AskedPage, answer_page, column
from service.http.routes.parameters import AskedNormName, AskedNormSet, KnownMunicipality, asked_norm
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
    column("matter", "What", "Wat"),
    column("cause", "Cause", "Oorzaak"),
)
#: In which part of a journey what is sought is told: who does not read that cannot look for it.
_SECTIONS: Mapping[str, str] = {
    "cause": "causes",
    "missing": "dossier",
    "expiring_until": "temporaryStay",
    "plan_overdue": "integration",
    "family_awaited": "family",
    "of_age_until": "comesOfAgeOn",
}
_DESTROYED = "This journey was destroyed by retention or on request. What is left of it serves the figures alone."


class Waiting(TypedDict):
    """A journey of which something is waited for: whose turn it is, since when, its deadline and the days over it.

    `matter` is what the row is about: `phase`, or what was sought that falls due first; `phase` the one that is open.
    `cause` is what the day is put down to while a phase is open, for who reads of causes. What there is not is null: a
    phase of who is housed, a day that began it, a last day.
    """

    journey: UUID
    municipality: str | None
    phase: PhaseName | None
    turn: Turn
    since: date | None
    days: int | None
    dueOn: date | None
    daysOver: int | None
    matter: Matter
    cause: DayCause | None


class WaitingList(AsOf):
    """Journeys of which something is waited for, in the order of their ids."""

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


def asked_sought(
    request: Request,
    phase: Annotated[
        PhaseName | None,
        Query(description="Only this phase (default: the one of linking, housing and departure that is open)"),
    ] = None,
    overdue: Annotated[bool, Query(description="Only those past the norm")] = False,
    cause: Annotated[DayCause | None, Query(description="Only those whose day is put down to this cause")] = None,
    missing: Annotated[MissingItem | None, Query(description="Only those in reception who lack this")] = None,
    expiring_until: Annotated[
        Day | None, Query(alias="expiringUntil", description="Whose temporary or guest stay ends by this day, or did")
    ] = None,
    plan_overdue: Annotated[
        bool, Query(alias="planOverdue", description="Whose integration plan should have been there")
    ] = False,
    family_awaited: Annotated[
        bool, Query(alias="familyAwaited", description="Whose family may come and did not yet, also who is housed")
    ] = False,
    of_age_until: Annotated[
        Day | None,
        Query(
            alias="comingOfAgeUntil",
            description="Unaccompanied minors who turn 18 by this day or did, by the first day of that month",
        ),
    ] = None,
) -> Sought:
    """Who is sought; refused where that would tell who asks what they do not read of a journey."""
    sought = Sought(phase, overdue, cause, missing, expiring_until, plan_overdue, family_awaited, of_age_until)
    closed = withheld_sections(request)
    if any(getattr(sought, name) and section in closed for name, section in _SECTIONS.items()):
        raise forbidden()
    return sought


@router.get("/journeys", response_model=None, responses=responses_of(WaitingList, forms=LIST_FORMS))
def list_journeys(
    request: Request,
    page: AskedPage,
    form: AskedListForm,
    sought: Annotated[Sought, Depends(asked_sought)],
    municipality: KnownMunicipality = None,
    norm: AskedNormName = DEFAULT_NORM,
    norm_set: AskedNormSet = None,
) -> Response:
    """Who is waiting, whose turn it is, since when, and how many days over the norm.

    What is sought narrows the list, and of whom all of it holds is listed. With `expiringUntil`, `planOverdue`,
    `familyAwaited` or `comingOfAgeUntil` it also has who is housed; a row is then about what of these falls due first,
    and says whose turn that is, as `deadlines` does. For family that may come the home must be ready from the grant on,
    which is the municipality's turn.
    """
    context = request.app.state.context
    municipality = own_municipality(request, municipality)
    with open_question(
        context.engine, page.times, context.clock, municipality=municipality, reads=tables_of(sought)
    ) as question:
        refuse_shared_rows(request, question.places, question.asked.valid_on)
        chosen = asked_norm(request, norm, norm_set).among(read_norm_sets(question.tables, question.asked))
        found, more = page.limited(
            read_waiting(
                question.tables,
                question.asked,
                chosen,
                question.places,
                sought=sought,
                municipality=municipality,
                after=None if page.after is None else UUID(page.after),
                limit=page.limit + 1,
            )
        )
        headers = page.links(question.as_of(), found[-1].journey) if more else {}
        # Who was destroyed, and who concerns the caller no longer, is left out: such a page holds fewer than asked.
        some, connection = [one.journey for one in found], question.log.connection
        listed = visible_journeys(request, connection, some) - select_destroyed(connection, some)
        access_log.log_consulted(request, listed, "listed who is waiting")
        told = "causes" not in withheld_sections(request)
        items = [_waiting(one, told=told) for one in found if one.journey in listed]
        body: WaitingList = {**question.as_of(), "norm": told_norm(chosen), "items": items}
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


def _waiting(one: WaitingJourney, *, told: bool) -> Waiting:
    return {
        "journey": one.journey,
        "municipality": one.municipality,
        "phase": one.phase,
        "turn": one.turn,
        "since": one.since,
        "days": one.days,
        "dueOn": one.due_on,
        "daysOver": one.days_over,
        "matter": one.matter,
        "cause": one.cause if told else None,
    }
