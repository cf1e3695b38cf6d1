"""Civic integration of a permit holder: duty, notice, intake, plan, term, loan, and how it ended (inburgering)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final, NamedTuple

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

#: The ten weeks in which the plan is to be established (Besluit inburgering 2021, article 5.3).
PLAN_WEEKS: Final = 10

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
    """Civic integration so far: the first notice, intake and plan, and the newest of everything else.

    `term_ends_on` is the day the term ends, no longer part of it. `fulfilled_on` is the first day on which it was met.
    `changed_route` tells whether some plan was of another route than the first.
    """

    duty_on: date | None = None
    law: Law | None = None
    intake_on: date | None = None
    plan_on: date | None = None
    route: Route | None = None
    notice_on: date | None = None
    first_intake_on: date | None = None
    first_plan: Plan | None = None
    changed_route: bool = False
    term_ends_on: date | None = None
    extensions: tuple[Extension, ...] = ()
    loan: Loan | None = None
    exempted: ExemptionExtent | None = None
    fulfilled_on: date | None = None
    fulfilled_how: FulfilmentWay | None = None

    def extension_on(self, day: date) -> Extension | None:
        """The newest of the extensions that still run on a day; one that ends on it does so no longer."""
        return next((one for one in reversed(self.extensions) if one.ends_on > day), None)

    def plan_due_on(self, registered_on: date | None, housed_on: date | None) -> date | None:
        """The last day on which a first plan is in time: ten weeks after the notice, or after the first registration at
        an address where that came later.

        Without a notice the duty began the weeks, without a registration the housing does. None under the law of 2013,
        which knows no plan, and while there is neither registration nor housing.
        """
        told_on, settled_on = self.notice_on or self.duty_on, registered_on or housed_on
        if self.law != "wi2021" or told_on is None or settled_on is None:
            return None
        began_on = max(told_on, settled_on)
        return began_on + min(timedelta(weeks=PLAN_WEEKS), date.max - began_on)

    def after(self, fact: IntegrationFact, on: date) -> Integration:
        """What is so after one more fact."""
        match fact:
            case IntegrationDutyStarted():
                return self._replace(duty_on=on, law=fact.law)
            case IntegrationNoticeSent():
                return self._replace(notice_on=self.notice_on or on)
            case IntakeHeld():
                return self._replace(intake_on=on, first_intake_on=self.first_intake_on or on)
            case IntegrationPlanEstablished():
                first = self.first_plan or Plan(on, fact.route)
                changed = self.changed_route or fact.route != first.route
                return self._replace(plan_on=on, route=fact.route, first_plan=first, changed_route=changed)
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
