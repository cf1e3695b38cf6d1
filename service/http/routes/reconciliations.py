"""Reconciliations: another register's list of who was housed, compared with ours."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from service.audit import access_log
from service.foundation.answers import answer
from service.http.routes.body import body_of, require_media_type
from service.http.routes.described import answers
from service.http.routes.described import reconciliations as described
from service.http.routes.half_year import AskedPeriod
from service.http.routes.journeys import own_municipality
from service.http.routes.parameters import KnownMunicipality
from service.queries.question import AskedTimes
from service.queries.reconciliation import everybody, reconcile
from service.queries.their_list import MOST_BYTES, read_list
from service.queries.visibility import own, refuse_shared

router = APIRouter(tags=["figures"])


async def posted_list(request: Request) -> AsyncIterator[bytes]:
    """The body, which must be CSV of at most 8 MB."""
    require_media_type(request, "text/csv")
    async with body_of(request, MOST_BYTES) as body:
        yield body


@router.post(
    "/reconciliations",
    response_model=None,
    responses=answers(described.Reconciliation, 408, 413, 415),
    openapi_extra=described.LIST,
)
def reconcile_list(
    request: Request,
    times: AskedTimes,
    body: Annotated[bytes, Depends(posted_list)],
    period: AskedPeriod,
    municipality: KnownMunicipality = None,
) -> Response:
    """Compare a list of persons and days with ours, person by person; nothing of it is kept."""
    given = request.app.state.shell
    of_the_caller = own(request)
    if of_the_caller is not None:
        municipality = own_municipality(of_the_caller, municipality)
    listed = read_list(body, given.keys)
    seen = everybody if of_the_caller is None else of_the_caller.journeys
    found = reconcile(given.engine, given.clock, listed, period, municipality, times, seen)
    scope = found.scope
    refuse_shared(request, scope.places, scope.day)
    journeys = (person.journey for person in found.comparison.persons)
    access_log.consulted(request, filter(None, journeys), "compared a list of persons")
    return answer(found.body())
