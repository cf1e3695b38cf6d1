"""Reference facts that add to or correct what the service ships: inhabitants and mergers. Storage format."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from domain.field_types import Municipality, Name, Persons, Province


@dataclass(frozen=True, slots=True)
class InhabitantsCounted:
    """Inhabitants of a municipality on a day (CBS)."""

    TOPIC: ClassVar[str] = "inhabitants-counted.v1"

    municipality: Municipality
    on: date
    persons: Persons


@dataclass(frozen=True, slots=True)
class MunicipalityMerged:
    """A municipality ended and went into another (herindeling); a new code brings its name and province."""

    TOPIC: ClassVar[str] = "municipality-merged.v1"

    municipality: Municipality
    into: Municipality
    on: date
    persons_moved: Persons | None = None
    name: Name | None = None
    province: Province | None = None
