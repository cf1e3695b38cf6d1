"""A table of the catalogue as a page, from its declaration: definition, form, rows, files; an address a view."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from starlette.responses import Response

from projections.figure import Column, Figure, Parameter
from projections.figures import FIGURES
from service.foundation.problems import nothing_there
from service.http.pages.figure_charts import chart_of, main_column
from service.http.pages.figures import FigureTable, Row, figure_question, read_figures
from service.http.pages.rendering import Page
from service.http.pages.states import state_of
from service.http.pages.value_words import word_of
from service.http.pages.view import View

#: So many columns are shown where nobody chose: the first are what a table is about.
_COLUMNS = 8
_FIRST_YEAR = 2019
#: Cells on one page: all municipalities with the usual columns, and no more than a phone takes in its stride.
_CELLS = 3_500


class Field(NamedTuple):
    """A parameter as it stands in the form: its label, the kind of field, its value, and what can be chosen."""

    name: str
    label: str
    kind: str
    value: str
    choices: Sequence[tuple[str, str]] = ()
    required: bool = False


def figure_of(view: View) -> Figure:
    """The table that the address names."""
    figure = FIGURES.get(view.request.path_params["figure"])
    if figure is None:
        raise nothing_there()
    return figure


async def show(view: View) -> Page | Response:
    """A table as it is asked; parameters that nobody gave are those of the half-year of the page's day."""
    figure = figure_of(view)
    group_by = view.query.get("groupBy") or ("province" if "province" in figure.group_by else figure.group_by[0])
    given = given_parameters(view, figure)
    (table,) = await read_figures(view, figure_question(view, figure.name, {**given, "groupBy": group_by}))
    columns = _chosen_columns(view, table)
    sorts = {"name", *(one.name for one in table.columns)}
    sort = view.one_of("sort", {*sorts, *(f"-{one}" for one in sorts)})
    chart = chart_of(view, table, sort)
    rows, most, asked = _rows(view, table, sort), _CELLS // max(len(columns), 1), view.query.get("after", "")
    after = int(asked) if asked in map(str, range(len(rows))) else 0
    if asked and asked != str(after):
        view.unknown.add("after")
    shown = {
        "chart_shown": chart,
        "drawn": None if chart is None else (await view.draw(chart))[0],
        "figure": figure,
        "table": table,
        "state": None if table.ok else state_of(view, table.answer, table.operation),
        "fields": _fields(view, figure, given, group_by),
        "columns": columns,
        "every_column": table.columns,
        "rows": rows[after : after + most],
        "every_row": len(rows),
        "earlier": view.same(after=max(0, after - most) or None) if after else None,
        "later": view.same(after=after + most) if after + most < len(rows) else None,
        "sort": sort,
        "name": view.query.get("naam", ""),
        "sort_link": lambda column: _sort_link(view, sort, column),
        "words": lambda value: word_of(view, value),
    }
    return Page("figure.html.jinja", view.language.of(figure.title), shown, [table.address])


def given_parameters(view: View, figure: Figure) -> dict[str, Any]:
    """The parameters of a table as the page gives them, and of those it does not what fits the day of the page."""
    found = {one.name: view.query.get(one.name) or _usual(view, one) for one in figure.parameters}
    if normed := view.query.get("normSet"):
        found["normSet"] = normed
    return {name: value for name, value in found.items() if value is not None}


def _usual(view: View, parameter: Parameter) -> Any:
    period = view.period
    match parameter.name:
        case "period":
            return str(period)
        case "from" if parameter.required:
            return period.first.isoformat()
        case "to" if parameter.required:
            # Of a half-year that has not begun all of it.
            day = view.times.valid_on
            return (period.nearest(day) if day >= period.first else period.last).isoformat()
    return None


def _fields(view: View, figure: Figure, given: Mapping[str, Any], group_by: str) -> list[Field]:
    found = [parameter_field(view, one, given.get(one.name)) for one in figure.parameters]
    if len(figure.group_by) > 1:
        choices = [(one, word_of(view, one)) for one in figure.group_by]
        found.append(Field("groupBy", view.gettext("Rijen"), "choice", group_by, choices))
    return found


def parameter_field(view: View, one: Parameter, value: Any) -> Field:
    """A parameter as it stands in a form, with the value it has."""
    shown = str(value if value is not None else "" if one.default is None else one.default)
    choices: list[tuple[str, str]] = []
    kind: str = one.kind
    if kind == "period":
        last = max(view.times.latest, view.times.valid_on).year + 1
        choices = [
            (f"{year}-{half}", f"{year}-{half}") for year in range(last, _FIRST_YEAR - 1, -1) for half in ("II", "I")
        ]
        kind = "choice"
    elif kind == "choice":
        choices = [(choice, word_of(view, choice)) for choice in one.choices]
    return Field(one.name, view.language.of(one.words), kind, shown, choices, one.required)


def _chosen_columns(view: View, table: FigureTable) -> Sequence[Column]:
    """The columns that were chosen, else the first so many with the main one, in the order of the declaration."""
    asked = view.query.getlist("columns")
    if "all" in asked:
        return table.columns
    chosen = [one for one in table.columns if one.name in asked]
    if len(chosen) < len(set(asked)) and table.ok:
        view.unknown.add("columns")
    if chosen:
        return chosen
    first, main = table.columns[:_COLUMNS], main_column(table)
    if main is None or any(one.name == main for one in first):
        return first
    # What the chart shows stands in the table too.
    return *first[:-1], *(one for one in table.columns if one.name == main)


def _rows(view: View, table: FigureTable, sort: str) -> list[Row]:
    """The rows whose name holds the words that are sought, in the order that was asked; those without a value last."""
    sought = view.query.get("naam", "").casefold().split()
    rows = [row for row in table.rows if all(word in str(row["name"]).casefold() for word in sought)]
    column, down = sort.lstrip("-"), sort.startswith("-")
    if column not in {"name", *(one.name for one in table.columns)}:
        return rows
    there = [row for row in rows if row[column] is not None]
    there.sort(key=lambda row: row[column], reverse=down)
    return there + [row for row in rows if row[column] is None]


def _sort_link(view: View, sort: str, column: str) -> str:
    """The address of the same table sorted by a column, the other way round where it is already."""
    wanted = column if sort == f"-{column}" or (column == "name" and sort != "name") else f"-{column}"
    return view.same(sort=wanted)
