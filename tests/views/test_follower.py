"""The follower: whole commits in batches, its place and its rows together, and journeys seen anew after a merger."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, select, update

from domain.facts import EventWithdrawn, Recorded
from projections.engine import Asked
from projections.places import read_places
from projections.states import PROJECTIONS, TABLES
from projections.states.housings import housings
from projections.states.phases import phases as phases_table
from service.log.recorder import EventRecorder
from service.projector.follower import Follower, run
from service.projector.offsets import read_offsets
from service.projector.verification import verify
from service.storage.database import connect, reading, writing
from service.storage.service_tables import serving
from tests.rules.histories import (
    AMERSFOORT,
    AMSTERDAM,
    UTRECHT,
    WEESP,
    granted,
    home_ready,
    housed,
    link_ended,
    linked,
    said,
)
from tests.views.logs import (
    VIEW,
    Log,
    a_housing,
    answers,
    changing,
    computed,
    counted,
    examples,
    in_force,
    merged,
    of_reference,
    stored,
    story,
)

#: How far phases are while a linked journey waits for a home, and once there is one.
LINKED = {"linking": "completed", "housing": "open"}
DEPARTING = {"linking": "completed", "housing": "completed", "departure": "open"}


def phase_states(log: Log, journey: list[Recorded], on: date, position: int | None = None) -> dict[str, str]:
    """How far linking, housing and departure of a journey are on a day, as known at a position."""
    table = phases_table
    with reading(log.engine, VIEW) as connection:
        known = log.position() if position is None else position
        asked = Asked(on, known)
        statement = select(table.c.phase, table.c.ended_on)
        found = connection.execute(statement.where(table.c.stream == journey[0].stream, in_force(table, asked)))
        states = {name: "completed" if ended_on else "open" for name, ended_on in found}
        return {name: states[name] for name in ("linking", "housing", "departure") if name in states}


# Batches.


def test_a_commit_larger_than_the_batch_is_taken_whole(log: Log) -> None:
    for _ in range(2):
        story = [granted("2021-03-01", id="p"), linked("2021-03-10", id="l"), housed("2021-06-10", id="h")]
        log.commit(log.journey(story))
    assert Follower(log.engine, cache_limit=0).project_next(VIEW, 1) == 3
    assert log.reached() == 3
    assert Follower(log.engine, cache_limit=0).project_next(VIEW, 1) == 3
    assert log.reached() == 6
    assert Follower(log.engine, cache_limit=0).project_next(VIEW, 1) == 0


def test_a_batch_ends_before_a_commit_that_does_not_fit(log: Log) -> None:
    for _ in range(3):
        log.commit(log.journey([granted("2021-03-01", id="p"), linked("2021-03-10", id="l")]))
    assert log.follow(limits=[3, 5]) == [2, 6]


def test_nothing_happens_where_nothing_was_recorded(log: Log) -> None:
    assert Follower(log.engine, cache_limit=0).project_next(VIEW) == 0
    assert log.reached() == 0
    assert verify(log.engine)[:5] == (0, 0, 0, 0, [])


def test_the_two_sets_of_tables_are_followed_apart(log: Log) -> None:
    journey = log.commit(log.journey([housed("2021-06-10", id="h")]))
    assert log.follow() == [1]
    assert (log.reached(), log.reached("view_b")) == (1, 0)
    assert stored(log, TABLES, [journey[0].stream], "view_b") == {table.name: [] for table in TABLES}


def test_by_the_clock_of_the_senders_a_past_can_be_asked_within_one_commit(engine: Engine) -> None:
    log = Log(engine, mode="sender")
    journey = log.commit(
        log.journey(
            [
                granted("2021-03-01", id="p", at="2021-03-01T12:00:00+00:00"),
                linked("2021-03-10", id="l", at="2021-03-10T12:00:00+00:00"),
                home_ready("2021-06-01", id="r", at="2021-06-01T12:00:00+00:00"),
            ]
        )
    )
    # Two events at most are asked for, and the third is of another instant.
    assert log.follow(limits=[2]) == [2, 3]
    with reading(engine) as connection:
        in_march, in_may = (
            EventRecorder(connection).position_at(datetime(2021, month, 20, tzinfo=UTC)) for month in (3, 5)
        )
    assert (in_march, in_may) == (2, 2)
    assert phase_states(log, journey, date(2021, 6, 30), in_march) == LINKED
    assert phase_states(log, journey, date(2021, 6, 30)) == DEPARTING
    assert phase_states(log, journey, date(2021, 6, 30), 1) == {"linking": "open"}


# Crashes and company.


def in_the_way(log: Log, journey: Recorded) -> None:
    """A row where the follower will want to write one: the transaction fails at its second table."""
    with changing(log) as connection:
        connection.execute(
            a_housing(journey.stream, journey.position, number=0, valid_from=date(2000, 1, 1), period="2000-I", turn=9)
        )


def test_a_table_that_cannot_be_written_leaves_its_place_and_rows_as_they_were(log: Log) -> None:
    journey = log.journey([granted("2021-03-01", id="p"), linked("2021-03-10", id="l"), housed("2021-06-10", id="h")])
    log.commit(journey[:2])
    log.follow()
    last = log.commit(journey[2:])[0]
    in_the_way(log, last)
    before = stored(log, [housings], [last.stream])
    assert Follower(log.engine, cache_limit=0).project_next(VIEW) == 1
    with reading(log.engine, VIEW) as connection:
        stands = {stand.projection: stand for stand in read_offsets(connection)}
    stopped = stands.pop("housings")
    assert (stopped.position, stopped.failure and stopped.failure.error) == (2, "IntegrityError")
    assert {(stand.position, stand.failure) for stand in stands.values()} == {(3, None)}
    assert stored(log, [housings], [last.stream]) == before
    assert phase_states(log, journey, date(2021, 6, 30)) == {"linking": "completed"}
    with changing(log) as connection:
        connection.execute(delete(housings).where(housings.c.turn == 9))
    assert log.follow() == [3]
    assert verify(log.engine).differences == 0


def test_two_followers_at_once_project_every_event_once(log: Log, database_url: str) -> None:
    engines = [connect(database_url) for _ in range(2)]
    finished = threading.Event()

    def follow(engine: Engine) -> int:
        projected = 0
        while True:
            done = finished.is_set()
            count = Follower(engine, cache_limit=0).project_next(VIEW, 3)
            projected += count
            if done and not count:
                return projected

    with ThreadPoolExecutor(2) as pool:
        followers = [pool.submit(follow, engine) for engine in engines]
        try:
            for nth in range(20):
                story = [granted("2021-03-01", id="p"), linked("2021-03-10", id="l"), housed("2021-06-10", id="h")]
                journey = log.journey(story)
                log.commit(journey[: 1 + nth % 3])
        finally:
            finished.set()
        projected = [follower.result() for follower in followers]
    for engine in engines:
        engine.dispose()
    assert sum(projected) == log.position() == log.reached() == 39
    assert verify(log.engine).differences == 0


def test_it_follows_the_set_that_serves_until_it_is_told_to_stop(log: Log) -> None:
    log.commit(log.journey([housed("2021-06-10", id="h")]))
    run(log.engine, lambda: log.reached() == 1)
    assert log.reached("view_b") == 0
    with writing(log.engine) as connection:
        connection.execute(update(serving).values(view="view_b"))
    run(log.engine, lambda: log.reached("view_b") == 1)


def test_a_place_that_is_behind_catches_up_from_where_it_was(log: Log) -> None:
    log.commit(log.journey([housed("2021-06-10", id="h")]))
    log.follow()
    log.commit(log.journey([housed("2021-06-11", id="h")]))
    assert log.reached() == 1
    assert verify(log.engine).position == 1
    assert log.follow() == [2]


# Reference facts that are posted after the journeys they concern.

ELSEWHERE = [
    granted("2021-03-01", id="p"),
    linked("2021-03-10", UTRECHT, id="l"),
    home_ready("2021-04-01", AMERSFOORT, id="h"),
]
END_OF_APRIL = date(2021, 4, 30)


def test_a_merger_posted_later_shows_a_home_of_the_successor_as_the_home_for_the_link(log: Log) -> None:
    journey = log.commit(log.journey(ELSEWHERE))
    log.follow()
    assert phase_states(log, journey, END_OF_APRIL) == LINKED
    log.commit([merged("2021-03-20", UTRECHT, AMERSFOORT, "m")])
    assert log.follow() == [4]
    assert phase_states(log, journey, END_OF_APRIL) == DEPARTING
    assert phase_states(log, journey, END_OF_APRIL, 3) == LINKED
    assert verify(log.engine).differences == 0


def test_a_withdrawn_merger_brings_back_what_was_there_before_it(log: Log) -> None:
    journey = log.commit(log.journey(ELSEWHERE))
    log.commit([merged("2021-03-20", UTRECHT, AMERSFOORT, "m")])
    log.commit(of_reference(said("2023-02-01", EventWithdrawn("m", "it did not happen"), id="w")))
    assert log.follow(limits=[3, 1, 1]) == [3, 4, 5]
    assert phase_states(log, journey, END_OF_APRIL, 4) == DEPARTING
    assert phase_states(log, journey, END_OF_APRIL) == LINKED
    with log.tables() as tables:
        known = [read_places(tables, Asked(date(2023, 6, 1), position)) for position in (3, 4, 5)]
    assert [places.exists(UTRECHT, date(2023, 6, 1)) for places in known] == [True, False, True]
    assert log.follow(view="view_b") == [5]
    assert stored(log, TABLES, [journey[0].stream]) == stored(log, TABLES, [journey[0].stream], "view_b")
    assert verify(log.engine).differences == 0


@pytest.mark.parametrize(
    ("link", "home", "municipality", "into", "on"),
    [
        # Weesp went into Amsterdam, and Amsterdam now into Utrecht.
        (WEESP, UTRECHT, AMSTERDAM, UTRECHT, "2022-04-20"),
        # Utrecht went into Weesp, which went into Amsterdam.
        (AMSTERDAM, UTRECHT, UTRECHT, WEESP, "2021-12-31"),
        # The link is to the successor, the home in what it took over.
        (AMERSFOORT, UTRECHT, UTRECHT, AMERSFOORT, "2022-04-20"),
    ],
)
def test_a_merger_reaches_journeys_through_every_code_in_the_line_of_succession(
    log: Log, link: str, home: str, municipality: str, into: str, on: str
) -> None:
    story = [granted("2022-02-01", id="p"), linked("2022-02-10", link, id="l"), home_ready("2022-05-01", home, id="h")]
    journey = log.commit(log.journey(story))
    log.follow()
    log.commit([merged(on, municipality, into, "m")])
    log.follow()
    assert phase_states(log, journey, date(2022, 5, 31)) == DEPARTING
    assert verify(log.engine).differences == 0


def test_a_merger_and_the_journey_it_concerns_may_come_in_one_commit(log: Log) -> None:
    journey = log.journey(ELSEWHERE)
    log.commit([*journey[:2], merged("2021-03-20", UTRECHT, AMERSFOORT, "m"), *journey[2:]])
    assert log.follow() == [4]
    assert phase_states(log, journey, END_OF_APRIL) == DEPARTING
    assert verify(log.engine).differences == 0


def test_an_earlier_link_to_what_has_become_the_same_municipality_was_no_link_of_its_own(log: Log) -> None:
    story = [
        granted("2021-03-01", id="p"),
        linked("2021-03-10", UTRECHT, id="l1"),
        linked("2021-04-20", AMERSFOORT, id="l2"),
        link_ended("2021-05-01", id="e"),
    ]
    log.commit(log.journey(story))
    log.follow()
    log.commit([merged("2020-01-01", UTRECHT, AMERSFOORT, "m")])
    log.follow()
    table = phases_table
    statement = select(table.c.municipality, table.c.ended_on).where(table.c.phase == "linking")
    asked = [Asked(END_OF_APRIL, position) for position in (4, 5)]
    with reading(log.engine, VIEW) as connection:
        found = [tuple(connection.execute(statement.where(in_force(table, one))).one()) for one in asked]
    assert found == [(AMERSFOORT, date(2021, 4, 20)), (UTRECHT, date(2021, 3, 10))]
    assert verify(log.engine).differences == 0


def test_inhabitants_counted_later_change_no_journey_and_are_known_from_then_on(log: Log) -> None:
    journey = log.commit(log.journey(ELSEWHERE))
    log.follow()
    before = stored(log, TABLES, [journey[0].stream])
    log.commit([counted("2022-01-01", UTRECHT, 400_000, "c", said_on="2022-05-01")])
    log.follow()
    assert stored(log, TABLES, [journey[0].stream]) == before
    on = date(2022, 6, 1)
    with log.tables() as tables:
        persons = [
            read_places(tables, Asked(day, position)).inhabitants(2022, on)[UTRECHT]
            for day, position in ((on, 3), (date(2022, 4, 30), 4), (on, 4))
        ]
    assert persons == [361_699, 361_699, 400_000]
    assert verify(log.engine).differences == 0


def test_a_count_said_again_holds_from_its_own_day(log: Log) -> None:
    log.commit([counted("2023-01-01", UTRECHT, 100, "c1", said_on="2023-02-01")])
    log.commit([counted("2023-01-01", UTRECHT, 110, "c2", said_on="2023-05-01")])
    log.follow()
    with log.tables() as tables:
        persons = [
            read_places(tables, Asked(day, 2)).inhabitants(2023, date(2023, 6, 1))[UTRECHT]
            for day in (date(2023, 1, 31), date(2023, 2, 1), date(2023, 4, 30), date(2023, 5, 1))
        ]
    assert persons == [367_947, 100, 100, 110]


_MERGERS = st.tuples(
    st.sampled_from([UTRECHT, AMERSFOORT, AMSTERDAM, WEESP]),
    st.sampled_from([UTRECHT, AMERSFOORT, AMSTERDAM, WEESP, "GM0788", "GM9999"]),
    st.sampled_from(["2020-05-01", "2022-03-10", "2022-04-01", "2023-01-01"]),
)


@examples(15)
@given(
    st.lists(story(least=2), min_size=1, max_size=4),
    st.lists(_MERGERS, min_size=1, max_size=3),
    st.lists(st.integers(1, 6), min_size=1, max_size=6),
    st.randoms(use_true_random=False),
)
def test_with_mergers_among_them_batches_of_any_size_give_the_rows_of_a_replay(
    log: Log,
    stories: list[list[Recorded]],
    mergers: list[tuple[str, str, str]],
    limits: list[int],
    seed: Random,
) -> None:
    start = log.position()
    events = [event for story in stories for event in log.story(story)]
    for nth, (municipality, into, on) in enumerate(mergers):
        name = f"merger-{start}-{nth}"
        brought = {"name": "Nieuwstad", "province": "PV26"} if into == "GM9999" else {}
        events.append(merged(on, municipality, into, name, **brought))
        # All of them are taken back within the example, so that the next one begins with what is shipped.
        events += of_reference(said(on, EventWithdrawn(name, "it did not happen"), id=f"{name}-w"))
    seed.shuffle(events)
    known = []
    while events:
        known += log.commit([events.pop() for _ in range(min(len(events), seed.randint(1, 4)))])
    log.follow(limits * 10)
    log.follow(view="view_b")
    found: dict[UUID, list[Recorded]] = {}
    for event in known:
        found.setdefault(event.stream, []).append(event)
    assert stored(log, TABLES, found) == stored(log, TABLES, found, "view_b")
    checked = verify(log.engine)
    assert checked.differences == 0, checked.shown
    asked = Asked(date(2022, 3, 24), log.position())
    with reading(log.engine, VIEW) as connection:
        assert answers(connection, PROJECTIONS, asked, found) == computed(PROJECTIONS, found.values(), asked)
