"""The answers of the figure tables."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from domain.disclosure import EXACT, ROUNDED
from domain.norms import TotalStarts
from domain.totals import GroupBy
from projections.figures.backlog import Step
from projections.figures.norm_phases import FamilyFilter
from service.foundation.parameter_types import OneOf
from service.http.routes.described import Described, Told


class Disclosure(Described):
    """How small numbers are told in this answer.

    `exact`: as they are. `rounded-to-5`: each number by itself, except in the rows of `exactFor`: persons to multiples
    of 5, days to multiples of 5, shares to multiples of 0.05, null where the persons round to none; a row of nothing
    but zeros is left out, and so are the parts of a total that is public where they would say more than their rounding.
    """

    rule: Annotated[str, OneOf((EXACT.rule, ROUNDED.rule))]
    exact_for: list[str]


class InterimGoal(Described):
    """The interim goal: quota and reduction together, and how far realised is above it."""

    reduction: int
    goal: int | None
    above: int | None


class Standing(Described):
    """One row: persons, except percentage; sums of municipalities (backlog and on) for a province or the country."""

    code: str
    name: str
    province: str | None
    inhabitants: int
    quota: int | None
    transferred: int
    opening_balance: int
    task: int | None
    realised: int
    realised_by_accommodation: dict[str, int]
    remaining: int | None
    percentage: float | None
    pace: float | None
    ahead: float | None
    backlog: int | None = None
    lead: int | None = None
    behind: int = 0
    exact: int = 0
    ahead_count: int = 0
    interim_goal: InterimGoal | None = None


class Realisation(Told):
    """How a half-year stands against its quota, in code order; small numbers only in `realisedByAccommodation`."""

    period: str
    group_by: GroupBy
    disclosure: Disclosure
    items: list[Standing]


class Point(Described):
    """Task, realised and remaining (persons) at the end of a day, in the half-year of that day."""

    on: date
    task: int | None
    realised: int
    remaining: int | None


class Backlog(Told):
    """Task, realised and remaining through time; without municipality of the country."""

    municipality: str | None
    step: Step
    points: list[Point]


class Norm(Described):
    """The norm set of an answer, in days, with its source: the source documents contradict each other."""

    name: str
    source: str
    valid_from: date
    linking: int
    housing: int
    departure: int
    total: int
    total_starts: TotalStarts


class Durations(Described):
    """A summary of durations in days; null where there is nothing to average."""

    count: int
    mean: float | None
    median: float | None
    p90: float | None


class Completed(Durations):
    """Phases that ended in the window; `withinNorm` is the share that ended in time."""

    within_norm: float | None


class Open(Durations):
    """Phases that run on the day, by their age; `overNorm` are the persons past the norm."""

    over_norm: int


class PhaseFigures(Described):
    """One phase of one group."""

    completed: Completed
    open: Open


class PhasesFigures(Described):
    """The phases of one group."""

    linking: PhaseFigures
    housing: PhaseFigures
    departure: PhaseFigures
    total: PhaseFigures


class Group(Described):
    """One row: the country, a province or a municipality (a merged one counts for its successor)."""

    code: str
    name: str
    closed_without_housing: int
    phases: PhasesFigures


class NormPhases(Told):
    """How long the phases take and who is over the norm, in code order; groups without journeys are left out."""

    from_: Annotated[date, Field(alias="from")]
    to: date
    group_by: GroupBy
    norm: Norm
    family: FamilyFilter
    disclosure: Disclosure
    items: list[Group]
