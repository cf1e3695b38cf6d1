"""Another's figures beside ours: a register's list of who was housed, compared with ours, and figures as published."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from service.audit import access_log
from service.foundation.answers import answer
from service.http.openapi.responses import responses_of
from service.http.routes.journeys import own_municipality
from service.http.routes.parameters import AskedPeriod, KnownMunicipality
from service.http.routes.requests import read_body, require_media_type
from service.queries.published_figures import PublishedFigures, published_figures
from service.queries.reconciliation import Reconciliation, everybody, reconcile
from service.queries.their_list import MOST_BYTES, MOST_LINES, read_list
from service.queries.times import AskedTimes
from service.queries.visibility import own_scope, refuse_shared_rows

router = APIRouter(tags=["figures"])

#: The body of a reconciliation: V-numbers never stand in an address.
_LIST_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": (
            "One line a person, below a header that names two columns, with commas or semicolons between them: "
            "`vNumber` (or `vnummer`; ten digits) or `journey` (or `traject`; our id), and `housedOn` (or "
            "`gehuisvestOp`, `datum`; like 2021-08-01). A byte order mark, a first line `sep=;` and empty rows are "
            f"passed over. At most {MOST_LINES:,} persons and {MOST_BYTES // 1_000_000} MB, which may be compressed "
            "with gzip. Nothing of it is kept."
        ),
        "content": {
            "text/csv": {
                "schema": {"type": "string", "x-personal": True},
                "example": "vNumber,housedOn\n9999000001,2021-08-01\n9999000002,2021-09-15\n",
            }
        },
    }
}


async def posted_list(request: Request) -> AsyncIterator[bytes]:
    """The body, which must be CSV of at most 8 MB."""
    require_media_type(request, "text/csv")
    async with read_body(request, MOST_BYTES) as body:
        yield body


@router.post(
    "/reconciliations",
    response_model=None,
    responses=responses_of(Reconciliation, 408, 413, 415),
    openapi_extra=_LIST_BODY,
)
def reconcile_list(
    request: Request,
    times: AskedTimes,
    body: Annotated[bytes, Depends(posted_list)],
    period: AskedPeriod,
    municipality: KnownMunicipality = None,
) -> Response:
    """Compare a list of persons and days with ours, person by person; nothing of it is kept."""
    context = request.app.state.context
    of_the_caller = own_scope(request)
    municipality = own_municipality(request, municipality)
    listed = read_list(body, context.keys)
    seen = everybody if of_the_caller is None else of_the_caller.journeys
    found = reconcile(context.engine, context.clock, listed, period, municipality, times, seen)
    scope = found.scope
    refuse_shared_rows(request, scope.places, scope.day)
    journeys = (person.journey for person in found.comparison.persons)
    access_log.log_consulted(request, filter(None, journeys), "compared a list of persons")
    return answer(found.body())


@router.get("/published-figures", response_model=None, responses=responses_of(PublishedFigures))
def list_published_figures(request: Request, times: AskedTimes, period: AskedPeriod) -> Response:
    """What was published of a half-year, by whom, and ours for that day."""
    context = request.app.state.context
    return answer(published_figures(context.engine, context.clock, period, times))
