"""Civic integration: duty, intake, plan (inburgering). Storage format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from domain.field_types import Municipality

Law = Literal["wi2013", "wi2021"]
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
