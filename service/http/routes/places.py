"""Municipalities through time, and the half-years of which something was said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response

from domain.effective import force
from domain.municipality import TABLE_BEGINS
from domain.period import Period
from domain.places import Places
from domain.quota import PeriodFigures, findings
from projections import quota, streams
from projections.catalogue import OF_PERIODS, OF_PLACES
from service.foundation.answers import answer
from service.http.routes.described import answers
from service.http.routes.described import reference as described
from service.log.mapper import histories
from service.queries.question import AskedTimes, LogQuestion, asking, asking_log

router = APIRouter(tags=["reference"])


@router.get("/municipalities", response_model=None, responses=answers(described.Municipalities))
def list_municipalities(request: Request, times: AskedTimes) -> Response:
    """Every municipality since 2019 with its validity, successors and inhabitants."""
    given = request.app.state.shell
    with asking(given.engine, times, given.clock, reads=OF_PLACES) as question:
        counted = {year: question.places.counted(year) for year in question.places.years}
        items = [_municipality(code, question.places, counted) for code in question.places.ever_there]
        return answer({**question.told(), "items": items})


@router.get("/periods", response_model=None, responses=answers(described.Periods))
def list_periods(request: Request, times: AskedTimes) -> Response:
    """The half-years of which something was said, with the numbers in force on the day."""
    given = request.app.state.shell
    with asking(given.engine, times, given.clock, reads=OF_PERIODS) as question:
        numbers = quota.numbers(question.tables, question.asked.position)
        figures = quota.said(question.tables, question.asked)
        forecasts = quota.forecasts(numbers, question.asked.valid_on)
        told, places = question.told(), question.places
    spoken_of = {number.period for number in numbers}
    # After the question, so that nobody holds one connection while waiting for a second.
    with asking_log(given.engine, times, given.clock) as log:
        ineffective = _ineffective(log, told["position"], spoken_of)
    items = []
    for period in sorted(spoken_of | ineffective.keys()):
        said = figures.get(period, PeriodFigures())
        contradictions = findings(period, said, places)
        items.append(
            {
                "period": str(period),
                "first": period.first,
                "last": period.last,
                "quota": said.national,
                "forecast": forecasts.get(period),
                "reduction": said.reduction,
                "findings": [
                    *({**finding._asdict(), "source": None, "id": None} for finding in contradictions),
                    *ineffective.get(period, ()),
                ],
            }
        )
    return answer({**told, "items": items})


def _ineffective(log: LogQuestion, position: int, spoken_of: set[Period]) -> dict[Period, list[dict[str, Any]]]:
    """Corrections and withdrawals that have no effect, in these periods' streams and those beside them.

    Beside them, because the wrong period is what is usually wrong with one.
    """
    near = {streams.of_period(each): each for one in spoken_of for each in (one.previous, one, one.next)}
    ineffective = {}
    for stream, history in histories(log.connection, near).items():
        known = [event for event in log.known(history) if event.position <= position]
        told = [
            {"code": finding.code, "municipality": None, "source": finding.source, "id": finding.id}
            for finding in force(known).findings
        ]
        if told:
            ineffective[near[stream]] = told
    return ineffective


def _municipality(code: str, places: Places, counted: Mapping[int, Mapping[str, int]]) -> dict[str, Any]:
    each = places.municipality(code)
    return {
        "code": code,
        "name": each.name,
        "province": each.province,
        "validFrom": None if each.begins == TABLE_BEGINS else each.begins,
        "validUntil": each.ends,
        "successors": [heir._asdict() for heir in each.successors],
        "inhabitants": [
            {"year": year, "persons": persons[code]} for year, persons in counted.items() if code in persons
        ],
        "latitude": each.latitude,
        "longitude": each.longitude,
    }
