"""Parts of a number as a page shows them: what each is and adds, and the events behind it with their sentences."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from domain.municipality import PROVINCES
from service.foundation.version import TYPE_PREFIX
from service.http.pages.address import encoded_query
from service.http.pages.cells import names_of_municipalities
from service.http.pages.figures import WHY
from service.http.pages.part_words import Part, sentence_of
from service.http.pages.view import View
from service.queries.sentences import LANGUAGES

#: The table that has the balances that are carried over.
_BALANCES = "realisation"


class ShownEvent(NamedTuple):
    """An event behind a part: its sentence in the history where the reader may see it, else what kind of event it is.

    `address` is where the API has it; `corrects` and `withdraws` say that it does, where no sentence says so.
    """

    text: str
    whole: bool
    position: int
    recorded_at: str
    in_force: bool
    corrects: bool
    withdraws: bool
    address: str


class ShownPart(NamedTuple):
    """A part: what the answer has of it, its sentence, the journey and the other cell behind it, and its events."""

    part: Part
    text: str
    journey: str | None
    journey_address: str | None
    cell_address: str | None
    events: Sequence[ShownEvent]


async def show_parts(view: View, row: str, parts: Sequence[Part], position: int) -> list[ShownPart]:
    """Some parts of a cell in a row as known at a position, with the names and histories they need asked at once.

    A history that the reader may not see is left out: its events are then told by their kind and their day.
    """
    journeys = sorted({one["journey"] for one in parts if one.get("journey") and one["events"]})
    names, sentences = await asyncio.gather(_names(view, parts), _sentences(view, journeys, position))
    return [_shown(view, row, one, names, sentences) for one in parts]


def _shown(
    view: View, row: str, part: Part, names: Mapping[str, str], sentences: Mapping[tuple[str, str], str]
) -> ShownPart:
    journey = part.get("journey")
    return ShownPart(
        part,
        sentence_of(view.language, part, row, lambda code: names.get(code) or PROVINCES.get(code, code)),
        journey and journey[:8],
        journey and view.link(f"trajecten/{journey}"),
        _cell_address(view, part.get("cell")),
        [_event(view, one, sentences) for one in part["events"]],
    )


def _cell_address(view: View, cell: Mapping[str, str] | None) -> str | None:
    return None if cell is None else view.link_with(f"cijfers/{_BALANCES}/{WHY}", cell)


def _event(view: View, event: Mapping[str, Any], sentences: Mapping[tuple[str, str], str]) -> ShownEvent:
    told = sentences.get((event["source"], event["id"]))
    text = told or view.gettext("%(label)s, %(day)s") % {
        "label": label_of(view, event["type"]),
        "day": view.language.day(date.fromisoformat(event["effectiveOn"])),
    }
    return ShownEvent(
        text,
        told is not None,
        event["position"],
        event["recordedAt"],
        event["inForce"],
        event["corrects"] is not None,
        event["withdraws"] is not None,
        event_address(view, event["position"]),
    )


def event_address(view: View, position: int) -> str:
    """Where the API has an event, as who looks may read it."""
    query = encoded_query([("as", view.looks_as)]) if view.looks_as else ""
    return view.file(f"v1/events/{position}") + (f"?{query}" if query else "")


def label_of(view: View, kind: str) -> str:
    """What a type of event is called."""
    topic = kind.removeprefix(TYPE_PREFIX)
    label = LANGUAGES[view.language.code].labels.get(topic, topic)
    return label[:1].upper() + label[1:]


def without_source(sentence: str, source: str) -> str:
    """A sentence without the name of the system that sent the event, which is there for machines."""
    return sentence.replace(f" ({source})", "")


async def _names(view: View, parts: Iterable[Part]) -> dict[str, str]:
    """The municipalities that parts name by their code alone; none are asked where no part does."""
    codes = {one.get(name) for one in parts for name in ("municipality", "code") if not one.get("name")}
    if not any(code and code.startswith("GM") for code in codes):
        return {}
    return await names_of_municipalities(view)


async def _sentences(view: View, journeys: Iterable[str], position: int) -> dict[tuple[str, str], str]:
    """The sentence of every event in some journeys, by source and id."""
    given = {"validOn": None, "knownAt": None, "atPosition": position}
    answers = await view.ask(*(view.question(f"/v1/journeys/{one}/timeline", **given) for one in journeys))
    return {
        (one["source"], one["id"]): without_source(view.language.told(one["sentence"]), one["source"])
        for answer in answers
        if answer.ok
        for one in answer.body["items"]
    }
