"""One cell of a table as the address of a page names it, and what is said of it above its parts or its changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from domain.totals import COUNTRY
from projections.aggregates import P90, Mean, Median
from projections.figure import Column, Figure
from service.http.pages.figure_page import given_parameters
from service.http.pages.part_words import half_year
from service.http.pages.unit_words import UNIT_WORDS
from service.http.pages.value_words import word_of
from service.http.pages.view import View

#: How a column is made of its parts, as far as a page says it in other words.
_OF_NUMBERS: Mapping[type, str] = {Mean: "mean", Median: "median", P90: "p90"}


class AskedCell(NamedTuple):
    """A cell that a page asks about: the parameters of its table, and what names it."""

    figure: Figure
    given: Mapping[str, Any]
    named: Mapping[str, Any]

    @property
    def parameters(self) -> dict[str, Any]:
        """As a question to the API has them."""
        return {**self.given, **self.named}


def asked_cell(view: View, figure: Figure) -> AskedCell:
    """The cell that the address names; what it leaves out of the parameters is what fits the day of the page."""
    named = ("code", "column", *(one.name for one in figure.dimensions))
    return AskedCell(figure, given_parameters(view, figure), {name: view.query.get(name) for name in named})


def column_of(cell: AskedCell) -> Column | None:
    """The column that is asked; None where the table has none of that name."""
    return next((one for one in cell.figure.columns if one.name == cell.named["column"]), None)


def way_of(column: Column, answered: Mapping[str, Any]) -> str:
    """How a value is made of its parts: `sum`, `ratio`, `mean`, `median`, `p90`, or `text` that adds up to nothing."""
    if "numerator" in answered:
        return "ratio"
    if column.aggregate is not None and type(column.aggregate) in _OF_NUMBERS:
        return _OF_NUMBERS[type(column.aggregate)]
    return "sum" if "sum" in answered else "text"


def value_of(view: View, column: Column, value: Any) -> str:
    """A value as it stands by itself: text in words."""
    return word_of(view, value) if column.unit == "text" and value is not None else _measure(view, column, value)


def _measure(view: View, column: Column, value: Any) -> str:
    return view.language.measure(value, column.unit)


def unit_of(view: View, column: Column) -> str:
    """The unit of a column in words; empty where the value says it, or there is none."""
    return view.language.of(UNIT_WORDS[column.unit]) if column.unit in UNIT_WORDS else ""


async def circumstances(view: View, cell: AskedCell) -> list[tuple[str, str]]:
    """What else was asked, by the labels of dimensions and parameters; what nobody chose is left out."""
    of, found = view.language.of, list[tuple[str, str]]()
    for dimension in cell.figure.dimensions:
        value = cell.named[dimension.name]
        names = await names_of_municipalities(view) if dimension.of_municipalities else {}
        found.append((of(dimension.label), names.get(value) or word_of(view, value)))
    for one in cell.figure.parameters:
        value = cell.given.get(one.name)
        if (
            value is not None
            and one.kind != "norm"
            and not (one.default is not None and str(value) == str(one.default))
        ):
            told = half_year(view.language, str(value)) if one.kind == "period" else word_of(view, str(value))
            found.append((of(one.words), told))
    return found


async def names_of_municipalities(view: View) -> dict[str, str]:
    """Every municipality there is or was, by its code."""
    (answer,) = await view.ask(view.question("/v1/municipalities"))
    return {one["code"]: one["name"] for one in answer.body["items"]} if answer.ok else {}


def group_of(cell: AskedCell) -> str:
    """The rows that the row of a cell is among."""
    code = str(cell.named["code"])
    wanted = "country" if code == COUNTRY else "province" if code.startswith("PV") else "municipality"
    return wanted if wanted in cell.figure.group_by else cell.figure.group_by[0]


def table_address(view: View, cell: AskedCell) -> str:
    """The table with the row among its rows."""
    return view.link_with(f"cijfers/{cell.figure.name}", {**cell.given, "groupBy": group_of(cell)})


async def said_of(view: View, cell: AskedCell, column: Column, answered: Mapping[str, Any]) -> dict[str, Any]:
    """What a template says of a cell: which it is, what it measures, and the table that it is of."""
    return {
        "figure": cell.figure,
        "column": column,
        "answered": answered,
        "value": value_of(view, column, answered.get("value")),
        "unit": unit_of(view, column),
        "circumstances": await circumstances(view, cell),
        "table": table_address(view, cell),
    }
