"""One journey, for roles that may read it: where it stands, against the norm, what is missing, and what happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from domain.municipality import PROVINCES
from service.http.pages.charts.chart import Chart, ChartWords
from service.http.pages.charts.specifications import journey as gantt
from service.http.pages.journey_words import (
    CAUSE_WORDS,
    PHASE_WORDS,
    SECTION_WORDS,
    deadlines_of,
    facts_of,
    state_in_words,
    words,
)
from service.http.pages.parts import event_address, label_of, without_source
from service.http.pages.rendering import Page
from service.http.pages.states import answer_page, state_of
from service.http.pages.view import View
from service.http.pages.words import NONE
from service.queries.finding_words import FINDING_WORDS


async def show(view: View) -> Page:
    """The journey that the address names by its id, which is nobody's number."""
    named = view.request.path_params["journey"]
    journey, history, places = (
        view.question(f"/v1/journeys/{named}"),
        view.question(f"/v1/journeys/{named}/timeline", validOn=None),
        view.question("/v1/municipalities"),
    )
    answer, timeline, municipalities = await view.ask(journey, history, places)
    if not answer.ok:
        return answer_page(view, answer, "read_journey")
    body = answer.body
    names = {one["code"]: one["name"] for one in municipalities.body["items"]} if municipalities.ok else {}

    def name_of(code: str | None) -> str:
        return NONE if code is None else names.get(code) or PROVINCES.get(code, code)

    chart = _chart(view, body)
    drawn = None if chart is None else (await view.draw(chart))[0]
    short, sentence = state_in_words(view, body, name_of)
    shown = {
        "body": body,
        "short": short,
        "sentence": sentence,
        "chart": chart,
        "drawn": drawn,
        "causes": _causes(view, body),
        "missing": _missing(view, body),
        "deadlines": deadlines_of(view, body),
        "findings": _findings(view, body),
        "facts": facts_of(view, body, name_of),
        "municipality": body["municipality"],
        "municipality_name": name_of(body["municipality"]),
        "withheld": [view.language.of(SECTION_WORDS[one]) for one in body["withheld"]],
        "history": _history(view, timeline.body) if timeline.ok else [],
        "history_state": None if timeline.ok else state_of(view, timeline, "read_timeline"),
        "data": journey,
    }
    title = view.gettext("Traject %(id)s") % {"id": named[:8]}
    return Page("journey.html.jinja", title, shown, [journey, history])


def _chart(view: View, body: Mapping[str, Any]) -> Chart | None:
    """The phases that have begun, against their norms; None where no phase has, or who looks does not get them."""
    phases = body.get("phases") or {}
    begun = [(name, phases[name]) for name in PHASE_WORDS if name in phases and phases[name]["startedOn"]]
    if not begun:
        return None
    spans = [
        gantt.Span(
            view.language.of(PHASE_WORDS[name]),
            date.fromisoformat(one["startedOn"]),
            None if one["endedOn"] is None else date.fromisoformat(one["endedOn"]),
            one["norm"],
            view.language.duration(one["days"] or 0),
            one["earlierDays"],
        )
        for name, one in begun
    ]
    say = view.gettext
    title = _title(view, begun)
    heads = (say("Fase"), say("Van"), say("Tot"), say("Duurde"), say("Norm in dagen"))
    sentence = " ".join([f"{title}.", *(f"{one.name}: {one.told}." for one in spans)])
    return gantt.chart(ChartWords(title, sentence, heads), view.language, spans=spans, today=view.times.valid_on)


def _title(view: View, begun: Sequence[tuple[Any, Mapping[str, Any]]]) -> str:
    """What is to be seen: the phase that went furthest over its norm, the whole where it is that alone, or none."""
    over = [(name != "total", one["daysOver"], name, one["state"]) for name, one in begun if one["daysOver"]]
    if over:
        _, days, name, state = max(over)
        told = {"phase": view.language.of(PHASE_WORDS[name]), "days": view.language.duration(days)}
        if state == "open":
            return view.gettext("%(phase)s duurt al %(days)s langer dan de norm") % told
        return view.gettext("%(phase)s duurde %(days)s langer dan de norm") % told
    return view.gettext("Elke fase blijft binnen de norm")


def _causes(view: View, body: Mapping[str, Any]) -> list[tuple[str, date, date | None, int]]:
    """What the days are put down to, in their order."""
    return [
        (
            view.language.of(CAUSE_WORDS[one["cause"]]),
            date.fromisoformat(one["since"]),
            None if one["until"] is None else date.fromisoformat(one["until"]),
            one["days"],
        )
        for one in body.get("causesByDay", ())
    ]


def _missing(view: View, body: Mapping[str, Any]) -> list[str] | None:
    """What the file lacks; None where that is of no matter any more, or not for who looks."""
    if "missingItems" not in body or body["housing"] or body["closed"]:
        return None
    found = [words(view, "item", one) for one in body["missingItems"]]
    return found + ([] if body.get("documentOn") or "documentOn" not in body else [view.gettext("verblijfspas")])


def _findings(view: View, body: Mapping[str, Any]) -> list[tuple[date, str]]:
    """What is missing or contradictory, with what to do."""
    return [
        (date.fromisoformat(one["on"]), view.language.of(FINDING_WORDS[one["code"]]))
        for one in body.get("findings", ())
    ]


def _history(view: View, body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Every event with its sentence, by the day it held."""
    return [
        {
            **one,
            "on": date.fromisoformat(one["effectiveOn"]),
            "label": label_of(view, one["type"]),
            "text": without_source(view.language.told(one["sentence"]), one["source"]),
            "address": event_address(view, one["position"]),
            "later": date.fromisoformat(one["effectiveOn"]) > view.times.valid_on,
        }
        for one in body["items"]
    ]
