"""What is in force in any history, against a second reading of the contract's sentences."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from domain.effective import effective_events, effective_events_on
from domain.facts import EventWithdrawn, Linked, Recorded
from tests.rules.histories import (
    COA,
    UTRECHT,
    days,
    given,
    histories,
    journey_facts,
    linked,
    plain_histories,
    said,
    withdrawn,
    without_arrival,
)

# Properties, against a second reading of the same sentences


def in_force(history: list[Recorded]) -> set[tuple[str, str]]:
    """What speaks, read off the contract as plainly as it can be written."""
    by_key = {(event.source, event.id): event for event in history}
    named = {
        key: event.corrected_key
        for key, event in by_key.items()
        if event.corrected_key is not None and event.corrected_key in by_key
    }
    versions = {key: {key} for key in by_key}
    for _ in by_key:
        for one, other in named.items():
            versions[one] = versions[other] = versions[one] | versions[other]
        for key in by_key:
            versions[key] = set().union(*(versions[member] for member in versions[key]))
    facts = {frozenset(members) for members in versions.values()}
    corrected = {other for one, other in named.items() if one != other}
    speaker = {
        fact: max(fact - corrected or fact, key=lambda key: (by_key[key].sent_at, key[1], key[0])) for fact in facts
    }
    target = {
        fact: next((other for other in facts if (key[0], withdrawal.withdraws) in other), None)
        for fact, key in speaker.items()
        if isinstance(withdrawal := by_key[key].fact, EventWithdrawn)
    }

    def in_a_ring(fact: frozenset[tuple[str, str]]) -> bool:
        here = target.get(fact)
        for _ in facts:
            if here is None or here == fact:
                break
            here = target.get(here)
        return here == fact

    def stands(fact: frozenset[tuple[str, str]]) -> bool:
        return not any(
            aim == fact and not in_a_ring(withdrawal) and stands(withdrawal) for withdrawal, aim in target.items()
        )

    return {key for fact, key in speaker.items() if not isinstance(by_key[key].fact, EventWithdrawn) and stands(fact)}


@settings(max_examples=300, deadline=None)
@drawn(histories(most=9))
def test_what_speaks_is_what_the_contract_says(history: list[Recorded]) -> None:
    assert {event.key for event in effective_events(history).events} == in_force(history)


@settings(max_examples=100, deadline=None)
@drawn(histories(), st.randoms(use_true_random=False))
def test_no_order_of_arrival_changes_what_is_in_force(history: list[Recorded], dice) -> None:
    shuffled = list(history)
    dice.shuffle(shuffled)
    found, again = effective_events(history), effective_events(given(*shuffled))
    assert [without_arrival(event) for event in again.events] == [without_arrival(event) for event in found.events]
    assert again[1:] == found[1:]


@settings(max_examples=100, deadline=None)
@drawn(histories())
def test_what_is_out_of_force_might_never_have_been(history: list[Recorded]) -> None:
    spoken = effective_events(history).events
    never = given(*[event._replace(corrects=None, corrects_source=None) for event in spoken])
    assert [event.key for event in effective_events(never).events] == [event.key for event in spoken]


@settings(max_examples=100, deadline=None)
@drawn(plain_histories(least=1), journey_facts, days, st.data())
def test_correcting_an_event_equals_having_said_it_right_at_once(
    history: list[Recorded], wrong, day: date, data: st.DataObject
) -> None:
    right = data.draw(st.sampled_from(history))
    # The clock of the mistaken version may be behind that of the right one, which corrects it, or ahead of it.
    sent_at = right.sent_at + timedelta(hours=data.draw(st.integers(-1, 1)))
    mistaken = right._replace(id="mistaken", fact=wrong, effective_on=day, sent_at=sent_at)
    corrected = [event._replace(corrects="mistaken") if event is right else event for event in history]
    found = effective_events(given(mistaken, *corrected)).events
    assert [event.id for event in found] == [event.id for event in effective_events(history).events]


@settings(max_examples=100, deadline=None)
@drawn(histories(most=9))
def test_what_another_version_corrects_is_never_in_force_unless_they_are_in_a_ring(history: list[Recorded]) -> None:
    found = effective_events(history)
    speaking = {event.key for event in found.events}
    rings = {(finding.source, finding.id) for finding in found.findings if finding.code == "corrections-in-a-ring"}
    by_key = {(event.source, event.id): event for event in history}
    for key, event in by_key.items():
        target = event.corrected_key
        if key != target and target in by_key and target not in rings:
            assert target not in speaking


@settings(max_examples=100, deadline=None)
@drawn(plain_histories(), journey_facts, days)
def test_withdrawing_an_event_equals_never_having_said_it(history: list[Recorded], wrong, day: date) -> None:
    mistaken = said(day, wrong, id="mistaken", source=COA)
    taken_back = given(mistaken, *history, withdrawn("mistaken", id="taken-back", source=COA))
    assert [event.id for event in effective_events(taken_back).events] == [
        event.id for event in effective_events(history).events
    ]
    assert effective_events(taken_back).findings == ()


@settings(max_examples=100, deadline=None)
@drawn(histories(), st.data())
def test_withdrawing_a_withdrawal_equals_never_having_withdrawn(history: list[Recorded], data: st.DataObject) -> None:
    never = effective_events(history)
    target = data.draw(st.sampled_from([event.id for event in history] or ["e-never"]))
    both = given(*history, withdrawn(target, id="w1", source=COA), withdrawn("w1", id="w2", source=COA))
    assert [event.id for event in effective_events(both).events] == [event.id for event in never.events]


@settings(max_examples=100, deadline=None)
@drawn(histories(), journey_facts, days, days)
def test_a_fact_of_a_later_day_never_changes_the_history_of_a_day(
    history: list[Recorded], fact, one: date, other: date
) -> None:
    on, later = min(one, other), max(one, other) + timedelta(days=1)
    # A fresh id: one that was waited for by a correction or withdrawal could change what is in force.
    longer = given(*history, said(later, fact, id="fresh", source=COA))
    assert [event.id for event in effective_events_on(longer, on)] == [
        event.id for event in effective_events_on(history, on)
    ]


@settings(max_examples=100, deadline=None)
@drawn(histories())
def test_asking_twice_gives_the_same_and_leaves_the_history_alone(history: list[Recorded]) -> None:
    before = list(history)
    assert effective_events(history) == effective_events(history)
    assert history == before


@settings(max_examples=100, deadline=None)
@drawn(histories())
def test_every_event_speaks_or_says_why_not(history: list[Recorded]) -> None:
    found = effective_events(history)
    spoken = {event.key for event in found.events}
    for event in history:
        key = (event.source, event.id)
        if not isinstance(event.fact, EventWithdrawn):
            assert (key in spoken) != (key in found.replaced_by or key in found.withdrawn_by)


def test_the_facts_of_a_history_are_untouched() -> None:
    (event,) = effective_events(given(linked("2021-03-10", UTRECHT))).events
    assert event.fact == Linked(UTRECHT)
