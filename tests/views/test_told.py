"""What was told before is only a shortcut: with it or without, a history tells the same, whatever order it came in."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.facts import Recorded
from domain.places import Places
from projections.states import PROJECTIONS
from projections.stream_history import StreamHistory
from tests.rules.histories import (
    UTRECHT,
    granted,
    histories,
    home_ready,
    housed,
    journey_facts,
    linked,
    period_facts,
    reference_facts,
    withdrawn,
)

PLACES = Places.shipped()
every_history = st.one_of(*(histories(least=1, of=of) for of in (journey_facts, period_facts, reference_facts)))


def recorded(history: list[Recorded]) -> list[Recorded]:
    """As the log holds it: in order of position."""
    return [event._replace(position=position) for position, event in enumerate(history, start=1)]


def rows(told: StreamHistory) -> list[tuple[object, ...]]:
    return [row for projection in PROJECTIONS for row in projection.rows(told)]


@given(every_history, st.randoms(use_true_random=False), st.lists(st.booleans(), min_size=1))
def test_a_history_told_step_by_step_tells_at_every_step_what_it_tells_at_once(
    history: list[Recorded], seed: Random, asked: list[bool]
) -> None:
    seed.shuffle(history)
    events = recorded(history)
    before: StreamHistory | None = None
    for count in range(1, len(events) + 1):
        at_once = StreamHistory(events[:count], PLACES)
        before = StreamHistory(events[:count], PLACES, before)
        # Where nobody asks, the next step builds on what was asked last.
        if asked[count % len(asked)]:
            assert rows(before) == rows(at_once)
            assert before.effective == at_once.effective
        assert before.amended == at_once.amended


@given(histories(least=2), st.integers(1, 5))
def test_other_municipalities_are_never_read_through_what_was_told_with_the_old_ones(
    history: list[Recorded], known: int
) -> None:
    events = recorded(history)
    merged = PLACES.with_merger(UTRECHT, "GM0307", events[0].effective_on)
    before = StreamHistory(events[:known], PLACES)
    rows(before)
    assert rows(StreamHistory(events, merged, before)) == rows(StreamHistory(events, merged))


STORY = recorded(
    [
        granted("2021-03-01", id="p"),
        linked("2021-03-10", id="l"),
        home_ready("2021-06-01", id="r"),
        housed("2021-06-10", id="h"),
    ]
)


def test_what_comes_after_everything_leaves_the_stages_before_it_as_they_are() -> None:
    before = StreamHistory(STORY[:3], PLACES)
    kept = list(before.stages)
    assert StreamHistory(STORY, PLACES, before).stages[:3] == kept


@pytest.mark.parametrize(
    ("late", "kept"),
    [
        (home_ready("2021-03-05", id="late"), 1),
        (home_ready("2021-06-10", id="late"), 3),
        (withdrawn("l", id="late"), 1),
        (linked("2021-03-11", id="late", corrects="l"), 1),
    ],
)
def test_what_comes_late_leaves_the_stages_before_its_day(late: Recorded, kept: int) -> None:
    before = StreamHistory(STORY, PLACES)
    stages = list(before.stages)
    after = StreamHistory([*STORY, late._replace(position=5)], PLACES, before).stages
    assert [one is other for one, other in zip(stages, after, strict=False)].count(True) == kept
