"""Which minors are alone, and how many of them will come of age soon?"""

from __future__ import annotations

from domain.ages import OF_AGE, younger_from
from domain.months import months_later
from projections.aggregates import Sum
from projections.figure import Column, Figure, Query, Words
from projections.grouping import Grouped, Rows, Select, times
from projections.together import Nested, Ways


def parts(query: Query, rows: Rows) -> Select:
    """Unaccompanied minors in reception or in a small unit, with what is known of their age."""
    on = query.asked.valid_on
    born = {f"in{months}": younger_from(OF_AGE, months_later(on, months)) for months in (0, 6, 12)}
    statement = f"""
        SELECT stream, municipality, (NOT born_known)::INTEGER AS unknown,
            (born_known AND born < $in0)::INTEGER AS adult,
            (born_known AND born >= $in0 AND born < $in6)::INTEGER AS turning6,
            (born_known AND born >= $in0 AND born < $in12)::INTEGER AS turning12
        FROM {rows("minors")}"""
    return Select(statement, {**times(query), **born})


def _persons(name: str, en: str, nl: str, adds: str) -> Column:
    return Column(name, Words(en, nl), "persons", Sum(adds))


MINORS = Figure(
    name="minors",
    questions=(65,),
    title=Words("Unaccompanied minors", "Alleenstaande minderjarige vreemdelingen"),
    definition=Words(
        "Permit holders who came as unaccompanied minors and are in reception, or housed in a small unit for minors "
        f"and not moved on: who becomes {OF_AGE} within 6 and 12 months (the second includes the first), who is "
        f"{OF_AGE} already, and of whom the month of birth is not known. They are {OF_AGE} from the first day of the "
        "month of birth.",
        "Vergunninghouders die als alleenstaande minderjarige kwamen en in de opvang zijn, of in een kleinschalige "
        f"opvang voor minderjarigen wonen en niet zijn doorgestroomd: wie binnen 6 en 12 maanden {OF_AGE} wordt (het "
        f"tweede telt het eerste mee), wie al {OF_AGE} is, en van wie de geboortemaand niet bekend is. Zij zijn "
        f"{OF_AGE} vanaf de eerste dag van de geboortemaand.",
    ),
    counts=Words("Persons, where they belong.", "Personen, bij de gemeente waar zij bij horen."),
    columns=(
        _persons("persons", "Persons", "Personen", "1"),
        _persons("turning6", f"{OF_AGE} within 6 months", f"Binnen 6 maanden {OF_AGE}", "turning6"),
        _persons("turning12", f"{OF_AGE} within 12 months", f"Binnen 12 maanden {OF_AGE}", "turning12"),
        _persons("adult", f"{OF_AGE} already", f"Al {OF_AGE}", "adult"),
        _persons("unknown", "Month of birth unknown", "Geboortemaand onbekend", "unknown"),
    ),
    table=Grouped(parts, "minors"),
    reads=("minors",),
    audience="persons",
    together=(Ways("persons", (("turning12", "adult", "unknown"),), every=False), Nested(("turning6", "turning12"))),
)
