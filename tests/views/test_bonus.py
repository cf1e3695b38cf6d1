"""Who is housed within the norm, and the days that saves: counted by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

from domain.rounding import Ratio
from domain.totals import GroupBy
from projections.comparison import differences
from projections.engine import Asked
from projections.figure import Cell, Query, Value
from projections.figures import FIGURES
from projections.places import read_places
from tests.rules.histories import AMERSFOORT, AMSTERDAM, UTRECHT, granted, housed, linked, returned
from tests.views.logs import Log
from tests.views.phase_figures import WORKED_CASE

BONUS = FIGURES["bonus"]
GIVEN = {"from": date(2021, 1, 1), "to": date(2021, 12, 31)}


def rows(
    log: Log, by: GroupBy = "municipality", on: date = date(2021, 12, 31), **given: Any
) -> dict[str, tuple[Value, ...]]:
    """The rows by code: known, within, share and days saved."""
    with log.tables() as tables:
        asked = Asked(on, log.reached())
        query = Query(tables, asked, read_places(tables, asked), by, {**GIVEN, **given})
        for row in BONUS.rows(query):
            for column, value in zip(BONUS.columns, row.values, strict=True):
                parts = BONUS.parts(query, Cell(row.code, {}, column.name))
                expected = sum(part.numerator for part in parts), sum(part.denominator for part in parts)
                assert value == (Ratio(*expected) if column.name == "share" else sum(part.amount for part in parts))
        return {row.code: row.values for row in BONUS.rows(query)}


def test_persons_count_where_they_are_housed_and_save_the_days_up_to_the_norm(log: Log) -> None:
    lives = [
        WORKED_CASE,  # 101 days: three over
        [granted("2021-03-01", id="p"), linked("2021-03-10", id="l"), housed("2021-06-01", AMERSFOORT, id="h")],  # 92
        [granted("2021-03-01", id="p"), housed("2021-06-07", AMERSFOORT, id="h")],  # 98, the last day in time
        [housed("2021-06-07", AMERSFOORT, id="h")],  # without a permit nothing is known
    ]
    for life in lives:
        log.commit(log.journey(life))
    log.follow()
    assert rows(log) == {UTRECHT: (1, 0, Ratio(0, 1), 0), AMERSFOORT: (2, 2, Ratio(2, 2), 6)}
    assert rows(log, "country") == {"NL": (3, 2, Ratio(2, 3), 6)}
    assert rows(log, to=date(2021, 6, 1)) == {AMERSFOORT: (1, 1, Ratio(1, 1), 6)}


def test_a_housing_that_was_undone_saves_nothing_and_the_next_one_counts_where_it_is(log: Log) -> None:
    life = [granted("2021-03-01", id="p"), housed("2021-04-01", UTRECHT, id="h"), returned("2021-04-10", id="r")]
    log.commit(log.journey([*life, housed("2021-05-01", AMERSFOORT, id="h2")]))
    log.follow()
    assert rows(log, on=date(2021, 4, 5)) == {UTRECHT: (1, 1, Ratio(1, 1), 67)}
    assert rows(log, on=date(2021, 4, 20)) == {}
    assert rows(log) == {AMERSFOORT: (1, 1, Ratio(1, 1), 37)}


def test_a_housing_that_is_corrected_moves_a_person_though_no_phase_of_theirs_changes(log: Log) -> None:
    life = [
        granted("2021-03-01", id="p"),
        linked("2021-03-10", UTRECHT, id="l"),
        housed("2021-05-01", AMSTERDAM, id="h"),
    ]
    # Somebody stays in each, so that both rows are there before and after.
    for town in (AMSTERDAM, AMERSFOORT):
        log.commit(log.journey([granted("2021-03-01", id="p"), housed("2021-05-01", town, id="h")]))
    told = log.commit(log.journey(life))
    later = housed("2021-05-01", AMERSFOORT, id="h2", corrects="h", at="2022-01-01T00:00:00+00:00")
    log.commit([later._replace(stream=told[0].stream, corrects=told[2].id)])
    log.follow()
    with log.tables() as tables:
        then, now = (
            Query(tables, asked, read_places(tables, asked), "municipality", GIVEN)
            for asked in (Asked(date(2021, 12, 31), 7), Asked(date(2021, 12, 31), 8))
        )
        moved = {
            code: [one.adds.amount for one in differences(BONUS, then, now, Cell(code, {}, "known"))]
            for code in (AMSTERDAM, AMERSFOORT)
        }
    assert moved == {AMSTERDAM: [-1], AMERSFOORT: [1]}
