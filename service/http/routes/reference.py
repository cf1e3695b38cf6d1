"""Reference data: municipalities through time, half-years of which something was said, norm sets, types of events."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from fastapi import APIRouter, Request, Response
from typing_extensions import TypedDict

from domain.effective import effective_events
from domain.facts import QuotaTransferred
from domain.municipality import TABLE_BEGINS
from domain.period import Period as HalfYear
from domain.places import Places
from domain.quota import PeriodFigures, decisions_without_part, quota_findings
from projections import streams
from projections.engine import Asked
from projections.norm_sets import read_norm_sets
from projections.quota import forecasts_on, read_numbers, read_period_figures
from projections.states import OF_NORM_SETS, OF_PERIODS, OF_PLACES
from service.foundation.answers import Norm, answer, told_norm
from service.http.openapi.event_types import EventType, event_types
from service.http.openapi.responses import responses_of
from service.log.mapper import read_histories
from service.queries.question import LogQuestion, open_log_question, open_question
from service.queries.times import AskedTimes, AsOf

router = APIRouter(tags=["reference"])


class Successor(TypedDict):
    """Who took over a municipality, and how many of its inhabitants; null where that is not known."""

    municipality: str
    persons: int | None


class Count(TypedDict):
    """Inhabitants on 1 January of a year."""

    year: int
    persons: int


class Municipality(TypedDict):
    """A municipality of whatever time; `validUntil` is the first day without it."""

    code: str
    name: str
    province: str
    validFrom: date | None
    validUntil: date | None
    successors: list[Successor]
    inhabitants: list[Count]
    latitude: float | None
    longitude: float | None


class Municipalities(AsOf):
    """Every municipality since 2019, in code order."""

    items: list[Municipality]


class PeriodFinding(TypedDict):
    """What a half-year's events say that cannot be so, with the municipality or the event it is about."""

    code: str
    municipality: str | None
    source: str | None
    id: str | None


class Period(TypedDict):
    """A half-year of which something was said: the national quota, forecast and interim goal in force on the day."""

    period: str
    first: date
    last: date
    quota: int | None
    forecast: int | None
    reduction: int | None
    findings: list[PeriodFinding]


class Periods(AsOf):
    """The half-years, in order of time."""

    items: list[Period]


class NormSets(AsOf):
    """The norm sets known then, each of which `norm=` names: those of the service, and those that were published."""

    items: list[Norm]


class EventTypes(AsOf):
    """Every type of event that can be posted, in the order of the contract."""

    items: list[EventType]


@router.get("/municipalities", response_model=None, responses=responses_of(Municipalities))
def list_municipalities(request: Request, times: AskedTimes) -> Response:
    """Every municipality since 2019 with its validity, successors and inhabitants."""
    context = request.app.state.context
    with open_question(context.engine, times, context.clock, reads=OF_PLACES) as question:
        counted = {year: question.places.counted(year) for year in question.places.years}
        items = [_municipality(code, question.places, counted) for code in question.places.ever_there]
        body: Municipalities = {**question.as_of(), "items": items}
        return answer(body)


@router.get("/periods", response_model=None, responses=responses_of(Periods))
def list_periods(request: Request, times: AskedTimes) -> Response:
    """The half-years of which something was said, with the numbers in force on the day."""
    context = request.app.state.context
    with open_question(context.engine, times, context.clock, reads=OF_PERIODS) as question:
        numbers = read_numbers(question.tables, question.asked.position)
        figures = read_period_figures(question.tables, question.asked)
        forecasts = forecasts_on(numbers, question.asked.valid_on)
        as_of, places = question.as_of(), question.places
    named = {number.period for number in numbers}
    # After the question, so that nobody holds one connection while waiting for a second.
    with open_log_question(context.engine, times, context.clock) as log:
        ineffective = _ineffective(log, question.asked, named, places)
    items: list[Period] = []
    for period in sorted(named | ineffective.keys()):
        numbers_then = figures.get(period, PeriodFigures())
        contradictions: list[PeriodFinding] = [
            {"code": one.code, "municipality": one.municipality, "source": None, "id": None}
            for one in quota_findings(period, numbers_then, places)
        ]
        items.append(
            {
                "period": str(period),
                "first": period.first,
                "last": period.last,
                "quota": numbers_then.national,
                "forecast": forecasts.get(period),
                "reduction": numbers_then.reduction,
                "findings": [*contradictions, *ineffective.get(period, ())],
            }
        )
    body: Periods = {**as_of, "items": items}
    return answer(body)


@router.get("/norm-sets", response_model=None, responses=responses_of(NormSets))
def list_norm_sets(request: Request, times: AskedTimes) -> Response:
    """The readings of the norm: 2, 10 and 2 weeks as the sources tell it, and those that the ministry published."""
    context = request.app.state.context
    with open_question(context.engine, times, context.clock, reads=OF_NORM_SETS) as question:
        known = read_norm_sets(question.tables, question.asked)
        body: NormSets = {**question.as_of(), "items": [told_norm(norm) for norm in known.values()]}
        return answer(body)


def _ineffective(
    log: LogQuestion, asked: Asked, some: set[HalfYear], places: Places
) -> dict[HalfYear, list[PeriodFinding]]:
    """What has no effect, in these periods' streams and those beside them: corrections, withdrawals, and by the day
    asked decisions of municipalities that take no part in a transfer.

    Beside them, because the wrong period is what is usually wrong with one.
    """
    near = {streams.of_period(each): each for one in some for each in (one.previous, one, one.next)}
    ineffective = {}
    for stream, history in read_histories(log.connection, near).items():
        effective = effective_events(event for event in log.known(history) if event.position <= asked.position)
        found: list[PeriodFinding] = [
            {"code": finding.code, "municipality": None, "source": finding.source, "id": finding.id}
            for finding in effective.findings
        ]
        found += [
            {"code": "decision-without-part", "municipality": code, "source": event.source, "id": event.id}
            for event in effective.events
            if isinstance(event.fact, QuotaTransferred) and event.effective_on <= asked.valid_on
            for code in decisions_without_part(event.fact, event.effective_on, places)
        ]
        if found:
            ineffective[near[stream]] = found
    return ineffective


def _municipality(code: str, places: Places, counted: Mapping[int, Mapping[str, int]]) -> Municipality:
    each = places.municipality(code)
    return {
        "code": code,
        "name": each.name,
        "province": each.province,
        "validFrom": None if each.begins == TABLE_BEGINS else each.begins,
        "validUntil": each.ends,
        "successors": [{"municipality": one.municipality, "persons": one.persons} for one in each.successors],
        "inhabitants": [
            {"year": year, "persons": persons[code]} for year, persons in counted.items() if code in persons
        ],
        "latitude": each.latitude,
        "longitude": each.longitude,
    }


@router.get("/event-types", response_model=None, responses=responses_of(EventTypes))
def list_event_types(request: Request, times: AskedTimes) -> Response:
    """Every type of event of this version: what it is about, who may say it, its schema and an example."""
    with open_log_question(request.app.state.context.engine, times, request.app.state.context.clock) as question:
        body: EventTypes = {**question.as_of(), "items": event_types()}
        return answer(body)
