"""Civic integration of a permit holder: duty, notice, intake, plan, term, loan, and how it ended (inburgering)."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from domain.facts import (
    IntakeHeld,
    IntegrationDutyStarted,
    IntegrationExempted,
    IntegrationFulfilled,
    IntegrationLoanStated,
    IntegrationNoticeSent,
    IntegrationPlanEstablished,
    IntegrationTermExtended,
    IntegrationTermSet,
)
from domain.facts.integration import ExemptionExtent, ExtensionGround, FulfilmentWay, Law, Route

IntegrationFact = (
    IntegrationDutyStarted
    | IntegrationNoticeSent
    | IntakeHeld
    | IntegrationPlanEstablished
    | IntegrationTermSet
    | IntegrationTermExtended
    | IntegrationLoanStated
    | IntegrationExempted
    | IntegrationFulfilled
)


class Extension(NamedTuple):
    """The term was extended: to which day, which is no longer part of it, and on what ground."""

    ends_on: date
    ground: ExtensionGround


class Loan(NamedTuple):
    """What was lent for integration, and what of it was used, in whole euros."""

    granted: int
    used: int


class Plan(NamedTuple):
    """A plan for integration and participation."""

    on: date
    route: Route


class Integration(NamedTuple):
    """Civic integration so far: the first notice and plan, and the newest of everything else.

    `term_ends_on` is the day the term ends, no longer part of it. `fulfilled_on` is the first day on which it was met.
    """

    duty_on: date | None = None
    law: Law | None = None
    intake_on: date | None = None
    plan_on: date | None = None
    route: Route | None = None
    notice_on: date | None = None
    first_plan: Plan | None = None
    term_ends_on: date | None = None
    extensions: tuple[Extension, ...] = ()
    loan: Loan | None = None
    exempted: ExemptionExtent | None = None
    fulfilled_on: date | None = None
    fulfilled_how: FulfilmentWay | None = None

    def after(self, fact: IntegrationFact, on: date) -> Integration:
        """What is so after one more fact."""
        match fact:
            case IntegrationDutyStarted():
                return self._replace(duty_on=on, law=fact.law)
            case IntegrationNoticeSent():
                return self._replace(notice_on=self.notice_on or on)
            case IntakeHeld():
                return self._replace(intake_on=on)
            case IntegrationPlanEstablished():
                return self._replace(plan_on=on, route=fact.route, first_plan=self.first_plan or Plan(on, fact.route))
            case IntegrationTermSet():
                return self._replace(term_ends_on=fact.ends_on)
            case IntegrationTermExtended():
                extension = Extension(fact.ends_on, fact.ground)
                return self._replace(term_ends_on=fact.ends_on, extensions=(*self.extensions, extension))
            case IntegrationLoanStated():
                return self._replace(loan=Loan(fact.granted, fact.used))
            case IntegrationExempted():
                return self._replace(exempted=fact.extent)
            case IntegrationFulfilled():
                return self._replace(fulfilled_on=self.fulfilled_on or on, fulfilled_how=fact.how)
