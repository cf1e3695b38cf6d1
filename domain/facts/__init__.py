"""What can have happened: one frozen dataclass a kind of fact, one file a link of the chain, found by topic here."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from domain.facts.dossier import DossierItemCompleted, DossierItemLapsed
from domain.facts.doubt import DoubtAnswered, FactDoubted
from domain.facts.family import FamilyArrived, FamilyReunificationApplied, FamilyReunificationDecided
from domain.facts.housing import (
    GuestStayEnded,
    GuestStayStarted,
    HomeOffered,
    HomeReady,
    Housed,
    MovedToPermanentHome,
    OfferAccepted,
    OfferRefused,
    RefusalAssessed,
    ReturnedToReception,
)
from domain.facts.integration import IntakeHeld, IntegrationDutyStarted, IntegrationPlanEstablished
from domain.facts.linking import Linked, LinkEnded
from domain.facts.permit import Died, LeftUnknownDestination, PermitEnded, PermitGranted, ResidenceDocumentIssued
from domain.facts.person import VNumberReplaced
from domain.facts.quota import (
    FigurePublished,
    InterimGoalSet,
    MunicipalQuotaPublished,
    OpeningBalanceRecorded,
    QuotaForecast,
    QuotaPublished,
    QuotaRevised,
    QuotaTransferred,
    Transfer,
)
from domain.facts.reference import InhabitantsCounted, MunicipalityMerged
from domain.facts.withdrawal import EventWithdrawn

JourneyFact = (
    PermitGranted
    | PermitEnded
    | ResidenceDocumentIssued
    | FamilyReunificationApplied
    | FamilyReunificationDecided
    | FamilyArrived
    | Linked
    | LinkEnded
    | DossierItemCompleted
    | DossierItemLapsed
    | HomeOffered
    | OfferAccepted
    | OfferRefused
    | RefusalAssessed
    | HomeReady
    | Housed
    | ReturnedToReception
    | MovedToPermanentHome
    | GuestStayStarted
    | GuestStayEnded
    | LeftUnknownDestination
    | Died
    | IntegrationDutyStarted
    | IntakeHeld
    | IntegrationPlanEstablished
    | VNumberReplaced
    | FactDoubted
    | DoubtAnswered
)
PeriodFact = (
    QuotaForecast
    | QuotaPublished
    | QuotaRevised
    | MunicipalQuotaPublished
    | OpeningBalanceRecorded
    | QuotaTransferred
    | InterimGoalSet
    | FigurePublished
)
ReferenceFact = InhabitantsCounted | MunicipalityMerged
Fact = JourneyFact | PeriodFact | ReferenceFact | EventWithdrawn

JOURNEY_FACTS: tuple[type[JourneyFact], ...] = JourneyFact.__args__
PERIOD_FACTS: tuple[type[PeriodFact], ...] = PeriodFact.__args__
REFERENCE_FACTS: tuple[type[ReferenceFact], ...] = ReferenceFact.__args__

#: Every fact by its topic, in the order of the contract.
FACTS: dict[str, type[Fact]] = {
    fact.TOPIC: fact for fact in (*JOURNEY_FACTS, *PERIOD_FACTS, *REFERENCE_FACTS, EventWithdrawn)
}


class Recorded(NamedTuple):
    """A fact as the log holds it.

    `effective_on` is the day it held (material), `sent_at` when the sender recorded it, `recorded_at` when this
    service did (formal); `corrects` and `corrects_source` name the earlier event that this one replaces.
    """

    fact: Fact
    stream: UUID
    position: int
    version: int
    source: str
    id: str
    sent_at: datetime
    recorded_at: datetime
    recorded_by: str
    effective_on: date
    corrects: str | None = None
    corrects_source: str | None = None


__all__ = [
    "FACTS",
    "JOURNEY_FACTS",
    "PERIOD_FACTS",
    "REFERENCE_FACTS",
    "Died",
    "DossierItemCompleted",
    "DossierItemLapsed",
    "DoubtAnswered",
    "EventWithdrawn",
    "Fact",
    "FactDoubted",
    "FamilyArrived",
    "FamilyReunificationApplied",
    "FamilyReunificationDecided",
    "FigurePublished",
    "GuestStayEnded",
    "GuestStayStarted",
    "HomeOffered",
    "HomeReady",
    "Housed",
    "InhabitantsCounted",
    "IntakeHeld",
    "IntegrationDutyStarted",
    "IntegrationPlanEstablished",
    "InterimGoalSet",
    "JourneyFact",
    "LeftUnknownDestination",
    "LinkEnded",
    "Linked",
    "MovedToPermanentHome",
    "MunicipalQuotaPublished",
    "MunicipalityMerged",
    "OfferAccepted",
    "OfferRefused",
    "OpeningBalanceRecorded",
    "PeriodFact",
    "PermitEnded",
    "PermitGranted",
    "QuotaForecast",
    "QuotaPublished",
    "QuotaRevised",
    "QuotaTransferred",
    "Recorded",
    "ReferenceFact",
    "RefusalAssessed",
    "ResidenceDocumentIssued",
    "ReturnedToReception",
    "Transfer",
    "VNumberReplaced",
]
