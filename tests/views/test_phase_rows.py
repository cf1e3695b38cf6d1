"""What the table of phases holds of a journey, and which rows of the figures come of it."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from domain.totals import GroupBy
from projections.states.phases import phases as table
from projections.tables import STILL
from service.storage.database import reading
from tests.rules.histories import AMERSFOORT, UTRECHT, granted, home_ready, housed, linked
from tests.views.logs import VIEW, Log
from tests.views.phase_figures import FamilyFilter, groups

LIFE = [
    granted("2021-03-01", id="p"),
    linked("2021-03-10", id="l"),
    home_ready("2021-06-01", id="r"),
    housed("2021-06-10", id="h"),
]
LATER = date(2021, 12, 1), date(2021, 12, 31)


def codes(log: Log, on: date, by: GroupBy, position: int | None = None, family: FamilyFilter = "any") -> list[str]:
    """The rows of the figures of December 2021."""
    return list(groups(log, on, window=LATER, by=by, family=family, position=position))


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
