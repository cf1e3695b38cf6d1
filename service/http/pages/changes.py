"""What moved a number between two moments of knowledge: then and now, and the parts that came, went or differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from projections.figure import Column
from service.http.pages import moments
from service.http.pages.cells import asked_cell, column_of, said_of, value_of
from service.http.pages.figure_page import figure_of
from service.http.pages.figures import WHY
from service.http.pages.parts import ShownPart, show_parts
from service.http.pages.reasons import PARTS
from service.http.pages.rendering import Page
from service.http.pages.states import answer_page
from service.http.pages.view import View
from service.queries.figure_tables import FIGURES_ADDRESS


async def show(view: View) -> Page:
    """What moved one cell."""
    figure = figure_of(view)
    cell = asked_cell(view, figure)
    compared = moments.asked_moments(view, figure)
    asked = {**cell.parameters, **compared.parameters, "limit": PARTS, "cursor": view.query.get("cursor")}
    question = view.question_with(f"{FIGURES_ADDRESS}/{figure.name}/_changes", asked)
    (answer,) = await view.ask(question)
    column = column_of(cell)
    if not answer.ok or column is None:
        return answer_page(view, answer, f"compare_figure_{figure.name.replace('-', '_')}")
    body = answer.body
    parts = await show_parts(view, body["cell"]["code"], body["parts"], body["position"])
    of_numbers = column.unit not in {"date", "text"}
    first, last = moments.names_of_moments(figure)
    shown = {
        **await said_of(view, cell, column, body["cell"]),
        "then": value_of(view, column, body["then"]),
        "now": value_of(view, column, body["now"]),
        "then_known": body["thenKnown"],
        "now_known": body["nowKnown"],
        "difference": told_difference(view, column, body["difference"]) if of_numbers else None,
        "of_two_sides": any(isinstance(one.part["after"] or one.part["before"], Mapping) for one in parts),
        "moved": body["difference"],
        "parts": [(how(one), one) for one in parts],
        "since": compared.since,
        "names": (first, last),
        "asked": {name: str(value) for name, value in cell.parameters.items() if value is not None},
        "usual": [
            (words, moments.address(view, cell, day), day == compared.since) for words, day in moments.usual(view)
        ],
        "later": view.same(cursor=answer.cursor, validOn=view.times.valid_on) if answer.cursor else None,
        "why_then": _why(view, cell.parameters, figure.name, body["thenKnown"]["knownAt"]),
        "why_now": _why(view, cell.parameters, figure.name, view.times.known_at),
        "data": question,
    }
    title = view.gettext("Wat veranderde dit getal?")
    return Page("changes.html.jinja", title, shown, [question])


def told_difference(view: View, column: Column, value: Any) -> str:
    """A difference with its sign; of percentages in points, of which there are a hundred in the whole."""
    told = view.language.measure(value, column.unit, signed=True)
    return told.replace("%", view.gettext("procentpunt"))


def how(one: ShownPart) -> str:
    """What happened to a part: it `came`, `went`, or is `other`."""
    before, after = one.part["before"], one.part["after"]
    return "came" if before in (None, 0) else "went" if after in (None, 0) else "other"


def _why(view: View, parameters: dict[str, Any], name: str, known_at: str | None) -> str:
    return view.link_with(f"cijfers/{name}/{WHY}", {**parameters, "knownAt": known_at})
