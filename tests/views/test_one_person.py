"""Persons who had two V-numbers: one journey as of the moment it was known, and two again when that was taken back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.effective import Finding, effective_events
from domain.facts import EventWithdrawn, Fact, Recorded, VNumberReplaced
from projections.engine import Asked
from projections.states import PROJECTIONS, TABLES, housings
from projections.states.phases import phases as phases_table
from projections.stream_history import StreamHistory
from projections.tables import STILL
from service.projector import partitions
from service.projector.verification import verify
from service.storage.database import reading
from tests.rules.histories import IND, granted, histories, home_ready, housed, linked, said, withdrawn
from tests.views.logs import PLACES, VIEW, Log, answers, days_around, examples, merged, placeless, stored

sizes = st.lists(st.integers(1, 7), min_size=1, max_size=6)
seeds = st.randoms(use_true_random=False)


def replaced(older: UUID, event: str = "r", on: str = "2022-05-01", **envelope: Any) -> Recorded:
    """IND says that the V-number of the stream replaces that of another journey."""
    return said(on, VNumberReplaced(str(older)), **{"id": event, "source": IND, **envelope})


def of(journey: UUID, *events: Recorded) -> list[Recorded]:
    """Events of a journey, with ids of their own in the log."""
    return [event._replace(stream=journey, id=event.id or f"{journey}-{nth}") for nth, event in enumerate(events)]


def counting(log: Log, position: int | None = None, day: date = date(2023, 1, 1)) -> list[tuple[UUID, str]]:
    """Who counts as housed, and where."""
    asked = Asked(day, log.position() if position is None else position)
    with reading(log.engine, VIEW) as connection:
        streams = list(log.recorded)
        found = answers(connection, (housings.PROJECTION,), asked, streams)["housings"]
    return [(stream, row[1]) for stream in sorted(found) for row in found[stream].elements()]


# By example


def a_life(log: Log) -> tuple[UUID, UUID]:
    """Under the older number linked, under the newer one granted and housed; as yet nobody knows they are one."""
    older, newer = log.journeys(2)
    log.commit(of(older, granted("2022-03-01"), linked("2022-03-10", "GM0344")))
    log.commit(of(newer, home_ready("2022-03-20", "GM0344"), housed("2022-03-30", "GM0344")))
    return older, newer


def phases_of(log: Log, journey: UUID) -> set[str]:
    rows = stored(log, (phases_table,), [journey])["phases"]
    return {row[6] for row in rows if row[3] == STILL}


def test_two_journeys_are_read_as_one_from_the_moment_it_is_known(log: Log) -> None:
    older, newer = a_life(log)
    log.follow()
    before = log.position()
    assert (phases_of(log, older), phases_of(log, newer)) == ({"linking", "housing"}, {"untimed"})
    log.commit(of(newer, replaced(older)))
    log.follow()
    assert phases_of(log, older) == set()
    assert phases_of(log, newer) == {"linking", "housing", "departure", "total"}
    assert counting(log) == counting(log, before) == [(newer, "GM0344")]
    assert verify(log.engine).differences == 0


def test_a_person_who_was_housed_under_both_numbers_counts_once(log: Log) -> None:
    older, newer = a_life(log)
    log.commit(of(older, housed("2022-04-02", "GM0307", id="again")))
    log.follow()
    apart = log.position()
    assert sorted(counting(log)) == sorted([(newer, "GM0344"), (older, "GM0307")])
    log.commit(of(newer, replaced(older)))
    log.follow()
    assert counting(log) == [(newer, "GM0344")]
    assert len(counting(log, apart)) == 2


def test_a_withdrawn_replacement_makes_them_two_again(log: Log) -> None:
    older, newer = a_life(log)
    apart = stored(log, TABLES, [older, newer])
    log.follow()
    apart = stored(log, TABLES, [older, newer])
    log.commit(of(newer, replaced(older)))
    log.follow()
    log.commit(of(newer, withdrawn("r", id="w", source=IND)))
    log.follow()
    for name, rows in stored(log, TABLES, [older, newer]).items():
        assert [row[4:] for row in rows if row[3] == STILL] == [row[4:] for row in apart[name]]
    assert verify(log.engine).differences == 0


def test_the_day_of_a_replacement_plays_no_part(log: Log) -> None:
    older, newer = a_life(log)
    log.commit(of(newer, replaced(older, on="2025-12-31")))
    log.follow()
    assert counting(log, day=date(2022, 3, 30)) == [(newer, "GM0344")]
    assert phases_of(log, older) == set()


def test_a_chain_of_numbers_is_one_person(log: Log) -> None:
    first, second, third = log.journeys(3)
    log.commit(of(third, replaced(second, "r2")))
    log.commit(of(first, housed("2022-03-30", "GM0344")))
    log.commit(of(second, replaced(first, "r1")))
    log.follow([1, 1])
    assert counting(log) == [(third, "GM0344")]
    assert verify(log.engine).differences == 0


def test_replacements_in_a_ring_are_void(log: Log) -> None:
    one, other = log.journeys(2)
    log.commit(of(one, housed("2022-03-30", "GM0344"), replaced(other, "r1")))
    log.commit(of(other, housed("2022-03-30", "GM0307"), replaced(one, "r2")))
    log.follow([1])
    assert sorted(counting(log)) == sorted([(one, "GM0344"), (other, "GM0307")])


def test_of_two_claims_on_one_journey_the_newest_counts_whichever_came_first(log: Log) -> None:
    found = []
    for turned in (False, True):
        older, early, late = log.journeys(3)
        claims = [
            of(early, replaced(older, f"early-{older}", at="2022-05-01T12:00:00+00:00"))[0],
            of(late, replaced(older, f"late-{older}", at="2022-05-02T12:00:00+00:00"))[0],
        ]
        log.commit(of(older, housed("2022-03-30", "GM0344")))
        for claim in reversed(claims) if turned else claims:
            log.commit([claim])
        log.follow()
        found.append((late, "GM0344"))
    assert sorted(counting(log)) == sorted(found)


def test_a_correction_under_the_newer_number_reaches_what_was_said_under_the_older_one(log: Log) -> None:
    older, newer = log.journeys(2)
    log.commit(of(older, housed("2022-03-30", "GM0344", id="mistaken")))
    right = housed("2022-03-30", "GM0307", id="right", corrects="mistaken", at="2022-06-01T12:00:00+00:00")
    log.commit(of(newer, right, replaced(older)))
    log.follow()
    assert counting(log) == [(newer, "GM0307")]


def test_a_replacement_is_taken_back_in_its_own_stream_only(log: Log) -> None:
    older, newer = a_life(log)
    log.commit(of(newer, replaced(older)))
    log.commit(of(older, withdrawn("r", id="w", source=IND)))
    log.follow()
    assert counting(log) == [(newer, "GM0344")]
    assert phases_of(log, older) == set()
    told = effective_events([*log.recorded[newer], *log.recorded[older]])
    assert ("r" in {event.id for event in told.events}, told.withdrawn_by) == (True, {})
    assert [finding.code for finding in told.findings] == ["withdraws-unknown-event"]


def test_who_was_not_yet_known_to_be_one_is_cut_apart_in_one_commit(log: Log) -> None:
    older, newer = log.journeys(2)
    log.commit([*of(older, granted("2022-03-01")), *of(newer, linked("2022-03-05", "GM0344"))])
    log.follow()
    log.commit(of(newer, replaced(older)))
    log.follow()
    assert verify(log.engine).shown == []


def test_a_merger_is_heard_in_all_that_is_read_as_one(log: Log) -> None:
    older, newer = log.journeys(2)
    log.commit(of(older, granted("2022-02-01"), linked("2022-02-10", "GM0457")))
    log.commit(of(newer, replaced(older), home_ready("2022-03-30", "GM9344")))
    log.follow()
    log.commit([merged("2022-03-01", "GM0457", "GM9344", "m", name="Vechtstad", province="PV26")])
    log.follow()
    assert phases_of(log, newer) >= {"linking", "housing"}
    assert verify(log.engine).differences == 0


# For any histories


@st.composite
def tangled(draw: st.DrawFn) -> list[tuple[int, Recorded, int | None]]:
    """What is said of four journeys, by number, and of which one it says that its V-number was replaced; corrections
    and withdrawals name events of any of them."""
    told = draw(histories(least=4, most=14))
    journeys = st.integers(0, 3)
    found = []
    for event in told:
        claims = not isinstance(event.fact, EventWithdrawn) and draw(st.integers(0, 2)) == 0
        found.append((draw(journeys), event, draw(journeys) if claims else None))
    return found


def in_log(log: Log, told: Sequence[tuple[int, Recorded, int | None]]) -> list[Recorded]:
    """The same with journeys and ids that the log does not know yet."""
    named = log.journey([event for _, event, _ in told])
    journeys = log.journeys(4)
    found = []
    for (journey, _, older), event in zip(told, named, strict=True):
        fact: Fact = event.fact if older is None else VNumberReplaced(str(journeys[older]))
        found.append(event._replace(stream=journeys[journey], fact=fact))
    return found


def people(known: Iterable[Recorded]) -> dict[UUID, StreamHistory]:
    """What is known of each person by the newest journey, read off the contract as plainly as it can be written."""
    apart: dict[UUID, list[Recorded]] = {}
    for event in known:
        apart.setdefault(event.stream, []).append(event)
    claims = sorted(
        (event.sent_at, event.source, event.id, event.stream, UUID(event.fact.replaces))
        for history in apart.values()
        for event in effective_events(history).events
        if isinstance(event.fact, VNumberReplaced) and len(event.fact.replaces) == 36
    )
    after = {older: newer for *_, newer, older in claims}

    def later(journey: UUID) -> list[UUID]:
        walk = [journey]
        while walk[-1] in after and after[walk[-1]] not in walk:
            walk.append(after[walk[-1]])
        return walk

    in_rings = {journey for journey in after if any(after.get(one) == journey for one in later(journey))}
    newest = {journey: next(one for one in later(journey) if one not in after or one in in_rings) for journey in apart}
    found: dict[UUID, list[Recorded]] = {}
    void: dict[UUID, list[Finding]] = {}
    for journey, history in apart.items():
        found.setdefault(newest[journey], []).extend(history)
    for _, source, id_, newer, older in claims:
        code = "v-numbers-in-a-ring" if older in in_rings else ""
        if code := "v-number-replaced-twice" if after[older] != newer else code:
            day = next(event.effective_on for event in apart[newer] if event.key == (source, id_))
            void.setdefault(newest[newer], []).append(Finding(code, source, id_, day))
    return {one: StreamHistory(history, PLACES, besides=void.get(one, ())) for one, history in found.items()}


def told_of(known: Iterable[Recorded], streams: Iterable[UUID], day: date) -> dict[str, dict[UUID, Counter[Any]]]:
    """The answers by the functions alone."""
    every, nobody = people(known), StreamHistory([], PLACES)
    return {
        one.name: {
            stream: Counter(row[2:] for row in one.rows(every.get(stream, nobody)) if row[0] <= day < row[1])
            for stream in streams
        }
        for one in PROJECTIONS
    }


def in_commits(log: Log, events: Sequence[Recorded], sizes: Sequence[int]) -> list[list[Recorded]]:
    commits: list[list[Recorded]] = []
    start = 0
    while start < len(events):
        portion = sizes[len(commits) % len(sizes)]
        commits.append(log.commit(events[start : start + portion]))
        start += portion
    return commits


@examples(12)
@given(tangled(), sizes, sizes, sizes, seeds)
def test_whatever_is_said_of_who_is_who_the_tables_tell_it_as_known_then(
    log: Log,
    monkeypatch: pytest.MonkeyPatch,
    told: list[Any],
    sizes_of_commits: list[int],
    limits: list[int],
    others: list[int],
    dice: Random,
) -> None:
    # Of a person some journeys lie in one portion, and some in another.
    monkeypatch.setattr(partitions, "_EVENTS_A_PARTITION", 4)
    start = log.position()
    events = in_log(log, told)
    dice.shuffle(events)
    commits = in_commits(log, events, sizes_of_commits)
    log.follow(limits)
    log.follow(others * 20, view="view_b")
    known = [event for commit in commits for event in commit]
    streams = sorted({event.stream for event in known})
    assert stored(log, TABLES, streams) == stored(log, TABLES, streams, "view_b")
    assert verify(log.engine).shown == []
    with reading(log.engine, VIEW) as connection:
        for position in (start, *(commit[-1].position for commit in commits)):
            then = [event for event in known if event.position <= position]
            for day in days_around([known])[::4]:
                asked = Asked(day, position)
                assert answers(connection, PROJECTIONS, asked, streams) == told_of(then, streams, day)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@examples(20)
@given(tangled(), sizes, sizes, seeds)
def test_no_order_of_arrival_changes_who_is_who(
    log: Log, told: list[Any], one: list[int], other: list[int], dice: Random
) -> None:
    found = []
    for sizes_of_commits, turned in ((one, False), (other, True)):
        events = in_log(log, told)
        journeys = sorted({event.stream for event in events}, key=[event.stream for event in events].index)
        if turned:
            dice.shuffle(events)
        in_commits(log, events, sizes_of_commits)
        log.follow(sizes_of_commits)
        rows = stored(log, TABLES, journeys)
        plain = {key: nth for nth, stream in enumerate(journeys) for key in (stream, stream.bytes)}
        found.append(
            {
                name: sorted(((plain[row[0]], *placeless(name, row[4:])) for row in some if row[3] == STILL), key=repr)
                for name, some in rows.items()
            }
        )
    assert found[0] == found[1]
