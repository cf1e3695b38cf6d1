"""Parts of a journey as its answer tells them: family, civic integration, where somebody lives for now, and causes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from typing_extensions import TypedDict

from domain import causes, causes_by_day, temporary_stays
from domain.causes_by_day import DayCause
from domain.facts.integration import ExemptionExtent, ExtensionGround, FulfilmentWay, Law, Route
from domain.journey import Journey
from domain.temporary_stays import StayKind


class ExpectedFamily(TypedDict):
    """Persons who may come and did not yet, on the day on which they are expected: an estimate."""

    on: date
    persons: int


class Family(TypedDict):
    """Family reunification, in persons; of those who arrived some straight into the home, some by way of reception."""

    appliedOn: date | None
    persons: int
    decidedOn: date | None
    grantedOn: date | None
    granted: int
    refused: int
    undecided: int
    visas: int
    visaOn: date | None
    arrived: int
    arrivedDirect: int
    arrivedThroughReception: int
    awaited: int
    expected: list[ExpectedFamily]


class Extension(TypedDict):
    """The term was extended to a day, which is no longer part of it."""

    endsOn: date
    ground: ExtensionGround


class Integration(TypedDict):
    """Civic integration so far: the newest of what may come more than once, and the first where it says so.

    `planDueOn` is the last day on which a first plan is in time, null where there is none yet. The day on which the
    term ends is no longer part of it; `extension` is the newest that still runs, `loanLeft` in whole euros.
    """

    dutyOn: date | None
    law: Law | None
    noticeOn: date | None
    intakeOn: date | None
    planOn: date | None
    firstIntakeOn: date | None
    firstPlanOn: date | None
    planDueOn: date | None
    changedRoute: bool
    route: Route | None
    termEndsOn: date | None
    extension: Extension | None
    loanLeft: int | None
    exempted: ExemptionExtent | None
    fulfilledOn: date | None
    fulfilledHow: FulfilmentWay | None


class TemporaryStay(TypedDict):
    """Where somebody lives who cannot stay there; `until` is the last day, as it was said or as it usually is."""

    kind: StayKind
    municipality: str | None
    since: date
    until: date | None
    daysOver: int | None


class Cause(TypedDict):
    """A spell of waiting with its cause; no clock is stopped for it, and spells may overlap."""

    label: str
    since: date
    until: date | None
    days: int


class CauseOfDays(TypedDict):
    """Days on end that are put down to one cause, and on every day to one; `until` is the first that no longer is."""

    cause: DayCause
    since: date
    until: date | None
    days: int


def family_part(journey: Journey, on: date) -> Family:
    """Of family that follows, as it stands on a day."""
    family = journey.family
    return {
        "appliedOn": family.applied_on,
        "persons": family.persons,
        "decidedOn": family.decided_on,
        "grantedOn": family.granted_on,
        "granted": family.granted,
        "refused": family.refused,
        "undecided": family.undecided,
        "visas": family.visas,
        "visaOn": family.visa_on,
        "arrived": family.arrived,
        "arrivedDirect": family.arrived_direct,
        "arrivedThroughReception": family.arrived_through_reception,
        "awaited": family.awaited,
        "expected": [{"on": one.on, "persons": one.persons} for one in family.expected(on)],
    }


def integration_part(journey: Journey, on: date) -> Integration:
    """Of civic integration, as it stands on a day."""
    integration, housing = journey.integration, journey.housing
    first, extension, loan = integration.first_plan, integration.extension_on(on), integration.loan
    return {
        "dutyOn": integration.duty_on,
        "law": integration.law,
        "noticeOn": integration.notice_on,
        "intakeOn": integration.intake_on,
        "planOn": integration.plan_on,
        "firstIntakeOn": integration.first_intake_on,
        "firstPlanOn": first and first.on,
        "planDueOn": integration.plan_due_on(journey.registered_on, housing and housing.on),
        "changedRoute": integration.changed_route,
        "route": integration.route,
        "termEndsOn": integration.term_ends_on,
        "extension": extension and {"endsOn": extension.ends_on, "ground": extension.ground},
        "loanLeft": None if loan is None else loan.granted - loan.used,
        "exempted": integration.exempted,
        "fulfilledOn": integration.fulfilled_on,
        "fulfilledHow": integration.fulfilled_how,
    }


def stay_part(stay: temporary_stays.TemporaryStay | None, on: date) -> TemporaryStay | None:
    """Of where somebody lives for now."""
    if stay is None:
        return None
    return {
        "kind": stay.kind,
        "municipality": stay.municipality,
        "since": stay.since,
        "until": stay.until,
        "daysOver": None if stay.until is None else max(0, (on - stay.until).days),
    }


def causes_part(spells: Iterable[causes.Cause]) -> list[Cause]:
    """Of what waiting days were spent on."""
    return [{"label": one.label, "since": one.since, "until": one.until, "days": one.days} for one in spells]


def causes_by_day_part(spells: Iterable[causes_by_day.CauseSpell]) -> list[CauseOfDays]:
    """Of the one cause of each day."""
    return [{"cause": one.cause, "since": one.since, "until": one.until, "days": one.days} for one in spells]
