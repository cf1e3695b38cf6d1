"""Where one permit holder stands."""

from __future__ import annotations

from datetime import date
from typing import Annotated, NotRequired
from uuid import UUID

from fastapi import APIRouter, Request, Response
from typing_extensions import TypedDict

from domain import milestones
from domain.accommodation import Accommodation
from domain.facts.integration import Law, Route
from domain.facts.permit import Ground
from domain.milestones import ClosingReason
from domain.norms import DEFAULT_NORM, NORM_SETS, NormSet, Owner, PhaseState
from projections import streams
from projections.journey_state import JourneyState, PhaseOnDay, journey_state
from projections.places import PlacesHistory
from service.access.rules import withheld_sections
from service.audit import access_log
from service.foundation.answers import Norm, answer, norm_set
from service.foundation.parameter_types import OneOf
from service.foundation.time import today
from service.http.openapi.responses import responses_of
from service.http.routes.journeys import refuse_hidden
from service.http.routes.parameters import NormName
from service.log.person_links import Person, read_persons
from service.queries.question import open_log_question
from service.queries.times import AskedTimes, AsOf

router = APIRouter(tags=["journeys"])


class Permit(TypedDict):
    """The first permit in force; `on` is the day the decision was made known."""

    on: date
    ground: Ground
    unaccompaniedMinor: bool | None


class Link(TypedDict):
    """A link to a municipality; `until` is the day it ended."""

    municipality: str
    on: date
    until: date | None


class Home(TypedDict):
    """A home, or a temporary place, that became ready."""

    municipality: str
    on: date
    accommodation: Accommodation


class Phase(TypedDict):
    """A phase: its last stretch, the days of earlier ones, its days in all, its norm, deadline and days over it."""

    state: Annotated[PhaseState, OneOf(PhaseState)]
    owner: Owner
    startedOn: date | None
    endedOn: date | None
    earlierDays: int
    days: int | None
    norm: int
    dueOn: date | None
    daysOver: int | None


class Phases(TypedDict):
    """The phases under the norm set of the answer."""

    linking: Phase
    housing: Phase
    departure: Phase
    total: Phase


class Family(TypedDict):
    """Family reunification, in persons."""

    appliedOn: date | None
    persons: int
    decidedOn: date | None
    granted: int
    refused: int
    arrived: int


class Item(TypedDict):
    """An item of the file that is complete."""

    item: str
    completedOn: date


class Refusal(TypedDict):
    """A refused offer, and COA's judgement."""

    on: date
    municipality: str
    assessedOn: date | None
    justified: bool | None


class Closing(TypedDict):
    """Why the journey ended without housing."""

    on: date
    reason: ClosingReason


class Integration(TypedDict):
    """Civic integration so far."""

    dutyOn: date | None
    law: Law | None
    intakeOn: date | None
    planOn: date | None
    route: Route | None


class Cause(TypedDict):
    """A spell of waiting with its cause; no clock is stopped for it, and spells may overlap."""

    label: str
    since: date
    until: date | None
    days: int


class Finding(TypedDict):
    """Something missing or contradictory, and the event it was seen at where there is one."""

    code: str
    source: str | None
    id: str | None
    on: date


class Journey(AsOf):
    """Where one permit holder stands; `withheld` names the parts that who asks has no need of, which are left out.

    `alsoKnownAs` are journeys of older V-numbers that are read as part of it.
    """

    journey: UUID
    alsoKnownAs: list[UUID]
    municipality: str | None
    household: NotRequired[str | None]
    permit: NotRequired[Permit | None]
    documentOn: NotRequired[date | None]
    closed: Closing | None
    norm: Norm
    phases: NotRequired[Phases | None]
    link: Link | None
    links: NotRequired[list[Link]]
    homes: NotRequired[list[Home]]
    housing: Home | None
    returnedOn: NotRequired[date | None]
    permanentHomeOn: NotRequired[date | None]
    guestSince: NotRequired[date | None]
    family: NotRequired[Family | None]
    dossier: NotRequired[list[Item]]
    refusals: NotRequired[list[Refusal]]
    integration: NotRequired[Integration | None]
    causes: NotRequired[list[Cause]]
    findings: NotRequired[list[Finding]]
    withheld: list[str]


@router.get("/journeys/{journey:uuid}", response_model=None, responses=responses_of(Journey, 404, 410))
def read_journey(request: Request, times: AskedTimes, journey: UUID, norm: NormName = DEFAULT_NORM) -> Response:
    """Where one permit holder stands; who had more than one V-number is told as one, by the id of any of them."""
    context = request.app.state.context
    with open_log_question(context.engine, times, context.clock) as log:
        found = read_persons(log.connection, [journey, streams.REFERENCE], log.known)
        person = found[journey]
        refuse_hidden(request, log.connection, person)
        valid_on = times.valid_on or today(context.clock)
        places = PlacesHistory(found[streams.REFERENCE].known)(log.position)
        chosen = NORM_SETS[norm]
        stands = journey_state(person.known, valid_on, chosen, places, person.findings)
        access_log.log_consulted(request, [person.journey], "read a journey")
        as_of = log._replace(valid_on=valid_on).as_of()
        body = _journey(as_of, person, stands, chosen, withheld_sections(request))
        return answer({name: part for name, part in body.items() if name not in body["withheld"]})


def _journey(as_of: AsOf, person: Person, stands: JourneyState, norm: NormSet, withheld: list[str]) -> Journey:
    journey, link = stands.journey, stands.journey.current_link
    permit, closing, family, integration = journey.permit, journey.closing, journey.family, journey.integration
    linking, housing, departure, total = map(_phase, stands.phases)
    return {
        **as_of,
        "journey": person.journey,
        "alsoKnownAs": list(person.others),
        "municipality": stands.municipality,
        "household": journey.household,
        "permit": permit
        and {"on": permit.on, "ground": permit.ground, "unaccompaniedMinor": permit.unaccompanied_minor},
        "documentOn": journey.document_on,
        "closed": closing and {"on": closing.on, "reason": closing.reason},
        "norm": norm_set(norm),
        "phases": {"linking": linking, "housing": housing, "departure": departure, "total": total},
        "link": link and _link(link),
        "links": [_link(one) for one in journey.links],
        "homes": [_home(one) for one in journey.homes],
        "housing": journey.housing and _home(journey.housing),
        "returnedOn": journey.returned_on,
        "permanentHomeOn": journey.permanent_home_on,
        "guestSince": journey.guest_since,
        "family": {
            "appliedOn": family.applied_on,
            "persons": family.persons,
            "decidedOn": family.decided_on,
            "granted": family.granted,
            "refused": family.refused,
            "arrived": family.arrived,
        },
        "dossier": [{"item": item, "completedOn": on} for item, on in journey.dossier],
        "refusals": [
            {
                "on": one.on,
                "municipality": one.municipality,
                "assessedOn": one.assessed_on,
                "justified": one.justified,
            }
            for one in journey.refusals
        ],
        "integration": {
            "dutyOn": integration.duty_on,
            "law": integration.law,
            "intakeOn": integration.intake_on,
            "planOn": integration.plan_on,
            "route": integration.route,
        },
        "causes": [
            {"label": one.label, "since": one.since, "until": one.until, "days": one.days} for one in stands.causes
        ],
        "findings": [
            {"code": one.code, "source": one.source or None, "id": one.id or None, "on": one.on}
            for one in stands.findings
        ],
        "withheld": withheld,
    }


def _link(link: milestones.Link) -> Link:
    return {"municipality": link.municipality, "on": link.on, "until": link.until}


def _home(home: milestones.Home | milestones.Housing) -> Home:
    return {"municipality": home.municipality, "on": home.on, "accommodation": home.accommodation}


def _phase(stretch: PhaseOnDay) -> Phase:
    return {
        "owner": stretch.owner,
        "state": stretch.state,
        "startedOn": stretch.started_on,
        "endedOn": stretch.ended_on,
        "earlierDays": stretch.earlier_days,
        "days": stretch.days,
        "norm": stretch.norm,
        "dueOn": stretch.due_on,
        "daysOver": stretch.days_over,
    }
