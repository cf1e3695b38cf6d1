"""How many are housed within the norm, and how many days does that save?"""

from __future__ import annotations

from domain.norms import DEFAULT_NORM, NORM_SETS
from projections.figure import WINDOW, Column, Figure, Query, Share, Sum, Words
from projections.grouping import Grouped, Rows, Select, times

_NORM = NORM_SETS[DEFAULT_NORM].total


def parts(query: Query, rows: Rows) -> Select:
    """Persons housed in the window whose total is known, by where they are housed: the housing of the day it ended."""
    statement = f"""
        SELECT stream, housed.municipality, phase, 'permit' AS total_starts, ended_on, days,
            (days <= {_NORM})::INTEGER AS within
        FROM {rows("phases")} AS total JOIN (
            SELECT stream, valid_from, arg_max(municipality, turn) AS municipality
            FROM {rows("housings")} WHERE persons > 0 GROUP BY ALL) AS housed USING (stream)
        WHERE phase = 'total' AND ended_on BETWEEN $from AND $to AND housed.valid_from = ended_on"""
    return Select(statement, {**times(query), "from": query.given["from"], "to": query.given["to"]})


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
        Column("within", Words("Within the norm", "Binnen de norm"), "persons", Sum("within")),
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
)
