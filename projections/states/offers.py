"""Homes offered, accepted and refused, each from its day on; of a refusal also what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Literal, get_args

from sqlalchemy import Boolean, Column, Integer, Text

from domain.facts import (
    EventWithdrawn,
    HomeOffered,
    Housed,
    Linked,
    LinkEnded,
    OfferAccepted,
    OfferRefused,
    RefusalAssessed,
    ReturnedToReception,
    VNumberReplaced,
)
from domain.facts.housing import RefusalReason
from domain.milestones import Link, Offer, OfferKind, same_municipality
from domain.places import Places
from projections.columns import Day
from projections.engine import Projection, spans
from projections.row_store import Row
from projections.stream_history import Stage, StreamHistory
from projections.tables import FOREVER, MUNICIPALITY, one_of, state_table

Assessment = Literal["justified", "unjustified", "unassessed"]
UNSTATED = "unstated"
_ASSESSED: dict[bool | None, Assessment] = {True: "justified", False: "unjustified", None: "unassessed"}

# `on_day` is its day; a row holds from there on, or from the day on which something became of it. The reason, what the
# newest assessment says, and whether one of that municipality was accepted later are of refusals, and null of others.
# `link_on` is the first day of the link that an acceptance was for: the newest one on or before its day, where that is
# of the same municipality.
offers = state_table(
    "offers",
    Column("kind", Text, nullable=False, info=one_of("offer_kind", get_args(OfferKind))),
    Column("municipality", Text, nullable=False, info=MUNICIPALITY),
    Column("on_day", Day, nullable=False),
    Column("reason_code", Text, info=one_of("refusal_reason", (*get_args(RefusalReason), UNSTATED))),
    Column("assessment", Text, info=one_of("assessment", get_args(Assessment))),
    Column("accepted_later", Boolean(create_constraint=False)),
    Column("link_on", Day),
    Column("turn", Integer, nullable=False),  # first, second, ... of the journey
)


def rows(history: StreamHistory) -> Iterable[Row]:
    """What a journey was offered, accepted and refused, in effective order."""
    if not history.stages:
        return
    journey = history.stages[-1].journey
    every = journey.offers
    if not every:
        return
    told, accepted = _refusals(history.stages), accepted_later(every, history.places)
    for nth, offer in enumerate(every):
        if offer.kind == "refused":
            yield from spans(_states(told[nth], accepted[nth], nth + 1))
        else:
            link_on = _link_on(offer, journey.links, history.places) if offer.kind == "accepted" else None
            yield offer.on, FOREVER, offer.kind, offer.municipality, offer.on, None, None, None, link_on, nth + 1


def _link_on(offer: Offer, links: Sequence[Link], places: Places) -> date | None:
    """The first day of the newest link on or before the day of an offer; None where that is of another municipality."""
    link = next((one for one in reversed(links) if one.on <= offer.on), None)
    return link.on if link is not None and same_municipality(link, offer, places) else None


def _refusals(stages: Sequence[Stage]) -> Mapping[int, Sequence[tuple[date, Offer]]]:
    """Each refusal at the end of every day from its own on to that of the next one: only the newest is judged."""
    found: dict[int, list[tuple[date, Offer]]] = {}
    newest = before = 0
    for stage in stages:
        offers = stage.journey.offers
        for nth in {newest, *range(before, len(offers))} if offers else ():
            if offers[nth].kind == "refused":
                found.setdefault(nth, []).append((stage.on, offers[nth]))
                newest = max(newest, nth)
        before = len(offers)
    return found


def accepted_later(offers: Sequence[Offer], places: Places) -> Sequence[date | None]:
    """The day on which an offer of the same municipality was first accepted after each; they are in effective order."""
    # Backwards, as there may be hundreds: who was accepted next of each municipality, as of between two mergers.
    following: dict[int, tuple[date, dict[str, date]]] = {}
    found: list[date | None] = []
    for offer in reversed(offers):
        named = places.code_on(offer.municipality, offer.on)
        days = [next_of.get(places.code_on(named, day)) for day, next_of in following.values()]
        found.append(min((day for day in days if day is not None), default=None))
        if offer.kind == "accepted":
            _, next_of = following.setdefault(places.interval(offer.on), (offer.on, {}))
            next_of[places.code_on(named, offer.on)] = offer.on
    return found[::-1]


def _states(told: Sequence[tuple[date, Offer]], accepted: date | None, turn: int) -> Iterator[tuple[date, Row]]:
    """A refusal on the days on which something became of it: how it was judged, whether another was accepted."""
    last_on, last = told[-1]
    later = [(accepted, last)] if accepted is not None and accepted > last_on else []
    for on, offer in (*told, *later):
        of = offer.reason_code or UNSTATED, _ASSESSED[offer.justified], accepted is not None and accepted <= on
        yield on, (offer.kind, offer.municipality, offer.on, *of, None, turn)


PROJECTION = Projection(
    offers,
    frozenset(
        fact.TOPIC
        for fact in (
            HomeOffered,
            OfferAccepted,
            OfferRefused,
            RefusalAssessed,
            Linked,
            LinkEnded,
            Housed,
            ReturnedToReception,
            EventWithdrawn,
            VNumberReplaced,
        )
    ),
    rows,
    municipality_column="municipality",
)
