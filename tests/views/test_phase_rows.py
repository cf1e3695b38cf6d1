"""What the table of phases holds of a journey, and that figures are read from its indexes alone, on both engines."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import event, select

from domain.norms import NORM_SETS
from domain.totals import GroupBy
from projections import norm_phases, reference
from projections.phase_rows import FamilyFilter
from projections.tables import STILL
from projections.tables import phases as table
from projections.view import Asked
from service.database import reading
from tests.rules.histories import AMERSFOORT, UTRECHT, died, granted, home_ready, housed, linked
from tests.views.logs import VIEW, Log

PERMIT_14 = NORM_SETS["permit-14"]
LIFE = [
    granted("2021-03-01", id="p"),
    linked("2021-03-10", id="l"),
    home_ready("2021-06-01", id="r"),
    housed("2021-06-10", id="h"),
]
LATER = date(2021, 12, 1), date(2021, 12, 31)


def codes(log: Log, on: date, by: GroupBy, position: int | None = None, family: FamilyFilter = "any") -> list[str]:
    """The rows of the figures of December 2021."""
    with reading(log.engine, VIEW) as connection:
        asked = Asked(on, log.reached() if position is None else position)
        places = reference.places(connection, asked)
        return [group.code for group in norm_phases.read(connection, asked, LATER, by, PERMIT_14, family, places)]


def test_a_life_told_step_by_step_leaves_ten_rows_of_which_seven_stand(log: Log) -> None:
    for one in log.journey(LIFE):
        log.commit([one])
    log.follow()
    with reading(log.engine, VIEW) as connection:
        known_until = connection.execute(select(table.c.known_until)).scalars().all()
    assert len(known_until) == 10
    assert known_until.count(STILL) == 7


def test_who_was_housed_before_the_window_and_waits_for_nothing_still_has_a_row(log: Log) -> None:
    log.commit(log.journey(LIFE))
    log.commit(log.journey([granted("2021-03-01", id="p"), housed("2021-05-01", AMERSFOORT, id="h")]))
    log.follow()
    end = date(2021, 12, 31)
    assert codes(log, end, "municipality") == [AMERSFOORT, UTRECHT]
    assert codes(log, end, "province") == ["PV26"]
    assert codes(log, end, "country") == ["NL"]
    assert codes(log, end, "country", family="with") == []
    assert codes(log, date(2021, 5, 15), "municipality") == [AMERSFOORT, UTRECHT]
    assert codes(log, date(2021, 3, 5), "municipality") == []
    assert codes(log, date(2021, 3, 5), "country") == ["NL"]
    assert codes(log, end, "municipality", 4) == [UTRECHT]
    assert codes(log, end, "country", 0) == []


def test_a_journey_of_which_nothing_is_timed_still_has_a_row(log: Log) -> None:
    log.commit(log.journey([linked("2021-03-10", id="l")]))
    log.commit(log.journey([housed("2021-06-10", AMERSFOORT, id="h")]))
    log.follow()
    assert codes(log, date(2021, 4, 1), "municipality") == [UTRECHT]
    assert codes(log, date(2021, 12, 31), "municipality") == [AMERSFOORT, UTRECHT]


@pytest.mark.parametrize("position", [None, 9])
def test_figures_are_read_from_indexes_alone(log: Log, position: int | None) -> None:
    for n in range(6):
        log.commit(log.journey([*LIFE[: n % 4 + 1], died("2021-08-01", id="d")][: n + 1]))
    log.follow()
    said: list[tuple[str, Any]] = []

    @event.listens_for(log.engine, "after_cursor_execute")
    def noted(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        said.append((statement, parameters))

    codes(log, date(2021, 12, 31), "country", position)
    event.remove(log.engine, "after_cursor_execute", noted)
    sqlite = log.engine.dialect.name == "sqlite"
    plans = []
    with reading(log.engine, VIEW) as connection:
        for statement, parameters in said:
            if "set_config" in statement or ("GROUP BY" in statement and "phases" in statement):
                explain = "" if "set_config" in statement else "EXPLAIN QUERY PLAN " if sqlite else "EXPLAIN "
                found = connection.exec_driver_sql(explain + statement, parameters)
                plans += [str(row) for row in found if explain]
    read = [line for line in plans if "phases" in line and ("Scan" in line or "SCAN" in line or "SEARCH" in line)]
    assert len(read) == 5  # the completed; those waiting, with and without a municipality, still and since
    assert all("COVERING INDEX ix_phases_" in line or "Index Only Scan using ix_phases_" in line for line in read), read
