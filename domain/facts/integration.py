"""Civic integration: duty, intake, plan (inburgering). Storage format."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal

from domain.field_types import Key, Municipality, Number

Law = Literal["wi2013", "wi2021"]
ExtensionGround = Literal["after-fine", "no-blame", "literacy", "other"]
ExemptionExtent = Literal["full", "part"]
FulfilmentWay = Literal["diploma", "exemption", "dispensation", "self-reliance"]
Route = Literal["b1", "education", "self-reliance"]


@dataclass(frozen=True, slots=True)
class IntegrationDutyStarted:
    """DUO gave notice of the duty to integrate, under the law of the day it starts."""

    TOPIC: ClassVar[str] = "integration-duty-started.v1"

    law: Law


@dataclass(frozen=True, slots=True)
class IntakeHeld:
    """The municipality held the broad intake (brede intake)."""

    TOPIC: ClassVar[str] = "intake-held.v1"

    municipality: Municipality


@dataclass(frozen=True, slots=True)
class IntegrationPlanEstablished:
    """The plan for integration and participation was established (PIP)."""

    TOPIC: ClassVar[str] = "integration-plan-established.v1"

    municipality: Municipality
    route: Route


@dataclass(frozen=True, slots=True)
class IntegrationNoticeSent:
    """DUO sent the notice from which the plan is due (kennisgeving)."""

    TOPIC: ClassVar[str] = "integration-notice-sent.v1"


@dataclass(frozen=True, slots=True)
class IntegrationTermSet:
    """DUO set the term to integrate in; `ends_on` is no longer part of it (inburgeringstermijn)."""

    TOPIC: ClassVar[str] = "integration-term-set.v1"

    ends_on: date


@dataclass(frozen=True, slots=True)
class IntegrationTermExtended:
    """DUO extended the term; `ends_on` is no longer part of it."""

    TOPIC: ClassVar[str] = "integration-term-extended.v1"

    ends_on: date
    ground: ExtensionGround


@dataclass(frozen=True, slots=True)
class IntegrationLoanStated:
    """What DUO lent for integration, and what of it was used, in whole euros (lening)."""

    TOPIC: ClassVar[str] = "integration-loan-stated.v1"

    granted: Number
    used: Number


@dataclass(frozen=True, slots=True)
class IntegrationExempted:
    """DUO exempted from the duty, wholly or in part (vrijstelling, ontheffing)."""

    TOPIC: ClassVar[str] = "integration-exempted.v1"

    extent: ExemptionExtent


@dataclass(frozen=True, slots=True)
class IntegrationFulfilled:
    """The duty to integrate was met."""

    TOPIC: ClassVar[str] = "integration-fulfilled.v1"

    how: FulfilmentWay


@dataclass(frozen=True, slots=True)
class FineImposed:
    """DUO imposed a fine, in whole euros (boete)."""

    TOPIC: ClassVar[str] = "fine-imposed.v1"

    amount: Number
    for_: Literal["term", "participation", "route"]


@dataclass(frozen=True, slots=True)
class FineCancelled:
    """DUO took a fine back; `fine` is the id of any version of its event, of the same source."""

    TOPIC: ClassVar[str] = "fine-cancelled.v1"

    fine: Key
