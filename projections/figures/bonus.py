"""How many are housed within the norm, and how many days does that save?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.disclosure import STEP, round_share
from domain.norm_sets import DEFAULT_NORM, NORM_SETS
from domain.rounding import Ratio
from projections.aggregates import Share, Sum
from projections.figure import WINDOW, Column, Figure, Query, Words
from projections.grouping import Grouped, Rows, Select, times
from projections.together import Together

_NORM = NORM_SETS[DEFAULT_NORM].total


def parts(query: Query, rows: Rows) -> Select:
    """Persons housed in the window whose total is known, by where they are housed: the housing of the day it ended."""
    statement = f"""
        SELECT stream, housed.municipality, phase, 'permit' AS total_starts, ended_on, days,
            (days <= {_NORM})::INTEGER AS within
        FROM {rows("phases")} AS total JOIN {rows("housings")} AS housed USING (stream)
        WHERE phase = 'total' AND ended_on BETWEEN $from AND $to AND housed.persons > 0 AND NOT housed.undone"""
    return Select(statement, {**times(query), "from": query.given["from"], "to": query.given["to"]})


class _Saved(Together):
    """A share beside both numbers that it is made of, and days of which nobody saves more than the whole norm."""

    def instead(self, told: Mapping[str, Any]) -> Mapping[str, Any]:
        """The share that the rounded numbers have, and no more days than so many persons could have saved."""
        known, within, days = told["known"], told["within"], told["daysSaved"]
        share = round_share(Ratio(within, known), known) if known else None
        saved = None if days is None or not within else min(days, _NORM * within // STEP * STEP)
        return {"share": share, "daysSaved": saved}


BONUS = Figure(
    name="bonus",
    questions=(30,),
    title=Words("Housed within the norm", "Gehuisvest binnen de norm"),
    definition=Words(
        f"Of the persons housed in the window whose total is known: those within {_NORM} days of the permit, and the "
        "days that they were earlier.",
        f"Van de personen die in het venster gehuisvest zijn en van wie de totale duur bekend is: wie binnen {_NORM} "
        "dagen na de vergunning gehuisvest is, en hoeveel dagen eerder.",
    ),
    counts=Words("Persons, where they are housed.", "Personen, waar zij gehuisvest zijn."),
    parameters=WINDOW,
    columns=(
        Column("known", Words("Total known", "Totale duur bekend"), "persons", Sum("1")),
        Column("within", Words("Within the norm", "Binnen de norm"), "persons", Sum("within"), among="known"),
        Column(
            "share",
            Words("Share within the norm", "Aandeel binnen de norm"),
            "share",
            Share("within", "1"),
            persons="known",
        ),
        Column(
            "daysSaved",
            Words("Days saved", "Bespaarde dagen"),
            "days",
            Sum(f"within * ({_NORM} - days)"),
            persons="within",
        ),
    ),
    table=Grouped(parts, "phases", ("phase", "total_starts"), details={"ended_on": "endedOn", "days": "days"}),
    reads=("phases", "housings"),
    audience="persons",
    together=(_Saved(),),
)
