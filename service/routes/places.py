"""Municipalities through time, and the half-years of which something was said."""

from __future__ import annotations

from datetime import date
from typing import Any

from fastapi import APIRouter, Request, Response

from domain.places import Places
from domain.quota import PeriodFigures, findings
from projections import quota
from service.answers import answer
from service.question import AskedTimes, asking
from service.routes.described import answers
from service.routes.described import reference as described

router = APIRouter(tags=["reference"])


@router.get("/municipalities", response_model=None, responses=answers(described.Municipalities))
def list_municipalities(request: Request, times: AskedTimes) -> Response:
    """Every municipality since 2019 with its validity, successors and inhabitants."""
    given = request.app.state.shell
    with asking(given.engine, times, given.clock) as question:
        counted = {year: _inhabitants(question.places, year) for year in question.places.years}
        items = [_municipality(code, question.places, counted) for code in question.places.codes]
        return answer({**question.told(), "items": items})


@router.get("/periods", response_model=None, responses=answers(described.Periods))
def list_periods(request: Request, times: AskedTimes) -> Response:
    """The half-years of which something was said, with the numbers in force on the day."""
    given = request.app.state.shell
    with asking(given.engine, times, given.clock) as question:
        numbers = quota.numbers(question.connection, question.asked.position)
        figures = quota.figures(numbers, question.asked.valid_on)
        forecasts = quota.forecasts(numbers, question.asked.valid_on)
        items = []
        for period in sorted({number.period for number in numbers}):
            said = figures.get(period, PeriodFigures())
            items.append(
                {
                    "period": str(period),
                    "first": period.first,
                    "last": period.last,
                    "quota": said.national,
                    "forecast": forecasts.get(period),
                    "reduction": said.reduction,
                    "findings": [finding._asdict() for finding in findings(period, said, question.places)],
                }
            )
        return answer({**question.told(), "items": items})


def _inhabitants(places: Places, year: int) -> dict[str, int]:
    return dict(places.inhabitants(year, date(year, 1, 1)))


def _municipality(code: str, places: Places, counted: dict[int, dict[str, int]]) -> dict[str, Any]:
    each = places.municipality(code)
    return {
        "code": code,
        "name": each.name,
        "province": each.province,
        "validFrom": each.begins,
        "validUntil": each.ends,
        "successors": [heir._asdict() for heir in each.successors],
        "inhabitants": [
            {"year": year, "persons": persons[code]} for year, persons in counted.items() if code in persons
        ],
        "latitude": each.latitude,
        "longitude": each.longitude,
    }
