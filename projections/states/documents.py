"""When a permit holder first had the residence document and each item of the file without which nobody is housed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlalchemy import Column, Integer, Text

from domain.dossier import REQUIRED_ITEMS
from domain.facts import (
    DossierItemCompleted,
    DossierItemLapsed,
    EventWithdrawn,
    PermitGranted,
    ResidenceDocumentIssued,
    VNumberReplaced,
)
from domain.facts.linking import Item
from projections.columns import Day
from projections.engine import Projection
from projections.row_store import Row
from projections.stream_history import StreamHistory
from projections.tables import FOREVER, one_of, state_table

#: The registration of persons is no item that a tenancy waits for, but one that is waited for.
ITEMS: tuple[Item, ...] = (*REQUIRED_ITEMS, "brp-registration")
DOCUMENTS: tuple[str, ...] = ("residence-document", *ITEMS)

# `on_day` is the first day at whose end it was had, also one that lapsed since; `days` those from the permit to it, 0
# where it was there before. A row holds from both on: who has no permit has none.
documents = state_table(
    "documents",
    Column("item", Text, nullable=False, info=one_of("document", DOCUMENTS)),
    Column("on_day", Day, nullable=False),
    Column("days", Integer, nullable=False),
)


def rows(history: StreamHistory) -> Iterable[Row]:
    """What was first had, one row an item, from the day on that there was a permit too."""
    first: dict[str, date] = {}
    for stage in history.stages:
        if stage.journey.document_on is not None:
            first.setdefault("residence-document", stage.on)
        for item, _ in stage.journey.dossier:
            if item in ITEMS:
                first.setdefault(item, stage.on)
    permit = history.stages[-1].journey.permit if first else None
    if permit is not None:
        for item, on in first.items():
            yield max(permit.on, on), FOREVER, item, on, max(0, (on - permit.on).days)


PROJECTION = Projection(
    documents,
    frozenset(
        fact.TOPIC
        for fact in (
            PermitGranted,
            ResidenceDocumentIssued,
            DossierItemCompleted,
            DossierItemLapsed,
            EventWithdrawn,
            VNumberReplaced,
        )
    ),
    rows,
)
