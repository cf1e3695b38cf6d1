"""How long do the phases take, and who is over time? One row a journey and span of days."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from fractions import Fraction
from itertools import dropwhile
from typing import Any, Literal, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, case, literal, or_, select, true

from domain.durations import Summary, summary
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
)
from domain.journey import Journey
from domain.norms import OWNERS, PHASE_NAMES, NormSet, Phase, PhaseName, State, phases
from domain.places import Places
from domain.totals import COUNTRY
from projections.columns import days_until
from projections.tables import norm_phases as table
from projections.view import Asked, Projection, Row, Told, in_force, spans

FamilyFilter = Literal["any", "with", "without"]
GroupBy = Literal["country", "province", "municipality"]

#: The column group that holds a phase; the total from the permit is the chain's.
COLUMNS: dict[PhaseName, str] = {
    "linking": "linking",
    "housing": "housing",
    "departure": "departure",
    "total": "chain",
}


def rows(told: Told) -> Iterable[Row]:
    """A journey's phases for every span of days, from the first on which something happened that a phase knows of."""
    states = ((stage.on, stage.through(_state)) for stage in told.stages)
    return spans(dropwhile(lambda stage: stage[1] == _NOTHING, states))


def _state(journey: Journey, places: Places) -> Row:
    every = phases(journey, places)
    chain = every.chain
    from_link = None
    if chain.ended_on is not None and every.housing.started_on is not None:
        from_link = max(0, (chain.ended_on - every.housing.started_on).days)
    return (
        journey.municipality,
        journey.family.applied_on is not None,
        journey.closing is not None,
        *_columns(every.linking),
        *_columns(every.housing),
        *_columns(every.departure),
        *_columns(chain),
        every.linking.earlier_days,
        from_link,
    )


def _columns(phase: Phase) -> Row:
    days = phase.days(phase.ended_on) if phase.ended_on is not None else None
    return phase.state._value_, phase.started_on, phase.ended_on, days


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
        )
    ),
    rows,
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
    columns: list[ColumnElement[Any]] = [table.c.municipality, table.c.closed]
    for name in PHASE_NAMES:
        columns += completed_and_open(name, norm, asked, window)
    statement = select(*columns).where(in_force(table, asked))
    if family != "any":
        statement = statement.where(table.c.family.is_(family == "with"))
    gathered: dict[str, _Gathered] = {}
    for municipality, closed, *days in connection.execute(statement):
        code = group_of(municipality, group_by, asked.valid_on, places)
        if code is not None:
            gathered.setdefault(code, _Gathered()).add(closed, days)
    return [gathered[code].figures(code, norm) for code in sorted(gathered)]


def completed_and_open(
    name: PhaseName, norm: NormSet, asked: Asked, window: tuple[date, date]
) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """Two columns of days: of the phase when it was completed in the window, and when it is open on the day."""
    prefix = COLUMNS[name]
    days = table.c.from_link_days if _from_link(name, norm) else table.c[f"{prefix}_days"]
    done = and_(
        table.c[f"{prefix}_state"] == State.COMPLETED.value,
        table.c[f"{prefix}_ended_on"].between(*window),
        _counted(name, norm),
    )
    return case((done, days)), case((_is_open(name, norm), _age(name, norm, asked)))


def _from_link(name: PhaseName, norm: NormSet) -> bool:
    return name == "total" and norm.total_starts == "link"


def _counted(name: PhaseName, norm: NormSet) -> ColumnElement[bool]:
    """A total from the link is there only where the housing phase has started (`domain.norms.total_from_link`)."""
    if _from_link(name, norm):
        return table.c.housing_started_on.is_not(None)
    return true()


def _is_open(name: PhaseName, norm: NormSet) -> ColumnElement[bool]:
    return and_(table.c[f"{COLUMNS[name]}_state"] == State.OPEN.value, _counted(name, norm))


def started_on(name: PhaseName, norm: NormSet) -> ColumnElement[Any]:
    return table.c.housing_started_on if _from_link(name, norm) else table.c[f"{COLUMNS[name]}_started_on"]


def _age(name: PhaseName, norm: NormSet, asked: Asked) -> ColumnElement[Any]:
    age = days_until(started_on(name, norm), asked.valid_on)
    return age + table.c.linking_earlier_days if name == "linking" else age


def group_of(municipality: str | None, group_by: GroupBy, on: date, places: Places) -> str | None:
    if group_by == "country":
        return COUNTRY
    code = places.counts_for(municipality, on)
    return code if code is None or group_by == "municipality" else places.province(code)


class _Gathered:
    """Days gathered for one group, two lists a phase: completed and open."""

    def __init__(self) -> None:
        self.closed = 0
        self.days: tuple[list[int], ...] = tuple([] for _ in range(2 * len(PHASE_NAMES)))

    def add(self, closed: bool, days: Iterable[int | None]) -> None:
        self.closed += bool(closed)
        for gathered, some in zip(self.days, days, strict=True):
            if some is not None:
                gathered.append(some)

    def figures(self, code: str, norm: NormSet) -> Group:
        figures: dict[PhaseName, PhaseFigures] = {}
        for index, name in enumerate(PHASE_NAMES):
            completed, running = self.days[2 * index], self.days[2 * index + 1]
            within = sum(days <= norm.norm(name) for days in completed)
            figures[name] = PhaseFigures(
                summary(completed),
                Fraction(within, len(completed)) if completed else None,
                summary(running),
                sum(days > norm.norm(name) for days in running),
            )
        return Group(code, self.closed, figures)


class Waiting(NamedTuple):
    """A journey with an open phase: whose turn it is, since when, and how far over the norm (days)."""

    journey: UUID
    municipality: str | None
    phase: PhaseName
    turn: str
    since: date
    days: int
    due_on: date
    days_over: int


def waiting(
    connection: Connection,
    asked: Asked,
    norm: NormSet,
    places: Places,
    *,
    municipality: str | None,
    phase: PhaseName | None,
    overdue: bool,
    after: UUID | None,
    limit: int,
) -> list[Waiting]:
    """Open journeys in the order of their ids, at most `limit` after `after`.

    Without `phase` it is the open one of linking, housing and departure; `overdue` keeps those past its norm.
    """
    names: tuple[PhaseName, ...] = (phase,) if phase else ("linking", "housing", "departure")
    # One of the three is open at a time, so the first that fits is the one.
    chosen = {
        name: and_(_is_open(name, norm), _age(name, norm, asked) > norm.norm(name)) if overdue else _is_open(name, norm)
        for name in names
    }
    statement = select(
        table.c.stream,
        table.c.municipality,
        case(*((fits, literal(name)) for name, fits in chosen.items())),
        case(*((fits, started_on(name, norm)) for name, fits in chosen.items())),
        case(*((fits, _age(name, norm, asked)) for name, fits in chosen.items())),
    ).where(in_force(table, asked), or_(*chosen.values()))
    if municipality is not None:
        statement = statement.where(table.c.municipality.in_(places.counting_for(municipality, asked.valid_on)))
    if after is not None:
        statement = statement.where(table.c.stream > after)
    found = []
    for stream, posted, name, since, days in connection.execute(statement.order_by(table.c.stream).limit(limit)):
        code = places.counts_for(posted, asked.valid_on)
        over = days - norm.norm(name)
        due_on = asked.valid_on - timedelta(days=over)
        found.append(Waiting(stream, code, name, OWNERS[name], since, days, due_on, max(0, over)))
    return found
