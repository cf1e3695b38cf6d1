"""A projection that raises stops alone, right before what it cannot read, says where, and goes on once it is mended."""

from __future__ import annotations

import time
from collections.abc import Iterable
from uuid import UUID

import pytest
from sqlalchemy import delete, select

from domain.facts import Housed
from domain.places import Places
from projections import places, streams
from projections.engine import Projection
from projections.row_store import Row
from projections.states import PROJECTIONS, TABLES
from projections.states.housings import housings
from projections.stream_history import StreamHistory
from projections.tables import place
from service.projector.follower import Follower, run
from service.projector.offsets import Offset, read_offsets, write_offsets
from service.projector.rebuild import rebuild
from service.projector.verification import AheadOfLog, verify
from service.storage.database import reading
from service.storage.service_tables import events, serving
from tests.rules.histories import AMERSFOORT, UTRECHT, granted, home_ready, housed, linked
from tests.views.logs import VIEW, Log, changing, merged, stored

ABHORRED = "2021-07-07"


def with_poison(fault: type[Exception] = ValueError) -> list[Projection]:
    """All projections, but that of housings raises on whoever was housed on one day."""

    def rows(told: StreamHistory) -> Iterable[Row]:
        for event in told.effective:
            if isinstance(event.fact, Housed) and str(event.effective_on) == ABHORRED:
                raise fault("of", event.fact.municipality)
        return sound.rows(told)

    sound = next(one for one in PROJECTIONS if one.table is housings)
    return [one._replace(rows=rows) if one is sound else one for one in PROJECTIONS]


def stands(log: Log) -> dict[str, Offset]:
    with reading(log.engine, VIEW) as connection:
        return {one.projection: one for one in read_offsets(connection)}


def follow(log: Log, projections: list[Projection], limit: int = 100) -> None:
    while Follower(log.engine, projections, cache_limit=0).project_next(VIEW, limit):
        pass


def three_journeys(log: Log) -> list[UUID]:
    """Three journeys, housed in commits of their own at positions 3, 6 and 9; the second one on the day abhorred."""
    journeys = []
    for on in ("2021-06-10", ABHORRED, "2021-08-10"):
        journey = log.journey([granted("2021-03-01", id="p"), linked("2021-03-10", id="l"), housed(on, id="h")])
        log.commit(journey[:2])
        journeys.append(log.commit(journey[2:])[0].stream)
    return journeys


@pytest.mark.parametrize("limit", [1, 4, 100])
def test_a_projection_that_raises_stops_before_the_commit_it_cannot_read_and_the_others_go_on(
    log: Log, limit: int
) -> None:
    _, poisoned, _ = three_journeys(log)
    follow(log, with_poison(), limit)
    found = stands(log)
    stopped = found.pop("housings")
    assert {(one.position, one.failure) for one in found.values()} == {(9, None)}
    assert stopped.position == 5
    assert stopped.failure is not None
    assert stopped.failure[:3] == (6, poisoned, "ValueError")
    assert stopped.failure.where.startswith("tests/views/test_stopped.py:")
    assert stopped.failure.where.endswith(" in rows")
    assert log.reached() == 5


def test_what_is_told_of_it_repeats_nothing_that_was_posted(log: Log, caplog: pytest.LogCaptureFixture) -> None:
    three_journeys(log)
    follow(log, with_poison())
    stopped = stands(log)["housings"].failure
    assert UTRECHT not in repr(stopped)
    assert UTRECHT not in caplog.text
    assert caplog.text.count("the projection housings is stopped at position 5") == 1


@pytest.mark.parametrize("limit", [1, 100])
def test_mended_it_goes_on_from_there_and_ends_with_the_rows_of_a_rebuild(log: Log, limit: int) -> None:
    journeys = three_journeys(log)
    follow(log, with_poison(), limit)
    late = log.commit(log.journey([housed("2021-09-01", id="h")]))
    follow(log, with_poison(), limit)
    log.follow([limit])
    assert {(one.position, one.failure) for one in stands(log).values()} == {(10, None)}
    log.follow(view="view_b")
    everyone = [*journeys, late[0].stream]
    followed = stored(log, TABLES, everyone)
    assert followed == stored(log, TABLES, everyone, "view_b")
    assert len(followed["housings"]) == 4
    assert verify(log.engine).differences == 0


def test_several_that_raise_each_stop_where_they_must(log: Log) -> None:
    three_journeys(log)
    phases, *others = with_poison()

    def rows(told: StreamHistory) -> Iterable[Row]:
        if told.events[-1].position == 9:
            raise IndexError
        return phases.rows(told)

    follow(log, [phases._replace(rows=rows), *others])
    found = {name: (one.position, one.failure and one.failure.error) for name, one in stands(log).items()}
    assert found == {
        phases.name: (8, "IndexError"),
        "housings": (5, "ValueError"),
        **{one.name: (9, None) for one in others if one.name != "housings"},
    }


def test_an_event_that_no_longer_reads_stops_only_those_whom_it_may_concern(log: Log) -> None:
    journeys = three_journeys(log)
    with log.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("DROP TRIGGER events_refuse_update")
        else:
            connection.exec_driver_sql("ALTER TABLE events DISABLE TRIGGER events_refuse")
        connection.exec_driver_sql("UPDATE events SET data = 'not JSON' WHERE position = 6")
    follow(log, list(PROJECTIONS))
    found = {name: (one.position, one.failure and one.failure[1:3]) for name, one in stands(log).items()}
    of_no_journey = {found.pop(name) for name in ("quota", "areas", "reference", "norm_sets")}
    assert of_no_journey == {(9, None)}
    # The journey speaks again in the commit of position 5, of which the batch reads all that comes later too.
    assert set(found.values()) == {(3, (journeys[1], "Unreadable"))}


def test_what_was_stopped_is_tried_at_once_by_a_new_follower_and_rests_with_the_one_that_saw_it(log: Log) -> None:
    three_journeys(log)
    tried = []

    def rows(told: StreamHistory) -> Iterable[Row]:
        tried.append(told)
        return poisoned.rows(told)

    poisoned = with_poison()[1]
    projections = [one._replace(rows=rows) if one.name == "housings" else one for one in with_poison()]
    first = Follower(log.engine, projections)
    while first.project_next(VIEW):
        pass
    before = len(tried)
    log.commit(log.journey([housed("2021-09-01", id="h")]))
    assert first.project_next(VIEW) == 1
    assert len(tried) == before
    Follower(log.engine, projections).project_next(VIEW)
    assert len(tried) > before


def test_one_that_is_behind_catches_up_while_the_others_go_on(log: Log) -> None:
    journeys = three_journeys(log)
    log.follow()
    with changing(log) as connection:
        connection.execute(delete(place).where(place.c.projection == "housings"))
        connection.execute(delete(housings))
    log.commit(log.journey([housed("2021-09-01", id="h")]))
    before = stored(log, TABLES, journeys)
    assert before["housings"] == []
    follower = Follower(log.engine)
    assert follower.project_next(VIEW, 2) == 1 + 2
    found = stands(log)
    assert (found["housings"].position, found["quota"].position) == (2, 10)
    while follower.project_next(VIEW, 2):
        pass
    assert {one.position for one in stands(log).values()} == {10}
    log.follow(view="view_b")
    assert stored(log, TABLES, journeys) == stored(log, TABLES, journeys, "view_b")


def test_a_merger_that_comes_while_another_projection_is_stopped_reaches_every_journey(log: Log) -> None:
    three_journeys(log)
    follow(log, with_poison())
    story = [granted("2021-03-01", id="p"), linked("2021-03-10", UTRECHT, id="l"), home_ready("2021-04-01", AMERSFOORT)]
    journey = log.commit(log.journey(story))
    follow(log, with_poison())
    log.commit([merged("2023-01-01", UTRECHT, AMERSFOORT, "m")])
    follow(log, with_poison())
    log.follow()
    log.follow(view="view_b")
    assert stored(log, TABLES, [journey[0].stream]) == stored(log, TABLES, [journey[0].stream], "view_b")
    assert verify(log.engine).differences == 0


def test_a_verification_compares_each_up_to_its_own_place_and_tells_what_is_stopped(log: Log) -> None:
    three_journeys(log)
    follow(log, with_poison())
    found = verify(log.engine)
    assert (found.position, found.differences) == (9, 0)
    assert {one.projection: one.position for one in found.offsets}["housings"] == 5
    assert found.tables["housings"].rows == 1
    with changing(log) as connection:
        connection.execute(delete(housings))
    assert verify(log.engine).differences == 1


def test_a_rebuild_sets_every_place(log: Log) -> None:
    three_journeys(log)
    follow(log, with_poison())
    assert rebuild(log.engine).view == "view_b"
    with reading(log.engine, "view_b") as connection:
        assert {(one.position, one.failure) for one in read_offsets(connection)} == {(9, None)}
    assert verify(log.engine).differences == 0


def test_whoever_runs_goes_on_with_the_others(log: Log) -> None:
    three_journeys(log)
    deadline = time.monotonic() + 60
    run(
        log.engine, lambda: stands(log)["quota"].position == 9 or time.monotonic() > deadline, projections=with_poison()
    )
    found = stands(log)
    assert (found["quota"].position, found["housings"].position) == (9, 5)


def test_what_is_made_of_another_log_begins_anew(log: Log, caplog: pytest.LogCaptureFixture) -> None:
    three_journeys(log)
    log.follow()
    set_back(log, 5)
    # On the second turn the log has come further than the tables were, with other events.
    for _ in range(2):
        journeys = [log.commit(log.journey([granted("2021-03-01", id="p"), housed(on, id="h")])) for on in LATER]
        log.follow()
        assert caplog.text.count("housings was made of another log up to position 9") == 1
        assert {(one.position, one.failure) for one in stands(log).values()} == {(log.position(), None)}
        assert verify(log.engine).differences == 0
        rows = stored(log, [housings], [some[0].stream for some in journeys])["housings"]
        assert len(rows) == len(LATER)


def test_a_log_that_has_come_further_than_what_was_made_of_another_one_is_told_apart(log: Log) -> None:
    three_journeys(log)
    log.follow()
    set_back(log, 5)
    for on in LATER:
        log.commit(log.journey([granted("2021-03-01", id="p"), housed(on, id="h")]))
    assert log.position() > 9
    turn = turns(log)
    log.follow()
    assert verify(log.engine).differences == 0
    assert turns(log) == turn + 1


def test_tables_that_are_ahead_of_the_log_are_no_comparison(log: Log) -> None:
    three_journeys(log)
    log.follow()
    with changing(log) as connection:
        write_offsets(connection, [Offset(table.name, 12) for table in TABLES])
    with pytest.raises(AheadOfLog, match="come to position 12, but the log ends at 9"):
        verify(log.engine)


def test_municipalities_that_cannot_be_worked_out_stop_all_before_them(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    three_journeys(log)
    log.commit([merged("2023-01-01", UTRECHT, AMERSFOORT, "m")])
    log.commit(log.journey([granted("2021-03-01", id="p"), linked("2021-03-10", id="l")]))

    def raises(additions: Iterable[Row]) -> Places:
        if some := list(additions):
            raise KeyError(some)
        return Places.shipped()

    with monkeypatch.context() as patch:
        # No event is known that could do it; a mistake in the domain would.
        patch.setattr(places, "assemble", raises)
        follow(log, list(PROJECTIONS))
        found = list(stands(log).values())
        assert {one.position for one in found} == {9}
        assert {one.failure and one.failure[:3] for one in found} == {(10, streams.REFERENCE, "KeyError")}
    follow(log, list(PROJECTIONS))
    assert {(one.position, one.failure) for one in stands(log).values()} == {(12, None)}
    assert verify(log.engine).differences == 0


LATER = ("2021-11-01", "2021-12-01", "2021-12-02", "2021-12-03")


def set_back(log: Log, position: int) -> None:
    """The log as it was restored from an earlier moment, beside tables of a later one."""
    with log.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("DROP TRIGGER events_refuse_delete")
        else:
            connection.exec_driver_sql("ALTER TABLE events DISABLE TRIGGER events_refuse")
        connection.execute(delete(events).where(events.c.position > position))


def turns(log: Log) -> int:
    """How many sets served before the one that does, or the same one made anew."""
    with reading(log.engine) as connection:
        turn: int = connection.execute(select(serving.c.turn)).scalar_one()
        return turn
