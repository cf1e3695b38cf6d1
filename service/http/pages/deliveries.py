"""Did my deliveries arrive, and what was wrong? For who sends events: what was recorded and refused in seven days, what
to do about each fault, one refused event beside the form that would be taken, and what is to be set right.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from projections.figures import FIGURES
from service.foundation.time import today
from service.http.pages.address import ApiAddress
from service.http.pages.asking import Answer
from service.http.pages.corrected import Line, correct, corrected_lines, refused_lines
from service.http.pages.fault_words import words_of_fault
from service.http.pages.figures import FigureTable, Row, figure_question
from service.http.pages.rendering import Page
from service.http.pages.states import ROLE_WORDS, name_of_organisation, state_of
from service.http.pages.then_and_now import read_areas
from service.http.pages.value_words import word_of
from service.http.pages.view import View

REJECTIONS, EVENT_TYPES, FINDINGS = "/v1/rejections", "/v1/event-types", "/v1/findings"
_DAYS = timedelta(days=6)
#: As many as the API tells at once.
_MOST_REFUSED = 1_000
_LISTED = 50
_FINDINGS = 25
_NTH = re.compile(r"/[0-9]+(?=/|$)")


class Window(NamedTuple):
    """Seven days: those of the page, and those in which was received what was refused, where the clock of the page is
    that of the senders.
    """

    first: date
    last: date
    received_first: date
    received_last: date

    @property
    def apart(self) -> bool:
        """Whether both are other days."""
        return (self.first, self.last) != (self.received_first, self.received_last)


class FaultGroup(NamedTuple):
    """Refusals with one fault: what, where, how many, when last, and which was the last."""

    code: str
    pointer: str
    words: str
    detail: str
    refusals: int
    last_at: str
    last: int


class FaultAt(NamedTuple):
    """A fault of one event: where, and what to do."""

    pointer: str
    code: str
    words: str


class RefusedEvent(NamedTuple):
    """One refused event: as it was sent and as it would be taken, both line by line; without lines where what was sent
    is its sender's alone.
    """

    rejection: Mapping[str, Any]
    faults: Sequence[FaultAt]
    sent: Sequence[Line]
    text: str | None
    taken: Sequence[Line]
    authority: Sequence[str]
    own: bool


async def show(view: View) -> Page:
    """The deliveries of an organisation, or of all for who may see those."""
    window = _window(view)
    asked = view.query.get("organisation") or None
    own = view.caller.organisation
    #: Whose: the one that is chosen, else the own one; None for all.
    chosen = asked or (None if own is None else own.oin)
    days = {"from": window.received_first, "to": window.received_last}
    refusals = ApiAddress.of(
        REJECTIONS, {**days, "organisation": asked, "knownAt": view.times.known_at, "limit": _MOST_REFUSED}
    )
    findings = view.question(FINDINGS, organisation=asked, limit=_FINDINGS)
    recorded = figure_question(view, "data-quality", {"from": window.first, "to": window.last})
    answers = await view.ask(recorded, refusals, findings)
    quality, refused, found = FigureTable(view, FIGURES["data-quality"], answers[0]), answers[1], answers[2]
    one = await _opened(view)
    items = refused.body["items"] if refused.ok else []
    counts = Counter(item["organisation"] for item in items)
    # What is refused before anything was ever recorded stands in no table.
    is_counted = refused.ok and (window.apart or len(items) < _MOST_REFUSED)
    shown = {
        "window": window,
        "organisation": chosen,
        "organisation_name": None if chosen is None else _name(view, chosen),
        "quality": quality,
        "counts": counts if is_counted else None,
        "rows": _rows(quality, counts if is_counted else None, chosen),
        "words": lambda value: word_of(view, value),
        "name": lambda oin: _name(view, oin),
        "choices": [] if own is not None else _choices(view, quality, counts),
        "refused": refused,
        "refused_state": None if refused.ok else state_of(view, refused, "list_rejections"),
        "groups": _groups(view, items),
        "listed": list(reversed(items))[:_LISTED],
        "all_of_them": len(items) < _MOST_REFUSED,
        "one": one if isinstance(one, RefusedEvent) else None,
        "one_state": state_of(view, one, "read_rejection") if isinstance(one, Answer) else None,
        "findings": _by_finding(view, found),
        "areas": await read_areas(view) if found.ok and found.body["items"] else {},
        "findings_state": None if found.ok else state_of(view, found, "list_findings"),
        "findings_address": findings,
        "address": view.settings.public_url or f"{view.request.url.scheme}://{view.request.url.netloc}",
    }
    return Page("deliveries.html.jinja", view.gettext("Aanleveren"), shown, [recorded, refusals, findings])


def _window(view: View) -> Window:
    """The seven days up to the page's; with the senders' clock what is refused is received by another than theirs."""
    last = view.times.valid_on
    now = today(view.request.app.state.context.clock)
    received = now if view.settings.clock == "sender" and last == view.times.latest else last
    return Window(last - _DAYS, last, received - _DAYS, received)


async def _opened(view: View) -> RefusedEvent | Answer | None:
    """The refusal that the address names; none is opened unasked, for it is logged of whom was read."""
    number = view.query.get("rejection", "")
    return await _refused_event(view, number) if number.isascii() and number.isdigit() else None


def _rows(quality: FigureTable, counts: Counter[str] | None, chosen: str | None) -> list[tuple[str, Row | None]]:
    """The organisations that are shown with their rows: of all those of whom most was refused first."""
    rows = {row["organisation"]: row for row in quality.rows}
    if chosen is not None:
        return [(chosen, rows.get(chosen))]
    refused = {oin: row["rejected"] or 0 for oin, row in rows.items()} if counts is None else dict(counts)
    recorded = {oin: row["events"] or 0 for oin, row in rows.items()}
    some = sorted({*recorded, *refused} - {None}, key=lambda oin: (-refused.get(oin, 0), -recorded.get(oin, 0), oin))
    return [(oin, rows.get(oin)) for oin in some]


def _choices(view: View, quality: FigureTable, counts: Counter[str]) -> list[tuple[str, str]]:
    """Whose deliveries can be chosen, for who may see those of several."""
    oins = {row["organisation"] for row in quality.rows} | set(counts)
    oins |= {view.query.get("organisation")}
    return sorted(((oin, _name(view, oin)) for oin in oins if oin), key=lambda one: one[1].casefold())


def _name(view: View, oin: str) -> str:
    organisation = view.request.app.state.context.registry(oin)
    return oin if organisation is None else name_of_organisation(view, organisation)


def _groups(view: View, items: Sequence[Mapping[str, Any]]) -> list[FaultGroup]:
    """The faults of refusals, most frequent first; places in lists are one place."""
    faults = [(_key(fault), fault, item) for item in items for fault in _once(item["errors"])]
    counts = Counter(key for key, _, _ in faults)
    # Refusals come oldest first: of each the last one stays.
    last = {key: (fault, item) for key, fault, item in faults}
    return [
        FaultGroup(
            code,
            pointer,
            view.language.of(words_of_fault(code)),
            last[code, pointer][0]["detail"],
            count,
            last[code, pointer][1]["receivedAt"],
            last[code, pointer][1]["id"],
        )
        for (code, pointer), count in counts.most_common()
    ]


def _once(faults: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Of faults that are the same but for their place in a list the first."""
    return iter({_key(fault): fault for fault in reversed(faults)}.values())


def _key(fault: Mapping[str, Any]) -> tuple[str, str]:
    return fault["code"], _NTH.sub("/*", fault["pointer"])


async def _refused_event(view: View, number: str) -> RefusedEvent | Answer:
    """One refusal, or the answer that there is none for who asks."""
    one, types = await view.ask(ApiAddress.of(f"{REJECTIONS}/{number}", {}), ApiAddress.of(EVENT_TYPES, {}))
    if not one.ok:
        return one
    rejection = one.body["rejection"]
    kinds = types.body["items"] if types.ok else []
    faults = rejection["errors"]
    organisation = view.request.app.state.context.registry(rejection["organisation"] or "")
    event = rejection["event"]
    taken = correct(event, faults, kinds, None if organisation is None else organisation.code)
    kind = next((kind for kind in kinds if kind["type"] == (taken.event["type"] if taken else rejection["type"])), None)
    return RefusedEvent(
        rejection,
        [FaultAt(one["pointer"], one["code"], view.language.of(words_of_fault(one["code"]))) for one in faults],
        [] if event is None else refused_lines(event, [one["pointer"] for one in faults]),
        rejection["text"],
        corrected_lines(taken) if taken else _example_lines(kind),
        [] if kind is None else [view.language.of(ROLE_WORDS[one]) for one in kind["authority"]],
        taken is not None,
    )


def _example_lines(kind: Mapping[str, Any] | None) -> Sequence[Line]:
    return [] if kind is None else refused_lines(kind["example"], [])


def _by_finding(view: View, answer: Answer) -> Sequence[tuple[str, str, Sequence[Mapping[str, Any]]]]:
    """Findings by what they are, each with what it means and what to do about it."""
    if not answer.ok:
        return []
    words = {one["finding"]: view.language.told(one["explanation"]) for one in answer.body["explanations"]}
    return [
        (code, text, [one for one in answer.body["items"] if one["finding"] == code]) for code, text in words.items()
    ]
