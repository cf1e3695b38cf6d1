"""Housing: from the offer of a home to living in it. Storage format."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, ClassVar, Literal

from domain.accommodation import Accommodation
from domain.field_types import DATE, FreeText, Municipality, whole_number

RefusalReason = Literal[
    "distance",
    "size",
    "condition",
    "neighbourhood",
    "work-or-education",
    "family",
    "medical",
    "rent",
    "other",
]
Bedrooms = Annotated[int, whole_number(0, 20)]
LastDay = Annotated[
    date, replace(DATE, schema={**DATE.schema, "description": "The last day that somebody can live there"})
]


@dataclass(frozen=True, slots=True)
class HomeOffered:
    """The municipality offered a home (woningaanbod)."""

    TOPIC: ClassVar[str] = "home-offered.v1"

    municipality: Municipality
    accommodation: Accommodation
    bedrooms: Bedrooms | None = None


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
    reason_code: RefusalReason | None = None


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
    bedrooms: Bedrooms | None = None
    until: LastDay | None = None


@dataclass(frozen=True, slots=True)
class Housed:
    """Signed off at COA and living in the municipality: the moment that counts for the quota (gehuisvest)."""

    TOPIC: ClassVar[str] = "housed.v1"

    municipality: Municipality
    accommodation: Accommodation
    until: LastDay | None = None


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

    until: LastDay | None = None


@dataclass(frozen=True, slots=True)
class GuestStayEnded:
    """The stay with hosts ended."""

    TOPIC: ClassVar[str] = "guest-stay-ended.v1"


@dataclass(frozen=True, slots=True)
class RegisteredAtAddress:
    """The permit holder was registered in the municipality (BRP)."""

    TOPIC: ClassVar[str] = "registered-at-address.v1"

    municipality: Municipality
