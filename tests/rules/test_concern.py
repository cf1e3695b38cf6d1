"""Whom a permit holder concerns: residence, link, plan, and a month after the plan of another municipality."""

from __future__ import annotations

from datetime import date

from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from domain.concern import concerned_municipalities
from domain.effective import effective_events_on
from domain.facts import IntegrationPlanEstablished, Recorded
from domain.journey import fold
from domain.places import Places
from tests.rules.histories import (
    AMERSFOORT,
    AMSTERDAM,
    UTRECHT,
    WEESP,
    days,
    given,
    granted,
    histories,
    housed,
    link_ended,
    linked,
    returned,
    said,
    withdrawn,
)

PLACES = Places.shipped()


def plan(on: str, municipality: str = UTRECHT, **envelope: str) -> Recorded:
    return said(on, IntegrationPlanEstablished(municipality, "b1"), **envelope)


#: Linked to both, and to neither any more.
KNOWN_TO_BOTH = (linked("2020-02-01", UTRECHT), linked("2020-03-01", AMERSFOORT), link_ended("2020-04-01"))


def concerns(on: str, *events: Recorded) -> set[str]:
    return set(concerned_municipalities(given(*events), date.fromisoformat(on), PLACES))


def test_before_a_link_a_journey_concerns_nobody():
    assert concerns("2021-03-09", granted("2021-03-01"), linked("2021-03-10")) == set()


def test_who_waits_concerns_the_municipality_of_the_current_link():
    history = [granted("2021-03-01"), linked("2021-03-10", UTRECHT)]

    assert concerns("2021-03-10", *history) == {UTRECHT}
    assert concerns("2021-03-20", *history, link_ended("2021-03-20")) == set()
    assert concerns("2021-03-20", *history, linked("2021-03-20", AMERSFOORT)) == {AMERSFOORT}


def test_who_is_housed_concerns_the_municipality_of_residence_whatever_the_link():
    history = [granted("2021-03-01"), linked("2021-03-10", UTRECHT), housed("2021-06-10", AMERSFOORT)]

    assert concerns("2021-06-09", *history) == {UTRECHT}
    assert concerns("2021-06-10", *history) == {AMERSFOORT}
    assert concerns("2021-07-01", *history, returned("2021-07-01")) == {UTRECHT}


def test_the_municipality_of_the_newest_plan_is_concerned_beside_that_of_residence():
    history = [*KNOWN_TO_BOTH, housed("2021-06-10", UTRECHT), plan("2021-07-01", AMERSFOORT)]

    assert concerns("2021-06-30", *history) == {UTRECHT}
    assert concerns("2021-07-01", *history) == {UTRECHT, AMERSFOORT}


def test_a_plan_of_a_municipality_that_nobody_linked_them_to_opens_nothing_and_ends_nothing():
    history = [linked("2021-03-10", UTRECHT), plan("2021-04-01", UTRECHT), link_ended("2021-05-01")]

    assert concerns("2021-08-01", *history, plan("2021-06-01", AMERSFOORT)) == {UTRECHT}


def test_for_a_month_after_a_plan_of_another_municipality_the_one_before_stays_concerned():
    history = [*KNOWN_TO_BOTH, plan("2021-01-10", UTRECHT), plan("2021-07-31", AMERSFOORT)]

    assert concerns("2021-07-30", *history) == {UTRECHT}
    assert concerns("2021-07-31", *history) == {UTRECHT, AMERSFOORT}
    assert concerns("2021-08-30", *history) == {UTRECHT, AMERSFOORT}
    assert concerns("2021-08-31", *history) == {AMERSFOORT}


def test_a_month_ends_with_the_month_where_that_has_no_such_day():
    history = [*KNOWN_TO_BOTH, plan("2021-01-10", UTRECHT), plan("2022-01-31", AMERSFOORT)]

    assert concerns("2022-02-27", *history) == {UTRECHT, AMERSFOORT}
    assert concerns("2022-02-28", *history) == {AMERSFOORT}
    history[-1] = plan("2022-12-10", AMERSFOORT)
    assert concerns("2023-01-09", *history) == {UTRECHT, AMERSFOORT}
    assert concerns("2023-01-10", *history) == {AMERSFOORT}


def test_a_later_plan_of_the_same_municipality_does_not_begin_the_month_again():
    history = [
        *KNOWN_TO_BOTH,
        plan("2021-01-10", UTRECHT),
        plan("2021-07-01", AMERSFOORT),
        plan("2021-07-20", AMERSFOORT),
    ]

    assert concerns("2021-07-31", *history) == {UTRECHT, AMERSFOORT}
    assert concerns("2021-08-01", *history) == {AMERSFOORT}


def test_what_was_withdrawn_concerns_nobody():
    mistaken = linked("2021-03-10", UTRECHT, id="l-1")

    assert concerns("2021-03-12", granted("2021-03-01"), mistaken) == {UTRECHT}
    assert concerns("2021-03-12", granted("2021-03-01"), mistaken, withdrawn("l-1", "2021-03-11")) == set()


def test_the_journeys_of_a_merged_municipality_follow_to_its_successor():
    history = [linked("2021-12-01", WEESP), plan("2021-12-10", WEESP)]

    assert concerns("2022-03-23", *history) == {WEESP}
    assert concerns("2022-03-24", *history) == {AMSTERDAM}


@settings(max_examples=150, deadline=None)
@drawn(histories(), days, st.randoms(use_true_random=False))
def test_a_journey_concerns_whom_its_facts_name_and_no_order_of_arrival_changes_that(
    history: list[Recorded], on: date, dice
) -> None:
    found = concerned_municipalities(history, on, PLACES)
    told = effective_events_on(history, on)
    journey = fold(told, PLACES)
    shuffled = list(history)
    dice.shuffle(shuffled)

    assert concerned_municipalities(given(*shuffled), on, PLACES) == found
    named = {PLACES.code_on(event.fact.municipality, on) for event in told if hasattr(event.fact, "municipality")}
    assert found <= named
    # A residence or a link, and two municipalities that plan.
    assert len(found) <= 3
    if journey.housing is not None:
        assert PLACES.code_on(journey.housing.municipality, on) in found
    elif journey.current_link is not None:
        assert PLACES.code_on(journey.current_link.municipality, on) in found
    if not any(isinstance(event.fact, IntegrationPlanEstablished) for event in told):
        assert len(found) == (journey.housing is not None or journey.current_link is not None)
