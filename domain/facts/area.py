"""Areas: what is said of a municipality, a province or the country and of nobody in particular. Storage format.

What is *stated* replaces what was stated before for the same key, in effective order.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, ClassVar, Literal

from domain.accommodation import TemporaryAccommodation
from domain.field_types import (
    Constraint,
    Fault,
    HalfYear,
    Month,
    Municipality,
    Name,
    Number,
    Persons,
    PersonsByAge,
    Region,
    TwelveProvinces,
    whole_number,
)

#: The steps of the ladder of intervention, 0 for none (interventieladder).
HIGHEST_RUNG = 6
Rung = Annotated[int, whole_number(0, HIGHEST_RUNG)]


@dataclass(frozen=True, slots=True)
class PermitsForecastPublished:
    """How many persons are expected to get a permit from one day to another, both of them included."""

    TOPIC: ClassVar[str] = "permits-forecast-published.v1"

    area: Literal["NL"]
    from_: date
    to: date
    persons: Persons


@dataclass(frozen=True, slots=True)
class LinksAnnounced:
    """COA announced how many persons it will link to a municipality in a month; stated by area and month."""

    TOPIC: ClassVar[str] = "links-announced.v1"

    area: Municipality
    month: Month
    persons: Persons
    households: Number | None = None
    children: PersonsByAge | None = None


@dataclass(frozen=True, slots=True)
class Homes:
    """So many homes with so many bedrooms that are free for permit holders, adapted or not."""

    bedrooms: Annotated[int, whole_number(0, 20)]
    adapted: bool
    number: Number


def _each_kind_once(homes: tuple[Homes, ...]) -> list[Fault]:
    """All homes of one size are one number: two of them are a slip, and which of them holds nobody can tell."""
    seen: set[tuple[int, bool]] = set()
    faults = []
    for index, each in enumerate(homes):
        kind = each.bedrooms, each.adapted
        if kind in seen:
            faults.append(Fault(f"/{index}", "doubled", "has the bedrooms and adapted of an earlier one of the list"))
        seen.add(kind)
    return faults


@dataclass(frozen=True, slots=True)
class HomesStated:
    """The homes that a municipality has free for permit holders, all of them; stated by area."""

    TOPIC: ClassVar[str] = "homes-stated.v1"

    area: Municipality
    homes: Annotated[
        tuple[Homes, ...],
        Constraint(_each_kind_once, {"description": "All homes that are free; each bedrooms with each adapted once"}),
    ]


@dataclass(frozen=True, slots=True)
class TemporaryPlacesStated:
    """How many places of a temporary kind a municipality has; stated by area and kind."""

    TOPIC: ClassVar[str] = "temporary-places-stated.v1"

    area: Municipality
    accommodation: TemporaryAccommodation
    places: Number


@dataclass(frozen=True, slots=True)
class ReceptionPlacesStated:
    """How many extra places of reception a province has standing; stated by area (verevening)."""

    TOPIC: ClassVar[str] = "reception-places-stated.v1"

    area: TwelveProvinces
    places: Number


@dataclass(frozen=True, slots=True)
class LadderStepDecided:
    """The province decided on a step of the ladder for a municipality, judging a half-year (interventieladder)."""

    TOPIC: ClassVar[str] = "ladder-step-decided.v1"

    area: Municipality
    period: HalfYear
    rung: Rung
    reason: Name


@dataclass(frozen=True, slots=True)
class AssessmentSuspended:
    """A half-year of an area is not judged for the ladder (opschorting van de beoordeling)."""

    TOPIC: ClassVar[str] = "assessment-suspended.v1"

    area: Region
    period: HalfYear
    reason: Name | None = None
