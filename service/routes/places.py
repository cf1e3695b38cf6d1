"""Municipalities through time, and the half-years of which something was said."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import select

from domain.municipality import shipped_counts
from domain.places import Places
from domain.quota import PeriodFigures, findings
from projections import quota
from projections.tables import reference
from projections.view import in_force
from service.answers import answer
from service.question import AskedTimes, Question, asking
from service.routes.described import answers
from service.routes.described import reference as described

router = APIRouter(tags=["reference"])


@router.get("/municipalities", response_model=None, responses=answers(described.Municipalities))
def list_municipalities(request: Request, times: AskedTimes) -> Response:
    """Every municipality since 2019 with its validity, successors and inhabitants."""
    given = request.app.state.shell
    with asking(given.engine, times, given.clock) as question:
        counted = {year: _inhabitants(question.places, year) for year in _years(question)}
        items = [_municipality(code, question.places, counted) for code in _codes(question.places)]
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


def _codes(places: Places) -> list[str]:
    """All codes: between two of these days nothing changes."""
    days = places.eves(date.min, date.max)
    return sorted({code for day in days for code in places.existing_on(day)})


def _years(question: Question) -> Iterator[int]:
    """The years of which inhabitants were counted on 1 January, shipped or posted."""
    statement = select(reference.c.day).distinct()
    statement = statement.where(in_force(reference, question.asked), reference.c.kind == "inhabitants")
    posted = {on.year for on in question.connection.execute(statement).scalars() if (on.month, on.day) == (1, 1)}
    yield from sorted(_shipped_years() | posted)


@cache
def _shipped_years() -> frozenset[int]:
    return frozenset(year for year, _ in shipped_counts())


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
