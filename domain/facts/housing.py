"""Housing: from the offer of a home to living in it. Storage format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.accommodation import Accommodation
from domain.field_types import FreeText, Municipality


@dataclass(frozen=True, slots=True)
class HomeOffered:
    """The municipality offered a home (woningaanbod)."""

    TOPIC: ClassVar[str] = "home-offered.v1"

    municipality: Municipality
    accommodation: Accommodation


@dataclass(frozen=True, slots=True)
class OfferAccepted:
    """The permit holder accepted the home."""

    TOPIC: ClassVar[str] = "offer-accepted.v1"

    municipality: Municipality
    accommodation: Accommodation


@dataclass(frozen=True, slots=True)
class OfferRefused:
    """The permit holder refused the home (woningweigering)."""

    TOPIC: ClassVar[str] = "offer-refused.v1"

    municipality: Municipality
    reason: FreeText


@dataclass(frozen=True, slots=True)
class RefusalAssessed:
    """COA judged whether the refusal was justified (terecht)."""

    TOPIC: ClassVar[str] = "refusal-assessed.v1"

    justified: bool


@dataclass(frozen=True, slots=True)
class HomeReady:
    """First day of the tenancy, or first day a temporary place is available (woning gereed)."""

    TOPIC: ClassVar[str] = "home-ready.v1"

    municipality: Municipality
    accommodation: Accommodation


@dataclass(frozen=True, slots=True)
class Housed:
    """Signed off at COA and living in the municipality: the moment that counts for the quota (gehuisvest)."""

    TOPIC: ClassVar[str] = "housed.v1"

    municipality: Municipality
    accommodation: Accommodation


@dataclass(frozen=True, slots=True)
class ReturnedToReception:
    """The housing before it is undone: the permit holder is back in reception."""

    TOPIC: ClassVar[str] = "returned-to-reception.v1"


@dataclass(frozen=True, slots=True)
class MovedToPermanentHome:
    """From a temporary place to a lasting home; no second housing (doorstroom)."""

    TOPIC: ClassVar[str] = "moved-to-permanent-home.v1"

    municipality: Municipality


@dataclass(frozen=True, slots=True)
class GuestStayStarted:
    """A stay with hosts began; not housed, COA stays responsible (logeerregeling)."""

    TOPIC: ClassVar[str] = "guest-stay-started.v1"


@dataclass(frozen=True, slots=True)
class GuestStayEnded:
    """The stay with hosts ended."""

    TOPIC: ClassVar[str] = "guest-stay-ended.v1"
