"""Retention: every type of event has a class, and a journey is due when its term has passed, not a day before."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.facts import FACTS
from domain.integration import Integration
from domain.journey import Journey
from domain.milestones import Closing, Housing
from domain.retention import (
    ANY_STREAM,
    CLASSES,
    CLOSED,
    FIGURES,
    HOUSED,
    JOURNEY,
    REFERENCE,
    class_of,
    due_of,
    years_after,
    years_before,
)

HOUSING = Housing("GM0344", date(2014, 3, 1), "regular", None)


@pytest.mark.parametrize("topic", FACTS)
def test_every_type_of_event_has_a_class(topic: str) -> None:
    assert class_of(topic) in CLASSES


def test_what_is_of_a_person_goes_with_the_journey_and_what_is_of_none_is_kept() -> None:
    assert class_of("housed.v1") is JOURNEY
    assert class_of("quota-published.v1") is FIGURES
    assert class_of("municipality-merged.v1") is REFERENCE
    assert class_of("event-withdrawn.v1") is ANY_STREAM
    assert (FIGURES.action, REFERENCE.action) == ("keep", "keep")
    with pytest.raises(KeyError):
        class_of("unheard-of.v1")


def test_no_term_is_passed_off_as_one_of_a_selection_list() -> None:
    assert {one.category for one in CLASSES} == {None}


def test_a_housed_journey_is_due_ten_years_after_the_last_of_what_was_to_be_done() -> None:
    done = Journey(housing=HOUSING, integration=Integration(plan_on=date(2014, 9, 1)))
    assert due_of(done) == (HOUSED, date(2024, 9, 1))
    assert due_of(done._replace(integration=Integration(plan_on=date(2013, 9, 1)))) == (HOUSED, date(2024, 3, 1))
    assert due_of(done._replace(permanent_home_on=date(2016, 1, 4))) == (HOUSED, date(2026, 1, 4))


def test_a_journey_closed_without_housing_is_due_after_five_years() -> None:
    assert due_of(Journey(ending=Closing(date(2020, 2, 29), "died"))) == (CLOSED, date(2025, 3, 1))


@pytest.mark.parametrize("state", [Journey(), Journey(housing=HOUSING), Journey(integration=Integration())])
def test_a_journey_that_goes_on_is_not_due(state: Journey) -> None:
    assert due_of(state) is None


@given(day=st.dates(date(1990, 1, 1), date(2090, 1, 1)), today=st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_what_is_due_today_lies_as_many_years_back_however_it_is_counted(day: date, today: date) -> None:
    assert (years_after(day, 5) <= today) == (day <= years_before(today, 5))
