"""Supervision and supply, counted over one person at a time by the words of the contract."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from typing import Any, NamedTuple

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from domain.effective import effective_events_on
from domain.facts import (
    AdaptedHomeNeeded,
    DossierItemCompleted,
    DossierItemLapsed,
    FamilyReunificationApplied,
    FamilyReunificationDecided,
    LadderStepDecided,
    OfferAccepted,
    OfferRefused,
    Recorded,
    RefusalAssessed,
    ResidenceDocumentIssued,
)
from domain.period import Period
from projections.figure import Cell, Figure, Query
from projections.figures.realisation import REALISATION
from projections.figures.supervision import SUPERVISION
from projections.figures.supply import SUPPLY
from projections.stream_history import StreamHistory
from tests.rules.histories import AMERSFOORT, AMSTERDAM, UTRECHT, WEESP, granted, housed, link_ended, linked, said
from tests.rules.histories import returned as returned_on
from tests.views.books import municipal, national, transferred
from tests.views.logs import PLACES, Log, examples
from tests.views.supervised import ITEMS, adapted, asking, of_area, refused

HALVES = tuple(Period.parse(one) for one in ("2021-I", "2021-II", "2022-I"))
TOWNS = (UTRECHT, UTRECHT, AMERSFOORT, WEESP, AMSTERDAM)
_towns = st.sampled_from(TOWNS)
_days = st.integers(0, 560).map(lambda after: date(2020, 12, 1) + timedelta(days=after))
_names = count()
#: The examples of a test share one database: what was recorded in it, by journey, and of areas.
_TOLD: dict[Log, tuple[dict[Any, list[Recorded]], list[Recorded]]] = {}

_more = st.one_of(
    st.builds(lambda day, item: said(day, DossierItemCompleted(item)), _days, st.sampled_from(ITEMS)),
    st.builds(lambda day, item: said(day, DossierItemLapsed(item)), _days, st.sampled_from(ITEMS)),
    _days.map(lambda day: said(day, ResidenceDocumentIssued())),
    _days.map(lambda day: adapted(day.isoformat())),
    st.builds(lambda day, persons: said(day, FamilyReunificationApplied(persons)), _days, st.integers(1, 3)),
    st.builds(lambda day, persons: said(day, FamilyReunificationDecided(persons, 1)), _days, st.integers(0, 2)),
    st.builds(lambda day, town: refused(day.isoformat(), town), _days, _towns),
    st.builds(lambda day, town: said(day, OfferAccepted(town, "regular")), _days, _towns),
    st.builds(lambda day, just: said(day, RefusalAssessed(just)), _days, st.booleans()),
    st.builds(housed, _days, _towns),
    _days.map(returned_on),
    _days.map(link_ended),
    st.builds(linked, _days, _towns),
)


@st.composite
def lives(draw: st.DrawFn) -> list[Recorded]:
    """Somebody who is linked, is prepared more or less, and may be housed; and a version of something corrected."""
    start = date(2021, 1, 1) + timedelta(days=draw(st.integers(0, 400)))
    story = [granted("2020-01-02"), linked(start, draw(_towns))]
    some: Any = draw(st.sampled_from([ITEMS, ITEMS, ITEMS[:2]]))
    story += [said("2020-02-01", DossierItemCompleted(item)) for item in some]
    if draw(st.integers(0, 3)):
        story.append(said("2020-02-01", ResidenceDocumentIssued()))
    if draw(st.integers(0, 2)) == 0:
        day = start + timedelta(days=draw(st.integers(0, 30)))
        story += [refused(day.isoformat(), draw(_towns)), said(day + timedelta(days=3), RefusalAssessed(False))]
    if draw(st.integers(0, 3)) == 0:
        story.append(adapted((start + timedelta(days=draw(st.integers(0, 200)))).isoformat()))
    story += draw(st.lists(_more, max_size=3))
    events = [event._replace(id=f"e{nth}") for nth, event in enumerate(story)]
    if draw(st.booleans()):
        moved = draw(_days)
        events.append(
            linked(moved, draw(_towns), id="again", corrects="e1", at="2022-09-01T00:00:00+00:00"),
        )
    return draw(st.permutations(events))


class Person(NamedTuple):
    """Somebody in reception with a standing link, at the end of a day, and all that held of them by then."""

    town: str
    posted: str
    link_on: date
    held: list[Recorded]


def persons(everyone: Sequence[Sequence[Recorded]], on: date, day_of_rows: date) -> list[Person]:
    found = []
    for history in everyone:
        held = effective_events_on(history, on)
        plain = [event._replace(corrects=None, corrects_source=None) for event in held]
        stages = StreamHistory(plain, PLACES).stages
        journey = stages[-1].journey if stages else None
        if journey is None or journey.permit is None or journey.housing or journey.ending or not journey.current_link:
            continue
        link = journey.current_link
        found.append(Person(PLACES.code_on(link.municipality, day_of_rows), link.municipality, link.on, plain))
    return found


def is_complete(held: Sequence[Recorded], by: date) -> bool:
    newest = {
        event.fact.item: isinstance(event.fact, DossierItemCompleted)
        for event in held
        if isinstance(event.fact, DossierItemCompleted | DossierItemLapsed) and event.effective_on <= by
    }
    return all(newest.get(item, False) for item in ITEMS)  # type: ignore[call-overload]


def cause(person: Person, on: date, days: int) -> str | None:
    facts = [(event.effective_on, event.fact) for event in person.held]
    if not is_complete(person.held, on):
        return "dossier"
    if not any(isinstance(fact, ResidenceDocumentIssued) for _, fact in facts):
        return "document"
    if any(isinstance(fact, AdaptedHomeNeeded) and day > on - timedelta(days=days) for day, fact in facts):
        return "adapted"
    asked = sum(fact.persons for _, fact in facts if isinstance(fact, FamilyReunificationApplied))
    settled = sum(fact.granted + fact.refused for _, fact in facts if isinstance(fact, FamilyReunificationDecided))
    if asked > settled:
        return "family"
    # The newest refusal of the link's municipality since the link, what was judged of it, and what was accepted since.
    town, unjust, taken, newest_of_all = "", None, False, False
    for day, fact in facts:
        if isinstance(fact, OfferRefused):
            newest_of_all = day >= person.link_on and _same(fact.municipality, person.posted, day)
            if newest_of_all:
                town, unjust, taken = fact.municipality, None, False
        elif isinstance(fact, RefusalAssessed) and newest_of_all:
            unjust = not fact.justified
        elif isinstance(fact, OfferAccepted) and town and _same(fact.municipality, town, day):
            taken = True
    return "refusal" if unjust and not taken else None


def _same(one: str, other: str, day: date) -> bool:
    """As seen on the later day: a merger unmakes nothing of before."""
    return PLACES.code_on(one, day) == PLACES.code_on(other, day)


def recount(
    everyone: Sequence[Sequence[Recorded]], query: Query, period: Period, days: int, margins: tuple[int, Decimal]
) -> dict[str, dict[str, Any]]:
    """A half-year by municipality, by the words of the contract."""
    on = min(query.asked.valid_on, period.last)
    day_of_rows = period.nearest(query.asked.valid_on)
    reference = min(date(period.year, 4 if period.half == 1 else 10, 1), on)
    there = persons(everyone, on, day_of_rows)
    found: dict[str, dict[str, Any]] = {}
    for row in REALISATION.rows(Query(query.tables, query.asked, query.places, "municipality", {"period": period})):
        book: dict[str, Any] = dict(zip((column.name for column in REALISATION.columns), row.values, strict=True))
        here = [one for one in there if one.town == row.code]
        waiting = [one for one in here if one.link_on <= min(reference, on - timedelta(days=days))]
        causes = [cause(one, on, days) for one in waiting]
        excused = sum(one is not None for one in causes)
        told: dict[str, Any] = {"open": len(waiting), "excused": excused, "stack": len(waiting) - excused}
        for name in ("dossier", "document", "adapted", "family", "refusal"):
            told[f"excused{name.capitalize()}"] = causes.count(name)
        told["linked"] = len(here)
        gross, quota = book["remaining"], book["quota"]
        told |= {"task": book["task"], "realised": book["realised"], "gross": gross}
        if gross is None:
            told |= dict.fromkeys(("supplyGap", "attributable", "margin", "stacked", "short"))
        else:
            gap = max(0, book["task"] - book["realised"] - len(waiting))
            own = max(0, gross - gap - excused)
            share = 0
            while Decimal(share + 1) <= margins[1] * quota:
                share += 1
            margin = max(margins[0], share)
            told |= {"supplyGap": gap, "attributable": own, "margin": margin}
            told["stacked"] = 1 if gross > 0 and gap == 0 and len(waiting) - excused > margin else 0
            told["short"] = 1 if gross > 0 and 0 < own <= margin else 0
        complete = sum(is_complete(one.held, one.link_on) for one in here)
        told["dossierLight"] = (
            None
            if not here
            else "green"
            if complete >= 0.9 * len(here)
            else "amber"
            if complete >= 0.7 * len(here)
            else "red"
        )
        found[row.code] = told
    return found


def beyond(row: dict[str, Any] | None) -> bool:
    return row is not None and row["attributable"] is not None and row["attributable"] > row["margin"]


# Not shrunk: a smaller example would meet the database that the larger one left.
@settings(examples(12), phases=(Phase.reuse, Phase.generate))
@given(
    people=st.lists(lives(), min_size=6, max_size=12),
    quotas=st.lists(st.tuples(st.sampled_from(HALVES), _towns, st.integers(0, 6), _days), min_size=1, max_size=5),
    steps=st.lists(st.tuples(st.sampled_from(HALVES), _towns, st.integers(0, 6), _days), max_size=3),
    period=st.sampled_from(HALVES),
    on=_days | st.sampled_from([half.last for half in HALVES]) | st.just(HALVES[-1].last),
    days=st.sampled_from([70, 70, 0, 30, 200]),
    margins=st.sampled_from([(1, Decimal("0.05")), (0, Decimal("0.5")), (0, Decimal(0))]),
)
def test_every_column_of_supervision_and_supply_is_what_one_by_one_gives(
    log: Log,
    people: list[list[Recorded]],
    quotas: list[tuple[Period, str, int, date]],
    steps: list[tuple[Period, str, int, date]],
    period: Period,
    on: date,
    days: int,
    margins: tuple[int, Decimal],
) -> None:
    known, decisions = _TOLD.setdefault(log, ({}, []))
    if not decisions:
        log.commit([national(half, 0, id=f"none-{half}") for half in HALVES[1:]])
    for story in people:
        events = log.commit(log.journey(story))
        known[events[0].stream] = events
    for half, town, persons_, day in quotas:
        log.commit([municipal(half, town, persons_, on=day.isoformat(), id=f"m-{next(_names)}")])
    log.commit([transferred(HALVES[0], UTRECHT, AMERSFOORT, 1, on="2021-03-01", id=f"t-{next(_names)}")])
    for half, town, rung, day in [*steps, (HALVES[0], UTRECHT, 1, date(2021, 2, 1))]:
        fact = LadderStepDecided(town, half, rung, "behind")
        decisions.append(of_area(log, day.isoformat(), town, fact, id=f"s-{next(_names)}"))
    log.follow()
    everyone = list(known.values())
    given_: dict[str, Any] = {"period": period, "marginPersons": margins[0], "marginShare": margins[1], "days": days}
    with asking(log, on, "province", **given_) as query:
        assert_adds_up(SUPERVISION, query, "PV26")
    with asking(log, on, **given_) as query:
        expected = {half: recount(everyone, query, half, days, margins) for half in HALVES if half <= period}
        names = [column.name for column in SUPERVISION.columns]
        rows = {one.code: dict(zip(names, one.values, strict=True)) for one in SUPERVISION.rows(query)}
        assert rows.keys() == expected[period].keys()
        for code, row in rows.items():
            wanted = expected[period][code]
            in_row = 0
            while (half := _before(period, in_row)) in expected and beyond(expected[half].get(code)):
                in_row += 1
            day = period.nearest(on)
            taken = [
                one
                for one in decisions
                if one.effective_on <= min(on, period.last) and PLACES.code_on(_area(one), day) == code
            ]
            newest: Any = max(taken, key=lambda one: (one.effective_on, one.sent_at, one.source, one.id), default=None)
            rung = 0 if newest is None else newest.fact.rung
            wanted |= {"inRow": in_row, "rung": rung, "rungSince": None if newest is None else newest.effective_on}
            wanted["proposed"] = _proposed(wanted, rung, over=on >= period.last)
            assert {name: row[name] for name in row if name in wanted} == {
                name: wanted[name] for name in row if name in wanted
            }, code
        for figure in (SUPERVISION, SUPPLY):
            assert_adds_up(figure, query, UTRECHT)
        supplied = {one.code: one.values[:5] for one in SUPPLY.rows(query.with_parameters())}
        for code, wanted in expected[period].items():
            task, realised, there = wanted["task"], wanted["realised"], wanted["linked"]
            needed = None if task is None else max(0, task - realised)
            lacking = None if needed is None else max(0, needed - there)
            assert supplied[code] == (task, realised, there, needed, lacking)


def assert_adds_up(figure: Figure, query: Query, code: str) -> None:
    """The parts of every number of a row add up to it."""
    (row,) = (one for one in figure.rows(query) if one.code == code)
    for column, value in zip(figure.columns, row.values, strict=True):
        parts = figure.parts(query, Cell(code, {}, column.name))
        if isinstance(value, int):
            assert sum(part.amount for part in parts) == value, column.name
        else:
            assert not parts, column.name


def _before(period: Period, halves: int) -> Period:
    for _ in range(halves):
        period = period.previous
    return period


def _area(event: Recorded) -> str:
    fact: Any = event.fact
    return str(fact.area)


def _proposed(row: dict[str, Any], rung: int, *, over: bool) -> int | None:
    if row["gross"] is None or not over:
        return None
    if row["gross"] <= 0:
        return 0
    if row["attributable"] <= row["margin"]:
        return rung
    following = min(6, rung + 1)
    if (following == 4 and row["inRow"] < 2) or (following >= 5 and row["inRow"] < 4):
        return rung
    return following
