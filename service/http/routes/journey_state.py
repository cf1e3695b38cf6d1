"""Where one permit holder stands."""

from __future__ import annotations

from datetime import date
from typing import Annotated, NotRequired
from uuid import UUID

from fastapi import APIRouter, Request, Response
from typing_extensions import TypedDict

from domain import milestones
from domain.accommodation import Accommodation
from domain.ages import comes_of_age_on
from domain.dossier import missing_items
from domain.facts.housing import RefusalReason
from domain.facts.linking import AdaptedHome, HandoverForm, OutflowRegion
from domain.facts.linking import Item as FileItem
from domain.facts.permit import Ground
from domain.milestones import ClosingReason, LinkEnding
from domain.norm_sets import DEFAULT_NORM, NormSet
from domain.norms import Owner, PhaseState
from projections import streams
from projections.journey_state import JourneyState, PhaseOnDay, journey_state
from projections.norm_sets import known_norm_sets
from projections.places import PlacesHistory
from service.access.rules import withheld_sections
from service.audit import access_log
from service.foundation.answers import Norm, answer, told_norm
from service.foundation.parameter_types import OneOf
from service.foundation.time import today
from service.http.openapi.responses import responses_of
from service.http.routes.journey_parts import (
    Cause,
    CauseOfDays,
    Family,
    Integration,
    TemporaryStay,
    causes_by_day_part,
    causes_part,
    family_part,
    integration_part,
    stay_part,
)
from service.http.routes.journeys import refuse_hidden
from service.http.routes.parameters import AskedNormName, AskedNormSet, asked_norm
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
    """A link to a municipality; `until` is the day it ended, `replaced` by another link or for the reason stated."""

    municipality: str
    on: date
    until: date | None
    endReason: LinkEnding | None


class AdaptedNeed(TypedDict):
    """That an adapted home is needed, and from which day that is known."""

    on: date
    kind: AdaptedHome


class Housing(TypedDict):
    """Where the permit holder was housed; `until` is the last day that they can live there."""

    municipality: str
    on: date
    accommodation: Accommodation
    until: date | None


class Home(Housing):
    """A home, or a temporary place, that became ready; `until` is its last day."""

    bedrooms: int | None


class Handover(TypedDict):
    """A handover to a municipality, in a talk or in writing."""

    on: date
    municipality: str
    form: HandoverForm


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


class Item(TypedDict):
    """An item of the file that is complete."""

    item: str
    completedOn: date


class Refusal(TypedDict):
    """A refused offer, its reason where one was stated, and COA's judgement."""

    on: date
    municipality: str
    reasonCode: RefusalReason | None
    assessedOn: date | None
    justified: bool | None


class Closing(TypedDict):
    """Why the journey ended without housing."""

    on: date
    reason: ClosingReason


class Fine(TypedDict):
    """A fine for not integrating, in whole euros, and the day it was cancelled."""

    on: date
    amount: int
    cancelledOn: date | None


class Finding(TypedDict):
    """Something missing or contradictory, and the event it was seen at where there is one."""

    code: str
    source: str | None
    id: str | None
    on: date


class Journey(AsOf):
    """Where one permit holder stands; `withheld` names the parts that who asks has no need of, which are left out.

    `alsoKnownAs` are journeys of older V-numbers that are read as part of it. `comesOfAgeOn` is of an unaccompanied
    minor the first day of the month of their eighteenth birthday, where that is known.
    """

    journey: UUID
    alsoKnownAs: list[UUID]
    municipality: str | None
    household: NotRequired[str | None]
    permit: NotRequired[Permit | None]
    comesOfAgeOn: NotRequired[date | None]
    documentOn: NotRequired[date | None]
    region: NotRequired[OutflowRegion | None]
    adaptedNeeds: NotRequired[list[AdaptedNeed]]
    closed: Closing | None
    norm: Norm
    phases: NotRequired[Phases | None]
    link: Link | None
    links: NotRequired[list[Link]]
    homes: NotRequired[list[Home]]
    housing: Housing | None
    returnedOn: NotRequired[date | None]
    permanentHomeOn: NotRequired[date | None]
    registeredOn: NotRequired[date | None]
    handovers: NotRequired[list[Handover]]
    guestSince: NotRequired[date | None]
    guestUntil: NotRequired[date | None]
    temporaryStay: NotRequired[TemporaryStay | None]
    family: NotRequired[Family | None]
    dossier: NotRequired[list[Item]]
    missingItems: NotRequired[list[FileItem]]
    refusals: NotRequired[list[Refusal]]
    integration: NotRequired[Integration | None]
    fines: NotRequired[list[Fine]]
    causes: NotRequired[list[Cause]]
    causesByDay: NotRequired[list[CauseOfDays]]
    findings: NotRequired[list[Finding]]
    withheld: list[str]


@router.get("/journeys/{journey:uuid}", response_model=None, responses=responses_of(Journey, 404, 410))
def read_journey(
    request: Request,
    times: AskedTimes,
    journey: UUID,
    norm: AskedNormName = DEFAULT_NORM,
    norm_set: AskedNormSet = None,
) -> Response:
    """Where one permit holder stands; who had more than one V-number is told as one, by the id of any of them."""
    context = request.app.state.context
    with open_log_question(context.engine, times, context.clock) as log:
        found = read_persons(log.connection, [journey, streams.REFERENCE], log.known)
        person = found[journey]
        refuse_hidden(request, log.connection, person)
        valid_on = times.valid_on or today(context.clock)
        places = PlacesHistory(found[streams.REFERENCE].known)(log.position)
        chosen = asked_norm(request, norm, norm_set).among(known_norm_sets(found[streams.REFERENCE].known))
        stands = journey_state(person.known, valid_on, chosen, places, person.findings)
        access_log.log_consulted(request, [person.journey], "read a journey")
        as_of = log._replace(valid_on=valid_on).as_of()
        body = _journey(as_of, valid_on, person, stands, chosen, withheld_sections(request))
        return answer({name: part for name, part in body.items() if name not in body["withheld"]})


def _journey(
    as_of: AsOf, on: date, person: Person, stands: JourneyState, norm: NormSet, withheld: list[str]
) -> Journey:
    journey, link = stands.journey, stands.journey.current_link
    permit, closing = journey.permit, journey.closing
    stay = None if journey.guest_since is None else journey.guest_stay
    linking, housing, departure, total = map(_phase, stands.phases)
    return {
        **as_of,
        "journey": person.journey,
        "alsoKnownAs": list(person.others),
        "municipality": stands.municipality,
        "household": journey.household,
        "permit": permit
        and {"on": permit.on, "ground": permit.ground, "unaccompaniedMinor": journey.unaccompanied_minor},
        "comesOfAgeOn": comes_of_age_on(journey.born) if journey.born and journey.unaccompanied_minor else None,
        "documentOn": journey.document_on,
        "region": journey.region,
        "adaptedNeeds": [{"on": one.on, "kind": one.kind} for one in journey.adapted_needs],
        "closed": closing and {"on": closing.on, "reason": closing.reason},
        "norm": told_norm(norm),
        "phases": {"linking": linking, "housing": housing, "departure": departure, "total": total},
        "link": link and _link(link),
        "links": [_link(one) for one in journey.links],
        "homes": [_home(one) for one in journey.homes],
        "housing": journey.housing and _place(journey.housing),
        "returnedOn": journey.returned_on,
        "permanentHomeOn": journey.permanent_home_on,
        "registeredOn": journey.registered_on,
        "handovers": [{"on": one.on, "municipality": one.municipality, "form": one.form} for one in journey.handovers],
        "guestSince": stay and stay.since,
        "guestUntil": stay and stay.until,
        "temporaryStay": stay_part(stands.stay, on),
        "family": family_part(journey, on),
        "dossier": [{"item": item, "completedOn": on} for item, on in journey.dossier],
        "missingItems": list(missing_items(journey.dossier)),
        "refusals": [
            {
                "on": one.on,
                "municipality": one.municipality,
                "reasonCode": one.reason_code,
                "assessedOn": one.assessed_on,
                "justified": one.justified,
            }
            for one in journey.refusals
        ],
        "integration": integration_part(journey, on),
        "fines": [{"on": one.on, "amount": one.amount, "cancelledOn": one.cancelled_on} for one in stands.fines],
        "causes": causes_part(stands.causes),
        "causesByDay": causes_by_day_part(stands.causes_by_day),
        "findings": [
            {"code": one.code, "source": one.source or None, "id": one.id or None, "on": one.on}
            for one in stands.findings
        ],
        "withheld": withheld,
    }


def _link(link: milestones.Link) -> Link:
    return {"municipality": link.municipality, "on": link.on, "until": link.until, "endReason": link.end_reason}


def _home(home: milestones.Home) -> Home:
    return {**_place(home), "bedrooms": home.bedrooms}


def _place(home: milestones.Home | milestones.Housing) -> Housing:
    return {
        "municipality": home.municipality,
        "on": home.on,
        "accommodation": home.accommodation,
        "until": home.until,
    }


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
