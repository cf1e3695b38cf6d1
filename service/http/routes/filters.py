"""Which events of the log are asked for: the parameters, and all that is wrong with them at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple

from fastapi import Depends, Query

from domain.facts import FACTS
from domain.field_types import Wrong, parse_period
from domain.identifiers import is_municipality_code
from projections import streams
from projections.places_then import PlacesThen
from service.foundation.event_types import TYPE_PREFIX
from service.foundation.problems import Problem, parameter
from service.log.mapper import histories
from service.queries.question import LogQuestion
from service.queries.selection import Selection


class Asked(NamedTuple):
    """A selection as it was asked for; whether its municipality exists is known only with the log."""

    selection: Selection
    errors: list[dict[str, str]]

    def of(self, question: LogQuestion, besides: Sequence[dict[str, str]] = ()) -> Selection:
        """The selection; refused with all faults, those found besides and a municipality that nobody knows included."""
        code, errors = self.selection.municipality, [*besides, *self.errors]
        if code is not None and is_municipality_code(code):
            reference = question.known(histories(question.connection, [streams.REFERENCE]).get(streams.REFERENCE, []))
            if not PlacesThen(reference)(question.position).known(code):
                errors.append(parameter("municipality", "unknown-municipality", "is no municipality's code"))
        if errors:
            raise Problem(400, "Invalid request", "The request can't be answered as it is.", errors)
        return self.selection


def selection(
    types: Annotated[
        str | None, Query(alias="type", description="Only these types: one, or several with commas between them")
    ] = None,
    source: Annotated[str | None, Query(description="Only what this source sent", max_length=256)] = None,
    municipality: Annotated[
        str | None,
        Query(
            description="Only what names this code as posted, transfers and mergers included",
            json_schema_extra={"pattern": "^GM[0-9]{4}$"},
        ),
    ] = None,
    period: Annotated[
        str | None,
        Query(
            description="Only what is about this half-year, and what held of journeys in it",
            json_schema_extra={"pattern": "^[12][0-9]{3}-(I|II)$"},
        ),
    ] = None,
) -> Asked:
    """The selection that was asked for, with what is wrong with it."""
    errors = []
    topics = () if types is None else tuple(one.removeprefix(TYPE_PREFIX) for one in types.split(","))
    if types is not None and not all(_is_type(one) for one in types.split(",")):
        errors.append(parameter("type", "unknown-type", "is not a type of this service; see /v1/event-types"))
    if source is not None and (not (source := source.strip()) or "\0" in source):
        errors.append(parameter("source", "not-a-source", "is not what a source can be"))
    if municipality is not None and not is_municipality_code(municipality):
        errors.append(parameter("municipality", "not-a-municipality-code", "must be a CBS code like GM0344"))
    half_year: Any = None
    if period is not None:
        try:
            half_year = parse_period(period)
        except Wrong:
            errors.append(parameter("period", "not-a-period", "must be a half-year like 2021-II"))
    return Asked(Selection(topics, source, municipality, half_year), errors)


AskedSelection = Annotated[Asked, Depends(selection)]


def _is_type(text: str) -> bool:
    return text.startswith(TYPE_PREFIX) and text.removeprefix(TYPE_PREFIX) in FACTS
