"""Published figures beside ours."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from service.answers import answer
from service.published import published_figures
from service.question import AskedTimes
from service.routes.described import answers
from service.routes.described import reconciliations as described
from service.routes.half_year import AskedPeriod

router = APIRouter(tags=["figures"])


@router.get("/published-figures", response_model=None, responses=answers(described.PublishedFigures))
def list_published_figures(request: Request, times: AskedTimes, period: AskedPeriod) -> Response:
    """What was published of a half-year, by whom, and ours for that day."""
    given = request.app.state.shell
    return answer(published_figures(given.engine, given.clock, period, times))
