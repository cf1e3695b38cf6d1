"""Realisation, backlog and norm phases at addresses of their own, in bodies of their own: written from their tables."""

from __future__ import annotations

from itertools import takewhile
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from domain.norms import DEFAULT_NORM, NORM_SETS, PHASE_NAMES
from domain.places import Places
from domain.totals import GroupBy
from projections.figures.backlog import BACKLOG, Step
from projections.figures.balances import KINDS
from projections.figures.norm_phases import NORM_PHASES
from projections.figures.realisation import REALISATION
from service.foundation.answers import answer, norm_set
from service.foundation.parameter_types import Day
from service.http.routes.asked_tables import asked_of, query_of
from service.http.routes.described import answers
from service.http.routes.described import figures as described
from service.http.routes.flat import flat
from service.http.routes.half_year import AskedPeriod
from service.http.routes.parameters import AskedFamily, AskedGroupBy, KnownMunicipality, NormName
from service.queries.figures.told import ToldRow, told_table
from service.queries.formats import TABLE_FORMS, AskedForm
from service.queries.question import AskedTimes

router = APIRouter(tags=["figures"])

_VARY = {"Vary": "Accept"}
From = Annotated[Day, Query(alias="from", description="First day")]
To = Annotated[Day, Query(alias="to", description="Last day")]


@router.get("/realisation", response_model=None, responses=answers(described.Realisation, forms=TABLE_FORMS))
def read_realisation(
    request: Request,
    times: AskedTimes,
    period: AskedPeriod,
    form: AskedForm,
    group_by: AskedGroupBy = "country",
) -> Response:
    """How a half-year stands against its quota."""
    given = {"period": period}
    with asked_of(request, REALISATION, times, given) as question:
        if form.kind != "json":
            return flat(request, question, REALISATION, group_by, given, form)
        query = query_of(question, group_by, given)
        rows, disclosure = told_table(request, REALISATION, query)
        items = [_standing(row, group_by, question.places) for row in rows]
        asked = {"period": str(period), "groupBy": group_by}
        return answer({**question.told(), **asked, "disclosure": disclosure, "items": items}, _VARY)


@router.get("/backlog", response_model=None, responses=answers(described.Backlog, forms=TABLE_FORMS))
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
    with asked_of(request, BACKLOG, times, given, municipality) as question:
        if form.kind != "json":
            return flat(request, question, BACKLOG, "country", given, form)
        rows = BACKLOG.rows(query_of(question, "country", given))
        points = [
            {"on": on, "task": task, "realised": realised, "remaining": remaining}
            for on, (task, realised, remaining) in sorted((row.dimensions[0], row.values) for row in rows)
        ]
        return answer({**question.told(), "municipality": municipality, "step": step, "points": points}, _VARY)


@router.get("/norm-phases", response_model=None, responses=answers(described.NormPhases, forms=TABLE_FORMS))
def read_norm_phases(
    request: Request,
    times: AskedTimes,
    first: From,
    last: To,
    form: AskedForm,
    group_by: AskedGroupBy = "country",
    norm: NormName = DEFAULT_NORM,
    family: AskedFamily = "any",
) -> Response:
    """How long the phases take, and who is over the norm."""
    given = {"from": first, "to": last, "norm": norm, "family": family}
    with asked_of(request, NORM_PHASES, times, given) as question:
        if form.kind != "json":
            return flat(request, question, NORM_PHASES, group_by, given, form)
        rows, disclosure = told_table(request, NORM_PHASES, query_of(question, group_by, given), empty=True)
        asked = {**given, "groupBy": group_by, "norm": norm_set(NORM_SETS[norm]), "family": family}
        order = ("from", "to", "groupBy", "norm", "family")
        told = {**question.told(), **{name: asked[name] for name in order}, "disclosure": disclosure}
        return answer({**told, "items": [_group(row) for row in rows]}, _VARY)


_OF_REALISATION = {column.name: nth for nth, column in enumerate(REALISATION.columns)}
#: What stands before the kinds of accommodation.
_OF_ALL = list(takewhile(lambda name: name not in KINDS, _OF_REALISATION))
_AFTER = ("remaining", "percentage", "pace", "ahead")
_OF_SUMS = ("backlog", "lead", "behind", "exact", "aheadCount")
_GOAL = {"reduction": "goalReduction", "goal": "goal", "above": "aboveGoal"}
#: In the order of their names.
_BY_KIND = sorted((kind, _OF_REALISATION[name]) for name, kind in KINDS.items())


def _standing(row: ToldRow, group_by: GroupBy, places: Places) -> dict[str, Any]:
    values = row.values
    item: dict[str, Any] = {
        "code": row.code,
        "name": row.name,
        "province": places.province(row.code) if group_by == "municipality" else None,
        **{name: values[_OF_REALISATION[name]] for name in _OF_ALL},
        "realisedByAccommodation": {kind: persons for kind, nth in _BY_KIND if (persons := values[nth])},
        **{name: values[_OF_REALISATION[name]] for name in _AFTER},
    }
    if group_by != "municipality":
        item |= {name: values[_OF_REALISATION[name]] for name in _OF_SUMS}
        if values[_OF_REALISATION["goalReduction"]] is not None:
            item["interimGoal"] = {name: values[_OF_REALISATION[column]] for name, column in _GOAL.items()}
    return item


_COMPLETED = ("count", "mean", "median", "p90", "withinNorm")
_OPEN = ("count", "mean", "median", "p90", "overNorm")


def _group(row: ToldRow) -> dict[str, Any]:
    closed, *cells = row.values
    phases: dict[str, Any] = {}
    for nth, name in enumerate(PHASE_NAMES):
        of = cells[10 * nth : 10 * nth + 10]
        phases[name] = {
            "completed": dict(zip(_COMPLETED, of[:5], strict=True)),
            "open": dict(zip(_OPEN, of[5:], strict=True)),
        }
    return {"code": row.code, "name": row.name, "closedWithoutHousing": closed, "phases": phases}
