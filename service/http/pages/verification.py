"""May I believe this number? How the log stands and was signed, and a number as known then beside what is known now."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from service.foundation.version import TYPE_PREFIX
from service.http.pages.address import ApiAddress
from service.http.pages.changes import told_difference
from service.http.pages.log_checks import LogState, read_log
from service.http.pages.parts import event_address
from service.http.pages.rendering import Page
from service.http.pages.states import State, state_of
from service.http.pages.then_and_now import (
    ThenAndNow,
    fields,
    read_areas,
    read_changes,
    read_choice,
    read_course,
    read_then_and_now,
)
from service.http.pages.unit_words import UNIT_WORDS
from service.http.pages.value_words import word_of
from service.http.pages.view import View
from service.queries.sentences import LANGUAGES

#: What of the page is asked for apart, since it takes longer than the rest: the course of the number, and what moved
#: it.
_COURSE, _CHANGES = "verloop", "sindsdien"
_KEPT = "bewaard"


async def show(view: View) -> Page:
    """The log, and a number then and now."""
    log, areas = await asyncio.gather(read_log(view, view.query.get(_KEPT, "").strip()), read_areas(view))
    choice = read_choice(view, areas)
    both = await read_then_and_now(view, choice)
    course = await read_course(view, both) if both.ok and view.query.get(_COURSE) else None
    drawn = None if course is None or view.draws_itself else (await view.draw(course))[0]
    shown = {
        "log": log,
        "verdict": _verdict(view, log),
        "both": both,
        "state": _state(view, both),
        "areas": areas,
        "place": areas.get(choice.code, choice.code),
        "fields": fields(view, both),
        "course": course,
        "drawn": drawn,
        "asked": {name: bool(view.query.get(name)) for name in (_COURSE, _CHANGES)},
        "changes": await _changes(view, both) if both.ok and view.query.get(_CHANGES) else None,
        "kept_note": view.query.get(_KEPT, ""),
        "words": lambda value: word_of(view, value),
        "kind": lambda of: LANGUAGES[view.language.code].labels[of.removeprefix(TYPE_PREFIX)],
        "unit": _unit(view, both),
        "events": _events(view, both),
        "event_address": lambda position: event_address(view, position),
        "difference": told_difference(view, choice.column, both.difference) if both.ok else None,
        "service": view.settings.public_url or f"{view.request.url.scheme}://{view.request.url.netloc}",
    }
    questions = [both.then.address, both.now.address]
    return Page("verification.html.jinja", view.gettext("Controle"), shown, questions, ("lively.js",))


def _state(view: View, both: ThenAndNow) -> State | None:
    """Why the number can't be shown."""
    refused = next((table for table in (both.now, both.then) if not table.ok), None)
    return None if refused is None else state_of(view, refused.answer, refused.operation)


def _verdict(view: View, log: LogState) -> str:
    say = view.gettext
    if log.broken is not None:
        return say("Het bewijs is stuk")
    if log.well:
        return say("Nagegaan en in orde")
    if log.newest is None and not log.checks:
        return say("Nog niet ondertekend")
    return say("Het klopt niet")


async def _changes(view: View, both: ThenAndNow) -> Mapping[str, Any] | None:
    """What moved the number, with the words for what it is of; or why that is not told."""
    answer = await read_changes(view, both)
    if answer is None:
        return None
    operation = f"compare_figure_{both.choice.figure.name.replace('-', '_')}"
    if not answer.ok:
        return {"state": state_of(view, answer, operation)}
    return {
        "state": None,
        "parts": answer.body["parts"],
    }


def _events(view: View, both: ThenAndNow) -> str | None:
    """The address of the events that were recorded since, for who may list them."""
    if not both.ok or not view.may("list_events"):
        return None
    return view.file(str(view.as_asked(ApiAddress.of("/v1/events", {"after": both.then.answer.body["position"]}))))


def _unit(view: View, both: ThenAndNow) -> str:
    """What a number of the column is a number of; nothing where that stands in the number."""
    words = UNIT_WORDS.get(both.choice.column.unit)
    return "" if words is None else view.language.of(words)
