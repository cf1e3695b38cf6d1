"""Who is at the end of the term and the loan under the law of 2013 (ELIP, einde lening inburgeringsplichtige)?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.months import months_later
from projections.aggregates import Sum
from projections.figure import Column, Figure, Parameter, Query, Words, column_of
from projections.figures.integration import COUNTED
from projections.grouping import Grouped, Rows, Select, times
from projections.states.integration import NOT_EXTENDED, UNDONE
from projections.together import Together, Ways


def parts(query: Query, rows: Rows) -> Select:
    """Persons under the law of 2013 who are not done, and whether they are near the end of term and loan."""
    on = query.asked.valid_on
    statement = f"""
        SELECT *, ending AND coalesce(loan_left < $left, false) AS near
        FROM (SELECT *, coalesce(term_ends_on > $on AND term_ends_on <= $soon, false) AS ending
            FROM {rows("integration")} WHERE law = 'wi2013' AND {UNDONE})"""
    ends = {"on": on, "soon": months_later(on, query.given["months"]), "left": query.given["left"]}
    return Select(statement, {**times(query), **ends})


def _persons(name: str, en: str, nl: str, condition: str) -> Column:
    return column_of(name, en, nl, aggregate=Sum(f"({condition})::INTEGER"))


class _Extended(Together):
    """Who is at such an end and was extended: no more than were extended."""

    def instead(self, told: Mapping[str, Any]) -> Mapping[str, Any]:
        """No more than those who are told to be."""
        return {"overlap": min(told["overlap"], told["extendedAfterFine"] + told["extended"])}


ELIP = Figure(
    name="elip",
    questions=(52,),
    title=Words("At the end of term and loan (ELIP)", "Einde lening inburgeringsplichtigen (ELIP)"),
    definition=Words(
        "Persons who have to integrate under the law of 2013, neither done nor wholly exempted: whose term was "
        "extended after a fine (2a) or for another reason (2b), and who is in neither, whose term ends soon and who "
        "has little left of the loan (1). Overlap: in 2a or 2b, and soon at such an end as well.",
        "Inburgeringsplichtigen onder de wet van 2013 die niet voldaan hebben en niet geheel vrijgesteld zijn: van wie "
        "de termijn is verlengd na een boete (2a) of om een andere reden (2b), en wie in geen van beide valt, bij wie "
        "de termijn binnenkort eindigt en weinig van de lening over is (1). Overlap: in 2a of 2b, en daarbij ook "
        "binnenkort aan zo'n einde.",
    ),
    counts=COUNTED,
    parameters=(
        Parameter(
            "months",
            "whole",
            Words("Months within which the term ends", "Maanden waarbinnen de termijn eindigt"),
            default=6,
            least=0,
            most=120,
            coarse_values=(3, 6, 12, 24),
        ),
        Parameter(
            "left",
            "whole",
            Words("Euros of the loan that are not little any more", "Euro's van de lening die niet meer weinig zijn"),
            default=2_500,
            least=0,
            most=1_000_000,
            coarse_step=500,
        ),
    ),
    columns=(
        _persons("extendedAfterFine", "After a fine (2a)", "Verlengd na boete (2a)", "extension = 'after-fine'"),
        _persons("extended", "Otherwise extended (2b)", "Anders verlengd (2b)", "extension = 'other'"),
        _persons("regular", "Regular (1)", "Regulier (1)", f"near AND extension = '{NOT_EXTENDED}'"),
        _persons("overlap", "Overlap of 1 with 2", "Overlap van 1 met 2", f"near AND extension <> '{NOT_EXTENDED}'"),
        _persons("ending", "Term ends soon", "Termijn eindigt binnenkort", "ending"),
    ),
    table=Grouped(
        parts,
        "integration",
        details={"term_ends_on": "endsOn"},
        aspects=dict.fromkeys(("extendedAfterFine", "extended"), ("completion", "extension"))
        | {
            "regular": ("completion", "term", "loan"),
            "overlap": ("completion", "term", "extension", "loan"),
            "ending": ("completion", "term"),
        },
    ),
    reads=("integration",),
    audience="persons",
    together=(Ways("ending", (("regular", "overlap"),), every=False), _Extended()),
)
