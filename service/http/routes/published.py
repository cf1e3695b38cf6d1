"""Published figures beside ours."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from service.foundation.answers import answer
from service.http.routes.described import answers
from service.http.routes.described import reconciliations as described
from service.http.routes.half_year import AskedPeriod
from service.queries.published_figures import published_figures
from service.queries.question import AskedTimes

router = APIRouter(tags=["figures"])


@router.get("/published-figures", response_model=None, responses=answers(described.PublishedFigures))
def list_published_figures(request: Request, times: AskedTimes, period: AskedPeriod) -> Response:
    """What was published of a half-year, by whom, and ours for that day."""
    given = request.app.state.shell
    return answer(published_figures(given.engine, given.clock, period, times))
