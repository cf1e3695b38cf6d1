"""Journeys told for the figures of the norm phases, and those figures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, Literal, NamedTuple

from domain.facts import Recorded
from domain.norm_sets import NORM_SETS, PHASE_NAMES, NormSet, PhaseName
from domain.rounding import Ratio
from domain.totals import GroupBy
from projections.engine import Asked
from projections.figure import Query
from projections.figures.norm_phases import NORM_PHASES
from projections.places import read_places
from tests.rules.histories import (
    AMERSFOORT,
    UTRECHT,
    granted,
    home_ready,
    housed,
    link_ended,
    linked,
)
from tests.views.durations import Summary
from tests.views.logs import Log

PERMIT_14, LINK_14, LINK_12 = (NORM_SETS[name] for name in ("permit-14", "link-14", "link-12"))
ALL_2021 = (date(2021, 1, 1), date(2021, 12, 31))
END_OF_2021 = date(2021, 12, 31)
NOTHING = Summary(0, None, None, None)

#: permit 1 March 2021, link 10 March, home ready 1 June, housed 10 June (contract, section 4).
WORKED_CASE = [
    granted("2021-03-01", id="p"),
    linked("2021-03-10", id="l"),
    home_ready("2021-06-01", id="r"),
    housed("2021-06-10", id="h"),
]
#: permit 1 March 2021, link 10 March, ended 20 April, link 27 April.
LINKED_ANEW = [
    granted("2021-03-01", id="p"),
    linked("2021-03-10", UTRECHT, id="l"),
    link_ended("2021-04-20", id="e"),
    linked("2021-04-27", AMERSFOORT, id="l2"),
]


FamilyFilter = Literal["any", "with", "without"]


class PhaseFigures(NamedTuple):
    """Durations in days: of phases completed in the window, and ages of those open on the day."""

    completed: Summary
    within_norm: Fraction | None  # share of the completed
    open: Summary
    over_norm: int  # persons


class Group(NamedTuple):
    """The figures of one municipality (its code today), province or the country."""

    code: str
    closed_without_housing: int
    phases: dict[PhaseName, PhaseFigures]


def told(log: Log, *stories: Sequence[Recorded]) -> list[list[Recorded]]:
    """These journeys, recorded and projected."""
    journeys = [log.commit(log.journey(story)) for story in stories]
    log.follow()
    return journeys


def groups(
    log: Log,
    on: date,
    *,
    window: tuple[date, date] = ALL_2021,
    by: GroupBy = "country",
    norm: NormSet = PERMIT_14,
    family: FamilyFilter = "any",
    position: int | None = None,
) -> dict[str, Group]:
    """The figures by code."""
    with log.tables() as tables:
        asked = Asked(on, log.reached() if position is None else position)
        places = read_places(tables, asked)
        given = {"from": window[0], "to": window[1], "norm": norm, "family": family}
        found = NORM_PHASES.rows(Query(tables, asked, places, by, given))
    assert [row.code for row in found] == sorted(row.code for row in found)
    return {row.code: _group(row.code, row.values) for row in found}


def _group(code: str, values: Sequence[Any]) -> Group:
    exact: list[Any] = [Fraction(*value) if isinstance(value, Ratio) else value for value in values]
    closed, *cells = exact
    phases: dict[PhaseName, PhaseFigures] = {}
    for nth, name in enumerate(PHASE_NAMES):
        *completed, within, count, mean, median, p90, over = cells[10 * nth : 10 * nth + 10]
        phases[name] = PhaseFigures(Summary(*completed), within, Summary(count, mean, median, p90), over)
    return Group(code, closed, phases)


def country(log: Log, on: date, name: PhaseName, **asked: Any) -> PhaseFigures:
    """The figures of one phase for the whole country."""
    return groups(log, on, **asked)["NL"].phases[name]


def days_of(figures: PhaseFigures) -> tuple[tuple[int, Any], tuple[int, Any], int]:
    """Count and mean of the completed and of the open ones, and the number over the norm."""
    return (figures.completed.count, figures.completed.mean), (figures.open.count, figures.open.mean), figures.over_norm


def linked_after(*days: int) -> list[list[Recorded]]:
    """Journeys that were linked so many days after a permit of 1 March 2021."""
    return [
        [granted("2021-03-01", id="p"), linked(str(date(2021, 3, 1) + timedelta(days=count)), id="l")] for count in days
    ]
