"""The whole national scenario, judged and folded, and the figures of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple
from uuid import UUID

from domain.codec import load_fact
from domain.effective import effective_events_on
from domain.facts import (
    FACTS,
    InterimGoalSet,
    MunicipalQuotaPublished,
    OpeningBalanceRecorded,
    QuotaPublished,
    QuotaRevised,
    QuotaTransferred,
    Recorded,
)
from domain.journey import Journey
from domain.norms import phases
from domain.period import Period
from domain.places import Places
from domain.quota import Balance, PeriodFigures, Transfer, balances
from projections import streams
from service.demo import simulation
from service.log.submission import Admitted

PLACES = Places.shipped()
P2021_I, P2021_II, P2022_I = (Period.parse(written) for written in ("2021-I", "2021-II", "2022-I"))
LAST_DAY = date(2022, 6, 30)


class National(NamedTuple):
    """The whole scenario once: lines as sent, streams as admitted, journeys as they stand at the end."""

    summary: simulation.Summary
    events: list[dict[str, Any]]
    faults: dict[int, set[str]]
    streams: dict[UUID, list[Recorded]]
    journeys: dict[UUID, Journey]


def recorded(event: dict[str, Any], admitted: Admitted, position: int) -> Recorded:
    return Recorded(
        fact=load_fact(FACTS[admitted.topic], {**admitted.data, **admitted.personal}),
        stream=admitted.stream,
        position=position,
        version=0,
        source=admitted.source,
        id=admitted.id,
        sent_at=admitted.sent_at,
        recorded_at=admitted.sent_at,
        recorded_by=admitted.recorded_by,
        effective_on=admitted.effective_on,
        corrects=event["data"].get("corrects"),
        corrects_source=event["data"].get("correctsSource"),
    )


def postings(national: National, period: Period) -> dict[str, Counter[str]]:
    """Persons housed in a period, by municipality as posted and accommodation."""
    found: dict[str, Counter[str]] = {}
    for journey in national.journeys.values():
        for posting in journey.postings:
            if Period.of(posting.on) == period:
                found.setdefault(posting.municipality, Counter())[posting.accommodation] += posting.persons
    return found


def realised(national: National, period: Period) -> int:
    return sum(kinds.total() for kinds in postings(national, period).values())


def figures(history: Iterable[Recorded], on: date) -> PeriodFigures:
    national, reduction = None, None
    municipal: dict[str, int] = {}
    openings: dict[str, int] = {}
    transfers: list[Transfer] = []
    for event in effective_events_on(history, on):
        match event.fact:
            case QuotaPublished() | QuotaRevised() as fact:
                national = fact.persons
            case MunicipalQuotaPublished() as fact:
                municipal[fact.municipality] = fact.persons
            case OpeningBalanceRecorded() as fact:
                openings[fact.municipality] = fact.persons
            case QuotaTransferred() as fact:
                transfers += [Transfer(one.municipality, one.persons, event.effective_on) for one in fact.transfers]
            case InterimGoalSet() as fact:
                reduction = fact.reduction
    return PeriodFigures(national, municipal, openings, transfers, reduction=reduction)


def standing(national: National, period: Period, on: date) -> list[Balance]:
    """The balances of a period when its books are closed on a day; all that was housed by then counts."""
    three = (P2021_I, P2021_II, P2022_I)
    said = {each: figures(national.streams[streams.of_period(each)], on) for each in three}
    housed: Mapping[Period, Any] = {each: postings(national, each) for each in three if each.last <= on}
    return balances(period, on, said, housed, PLACES)


def mean_weeks(national: National, *, family: bool) -> Fraction:
    days = [
        (journey.housing.on - journey.permit.on).days
        for journey in national.journeys.values()
        if journey.housing
        and journey.permit
        and Period.of(journey.housing.on) == P2021_II
        and (journey.family.applied_on is not None) is family
    ]
    return Fraction(sum(days), 7 * len(days))


def phase_days(national: National, name: str) -> list[int]:
    """Days of the phases that were completed in 2021-II."""
    every = [getattr(phases(journey, PLACES), name) for journey in national.journeys.values()]
    return [each.days(LAST_DAY) for each in every if each.ended_on and Period.of(each.ended_on) == P2021_II]
