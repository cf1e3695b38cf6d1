"""Linking: COA ties a permit holder to the municipality that must house them, and hands a dossier over to it.

The dossier is the overdrachtsdossier. These names and fields are storage format.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from domain.field_types import Key, Municipality

Criterion = Literal["work", "education", "family", "medical", "network"]
HandoverForm = Literal["warm", "written"]
LinkEndReason = Literal["reassigned", "found-own-home", "moved-in-with-family", "departed", "permit-ended", "other"]
AdaptedHome = Literal["wheelchair", "ground-floor", "other"]
#: COA's regions by their provinces: Groningen, Fryslân and Drenthe; Overijssel and Gelderland; Flevoland, Utrecht and
#: Noord-Holland; Zuid-Holland and Zeeland; Noord-Brabant and Limburg.
OutflowRegion = Literal["GR-FR-DR", "OV-GLD", "FL-UT-NH", "ZH-ZL", "NB-LB"]
Item = Literal[
    "bsn",
    "identity-document",
    "iban",
    "brp-registration",
    "household-composition",
    "adapted-home-need",
    "medical",
    "client-profile",
    "health-insurance",
    "digid",
    "income",
]


@dataclass(frozen=True, slots=True)
class Linked:
    """The permit holder was linked to a municipality (gekoppeld)."""

    TOPIC: ClassVar[str] = "linked.v1"

    municipality: Municipality
    household: Key | None = None
    criteria: tuple[Criterion, ...] = ()


@dataclass(frozen=True, slots=True)
class LinkEnded:
    """The standing link ended (ontkoppeld)."""

    TOPIC: ClassVar[str] = "link-ended.v1"

    reason: LinkEndReason


@dataclass(frozen=True, slots=True)
class DossierItemCompleted:
    """An item of the file is there for the municipality to use."""

    TOPIC: ClassVar[str] = "dossier-item-completed.v1"

    item: Item


@dataclass(frozen=True, slots=True)
class DossierItemLapsed:
    """An item of the file no longer holds (a document expired, an account was closed)."""

    TOPIC: ClassVar[str] = "dossier-item-lapsed.v1"

    item: Item


@dataclass(frozen=True, slots=True)
class AdaptedHomeNeeded:
    """The permit holder can live only in an adapted home (aangepaste woning)."""

    TOPIC: ClassVar[str] = "adapted-home-needed.v1"

    kind: AdaptedHome


@dataclass(frozen=True, slots=True)
class ReceptionPlaced:
    """COA placed the permit holder in reception in one of its outflow regions (uitstroomregio)."""

    TOPIC: ClassVar[str] = "reception-placed.v1"

    region: OutflowRegion


@dataclass(frozen=True, slots=True)
class HandoverHeld:
    """The permit holder was handed over to the municipality, in a talk or in writing (warme overdracht)."""

    TOPIC: ClassVar[str] = "handover-held.v1"

    municipality: Municipality
    form: HandoverForm
