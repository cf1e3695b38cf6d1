"""Realisation, backlog and norm phases at addresses of their own, in bodies of their own: written from their tables."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, NotRequired, cast

from fastapi import APIRouter, Query, Request, Response
from typing_extensions import TypedDict

from domain.norm_sets import DEFAULT_NORM, PHASE_NAMES
from domain.places import Places
from domain.totals import GroupBy
from projections.figures.backlog import BACKLOG, Step
from projections.figures.balances import ACCOMMODATION_COLUMNS, GROUND_COLUMNS
from projections.figures.norm_phases import NORM_PHASES, FamilyFilter
from projections.figures.realisation import REALISATION
from service.foundation.answers import Norm, answer, told_norm
from service.foundation.parameter_types import Day
from service.http.openapi.responses import responses_of
from service.http.routes.figures import answer_table, open_figure
from service.http.routes.parameters import (
    AskedFamily,
    AskedGroupBy,
    AskedNormName,
    AskedNormSet,
    AskedPeriod,
    KnownMunicipality,
    asked_norm,
)
from service.queries.disclosed_rows import WrittenRow, read_table
from service.queries.formats import TABLE_FORMS, AskedForm
from service.queries.times import AskedTimes, AsOf
from service.queries.visibility import Disclosure

router = APIRouter(tags=["figures"])

_VARY = {"Vary": "Accept"}
From = Annotated[Day, Query(alias="from", description="First day")]
To = Annotated[Day, Query(alias="to", description="Last day")]


class InterimGoal(TypedDict):
    """The interim goal: quota and reduction together, and how far realised is above it."""

    reduction: int
    goal: int | None
    above: int | None


class Standing(TypedDict):
    """One row: persons, except percentage; sums of municipalities (backlog and on) for a province or the country."""

    code: str
    name: str
    province: str | None
    inhabitants: int
    quota: int | None
    transferred: int
    openingBalance: int
    task: int | None
    realised: int
    realisedByAccommodation: dict[str, int]
    realisedByGround: dict[str, int]
    remaining: int | None
    advance: int | None
    percentage: float | None
    pace: float | None
    ahead: float | None
    backlog: NotRequired[int | None]
    lead: NotRequired[int | None]
    behind: NotRequired[int]
    exact: NotRequired[int]
    aheadCount: NotRequired[int]
    interimGoal: NotRequired[InterimGoal | None]


class Realisation(AsOf, TypedDict):
    """How a half-year stands against its quota, in code order; small numbers only in `realisedByAccommodation` and
    `realisedByGround`."""

    period: str
    groupBy: GroupBy
    disclosure: Disclosure
    items: list[Standing]


class Point(TypedDict):
    """Task, realised and remaining (persons) at the end of a day, in the half-year of that day."""

    on: date
    task: int | None
    realised: int
    remaining: int | None


class Backlog(AsOf, TypedDict):
    """Task, realised and remaining through time; without municipality of the country."""

    municipality: str | None
    step: Step
    points: list[Point]


class Durations(TypedDict):
    """A summary of durations in days; null where there is nothing to average."""

    count: int
    mean: float | None
    median: float | None
    p90: float | None


class Completed(Durations):
    """Phases that ended in the window; `withinNorm` is the share that ended in time."""

    withinNorm: float | None


class Open(Durations):
    """Phases that run on the day, by their age; `overNorm` are the persons past the norm."""

    overNorm: int


class PhaseFigures(TypedDict):
    """One phase of one group."""

    completed: Completed
    open: Open


class PhasesFigures(TypedDict):
    """The phases of one group."""

    linking: PhaseFigures
    housing: PhaseFigures
    departure: PhaseFigures
    total: PhaseFigures


class Group(TypedDict):
    """One row: the country, a province or a municipality (a merged one counts for its successor)."""

    code: str
    name: str
    closedWithoutHousing: int
    phases: PhasesFigures


_Window = TypedDict("_Window", {"from": date, "to": date})


class NormPhases(AsOf, _Window, TypedDict):
    """How long the phases take and who is over the norm, in code order; groups without journeys are left out."""

    groupBy: GroupBy
    norm: Norm
    family: FamilyFilter
    disclosure: Disclosure
    items: list[Group]


@router.get("/realisation", response_model=None, responses=responses_of(Realisation, forms=TABLE_FORMS))
def read_realisation(
    request: Request,
    times: AskedTimes,
    period: AskedPeriod,
    form: AskedForm,
    group_by: AskedGroupBy = "country",
) -> Response:
    """How a half-year stands against its quota."""
    given = {"period": period}
    with open_figure(request, REALISATION, times, given) as (question, _):
        if form.name != "json":
            return answer_table(request, question, REALISATION, group_by, given, form)
        query = question.query(group_by, given)
        rows, disclosure = read_table(request, REALISATION, query)
        items = [_realisation_row(row, group_by, question.places) for row in rows]
        asked = {"period": str(period), "groupBy": group_by}
        return answer({**question.as_of(), **asked, "disclosure": disclosure, "items": items}, _VARY)


@router.get("/backlog", response_model=None, responses=responses_of(Backlog, forms=TABLE_FORMS))
def read_backlog(
    request: Request,
    times: AskedTimes,
    first: From,
    last: To,
    form: AskedForm,
    municipality: KnownMunicipality = None,
    step: Annotated[Step, Query(description="A point for every day, or month's last day")] = "month",
) -> Response:
    """Task, realised and remaining through time, of a municipality or of the country."""
    given = {"from": first, "to": last, "step": step, "municipality": municipality}
    with open_figure(request, BACKLOG, times, given, municipality) as (question, _):
        if form.name != "json":
            return answer_table(request, question, BACKLOG, "country", given, form)
        rows = BACKLOG.rows(question.query("country", given))
        points = [
            {"on": on, "task": task, "realised": realised, "remaining": remaining}
            for on, (task, realised, remaining) in sorted((row.dimensions[0], row.values) for row in rows)
        ]
        return answer({**question.as_of(), "municipality": municipality, "step": step, "points": points}, _VARY)


@router.get("/norm-phases", response_model=None, responses=responses_of(NormPhases, forms=TABLE_FORMS))
def read_norm_phases(
    request: Request,
    times: AskedTimes,
    first: From,
    last: To,
    form: AskedForm,
    group_by: AskedGroupBy = "country",
    norm: AskedNormName = DEFAULT_NORM,
    norm_set: AskedNormSet = None,
    family: AskedFamily = "any",
) -> Response:
    """How long the phases take, and who is over the norm."""
    window = {"from": first, "to": last}
    given: dict[str, Any] = {**window, "norm": asked_norm(request, norm, norm_set), "family": family}
    with open_figure(request, NORM_PHASES, times, given) as (question, given):
        if form.name != "json":
            return answer_table(request, question, NORM_PHASES, group_by, given, form)
        rows, disclosure = read_table(request, NORM_PHASES, question.query(group_by, given), empty=True)
        asked = {"groupBy": group_by, "norm": told_norm(given["norm"]), "family": family}
        head = {**question.as_of(), **window, **asked, "disclosure": disclosure}
        return answer({**head, "items": [_phases_row(row) for row in rows]}, _VARY)


#: In the order of their names.
_ACCOMMODATIONS = sorted((kind, column) for column, kind in ACCOMMODATION_COLUMNS.items())


def _realisation_row(row: WrittenRow, group_by: GroupBy, places: Places) -> Standing:
    value = {column.name: one for column, one in zip(REALISATION.columns, row.values, strict=True)}
    item: Standing = {
        "code": row.code,
        "name": row.name,
        "province": places.province(row.code) if group_by == "municipality" else None,
        "inhabitants": value["inhabitants"],
        "quota": value["quota"],
        "transferred": value["transferred"],
        "openingBalance": value["openingBalance"],
        "task": value["task"],
        "realised": value["realised"],
        "realisedByAccommodation": {kind: value[column] for kind, column in _ACCOMMODATIONS if value[column]},
        "realisedByGround": {ground: value[column] for column, ground in GROUND_COLUMNS.items() if value[column]},
        "remaining": value["remaining"],
        "advance": value["advance"],
        "percentage": value["percentage"],
        "pace": value["pace"],
        "ahead": value["ahead"],
    }
    if group_by != "municipality":
        item["backlog"], item["lead"] = value["backlog"], value["lead"]
        item["behind"], item["exact"], item["aheadCount"] = value["behind"], value["exact"], value["aheadCount"]
        if value["goalReduction"] is not None:
            item["interimGoal"] = {
                "reduction": value["goalReduction"],
                "goal": value["goal"],
                "above": value["aboveGoal"],
            }
    return item


def _phases_row(row: WrittenRow) -> Group:
    closed, *cells = row.values
    phases: dict[str, PhaseFigures] = {}
    for nth, name in enumerate(PHASE_NAMES):
        done, mean, median, p90, within, open_, mean_age, median_age, p90_age, over = cells[10 * nth : 10 * nth + 10]
        phases[name] = {
            "completed": {"count": done, "mean": mean, "median": median, "p90": p90, "withinNorm": within},
            "open": {"count": open_, "mean": mean_age, "median": median_age, "p90": p90_age, "overNorm": over},
        }
    return {"code": row.code, "name": row.name, "closedWithoutHousing": closed, "phases": cast(PhasesFigures, phases)}
