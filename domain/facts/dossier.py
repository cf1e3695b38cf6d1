"""The handover file that COA keeps for the municipality (overdrachtsdossier). Storage format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

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
class DossierItemCompleted:
    """An item of the file is there for the municipality to use."""

    TOPIC: ClassVar[str] = "dossier-item-completed.v1"

    item: Item


@dataclass(frozen=True, slots=True)
class DossierItemLapsed:
    """An item of the file no longer holds (a document expired, an account was closed)."""

    TOPIC: ClassVar[str] = "dossier-item-lapsed.v1"

    item: Item
