"""How long do the phases take? Rows of the phases of a journey, apart, and the figures that are read over them.

A phase that was completed has a row for the days since then. What a journey waits for has one for the days on which it
waits, which also says where its total started: of the phases linking, housing and departure one is open at a time, and
the total is open only while one of them is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from fractions import Fraction
from itertools import dropwhile
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, CompoundSelect, Connection, Select, Text, case, cast, func, select, union_all

from domain.durations import Summary, share_within, summary_of_ranked, within
from domain.facts import (
    Died,
    EventWithdrawn,
    FamilyReunificationApplied,
    HomeReady,
    Housed,
    LeftUnknownDestination,
    Linked,
    LinkEnded,
    PermitEnded,
    PermitGranted,
    ReturnedToReception,
    VNumberReplaced,
)
from domain.journey import Journey
from domain.norms import PHASE_NAMES, NormSet, Phase, PhaseName, State, phases
from domain.places import Places
from domain.totals import GroupBy
from projections import dialect
from projections.phase_rows import (
    CLOSED,
    UNTIMED,
    WAITED_FOR,
    FamilyFilter,
    age_of,
    days_of,
    ended,
    group_of,
    housed,
    is_newest,
    of_family,
    posted,
    waiting,
)
from projections.stored import Row
from projections.tables import FOREVER
from projections.tables import phases as table
from projections.view import Asked, Projection, Told


def rows(told: Told) -> Iterable[Row]:
    """A journey's phases, each with its spans of days, from the first day on that one of them knows of."""
    states = [(stage.on, stage.through(_state)) for stage in told.stages]
    known = list(dropwhile(lambda stage: stage[1] == _NOTHING, states))
    for nth in range(len(_NOTHING)):
        yield from _spans((on, state[nth]) for on, state in known)


def _spans(states: Iterable[tuple[date, Row | None]]) -> Iterator[Row]:
    """Rows of one phase, each until another or none takes its place."""
    since, standing = FOREVER, None
    for on, row in states:
        if row != standing:
            if standing is not None:
                yield (since, on, *standing)
            since, standing = on, row
    if standing is not None:
        yield (since, FOREVER, *standing)


def _state(journey: Journey, places: Places) -> tuple[Row | None, ...]:
    """What the journey waits for, and the phases that are completed."""
    every = phases(journey, places)
    whose = journey.municipality, journey.family.applied_on is not None
    three = tuple(zip(WAITED_FOR, every, strict=False))
    total = _completed("total", whose, every.from_permit, every.from_link.started_on)
    now: Row | None = None
    if journey.closing is not None:
        now = (CLOSED, *whose, *_UNDATED)
    elif (waits := next((one for one in three if one[1].state is State.OPEN), None)) is not None:
        name, phase = waits
        starts = every.from_permit.started_on, every.from_link.started_on
        now = (name, *whose, phase.started_on, None, None, phase.earlier_days, *starts, None)
    elif total is None:
        now = (UNTIMED, *whose, *_UNDATED)
    return (now, *(_completed(name, whose, phase) for name, phase in three), total)


def _completed(name: PhaseName, whose: Row, phase: Phase, link_on: date | None = None) -> Row | None:
    ended_on = phase.ended_on
    if phase.state is not State.COMPLETED or ended_on is None:
        return None
    from_link = None if link_on is None else max(0, (ended_on - link_on).days)
    days = phase.days(ended_on)
    return (name, *whose, phase.started_on, ended_on, days, phase.earlier_days, None, link_on, from_link)


_UNDATED: Row = (None, None, None, 0, None, None, None)
_NOTHING = _state(Journey(), Places.shipped())

PROJECTION = Projection(
    table,
    frozenset(
        fact.TOPIC
        for fact in (
            PermitGranted,
            PermitEnded,
            LeftUnknownDestination,
            Died,
            Linked,
            LinkEnded,
            HomeReady,
            Housed,
            ReturnedToReception,
            FamilyReunificationApplied,
            EventWithdrawn,
            VNumberReplaced,
        )
    ),
    rows,
    through="municipality",
)


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


def read(
    connection: Connection,
    asked: Asked,
    window: tuple[date, date],
    group_by: GroupBy,
    norm: NormSet,
    family: FamilyFilter,
    places: Places,
) -> list[Group]:
    """The norm-phase figures by group, in code order; groups without journeys are left out."""
    gathered: dict[str, _Gathered] = {}

    def group(municipality: str | None) -> _Gathered:
        # What counts for nobody is gathered under no code, and told of none.
        code = group_of(municipality, group_by, asked.valid_on, places) or ""
        if code not in gathered:
            gathered[code] = _Gathered()
        return gathered[code]

    dialect.read_along_indexes(connection)
    # Only the country also counts what is of no municipality that anybody knows.
    codes = posted(connection) if group_by == "country" else places.codes
    completed = connection.execute(_ended(asked, window, codes, norm, family)).all()
    for (municipality, name, _), days in zip(completed, _numbers(row[2] for row in completed), strict=True):
        group(municipality).completed[name] += days
    anywhere = (*codes, None) if group_by == "country" else codes
    newest = is_newest(connection, asked)
    waits = connection.execute(_waiting(asked, anywhere, norm, family, newest=newest)).all()
    taken = _numbers(listed for row in waits for listed in row[3:])
    for (municipality, name, count, *_), days, totals in zip(waits, taken[::2], taken[1::2], strict=True):
        found = group(municipality)
        if name == CLOSED:
            found.closed += count
        elif name != UNTIMED:
            found.open[name] += days
            found.open["total"] += totals
    # Of journeys that wait for nothing, and have completed nothing in the window, only that they are there.
    lacking = [code for code in codes if group_of(code, group_by, asked.valid_on, places) not in gathered]
    if lacking:
        there = select(table.c.municipality).distinct().where(*housed(asked, lacking), *of_family(family))
        for municipality in connection.execute(there).scalars():
            group(municipality)
    return [gathered[code].figures(code, norm) for code in sorted(gathered) if code]


def _ended(
    asked: Asked, window: tuple[date, date], codes: Sequence[str], norm: NormSet, family: FamilyFilter
) -> Select[Any]:
    """By municipality and phase the days of those that were completed in the window."""
    days = case((table.c.phase == "total", days_of("total", norm)), else_=table.c.days)
    by = table.c.municipality, table.c.phase
    return select(*by, _listed(days)).where(*ended(asked, window, codes), *of_family(family)).group_by(*by)


def _waiting(
    asked: Asked, codes: Sequence[str | None], norm: NormSet, family: FamilyFilter, *, newest: bool
) -> CompoundSelect[Any]:
    """By municipality and what is waited for: how many, and since how many days, for that and in all."""
    by = table.c.municipality, table.c.phase
    # All that is waited for counts its days alike.
    ages = _listed(age_of("linking", norm, asked)), _listed(age_of("total", norm, asked))
    parts = waiting(asked, codes, (*WAITED_FOR, CLOSED, UNTIMED), newest=newest)
    return union_all(
        *(select(*by, func.count(), *ages).where(*some, *of_family(family)).group_by(*by) for some in parts)
    )


def _listed(number: ColumnElement[Any]) -> ColumnElement[str]:
    """All numbers of a group that are there: one text costs far less to fetch than a row each."""
    return func.aggregate_strings(cast(number, Text), ",")


def _numbers(listed: Iterable[str | None]) -> list[list[int]]:
    """The numbers of each of some groups, all read at once."""
    found: list[list[int]] = json.loads("[" + ",".join([f"[{one or ''}]" for one in listed]) + "]")
    return found


class _Gathered:
    """Days gathered for one group, by phase."""

    def __init__(self) -> None:
        self.closed = 0
        self.completed: dict[PhaseName, list[int]] = {name: [] for name in PHASE_NAMES}
        self.open: dict[PhaseName, list[int]] = {name: [] for name in PHASE_NAMES}

    def figures(self, code: str, norm: NormSet) -> Group:
        figures: dict[PhaseName, PhaseFigures] = {}
        for name in PHASE_NAMES:
            completed, running, most = sorted(self.completed[name]), sorted(self.open[name]), norm.norm(name)
            figures[name] = PhaseFigures(
                summary_of_ranked(completed),
                share_within(completed, most),
                summary_of_ranked(running),
                len(running) - within(running, most),
            )
        return Group(code, self.closed, figures)
