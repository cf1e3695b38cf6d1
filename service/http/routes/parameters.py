"""Parameters that many routes share, and the refusal of those that a route does not have or that stand there twice."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Annotated, Any, get_args

from fastapi import Depends, Query, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from domain import field_types
from domain.facts.reference import NORM_NAME
from domain.norm_sets import NORM_SETS, parse_norm_set
from domain.period import Period
from domain.totals import GroupBy
from projections.figures.norm_phases import FamilyFilter
from service.foundation.parameter_types import HalfYear, NormName, NormSetText
from service.foundation.problems import parameter, refuse
from service.queries.norms import AskedNorm


def _pattern(field_type: Any) -> str:
    """How a field of a fact is written, and so a parameter that holds the same."""
    declared: field_types.FieldType = get_args(field_type)[1]
    pattern: str = declared.schema["pattern"]
    return pattern


MUNICIPALITY = _pattern(field_types.Municipality)
AREA = _pattern(field_types.Region)
HALF_YEAR = _pattern(field_types.HalfYear)
OIN = "^[0-9]{20}$"

AskedGroupBy = Annotated[GroupBy, Query(alias="groupBy", description="Which rows (default: country)")]
AskedFamily = Annotated[FamilyFilter, Query(description="Journeys with or without an application for family")]
KnownMunicipality = Annotated[
    str | None, Query(pattern=MUNICIPALITY, description="CBS code of a municipality, of whatever time")
]


def asked_period(
    period: Annotated[HalfYear, Query(description="Half-year, like 2021-II", json_schema_extra={"pattern": HALF_YEAR})],
) -> Period:
    """The half-year as it was asked."""
    return Period.parse(period)


AskedPeriod = Annotated[Period, Depends(asked_period)]

AskedNormName = Annotated[
    NormName,
    Query(
        description=f"Which reading of the norm, by its name: {', '.join(NORM_SETS)}, or one published",
        json_schema_extra={"pattern": NORM_NAME},
    ),
]
AskedNormSet = Annotated[
    NormSetText | None,
    Query(
        alias="normSet",
        description="What if the norm were this: the days of linking, housing, departure and in all, and from where "
        "these are counted, like 14,70,14,98,permit. Nothing of it is kept. Who is told rounded numbers gives whole "
        "weeks",
    ),
]


def asked_norm(request: Request, norm: str, norm_set: str | None) -> AskedNorm:
    """The reading of the norm as it was asked; a default stands in nobody's way."""
    if norm_set is None:
        return AskedNorm(norm)
    return AskedNorm(norm if "norm" in request.query_params else None, parse_norm_set(norm_set))


#: In the schema of a parameter: those that may stand in its place, where one of them must be there.
REQUIRED_UNLESS = "x-required-unless"

# A name without digits and not long: what does not look like one may be what should not have been sent.
_A_NAME = re.compile(r"[A-Za-z]+(-[A-Za-z]+)*", re.ASCII)
_LONGEST_NAME = 32


async def refuse_unknown_parameters(request: Request) -> None:
    """Refuse query parameters that the route doesn't have, and those that stand there twice."""
    given = Counter(name for name, _ in request.query_params.multi_items())
    if not given:
        return
    route: APIRoute = request.scope["route"]
    known = {name for name, _ in _parameters(route.dependant)}
    faults = [
        parameter(nameable(name), "unknown-parameter", "is not a parameter of this request")
        for name in given
        if name not in known
    ]
    faults += [
        parameter(name, "doubled-parameter", "stands there more than once")
        for name, times in given.items()
        if name in known and times > 1
    ]
    refuse(faults)


def nameable(name: str) -> str:
    """The name of a parameter as a problem may repeat it."""
    return name if len(name) <= _LONGEST_NAME and _A_NAME.fullmatch(name) else "\N{HORIZONTAL ELLIPSIS}"


def required(route: APIRoute) -> set[str]:
    """The query parameters that a route can't do without; `a or b` where it needs one of several."""
    return {needed for _, needed in _parameters(route.dependant) if needed is not None}


def _parameters(dependant: Dependant) -> Iterator[tuple[str, str | None]]:
    """The name of every query parameter, and what of it is required, if anything."""
    for field in dependant.query_params:
        extra = field.field_info.json_schema_extra
        others: Any = extra.get(REQUIRED_UNLESS, ()) if isinstance(extra, dict) else ()
        needed = others or field.field_info.is_required()
        yield field.alias, " or ".join((field.alias, *others)) if needed else None
    for one in dependant.dependencies:
        yield from _parameters(one)
