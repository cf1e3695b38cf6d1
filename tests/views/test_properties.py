"""What holds for any history, on both engines: the tables never depend on how, when and how often events arrived."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import cycle
from random import Random
from typing import Any
from uuid import UUID

from hypothesis import assume, given
from hypothesis import strategies as st

from domain.facts import PERIOD_FACTS, EventWithdrawn, Fact, Recorded
from projections.engine import Asked
from projections.states import PROJECTIONS, TABLES
from projections.states.findings import findings
from projections.tables import STILL
from service.log.recorder import EventRecorder
from service.log.submission import Receipted
from service.projector.verification import verify
from service.storage.database import reading
from tests.rules.histories import COA, IND, days, journey_facts, period_facts, plain_histories, said
from tests.views.logs import VIEW, Log, answers, computed, days_around, examples, placeless, stored, story, subjects

stories = st.lists(story(), min_size=1, max_size=5)
plain_stories = st.lists(subjects.flatmap(lambda of: plain_histories(least=1, of=of)), min_size=1, max_size=5)
#: How many events go into each commit, or at least into each batch of the follower; over again when they run out.
sizes = st.lists(st.integers(1, 7), min_size=1, max_size=6)
seeds = st.randoms(use_true_random=False)


def in_commits(log: Log, events: Sequence[Recorded], portions: Sequence[int]) -> list[list[Recorded]]:
    """Events committed in this order, so many at a time."""
    commits: list[list[Recorded]] = []
    start = 0
    while start < len(events):
        portion = portions[len(commits) % len(portions)]
        commits.append(log.commit(events[start : start + portion]))
        start += portion
    return commits


def shuffled(seed: Random, told: Sequence[Sequence[Recorded]]) -> list[Recorded]:
    """The events of several stories, mixed."""
    events = [event for story in told for event in story]
    seed.shuffle(events)
    return events


def by_stream(events: Sequence[Recorded]) -> dict[UUID, list[Recorded]]:
    """Recorded events, a history for each stream."""
    found: dict[UUID, list[Recorded]] = {}
    for event in events:
        found.setdefault(event.stream, []).append(event)
    return found


def nameless(row: Iterable[Any], story: Sequence[Recorded]) -> tuple[Any, ...]:
    """A row without the name of the half-year that a story is of, where it is of one."""
    own = str(getattr(story[0].fact, "period", None))
    return tuple(None if value == own else value for value in row)


def standing(log: Log, told: Sequence[Sequence[Recorded]]) -> list[object]:
    """What the tables now say of each story, whoever it is of and whenever it was recorded."""
    found = stored(log, TABLES, [story[0].stream for story in told])
    keys = [story[0].stream for story in told]
    plain = {key.bytes: key for key in keys} | {key: key for key in keys}
    rows: dict[UUID, list[Any]] = {key: [] for key in keys}
    for name, some in found.items():
        for stream, _, _, known_until, *row in some:
            if known_until == STILL:
                rows[plain[stream]].append((name, placeless(name, row)))
    return [sorted([(name, nameless(row, story)) for name, row in rows[story[0].stream]], key=repr) for story in told]


@examples(25)
@given(stories, sizes, sizes, seeds)
def test_any_order_of_arrival_gives_the_same_answers(
    log: Log, stories: list[list[Recorded]], one: list[int], other: list[int], seed: Random
) -> None:
    first, second = ([log.story(story) for story in stories] for _ in range(2))
    in_commits(log, [event for journey in first for event in journey], one)
    in_commits(log, shuffled(seed, second), other)
    log.follow(other)
    assert standing(log, first) == standing(log, second)
    for day in days_around(first)[::5]:
        asked = Asked(day, log.position())
        with reading(log.engine, VIEW) as connection:
            found = answers(connection, PROJECTIONS, asked, [journey[0].stream for journey in (*first, *second)])
        for name, of_table in found.items():
            for a, b in zip(first, second, strict=True):
                rows = (
                    Counter(nameless(placeless(name, row), story) for row in of_table[story[0].stream].elements())
                    for story in (a, b)
                )
                assert next(rows) == next(rows)


@examples(15)
@given(stories, sizes, seeds)
def test_repeating_any_events_changes_nothing(
    log: Log, stories: list[list[Recorded]], portions: list[int], seed: Random
) -> None:
    journeys = [log.story(story) for story in stories]
    events = [event for commit in in_commits(log, shuffled(seed, journeys), portions) for event in commit]
    log.follow()
    streams = [journey[0].stream for journey in journeys]
    before, end = stored(log, TABLES, streams), log.position()
    again = seed.choices(events, k=len(events))
    for event, outcome in zip(again, log.outcomes(again), strict=True):
        journey = event.stream if getattr(event.fact, "period", None) is None else None
        assert outcome == Receipted(event.id, event.position, journey, event.version, event.recorded_at, repeated=True)
    assert log.position() == end
    assert log.follow() == []
    assert stored(log, TABLES, streams) == before


@examples(9)
@given(stories, sizes, sizes, seeds)
def test_the_tables_say_what_the_functions_say_at_every_position_and_on_every_day(
    log: Log, stories: list[list[Recorded]], portions: list[int], limits: list[int], seed: Random
) -> None:
    start = log.position()
    journeys = [log.story(story) for story in stories]
    commits = in_commits(log, shuffled(seed, journeys), portions)
    log.follow(limits)
    found = by_stream([event for commit in commits for event in commit])
    histories = [found[journey[0].stream] for journey in journeys]
    with reading(log.engine, VIEW) as connection:
        for position in (start, *(commit[-1].position for commit in commits)):
            for day in days_around(histories):
                asked = Asked(day, position)
                assert answers(connection, PROJECTIONS, asked, found) == computed(PROJECTIONS, histories, asked)


@st.composite
def mistaken(draw: st.DrawFn) -> tuple[list[Recorded], list[Recorded]]:
    """A plain story, and the same with mistakes in it that were all set right."""
    of = draw(subjects)
    truth = draw(plain_histories(least=1, of=of))
    told = []
    for event in truth:
        match draw(st.sampled_from(["plain", "plain", "corrected", "corrected-twice", "withdrawn-and-back"])):
            case "corrected":
                told += _versions(draw, of, event, 1)
            case "corrected-twice":
                told += _versions(draw, of, event, 2)
            case "withdrawn-and-back":
                told += [event, *_withdrawn(draw, event, f"{event.id}-w"), *_withdrawal_of_withdrawal(event)]
            case _:
                told.append(event)
    for nth in range(draw(st.integers(0, 3))):
        wrong = said(draw(days), draw(of), id=f"wrong{nth}", source=draw(st.sampled_from([COA, IND])))
        told += [wrong, *_withdrawn(draw, wrong, f"wrong{nth}-w")]
    return truth, told


def _versions(draw: st.DrawFn, of: st.SearchStrategy[Fact], event: Recorded, mistakes: int) -> list[Recorded]:
    """An event that set right one mistake, or a mistake that set right another; none of them leaves a trace."""
    names = [f"{event.id}-m{nth}" for nth in range(mistakes)]
    earlier = [
        said(
            draw(days),
            draw(of),
            id=name,
            source=event.source,
            corrects=names[nth - 1] if nth else None,
        )._replace(sent_at=event.sent_at - timedelta(days=mistakes - nth))
        for nth, name in enumerate(names)
    ]
    return [*earlier, event._replace(corrects=names[-1])]


def _withdrawn(draw: st.DrawFn, event: Recorded, name: str) -> list[Recorded]:
    return [said(draw(days), EventWithdrawn(event.id, "a mistake"), id=name, source=event.source)]


def _withdrawal_of_withdrawal(event: Recorded) -> list[Recorded]:
    return [
        said(event.effective_on, EventWithdrawn(f"{event.id}-w", "after all"), id=f"{event.id}-ww", source=event.source)
    ]


@examples(30)
@given(st.lists(mistaken(), min_size=1, max_size=4), sizes, sizes, seeds)
def test_correcting_and_withdrawing_equals_never_having_been(
    log: Log,
    pairs: list[tuple[list[Recorded], list[Recorded]]],
    portions: list[int],
    limits: list[int],
    seed: Random,
) -> None:
    never = [log.story(truth) for truth, _ in pairs]
    undone = [log.story(told) for _, told in pairs]
    in_commits(log, shuffled(seed, [*never, *undone]), portions)
    log.follow(limits)
    assert standing(log, undone) == standing(log, never)


@examples(10)
@given(plain_stories, st.data())
def test_known_at_before_a_correction_gives_the_answer_of_then(
    log: Log, stories: list[list[Recorded]], data: st.DataObject
) -> None:
    commits = [log.commit(event for story in stories for event in log.story(story))]
    log.follow()
    streams = list(by_stream(commits[0]))
    on = days_around([commits[0]])
    then = [seen_on(log, on, streams)]
    for nth in range(3):
        wrong = data.draw(st.lists(st.sampled_from(commits[0]), min_size=1, max_size=6, unique_by=lambda one: one.id))
        commits.append(log.commit(_set_right(data, event, f"{event.id}-c{nth}") for event in wrong))
        log.follow()
        then.append(seen_on(log, on, streams))
    for commit, answer in zip(commits, then, strict=True):
        with reading(log.engine) as connection:
            position = EventRecorder(connection).position_at(commit[0].recorded_at)
            shortly_before = EventRecorder(connection).position_at(commit[0].recorded_at - timedelta(milliseconds=1))
        assert position == commit[-1].position
        assert shortly_before == commit[0].position - 1
        assert seen_on(log, on, streams, position) == answer


def _set_right(data: st.DataObject, event: Recorded, name: str) -> Recorded:
    later = datetime.combine(event.effective_on, time(18), UTC) + timedelta(days=365)
    if data.draw(st.booleans()):
        fact: Any = data.draw(period_facts if isinstance(event.fact, PERIOD_FACTS) else journey_facts)
        if isinstance(event.fact, PERIOD_FACTS):
            fact = replace(fact, period=event.fact.period)
        on = data.draw(days)
        return event._replace(fact=fact, effective_on=on, id=name, corrects=event.id, sent_at=later)
    return event._replace(fact=EventWithdrawn(event.id, "a mistake"), id=name, sent_at=later)


def seen_on(log: Log, on: Sequence[date], streams: Sequence[UUID], position: int | None = None) -> list[object]:
    """What the tables answer on these days; without a position as who knows everything there is now."""
    with reading(log.engine, VIEW) as connection:
        known = log.position() if position is None else position
        return [answers(connection, PROJECTIONS, Asked(day, known), streams) for day in on]


@examples(14)
@given(stories, sizes, sizes, sizes, seeds)
def test_batches_of_any_size_give_the_rows_of_a_replay_and_split_no_commit(
    log: Log,
    stories: list[list[Recorded]],
    portions: list[int],
    limits: list[int],
    others: list[int],
    seed: Random,
) -> None:
    journeys = [log.story(story) for story in stories]
    commits = in_commits(log, shuffled(seed, journeys), portions)
    reached = log.follow(limits * 20)
    elsewhere = log.follow(others, view="view_b")
    ends = {commit[-1].position for commit in commits}
    assert set(reached) <= ends and set(elsewhere) <= ends
    assert reached[-1] == elsewhere[-1] == log.position()
    streams = [journey[0].stream for journey in journeys]
    assert stored(log, TABLES, streams) == stored(log, TABLES, streams, "view_b")
    assert verify(log.engine).shown == []
    assert verify(log.engine).differences == 0


@examples(12)
@given(st.lists(story(least=2), min_size=2, max_size=4))
def test_what_names_an_event_of_another_stream_has_no_effect(log: Log, stories: list[list[Recorded]]) -> None:
    uncorrected = [[event._replace(corrects=None, corrects_source=None) for event in story] for story in stories]
    plain = [told for story in uncorrected if (told := [one for one in story if type(one.fact) is not EventWithdrawn])]
    assume(len(plain) > 1)
    alone, others = ([log.story(story) for story in plain] for _ in range(2))
    # The events of each story name those of the next one, whose ids are of the same source.
    crossed = [
        [event._replace(corrects=target.id) for event, target in zip(journey, cycle(following), strict=False)]
        for journey, following in zip(others, [*others[1:], others[0]], strict=True)
    ]
    for journey in (*alone, *crossed):
        log.commit(journey)
    log.follow()
    # That it names what is not there is found, and nothing else.
    assert but_findings(standing(log, crossed)) == but_findings(standing(log, alone))


def but_findings(found: Sequence[Any]) -> list[Any]:
    return [[row for row in rows if row[0] != findings.name] for rows in found]
