"""Linking: COA ties a permit holder to the municipality that must house them, and hands a dossier over to it.

The dossier is the overdrachtsdossier. These names and fields are storage format.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from domain.field_types import Key, Municipality

Criterion = Literal["work", "education", "family", "medical", "network"]
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

    reason: Literal["reassigned", "found-own-home", "moved-in-with-family", "departed", "permit-ended", "other"]


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
