"""What was a municipality's own of a half-year, on a day and as known at a position: for many at once.

A municipality is judged by itself, with those alone that stand in one line of succession with it, so that each of many
moments takes a few rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

from domain.period import Period
from domain.places import Places
from domain.quota import PeriodFigures, balances, quotas
from domain.supervision import Terms
from projections.column_schema import municipality_code, municipality_number, period_of
from projections.column_store import Snapshot
from projections.engine import LAST_DAY, Asked
from projections.figures.judgement import ExactAndRounded, assess_both, moment_of, public_balance
from projections.linked import CAUSE, NOBODY, NUMBERS, Counted, add, counted_of
from projections.places import read_places
from projections.quota import read_period_figures
from projections.row_store import Row

#: How many are kept of what was judged at some moment, which nothing changes any more: one for every decision, and
#: one more for each of which something became known since.
_KEPT = 65_536
_TERMS = Terms()
#: Rows of a state table known and valid at the moments that name their municipality.
_JOINED = """
    (SELECT unnest($nths::INTEGER[]) AS nth, unnest($posted::SMALLINT[]) AS posted, unnest($days::DATE[]) AS day,
        unnest($positions::BIGINT[]) AS position, unnest($sinces::DATE[]) AS since,
        unnest($afters::DATE[]) AS adapted_after) AS asked
    JOIN {table} ON municipality = posted AND known_from <= position AND known_until > position
        AND valid_from <= day AND valid_until > day"""


class Then(NamedTuple):
    """A half-year of a municipality as posted: on which day, known at which position."""

    area: str
    period: Period
    day: date
    position: int


class NewestChanges(NamedTuple):
    """The newest positions up to one at which something changed that municipalities are judged by."""

    position: int
    everywhere: int
    """Of what was said of half-years, and of the municipalities that there are."""
    by_municipality: Mapping[str, int]
    """Of the persons housed by a municipality as posted, and linked to it."""


def read_newest_changes(tables: Snapshot, position: int) -> NewestChanges:
    """Those up to a position; 0 where nothing is known."""

    def read(_: list[int]) -> Mapping[int, NewestChanges]:
        everywhere, by_municipality = 0, dict[str, int]()
        for table in ("quota", "reference"):
            everywhere = max(everywhere, *(found for (found,) in _newest(tables, table, position)))
        for table in ("housings", "reception"):
            for code, found in _newest(tables, table, position, "municipality_code(municipality)"):
                by_municipality[code] = max(found, by_municipality.get(code, 0))
        return {position: NewestChanges(position, everywhere, by_municipality)}

    return tables.cached_by_key("newest changes", [position], _POSITIONS, read)[position]


_POSITIONS = 64


def _newest(tables: Snapshot, table: str, position: int, *by: str) -> list[Row]:
    """The newest position up to one at which a row began or ended."""
    newest = "coalesce(max(CASE WHEN known_until <= $position THEN known_until ELSE known_from END), 0)"
    wanted = ", ".join((*by, newest))
    return tables.rows(
        f"SELECT {wanted} FROM {table} WHERE known_from <= $position GROUP BY ALL", {"position": position}
    )


def last_changed(tables: Snapshot, then: Then, newest: NewestChanges) -> int:
    """The position of the newest change that a half-year is judged by, as known at that of `newest`: as of any later
    one up to it the same comes out.
    """
    judged = _judged_municipality(tables, then._replace(position=newest.position))
    line = () if judged is None else judged.line
    return max([newest.everywhere, *(newest.by_municipality.get(code, 0) for code in line)])


class _JudgedMunicipality(NamedTuple):
    """The municipality that one counts for at its moment, and all that anything may have come from."""

    then: Then
    code: str
    places: Places
    line: frozenset[str]


def judge_then(tables: Snapshot, every: Iterable[Then]) -> Mapping[Then, ExactAndRounded | None]:
    """Each judged by the default terms; None where there was no such municipality yet."""
    return tables.cached_by_key("judged then", every, _KEPT, lambda some: _judge(tables, some))


def _judge(tables: Snapshot, every: list[Then]) -> dict[Then, ExactAndRounded | None]:
    found: dict[Then, ExactAndRounded | None] = dict.fromkeys(every)
    # In this order the same was said at most of them as at the one before.
    ordered = sorted(every, key=lambda then: (then.position, then.day))
    some = [one for one in (_judged_municipality(tables, then) for then in ordered) if one is not None]
    parameters = _parameters(some)
    housed = _housed(tables, parameters)
    linked = _linked(tables, parameters, some)
    said: _Said | None = None
    for nth, one in enumerate(some):
        said = _said(tables, one, said)
        found[one.then] = _judged(one, said, housed.get(nth, {}), linked.get(nth, NOBODY))
    return found


def _judged_municipality(tables: Snapshot, then: Then) -> _JudgedMunicipality | None:
    places = read_places(tables, Asked(then.day, then.position))
    day = then.period.nearest(then.day)
    if not places.known(then.area) or not places.begun(then.area, places.table_day(day)):
        return None
    code = places.code_on(then.area, day)
    return _JudgedMunicipality(then, code, places, places.line_of(code))


def _parameters(some: Iterable[_JudgedMunicipality]) -> dict[str, Any]:
    columns: dict[str, list[Any]] = {name: [] for name in ("nths", "posted", "days", "positions", "sinces", "afters")}
    for nth, (then, _, _, line) in enumerate(some):
        moment = moment_of(Asked(then.day, then.position), then.period, _TERMS)
        for posted in sorted(line):
            row = nth, municipality_number(posted), min(then.day, LAST_DAY), then.position, moment.since
            for name, value in zip(columns, (*row, moment.adapted_after), strict=True):
                columns[name].append(value)
    return columns


_Housed = dict[Period, dict[str, dict[str, int]]]


def _housed(tables: Snapshot, parameters: Mapping[str, Any]) -> dict[int, _Housed]:
    found: dict[int, _Housed] = {}
    for nth, period, municipality, persons in tables.rows(
        f"SELECT nth, period, municipality, sum(persons)::BIGINT FROM {_JOINED.format(table='housings')} GROUP BY ALL",
        parameters,
    ):
        of_period = found.setdefault(nth, {}).setdefault(period_of(period), {})
        of_period[municipality_code(municipality)] = {"": persons}
    return found


def _linked(tables: Snapshot, parameters: Mapping[str, Any], some: list[_JudgedMunicipality]) -> dict[int, Counted]:
    """Persons linked to the municipality itself, on its day."""
    found: dict[int, Counted] = {}
    for nth, municipality, *counts in tables.rows(
        f"SELECT nth, municipality, {NUMBERS} FROM (SELECT *, {CAUSE} AS cause FROM "
        f"{_JOINED.format(table='reception')} WHERE link_on IS NOT NULL) GROUP BY nth, municipality",
        parameters,
    ):
        then, code, places, _ = some[nth]
        if places.code_on(municipality_code(municipality), then.period.nearest(then.day)) == code:
            found[nth] = add(found.get(nth, NOBODY), counted_of(counts))
    return found


class _Said(NamedTuple):
    """What was said of every half-year at a moment, and the quotas that followed from it."""

    figures: Mapping[Period, PeriodFigures]
    places: Places
    quotas: Mapping[Period, Mapping[str, int]]


def _said(tables: Snapshot, judged: _JudgedMunicipality, before: _Said | None) -> _Said:
    """That of a moment; `before` itself where the same was said."""
    figures, places = read_period_figures(tables, Asked(judged.then.day, judged.then.position)), judged.places
    if before is not None and before.figures is figures and before.places is places:
        return before
    return _Said(figures, places, {period: quotas(period, one, places) for period, one in figures.items()})


def _judged(judged: _JudgedMunicipality, said: _Said, housed: _Housed, linked: Counted) -> ExactAndRounded | None:
    then = judged.then
    figures = {period: _among(one, said.quotas[period], judged.line) for period, one in said.figures.items()}
    found = balances(then.period, then.day, figures, housed, judged.places.among(sorted(judged.line)))
    # Merged into each other on one day, neither is there.
    balance = next((one for one in found if one.code == judged.code), None)
    return None if balance is None else assess_both(public_balance(balance), linked.persons(), _TERMS)


def _among(figures: PeriodFigures, known: Mapping[str, int], line: frozenset[str]) -> PeriodFigures:
    """What was said of a half-year, with the quotas of some municipalities as they follow from all of it."""
    return PeriodFigures(
        municipal={code: known[code] for code in line if code in known},
        openings={code: persons for code, persons in figures.openings.items() if code in line},
        transfers=[one for one in figures.transfers if one.municipality in line],
    )
