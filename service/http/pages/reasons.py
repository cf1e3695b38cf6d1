"""Why a number is what it is: the parts that it is made of, each with the events behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from projections.figure import Column
from service.http.pages import moments
from service.http.pages.cells import (
    AskedCell,
    asked_cell,
    column_of,
    group_of,
    said_of,
    value_of,
    way_of,
)
from service.http.pages.figure_page import figure_of
from service.http.pages.figures import figure_question, read_figures
from service.http.pages.parts import ShownPart, show_parts
from service.http.pages.rendering import Page
from service.http.pages.states import State, answer_page, state_of
from service.http.pages.view import View
from service.queries.figure_tables import FIGURES_ADDRESS

#: Parts on one page.
PARTS = 20
#: No page has more before it than a number of so many digits.
_DIGITS = 9
_CLOSED = frozenset({401, 403})


async def show(view: View) -> Page:
    """The parts of one cell, so many on a page; `after` says how many stood on the pages before."""
    figure = figure_of(view)
    cell = asked_cell(view, figure)
    asked = {**cell.parameters, "limit": PARTS, "cursor": view.query.get("cursor")}
    question = view.question_with(f"{FIGURES_ADDRESS}/{figure.name}/_explanation", asked)
    (answer,) = await view.ask(question)
    column, rule = column_of(cell), f"explain_figure_{figure.name.replace('-', '_')}"
    if column is not None and answer.status in _CLOSED:
        return await _number_alone(view, cell, column, state_of(view, answer, rule)) or answer_page(view, answer, rule)
    if not answer.ok or column is None:
        return answer_page(view, answer, rule)
    body = answer.body
    parts = await show_parts(view, body["cell"]["code"], body["parts"], body["position"])
    answered = body["cell"]
    shown = {
        **await said_of(view, cell, column, answered),
        "way": way_of(column, answered),
        "parts": parts,
        "signed": any(one.part.get("adds", 0) < 0 for one in parts),
        "on_page": _on_page(parts),
        "first": _before(view) + 1,
        "later": _later(view, answer.cursor, len(parts)),
        "changes": _changes(view, cell),
        "state": None,
        "data": question,
    }
    return Page("reasons.html.jinja", _title(view, column, answered), shown, [question])


async def _number_alone(view: View, cell: AskedCell, column: Column, state: State) -> Page | None:
    """A number as the reader's table has it, where its parts are not for them; None without such a number."""
    given = {**cell.given, "groupBy": group_of(cell)}
    (table,) = await read_figures(view, figure_question(view, cell.figure.name, given))
    dimensions = {one.name: cell.named[one.name] for one in cell.figure.dimensions}
    found = [
        row
        for row in table.rows_of(cell.named["code"])
        if all(str(row[name]) == value for name, value in dimensions.items())
    ]
    if not found:
        return None
    answered = {**found[0], "value": found[0].get(column.name)}
    shown = {
        **await said_of(view, cell, column, answered),
        "rounded": table.rounded,
        "state": state,
        "data": table.address,
    }
    return Page("reasons.html.jinja", _title(view, column, answered), shown, [table.address])


def _title(view: View, column: Column, answered: Mapping[str, Any]) -> str:
    if answered["value"] is None:
        return view.gettext("Waarom geen getal?")
    return view.gettext("Waarom %(value)s?") % {"value": value_of(view, column, answered["value"])}


def _before(view: View) -> int:
    after = view.query.get("after", "")
    there = view.query.get("cursor") and after.isascii() and after.isdigit() and len(after) <= _DIGITS
    return int(after) if there else 0


def _later(view: View, cursor: str | None, shown: int) -> str | None:
    """The address of the parts behind these, where there are more; it names the day, which may be another tomorrow."""
    if cursor is None:
        return None
    return view.same(cursor=cursor, after=_before(view) + shown, validOn=view.times.valid_on)


def _on_page(parts: Sequence[ShownPart]) -> Mapping[str, int]:
    """What the parts on the page come to."""
    return {name: sum(one.part.get(name, 0) for one in parts) for name in ("adds", "numerator", "denominator", "value")}


def _changes(view: View, cell: AskedCell) -> list[tuple[str, str]]:
    """From when on to ask what changed, with the addresses."""
    return [(words, moments.address(view, cell, since)) for words, since in moments.usual(view)]
