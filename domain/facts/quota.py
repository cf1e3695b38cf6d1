"""Quota: how many persons must be housed in a half-year, and by whom (taakstelling). Storage format."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Annotated, ClassVar, Literal

from domain.field_types import DATE, Constraint, Fault, HalfYear, Municipality, Name, Persons, Region, SignedPersons

#: What a row of our table has in persons, by the names it has there.
BalanceFigure = Literal["quota", "transferred", "openingBalance", "task", "realised", "remaining"]
#: What is published of our table. Backlog and lead are the sums of what is left where positive and where negative; of a
#: municipality that is what it has left itself, or 0.
PublishedFigure = Literal[BalanceFigure, "backlog", "lead"]

#: How far before or behind its half-year the day may lie that a figure is of; further off it is a slip.
MAX_DAYS_OUTSIDE = 400

_STATED_ON = replace(
    DATE,
    schema={
        **DATE.schema,
        "description": "The day whose beginning the figure is of: the 1st for a table with the state on the 1st",
    },
)


@dataclass(frozen=True, slots=True)
class QuotaForecast:
    """The ministry expects this national number; never used as the quota."""

    TOPIC: ClassVar[str] = "quota-forecast.v1"

    period: HalfYear
    persons: Persons
    resettlement: Persons | None = None


@dataclass(frozen=True, slots=True)
class QuotaPublished:
    """The national number was published (Staatscourant)."""

    TOPIC: ClassVar[str] = "quota-published.v1"

    period: HalfYear
    persons: Persons
    reference: Name | None = None
    resettlement: Persons | None = None


@dataclass(frozen=True, slots=True)
class QuotaRevised:
    """The national number was changed after publication."""

    TOPIC: ClassVar[str] = "quota-revised.v1"

    period: HalfYear
    persons: Persons
    reason: Name | None = None


@dataclass(frozen=True, slots=True)
class MunicipalQuotaPublished:
    """A municipality's quota as published; goes before the computed one."""

    TOPIC: ClassVar[str] = "municipal-quota-published.v1"

    period: HalfYear
    municipality: Municipality
    persons: Persons


@dataclass(frozen=True, slots=True)
class OpeningBalanceRecorded:
    """What a municipality carries into the period: + backlog, - lead (persons)."""

    TOPIC: ClassVar[str] = "opening-balance-recorded.v1"

    period: HalfYear
    municipality: Municipality
    persons: SignedPersons


@dataclass(frozen=True, slots=True)
class Transfer:
    """One municipality's part in a transfer (persons, signed)."""

    municipality: Municipality
    persons: SignedPersons


def _balanced(transfers: tuple[Transfer, ...]) -> list[Fault]:
    faults = []
    if len(transfers) < 2:
        faults.append(Fault("", "too-few", "must name two or more municipalities"))
    if sum(part.persons for part in transfers) != 0:
        faults.append(Fault("", "sum-not-zero", "must sum to 0"))
    return faults


@dataclass(frozen=True, slots=True)
class TransferDecision:
    """The day on which a municipality decided to take part in a transfer (collegebesluit)."""

    municipality: Municipality
    on: date


@dataclass(frozen=True, slots=True)
class QuotaTransferred:
    """Municipalities moved quota among themselves; the parts sum to nought (Huisvestingswet 2014, art. 29(2))."""

    TOPIC: ClassVar[str] = "quota-transferred.v1"

    period: HalfYear
    transfers: Annotated[tuple[Transfer, ...], Constraint(_balanced, {"minItems": 2})]
    decisions: tuple[TransferDecision, ...] = ()


@dataclass(frozen=True, slots=True)
class InterimGoalSet:
    """By how many persons the national backlog must fall within the period (tussendoelstelling)."""

    TOPIC: ClassVar[str] = "interim-goal-set.v1"

    period: HalfYear
    reduction: Persons


@dataclass(frozen=True, slots=True)
class FigurePublished:
    """A figure was published (effectiveOn: that day), in persons; stands beside ours and never changes it."""

    TOPIC: ClassVar[str] = "figure-published.v1"

    period: HalfYear
    figure: PublishedFigure
    of: Region
    on: Annotated[date, _STATED_ON]
    persons: SignedPersons
    reference: Name | None = None

    @property
    def is_of_its_time(self) -> bool:
        """Whether the day lies near enough to the half-year."""
        within = timedelta(days=MAX_DAYS_OUTSIDE)
        return self.period.first - within <= self.on <= self.period.last + within
