"""Permits: IND lets somebody stay. These names and fields are storage format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from domain.field_types import BirthDate, Key, VNumber

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
