"""Family reunification: applied for, decided, arrived (nareis). Storage format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.field_types import Persons, SomePersons


@dataclass(frozen=True, slots=True)
class FamilyReunificationApplied:
    """The permit holder applied for family to come; persons applied for."""

    TOPIC: ClassVar[str] = "family-reunification-applied.v1"

    persons: SomePersons


@dataclass(frozen=True, slots=True)
class FamilyReunificationDecided:
    """IND decided; persons granted and refused."""

    TOPIC: ClassVar[str] = "family-reunification-decided.v1"

    granted: Persons
    refused: Persons


@dataclass(frozen=True, slots=True)
class FamilyArrived:
    """Family arrived in the country; persons."""

    TOPIC: ClassVar[str] = "family-arrived.v1"

    persons: SomePersons
