"""Find one journey by a V-number, which is sent in a form and stands in no address."""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response

from service.access.rules import extent
from service.foundation.problems import Problem
from service.http.pages.asking import Answer
from service.http.pages.rendering import Page
from service.http.pages.states import State, state_of
from service.http.pages.view import View

_FIND = "find_journey"
_FIELD = "vNumber"


async def show(view: View) -> Page | Response:
    """The form, or the way to the journey that was found with it."""
    if view.form is None:
        return _page(view, "", None, 200)
    asked = "".join(view.form.get(_FIELD, "").split())
    answer = await view.api.post("/v1/journeys/_find", {_FIELD: asked})
    if answer.ok:
        # What follows is looked at, and sends the number nowhere.
        return RedirectResponse(view.link(f"trajecten/{answer.body['journey']}"), 303)
    return _page(view, asked, _fault(view, answer), answer.status)


def _page(view: View, asked: str, fault: State | None, status: int) -> Page:
    closed = None
    try:
        extent(_FIND, view.caller)
    except Problem as problem:
        closed = state_of(view, Answer(view.question("/v1/journeys/_find"), problem.status, problem.body()), _FIND)
    shown = {"asked": asked, "fault": fault, "closed": closed, "field": _FIELD}
    return Page("journeys.html.jinja", view.gettext("Een traject zoeken"), shown, status=status)


def _fault(view: View, answer: Answer) -> State:
    """Why a number leads to no journey."""
    say = view.gettext
    if answer.status == 400:
        return State(
            "invalid",
            say("Dit is geen V-nummer"),
            say("Een V-nummer heeft tien cijfers. Spaties mogen ertussen staan."),
        )
    if answer.status == 404:
        return State(
            "nothing",
            say("Geen traject gevonden"),
            say("Bij dit nummer is niets bekend, of niets dat voor deze rol te zien is. Controleer de cijfers."),
        )
    return state_of(view, answer, _FIND)
