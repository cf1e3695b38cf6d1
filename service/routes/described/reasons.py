"""The answers that say why: a figure taken apart, and what moved it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from domain.facts.housing import Accommodation
from domain.facts.quota import BalanceFigure
from domain.norms import PhaseName
from domain.reasons import Kind
from domain.totals import GroupBy
from projections import explanations, journeys_behind
from projections.phase_rows import FamilyFilter
from service.routes.described import Described, Told
from service.routes.described.events import Named
from service.routes.described.figures import Norm
from service.spelling import OneOf

RealisationFigure = Annotated[str, OneOf(explanations.FIGURES)]
PhaseFigure = Annotated[str, OneOf(journeys_behind.FIGURES)]


class Because(Described):
    """An event behind a figure; a version that another replaced is there too, and not in force."""

    position: int
    recorded_at: datetime
    source: str
    id: str
    type: str
    effective_on: date
    corrects: Named | None
    withdraws: Named | None
    in_force: bool


class Part(Described):
    """A part of a figure; which fields it has depends on its kind.

    - `municipality`: a municipality's figure of the same name; `figure`: another figure of the same row.
    - `housed`, `returned`: a person housed, or whose housing was undone, by journey; null and without events to a
      municipality that it concerns no longer.
    - `published`, `computed`: a quota; computed by Adams' method: `inhabitants` by `divisor`, rounded up (`divisor` is
      null where a tie was settled, and where there are fewer persons than municipalities).
    - `transferred`: one line of a transfer. `recorded`: an opening balance. `carried`: what `figure` of `period` left.
    - `counted`: inhabitants on the day; without events as shipped with the service.
    - `interim-goal`, `shared`: the reduction, or a province's share by `openingBalance` of `openingBalances`.
    - `rounding`: what dividing whole persons over the successors of a split municipality moved.

    `of` is the whole that `code` had: less than that reaches the row when `code` was split.
    """

    kind: Literal["municipality", "figure", "housed", "returned", Kind, "interim-goal", "shared"]
    amount: float | None
    code: str = ""
    name: str | None = None
    of: int = 0
    figure: str = ""
    period: str = ""
    journey: UUID | None = None
    on: date | None = None
    municipality: str = ""
    accommodation: Accommodation = "regular"
    method: Literal["adams"] = "adams"
    inhabitants: int = 0
    national: int = 0
    divisor: float | None = None
    opening_balance: int = 0
    opening_balances: int = 0
    events: Annotated[list[Because], Field(default_factory=list)]


class Explanation(Told):
    """A figure of a row of the realisation, exactly as the table has it, and its parts.

    `adds`: the amounts sum to the value exactly; otherwise `formula` says how it is computed from the parts, or the
    value is null because no number has been published.
    """

    period: str
    code: str
    name: str
    figure: RealisationFigure
    value: float | None
    adds: bool
    formula: str | None
    parts: list[Part]


class Behind(Described):
    """A journey behind a norm-phase figure: the bounds of the phase, its days, and the events that bound it.

    To a municipality that it concerns no longer it is counted and not named.
    """

    journey: UUID | None
    started_on: date | None
    ended_on: date | None
    earlier_days: int
    days: int | None
    within_norm: bool | None
    events: list[Because]


class PhaseExplanation(Told):
    """A figure of the norm-phase table, exactly as it has it, and the journeys it is of, in pages.

    `count`, `sum` (of days) and `within` (the norm) are over all journeys behind the figure, on whatever page.
    """

    from_: Annotated[date, Field(alias="from")]
    to: date
    code: str
    name: str
    phase: PhaseName | None
    figure: PhaseFigure
    norm: Norm
    family: FamilyFilter
    value: float | None
    formula: str
    count: int
    sum: int | None
    within: int | None
    journeys: list[Behind]


class Moment(Described):
    """What was known at an instant: all that was recorded up to a position."""

    known_at: datetime | None
    position: int


class Changed(Described):
    """A figure of one row then and now; null where it had no such number or was not there, which counts as 0.

    A row that only came and went in between is told on the page that has its changes.
    """

    code: str
    name: str
    then: int | None
    now: int | None
    difference: int


class Moving(Because):
    """An event that moved a figure: of a journey, of a half-year, or about municipalities (neither)."""

    journey: UUID | None
    period: str | None


class Change(Described):
    """What one event moved in one row, in persons."""

    code: str
    amount: int
    event: Moving


class Changes(Told):
    """Why a figure changed: then, now, and the recorded events in between that moved it, in pages.

    For every row the amounts, over all pages, sum to its difference. Journeys are counted with the numbers and the
    municipalities as known then, and what was said of those afterwards with the journeys as known now.
    """

    period: str
    group_by: GroupBy
    figure: BalanceFigure
    then: Moment
    now: Moment
    items: list[Changed]
    changes: list[Change]
