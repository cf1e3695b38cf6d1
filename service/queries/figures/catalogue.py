"""The catalogue: every table with its words, parameters, dimensions and columns, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.norms import NORM_SETS
from domain.totals import GroupBy
from projections.figure import DECIMALS, Figure, Parameter, Words
from projections.figures import FIGURES
from service.foundation.answers import norm_set
from service.queries.question import Question

ADDRESS = "/v1/figures"


def catalogue() -> list[dict[str, Any]]:
    """Every table, in the order of the catalogue."""
    return [_told(figure) for figure in FIGURES.values()]


def definition(figure: Figure) -> dict[str, Any]:
    """By which definition an answer was made, and where it stands."""
    return {"version": figure.version, "href": f"{ADDRESS}#{figure.name}"}


def written_parameters(figure: Figure, given: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters as used, as an answer repeats them."""
    return {one.name: _written(one, given[one.name]) for one in figure.parameters}


def told_besides(
    question: Question, figure: Figure, given: Mapping[str, Any], group_by: GroupBy, disclosure: Mapping[str, Any]
) -> dict[str, Any]:
    """What the answer of a table says besides its rows, in every form: times, parameters, disclosure, definition."""
    return {
        **question.told(),
        **written_parameters(figure, given),
        "groupBy": group_by,
        "disclosure": disclosure,
        "definition": definition(figure),
    }


def _written(one: Parameter, value: Any) -> Any:
    if one.kind == "norm":
        return norm_set(NORM_SETS[value])
    return str(value) if one.kind == "period" else value


def _told(figure: Figure) -> dict[str, Any]:
    return {
        "figure": figure.name,
        "version": figure.version,
        "href": f"{ADDRESS}/{figure.name}",
        "questions": [f"Q{number}" for number in figure.questions],
        "title": _words(figure.title),
        "definition": _words(figure.definition),
        "counts": _words(figure.counts),
        "audience": figure.audience,
        "groupBy": figure.group_by,
        "allRows": figure.all_rows,
        "parameters": [
            {
                "name": one.name,
                "description": _words(one.words),
                "kind": one.kind,
                "required": one.required,
                "default": one.default,
                "choices": one.choices,
            }
            for one in figure.parameters
        ],
        "dimensions": [
            {"name": one.name, "label": _words(one.label), "unit": one.unit, "values": one.values}
            for one in figure.dimensions
        ],
        "columns": [
            {
                "name": one.name,
                "label": _words(one.label),
                "unit": one.unit,
                "decimals": DECIMALS.get(one.unit, 0),
                "groupBy": one.groups,
            }
            for one in figure.columns
        ],
    }


def _words(words: Words) -> dict[str, str]:
    return words._asdict()
