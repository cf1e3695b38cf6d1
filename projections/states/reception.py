"""Who is in reception: a permit holder who is not housed, and neither died, left, nor lost the permit; day by day."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from operator import attrgetter
from typing import get_args

from sqlalchemy import BigInteger, Boolean, Column, Integer, SmallInteger, Text

from domain.ages import first_day
from domain.dossier import missing_items
from domain.facts import (
    AdaptedHomeNeeded,
    Died,
    DossierItemCompleted,
    DossierItemLapsed,
    EventWithdrawn,
    FamilyArrived,
    FamilyReunificationApplied,
    FamilyReunificationDecided,
    GuestStayEnded,
    GuestStayStarted,
    Housed,
    LeftUnknownDestination,
    Linked,
    LinkEnded,
    OfferAccepted,
    OfferRefused,
    PermitEnded,
    PermitGranted,
    ReceptionPlaced,
    RefusalAssessed,
    ResidenceDocumentIssued,
    ReturnedToReception,
    VNumberReplaced,
)
from domain.facts.linking import OutflowRegion
from domain.journey import Journey
from domain.milestones import Link, same_municipality
from domain.places import Places
from projections.columns import Day
from projections.engine import Projection
from projections.row_store import Row
from projections.states.links import missing_bits
from projections.states.permits import GROUND
from projections.stream_history import StreamHistory
from projections.tables import MOST_PERSONS, MUNICIPALITY, one_of, state_table

# A row a state of a person, at the end of the days on which it held. `municipality` is where they belong. The standing
# link began on `link_on` (null: there is none), when the required items `missing_at_link` were not complete. `born` is
# the first day of the month of birth, or 1 July where only the year is known. `undecided` are family applied for and
# neither granted nor refused, `awaited` family granted and not arrived. `refused`: the newest refusal of an offer of
# the link's municipality since it began was judged unjustified, and none was accepted since. `missing` and
# `missing_at_link` are bits, as in `links`; `brp`: whether the registration is complete.
reception = state_table(
    "reception",
    Column("missing_at_link", SmallInteger),
    Column("municipality", Text, info=MUNICIPALITY),
    Column("link_on", Day),
    Column("permit_on", Day, nullable=False),
    Column("ground", Text, nullable=False, info=GROUND),
    Column("region", Text, info=one_of("outflow_region", get_args(OutflowRegion))),
    Column("guest", Boolean(create_constraint=False), nullable=False),
    Column("household", BigInteger),
    Column("born", Day),
    Column("born_known", Boolean(create_constraint=False), nullable=False),
    Column("unaccompanied", Boolean(create_constraint=False)),
    Column("missing", SmallInteger, nullable=False),
    Column("document", Boolean(create_constraint=False), nullable=False),
    Column("adapted_on", Day),
    Column("adapted_newest_on", Day),
    Column("undecided", Integer, nullable=False),
    Column("awaited", Integer, nullable=False),
    Column("refused", Boolean(create_constraint=False), nullable=False),
    Column("brp", Boolean(create_constraint=False), nullable=False),
    # Those of one day are a tenth; what ended before it is passed over.
    order=" ORDER BY valid_until, known_until",
)


_NOT_THERE = (None,)

#: What of a journey a row depends on.
_OF = attrgetter(
    "permit",
    "housing",
    "ending",
    "links",
    "region",
    "guest_stay",
    "household",
    "born",
    "unaccompanied_minor",
    "dossier",
    "document_on",
    "adapted_needs",
    "family",
    "offers",
)


def rows(history: StreamHistory) -> Iterable[Row]:
    """The states of a person in reception, each for the days on which it held."""
    return history.spans(_state, of=_OF)


def _state(journey: Journey, places: Places) -> tuple[Row | None]:
    """What is said of who is in reception."""
    permit, family, link = journey.permit, journey.family, journey.current_link
    if permit is None or not journey.in_reception:
        return _NOT_THERE
    state = (
        None if link is None else missing_bits(link.missing),
        journey.municipality,
        None if link is None else link.on,
        permit.on,
        permit.ground,
        journey.region,
        journey.guest_since is not None,
        None if journey.household is None else household_number(journey.household),
        None if journey.born is None else first_day(journey.born),
        journey.born is not None and journey.born.month is not None,
        journey.unaccompanied_minor,
        missing_bits(missing_items(journey.dossier)),
        journey.document_on is not None,
        journey.adapted_needs[0].on if journey.adapted_needs else None,
        journey.adapted_needs[-1].on if journey.adapted_needs else None,
        min(family.undecided, MOST_PERSONS),
        min(family.awaited, MOST_PERSONS),
        link is not None and _refused_unjustly(journey, link, places),
        any(item == "brp-registration" for item, _ in journey.dossier),
    )
    return (state,)


def household_number(key: str) -> int:
    """The number that a household's key is in columns."""
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "big", signed=True)


def _refused_unjustly(journey: Journey, link: Link, places: Places) -> bool:
    """Whether what holds up housing is a refusal: the newest of the link's municipality since the link."""
    for offer in reversed(journey.offers):
        if offer.on < link.on:
            break
        if offer.kind != "offered" and same_municipality(link, offer, places):
            return offer.kind == "refused" and offer.justified is False
    return False


PROJECTION = Projection(
    reception,
    frozenset(
        fact.TOPIC
        for fact in (
            PermitGranted,
            PermitEnded,
            LeftUnknownDestination,
            Died,
            ResidenceDocumentIssued,
            FamilyReunificationApplied,
            FamilyReunificationDecided,
            FamilyArrived,
            ReceptionPlaced,
            AdaptedHomeNeeded,
            DossierItemCompleted,
            DossierItemLapsed,
            Linked,
            LinkEnded,
            OfferAccepted,
            OfferRefused,
            RefusalAssessed,
            GuestStayStarted,
            GuestStayEnded,
            Housed,
            ReturnedToReception,
            EventWithdrawn,
            VNumberReplaced,
        )
    ),
    rows,
    municipality_column="municipality",
)
