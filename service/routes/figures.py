"""The figure tables: realisation of the quota, backlog through time, and the norm phases."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from domain.disclosure import Writing, by_accommodation
from domain.durations import Summary
from domain.norms import DEFAULT_NORM, NORM_SETS
from domain.places import Places
from domain.rounding import rounded
from domain.totals import Total, name_of
from projections import norm_phases, realisation
from projections.backlog import Step, backlog
from projections.catalogue import OF_PHASES, OF_REALISATION
from service.access.disclosure import Disclosure
from service.answers import answer, norm_set
from service.problems import ParameterFault, invalid_parameter, parameter
from service.question import AskedTimes, asking
from service.routes.described import answers
from service.routes.described import figures as described
from service.routes.half_year import AskedPeriod
from service.routes.parameters import AskedFamily, AskedGroupBy, KnownMunicipality, NormName
from service.spelling import Day

router = APIRouter(tags=["figures"])

MOST_POINTS = 3_700  # ten years of days, with some to spare

From = Annotated[Day, Query(alias="from", description="First day")]
To = Annotated[Day, Query(alias="to", description="Last day")]


@router.get("/realisation", response_model=None, responses=answers(described.Realisation))
def read_realisation(
    request: Request,
    times: AskedTimes,
    period: AskedPeriod,
    group_by: AskedGroupBy = "country",
) -> Response:
    """How a half-year stands against its quota."""
    given = request.app.state.shell
    with asking(given.engine, times, given.clock, reads=OF_REALISATION) as question:
        rows = realisation.read(question.connection, question.asked, period, group_by, question.places)
        disclosed = Disclosure.of(request, question.places, period.nearest(question.asked.valid_on))
        items = [_standing(row, exact=disclosed.exact(row.balance.code)) for row in rows]
        asked = {"period": str(period), "groupBy": group_by}
        return answer({**question.told(), **asked, "disclosure": _rule(disclosed, items), "items": items})


@router.get("/backlog", response_model=None, responses=answers(described.Backlog))
def read_backlog(
    request: Request,
    times: AskedTimes,
    first: From,
    last: To,
    municipality: KnownMunicipality = None,
    step: Annotated[Step, Query(description="A point for every day, or month's last day")] = "month",
) -> Response:
    """Task, realised and remaining through time, of a municipality or of the country."""
    given = request.app.state.shell
    faults = in_order(first, last)
    with asking(given.engine, times, given.clock, faults, municipality, reads=OF_REALISATION) as question:
        days = _points(first, min(last, question.asked.valid_on), step)
        points = backlog(question.connection, question.asked.position, days, municipality, question.places)
        told = {"municipality": municipality, "step": step, "points": [point._asdict() for point in points]}
        return answer({**question.told(), **told})


@router.get("/norm-phases", response_model=None, responses=answers(described.NormPhases))
def read_norm_phases(
    request: Request,
    times: AskedTimes,
    first: From,
    last: To,
    group_by: AskedGroupBy = "country",
    norm: NormName = DEFAULT_NORM,
    family: AskedFamily = "any",
) -> Response:
    """How long the phases take, and who is over the norm."""
    given = request.app.state.shell
    with asking(given.engine, times, given.clock, in_order(first, last), reads=OF_PHASES) as question:
        window, chosen = (first, last), NORM_SETS[norm]
        groups = norm_phases.read(
            question.connection, question.asked, window, group_by, chosen, family, question.places
        )
        asked = {"from": first, "to": last, "groupBy": group_by, "norm": norm_set(chosen), "family": family}
        disclosed = Disclosure.of(request, question.places, question.asked.valid_on)
        items = [_group(group, question.places, disclosed.writing(group.code)) for group in groups]
        # A row of nothing but zeros would tell that there is somebody after all.
        items = [item for item in items if disclosed.exact(item["code"]) or _is_somebody(item)]
        return answer({**question.told(), **asked, "disclosure": _rule(disclosed, items), "items": items})


def in_order(first: date, last: date) -> list[ParameterFault]:
    """The fault of a window that ends before it begins."""
    return [parameter("to", "before-from", "must not be before from")] if last < first else []


def _points(first: date, last: date, step: Step) -> Sequence[date]:
    """The days of the points: every day, or every month's last day and the last one."""
    if last < first:
        return []
    months = 12 * (last.year - first.year) + last.month - first.month + 1
    if (months if step == "month" else (last - first).days + 1) > MOST_POINTS:
        raise invalid_parameter("from", "too-many-points", f"asks for more than {MOST_POINTS} points")
    if step == "day":
        return [first + timedelta(days=days) for days in range((last - first).days + 1)]
    return [*_month_ends(first, last), last]


def _month_ends(first: date, last: date) -> Iterator[date]:
    """The last days of months from the first day on, before the last."""
    year, month = first.year, first.month
    while (end := date(year, month, monthrange(year, month)[1])) < last:
        yield end
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)


def _standing(standing: realisation.Standing, *, exact: bool) -> dict[str, Any]:
    row, goal = standing
    kinds = row.realised_by_accommodation
    item: dict[str, Any] = {
        "code": row.code,
        "name": row.name,
        "province": row.province,
        "inhabitants": row.inhabitants,
        "quota": row.quota,
        "transferred": row.transferred,
        "openingBalance": row.opening,
        "task": row.task,
        "realised": row.realised,
        "realisedByAccommodation": kinds if exact else by_accommodation(kinds),
        "remaining": row.remaining,
        "percentage": rounded(row.percentage),
        "pace": rounded(row.pace),
        "ahead": rounded(row.ahead),
    }
    if isinstance(row, Total):
        item |= {
            "backlog": row.backlog,
            "lead": row.lead,
            "behind": row.behind,
            "exact": row.exact,
            "aheadCount": row.ahead_count,
        }
    return item if goal is None else {**item, "interimGoal": goal._asdict()}


def _group(group: norm_phases.Group, places: Places, write: Writing) -> dict[str, Any]:
    return {
        "code": group.code,
        "name": name_of(group.code, places),
        "closedWithoutHousing": write.count(group.closed_without_housing),
        "phases": {
            name: {
                "completed": {
                    **_summary(figures.completed, write),
                    "withinNorm": write.share(figures.within_norm, figures.completed.count),
                },
                "open": {**_summary(figures.open, write), "overNorm": write.count(figures.over_norm)},
            }
            for name, figures in group.phases.items()
        },
    }


def _summary(some: Summary, write: Writing) -> dict[str, Any]:
    persons = some.count
    return {
        "count": write.count(persons),
        "mean": write.days(some.mean, persons),
        "median": write.days(some.median, persons),
        "p90": write.days(some.p90, persons),
    }


def _rule(disclosed: Disclosure, items: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return disclosed.told(item["code"] for item in items)


def _is_somebody(item: dict[str, Any]) -> bool:
    """Whether a row of the norm phases has any number of persons in it."""
    counts = (cell["count"] for phase in item["phases"].values() for cell in phase.values())
    return bool(item["closedWithoutHousing"]) or any(counts)
