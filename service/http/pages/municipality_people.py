"""Who waits in a municipality and what they lack, and what falls due there, from the lists of the API."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple

from domain.deadlines import DeadlineKind
from projections.figure import Words
from service.http.pages.address import ApiAddress
from service.http.pages.asking import Answer
from service.http.pages.states import State, state_of
from service.http.pages.value_words import word_of
from service.http.pages.view import View

#: So many of those who wait longest are looked at one by one.
LONGEST = 7
#: So many weeks are looked ahead, the one of the day among them.
WEEKS = 5
#: So many that fall due are read at once; where there are more of a week, the page says so.
MOST = 300
_WEEK = timedelta(7)

#: What falls due, in the order in which a municipality is concerned with it.
KIND_WORDS: Mapping[DeadlineKind, Words] = MappingProxyType(
    {
        "housing-norm": Words("Norm for housing", "Norm huisvesten"),
        "temporary-stay": Words("Temporary stay", "Tijdelijk verblijf"),
        "guest-stay": Words("Guest stay", "Logeren"),
        "integration-plan": Words("Plan (PIP)", "Plan (PIP)"),
        "integration-term": Words("Term for integrating", "Termijn inburgering"),
        "turning-18": Words("Turns 18", "Wordt 18"),
    }
)
OWNER_WORDS: Mapping[str, Words] = MappingProxyType(
    {
        "municipality": Words("municipality", "gemeente"),
        "coa": Words("COA", "COA"),
        "duo-and-permit-holder": Words("DUO and permit holder", "DUO en vergunninghouder"),
        "coa-and-nidos": Words("COA and Nidos", "COA en Nidos"),
    }
)
_HOME_WORDS: Mapping[str, Words] = MappingProxyType(
    {
        "wheelchair": Words("home for a wheelchair", "rolstoelwoning"),
        "ground-floor": Words("home on the ground floor", "gelijkvloerse woning"),
        "other": Words("adapted home", "aangepaste woning"),
    }
)


class Waiting(NamedTuple):
    """Somebody who waits for a home: their journey by a short name and its address, the days so far, the last day
    within the norm, the days over it and those left until then, and what they lack (None: not told to who looks).
    """

    name: str
    address: str
    days: int
    due_on: date
    days_over: int
    days_left: int
    lacks: tuple[str, ...] | None


class Due(NamedTuple):
    """What falls due: on which day, in how many days, of what kind, whose turn it is, and of which journey."""

    on: date
    days: int
    kind: DeadlineKind
    owner: str
    name: str
    address: str


class Week(NamedTuple):
    """What falls due in a week: its first and last day, what, and how many of each kind. Without a first day it is what
    is past; `more` where not all of that is shown.
    """

    first: date | None
    last: date
    due: Sequence[Due]
    more: bool

    @property
    def counts(self) -> Counter[DeadlineKind]:
        """How many of each kind."""
        return Counter(one.kind for one in self.due)

    @property
    def anchor(self) -> str:
        """Its name within the page."""
        return "verlopen" if self.first is None else f"week-{self.first}"


class Agenda(NamedTuple):
    """What falls due, by weeks, the kinds that there are, and those that are not told to who looks."""

    weeks: Sequence[Week]
    kinds: Sequence[DeadlineKind]
    withheld: Sequence[DeadlineKind]


def due_question(view: View, code: str) -> ApiAddress:
    """What is past in a municipality, and what falls due in some weeks, in the order of days."""
    return view.question("/v1/deadlines", municipality=code, until=_last_day(view), limit=MOST)


async def read_due(view: View, code: str, due: Answer) -> list[Answer]:
    """The same, and where it is too long for one answer what falls due from the day on once more."""
    if due.cursor is None:
        return [due]
    given = {"municipality": code, "from": view.times.valid_on, "until": _last_day(view), "limit": MOST}
    return [due, *await view.ask(view.question_with("/v1/deadlines", given))]


async def read_waiting(view: View, code: str, due: Answer) -> tuple[list[Waiting], list[ApiAddress]]:
    """Who waits longest for a home, by the day on which that passes the norm, each with what they lack; and the
    questions by which that was asked.
    """
    asked: list[ApiAddress] = []
    items = _waiters(due)
    if len(items) < LONGEST:
        asked.append(view.question("/v1/deadlines", municipality=code, kind="housing-norm", limit=LONGEST))
        (listed,) = await view.ask(*asked)
        items = _waiters(listed) if listed.ok else items
    questions = [view.question(f"/v1/journeys/{one['journey']}") for one in items]
    answers = await view.ask(*questions)
    people = [_waiting(view, one, answer) for one, answer in zip(items, answers, strict=True)]
    return people, [*asked, *questions]


def agenda_of(view: View, lists: Sequence[Answer]) -> Agenda:
    """What falls due, by the weeks of the calendar; the first ends with the Sunday of the day of the page.

    `lists` are as `read_due` gives them.
    """
    day = view.times.valid_on
    every = [one for answer in lists for one in _due(view, answer)]
    before = [one for one in _due(view, lists[0]) if one.on < day]
    coming = [one for one in _due(view, lists[-1]) if one.on >= day]
    # Of a list that was cut off the last day there is may not be whole, nor what lies behind it.
    reached = [None if answer.cursor is None else answer.body["items"][-1]["dueOn"] for answer in lists]
    weeks = []
    if before:
        last = day - timedelta(1)
        weeks.append(Week(None, last, before, reached[0] is not None and reached[0] <= last.isoformat()))
    for number in range(WEEKS):
        monday = _monday(day) + number * _WEEK
        first, last = max(day, monday), monday + _WEEK - timedelta(1)
        cut = reached[-1] is not None and reached[-1] <= last.isoformat()
        weeks.append(Week(first, last, [one for one in coming if first <= one.on <= last], cut))
    there = {one.kind for one in every}
    return Agenda(weeks, [kind for kind in KIND_WORDS if kind in there], lists[0].body["withheld"])


def refusal_of(view: View, *answers: Answer) -> State | None:
    """Why a list of persons can't be shown, where it can't."""
    refused = next((one for one in answers if not one.ok), None)
    if refused is None:
        return None
    state = state_of(view, refused, "list_journeys")
    if state.kind == "closed" and "municipality" in view.roles:
        text = view.gettext("Een gemeente ziet de personen die bij haar horen, en niet die van een andere.")
        return state._replace(text=text)
    return state


def _waiting(view: View, listed: Mapping[str, Any], answer: Answer) -> Waiting:
    due_on = date.fromisoformat(listed["dueOn"])
    since = date.fromisoformat(listed["since"]) if listed["since"] else due_on
    phase = answer.body.get("phases", {}).get("housing") if answer.ok else None
    days = (view.times.valid_on - since).days if phase is None else phase["days"]
    told = answer.ok and "missingItems" in answer.body
    lacks = tuple(_lacks(view, answer.body)) if told else None
    return Waiting(*_named(view, listed), days, due_on, listed["daysOver"], (due_on - view.times.valid_on).days, lacks)


def _lacks(view: View, journey: Mapping[str, Any]) -> Iterator[str]:
    """What a journey lacks besides a home, in words; of a home what it must be."""
    for item in journey["missingItems"]:
        yield word_of(view, item)
    if journey["documentOn"] is None:
        yield word_of(view, "residence-document")
    for need in journey["adaptedNeeds"][-1:]:
        yield view.language.of(_HOME_WORDS[need["kind"]])
    undecided, awaited = journey["family"]["undecided"], journey["family"]["awaited"]
    if undecided:
        yield view.language.ngettext(
            "besluit over nareis (%(num)s persoon)", "besluit over nareis (%(num)s personen)", undecided
        ) % {"num": undecided}
    if awaited:
        yield view.language.ngettext("komst van %(num)s gezinslid", "komst van %(num)s gezinsleden", awaited) % {
            "num": awaited
        }
    if any(one["justified"] is None for one in journey["refusals"][-1:]):
        yield view.gettext("oordeel over een weigering")


def _waiters(listed: Answer) -> list[Mapping[str, Any]]:
    return [one for one in listed.body["items"] if one["kind"] == "housing-norm"][:LONGEST]


def _due(view: View, answer: Answer) -> list[Due]:
    day = view.times.valid_on
    return [
        Due(on := date.fromisoformat(one["dueOn"]), (on - day).days, one["kind"], one["owner"], *_named(view, one))
        for one in answer.body["items"]
    ]


def _named(view: View, listed: Mapping[str, Any]) -> tuple[str, str]:
    journey: str = listed["journey"]
    return journey[:8], view.link(f"trajecten/{journey}")


def _last_day(view: View) -> date:
    return _monday(view.times.valid_on) + WEEKS * _WEEK - timedelta(1)


def _monday(day: date) -> date:
    return day - timedelta(day.weekday())
