"""Replay: whatever is wrong in a table is found, and a rebuilt set is the set that was followed."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Table, delete, func, select, update

from domain.facts import OpeningBalanceRecorded, QuotaPublished, Recorded
from domain.period import Period
from projections import streams
from projections.states import PROJECTIONS
from projections.states.housings import housings
from projections.states.phases import phases as phases_table
from projections.states.quota import quota as quota_table
from projections.states.reference import reference as reference_table
from projections.tables import STILL
from service.projector import partitions
from service.projector.follower import Follower
from service.projector.offsets import serving_view
from service.projector.rebuild import rebuild
from service.projector.verification import Difference, verify
from service.storage.database import connect, reading, writing
from service.storage.service_tables import serving
from tests.rules.histories import (
    AMERSFOORT,
    UTRECHT,
    granted,
    histories,
    home_ready,
    housed,
    linked,
    returned,
    said,
    withdrawn,
)
from tests.views.logs import Log, a_housing, changing, counted, examples, merged, of_period, stored

TABLES = [projection.table for projection in PROJECTIONS]
P2021_I = Period.parse("2021-I")
UNHEARD_OF = UUID("00000000-0000-4000-8000-00000000beef")


def everything_told(log: Log) -> list[UUID]:
    """A log in which every table has rows, some of them closed."""
    journey = log.journey(
        [
            granted("2021-03-01", id="p"),
            linked("2021-03-10", id="l"),
            home_ready("2021-06-01", id="r"),
            housed("2021-06-10", id="h"),
            housed("2021-06-11", AMERSFOORT, id="h2", corrects="h"),
            returned("2021-07-01", id="back"),
        ]
    )
    period = of_period(
        said("2021-01-01", QuotaPublished(P2021_I, 13_500), id="q"),
        said("2021-01-01", OpeningBalanceRecorded(P2021_I, UTRECHT, 12), id="o"),
    )
    log.commit([*journey[:4], period[0], counted("2021-01-01", UTRECHT, 360_000, "c")])
    log.commit([journey[4], period[1]])
    log.commit([journey[5], merged("2023-01-01", AMERSFOORT, UTRECHT, "m")])
    log.follow()
    return [journey[0].stream, streams.of_period(P2021_I), streams.REFERENCE]


def differences(log: Log) -> list[tuple[str, UUID, str]]:
    """What verifying finds: table, stream, and where the row stands: in the log, the table, or both but otherwise."""
    checked = verify(log.engine)
    assert checked.differences >= len(checked.shown)
    return [(found.table, found.stream, _sides(found)) for found in checked.shown]


def _sides(found: Difference) -> str:
    if found.computed is None:
        return "table"
    return "log" if found.stored is None else "both"


def how_many(log: Log, tables: Iterable[Table], view: str) -> dict[str, int]:
    """Rows in each table."""
    with reading(log.engine, view) as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables
        }


def test_a_followed_log_verifies_and_says_how_much_it_compared(log: Log) -> None:
    everything_told(log)
    checked = verify(log.engine)
    assert checked[:2] == (10, 3)
    assert checked[3:5] == (0, [])
    # Housings: in Utrecht, instead of it in Amersfoort, each again as it is undone, and the return. The number is in
    # force, and published first.
    counts = how_many(log, TABLES, "view_a")
    assert (counts["housings"], counts["quota"], counts["reference"]) == (5, 3, 2)
    assert checked.rows == sum(counts.values())


@pytest.mark.parametrize(
    ("table", "column", "value", "stream"),
    [
        (phases_table, "earlier_days", 8, 0),
        (phases_table, "municipality", "GM0363", 0),
        (phases_table, "valid_from", date(2021, 3, 2), 0),
        (housings, "persons", 2, 0),
        (housings, "period", "2021-II", 0),
        (housings, "known_until", STILL - 1, 0),
        (quota_table, "persons", 13_501, 1),
        (quota_table, "valid_until", date(2021, 6, 1), 1),
        (reference_table, "persons", 1, 2),
        (reference_table, "successor", "GM0363", 2),
    ],
)
def test_a_row_changed_by_hand_is_found(log: Log, table: Table, column: str, value: Any, stream: int) -> None:
    told = everything_told(log)
    with changing(log) as connection:
        changed: Any = connection.execute(
            update(table).where(table.c[column] == _some(connection, table, column, value)).values({column: value})
        )
    assert changed.rowcount > 0
    found = differences(log)
    assert set(found) == {(table.name, told[stream], "both")}
    assert len(found) == changed.rowcount


def _some(connection: Any, table: Table, column: str, value: Any) -> Any:
    """A value that stands in the column, other than this one."""
    statement = select(table.c[column]).where(table.c[column].is_not(None), table.c[column] != value)
    return connection.execute(statement.order_by(table.c[column]).limit(1)).scalar_one()


@pytest.mark.parametrize(
    ("table", "stream"), [(phases_table, 0), (housings, 0), (quota_table, 1), (reference_table, 2)]
)
def test_a_missing_row_is_found(log: Log, table: Table, stream: int) -> None:
    told = everything_told(log)
    with changing(log) as connection:
        first = connection.execute(select(table.c.known_from, table.c.number).limit(1)).one()
        connection.execute(delete(table).where(table.c.known_from == first[0], table.c.number == first[1]))
    assert differences(log) == [(table.name, told[stream], "log")]


def surplus(log: Log, stream: UUID) -> None:
    """A housing that nobody reported."""
    with changing(log) as connection:
        connection.execute(a_housing(stream, known_from=1))


def test_a_surplus_row_of_a_known_stream_is_found(log: Log) -> None:
    journey = everything_told(log)[0]
    surplus(log, journey)
    assert differences(log) == [("housings", journey, "table")]


def test_a_surplus_row_of_a_stream_that_the_log_does_not_know_is_found(log: Log) -> None:
    everything_told(log)
    surplus(log, UNHEARD_OF)
    assert verify(log.engine).differences == 1


def test_a_surplus_row_is_found_in_an_empty_log(log: Log) -> None:
    surplus(log, UNHEARD_OF)
    assert verify(log.engine).differences == 1


def test_verifying_shows_the_first_differences_and_counts_them_all(log: Log) -> None:
    for _ in range(30):
        log.commit(log.journey([housed("2021-06-10", id="h")]))
    log.follow()
    with changing(log) as connection:
        connection.execute(delete(housings))
    checked = verify(log.engine)
    assert checked.differences == 30
    assert len(checked.shown) == 20


def test_verifying_compares_as_far_as_the_tables_have_come(log: Log) -> None:
    journey = log.journey([housed("2021-06-10", id="h"), withdrawn("h", id="w")])
    log.commit(journey[:1])
    log.follow()
    log.commit(journey[1:])
    log.commit(log.journey([housed("2021-06-10", id="h")]))
    assert verify(log.engine)[:5] == (1, 1, 4, 0, [])
    log.follow()
    assert verify(log.engine).differences == 0


def test_verifying_and_rebuilding_tell_how_far_they_are(log: Log) -> None:
    everything_told(log)
    told: list[tuple[int, int]] = []
    verify(log.engine, progress=lambda done, of: told.append((done, of)))
    rebuild(log.engine, progress=lambda done, of: told.append((done, of)))
    assert told == [(10, 10), (10, 10)]


def test_a_rebuilt_set_is_the_set_that_was_followed_and_serves(log: Log) -> None:
    told = everything_told(log)
    followed = stored(log, TABLES, told)
    assert serving_view(log.engine) == "view_a"
    assert rebuild(log.engine).view == "view_b"
    assert serving_view(log.engine) == "view_b"
    assert stored(log, TABLES, told, "view_b") == followed
    assert how_many(log, TABLES, "view_b") == how_many(log, TABLES, "view_a")
    assert log.reached("view_b") == 10
    assert verify(log.engine).differences == 0


def test_a_rebuilt_set_can_be_followed_on_and_rebuilt_into_the_other(log: Log) -> None:
    told = everything_told(log)
    rebuild(log.engine)
    more = log.commit(log.journey([housed("2021-06-10", id="h")]))
    log.follow(view="view_b")
    assert verify(log.engine).differences == 0
    # The old set still holds what it held: it is emptied first, and its place begins anew.
    assert rebuild(log.engine).view == "view_a"
    everyone = [*told, more[0].stream]
    assert stored(log, TABLES, everyone) == stored(log, TABLES, everyone, "view_b")
    assert log.reached() == 11
    assert log.follow() == []


def test_rebuilding_repairs_what_was_changed_by_hand(log: Log) -> None:
    told = everything_told(log)
    right = stored(log, TABLES, told)
    surplus(log, UNHEARD_OF)
    with changing(log) as connection:
        connection.execute(update(quota_table).values(persons=1))
    assert verify(log.engine).differences > 0
    rebuild(log.engine)
    assert stored(log, TABLES, told, "view_b") == right
    assert verify(log.engine).differences == 0


def test_an_empty_log_can_be_rebuilt(log: Log) -> None:
    assert rebuild(log.engine).view == "view_b"
    assert verify(log.engine)[:5] == (0, 0, 0, 0, [])


def test_what_is_recorded_while_a_set_is_rebuilt_is_in_it(log: Log, database_url: str) -> None:
    for _ in range(10):
        log.commit(log.journey([granted("2021-03-01", id="p"), housed("2021-06-10", id="h")]))
    log.follow()
    rebuilt = threading.Event()
    engine = connect(database_url)

    def rebuild_it() -> None:
        try:
            rebuild(engine)
        finally:
            rebuilt.set()

    thread = threading.Thread(target=rebuild_it)
    thread.start()
    recorded = 0
    while not rebuilt.is_set() and recorded < 200:
        log.commit(log.journey([housed("2021-06-11", id="h")]))
        recorded += 1
    thread.join()
    engine.dispose()
    log.follow(view="view_b")
    assert log.reached("view_b") == 20 + recorded
    assert verify(log.engine).differences == 0


def test_a_replay_in_portions_finds_what_it_finds_at_once(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    everything_told(log)
    log.commit(log.journey([housed("2021-06-10", id="h")]))
    log.follow()
    at_once = verify(log.engine)
    monkeypatch.setattr(partitions, "_EVENTS_A_PARTITION", 1)
    told: list[int] = []
    assert verify(log.engine, progress=lambda done, of: told.append(done))[:-1] == at_once[:-1]
    assert len(told) == 16 and told[-1] == 11
    assert rebuild(log.engine).tables == at_once.tables
    assert verify(log.engine)[:-1] == at_once[:-1]


@examples(8)
@given(st.lists(histories(least=1), min_size=1, max_size=5), st.lists(st.integers(1, 9), max_size=5))
def test_rebuilding_gives_the_tables_that_following_gives(
    log: Log, stories: list[list[Recorded]], limits: list[int]
) -> None:
    journeys = [log.commit(log.journey(story)) for story in stories]
    serves = serving_view(log.engine)
    log.follow(limits, serves)
    rebuilt = rebuild(log.engine).view
    told = [journey[0].stream for journey in journeys]
    assert stored(log, TABLES, told, rebuilt) == stored(log, TABLES, told, serves)
    assert how_many(log, TABLES, rebuilt) == how_many(log, TABLES, serves)
    assert Follower(log.engine, cache_limit=0).project_next(rebuilt) == 0


def test_a_set_that_does_not_serve_is_not_what_is_verified(log: Log) -> None:
    everything_told(log)
    with changing(log, "view_b") as connection:
        connection.execute(delete(housings))
    surplus(log, UNHEARD_OF)
    with writing(log.engine) as connection:
        connection.execute(update(serving).values(view="view_b"))
    assert verify(log.engine)[:5] == (0, 0, 0, 0, [])
