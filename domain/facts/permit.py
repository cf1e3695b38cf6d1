"""Permits and family reunification (nareis): IND lets somebody stay, under a V-number, and their family follow.

These names and fields are storage format.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal

from domain.field_types import BirthDate, Key, Persons, PositivePersons, VNumber

Ground = Literal["asylum", "family", "resettlement"]


@dataclass(frozen=True, slots=True)
class PermitGranted:
    """A permit was granted; effective on the day the decision was made known (vergunning verleend)."""

    TOPIC: ClassVar[str] = "permit-granted.v1"

    ground: Ground
    household: Key | None = None
    birth_date: BirthDate | None = None
    unaccompanied_minor: bool | None = None
    referent: VNumber | None = None


@dataclass(frozen=True, slots=True)
class PermitEnded:
    """The permit is no more (ingetrokken, verlopen, genaturaliseerd)."""

    TOPIC: ClassVar[str] = "permit-ended.v1"

    reason: Literal["withdrawn", "expired", "naturalised"]


@dataclass(frozen=True, slots=True)
class ResidenceDocumentIssued:
    """The residence document was handed over (verblijfspas)."""

    TOPIC: ClassVar[str] = "residence-document-issued.v1"


@dataclass(frozen=True, slots=True)
class LeftUnknownDestination:
    """The permit holder left reception for an unknown destination (MOB)."""

    TOPIC: ClassVar[str] = "left-unknown-destination.v1"


@dataclass(frozen=True, slots=True)
class Died:
    """The permit holder died."""

    TOPIC: ClassVar[str] = "died.v1"


@dataclass(frozen=True, slots=True)
class VNumberReplaced:
    """The V-number of the journey replaces an older one of the same person (V-nummer vervangen).

    In the log `replaces` is the journey id of the older number.
    """

    TOPIC: ClassVar[str] = "v-number-replaced.v1"

    replaces: VNumber


@dataclass(frozen=True, slots=True)
class FamilyReunificationApplied:
    """The permit holder applied for family to come; persons applied for."""

    TOPIC: ClassVar[str] = "family-reunification-applied.v1"

    persons: PositivePersons


@dataclass(frozen=True, slots=True)
class FamilyReunificationDecided:
    """IND decided; persons granted and refused."""

    TOPIC: ClassVar[str] = "family-reunification-decided.v1"

    granted: Persons
    refused: Persons


@dataclass(frozen=True, slots=True)
class FamilyArrived:
    """Family arrived in the country; persons. `direct`: straight into the home, and not by way of reception."""

    TOPIC: ClassVar[str] = "family-arrived.v1"

    persons: PositivePersons
    direct: bool | None = None


@dataclass(frozen=True, slots=True)
class FamilyVisaIssued:
    """Visas were handed out to family that may come (mvv); persons, and the last day they can travel on."""

    TOPIC: ClassVar[str] = "family-visa-issued.v1"

    persons: PositivePersons
    valid_until: date | None = None
