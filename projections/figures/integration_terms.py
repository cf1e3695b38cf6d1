"""Whose term to integrate ends, and when?"""

from __future__ import annotations

from domain.months import months_later
from projections.aggregates import Latest, Sum
from projections.figure import Column, Figure, Query, Words, column_of
from projections.figures.integration import COUNTED, LAW
from projections.grouping import Grouped, Rows, Select, times
from projections.states.integration import UNDONE
from projections.together import Nested, Ways

#: The months within which a term ends.
_MONTHS = (6, 12, 24)
_WITHIN = tuple(f"within{months}" for months in _MONTHS)


def parts(query: Query, rows: Rows) -> Select:
    """Persons who have a duty that is not done."""
    on = query.asked.valid_on
    ends = {f"in{months}": months_later(on, months) for months in _MONTHS}
    until = ", ".join(f"term_ends_on <= ${name} AS {name}" for name in ends)
    statement = f"SELECT *, term_ends_on <= $on AS past, {until} FROM {rows('integration')} WHERE {UNDONE}"
    return Select(statement, {**times(query), "on": on, **ends})


def _ending(name: str, en: str, nl: str, condition: str) -> Column:
    return column_of(name, en, nl, aggregate=Sum(f"coalesce({condition}, false)::INTEGER"))


INTEGRATION_TERMS = Figure(
    name="integration-terms",
    questions=(53,),
    title=Words("Terms to integrate", "Inburgeringstermijnen"),
    definition=Words(
        "Persons who have to integrate, neither done nor wholly exempted, by law and by when the term ends that was "
        "set or extended last; the day it ends is no longer part of it. Who ends within 6 months does so within 12.",
        "Inburgeringsplichtigen die niet voldaan hebben en niet geheel vrijgesteld zijn, naar wet en naar wanneer de "
        "termijn eindigt die het laatst is vastgesteld of verlengd; de dag waarop die eindigt hoort er niet meer bij. "
        "Wie binnen 6 maanden eindigt, eindigt ook binnen 12.",
    ),
    counts=COUNTED,
    dimensions=(LAW,),
    columns=(
        column_of("persons", "Persons", "Personen", aggregate=Sum("1")),
        *(
            _ending(
                f"within{months}",
                f"Within {months} months",
                f"Binnen {months} maanden",
                f"NOT past AND in{months}",
            )
            for months in _MONTHS
        ),
        _ending("later", "Later", "Later", f"NOT in{_MONTHS[-1]}"),
        _ending("past", "Past", "Verstreken", "past"),
        _ending("unknown", "Unknown", "Onbekend", "term_ends_on IS NULL"),
        column_of(
            "last",
            "Last one ends on",
            "Laatste eindigt op",
            "date",
            aggregate=Latest("term_ends_on"),
            persons="persons",
        ),
    ),
    table=Grouped(
        parts,
        "integration",
        details={"term_ends_on": "endsOn"},
        aspects=dict.fromkeys(("within6", "within12", "within24", "later", "past", "last"), ("completion", "term"))
        | dict.fromkeys(("persons", "unknown"), ("completion",)),
    ),
    reads=("integration",),
    audience="persons",
    together=(Ways("persons", (("within24", "later", "past", "unknown"),)), Nested(_WITHIN)),
)
