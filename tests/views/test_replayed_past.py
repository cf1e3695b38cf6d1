"""The past filled in again: what was known then, in tables of its own, with digests that only depend on the log."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, update

from domain.facts import EventWithdrawn, QuotaPublished, Recorded
from domain.norm_sets import NORM_SETS
from domain.period import Period
from projections import streams
from projections.engine import Asked
from projections.states import TABLES
from projections.states.housings import housings
from projections.tables import place
from projections.tables import portions as portions_table
from service.projector import partitions
from service.projector import rebuild as filling
from service.projector.offsets import serving_view
from service.projector.past import read_national_figures
from service.projector.rebuild import Superseded, rebuild, replay
from service.projector.verification import verify
from service.storage.database import REPLAY, connect, reading
from tests.rules.histories import AMERSFOORT, UTRECHT, granted, histories, home_ready, housed, linked, said
from tests.views.logs import Log, changing, counted, examples, merged, of_period, of_reference, stored

P2021_I = Period.parse("2021-I")


def told(log: Log) -> list[UUID]:
    """Three commits: two journeys and a quota; a correction; a merger and a count."""
    one = log.journey(
        [
            granted("2021-03-01", id="p"),
            linked("2021-03-10", id="l"),
            home_ready("2021-06-01", id="r"),
            housed("2021-06-10", id="h"),
            housed("2021-07-02", id="h2", corrects="h"),
        ]
    )
    other = log.journey([granted("2021-02-01", id="p"), linked("2021-02-05", AMERSFOORT, id="l")])
    quota = of_period(said("2021-01-01", QuotaPublished(P2021_I, 13_500), id="q"))
    log.commit([*one[:4], *other, *quota])
    log.commit(one[4:])
    log.commit([merged("2023-01-01", AMERSFOORT, UTRECHT, "m"), counted("2021-01-01", UTRECHT, 360_000, "c")])
    return [one[0].stream, other[0].stream, streams.of_period(P2021_I), streams.REFERENCE]


def test_the_digests_are_those_of_verify_and_rebuild_and_the_same_on_both_engines(
    sqlite_url: str, postgresql_url: str
) -> None:
    found = []
    for url in (sqlite_url, postgresql_url):
        engine = connect(url)
        log = Log(engine)
        told(log)
        log.follow()
        found += [
            verify(engine).tables,
            replay(engine, log.position()).tables,
            rebuild(engine).tables,
        ]
        engine.dispose()
    assert all(tables == found[0] for tables in found)
    assert {name: summary.rows for name, summary in found[0].items()} == {
        "phases": 13,
        "housings": 2,
        "permits": 2,
        "links": 2,
        "reception": 5,
        "offers": 0,
        "documents": 0,
        "causes": 2,
        "integration": 0,
        "findings": 0,
        "referents": 0,
        "arrivals": 0,
        "stays": 0,
        "minors": 0,
        "quota": 2,
        "areas": 0,
        "reference": 2,
        "norm_sets": 0,
    }


def test_a_digest_can_be_computed_by_anyone_from_the_rows(log: Log) -> None:
    journeys = told(log)[:2]
    log.follow()
    names = [column.name for column in housings.columns]
    lines: dict[int, list[str]] = {}
    with reading(log.engine, "view_a") as connection:
        statement = select(housings).where(housings.c.stream.in_(journeys))
        for row in connection.execute(statement.order_by(housings.c.stream, housings.c.known_from, housings.c.number)):
            line = json.dumps(dict(zip(names, row, strict=True)), sort_keys=True, separators=(",", ":"), default=str)
            lines.setdefault(row.stream.bytes[0], []).append(line + "\n")
    parts = [hashlib.sha256("".join(lines.get(part, [])).encode()).digest() for part in range(256)]
    assert verify(log.engine).tables["housings"].digest == hashlib.sha256(b"".join(parts)).hexdigest()


def test_the_digests_do_not_depend_on_how_the_work_is_divided(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    told(log)
    at_once = replay(log.engine, log.position()).tables
    monkeypatch.setattr(partitions, "_EVENTS_A_PARTITION", 1)
    assert replay(log.engine, log.position()).tables == at_once
    monkeypatch.setattr(partitions, "_EVENTS_A_PARTITION", 4)
    assert replay(log.engine, log.position(), processes=2).tables == at_once


def test_any_other_row_gives_another_digest(log: Log) -> None:
    told(log)
    before = replay(log.engine, 7).tables
    after = replay(log.engine, 8).tables
    assert {name for name in before if before[name] != after[name]} == {"phases", "housings", "reception"}


@examples(8)
@given(st.lists(histories(least=1, most=6), min_size=1, max_size=3), st.randoms(use_true_random=False))
def test_the_past_is_what_the_followed_tables_were_when_the_log_ended_there(
    log: Log, stories: list[list[Recorded]], seed: Random
) -> None:
    start = log.position()
    events = [event for story in stories for event in log.journey(story)]
    events.append(merged("2022-03-20", AMERSFOORT, UTRECHT, f"merger-{start}"))
    events += of_reference(said("2022-03-20", EventWithdrawn(f"merger-{start}", "no"), id=f"merger-{start}-w"))
    seed.shuffle(events)
    everyone = {event.stream for event in events}
    then = {}
    while events:
        log.commit([events.pop() for _ in range(min(len(events), seed.randint(1, 4)))])
        log.follow()
        then[log.position()] = stored(log, TABLES, everyone)
    for position, tables in then.items():
        replay(log.engine, position)
        assert stored(log, TABLES, everyone, REPLAY) == tables
        assert log.reached(REPLAY) == position
    assert log.reached() == log.position()


def test_the_past_of_the_beginning_is_empty(log: Log) -> None:
    told(log)
    filled = replay(log.engine, 0)
    assert {name: summary.rows for name, summary in filled.tables.items()} == dict.fromkeys(filled.tables, 0)
    assert verify(log.engine).tables == filled.tables


def test_the_national_figures_are_those_known_then(log: Log) -> None:
    told(log)
    on, norm = date(2021, 12, 31), NORM_SETS["permit-14"]
    found = []
    for position in (7, 8):
        replay(log.engine, position)
        national = read_national_figures(log.engine, Asked(on, position), P2021_I, norm)
        balance = national.realisation.balance
        assert national.phases is not None
        total = national.phases["totalCompletedCount"], national.phases["totalOpenCount"]
        found.append((balance.quota, balance.realised, balance.remaining, *total))
    # Corrected to the second half-year: no longer realised in the first, nor completed in its days.
    assert found == [(13_500, 1, 13_499, 1, 1), (13_500, 0, 13_500, 0, 1)]


# Interrupted.


class Interrupted(Exception):
    pass


def interrupted_after(count: int, log: Log, monkeypatch: pytest.MonkeyPatch, view: str, position: int | None) -> None:
    """A filling that ends without a word when so many portions are in."""
    seen = 0

    def stop(_done: int, _of: int) -> None:
        nonlocal seen
        seen += 1
        if seen == count:
            raise Interrupted

    monkeypatch.setattr(partitions, "_EVENTS_A_PARTITION", 1)
    with pytest.raises(Interrupted):
        filling.fill(log.engine, view, position, 1, stop)


def test_an_interrupted_rebuild_goes_on_where_it_stopped(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    told(log)
    log.follow()
    interrupted_after(9, log, monkeypatch, "view_b", None)
    assert serving_view(log.engine) == "view_a"
    assert verify(log.engine).differences == 0
    # What comes meanwhile is not in the portions; it is caught up.
    log.commit(log.journey([housed("2021-06-11", id="h")]))
    log.follow()
    progress: list[int] = []
    rebuilt = rebuild(log.engine, progress=lambda done, of: progress.append(done))
    assert (rebuilt.filled.resumed, len(progress), rebuilt.filled.position, rebuilt.caught_up) == (9, 7, 10, 1)
    assert rebuilt.tables == replay(log.engine, 10).tables
    assert serving_view(log.engine) == "view_b"
    assert verify(log.engine).differences == 0


def test_a_rebuild_interrupted_before_its_last_step_only_takes_that_step(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(log)
    log.follow()
    interrupted_after(16, log, monkeypatch, "view_b", None)
    rebuilt = rebuild(log.engine)
    assert rebuilt.filled.resumed == 16
    assert verify(log.engine).differences == 0


def test_a_rebuild_told_to_begin_anew_does(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    told(log)
    log.follow()
    interrupted_after(9, log, monkeypatch, "view_b", None)
    with changing(log, "view_b") as connection:
        connection.execute(delete(housings))
    assert rebuild(log.engine, anew=True).filled.resumed == 0
    assert verify(log.engine).differences == 0


def test_what_was_left_behind_by_a_finished_rebuild_is_not_taken_for_an_interrupted_one(log: Log) -> None:
    told(log)
    rebuild(log.engine)
    with changing(log, "view_b") as connection:
        # As when it was interrupted right after the switch.
        connection.execute(insert(portions_table).values(number=0, of=1, position=10, digests=bytes(4 * 256 * 32)))
        connection.execute(update(housings).values(persons=7))
    assert rebuild(log.engine).view == "view_a"
    assert rebuild(log.engine).view == "view_b"
    assert verify(log.engine).differences == 0


def test_a_replay_goes_on_only_up_to_the_same_position(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    told(log)
    interrupted_after(3, log, monkeypatch, REPLAY, 10)
    assert replay(log.engine, 8).resumed == 0
    interrupted_after(3, log, monkeypatch, REPLAY, 10)
    assert replay(log.engine, 10).resumed == 3
    # A replay that is complete is made again: it is to prove something.
    assert replay(log.engine, 10).resumed == 0


def test_the_follower_leaves_a_set_alone_that_is_being_filled(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    told(log)
    interrupted_after(9, log, monkeypatch, "view_b", None)
    assert log.follow(view="view_b") == []
    assert log.reached("view_b") == 0
    rebuild(log.engine)
    assert log.reached("view_b") == 10


def test_who_fills_a_set_that_was_begun_anew_is_told_so(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    told(log)
    monkeypatch.setattr(partitions, "_EVENTS_A_PARTITION", 1)

    def get_ahead(done: int, _of: int) -> None:
        if done <= 8:
            replay(log.engine, 8)

    with pytest.raises(Superseded):
        replay(log.engine, 10, progress=get_ahead)
    assert log.reached(REPLAY) == 8


def test_a_set_that_is_behind_never_comes_to_serve(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    told(log)
    log.follow()

    def more(_done: int, _of: int) -> None:
        log.commit(log.journey([housed("2021-06-11", id="h")]))
        log.follow()

    rebuilt = rebuild(log.engine, progress=more)
    assert (rebuilt.caught_up, log.reached("view_a"), log.reached("view_b")) == (1, 11, 11)


# Several processes.


def test_a_fault_in_one_of_the_processes_is_that_of_the_whole(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    told(log)
    monkeypatch.setattr(partitions, "_EVENTS_A_PARTITION", 4)
    with changing(log, REPLAY) as connection:
        connection.execute(update(place).values(position=0))

    def begin_anew(done: int, _of: int) -> None:
        with changing(log, REPLAY) as connection:
            connection.execute(update(portions_table).values(of=128))

    with pytest.raises(Superseded):
        replay(log.engine, 10, processes=2, progress=begin_anew)


def test_several_processes_compare_as_one_does(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    told(log)
    log.follow()
    with changing(log) as connection:
        connection.execute(update(housings).values(persons=3))
    at_once = verify(log.engine)
    monkeypatch.setattr(partitions, "_EVENTS_A_PARTITION", 4)
    divided = verify(log.engine, processes=2)
    assert divided[:3] == at_once[:3]
    assert (divided.differences, divided.tables) == (at_once.differences, at_once.tables)
    assert sorted(divided.shown) == sorted(at_once.shown)
