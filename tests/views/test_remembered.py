"""What a process remembers gives no answer that reading and computing everything anew would not give."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, update

from domain.facts import (
    EventWithdrawn,
    MunicipalQuotaPublished,
    OpeningBalanceRecorded,
    QuotaPublished,
    QuotaTransferred,
)
from domain.facts import Transfer as Line
from domain.period import Period
from domain.tally import Tally
from projections import anchors, quota, realisation, reference, remembered
from projections.explanations import Table
from projections.remembered import Turn
from projections.tables import housings, place
from projections.view import Asked
from service.database import connect, reading
from service.follower.standing import standing
from tests.rules.histories import AMERSFOORT, AMSTERDAM, UTRECHT, WEESP, housed, returned, said, withdrawn
from tests.views.logs import VIEW, Log, changing, counted, examples, merged, of_period, of_reference

TOWNS = (UTRECHT, AMERSFOORT, AMSTERDAM, WEESP, "GM9990")
KINDS = ("regular", "hotel", "gva")
PERIODS = [Period(2021, 1), Period(2021, 2), Period(2022, 1), Period(2022, 2)]
FIRST = date(2021, 1, 1)
TURN = Turn(VIEW, 0)


@pytest.fixture
def remembering(database_url: str) -> Iterator[Engine]:
    """A second engine on the same database, that remembers."""
    engine = connect(database_url)
    remembered.remember(engine)
    yield engine
    engine.dispose()


@contextmanager
def serving(engine: Engine, turn: Turn = TURN) -> Iterator[Connection]:
    """A connection as a question has it."""
    with reading(engine, VIEW) as connection:
        reached = {one.projection: one.position for one in standing(connection)}
        yield remembered.serving(connection, turn, reached)


def answers(connection: Connection, asked: Asked, period: Period) -> dict[str, Any]:
    """All that is made of what may be remembered."""
    places = reference.places(connection, asked)
    table = Table.read(connection, asked, period, places)
    housed = realisation.realised(connection, asked)
    return {
        "realised": {each: {code: dict(kinds) for code, kinds in of.items()} for each, of in housed.items()},
        "numbers": list(quota.numbers(connection, asked.position)),
        "said": dict(quota.said(connection, asked)),
        "standings": realisation.read(connection, asked, period, "municipality", places),
        "provinces": realisation.read(connection, asked, period, "province", places),
        "before": table.books.before and (table.books.before[0], table.books.before[1].remaining()),
        "inhabitants": dict(places.inhabitants(period.year, asked.valid_on)),
    }


def direct(log: Log, asked: Asked, period: Period) -> dict[str, Any]:
    with reading(log.engine, VIEW) as connection:
        return answers(connection, asked, period)


def day(chance: Random) -> date:
    return FIRST + timedelta(days=chance.randrange(740))


def tell(log: Log, chance: Random) -> None:
    """A commit of a few things that somebody said."""
    number = log.position()
    on, town = day(chance), chance.choice(TOWNS)
    life = [housed(on, town, chance.choice(KINDS), id="h")]
    match chance.randrange(10):
        case 0 | 1:
            life.append(returned(on + timedelta(days=chance.randrange(1, 200)), id="r"))
        case 2 | 3:
            life.append(housed(day(chance), chance.choice(TOWNS), chance.choice(KINDS), id="h2", corrects="h"))
        case 4:
            life.append(withdrawn("h", id="w"))
    events = log.journey(life)
    # The rest of a life may come in a commit of its own.
    log.commit(events[:1])
    if events[1:]:
        log.commit(events[1:])
    period = chance.choice(PERIODS)
    facts: list[Any] = [
        QuotaPublished(period, chance.randrange(400, 2_000)),
        MunicipalQuotaPublished(period, chance.choice(TOWNS[:4]), chance.randrange(9)),
        OpeningBalanceRecorded(period, chance.choice(TOWNS[:4]), chance.randrange(-5, 6)),
        QuotaTransferred(period, (Line(UTRECHT, -2), Line(AMSTERDAM, 2))),
    ]
    if chance.random() < 0.4:
        about = said(day(chance), chance.choice(facts), id=f"q{number}")
        log.commit(of_period(about))
        if chance.random() < 0.3:
            log.commit(of_period(said(FIRST, EventWithdrawn(f"q{number}", "no", period), id=f"t{number}")))
    if chance.random() < 0.15:
        new = {"name": "Nieuwstad", "province": "PV26"}
        event = merged(str(day(chance)), AMERSFOORT, chance.choice((UTRECHT, "GM9990")), f"m{number}", **new)
        log.commit([event])
        if chance.random() < 0.5:
            log.commit(of_reference(said(FIRST, EventWithdrawn(f"m{number}", "no"), id=f"n{number}")))
    if chance.random() < 0.15:
        log.commit([counted("2021-01-01", UTRECHT, chance.randrange(300_000, 400_000), f"c{number}")])


@given(seed=st.integers(0, 2**32))
@examples(3)
def test_the_answers_are_those_computed_anew_at_any_position_and_day(
    log: Log, remembering: Engine, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(anchors, "_SHORTEST", 3)
    chance = Random(seed)
    for _ in range(4):
        tell(log, chance)
        tell(log, chance)
        log.follow()
        reached = log.reached()
        for position in (reached, chance.randrange(reached + 1), chance.randrange(reached + 1)):
            asked, period = Asked(day(chance), position), chance.choice(PERIODS)
            with serving(remembering) as connection:
                assert answers(connection, asked, period) == direct(log, asked, period)


def test_who_looks_from_an_earlier_moment_is_answered_as_it_was(log: Log, remembering: Engine) -> None:
    chance = Random(1)
    for _ in range(4):
        tell(log, chance)
    log.follow()
    then = log.reached()
    with serving(remembering) as earlier:
        # What a connection sees stands from its first statement on.
        before = answers(earlier, Asked(FIRST, then), PERIODS[0])
        for _ in range(4):
            tell(log, chance)
        log.follow()
        with serving(remembering) as later:
            asked = Asked(date(2022, 12, 31), log.reached())
            assert answers(later, asked, PERIODS[3]) == direct(log, asked, PERIODS[3])
        assert answers(earlier, Asked(FIRST, then), PERIODS[0]) == before
    with serving(remembering) as connection:
        asked = Asked(date(2022, 12, 31), log.reached())
        assert answers(connection, asked, PERIODS[2]) == direct(log, asked, PERIODS[2])


def test_a_question_asked_again_reads_no_housings(log: Log, remembering: Engine) -> None:
    log.commit(log.journey([housed("2021-02-01", id="h")]))
    log.follow()
    asked = Asked(date(2021, 3, 1), log.reached())
    with serving(remembering) as connection:
        (first,) = realisation.realised(connection, asked).values()
    with changing(log) as connection:
        connection.execute(update(housings).values(persons=7))
    with serving(remembering) as connection:
        (again,) = realisation.realised(connection, asked).values()
    assert again is first


@pytest.mark.parametrize("dropped", ["another turn", "a lost connection"])
def test_the_memory_is_dropped(log: Log, remembering: Engine, dropped: str) -> None:
    log.commit(log.journey([housed("2021-02-01", id="h")]))
    log.follow()
    asked = Asked(date(2021, 3, 1), log.reached())
    with serving(remembering) as connection:
        realisation.realised(connection, asked)
    with changing(log) as connection:
        connection.execute(update(housings).values(persons=7))
    turn = TURN
    if dropped == "another turn":
        turn = Turn(VIEW, 2)
    else:
        with remembering.connect() as connection:
            connection.invalidate(RuntimeError("the server closed it"))
    with serving(remembering, turn) as connection:
        assert dict(realisation.realised(connection, asked)[PERIODS[0]]) == {UTRECHT: {"regular": 7}}


def test_a_table_that_was_set_back_is_believed(log: Log, remembering: Engine) -> None:
    chance = Random(7)
    for _ in range(6):
        tell(log, chance)
    log.follow()
    with serving(remembering) as connection:
        realisation.realised(connection, Asked(date(2022, 12, 31), log.reached()))
    with changing(log) as connection:
        connection.execute(update(place).values(position=2))
        connection.execute(housings.delete().where(housings.c.known_from > 2))
    asked = Asked(date(2022, 12, 31), 2)
    with serving(remembering) as connection:
        assert realisation.realised(connection, asked) == direct(log, asked, PERIODS[0])["realised"]


def test_many_who_ask_at_once_are_all_answered_rightly(
    log: Log, remembering: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(anchors, "_SHORTEST", 2)
    chance = Random(3)
    for _ in range(12):
        tell(log, chance)
    log.follow()
    reached = log.reached()
    asked = [Asked(day(chance), chance.randrange(reached + 1)) for _ in range(12)]

    def ask(one: Asked) -> dict[str, Any]:
        with serving(remembering) as connection:
            return answers(connection, one, PERIODS[2])

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(ask, asked))
    assert found == [direct(log, one, PERIODS[2]) for one in asked]


def test_a_tally_keeps_a_sum_of_nothing_while_there_are_rows_of_it() -> None:
    both = Tally().with_changes([(UTRECHT, "hotel", 1, 1), (UTRECHT, "hotel", -1, 1)])
    assert {code: dict(kinds) for code, kinds in both.items()} == {UTRECHT: {"hotel": 0}}
    one = both.with_changes([(UTRECHT, "hotel", -1, 1)], -1)
    assert ({code: dict(kinds) for code, kinds in one.items()}, one.persons) == ({UTRECHT: {"hotel": 1}}, {UTRECHT: 1})
    assert not one.with_changes([(UTRECHT, "hotel", -1, -1), (UTRECHT, "hotel", 0, 0)]).get(AMSTERDAM)
    assert both == Tally().with_changes([(UTRECHT, "hotel", 0, 2)])
    assert not both.with_changes([(UTRECHT, "hotel", 1, 1), (UTRECHT, "hotel", -1, 1)], -1)
