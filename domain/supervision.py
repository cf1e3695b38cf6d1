"""Who is behind by its own doing? What a province weighs when it judges a half-year of a municipality.

Persons who are linked and wait for something that the municipality cannot give excuse it, and so does what nobody was
linked for. What is left is its own, and beyond a margin a step on the ladder. Exact arithmetic on whole numbers: public
numbers of the quota beside counts of persons, so that who gets those counts rounded can be told what follows from them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal, NamedTuple, get_args

from domain.disclosure import round_count, round_share
from domain.period import Period
from domain.rounding import Ratio

#: Why a municipality can't house who is linked to it; of several the first counts.
Cause = Literal["dossier", "document", "adapted", "family", "refusal"]
CAUSES: tuple[Cause, ...] = get_args(Cause)
Light = Literal["green", "amber", "red"]

_TOP = 6
#: The half-years in a row that some rungs take.
_IN_ROW = {4: 2, 5: 4, 6: 4}


class Terms(NamedTuple):
    """How strictly is judged: the margin in persons and as a share of the quota, and how many days housing may take."""

    margin_persons: int = 1
    margin_share: Decimal = Decimal("0.05")
    days: int = 70


class PublicBalance(NamedTuple):
    """A municipality in a half-year by public numbers, in persons; None without a number. Quota without transfers."""

    quota: int | None
    task: int | None
    realised: int
    months: int
    """Whole months of the half-year completed."""

    @property
    def remaining(self) -> int | None:
        """Task less realised: + backlog, - lead."""
        return None if self.task is None else self.task - self.realised


@dataclass(frozen=True, slots=True)
class LinkedPersons:
    """Persons linked to a municipality: all, those linked so long that they are open, and whom something excuses."""

    linked: int = 0
    open: int = 0
    excused: int = 0
    by_cause: Mapping[Cause, int] = field(default_factory=dict)
    complete: Ratio | None = None
    """The share of all whose required items were there on the first day of their link; None without any."""

    def rounded(self) -> LinkedPersons:
        """As who may not read of single persons is told of them: each number rounded by itself."""
        share = round_share(self.complete, self.linked)
        return LinkedPersons(
            round_count(self.linked),
            round_count(self.open),
            round_count(self.excused),
            {cause: round_count(persons) for cause, persons in self.by_cause.items()},
            None if share is None else Ratio(*share.as_integer_ratio()),
        )


def reference_day(period: Period) -> date:
    """The day in a half-year by which supply is measured: 1 April or 1 October."""
    return date(period.year, 4 if period.half == 1 else 10, 1)


def open_since(period: Period, day: date, terms: Terms) -> date:
    """Who was linked by this day, and still is, is a municipality's to house: who was later is nobody's backlog yet."""
    return min(reference_day(period), days_before(day, terms))


def days_before(day: date, terms: Terms) -> date:
    """The day that lies the days that housing may take before another."""
    return day - timedelta(days=min(terms.days, (day - date.min).days))


class Assessment(NamedTuple):
    """What of the backlog is a municipality's own; None without a number, in persons but for the lights."""

    supply_gap: int | None
    """What is left when all who are open were housed: nobody was linked for it."""
    attributable: int | None
    margin: int | None
    stack: int
    """Open, and nothing in the way."""
    stacked: int | None
    """1 where there was supply enough, and more than the margin of it was left waiting, else 0."""
    short: int | None
    """1 where something is its own, but inside the margin, else 0."""
    light: Light | None
    supply_light: Light | None

    @property
    def beyond_margin(self) -> bool:
        """Whether more is its own than the margin allows."""
        return self.attributable is not None and self.margin is not None and self.attributable > self.margin


def assess(balance: PublicBalance, persons: LinkedPersons, terms: Terms) -> Assessment:
    """What of a backlog is a municipality's own, with persons linked to it."""
    stack = max(0, persons.open - persons.excused)
    if balance.quota is None or balance.task is None:
        return Assessment(None, None, None, stack, None, None, None, None)
    gross = balance.task - balance.realised
    gap = max(0, gross - persons.open)
    attributable = max(0, gross - gap - persons.excused)
    margin = max(terms.margin_persons, int(terms.margin_share * balance.quota // 1))
    return Assessment(
        supply_gap=gap,
        attributable=attributable,
        margin=margin,
        stack=stack,
        stacked=int(gross > 0 and gap == 0 and stack > margin),
        short=int(gross > 0 and 0 < attributable <= margin),
        light=_light(balance, balance.realised, inside_margin=attributable <= margin),
        supply_light=_light(balance, balance.realised + persons.linked, inside_margin=False),
    )


def _light(balance: PublicBalance, persons: int, *, inside_margin: bool) -> Light:
    """Persons against the pace: an equal part of the task for each completed month, of which four fifths will do."""
    task, pace_of_six = balance.task or 0, (balance.task or 0) * balance.months
    if task - balance.realised <= 0 or 6 * persons >= pace_of_six:
        return "green"
    return "amber" if inside_margin or 5 * 6 * persons >= 4 * pace_of_six else "red"


def dossier_light(persons: LinkedPersons) -> Light | None:
    """The share of those linked whose required items were there when they were; None without any."""
    if persons.complete is None:
        return None
    complete, linked = persons.complete
    return "green" if 10 * complete >= 9 * linked else "amber" if 10 * complete >= 7 * linked else "red"


def propose_rung(rung: int, gross: int, assessment: Assessment, in_row: int, *, suspended: bool) -> int:
    """The rung that follows from a half-year that is over, for who decides on it: nobody is put on it by a number.

    Who stands on a rung stays there while its half-year is not judged, and while what is its own is inside the margin.
    """
    if suspended:
        return rung
    if gross <= 0:
        return 0
    if not assessment.beyond_margin:
        return rung
    following = min(rung + 1, _TOP)
    return following if in_row >= _IN_ROW.get(following, 0) else rung


def half_years_in_row(period: Period, beyond_margin: Callable[[Period], bool]) -> int:
    """The half-years in a row up to one in which a municipality was beyond its margin."""
    found = 0
    while beyond_margin(period):
        found += 1
        if period == Period(1, 1):
            break
        period = period.previous
    return found
