"""The engine: rows are closed when they vanish and added when they appear, and every one knows both its spans."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import given
from sqlalchemy import Table, select

from domain.facts import InhabitantsCounted, Recorded
from projections import streams
from projections.engine import LAST_DAY, Asked, spans
from projections.states import PROJECTIONS
from projections.states.housings import housings
from projections.states.phases import phases as phases_table
from projections.tables import FOREVER, STILL
from service.projector.verification import verify
from service.storage.database import reading
from tests.rules.histories import (
    AMERSFOORT,
    UTRECHT,
    died,
    facts,
    granted,
    histories,
    housed,
    linked,
    returned,
    withdrawn,
)
from tests.views.logs import VIEW, Log, answers, computed, days_around, examples

HOUSED_ON = date(2021, 6, 10)


def rows_of(log: Log, table: Table, *columns: str, view: str = VIEW) -> list[tuple[Any, ...]]:
    """All rows of a table: known from, known until, and these columns; in the order in which they were known."""
    with reading(log.engine, view) as connection:
        found = connection.execute(
            select(table.c.known_from, table.c.known_until, *(table.c[name] for name in columns)).order_by(
                table.c.known_from, table.c.number
            )
        )
        return [tuple(row) for row in found]


def test_a_row_is_known_from_the_commit_that_brought_it_and_for_the_days_until_the_next_change(log: Log) -> None:
    journey = log.journey([granted("2021-03-01", id="p"), linked("2021-03-10", id="l"), housed("2021-06-10", id="h")])
    log.commit(journey[:2])
    log.commit(journey[2:])
    log.follow()
    spans_and_state = ("valid_from", "valid_until", "municipality", "phase", "ended_on", "permit_on")
    permit_on, link_on = date(2021, 3, 1), date(2021, 3, 10)
    assert sorted(rows_of(log, phases_table, *spans_and_state), key=repr) == [
        (2, 3, link_on, FOREVER, UTRECHT, "housing", None, permit_on),
        (2, STILL, permit_on, link_on, None, "linking", None, permit_on),
        (2, STILL, link_on, FOREVER, UTRECHT, "linking", link_on, None),
        (3, STILL, link_on, HOUSED_ON, UTRECHT, "housing", None, permit_on),
        (3, STILL, HOUSED_ON, FOREVER, UTRECHT, "total", HOUSED_ON, None),
    ]


def test_what_changes_no_state_changes_no_row(log: Log) -> None:
    journey = log.journey([granted("2021-03-01", id="p"), linked("2021-03-10", id="l"), linked("2021-04-01", id="l2")])
    log.commit(journey[:2])
    log.follow()
    before = rows_of(log, phases_table, "valid_from", "valid_until")
    log.commit(journey[2:])
    assert log.follow() == [3]
    assert rows_of(log, phases_table, "valid_from", "valid_until") == before


def test_rows_that_appear_and_vanish_within_one_batch_are_kept_with_the_span_in_which_they_were_known(log: Log) -> None:
    first = linked("2021-03-10", UTRECHT, id="l")
    instead = linked("2021-03-12", AMERSFOORT, id="l2", corrects="l")
    journey = log.journey([granted("2021-03-01", id="p"), first, instead])
    for event in journey:
        log.commit([event])
    assert log.follow() == [3]
    found = rows_of(log, phases_table, "valid_from", "valid_until", "phase", "municipality")
    assert [row for row in found if row[4] == "linking"] == [
        (1, 2, date(2021, 3, 1), FOREVER, "linking", None),
        (2, 3, date(2021, 3, 1), date(2021, 3, 10), "linking", None),
        (2, 3, date(2021, 3, 10), FOREVER, "linking", UTRECHT),
        (3, STILL, date(2021, 3, 1), date(2021, 3, 12), "linking", None),
        (3, STILL, date(2021, 3, 12), FOREVER, "linking", AMERSFOORT),
    ]


def test_rows_that_vanished_come_back_as_rows_of_their_own(log: Log) -> None:
    story = [housed("2021-06-10", id="h"), withdrawn("h", id="w"), withdrawn("w", id="ww"), withdrawn("ww", id="www")]
    for event in log.journey(story):
        log.commit([event])
    assert log.follow(limits=[1, 1, 1, 1]) == [1, 2, 3, 4]
    columns = ("valid_from", "valid_until", "period", "municipality", "accommodation", "persons", "turn")
    row = (HOUSED_ON, FOREVER, "2021-I", UTRECHT, "regular", 1, 1)
    expected = [(1, 2, *row), (3, 4, *row)]
    assert rows_of(log, housings, *columns) == expected
    # The same in one batch, in which both appear and vanish.
    assert log.follow(view="view_b") == [4]
    assert rows_of(log, housings, *columns, view="view_b") == expected


def test_two_changes_of_one_commit_leave_no_trace_of_the_state_between_them(log: Log) -> None:
    log.commit(log.journey([housed("2021-06-10", id="h"), withdrawn("h", id="w")]))
    log.follow()
    assert rows_of(log, housings) == []


def test_an_event_that_arrives_late_changes_the_days_behind_it_too(log: Log) -> None:
    journey = log.journey([housed("2021-06-10", id="h"), died("2021-05-01", id="d"), granted("2021-03-01", id="p")])
    for event in journey:
        log.commit([event])
    log.follow()
    died_on, permit_on = date(2021, 5, 1), date(2021, 3, 1)
    assert sorted(rows_of(log, phases_table, "valid_from", "valid_until", "phase", "days"), key=repr) == [
        (1, 3, HOUSED_ON, FOREVER, "untimed", None),
        (2, STILL, died_on, HOUSED_ON, "closed", None),
        (3, STILL, permit_on, died_on, "linking", None),
        (3, STILL, HOUSED_ON, FOREVER, "total", 101),
    ]


def test_a_return_is_a_row_of_its_own_beside_the_housing_it_undoes(log: Log) -> None:
    story = [housed("2021-06-10", id="h"), returned("2021-08-01", id="r"), housed("2021-09-01", AMERSFOORT, id="h2")]
    log.commit(log.journey(story))
    log.follow()
    # From the day of the return on the first is undone.
    assert rows_of(log, housings, "valid_from", "period", "municipality", "persons", "turn", "undone") == [
        (3, STILL, HOUSED_ON, "2021-I", UTRECHT, 1, 1, False),
        (3, STILL, date(2021, 8, 1), "2021-I", UTRECHT, 1, 1, True),
        (3, STILL, date(2021, 8, 1), "2021-II", UTRECHT, -1, 2, False),
        (3, STILL, date(2021, 9, 1), "2021-II", AMERSFOORT, 1, 3, False),
    ]


def test_the_rows_of_the_last_day_of_the_calendar_answer_for_it(log: Log) -> None:
    events = log.commit(log.journey([housed("2021-06-10", id="h")]))
    log.follow()
    with reading(log.engine, VIEW) as connection:
        for day in (HOUSED_ON, LAST_DAY, FOREVER):
            found = answers(connection, PROJECTIONS, Asked(day, 1), [events[0].stream])
            assert found["housings"][events[0].stream].total() == 1


def test_equal_neighbours_are_one_row() -> None:
    one, two, three = date(2021, 3, 1), date(2021, 3, 2), date(2021, 3, 3)
    assert list(spans([(one, ("a",)), (two, ("a",)), (three, ("b",))])) == [(one, three, "a"), (three, FOREVER, "b")]
    assert list(spans([])) == []


@examples(15)
@given(histories(least=1, most=8, of=facts(InhabitantsCounted.TOPIC)))
def test_counts_of_inhabitants_are_in_the_tables_as_the_functions_have_them_at_every_position_and_on_every_day(
    log: Log, history: list[Recorded]
) -> None:
    new = [log.commit([event])[0] for event in log.of_municipalities(history)]
    log.follow()
    every = log.recorded[streams.REFERENCE]
    with reading(log.engine, VIEW) as connection:
        for event in new:
            for day in days_around([new]):
                asked = Asked(day, event.position)
                found = answers(connection, PROJECTIONS, asked, [streams.REFERENCE])
                assert found == computed(PROJECTIONS, [every], asked)
    assert verify(log.engine).differences == 0
