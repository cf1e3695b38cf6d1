"""What became of a half-year's quota each time that the national number was published or revised?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from domain.period import Period
from domain.quota import PeriodFigures, quotas
from projections.computed import Computed, Line
from projections.engine import Asked
from projections.figure import PERIOD, Among, Cell, Column, Dimension, Figure, Part, Query, Words
from projections.figures.quota_parts import Division, national_part, published_part
from projections.places import read_places
from projections.quota import Number, figures_on, read_numbers


class _Revision(NamedTuple):
    """A national number, the quotas as computed on its day, and the municipal ones among them."""

    on: date
    national: int
    division: Division
    municipal: Mapping[str, int]

    def quota(self, code: str) -> int | None:
        """The quota of a municipality on that day."""
        return self.municipal.get(code, self.division.shares.get(code))


class QuotaRevisions(Computed):
    """The municipalities of the first day whose quota changed, and their sums."""

    def day_of_rows(self, query: Query, dimensions: Mapping[str, Any] | None = None) -> date:
        """The first day of the half-year, whatever the day of a revision."""
        return _period(query).first

    def lines(self, figure: Figure, query: Query) -> Iterable[Line]:
        """One for each municipality and number."""
        revisions = _revisions(query)
        for code in query.places.codes_on(_period(query).first):
            said = [one.quota(code) for one in revisions]
            if query.group_by == "municipality" and len(set(said)) < 2:
                continue
            for nth, (one, quota) in enumerate(zip(revisions, said, strict=True)):
                before = said[nth - 1] if nth else None
                change = None if before is None or quota is None else quota - before
                yield Line(code, (one.on,), {"national": one.national, "quota": quota, "change": change})

    def parts(self, figure: Figure, query: Query, cell: Cell, among: Among = None) -> list[Part]:
        """Of the national number that alone, whatever row it stands in."""
        if cell.column != "national" or figure.row(query, cell) is None:
            return super().parts(figure, query, cell, among)
        revision = _revision(query, cell.dimensions["on"])
        return [national_part(_period(query), revision.national, revision.on)]

    def line_parts(self, figure: Figure, query: Query, line: Line, column: str) -> Iterator[Part]:
        """Shares of the number, or municipal numbers; of a change also what was before, less."""
        nth = next(nth for nth, one in enumerate(_revisions(query)) if one.on == line.dimensions[0])
        yield _part(query, _revisions(query)[nth], line.code, 1)
        if column == "change":
            yield _part(query, _revisions(query)[nth - 1], line.code, -1)


def _part(query: Query, revision: _Revision, code: str, sign: int) -> Part:
    if code in revision.municipal:
        persons, name = revision.municipal[code], query.places.name(code)
        part = published_part(_period(query), code, name, persons, revision.on)
    else:
        part = revision.division.part(code)
    return part._replace(amount=sign * part.amount)


def _period(query: Query) -> Period:
    period: Period = query.given["period"]
    return period


def _revision(query: Query, on: date) -> _Revision:
    return next(one for one in _revisions(query) if one.on == on)


def _revisions(query: Query) -> Sequence[_Revision]:
    """Every number in force by the day, in order; of several on one day the last is there."""
    period = _period(query)
    key = "revisions", period
    if key not in query.cache:
        numbers = [one for one in read_numbers(query.tables, query.asked.position) if one.period == period]
        days = [one.valid_from for one in numbers if one.kind == "national" and one.valid_from <= query.asked.valid_on]
        query.cache[key] = [_revision_of(query, period, numbers, on) for on in days]
    found: Sequence[_Revision] = query.cache[key]
    return found


def _revision_of(query: Query, period: Period, numbers: Sequence[Number], on: date) -> _Revision:
    places = read_places(query.tables, Asked(on, query.asked.position))
    figures = figures_on(numbers, on)[period]
    national = figures.national or 0
    shares = quotas(period, PeriodFigures(national), places)
    municipal = {code: persons for code, persons in figures.municipal.items() if places.exists(code, period.first)}
    return _Revision(on, national, Division(period, national, shares, places, on=on), municipal)


QUOTA_REVISIONS = Figure(
    name="quota-revisions",
    questions=(5,),
    title=Words("Revisions of the quota", "Herzieningen van de taakstelling"),
    definition=Words(
        "Each national number of the half-year that was published or revised by the day, with the quotas as they were "
        "computed then, and what that changed. Municipalities whose quota never changed are left out.",
        "Elk landelijk aantal van het halfjaar dat op de peildatum gepubliceerd of herzien is, met de taakstellingen "
        "zoals die toen berekend zijn, en wat dat veranderde. Gemeenten waarvan de taakstelling nooit veranderde, "
        "staan er niet bij.",
    ),
    counts=Words(
        "Persons to be housed, by the municipalities of the first day of the half-year.",
        "Te huisvesten personen, per gemeente van de eerste dag van het halfjaar.",
    ),
    parameters=(PERIOD,),
    dimensions=(Dimension("on", Words("Published or revised on", "Gepubliceerd of herzien op"), "date"),),
    columns=(
        Column("national", Words("National number", "Landelijk aantal"), "persons", sums="same"),
        Column("quota", Words("Quota", "Taakstelling"), "persons"),
        Column("change", Words("Change", "Verandering"), "persons"),
    ),
    table=QuotaRevisions(),
    reads=("quota",),
    all_rows=True,
    of_journeys=False,
)
