"""Who is waiting: whose turn it is, since when and by when."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from domain.norm_sets import NORM_SETS, PHASE_NAMES, PhaseName
from projections import waiting
from projections.engine import Asked
from projections.places import read_places
from projections.waiting import Sought, Turn, Waiting
from tests.rules.histories import (
    AMERSFOORT,
    AMSTERDAM,
    UTRECHT,
    WEESP,
    died,
    granted,
    linked,
)
from tests.views.logs import Log
from tests.views.phase_figures import LINKED_ANEW, PERMIT_14, WORKED_CASE, told

# Who is waiting.


def who_waits(log: Log, on: date, **filters: Any) -> list[Waiting]:
    """Open journeys, with nothing left out unless the test says so."""
    given_filters: dict[str, Any] = {"municipality": None, "after": None, "limit": 100}
    sought = Sought(**{name: filters.pop(name) for name in Sought._fields if name in filters})
    norm = filters.pop("norm", PERMIT_14)
    with log.tables() as tables:
        asked = Asked(on, log.reached())
        places = read_places(tables, asked)
        return waiting.read_waiting(tables, asked, norm, places, sought=sought, **(given_filters | filters))


def waits(
    journey: UUID, municipality: str | None, phase: PhaseName, turn: Turn, since: date, days: int, due: date, over: int
) -> Waiting:
    """A row about a phase, of somebody of whose file nothing is complete."""
    return Waiting(journey, municipality, phase, "phase", turn, since, days, due, over, "dossier")


def test_who_waits_is_told_whose_turn_it_is_since_when_and_by_when(log: Log) -> None:
    ended, at_home, done, new = told(
        log, LINKED_ANEW[:3], WORKED_CASE[:3], WORKED_CASE, [granted("2021-06-03", id="p")]
    )
    found = {one.journey: one for one in who_waits(log, date(2021, 6, 10))}
    assert done[0].stream not in found
    assert found[ended[0].stream] == waits(
        ended[0].stream, UTRECHT, "linking", "coa", date(2021, 4, 20), 60, date(2021, 4, 25), 46
    )
    assert found[at_home[0].stream] == waits(
        at_home[0].stream, UTRECHT, "departure", "coa-and-permit-holder", date(2021, 6, 1), 9, date(2021, 6, 15), 0
    )
    assert found[new[0].stream] == waits(
        new[0].stream, None, "linking", "coa", date(2021, 6, 3), 7, date(2021, 6, 17), 0
    )
    assert len(found) == 3


def test_of_the_second_link_the_home_is_due_ten_weeks_on(log: Log) -> None:
    journey = told(log, LINKED_ANEW)[0]
    assert who_waits(log, date(2021, 7, 8)) == [
        waits(journey[0].stream, AMERSFOORT, "housing", "municipality", date(2021, 4, 27), 72, date(2021, 7, 6), 2)
    ]


def test_overdue_keeps_those_past_the_norm_and_the_last_day_is_in_time(log: Log) -> None:
    told(log, LINKED_ANEW)
    assert who_waits(log, date(2021, 7, 6), overdue=True) == []
    assert [one.days_over for one in who_waits(log, date(2021, 7, 7), overdue=True)] == [1]
    # The whole is overdue long before: fourteen weeks from 1 March end on 7 June.
    assert who_waits(log, date(2021, 6, 7), overdue=True, phase="total") == []
    assert [one.days_over for one in who_waits(log, date(2021, 6, 8), overdue=True, phase="total")] == [1]


def test_the_total_is_counted_from_where_the_norm_set_says(log: Log) -> None:
    journey = told(log, LINKED_ANEW)[0][0].stream
    on = date(2021, 7, 20)
    totals = [who_waits(log, on, phase="total", norm=norm) for norm in NORM_SETS.values()]
    assert totals == [
        [waits(journey, AMERSFOORT, "total", "chain", date(2021, 3, 1), 141, date(2021, 6, 7), 43)],
        [waits(journey, AMERSFOORT, "total", "chain", date(2021, 4, 27), 84, date(2021, 8, 3), 0)],
        [waits(journey, AMERSFOORT, "total", "chain", date(2021, 4, 27), 84, date(2021, 7, 20), 0)],
    ]


def test_nobody_waits_for_a_total_that_is_counted_from_a_link_that_is_not_there(log: Log) -> None:
    told(log, LINKED_ANEW[:3], [granted("2021-03-01", id="p")])
    on = date(2021, 7, 20)
    assert [len(who_waits(log, on, phase="total", norm=norm)) for norm in NORM_SETS.values()] == [2, 0, 0]


def test_one_phase_can_be_asked_for(log: Log) -> None:
    told(log, LINKED_ANEW[:3], WORKED_CASE[:3], WORKED_CASE[:2], LINKED_ANEW)
    on = date(2021, 6, 10)
    counts = {name: len(who_waits(log, on, phase=name)) for name in PHASE_NAMES}
    assert counts == {"linking": 1, "housing": 2, "departure": 1, "total": 4}


def test_closed_journeys_wait_for_nothing(log: Log) -> None:
    told(log, [*WORKED_CASE[:3], died("2021-06-05", id="x")])
    assert len(who_waits(log, date(2021, 6, 4))) == 1
    assert who_waits(log, date(2021, 6, 5)) == []
    assert who_waits(log, date(2021, 6, 5), phase="total") == []


def test_a_municipality_waits_for_the_journeys_of_those_it_succeeded(log: Log) -> None:
    told(log, [granted("2022-01-01", id="p"), linked("2022-01-11", WEESP, id="l")])
    told(log, [granted("2022-01-01", id="p"), linked("2022-01-11", UTRECHT, id="l")])
    eve, day = date(2022, 3, 23), date(2022, 3, 24)
    assert [one.municipality for one in who_waits(log, eve, municipality=WEESP)] == [WEESP]
    assert who_waits(log, eve, municipality=AMSTERDAM) == []
    assert [one.municipality for one in who_waits(log, day, municipality=AMSTERDAM)] == [AMSTERDAM]


def test_pages_follow_one_another_in_the_order_of_the_journeys_ids(log: Log) -> None:
    journeys = sorted(journey[0].stream for journey in told(log, *[LINKED_ANEW] * 7))
    on = date(2021, 6, 10)
    pages: list[list[UUID]] = [[]]
    for _ in range(4):
        after = pages[-1][-1] if pages[-1] else None
        pages.append([one.journey for one in who_waits(log, on, limit=3, after=after)])
    assert pages[1:] == [journeys[:3], journeys[3:6], journeys[6:], []]
