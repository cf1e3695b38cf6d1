"""Journeys: where one stands, who is waiting, and the one of a V-number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import Connection, Engine, select

from domain.codec import camel
from domain.field_types import Fault
from domain.identifiers import is_v_number
from domain.norms import DEFAULT_NORM, NORM_SETS, NormSet, PhaseName
from projections import streams
from projections.catalogue import OF_PHASES
from projections.places_then import PlacesThen
from projections.timeline import Stretch, Timeline, timeline
from projections.waiting import Waiting, waiting
from service.access.rules import forbidden
from service.access.sections import needed
from service.audit import access_log
from service.foundation.answers import answer, norm_set
from service.foundation.problems import Problem
from service.foundation.time import today
from service.http.routes.body import invalid_body, posted_object
from service.http.routes.described import answers
from service.http.routes.described import journeys as described
from service.http.routes.destroyed import gone
from service.http.routes.list_files import WAITING, page_of
from service.http.routes.pages import AskedPage
from service.http.routes.parameters import KnownMunicipality, NormName
from service.log.persons import newest, persons
from service.log.vault import destroyed_among
from service.queries.formats import LIST_FORMS, AskedListForm
from service.queries.question import AskedTimes, asking, asking_log
from service.queries.visibility import Own, own, refuse_shared, visible
from service.storage.database import reading
from service.storage.service_tables import journey_keys

router = APIRouter(tags=["journeys"])


@router.get("/journeys", response_model=None, responses=answers(described.WaitingList, forms=LIST_FORMS))
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
    given = request.app.state.shell
    of_the_caller = own(request)
    if of_the_caller is not None:
        municipality = own_municipality(of_the_caller, municipality)
    with asking(given.engine, page.times, given.clock, municipality=municipality, reads=OF_PHASES) as question:
        refuse_shared(request, question.places, question.asked.valid_on)
        found, more = page.cut(
            waiting(
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
        told = question.told()
        headers = page.links(told, found[-1].journey) if more else {}
        # Such a page holds fewer, and its link leads on: who was destroyed, and who concerns the caller no longer.
        listed = _listed(request, question.log.connection, [one.journey for one in found])
        found = [one for one in found if one.journey in listed]
        access_log.consulted(request, listed, "listed who is waiting")
        told |= {"norm": norm_set(NORM_SETS[norm])}
        return page_of(form, WAITING, told, [_waiting(one) for one in found], headers)


def _listed(request: Request, connection: Connection, some: Sequence[UUID]) -> set[UUID]:
    """Those of some journeys that may stand on a list."""
    return visible(request, connection, some) - destroyed_among(connection, some)


@router.post(
    "/journeys/_find",
    response_model=None,
    responses=answers(described.Found, 404, 408, 410, 413, 415),
    openapi_extra=described.FIND,
)
def find_journey(request: Request, body: Annotated[Mapping[str, Any], Depends(posted_object)]) -> Response:
    """The journey of a V-number; of an older one that was replaced that of the newest."""
    given = request.app.state.shell
    named = given.keys.journey(_v_number(body))
    # A replica may not have heard of it yet.
    found = (_known_as(request, engine, named) for engine in dict.fromkeys((given.engine, given.primary)))
    journey = next(filter(None, found), None)
    if journey is None:
        raise no_journey()
    access_log.consulted(request, [journey], "found a journey by V-number")
    return answer({"journey": journey})


def _known_as(request: Request, engine: Engine, named: UUID) -> UUID | None:
    """The journey that somebody's is read as, where there is one for who asks."""
    with reading(engine) as connection:
        journey = newest(connection, [named])[named]
        return journey if is_there_for(request, connection, journey) else None


@router.get("/journeys/{journey:uuid}", response_model=None, responses=answers(described.Journey, 404, 410))
def read_journey(request: Request, times: AskedTimes, journey: UUID, norm: NormName = DEFAULT_NORM) -> Response:
    """Where one permit holder stands; who had more than one V-number is told as one, by the id of any of them."""
    given = request.app.state.shell
    with asking_log(given.engine, times, given.clock) as log:
        found = persons(log.connection, [journey, streams.REFERENCE], log.known)
        person = found[journey]
        if not person.known:
            raise no_journey()
        there_for(request, log.connection, person.journey)
        question = log._replace(valid_on=times.valid_on or today(given.clock))
        places = PlacesThen(found[streams.REFERENCE].known)(log.position)
        chosen = NORM_SETS[norm]
        stands = timeline(person.known, question.valid_on or today(given.clock), chosen, places, person.findings)
        access_log.consulted(request, [person.journey], "read a journey")
        who = {"journey": person.journey, "alsoKnownAs": list(person.others)}
        return answer({**question.told(), **who, **needed(request, _timeline(stands, chosen))})


def there_for(request: Request, connection: Connection, journey: UUID) -> None:
    """Refuse who may not know of this journey, just as if there was none; who may is told if it was destroyed."""
    if not is_there_for(request, connection, journey):
        raise no_journey()


def is_there_for(request: Request, connection: Connection, journey: UUID) -> bool:
    """Whether who asks may know of such a journey; 410 where it was destroyed.

    Other streams have no key, and can't be asked for as journeys.
    """
    statement = select(journey_keys.c.destroyed_at).where(journey_keys.c.stream == journey)
    found = connection.execute(statement).first()
    if found is None or not visible(request, connection, [journey]):
        return False
    if found.destroyed_at is not None:
        raise gone()
    return True


def no_journey() -> Problem:
    return Problem(404, "No such journey", "The service knows of no such journey, or did not know of it then.")


def own_municipality(of_the_caller: Own, asked: str | None) -> str | None:
    """The municipality of who asks; another one is not for them."""
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


def _waiting(one: Waiting) -> dict[str, Any]:
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


def _timeline(stands: Timeline, norm: NormSet) -> dict[str, Any]:
    journey, housing, link = stands.journey, stands.journey.housing, stands.journey.standing_link
    return {
        "municipality": stands.municipality,
        "household": journey.household,
        "permit": _named(journey.permit),
        "documentOn": journey.document_on,
        "closed": _named(journey.closing),
        "norm": norm_set(norm),
        "phases": {stretch.name: _stretch(stretch) for stretch in stands.phases},
        "link": _named(link),
        "links": [_named(one) for one in journey.links],
        "homes": [_named(one) for one in journey.homes],
        "housing": housing
        and {"municipality": housing.municipality, "on": housing.on, "accommodation": housing.accommodation},
        "returnedOn": journey.returned_on,
        "permanentHomeOn": journey.permanent_home_on,
        "guestSince": journey.guest_since,
        "family": _named(journey.family),
        "dossier": [{"item": item, "completedOn": on} for item, on in journey.dossier],
        "refusals": [_named(one) for one in journey.refusals],
        "integration": _named(journey.integration),
        "causes": [_named(one) for one in stands.causes],
        "findings": [
            {"code": one.code, "source": one.source or None, "id": one.id or None, "on": one.on}
            for one in stands.findings
        ],
    }


def _stretch(stretch: Stretch) -> dict[str, Any]:
    told = _named(stretch) or {}
    del told["name"]
    return told


def _named(state: Any) -> dict[str, Any] | None:
    """A state of the domain with the names that JSON has for its fields."""
    return None if state is None else {camel(name): value for name, value in state._asdict().items()}
