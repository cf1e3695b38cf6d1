"""The phases of a history that a test tells, as they stand on a day."""

from __future__ import annotations

from datetime import date

from domain.effective import effective_events_on
from domain.facts import Recorded
from domain.journey import Journey, fold
from domain.norm_sets import NORM_SETS
from domain.norms import Phase, Phases, PhaseState, phase_findings, phases
from domain.places import Places
from tests.rules.histories import (
    given,
    granted,
    home_ready,
    housed,
    linked,
)

PLACES = Places.shipped()
PERMIT_14, LINK_14, LINK_12 = NORM_SETS["permit-14"], NORM_SETS["link-14"], NORM_SETS["link-12"]
AFTER = date(2022, 12, 31)


def journey_of(*events: Recorded, on: date = AFTER) -> Journey:
    return fold(effective_events_on(given(*events), on), PLACES)


def phases_of(*events: Recorded, on: date = AFTER) -> Phases:
    return phases(journey_of(*events, on=on), PLACES)


def codes_of(*events: Recorded) -> set[str]:
    journey = journey_of(*events)
    return {finding.code for finding in (*journey.findings, *phase_findings(journey, PLACES))}


def completed(phase: Phase) -> int | None:
    """The days of a completed phase; they no longer depend on the day that is asked."""
    assert phase.state is PhaseState.COMPLETED, phase
    assert phase.days(date(1990, 1, 1)) == phase.days(date(2090, 1, 1))
    return phase.days(AFTER)


def states(found: Phases) -> tuple[PhaseState, ...]:
    """Linking, housing, departure, total under permit-14."""
    return found.linking.state, found.housing.state, found.departure.state, found.total(PERMIT_14).state


WORKED = (granted("2021-03-01"), linked("2021-03-10"), home_ready("2021-06-01"), housed("2021-06-10"))
