"""Is there supply enough? Who is linked beside what is still to be housed, on the day and by the reference date."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property
from typing import Any

from domain.disclosure import round_count
from domain.period import Period
from domain.supervision import reference_day
from projections.computed import Computed, Line
from projections.engine import Asked
from projections.figure import PERIOD, Between, Cell, Column, Figure, Part, Query, Source, Value, Words
from projections.figures.books import HOUSED_BY, Inputs
from projections.figures.realisation import REALISATION, parts_of_balances
from projections.linked import LinkedPerson, Moment, count_links, list_linked
from projections.realisation import count_housed

_LATER = "AtReference"
#: Columns that are cells of the realisation.
_OF_REALISATION = ("task", "realised")


class Supplied:
    """Who is linked on one day, beside the books of a half-year as they stand for the day asked."""

    def __init__(self, query: Query, day: date) -> None:
        """`day` is the one on which who is linked and who was housed is looked at, no later than the day asked."""
        self.query = query.with_parameters(**{HOUSED_BY: day})
        self.period: Period = query.given["period"]
        self.day_of_rows = self.period.nearest(query.asked.valid_on)
        # The task is the same for whatever day who was housed is looked at.
        self.rows = Inputs.of(query).rows(self.period, "municipality")
        self.moment = Moment(Asked(day, query.asked.position), day, day)
        self._over = day >= min(query.asked.valid_on, self.period.last)

    @cached_property
    def linked(self) -> Mapping[str, int]:
        """Persons linked by the municipality that they count for."""
        return self._by_municipality(count_links(self.query.tables, self.moment.asked))

    @cached_property
    def realised(self) -> Mapping[str, int]:
        """Persons housed in the half-year by that day, by the municipality that they count for."""
        if self._over:
            return {code: row.balance.realised for code, row in self.rows.items()}
        return self._by_municipality(count_housed(self.query.tables, self.moment.asked, self.period))

    def _by_municipality(self, posted: Mapping[str, int]) -> dict[str, int]:
        found: dict[str, int] = {}
        for each, persons in posted.items():
            code = self.query.places.code_on(each, self.day_of_rows)
            found[code] = found.get(code, 0) + persons
        return found

    def columns(self, code: str) -> dict[str, int | None]:
        """The five of a municipality."""
        task, realised, linked = self.rows[code].balance.task, self.realised.get(code, 0), self.linked.get(code, 0)
        needed = None if task is None else max(0, task - realised)
        return {
            "task": task,
            "realised": realised,
            "linked": linked,
            "needed": needed,
            "shortage": None if needed is None else max(0, needed - linked),
        }

    def parts(self, codes: Sequence[str], column: str) -> Iterator[Part]:
        """The parts of one of the five of some municipalities together."""
        if column == "linked":
            yield from self._persons(codes, 1)
        else:
            some = [code for code in codes if self.columns(code)[column]]
            yield from parts_of_balances(self.query, some)
            if column == "shortage":
                yield from self._persons(some, -1)

    def _persons(self, codes: Sequence[str], sign: int) -> Iterator[Part]:
        """Who is linked to some municipalities."""
        places = self.query.places
        for one in list_linked(self.query.tables, self.moment, codes, places, self.day_of_rows) if codes else ():
            yield part_of_person(one, self.moment, sign)


def part_of_person(one: LinkedPerson, moment: Moment, sign: int = 1) -> Part:
    """Somebody linked, as a part."""
    source = Source("reception", (), moment.asked.valid_on)
    details = {"kind": "linked", "startedOn": one.link_on}
    return Part(sign, one.journey, None, source, one.municipality, details)


class Supply(Computed):
    """The table: on the day, and at the reference date of the half-year."""

    def lines(self, figure: Figure, query: Query) -> Iterable[Line]:
        """Every municipality of the day."""
        now, then = _now(query), _then(query)
        for code in now.rows:
            if query.only not in (None, code):
                continue
            values: dict[str, Value] = dict(now.columns(code))
            values |= {
                f"{name}{_LATER}": None if then is None else value
                for name, value in (then or now).columns(code).items()
            }
            yield Line(code, (), values, _rounded(values))

    def derived(self, figure: Figure, query: Query, code: str, values: Mapping[str, Value]) -> Mapping[str, Value]:
        """The reference date, of every row."""
        return {"reference": reference_day(query.given["period"])}

    def parts_of_lines(self, figure: Figure, query: Query, lines: Sequence[Line], column: str) -> Iterator[Part]:
        """What was said and carried over, the journeys housed, and those linked; none of the reference date."""
        at = _then(query) if column.endswith(_LATER) else _now(query)
        if at is not None and column != "reference":
            yield from at.parts([line.code for line in lines], column.removesuffix(_LATER))

    def line_parts(self, figure: Figure, query: Query, line: Line, column: str) -> Iterable[Part]:
        """The same of one."""
        return self.parts_of_lines(figure, query, [line], column)

    def resolve(self, figure: Figure, query: Query, cell: Cell) -> tuple[Figure, Query, Cell]:
        """What is a cell of the realisation is taken from there."""
        at = _then(query) if cell.column.endswith(_LATER) else _now(query)
        name = cell.column.removesuffix(_LATER)
        if name not in _OF_REALISATION or at is None:
            return figure, query, cell
        return REALISATION, at.query, Cell(cell.code, {}, name)

    def municipalities_moved(self, query: Query, between: Between) -> frozenset[str]:
        """As for the balances."""
        return REALISATION.table.municipalities_moved(query, between)


def _now(query: Query) -> Supplied:
    return _supplied(query, min(query.asked.valid_on, query.given["period"].last))


def _then(query: Query) -> Supplied | None:
    day = reference_day(query.given["period"])
    return None if day > query.asked.valid_on else _supplied(query, day)


def _supplied(query: Query, day: date) -> Supplied:
    key = "supplied", query.given["period"], day
    if key not in query.cache:
        query.cache[key] = Supplied(replace(query, only=None), day)
    found: Supplied = query.cache[key]
    return found


def _rounded(values: Mapping[str, Any]) -> dict[str, Value]:
    """The shortage that follows from the rounded number of who is linked: of the exact one it would tell more."""
    found: dict[str, Value] = {}
    for end in ("", _LATER):
        needed, linked = values[f"needed{end}"], values[f"linked{end}"]
        found[f"shortage{end}"] = None if needed is None else max(0, needed - round_count(linked))
    return found


def _columns(end: str, en: str, nl: str) -> Iterator[Column]:
    for name, public, english, dutch in (
        ("task", True, "Task", "Opgave"),
        ("realised", True, "Realised", "Realisatie"),
        ("linked", False, "Linked", "Gekoppeld"),
        ("needed", True, "Still to be housed", "Nog te huisvesten"),
        ("shortage", False, "Not linked yet", "Nog niet gekoppeld"),
    ):
        label = Words(f"{english}{en}", f"{dutch}{nl}")
        yield Column(f"{name}{end}", label, "persons", public=public, from_rounded=name == "shortage")


SUPPLY = Figure(
    name="supply",
    questions=(18,),
    title=Words("Supply of permit holders", "Aanbod van vergunninghouders"),
    definition=Words(
        "Whether enough permit holders are linked to a municipality for what it has still to house of a half-year, on "
        "the day and on the reference date of supply (1 April or 1 October): needed is the task less who was housed, "
        "the shortage what is needed beyond who is linked. What was said of the quota by the day counts in both.",
        "Of er aan een gemeente genoeg vergunninghouders gekoppeld zijn voor wat zij van een halfjaar nog moet "
        "huisvesten, op de peildatum en op de meetdatum van het aanbod (1 april of 1 oktober): nodig is de opgave min "
        "wie gehuisvest is, het tekort wat er boven de gekoppelden nodig is. Wat tot en met de peildatum over de "
        "taakstelling gezegd is telt in beide mee.",
    ),
    counts=Words(
        "Persons, where they are linked or housed; a merged municipality counts for its successor.",
        "Personen, waar zij gekoppeld of gehuisvest zijn; een opgegane gemeente telt bij haar opvolger.",
    ),
    parameters=(PERIOD,),
    columns=(
        *_columns("", "", ""),
        Column("reference", Words("Reference date", "Meetdatum"), "date", public=True),
        *_columns(_LATER, " at the reference date", " op de meetdatum"),
    ),
    table=Supply(),
    reads=("housings", "quota", "reception"),
    audience="persons",
    all_rows=True,
)
