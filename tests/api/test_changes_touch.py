"""What an event touches is worked out again, and nothing besides: counted in calls, not in time."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from types import FrameType
from typing import Any

import pytest
from sqlalchemy import Connection, Engine

from domain.facts import MunicipalQuotaPublished, OpeningBalanceRecorded, QuotaPublished
from domain.facts.quota import BalanceFigure
from domain.period import Period
from domain.places import Places
from domain.quota import Balance
from projections import changes, reference
from projections.changes import state
from projections.view import Asked
from service.database import reading
from service.reasons.changed import Change, moving
from tests.rules.histories import said
from tests.views.logs import VIEW, Log, counted, of_period

HALF = Period(2021, 2)
LAST = date(2021, 12, 31)
TOWNS = Places.shipped().existing_on(LAST)
#: The table then, the table now, and the one that the events begin with.
TABLES = 3 * len(TOWNS)


@contextmanager
def calls(function: Callable[..., Any]) -> Iterator[list[None]]:
    """One entry for every call of a function."""
    found: list[None] = []

    def seen(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code is function.__code__:
            found.append(None)

    before = sys.getprofile()
    sys.setprofile(seen)
    try:
        yield found
    finally:
        sys.setprofile(before)


def moved(
    connection: Connection, span: tuple[int, int], figure: BalanceFigure, since: tuple[int, str] = (0, "")
) -> list[Change]:
    """What moved a figure by municipality."""
    asked = [Asked(LAST, position) for position in span]
    then, now = (
        state(connection, one, figure, HALF, "municipality", reference.places(connection, one)) for one in asked
    )
    return list(moving(connection, then, now, span, since))


@pytest.fixture
def log(engine: Engine) -> Log:
    """A log with a national number for two half-years."""
    log = Log(engine)
    published = [QuotaPublished(half, 11_000) for half in (Period(2021, 1), HALF)]
    log.commit(of_period(*(said(fact.period.first, fact, id=f"first-{fact.period}") for fact in published)))
    return log


@pytest.mark.parametrize("figure", ["task", "remaining"])
def test_a_number_of_a_municipality_works_out_no_other(log: Log, figure: BalanceFigure) -> None:
    start = log.position()
    before, towns = Period(2021, 1), TOWNS[:40]
    openings: list[Any] = [OpeningBalanceRecorded(before, town, 1_000 + n) for n, town in enumerate(towns)]
    quotas = [MunicipalQuotaPublished(HALF, town, 1_000) for town in towns]
    log.commit(of_period(*(said(fact.period.first, fact, id=f"{n}") for n, fact in enumerate(openings + quotas))))
    log.follow()
    with reading(log.engine, VIEW) as connection, calls(Balance.__init__) as worked_out:
        found = moved(connection, (start, log.position()), figure)
    assert len({one.position for one in found}) == 80
    # A municipality and those in its line of succession, if it has one.
    assert len(worked_out) < TABLES + 80 * 10


def test_inhabitants_divide_a_number_anew_and_are_no_part_of_who_was_housed(log: Log) -> None:
    start = log.position()
    log.commit(counted("2020-01-01", town, 600_000 + n, f"cbs-{n}") for n, town in enumerate(TOWNS[:40]))
    log.follow()
    with reading(log.engine, VIEW) as connection:
        with calls(Balance.__init__) as worked_out:
            assert moved(connection, (start, log.position()), "realised") == []
        assert len(worked_out) <= TABLES
        assert len({one.position for one in moved(connection, (start, log.position()), "quota")}) == 40


def test_the_places_of_live_reads_stay_made(log: Log) -> None:
    start = log.position()
    log.commit(counted("2020-01-01", town, 100_000 + n, f"cbs-{n}") for n, town in enumerate(TOWNS[:80]))
    log.follow()
    now = Asked(LAST, log.position())
    with reading(log.engine, VIEW) as connection:
        places = reference.places(connection, now)
        asked = [Asked(LAST, start), now]
        then, there = (state(connection, one, "quota", HALF, "country", places) for one in asked)
        assert list(moving(connection, then, there, (start, log.position()))) == []
        assert reference.places(connection, now) is places


def test_a_later_page_does_not_walk_through_those_before_it(log: Log) -> None:
    start = log.position()
    facts = [MunicipalQuotaPublished(HALF, town, 1_000) for town in TOWNS[:40]]
    log.commit(of_period(*(said(HALF.first, fact, id=f"{n}") for n, fact in enumerate(facts))))
    log.follow()
    with reading(log.engine, VIEW) as connection:
        every = moved(connection, (start, log.position()), "quota")
        shown = every[29]
        with calls(changes.difference) as compared:
            assert moved(connection, (start, log.position()), "quota", (shown.position, shown.code)) == every[30:]
    assert 10 <= len(compared) <= 11
