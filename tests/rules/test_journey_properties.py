"""What holds of the journey of any history."""

from __future__ import annotations

from datetime import date

from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from domain.effective import effective_events, effective_events_on
from domain.facts import (
    Recorded,
)
from domain.journey import Journey, evolve, fold, stages
from domain.places import Places
from tests.rules.histories import (
    COA,
    DUO,
    days,
    given,
    histories,
    journey_facts,
    plain_histories,
    said,
    withdrawn,
)

PLACES = Places.shipped()


# Properties


@settings(max_examples=100, deadline=None)
@drawn(histories(), days, st.randoms(use_true_random=False))
def test_no_order_of_arrival_changes_a_journey(history: list[Recorded], on: date, dice) -> None:
    shuffled = list(history)
    dice.shuffle(shuffled)
    assert fold(effective_events_on(given(*shuffled), on), PLACES) == fold(effective_events_on(history, on), PLACES)


@settings(max_examples=100, deadline=None)
@drawn(histories(), days)
def test_folding_again_gives_the_same(history: list[Recorded], on: date) -> None:
    told = effective_events_on(history, on)
    assert fold(told, PLACES) == fold(iter(told), PLACES) == fold(told, PLACES)


@settings(max_examples=100, deadline=None)
@drawn(histories())
def test_folding_is_evolving_one_by_one_and_never_changes_what_was(history: list[Recorded]) -> None:
    told = effective_events(history).events
    seen = [Journey()]
    for event in told:
        seen.append(evolve(seen[-1], event, PLACES))
    assert seen[0] == Journey()
    assert [fold(told[:count], PLACES) for count in range(len(told) + 1)] == seen


@settings(max_examples=100, deadline=None)
@drawn(histories())
def test_the_stage_of_a_day_is_the_fold_of_the_history_up_to_it(history: list[Recorded]) -> None:
    told = effective_events(history).events
    found = dict(stages(told, PLACES))
    assert list(found) == sorted({event.effective_on for event in told})
    assert found == {on: fold(effective_events_on(history, on), PLACES) for on in found}


@settings(max_examples=100, deadline=None)
@drawn(histories())
def test_the_journey_stands_in_one_municipality_at_most_and_is_housed_once_at_most(history: list[Recorded]) -> None:
    for _, journey in stages(effective_events(history).events, PLACES):
        realised = sum(posting.persons for posting in journey.postings)
        assert realised == (1 if journey.housing else 0)
        assert [link for link in journey.links[:-1] if link.until is None] == []
        assert not (journey.housing and journey.closing)


@settings(max_examples=100, deadline=None)
@drawn(plain_histories(), journey_facts, days, days)
def test_a_wrong_event_withdrawn_leaves_the_journey_as_if_it_had_never_been(
    history: list[Recorded], wrong, day: date, on: date
) -> None:
    mistaken = said(day, wrong, id="mistaken", source=COA)
    taken_back = given(mistaken, *history, withdrawn("mistaken", id="taken-back"))
    assert fold(effective_events_on(taken_back, on), PLACES) == fold(effective_events_on(history, on), PLACES)


@settings(max_examples=100, deadline=None)
@drawn(plain_histories(), journey_facts, journey_facts, days, days, days)
def test_a_corrected_event_leaves_the_journey_as_if_only_the_right_one_had_been(
    history: list[Recorded], wrong, right, day: date, right_day: date, on: date
) -> None:
    mistaken = said(day, wrong, id="mistaken", source=DUO, at="2021-01-01T00:00:00Z")
    corrected = said(right_day, right, id="right", source=DUO, at="2021-01-02T00:00:00Z")
    told = given(mistaken, *history, corrected._replace(corrects="mistaken"))
    assert fold(effective_events_on(told, on), PLACES) == fold(
        effective_events_on(given(*history, corrected), on), PLACES
    )


@settings(max_examples=100, deadline=None)
@drawn(histories(), journey_facts, days, days)
def test_a_fact_of_a_later_day_never_changes_the_journey_of_a_day(
    history: list[Recorded], fact, one: date, other: date
) -> None:
    on, later = sorted((one, other))
    if on < later:
        longer = given(*history, said(later, fact, id="fresh", source=DUO))
        assert fold(effective_events_on(longer, on), PLACES) == fold(effective_events_on(history, on), PLACES)
