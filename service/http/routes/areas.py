"""What was said of one area: a municipality, a province or the country."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from domain.area_findings import area_findings
from domain.identifiers import is_region_code
from domain.municipality import PROVINCES
from domain.places import Places
from projections import streams
from projections.places import PlacesHistory
from service.foundation.problems import Problem
from service.http.openapi.responses import responses_of
from service.http.routes.events import COLUMNS, Events
from service.http.routes.journey_state import Finding
from service.http.routes.pages import AskedPage, answer_page
from service.http.routes.parameters import AREA
from service.log.mapper import read_histories
from service.log.recorder import EventRecorder
from service.queries.events import describe_events, is_listed
from service.queries.formats import LIST_FORMS, AskedListForm
from service.queries.question import open_log_question
from service.queries.visibility import own_scope

router = APIRouter(tags=["events"])

_COUNTRY = "NL"


class AreaEvents(Events):
    """The events of one area in order of position, and what they say that cannot be so, whatever page this is."""

    findings: list[Finding]


@router.get("/areas/{area}/events", response_model=None, responses=responses_of(AreaEvents, 404, forms=LIST_FORMS))
def list_area_events(
    request: Request,
    page: AskedPage,
    form: AskedListForm,
    area: Annotated[
        str,
        Path(
            description="`NL`, or the code of a province or a municipality, as the events name it",
            json_schema_extra={"pattern": AREA},
        ),
    ],
) -> Response:
    """The events of one area, in order of position.

    They are of the code that they name: what was said of a municipality that merged since stays under its own.
    """
    with open_log_question(request.app.state.context.engine, page.times, request.app.state.context.clock) as question:
        if not is_region_code(area):
            raise _unknown_area()
        stream = streams.of_area(area)
        found = read_histories(question.connection, [stream, streams.REFERENCE])
        places = PlacesHistory(question.known(found.get(streams.REFERENCE, [])))(question.position)
        if not _is_area(area, places):
            raise _unknown_area()
        every = [row for row in EventRecorder(question.connection).select_streams([stream]) if is_listed(question, row)]
        if (of_the_caller := own_scope(request)) is not None:
            every = of_the_caller.rows(question.connection, every)
        told = {(row.source, row.source_id) for row in every}
        start = 0 if page.after is None else int(page.after)
        rows, more = page.limited([row for row in every if row.position > start])
        findings: list[Finding] = [
            {"code": one.code, "source": one.source, "id": one.id, "on": one.on}
            for one in area_findings(question.known(found.get(stream, [])), places)
            if (one.source, one.id) in told
        ]
        body: AreaEvents = {**question.as_of(), "items": describe_events(question, rows), "findings": findings}
        headers = page.links(body, rows[-1].position) if more else {}
        return answer_page(form, "events", COLUMNS, body, headers)


def _unknown_area() -> Problem:
    return Problem(404, "No such area", "The service knows of no such area, or did not know of it then.")


def _is_area(code: str, places: Places) -> bool:
    return code == _COUNTRY or code in PROVINCES or places.known(code)
