"""Family that follows a permit holder, so far: who was applied for, decided about, given a visa, and came (nareis)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from domain.facts import FamilyArrived, FamilyReunificationApplied, FamilyReunificationDecided, FamilyVisaIssued

#: How many days after the newest visa those who have one are expected, and how many after the newest decision that
#: grants the others: estimates, and nobody's norm.
DAYS_FROM_VISA = 60
DAYS_FROM_GRANT = 120

FamilyFact = FamilyReunificationApplied | FamilyReunificationDecided | FamilyVisaIssued | FamilyArrived


class Arrival(NamedTuple):
    """Persons who arrived, or are expected to, on a day."""

    on: date
    persons: int


class Family(NamedTuple):
    """Family reunification so far, in persons; None before anything was applied for or decided.

    `applied_on` is the first application, `decided_on` the newest decision, `granted_on` the newest that grants,
    `visa_on` the newest day on which visas were issued. Of who arrived some came straight into the home and some by way
    of reception; of the others that was not stated.
    """

    applied_on: date | None = None
    persons: int = 0
    decided_on: date | None = None
    granted: int = 0
    refused: int = 0
    arrived: int = 0
    granted_on: date | None = None
    visas: int = 0
    visa_on: date | None = None
    arrived_direct: int = 0
    arrived_through_reception: int = 0
    arrivals: tuple[Arrival, ...] = ()

    @property
    def undecided(self) -> int:
        """Persons applied for about whom nothing was decided."""
        return max(0, self.persons - self.granted - self.refused)

    @property
    def awaited(self) -> int:
        """Persons who may come and did not yet."""
        return max(0, self.granted - self.arrived)

    def expected(self, on: date) -> tuple[Arrival, ...]:
        """When those are expected on a day who may come and did not yet: none before that day.

        Those with a visa come some time after the newest visa, the others after the newest decision that grants.
        """
        with_visa = min(self.awaited, max(0, self.visas - self.arrived))
        ways = (
            (self.visa_on, DAYS_FROM_VISA, with_visa),
            (self.granted_on, DAYS_FROM_GRANT, self.awaited - with_visa),
        )
        return tuple(
            Arrival(max(on, _days_later(since, days)), persons) for since, days, persons in ways if since and persons
        )

    def after(self, fact: FamilyFact, on: date) -> Family:
        """What is so after one more fact."""
        match fact:
            case FamilyReunificationApplied():
                return self._replace(applied_on=self.applied_on or on, persons=self.persons + fact.persons)
            case FamilyReunificationDecided():
                return self._replace(
                    decided_on=on,
                    granted=self.granted + fact.granted,
                    refused=self.refused + fact.refused,
                    granted_on=on if fact.granted else self.granted_on,
                )
            case FamilyVisaIssued():
                return self._replace(visas=self.visas + fact.persons, visa_on=on)
            case FamilyArrived():
                direct, through = (fact.persons if fact.direct is way else 0 for way in (True, False))
                return self._replace(
                    arrived=self.arrived + fact.persons,
                    arrived_direct=self.arrived_direct + direct,
                    arrived_through_reception=self.arrived_through_reception + through,
                    arrivals=(*self.arrivals, Arrival(on, fact.persons)),
                )


def _days_later(day: date, days: int) -> date:
    return day + timedelta(days=days) if (date.max - day).days >= days else date.max
