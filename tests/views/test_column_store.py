"""The copy of the state tables in columns is what the tables are, however it came about."""

from __future__ import annotations

import re
import threading
import traceback
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Table, select

from domain.facts import (
    EventWithdrawn,
    FamilyArrived,
    IntegrationDutyStarted,
    NormSetPublished,
    PermitGranted,
    QuotaPublished,
    Recorded,
    ResidenceDocumentIssued,
    TemporaryPlacesStated,
)
from domain.period import Period
from projections import column_store, dialect
from projections.column_schema import (
    changed,
    municipality_code,
    municipality_number,
    period_number,
    period_of,
    text_of,
)
from projections.column_store import Closed, ColumnStore, Failed, Snapshot, TooLarge
from projections.engine import Asked
from projections.states import TABLES
from projections.states.housings import housings
from projections.states.quota import quota
from projections.tables import FOREVER, STILL
from service.projector.offsets import read_offsets
from service.storage.database import reading
from tests.rules.histories import (
    AMERSFOORT,
    AMSTERDAM,
    UTRECHT,
    applied,
    granted,
    housed,
    linked,
    refused,
    returned,
    said,
)
from tests.views.logs import (
    VIEW,
    Log,
    a_housing,
    changing,
    counted,
    examples,
    in_force,
    merged,
    of_area,
    of_period,
    of_reference,
    story,
)

FIRST = date(2021, 1, 1)
DAYS = (date.min, date(2021, 6, 30), date(2022, 1, 1), FOREVER)
Rows = dict[str, Counter[tuple[Any, ...]]]


def reached(connection: Connection) -> dict[str, int]:
    return {one.projection: one.position for one in read_offsets(connection)}


def catch_up(store: ColumnStore, log: Log) -> None:
    with reading(log.engine, VIEW) as connection:
        store.catch_up(connection, reached(connection), 1.0)


def copied(log: Log) -> ColumnStore:
    with reading(log.engine, VIEW) as connection:
        return ColumnStore.of(connection)


def in_columns(tables: Snapshot, asked: Asked) -> Rows:
    """What the copy says for both times, in every column but the position until which it is known."""
    at = {"day": asked.valid_on, "position": asked.position}
    return {
        table.name: Counter(tables.rows(f"SELECT {_names(table)} FROM {table.name}_at($day, $position)", at))
        for table in TABLES
    }


def in_rows(connection: Connection, asked: Asked) -> Rows:
    """The same by SQL over the tables themselves."""
    return {
        table.name: Counter(
            tuple(row) for row in connection.execute(select(*_columns(table)).where(in_force(table, asked)))
        )
        for table in TABLES
    }


def _columns(table: Table) -> list[Any]:
    return [column for column in table.columns if column.name != "known_until"]


def _names(table: Table) -> str:
    return ", ".join(text_of(column) for column in _columns(table))


def commits(chance: Random, log: Log, count: int) -> Iterator[list[Recorded]]:
    """So many commits of what somebody may have said, in which what was said before is put right or taken back."""
    for number in range(count):
        on, town = FIRST + timedelta(days=chance.randrange(700)), chance.choice((UTRECHT, AMERSFOORT, AMSTERDAM))
        life = [
            granted(on, id="p"),
            linked(on + timedelta(days=9), town, id="l"),
            housed(on + timedelta(days=90), id="h"),
        ]
        life.append(
            chance.choice(
                [
                    returned(on + timedelta(days=200), id="r"),
                    housed(on + timedelta(days=80), town, "hotel", id="h2", corrects="h"),
                    applied(str(on + timedelta(days=100)), id="a"),
                    refused(on + timedelta(days=30), town, chance.choice(["size", None]), id="o"),
                ]
            )
        )
        if number % 3 == 0:
            # Of those who are alone and young there is one in so many; papers, family and integration go with them.
            life[0] = said(on, PermitGranted("asylum", None, None, True), id="p")
            life.append(said(on + timedelta(days=10), ResidenceDocumentIssued(), id="d"))
            life.append(said(on + timedelta(days=110), FamilyArrived(2), id="f"))
            life.append(said(on + timedelta(days=120), IntegrationDutyStarted("wi2021"), id="i"))
        events = log.journey(life)
        yield events[:2]
        yield events[2:3]
        yield events[3:]
        if number % 4 == 0:
            period = chance.choice([Period(2021, 1), Period(2021, 2)])
            yield of_period(said(on, QuotaPublished(period, chance.randrange(400, 2_000)), id=f"q{number}"))
            if number % 8 == 0:
                yield of_period(said(FIRST, EventWithdrawn(f"q{number}", "no", period), id=f"t{number}"))
            yield [of_area(said(on, TemporaryPlacesStated(town, "hotel", chance.randrange(90)), id=f"a{number}"))]
        if number % 9 == 1:
            name = {"name": 'Nieuw, "stad"', "province": "PV26"}
            yield [merged(str(on), AMERSFOORT, "GM9990", f"m{number}", **name)]
            yield of_reference(said(FIRST, EventWithdrawn(f"m{number}", "no"), id=f"n{number}"))
        if number % 9 == 3:
            days = chance.randrange(70, 140)
            norm = NormSetPublished(f"days-{days}", "a test", 14, 70, 14, days, "permit", FIRST)
            yield of_reference(said(FIRST, norm, id=f"s{number}"))
        if number % 9 == 2:
            yield [counted("2021-01-01", UTRECHT, chance.randrange(300_000, 400_000), f"c{number}")]


def test_at_every_commit_the_copy_that_was_caught_up_is_the_tables_and_a_fresh_copy(log: Log) -> None:
    chance, events = Random(12), 0
    with closing(copied(log)) as followed:
        for number, commit in enumerate(commits(chance, log, 50)):
            log.commit(commit)
            log.follow()
            events += len(commit)
            with reading(log.engine, VIEW) as connection:
                followed.catch_up(connection, reached(connection), 1.0)
                asked = [
                    Asked(chance.choice(DAYS), log.reached()),
                    Asked(chance.choice(DAYS), chance.randrange(events)),
                ]
                there = [in_rows(connection, one) for one in asked]
                with followed.snapshot() as tables:
                    assert tables.position == log.reached() == events
                    assert [in_columns(tables, one) for one in asked] == there, asked
                if number % 12 == 0:
                    with closing(ColumnStore.of(connection)) as fresh, fresh.snapshot() as tables:
                        assert [in_columns(tables, one) for one in asked] == there, asked
        assert events > 200
        with closing(copied(log)) as fresh, fresh.snapshot() as new, followed.snapshot() as old:
            for table in TABLES:
                every = f"SELECT * FROM {table.name} ORDER BY ALL"
                assert new.rows(every) == old.rows(every)
                assert new.rows(every)


@given(told=st.lists(story(), min_size=1, max_size=4), portion=st.integers(1, 4), chance=st.randoms())
@examples(15)
def test_whatever_was_told_a_copy_caught_up_by_portions_equals_one_loaded_at_once(
    log: Log, told: list[list[Recorded]], portion: int, chance: Random
) -> None:
    with closing(copied(log)) as followed, pytest.MonkeyPatch.context() as patched:
        patched.setattr(column_store, "_PORTION", portion)
        for history in told:
            for event in log.story(history):
                log.commit([event])
                if chance.random() < 0.4:
                    log.follow()
                    if chance.random() < 0.6:
                        catch_up(followed, log)
        log.follow()
        catch_up(followed, log)
        with closing(copied(log)) as fresh, fresh.snapshot() as new, followed.snapshot() as old:
            for table in TABLES:
                every = f"SELECT * FROM {table.name} ORDER BY ALL"
                assert new.rows(every) == old.rows(every)


def test_who_looks_from_an_earlier_moment_is_answered_by_a_copy_that_is_ahead(log: Log) -> None:
    every = list(commits(Random(3), log, 12))
    for commit in every[:20]:
        log.commit(commit)
    log.follow()
    with closing(copied(log)) as store, reading(log.engine, VIEW) as earlier:
        then = reached(earlier)
        asked = [Asked(day, min(then.values())) for day in DAYS]
        before = [in_rows(earlier, one) for one in asked]
        for commit in every[20:]:
            log.commit(commit)
        log.follow()
        catch_up(store, log)
        store.catch_up(earlier, then, 1.0)
        assert min(store.positions.values()) == log.reached() > min(then.values())
        with store.snapshot(min(then.values())) as tables:
            assert [in_columns(tables, one) for one in asked] == before


def test_rows_known_between_two_positions_are_those_known_at_the_first_or_at_one_behind_it(log: Log) -> None:
    (stream,) = log.journeys(1)
    spans = [(1, 3), (2, 5), (4, STILL), (6, STILL)]
    with changing(log) as connection:
        for number, (known_from, known_until) in enumerate(spans):
            connection.execute(a_housing(stream, known_from, known_until=known_until, number=number))
        connection.execute(a_housing(stream, 4, number=9, valid_until=date(2021, 7, 1)))
    with closing(copied(log)) as store, store.snapshot() as tables:

        def between(after: int, until: int) -> list[int]:
            asked = {"day": date(2021, 8, 1), "after": after, "until": until}
            statement = "SELECT number FROM housings_between($day, $after, $until) ORDER BY number"
            return [number for (number,) in tables.rows(statement, asked)]

        assert between(0, 1) == [0]
        assert between(2, 3) == [0, 1]
        assert between(3, 4) == [1, 2]
        assert between(4, 9) == [1, 2, 3]


def test_those_who_read_while_another_adds_see_one_position_each(log: Log) -> None:
    journeys = [
        log.journey([housed("2021-02-01", id="h"), housed("2021-03-01", id="i", corrects="h")]) for _ in range(40)
    ]
    done = threading.Event()
    with closing(copied(log)) as store:

        def read() -> int:
            looked = 0
            while not done.is_set() or not looked:
                with reading(log.engine, VIEW) as connection:
                    there = reached(connection)
                    store.catch_up(connection, there, 10.0)
                with store.snapshot(min(there.values())) as tables:
                    for position in (tables.position, tables.position - 1, tables.position // 2):
                        at = {"day": FOREVER, "position": position}
                        # Every journey has one housing from its first event on, in whatever version.
                        (persons,) = tables.rows("SELECT count(*), sum(persons) FROM housings_at($day, $position)", at)
                        (streams,) = tables.rows("SELECT count(DISTINCT stream) FROM housings_at($day, $position)", at)
                        assert persons[0] == streams[0] == (persons[1] or 0)
                        assert streams[0] == max(0, (position + 1) // 2)
                looked += 1
            return looked

        with ThreadPoolExecutor(2) as pool:
            readers = [pool.submit(read) for _ in range(2)]
            for first, second in journeys:
                log.commit([first])
                log.commit([second])
                log.follow()
            done.set()
            assert min(reader.result() for reader in readers) >= 1


def test_one_that_does_not_fit_is_refused_and_one_that_cannot_be_caught_up_stays_as_it_was(log: Log) -> None:
    log.commit(log.journey([housed("2021-02-01", id="h")]))
    log.follow()
    with reading(log.engine, VIEW) as connection:
        store = ColumnStore.of(connection, memory=24)
    with closing(store), changing(log) as connection:
        dialect.insert_rows(
            connection,
            f"{VIEW}.housings",
            {column.name: dialect.postgresql_type(column) for column in housings.columns},
            (
                dialect.to_driver(
                    connection,
                    (
                        *(UUID(int=n), 2, 0, STILL, FIRST, FOREVER),
                        *("2021-I", UTRECHT, "regular", 1, FIRST, "asylum", False, None, None, None, 1),
                    ),
                )
                for n in range(400_000)
            ),
        )
        with pytest.raises(TooLarge, match="the state tables do not fit into 24 MB"):
            store.catch_up(connection, {table.name: 2 for table in TABLES}, 1.0)
        assert set(store.positions.values()) == {1}
        with store.snapshot() as tables:
            assert tables.rows("SELECT count(*) FROM housings") == [(1,)]
        with pytest.raises(TooLarge, match="the state tables do not fit into 24 MB"):
            ColumnStore.of(connection, memory=24)


def test_who_reads_one_that_is_closed_reads_on_and_nobody_comes_after(log: Log) -> None:
    log.commit(log.journey([housed("2021-02-01", id="h")]))
    log.follow()
    store = copied(log)
    with store.snapshot() as tables:
        store.close()
        assert tables.rows("SELECT persons FROM housings") == [(1,)]
        with pytest.raises(Closed), store.snapshot():
            pass
        assert tables.columns("SELECT persons FROM housings") == {"persons": [1]}


def test_a_table_poured_in_by_portions_is_the_same(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    for commit in commits(Random(3), log, 6):
        log.commit(commit)
    log.follow()
    every = [f"SELECT * FROM {table.name} ORDER BY ALL" for table in TABLES]
    with closing(copied(log)) as store, store.snapshot() as tables:
        at_once = [tables.rows(one) for one in every]
    monkeypatch.setattr(column_store, "_POURED_AT_ONCE", 1)
    with closing(copied(log)) as store, store.snapshot() as tables:
        assert [tables.rows(one) for one in every] == at_once


def test_columns_hold_what_rows_hold(log: Log) -> None:
    for commit in commits(Random(5), log, 6):
        log.commit(commit)
    log.follow()
    with closing(copied(log)) as store, store.snapshot() as tables:
        for statement in (
            *(f"SELECT * FROM {table.name} ORDER BY ALL" for table in TABLES),
            "SELECT municipality, sum(persons) AS n, list(turn ORDER BY turn) AS l FROM housings GROUP BY 1 ORDER BY 1",
            "SELECT count(*) AS count, max(days) AS most FROM phases WHERE days < -1",
            "SELECT stream, days FROM phases WHERE days < -1",
        ):
            columns, rows = tables.columns(statement), tables.rows(statement)
            assert list(zip(*columns.values(), strict=True)) == rows
            assert [type(value) for row in rows for value in row] == [
                type(value) for row in zip(*columns.values(), strict=True) for value in row
            ]
        assert list(tables.columns("SELECT stream, days FROM phases WHERE days < -1")) == ["stream", "days"]


def test_texts_of_few_values_are_in_the_order_of_what_they_stand_for(log: Log) -> None:
    with closing(copied(log)) as store, store.snapshot() as tables:
        halves = ["0001-I", "0999-I", "2020-II", "2021-I", "2021-II", "9999-II"]
        numbers = [period_number(Period.parse(half)) for half in halves]
        assert numbers == sorted(numbers)
        assert [str(period_of(number)) for number in numbers] == halves
        asked = {"numbers": numbers}
        assert [one for (one,) in tables.rows("SELECT period_name(unnest($numbers::SMALLINT[]))", asked)] == halves
        codes = [(municipality_code(number), number) for number in (0, 7, 363, 9_999)]
        for code, number in codes:
            assert municipality_number(code) == number
            assert tables.rows("SELECT municipality_code($number)", {"number": number}) == [(code,)]
        names = "SELECT unnest(['total', 'housing', 'linking'])::phase AS phase ORDER BY phase"
        assert [one for (one,) in tables.rows(names)] == ["linking", "housing", "total"]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "COPY phases TO '/tmp/phases.csv'",
        "INSTALL httpfs",
        "SET memory_limit = '4GB'",
        "SET enable_external_access = true",
    ],
)
def test_no_statement_reaches_beyond_the_copy(log: Log, statement: str) -> None:
    with closing(copied(log)) as store, store.snapshot() as tables, pytest.raises(Failed) as failed:
        tables.rows(statement)
    assert re.search(r"(?i)disabled|locked", str(failed.value.__context__))


def test_what_changed_is_looked_up_by_the_two_indexes(log: Log) -> None:
    for commit in commits(Random(1), log, 4):
        log.commit(commit)
    log.follow()
    with reading(log.engine, VIEW) as connection:
        sqlite = dialect.is_sqlite(connection)
        if not sqlite:
            dialect.plan_by_index(connection)
        for table in TABLES:
            statement, parameters = changed(connection, table, 3, 9)
            explained = ("EXPLAIN QUERY PLAN " if sqlite else "EXPLAIN ") + statement
            plan = " ".join(str(row) for row in dialect.fetch(connection, explained, parameters))
            if sqlite:
                assert f"ix_{table.name}_known_from" in plan and f"ix_{table.name}_known_until" in plan, plan
            else:
                # Which of the two is better for a few rows depends on statistics that are gathered at any time.
                assert f"ix_{table.name}_known_" in plan and "Seq Scan" not in plan, plan


def test_what_is_made_of_a_small_table_is_made_once_until_it_changes(log: Log) -> None:
    period = Period(2021, 1)
    log.commit(of_period(said(FIRST, QuotaPublished(period, 400), id="q1")))
    log.commit(log.journey([housed("2021-02-01", id="h")]))
    log.commit(of_period(said("2021-03-01", QuotaPublished(period, 500), id="q2")))
    log.follow()
    made: list[int] = []

    def make() -> int:
        made.append(len(made))
        return made[-1]

    with closing(copied(log)) as store, store.snapshot() as tables:
        moments = [
            (FIRST, 1),
            (FIRST, 2),
            (date(2021, 2, 28), 2),
            (FIRST, 3),
            (date(2021, 3, 1), 3),
            (date(2021, 9, 9), 3),
        ]
        assert [tables.cached(quota, day, position, "numbers", make) for day, position in moments] == [0, 0, 0, 1, 2, 2]
        assert tables.cached(quota, FIRST, 2, "others", make) == 3


def test_what_cannot_be_computed_is_told_by_its_kind_without_any_value(log: Log) -> None:
    for read in (Snapshot.rows, Snapshot.columns):
        with log.tables() as tables, pytest.raises(Failed) as failed:
            read(tables, "SELECT $persons::INTEGER + 1", {"persons": 2_147_483_647})
        assert str(failed.value) == "OutOfRangeException"
        assert "2147483647" not in "".join(traceback.format_exception(failed.value))
