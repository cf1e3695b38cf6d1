"""Findings as a work list: what is missing or contradictory, of whom, and who is to set it right."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from typing_extensions import TypedDict

from domain.authority import Organisation
from domain.doubts import doubted_event
from domain.facts import Recorded
from domain.findings import FINDING_CODES
from projections.findings import FindingKey, FoundOnDay, read_findings
from projections.states.findings import findings
from projections.states.phases import phases
from service.access.caller import caller_of
from service.access.rules import extent_of, forbidden
from service.audit import access_log
from service.http.openapi.responses import responses_of
from service.http.routes.pages import AskedPage, answer_page, column
from service.http.routes.parameters import OIN, KnownMunicipality
from service.log.mapper import to_fact
from service.log.recorder import EventRecorder
from service.log.sealing import select_destroyed
from service.queries.figure_tables import Words
from service.queries.finding_words import FINDING_WORDS
from service.queries.formats import LIST_FORMS, AskedListForm
from service.queries.question import Question, open_question
from service.queries.times import AsOf
from service.queries.visibility import told_journeys, visible_journeys

router = APIRouter(tags=["journeys"])

_COLUMNS = (
    column("finding", "Finding", "Bevinding"),
    column("journey", "Journey", "Traject"),
    column("stream", "Stream", "Stroom"),
    column("municipality", "Municipality", "Gemeente"),
    column("on", "Day it is about", "Dag waarover het gaat", "day"),
    column("organisation", "To be set right by", "Te herstellen door"),
    column("event.source", "Source of the event", "Bron van de gebeurtenis"),
    column("event.id", "Id of the event", "Id van de gebeurtenis"),
    column("doubted.source", "Source of what is doubted", "Bron van wat betwijfeld wordt"),
    column("doubted.id", "Id of what is doubted", "Id van wat betwijfeld wordt"),
)


#: So many are read at once where of those before there were too few to be told.
_MORE = 500


class NamedEvent(TypedDict):
    """An event by its source and id."""

    source: str
    id: str


class FindingOnDay(TypedDict):
    """Something missing or contradictory: of a journey, else of the stream that is named; the OIN of the organisation
    that is to set it right, and the event that it was seen at, both null where it was seen at none. Of a doubt also
    the event that is doubted. Of a journey that may not be read by who asks, that and its municipality are null.
    """

    finding: str
    journey: UUID | None
    stream: str | None
    municipality: str | None
    on: date
    organisation: str | None
    event: NamedEvent | None
    doubted: NamedEvent | None


class Explained(TypedDict):
    """What a finding means, and what is to be done about it."""

    finding: str
    explanation: Words


class FindingsOnDay(AsOf):
    """The findings in force, by the day that they are about; what those on this page mean."""

    explanations: list[Explained]
    items: list[FindingOnDay]


@router.get("/findings", response_model=None, responses=responses_of(FindingsOnDay, forms=LIST_FORMS))
def list_findings(
    request: Request,
    page: AskedPage,
    form: AskedListForm,
    organisation: Annotated[
        str | None, Query(pattern=OIN, description="The OIN of whoever is to set it right (default: whoever that is)")
    ] = None,
    finding: Annotated[
        str | None, Query(pattern=f"^({'|'.join(FINDING_CODES)})$", description="Only with this code")
    ] = None,
    municipality: KnownMunicipality = None,
) -> Response:
    """What is missing or contradictory, for whose event it is: of a doubt for who sent what is doubted.

    What was seen at no event of its own, between the boundaries of phases, is for the municipality where the journey
    belongs. Who reads their own gets what is theirs to set right: at an event of theirs also of who concerns them no
    longer, without journey and municipality, and not where a municipality is asked for.
    """
    context = request.app.state.context
    who, own = _whose(request, organisation)
    with open_question(
        context.engine, page.times, context.clock, municipality=municipality, reads=(findings, phases)
    ) as question:
        listed, after, limit = list[_Told](), _key(page.after), page.limit + 1
        while len(listed) <= page.limit:
            found = read_findings(
                question.tables,
                question.asked,
                question.places,
                municipality=municipality,
                finding=finding,
                organisation=who,
                own=own,
                after=after,
                limit=limit,
            )
            listed += _listed(request, question, found, municipality)
            if len(found) < limit:
                break
            after, limit = found[-1].key, _MORE
        listed, more = page.limited(listed)
        headers = page.links(question.as_of(), _written(listed[-1].found.key)) if more else {}
        access_log.log_consulted(
            request, [one.found.stream for one in listed if one.found.said_of is None], "listed findings"
        )
        codes = [code for code in FINDING_CODES if any(one.found.code == code for one in listed)]
        body: FindingsOnDay = {
            **question.as_of(),
            "explanations": [{"finding": code, "explanation": _words(code)} for code in codes],
            "items": _items(question, listed),
        }
        return answer_page(form, "findings", _COLUMNS, body, headers)


def _whose(request: Request, asked: str | None) -> tuple[str | None, str | None]:
    """The OIN whose work is listed, and the municipality that it is; who reads their own lists no other's."""
    caller = caller_of(request.scope).organisation
    if extent_of(request) == "own":
        if caller is None or asked not in (None, caller.oin):
            raise forbidden()
        return caller.oin, _code(caller)
    registered = None if asked is None else request.app.state.context.registry(asked)
    return asked, None if registered is None else _code(registered)


def _code(organisation: Organisation) -> str | None:
    return organisation.code if organisation.kind == "municipality" else None


class _Told(NamedTuple):
    """A finding that may be told, and whether so may be whose it is and where they belong."""

    found: FoundOnDay
    whose: bool


def _listed(request: Request, question: Question, found: list[FoundOnDay], municipality: str | None) -> Iterator[_Told]:
    """Those that may be told: not of who was destroyed, nor at no event of who concerns the caller no longer, nor such
    a one's by the municipality where they belong.
    """
    connection = question.log.connection
    journeys = {one.stream for one in found if one.said_of is None}
    gone = select_destroyed(connection, journeys)
    told = told_journeys(request, connection, journeys)
    seen = visible_journeys(request, connection, {one.stream for one in found if one.position is None})
    for one in found:
        whose = one.said_of is not None or one.stream in told
        kept = one.stream in seen if one.position is None else whose or municipality is None
        if one.stream not in gone and kept:
            yield _Told(one, whose)


def _items(question: Question, listed: list[_Told]) -> list[FindingOnDay]:
    positions = {one.found.position for one in listed if one.found.position is not None}
    rows = EventRecorder(question.log.connection).select_at(sorted(positions))
    events = {row.position: to_fact(row) for row in rows}
    return [_item(one, None if one.found.position is None else events.get(one.found.position)) for one in listed]


def _item(told: _Told, event: Recorded | None) -> FindingOnDay:
    one = told.found
    doubted = ("", "") if event is None else doubted_event(event)
    return {
        "finding": one.code,
        "journey": one.stream if told.whose and one.said_of is None else None,
        "stream": one.said_of,
        "municipality": one.municipality if told.whose else None,
        "on": one.on,
        "organisation": one.answerable,
        "event": None if event is None else {"source": event.source, "id": event.id},
        "doubted": None if doubted == ("", "") else {"source": doubted[0], "id": doubted[1]},
    }


def _words(code: str) -> Words:
    return {"en": FINDING_WORDS[code].en, "nl": FINDING_WORDS[code].nl}


def _written(key: FindingKey) -> str:
    return f"{key.on} {key.stream} {key.code} {key.position}"


def _key(written: str | None) -> FindingKey | None:
    """What a cursor of this list holds."""
    if written is None:
        return None
    on, stream, code, position = written.split(" ")
    return FindingKey(date.fromisoformat(on), UUID(stream), code, int(position))
