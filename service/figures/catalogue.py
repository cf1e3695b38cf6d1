"""The catalogue: every table with its words, parameters, dimensions and columns, in both languages."""

from __future__ import annotations

from typing import Any

from projections.figure import DECIMALS, Figure, Words
from projections.figures import FIGURES

ADDRESS = "/v1/figures"


def catalogue() -> list[dict[str, Any]]:
    """Every table, in the order of the catalogue."""
    return [_told(figure) for figure in FIGURES.values()]


def definition(figure: Figure) -> dict[str, Any]:
    """By which definition an answer was made, and where it stands."""
    return {"version": figure.version, "href": f"{ADDRESS}#{figure.name}"}


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
