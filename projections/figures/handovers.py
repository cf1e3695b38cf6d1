"""How many were handed over in a talk before they were housed, how many only in writing, and how many not at all?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from domain.disclosure import round_share
from domain.housings import HandedOver
from domain.rounding import Ratio
from projections.aggregates import Share, Sum
from projections.figure import WINDOW, Column, Figure, Query, Words
from projections.grouping import Grouped, Rows, Select, times
from projections.together import Together


def parts(query: Query, rows: Rows) -> Select:
    """Persons housed in the window, as far as that was not undone."""
    statement = f"""
        SELECT stream, municipality, turn, on_day, handover FROM {rows("housings")}
        WHERE persons > 0 AND NOT undone AND on_day BETWEEN $from AND $to"""
    return Select(statement, {**times(query), "from": query.given["from"], "to": query.given["to"]})


class _Warm(Together):
    """A share beside both numbers that it is made of."""

    def instead(self, told: Mapping[str, Any]) -> Mapping[str, Any]:
        """The share that the rounded numbers have."""
        housed, warm = told["housed"], told["warm"]
        return {"shareWarm": round_share(Ratio(min(warm, housed), housed), housed) if housed else None}


def _form(form: HandedOver, en: str, nl: str) -> Column:
    # How many were housed is public.
    return Column(form, Words(en, nl), "persons", Sum(_by(form)), among="housed")


def _by(form: HandedOver) -> str:
    return f"(handover = '{form}'::handover)::INTEGER"


HANDOVERS = Figure(
    name="handovers",
    questions=(64,),
    title=Words("Handed over warmly", "Warme overdracht"),
    definition=Words(
        "Persons housed in the window, by how they were handed over to the municipality from the first day of the link "
        "that stood up to the day of the housing: in a talk, only in writing, or not at all; whoever held it.",
        "Personen die in het venster gehuisvest zijn, naar hoe zij zijn overgedragen aan de gemeente, van de eerste "
        "dag van de lopende koppeling tot en met de dag van de huisvesting: in een gesprek, alleen schriftelijk, of "
        "niet; wie de overdracht ook deed.",
    ),
    counts=Words("Persons, where they are housed.", "Personen, waar zij gehuisvest zijn."),
    parameters=WINDOW,
    columns=(
        Column("housed", Words("Housed", "Gehuisvest"), "persons", Sum("1")),
        _form("warm", "Warm", "Warm"),
        _form("written", "Only in writing", "Alleen schriftelijk"),
        _form("none", "None", "Geen"),
        Column("shareWarm", Words("Share warm", "Aandeel warm"), "share", Share(_by("warm"), "1"), persons="housed"),
    ),
    table=Grouped(
        parts,
        "housings",
        ("turn",),
        aspects=dict.fromkeys((*get_args(HandedOver), "shareWarm"), ("handover",)),
        details={"on_day": "on"},
    ),
    reads=("housings",),
    audience="persons",
    together=(_Warm(),),
)
