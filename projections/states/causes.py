"""What each day of waiting for a home is put down to: from the permit on up to and including the day of the housing."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Column, Text

from domain.causes_by_day import CAUSED_BY, DAY_CAUSES, cause_of_day
from domain.facts import (
    DossierItemCompleted,
    DossierItemLapsed,
    EventWithdrawn,
    FamilyReunificationApplied,
    FamilyReunificationDecided,
    HomeReady,
    Housed,
    Linked,
    LinkEnded,
    OfferAccepted,
    OfferRefused,
    PermitGranted,
    RefusalAssessed,
    ResidenceDocumentIssued,
    ReturnedToReception,
    VNumberReplaced,
)
from domain.journey import Journey
from domain.places import Places
from projections.engine import Projection
from projections.row_store import Row
from projections.stream_history import StreamHistory
from projections.tables import FOREVER, one_of, state_table

# Of the rows of a person the newest of those that hold on a day says its cause, and an older one that of the days from
# its first on until the next row's. A row never ends: one that did would be written anew with every cause that follows.
causes = state_table("causes", Column("cause", Text, nullable=False, info=one_of("day_cause", DAY_CAUSES)))


def rows(history: StreamHistory) -> Iterable[Row]:
    """From which day on which cause; of the days behind the last housing none."""
    if not history.stages:
        return
    housing = history.stages[-1].journey.housing
    for since, _, cause in history.spans(_cause, of=CAUSED_BY):
        if housing is None or since <= housing.on:
            yield since, FOREVER, cause


def _cause(journey: Journey, places: Places) -> tuple[Row | None]:
    return (None,) if journey.permit is None else ((cause_of_day(journey, places),),)


PROJECTION = Projection(
    causes,
    frozenset(
        fact.TOPIC
        for fact in (
            PermitGranted,
            FamilyReunificationApplied,
            FamilyReunificationDecided,
            OfferAccepted,
            OfferRefused,
            RefusalAssessed,
            DossierItemCompleted,
            DossierItemLapsed,
            ResidenceDocumentIssued,
            Linked,
            LinkEnded,
            HomeReady,
            Housed,
            ReturnedToReception,
            EventWithdrawn,
            VNumberReplaced,
        )
    ),
    rows,
)
