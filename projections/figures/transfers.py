"""What did each transfer of quota make of the quotas of those who took part, and did they decide on it?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from domain.period import Period
from domain.quota import decided_by, receiving_municipality
from projections.computed import Computed, Line
from projections.figure import PERIOD, Column, Dimension, Figure, Part, Query, Source, Words
from projections.figures.books import Inputs
from projections.figures.realisation import parts_of_balance


class _Moved(NamedTuple):
    """What a line of a transfer makes the lines up to it move more to a municipality as it is there now."""

    code: str
    number: int
    persons: int
    decided: bool
    line: int


class Transfers(Computed):
    """The table: a row a transfer and municipality, each with the transfers before it."""

    def lines(self, figure: Figure, query: Query) -> Iterable[Line]:
        """Of the municipalities as the realisation has them."""
        rows = Inputs.of(query).rows(query.given["period"], "municipality")
        before = {code: row.balance.quota for code, row in rows.items()}
        taking_part: dict[tuple[int, str], list[_Moved]] = {}
        for one in _moved(query):
            if one.code in before:
                taking_part.setdefault((one.number, one.code), []).append(one)
        for (number, code), some in sorted(taking_part.items()):
            quota, persons = before[code], sum(one.persons for one in some)
            before[code] = after = None if quota is None else quota + persons
            values = {
                "before": quota,
                "persons": persons,
                "after": after,
                "decided": int(all(one.decided for one in some)),
                "valid": None if after is None else int(after >= 0),
            }
            yield Line(code, (number,), values)

    def line_parts(self, figure: Figure, query: Query, line: Line, column: str) -> Iterator[Part]:
        """The quota, and the transfers up to this one; of what is told of a transfer that one alone."""
        (number,) = line.dimensions
        here = [one for one in _moved(query) if one.code == line.code]
        own = [one for one in here if one.number == number]
        if column in ("before", "after"):
            yield from parts_of_balance(query, line.code, "quota")
            yield from (_part(query, one, one.persons) for one in here if one.number < number)
        if column in ("persons", "after"):
            yield from (_part(query, one, one.persons) for one in own)
        if column in ("decided", "valid") and line.values[column]:
            yield _part(query, own[0], 1)


def _moved(query: Query) -> list[_Moved]:
    """The lines of all transfers by the municipalities there now, transfer after transfer.

    What a split municipality was given is handed over as the realisation does it: all of it together, in whole persons.
    """
    period: Period = query.given["period"]
    key = "transfers", period
    if key not in query.cache:
        books, places, day = Inputs.of(query).books(period), query.places, period.nearest(query.asked.valid_on)
        given, before, found = dict[str, int](), dict[str, int](), list[_Moved]()
        for nth, transfer in sorted(enumerate(books.posted.transfers), key=lambda one: (one[1].number, one[0])):
            by = receiving_municipality(transfer, period, day, places)
            given[by] = given.get(by, 0) + transfer.persons
            after, decided = places.handed_over(given, day), decided_by(transfer, books.posted.decisions, places)
            for code in places.handed_over({by: transfer.persons}, day):
                persons = after.get(code, 0) - before.get(code, 0)
                found.append(_Moved(code, transfer.number, persons, decided, nth))
            before = after
        query.cache[key] = found
    moved: list[_Moved] = query.cache[key]
    return moved


def _part(query: Query, one: _Moved, amount: int) -> Part:
    transfer = Inputs.of(query).books(query.given["period"]).posted.transfers[one.line]
    details = {
        "kind": "transferred",
        "of": transfer.persons,
        "code": transfer.municipality,
        "name": query.places.name(transfer.municipality) if query.places.known(transfer.municipality) else None,
        "on": transfer.on,
    }
    return Part(amount, None, str(query.given["period"]), Source("quota", ("transfer", one.line)), one.code, details)


TRANSFERS = Figure(
    name="transfers",
    questions=(8,),
    title=Words("Transfers of quota", "Herverdeling van de taakstelling"),
    definition=Words(
        "Each transfer of quota between municipalities (Huisvestingswet 2014, art. 29(2)): the quota before it, with "
        "the transfers before it, what it moved, and the quota after it; whether the municipality decided to take part "
        "(1), and whether its quota stays at 0 or more (1).",
        "Elke herverdeling van de taakstelling tussen gemeenten (Huisvestingswet 2014, art. 29, tweede lid): de "
        "taakstelling ervoor, met de herverdelingen daarvoor, wat zij verplaatste, en de taakstelling erna; of de "
        "gemeente tot deelname besloot (1), en of haar taakstelling op 0 of meer blijft (1).",
    ),
    counts=Words(
        "Persons to be housed, by transfer and municipality that takes part; a merged one counts for its successor.",
        "Te huisvesten personen, per herverdeling en deelnemende gemeente; een opgegane telt bij haar opvolger.",
    ),
    parameters=(PERIOD,),
    dimensions=(Dimension("transfer", Words("Transfer of the half-year", "Herverdeling van het halfjaar"), "number"),),
    columns=(
        Column("before", Words("Quota before", "Taakstelling ervoor"), "persons"),
        Column("persons", Words("Moved", "Verplaatst"), "persons"),
        Column("after", Words("Quota after", "Taakstelling erna"), "persons"),
        Column("decided", Words("Decided", "Besloten"), "number"),
        Column("valid", Words("Valid", "Geldig"), "number"),
    ),
    table=Transfers(),
    reads=("quota", "housings"),
    group_by=("municipality",),
    all_rows=True,
    of_journeys=False,
)
