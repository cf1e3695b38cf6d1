"""What can have happened: one frozen dataclass a kind of fact, one file a link of the chain, found by topic here."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from domain.facts.amendments import DoubtAnswered, EventWithdrawn, FactDoubted
from domain.facts.area import (
    AssessmentSuspended,
    Homes,
    HomesStated,
    LadderStepDecided,
    LinksAnnounced,
    PermitsForecastPublished,
    ReceptionPlacesStated,
    TemporaryPlacesStated,
)
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
    RegisteredAtAddress,
    ReturnedToReception,
)
from domain.facts.integration import (
    FineCancelled,
    FineImposed,
    IntakeHeld,
    IntegrationDutyStarted,
    IntegrationExempted,
    IntegrationFulfilled,
    IntegrationLoanStated,
    IntegrationNoticeSent,
    IntegrationPlanEstablished,
    IntegrationTermExtended,
    IntegrationTermSet,
)
from domain.facts.linking import (
    AdaptedHomeNeeded,
    DossierItemCompleted,
    DossierItemLapsed,
    HandoverHeld,
    Linked,
    LinkEnded,
    ReceptionPlaced,
)
from domain.facts.permit import (
    Died,
    FamilyArrived,
    FamilyReunificationApplied,
    FamilyReunificationDecided,
    FamilyVisaIssued,
    LeftUnknownDestination,
    PermitEnded,
    PermitGranted,
    ResidenceDocumentIssued,
    VNumberReplaced,
)
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
    TransferDecision,
)
from domain.facts.reference import InhabitantsCounted, MunicipalityMerged, NormSetPublished

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
    | AdaptedHomeNeeded
    | ReceptionPlaced
    | FamilyVisaIssued
    | RegisteredAtAddress
    | HandoverHeld
    | IntegrationNoticeSent
    | IntegrationTermSet
    | IntegrationTermExtended
    | IntegrationLoanStated
    | IntegrationExempted
    | IntegrationFulfilled
    | FineImposed
    | FineCancelled
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
AreaFact = (
    PermitsForecastPublished
    | LinksAnnounced
    | HomesStated
    | TemporaryPlacesStated
    | ReceptionPlacesStated
    | LadderStepDecided
    | AssessmentSuspended
)
ReferenceFact = InhabitantsCounted | MunicipalityMerged | NormSetPublished
Fact = JourneyFact | PeriodFact | AreaFact | ReferenceFact | EventWithdrawn

JOURNEY_FACTS: tuple[type[JourneyFact], ...] = JourneyFact.__args__
PERIOD_FACTS: tuple[type[PeriodFact], ...] = PeriodFact.__args__
AREA_FACTS: tuple[type[AreaFact], ...] = AreaFact.__args__
REFERENCE_FACTS: tuple[type[ReferenceFact], ...] = ReferenceFact.__args__

#: Every fact by its topic, in the order of the contract.
FACTS: dict[str, type[Fact]] = {
    fact.TOPIC: fact for fact in (*JOURNEY_FACTS, *PERIOD_FACTS, *AREA_FACTS, *REFERENCE_FACTS, EventWithdrawn)
}


#: The source and the id of an event, by which others name it.
EventKey = tuple[str, str]


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

    @property
    def key(self) -> EventKey:
        """By what other events name it."""
        return self.source, self.id

    @property
    def corrected_key(self) -> EventKey | None:
        """What the event names that it corrects; None where it corrects none."""
        return None if self.corrects is None else (self.corrects_source or self.source, self.corrects)


__all__ = [
    "AREA_FACTS",
    "FACTS",
    "JOURNEY_FACTS",
    "PERIOD_FACTS",
    "REFERENCE_FACTS",
    "AdaptedHomeNeeded",
    "AreaFact",
    "AssessmentSuspended",
    "Died",
    "DossierItemCompleted",
    "DossierItemLapsed",
    "DoubtAnswered",
    "EventKey",
    "EventWithdrawn",
    "Fact",
    "FactDoubted",
    "FamilyArrived",
    "FamilyReunificationApplied",
    "FamilyReunificationDecided",
    "FamilyVisaIssued",
    "FigurePublished",
    "FineCancelled",
    "FineImposed",
    "GuestStayEnded",
    "GuestStayStarted",
    "HandoverHeld",
    "HomeOffered",
    "HomeReady",
    "Homes",
    "HomesStated",
    "Housed",
    "InhabitantsCounted",
    "IntakeHeld",
    "IntegrationDutyStarted",
    "IntegrationExempted",
    "IntegrationFulfilled",
    "IntegrationLoanStated",
    "IntegrationNoticeSent",
    "IntegrationPlanEstablished",
    "IntegrationTermExtended",
    "IntegrationTermSet",
    "InterimGoalSet",
    "JourneyFact",
    "LadderStepDecided",
    "LeftUnknownDestination",
    "LinkEnded",
    "Linked",
    "LinksAnnounced",
    "MovedToPermanentHome",
    "MunicipalQuotaPublished",
    "MunicipalityMerged",
    "NormSetPublished",
    "OfferAccepted",
    "OfferRefused",
    "OpeningBalanceRecorded",
    "PeriodFact",
    "PermitEnded",
    "PermitGranted",
    "PermitsForecastPublished",
    "QuotaForecast",
    "QuotaPublished",
    "QuotaRevised",
    "QuotaTransferred",
    "ReceptionPlaced",
    "ReceptionPlacesStated",
    "Recorded",
    "ReferenceFact",
    "RefusalAssessed",
    "RegisteredAtAddress",
    "ResidenceDocumentIssued",
    "ReturnedToReception",
    "TemporaryPlacesStated",
    "Transfer",
    "TransferDecision",
    "VNumberReplaced",
]
