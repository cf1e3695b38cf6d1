"""Deadlines: what falls due, of whom, and who must act by then; as a list and as a calendar."""

from __future__ import annotations

from datetime import date
from typing import Annotated, cast
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from typing_extensions import TypedDict

from domain.deadlines import DeadlineKind, DeadlineOwner
from domain.norm_sets import DEFAULT_NORM
from projections.deadlines import OF_DEADLINES, OPEN_DEADLINES, DeadlineKey, read_deadlines
from projections.deadlines import Deadline as OpenDeadline
from projections.norm_sets import read_norm_sets
from service.access.rules import DEADLINE_SECTIONS, forbidden, withheld_sections
from service.audit import access_log
from service.foundation.answers import Norm, told_norm
from service.foundation.parameter_types import Day
from service.foundation.problems import invalid_parameter, parameter
from service.http.openapi.responses import responses_of
from service.http.routes.journeys import own_municipality
from service.http.routes.pages import AskedPage, answer_page, column
from service.http.routes.parameters import AskedNormName, AskedNormSet, KnownMunicipality, asked_norm
from service.log.sealing import select_destroyed
from service.queries.calendars import DEADLINE_FORMS, AskedDeadlineForm, calendar_response
from service.queries.question import Question, open_question
from service.queries.times import AsOf
from service.queries.visibility import refuse_shared_rows, visible_journeys

router = APIRouter(tags=["journeys"])

_COLUMNS = (
    column("journey", "Journey", "Traject"),
    column("municipality", "Municipality", "Gemeente"),
    column("kind", "What is due", "Wat"),
    column("owner", "Whose turn", "Aan zet"),
    column("since", "Since", "Sinds", "day"),
    column("dueOn", "Due on", "Uiterlijk op", "day"),
    column("daysOver", "Days over", "Dagen te laat", "whole"),
)
#: A calendar with more than so many behind it is nothing to look at, and would take the memory of others.
_MOST = 100_000


class Deadline(TypedDict):
    """What falls due of a journey, who must act by then, since when it runs (null: no day began it), and the days
    that it is past.
    """

    journey: UUID
    municipality: str | None
    kind: DeadlineKind
    owner: DeadlineOwner
    since: date | None
    dueOn: date
    daysOver: int


class Deadlines(AsOf):
    """What falls due, in the order of days, then of kinds, then of journeys; `withheld` names kinds that who asks has
    no need of, which are left out.
    """

    norm: Norm
    withheld: list[DeadlineKind]
    items: list[Deadline]


@router.get("/deadlines", response_model=None, responses=responses_of(Deadlines, forms=DEADLINE_FORMS))
def list_deadlines(
    request: Request,
    page: AskedPage,
    form: AskedDeadlineForm,
    municipality: KnownMunicipality = None,
    kind: Annotated[DeadlineKind | None, Query(description="Only of this kind (default: of every kind)")] = None,
    since: Annotated[
        Day | None,
        Query(alias="from", description="Only what is due on this day or later (default: also what is past)"),
    ] = None,
    until: Annotated[Day | None, Query(description="Only what is due by this day (default: whenever it is)")] = None,
    norm: AskedNormName = DEFAULT_NORM,
    norm_set: AskedNormSet = None,
) -> Response:
    """What falls due, of whom, and who must act by then; what is past stays until something else ends it.

    - `housing-norm`: the last day on which the housing phase ends within the norm. The municipality.
    - `temporary-stay`: the last day of who lives temporarily, six months on in a hotel where none was said. The
      municipality, which finds them a lasting home.
    - `guest-stay`: the last day with hosts, three months on where none was said. COA, which extends the stay or takes
      them back: a guest is not housed.
    - `integration-plan`: the last day on which a plan under the law of 2021 is in time. The municipality.
    - `integration-term`: the day the term ends, no longer part of it. DUO, which keeps it, and the permit holder.
    - `turning-18`: of an unaccompanied minor the first day of the month of their eighteenth birthday, the day of which
      is not kept. COA and the guardian (Nidos).

    As a calendar it has an entry for each day, kind and municipality with how many they are, all of them on no pages,
    and nothing of anybody; kinds that are withheld stand in its description.
    """
    context = request.app.state.context
    municipality = own_municipality(request, municipality)
    closed = withheld_sections(request)
    withheld = [one for one in OPEN_DEADLINES if DEADLINE_SECTIONS[one] in closed]
    if kind in withheld:
        raise forbidden()
    kinds = [one for one in OPEN_DEADLINES if one not in withheld and kind in (None, one)]
    faults = [parameter("until", "before-from", "must not be before from")] if since and until and until < since else []
    with open_question(
        context.engine, page.times, context.clock, faults, municipality=municipality, reads=OF_DEADLINES
    ) as question:
        refuse_shared_rows(request, question.places, question.asked.valid_on)
        chosen = asked_norm(request, norm, norm_set).among(read_norm_sets(question.tables, question.asked))
        found = read_deadlines(
            question.tables,
            question.asked,
            chosen,
            question.places,
            kinds=kinds,
            municipality=municipality,
            since=since,
            until=until,
            after=None if form.is_calendar else _key(page.after),
            limit=_MOST + 1 if form.is_calendar else page.limit + 1,
        )
        if form.is_calendar:
            if len(found) > _MOST:
                raise invalid_parameter("until", "too-large", "takes in more than a calendar can hold")
            listed = _listed(request, question, found)
            return calendar_response(
                listed, withheld, question.places, form.of_list.labels, question.known_at, question.as_of()
            )
        found, more = page.limited(found)
        headers = page.links(question.as_of(), _written(found[-1])) if more else {}
        listed = _listed(request, question, found)
        access_log.log_consulted(request, [one.journey for one in listed], "listed what falls due")
        body: Deadlines = {
            **question.as_of(),
            "norm": told_norm(chosen),
            "withheld": withheld,
            "items": [_deadline(one) for one in listed],
        }
        return answer_page(form.of_list, "deadlines", _COLUMNS, body, headers)


def _listed(request: Request, question: Question, found: list[OpenDeadline]) -> list[OpenDeadline]:
    """Those of some that may be told: who was destroyed, and who concerns the caller no longer, is left out."""
    some, connection = {one.journey for one in found}, question.log.connection
    told = visible_journeys(request, connection, some) - select_destroyed(connection, some)
    return [one for one in found if one.journey in told]


def _written(one: OpenDeadline) -> str:
    return f"{one.due_on} {one.kind} {one.journey}"


def _key(written: str | None) -> DeadlineKey | None:
    """What a cursor of this list holds."""
    if written is None:
        return None
    due_on, kind, journey = written.split(" ")
    return DeadlineKey(date.fromisoformat(due_on), cast(DeadlineKind, kind), UUID(journey))


def _deadline(one: OpenDeadline) -> Deadline:
    return {
        "journey": one.journey,
        "municipality": one.municipality,
        "kind": one.kind,
        "owner": one.owner,
        "since": one.since,
        "dueOn": one.due_on,
        "daysOver": one.days_over,
    }
