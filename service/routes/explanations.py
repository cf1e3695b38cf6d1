"""Why is this figure so? Every cell of the figure tables taken apart, down to the events that made it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from domain.municipality import PROVINCES
from domain.norms import DEFAULT_NORM, NORM_SETS, PhaseName
from domain.places import Places
from domain.rounding import SHARE_DECIMALS, rounded
from domain.totals import COUNTRY, GroupBy, name_of
from projections import journeys_behind
from projections.catalogue import OF_PHASES, OF_REALISATION
from projections.explanations import OF_ACCOMMODATION, OF_BALANCES, Table
from projections.journeys_behind import CLOSED_WITHOUT_HOUSING, FORMULAS, Behind, Chosen, Which
from service.access.concern import own, refuse_shared, visible
from service.access.rules import forbidden
from service.accountability import access_log
from service.answers import answer, norm_set
from service.problems import ParameterFault, Problem, parameter
from service.question import AskedTimes, Question, asking
from service.reasons.because import Journeys
from service.reasons.taken_apart import taken_apart
from service.routes.described import answers
from service.routes.described import reasons as described
from service.routes.figures import From, To, in_order
from service.routes.half_year import AskedPeriod
from service.routes.pages import AskedPage
from service.routes.parameters import AskedFamily, KnownMunicipality, NormName

router = APIRouter(tags=["reasons"])

AskedProvince = Annotated[str | None, Query(pattern="^PV[0-9]{2}$", description="CBS code of a province")]


@router.get("/realisation/_explanation", response_model=None, responses=answers(described.Explanation, 404))
def explain_realisation(
    request: Request,
    times: AskedTimes,
    period: AskedPeriod,
    figure: Annotated[described.RealisationFigure, Query(description="The figure, by its name in the table")],
    municipality: KnownMunicipality = None,
    province: AskedProvince = None,
) -> Response:
    """A figure of the realisation table with the parts that add up to it, and the events behind each.

    Of the country without municipality or province. A municipality that was merged is answered for the one that it
    counts for that day.
    """
    given = request.app.state.shell
    _own_row(request, municipality)
    faults = _one_row(municipality, province)
    if municipality is not None and figure not in OF_BALANCES and not figure.startswith(OF_ACCOMMODATION):
        faults.append(parameter("figure", "not-of-a-municipality", "is a figure of provinces and the country only"))
    with asking(given.engine, times, given.clock, faults, municipality, reads=OF_REALISATION) as question:
        refuse_shared(request, question.places, period.nearest(question.asked.valid_on))
        code = municipality or province or COUNTRY
        table = Table.read(question.connection, question.asked, period, question.places)
        found = table.explained(code, figure)
        if found is None:
            raise Problem(404, "No such row", "The table has no row for this municipality on that day.")
        parts = _seen(request, question, taken_apart(question, found))
        told = {
            "period": str(period),
            "code": found.code,
            "name": found.name,
            "figure": figure,
            "value": rounded(found.value),
            "adds": found.adds,
            "formula": found.formula,
            "parts": parts,
        }
        return answer({**question.told(), **told})


@router.get("/norm-phases/_explanation", response_model=None, responses=answers(described.PhaseExplanation))
def explain_norm_phases(
    request: Request,
    page: AskedPage,
    first: From,
    last: To,
    figure: Annotated[described.PhaseFigure, Query(description="The figure, by its name in the table")],
    phase: Annotated[
        PhaseName | None,
        Query(description="The phase; not for closedWithoutHousing, which is of none"),
    ] = None,
    municipality: KnownMunicipality = None,
    province: AskedProvince = None,
    norm: NormName = DEFAULT_NORM,
    family: AskedFamily = "any",
) -> Response:
    """A figure of the norm-phase table with the journeys it is computed from, in pages, and what bounds their phase."""
    given = request.app.state.shell
    _own_row(request, municipality)
    faults = in_order(first, last) + _one_row(municipality, province)
    which, name = _which(figure)
    if (phase is None) != (which == "closed"):
        faults.append(_PHASE_FAULTS[phase is None])
    with asking(given.engine, page.times, given.clock, faults, municipality, reads=OF_PHASES) as question:
        refuse_shared(request, question.places, question.asked.valid_on)
        group_by: GroupBy = "municipality" if municipality else "province" if province else "country"
        code = municipality or province or COUNTRY
        if municipality is not None:
            code = question.places.existing(municipality, question.asked.valid_on)
        chosen = Chosen(which, phase, name, code, group_by, NORM_SETS[norm], family, (first, last))
        every = journeys_behind.journeys(question.connection, question.asked, chosen, question.places)
        after = None if page.after is None else UUID(page.after)
        some, more = page.cut([one for one in every if after is None or one.journey > after][: page.limit + 1])
        told = question.told()
        headers = page.links(told, some[-1].journey) if more else {}
        shown = _row(question.places, chosen, figure, first, last) | _sums(every, chosen)
        journeys = _seen(request, question, _behind(question, some, chosen))
        return answer({**told, **shown, "journeys": journeys}, headers)


def _own_row(request: Request, municipality: str | None) -> None:
    """Refuse who asks for a row that is not theirs."""
    of_the_caller = own(request)
    if of_the_caller is not None and (municipality is None or municipality != of_the_caller.code):
        raise forbidden()


def _seen(request: Request, question: Question, told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Parts of a figure as they may be read: who concerns the caller no longer is counted, and not named."""
    named = {one["journey"] for one in told if one.get("journey")}
    seen = visible(request, question.log.connection, named)
    access_log.consulted(request, sorted(seen), "explained a figure")
    return [
        one if one.get("journey") is None or one["journey"] in seen else {**one, "journey": None, "events": []}
        for one in told
    ]


_PHASE_FAULTS = {
    True: parameter("phase", "required", "is required for a figure of a phase"),
    False: parameter("phase", "disagrees", f"{CLOSED_WITHOUT_HOUSING} is of no phase"),
}


def _one_row(municipality: str | None, province: str | None) -> list[ParameterFault]:
    """The faults of a province that names no row, or not the only one."""
    faults: list[ParameterFault] = []
    if province is not None and province not in PROVINCES:
        faults.append(parameter("province", "unknown-province", "is no province's code"))
    if province is not None and municipality is not None:
        faults.append(parameter("province", "disagrees", "give municipality or province, not both"))
    return faults


def _row(places: Places, chosen: Chosen, figure: str, first: Any, last: Any) -> dict[str, Any]:
    return {
        "from": first,
        "to": last,
        "code": chosen.code,
        "name": name_of(chosen.code, places),
        "phase": chosen.phase,
        "figure": figure,
        "norm": norm_set(chosen.norm),
        "family": chosen.family,
    }


def _sums(every: Sequence[Behind], chosen: Chosen) -> dict[str, Any]:
    """The value, and what it is computed from."""
    days = [one.days for one in every if one.days is not None]
    decimals = SHARE_DECIMALS if chosen.figure == "withinNorm" else 2
    return {
        "value": rounded(journeys_behind.value(every, chosen), decimals),
        "formula": FORMULAS[chosen.figure],
        "count": len(every),
        "sum": sum(days) if chosen.phase is not None else None,
        "within": journeys_behind.within(every, chosen) if chosen.phase is not None else None,
    }


def _behind(question: Question, some: Sequence[Behind], chosen: Chosen) -> list[dict[str, Any]]:
    journeys = Journeys(question.log, [one.journey for one in some], question.asked.valid_on, question.places)
    norm = None if chosen.phase is None else chosen.norm.norm(chosen.phase)
    return [
        {
            "journey": one.journey,
            "startedOn": one.started_on,
            "endedOn": one.ended_on,
            "earlierDays": one.earlier_days if chosen.phase == "linking" else 0,
            "days": one.days,
            "withinNorm": None if one.days is None or norm is None else one.days <= norm,
            "events": journeys.bounding(one.journey, chosen.phase, chosen.norm),
        }
        for one in some
    ]


def _which(figure: str) -> tuple[Which, str]:
    """Which journeys a figure is of, and its name among theirs."""
    if figure == CLOSED_WITHOUT_HOUSING:
        return "closed", "count"
    which, _, name = figure.partition(".")
    return ("completed" if which == "completed" else "open"), name
