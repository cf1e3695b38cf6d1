"""The history of a journey: every event once, in effective order, with what it changed."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings

from domain.norm_sets import NORM_SETS, NormSet, PhaseName
from domain.places import Places
from projections.journey_state import journey_state
from projections.timeline import Entry, timeline
from tests.rules.histories import (
    AMERSFOORT,
    crossing_histories,
    granted,
    histories,
    housed,
    link_ended,
    linked,
    withdrawn,
)
from tests.rules.histories import given as log

PLACES = Places.shipped()
PERMIT_14, LINK_12 = NORM_SETS["permit-14"], NORM_SETS["link-12"]


def shown(entries: list[Entry]) -> list[str]:
    return [entry.event.id for entry in entries]


def test_events_stand_by_the_day_they_held_whenever_they_arrived():
    late = log(housed("2021-06-10"), granted("2021-03-01"), linked("2021-03-10"))

    assert shown(timeline(late, PERMIT_14, PLACES)) == ["e2", "e3", "e1"]


def test_within_a_day_a_link_ends_before_another_begins():
    told = log(linked("2021-04-20", AMERSFOORT, at="2021-04-20T08:00+00:00"), link_ended("2021-04-20"))

    assert shown(timeline(told, PERMIT_14, PLACES)) == ["e2", "e1"]


def test_with_a_day_only_what_held_by_then_is_told_and_a_withdrawal_with_what_it_names():
    told = log(linked("2021-03-10"), housed("2021-06-10"), withdrawn("e1"), withdrawn("e2"), withdrawn("e4"))

    assert shown(timeline(told, PERMIT_14, PLACES, date(2021, 4, 1))) == ["e1", "e3"]


@settings(max_examples=60, deadline=None)
@given(histories())
def test_every_history_has_an_entry_for_every_event_whatever_the_order_of_arrival(told):
    entries = timeline(told, PERMIT_14, PLACES)
    backwards = [event._replace() for event in reversed(told)]

    assert sorted(shown(entries)) == sorted(event.id for event in told)
    assert timeline(backwards, PERMIT_14, PLACES) == entries


def test_what_is_out_of_force_changed_nothing():
    told = log(granted("2021-03-01"), linked("2021-03-10"), withdrawn("e2"))
    entries = {entry.event.id: entry for entry in timeline(told, PERMIT_14, PLACES)}

    assert [(name, entry.in_force, len(entry.changes)) for name, entry in entries.items()] == [
        ("e1", True, 2),
        ("e2", False, 0),
        ("e3", True, 0),
    ]


@pytest.mark.parametrize("norm", NORM_SETS.values(), ids=list(NORM_SETS))
@settings(max_examples=300, deadline=None)
@given(told=crossing_histories() | histories())
def test_the_changes_together_are_where_the_journey_stands(norm: NormSet, told):
    reached: dict[PhaseName, tuple[str, int | None, int | None]] = {}
    for change in (change for entry in timeline(told, norm, PLACES) for change in entry.changes):
        match change.phase, change.kind:
            case None, _:
                pass
            case phase, "phase-dropped":
                del reached[phase]
            case phase, "phase-ended":
                reached[phase] = ("completed", change.days, change.days_over)
            case phase, _:
                reached[phase] = ("open", None, None)

    stands = journey_state(told, date(2022, 12, 31), norm, PLACES)
    assert reached == {
        phase.name: ("completed", phase.days, phase.days_over) if phase.state == "completed" else ("open", None, None)
        for phase in stands.phases
        if phase.state in ("open", "stopped", "completed")
    }


@settings(max_examples=60, deadline=None)
@given(histories())
def test_nobody_counts_for_the_quota_twice(told):
    entries = timeline(told, LINK_12, PLACES)
    counted = [change.persons or 0 for entry in entries for change in entry.changes if change.kind == "counted"]

    assert sum(counted) in (0, 1)
