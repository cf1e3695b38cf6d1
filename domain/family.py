"""Family that follows a permit holder, so far: who was applied for, decided about, given a visa, and came (nareis)."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from domain.facts import FamilyArrived, FamilyReunificationApplied, FamilyReunificationDecided, FamilyVisaIssued

FamilyFact = FamilyReunificationApplied | FamilyReunificationDecided | FamilyVisaIssued | FamilyArrived


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

    @property
    def undecided(self) -> int:
        """Persons applied for about whom nothing was decided."""
        return max(0, self.persons - self.granted - self.refused)

    @property
    def awaited(self) -> int:
        """Persons who may come and did not yet."""
        return max(0, self.granted - self.arrived)

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
                )
