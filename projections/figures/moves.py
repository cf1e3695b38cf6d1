"""How many moved on from where they were housed to a permanent home, and how many returned to reception?"""

from __future__ import annotations

from projections.aggregates import Median, Sum
from projections.figure import WINDOW, Column, Figure, Query, Words
from projections.grouping import Grouped, Rows, RowsOf, Select, times


def parts(query: Query, rows: Rows) -> Select:
    """Housings with their first move in the window, and returns in it that undo one."""
    statement = f"""
        SELECT stream, municipality, turn, persons > 0 AS housed, on_day, moved_on, moved_on - on_day AS days
        FROM {rows("housings")}
        WHERE CASE WHEN persons > 0 THEN moved_on ELSE on_day END BETWEEN $from AND $to"""
    return Select(statement, {**times(query), "from": query.given["from"], "to": query.given["to"]})


_MOVED, _RETURNED = {"housed": True}, {"housed": False}

MOVES = Figure(
    name="moves",
    questions=(44,),
    title=Words("Moves to a permanent home", "Doorstroom naar een blijvende woning"),
    definition=Words(
        "Persons who moved to a permanent home for the first time after a housing, in the window, of whatever kind the "
        "accommodation was and also when the housing was undone since; the days from the housing to it; and persons "
        "who returned to reception in the window, which undid their housing.",
        "Personen die in het venster voor het eerst na een huisvesting naar een blijvende woning verhuisden, wat voor "
        "huisvesting het ook was en ook als die later ongedaan is gemaakt; de dagen van de huisvesting tot dan; en "
        "personen die in het venster terugkeerden in de opvang, waarmee hun huisvesting ongedaan werd.",
    ),
    counts=Words("Persons, where they are housed.", "Personen, waar zij gehuisvest zijn."),
    parameters=WINDOW,
    columns=(
        Column("moved", Words("Moved on", "Doorgestroomd"), "persons", Sum("1"), _MOVED),
        Column(
            "days",
            Words("Days since the housing (median)", "Dagen sinds de huisvesting (mediaan)"),
            "days",
            Median("days"),
            _MOVED,
            "moved",
        ),
        Column("returned", Words("Returned to reception", "Teruggekeerd in de opvang"), "persons", Sum("1"), _RETURNED),
    ),
    table=Grouped(
        parts,
        facets=("housed",),
        details={"on_day": "on", "days": "days"},
        sources={True: RowsOf("housings", ("turn",), ("move",)), False: RowsOf("housings", ("turn",))},
    ),
    reads=("housings",),
    audience="persons",
)
