"""Who was housed over the norm, and where did the days over it go?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cache

from domain.causes_by_day import DAY_CAUSES, DayCause
from domain.disclosure import round_days, round_part, round_share, round_sum_of_days
from domain.norm_sets import NormSet
from domain.rounding import Ratio
from projections.aggregates import Sum
from projections.figure import WINDOW, Column, Figure, Query, Row, Value, Words
from projections.figures.norm_phases import NORM
from projections.grouping import Grouped, Rows, RowsOf, Select, times

#: The facets of the parts that say that somebody was housed, and was late; the others are the days of a cause.
_HOUSED, _LATE = "housed", "late"
_CAUSES: Mapping[DayCause, Words] = {
    "family": Words("Family not decided about", "Nareis niet beslist"),
    "refusal": Words("Refusal not assessed", "Weigering niet beoordeeld"),
    "dossier": Words("File not complete", "Dossier niet compleet"),
    "document": Words("No residence document", "Geen verblijfspas"),
    "unlinked": Words("Not linked", "Niet gekoppeld"),
    "home": Words("No home", "Geen woning"),
    "leaving": Words("Leaving", "Vertrek"),
}


def parts(query: Query, rows: Rows) -> Select:
    """Persons housed in the window and over the norm, and of each the days over it by their causes.

    A cause lasts from the first day of its row until that of the next, which may lie behind the housing of the day.
    """
    norm: NormSet = query.given["norm"]
    days, since = ("days", "started_on") if norm.total_starts == "permit" else ("link_days", "link_on")
    statement = f"""
        WITH late AS (
            SELECT stream, housed.municipality, {since} AS started_on, ended_on, {days} - $total AS over
            FROM {rows("phases")} AS total JOIN {rows("housings")} AS housed USING (stream)
            WHERE phase = 'total' AND ended_on BETWEEN $from AND $to AND {days} > $total
                AND housed.persons > 0 AND NOT housed.undone),
        spent AS (
            SELECT stream, municipality, cause, greatest(valid_from, ended_on - over + 1) AS first_on, least(ended_on,
                lead(valid_from) OVER (PARTITION BY stream ORDER BY valid_from) - 1) AS last_on
            FROM {rows("causes")} AS caused JOIN late USING (stream))
        SELECT stream, municipality, '{_LATE}' AS part, 'total' AS phase, '{norm.total_starts}' AS total_starts,
            started_on, ended_on, over AS days
        FROM late
        UNION ALL
        SELECT stream, municipality, '{_HOUSED}', NULL, NULL, NULL, NULL, NULL
        FROM {rows("housings")} WHERE persons > 0 AND NOT undone AND on_day BETWEEN $from AND $to
        UNION ALL
        SELECT stream, municipality, cause::VARCHAR, NULL, NULL, min(first_on), max(last_on),
            sum(last_on - first_on + 1)
        FROM spent WHERE last_on >= first_on GROUP BY ALL"""
    window = {name: query.given[name] for name in ("from", "to")}
    return Select(statement, {**times(query), **window, "total": norm.total})


class _Lateness(Grouped):
    """Persons and days that are told otherwise to who gets rounded numbers."""

    def rows(self, figure: Figure, query: Query) -> list[Row]:
        """Every row, with persons and days as they are told."""
        until = len(figure.columns)
        return [
            row._replace(values=row.values[:until], rounded=_told(list(map(_whole, row.values))))
            for row in super().rows(_with_more(figure), query)
            if row.values[0]
        ]


@cache
def _with_more(figure: Figure) -> Figure:
    """The table with the persons behind each cause, who have one part of it each, and all who were housed."""
    persons = (replace(figure.column(cause), name=f"{cause}Persons", aggregate=Sum("1")) for cause in DAY_CAUSES)
    housed = replace(figure.column("persons"), name="housed", at={"part": _HOUSED})
    return replace(figure, columns=(*figure.columns, *persons, housed))


def _told(numbers: Sequence[int]) -> Mapping[str, Value]:
    """What is told of persons, days and causes, by these, the persons behind each cause, and all who were housed.

    How many were housed is public. The days of a cause are what its share of all days comes to. Of one cause alone that
    is not told they would follow from those of the others, so another is left out with it.
    """
    late, days, *by_cause, housed = numbers
    persons = round_part(late, housed)
    all_days = round_sum_of_days(days, late, persons)
    told: dict[str, Value] = {}
    for cause, spent, behind in zip(DAY_CAUSES, by_cause, by_cause[len(DAY_CAUSES) :], strict=False):
        share = round_share(Ratio(spent, days), behind) if all_days else None
        told[cause] = None if share is None else round_days(Fraction(share) * (all_days or 0), behind)
    known = [cause for cause in DAY_CAUSES if told[cause] is not None]
    if len(known) == len(DAY_CAUSES) - 1:
        told[min(known, key=lambda cause: _whole(told[cause]))] = None
    return {"persons": persons, "days": all_days, **told}


def _whole(value: Value) -> int:
    return value if isinstance(value, int) else 0


def _days(cause: DayCause) -> Column:
    return Column(cause, _CAUSES[cause], "days", Sum("days"), {"part": cause}, persons="persons", from_rounded=True)


LATENESS = Figure(
    name="lateness",
    questions=(28,),
    title=Words("Where the days over the norm went", "Waar de dagen boven de norm bleven"),
    definition=Words(
        "Persons housed in the window whose total is over the norm, and the days over it. Each of these days, up to "
        "and including that of the housing, has one cause, the first that holds at its end: family applied for and not "
        "decided about, the newest refusal of a home not assessed, required items of the file not complete, no "
        "residence document, no link (COA), no home ready for the link (the municipality), leaving (COA and the permit "
        "holder).",
        "Personen die in het venster gehuisvest zijn en van wie de totale duur boven de norm ligt, en de dagen boven "
        "de norm. Elk van die dagen, tot en met die van de huisvesting, heeft één oorzaak, de eerste die aan het eind "
        "van de dag geldt: nareis aangevraagd en nog niet beslist, de laatste woningweigering niet beoordeeld, "
        "vereiste onderdelen van het dossier niet compleet, geen verblijfspas, geen koppeling (COA), geen woning "
        "gereed voor de koppeling (gemeente), vertrek (COA en vergunninghouder).",
    ),
    counts=Words("Persons, where they are housed.", "Personen, waar zij gehuisvest zijn."),
    parameters=(*WINDOW, NORM),
    columns=(
        Column(
            "persons", Words("Over the norm", "Boven de norm"), "persons", Sum("1"), {"part": _LATE}, from_rounded=True
        ),
        Column(
            "days",
            Words("Days over", "Dagen te laat"),
            "days",
            Sum("days"),
            {"part": _LATE},
            persons="persons",
            from_rounded=True,
        ),
        *map(_days, DAY_CAUSES),
    ),
    table=_Lateness(
        parts,
        facets=("part",),
        sources={
            _LATE: RowsOf("phases", ("phase", "total_starts")),
            **dict.fromkeys(DAY_CAUSES, RowsOf("causes", ("part",))),
        },
        details={"started_on": "startedOn", "ended_on": "endedOn", "days": "days"},
    ),
    reads=("phases", "housings", "causes"),
    audience="persons",
)
