"""What would the numbers be by another norm, another division of the task, other margins? Computed, nothing stored.

What is supposed stands in the address alone.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

from service.http.pages.figures import FigureTable
from service.http.pages.rendering import Page
from service.http.pages.states import State, state_of
from service.http.pages.suppositions import Answered, answer_division, answer_norm, answer_supervision
from service.http.pages.then_and_now import read_areas, read_place
from service.http.pages.unit_words import UNIT_WORDS
from service.http.pages.view import View

#: What can be supposed, in the order in which it is offered.
QUESTIONS: Mapping[str, Callable[[View, str], Awaitable[Answered]]] = MappingProxyType(
    {"norm": answer_norm, "taakstelling": answer_division, "toezicht": answer_supervision}
)


async def show(view: View) -> Page:
    """One of the questions with its form and its answer."""
    question = view.one_of("vraag", QUESTIONS, next(iter(QUESTIONS)))
    areas = await read_areas(view)
    place = read_place(view, areas)
    supposed, tables, outcome, sets = await QUESTIONS[question](view, place)
    refused = next((table for table in tables if not table.ok), None)
    chart = outcome.chart if outcome else None
    drawn = None if chart is None or view.draws_itself else (await view.draw(chart))[0]
    shown = {
        "question": question,
        "questions": _titles(view),
        "supposed": supposed,
        "sets": sets,
        "outcome": outcome,
        "drawn": drawn,
        "state": None if refused is None else _state(view, refused),
        "areas": areas,
        "place": areas.get(place, place),
        "unit": lambda column: view.language.of(UNIT_WORDS[column.unit]) if column.unit in UNIT_WORDS else "",
    }
    return Page(
        "what_if.html.jinja", view.gettext("Wat als"), shown, [table.address for table in tables], ("lively.js",)
    )


def _titles(view: View) -> list[tuple[str, str]]:
    say = view.gettext
    return list(
        zip(QUESTIONS, (say("Een andere norm"), say("Een andere verdeling"), say("Andere marges")), strict=True)
    )


def _state(view: View, refused: FigureTable) -> State:
    """Why there is no answer; who gets rounded numbers supposes in steps."""
    body = refused.answer.body if isinstance(refused.answer.body, dict) else {}
    if any(fault.get("code") == "too-fine" for fault in body.get("errors", ())):
        return State(
            "rounded",
            view.gettext("Dit is te fijn voor afgeronde cijfers"),
            view.gettext(
                "In deze rol zijn kleine aantallen afgerond. Wie de norm per dag verschuift, zou kunnen aftellen wie "
                "er achter een afgerond aantal zitten. Daarom kan het hier in hele weken: 7, 14, 21 dagen, enzovoort."
            ),
            ((view.gettext("Norm"), view.gettext("alleen veelvouden van 7 dagen")),),
        )
    return state_of(view, refused.answer, refused.operation)
