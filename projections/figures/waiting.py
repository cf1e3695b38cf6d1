"""Who is waiting, for which phase, since how long, and whose turn is it?"""

from __future__ import annotations

from domain.norm_sets import PHASE_NAMES, NormSet
from domain.norms import OWNERS
from projections.aggregates import P90, Mean, Median, Said, Sum
from projections.figure import Column, Dimension, Figure, Query, Words
from projections.figures.norm_phases import NORM, PLACE
from projections.grouping import Grouped, Rows, Select, times

_TURNS = " ".join(f"WHEN '{phase}' THEN '{owner}'" for phase, owner in OWNERS.items())


def parts(query: Query, rows: Rows) -> Select:
    """The phases that are open on the day: what a journey waits for, and its total where that has begun."""
    norm: NormSet = query.given["norm"]
    over = " ".join(f"WHEN '{phase}' THEN days > {norm.norm(phase)}" for phase in PHASE_NAMES)
    waits = f"{norm.total_starts}_on"
    statement = f"""
        WITH open AS MATERIALIZED (
            SELECT stream, municipality, phase, started_on, earlier_days, {waits}
            FROM {rows("phases")} WHERE ended_on IS NULL)
        SELECT *, '{norm.total_starts}' AS total_starts, (CASE phase {over} END)::INTEGER AS over,
            CASE phase {_TURNS} END AS turn
        FROM (
            SELECT stream, municipality, phase::VARCHAR AS phase, started_on, earlier_days,
                $on - started_on + earlier_days AS days
            FROM open WHERE started_on IS NOT NULL
            UNION ALL
            SELECT stream, municipality, 'total', {waits}, 0, $on - {waits}
            FROM open WHERE {waits} IS NOT NULL)"""
    return Select(statement, {**times(query), "on": query.asked.valid_on})


WAITING = Figure(
    name="waiting",
    questions=(27,),
    title=Words("Who is waiting", "Wie wacht"),
    definition=Words(
        "Persons for whom a phase is open on the day: how many days it takes so far, how many are over the norm, and "
        "whose turn it is.",
        "Personen voor wie op de peildatum een fase loopt: hoeveel dagen die tot dan duurt, hoeveel van hen boven de "
        "norm zijn, en wie aan zet is.",
    ),
    counts=PLACE,
    parameters=(NORM,),
    dimensions=(Dimension("phase", Words("Phase", "Fase"), values=PHASE_NAMES),),
    columns=(
        Column("persons", Words("Waiting", "Wachtend"), "persons", Sum("1")),
        Column("overNorm", Words("Over the norm", "Boven de norm"), "persons", Sum("over")),
        Column("mean", Words("Mean", "Gemiddeld"), "days", Mean("days"), persons="persons"),
        Column("median", Words("Median", "Mediaan"), "days", Median("days"), persons="persons"),
        Column("p90", Words("90th percentile", "90e percentiel"), "days", P90("days"), persons="persons"),
        Column("turn", Words("Whose turn", "Aan zet"), "text", Said("turn"), persons="persons"),
    ),
    table=Grouped(
        parts,
        "phases",
        ("phase", "total_starts"),
        details={
            "started_on": "startedOn",
            "earlier_days": "earlierDays",
            "days": "days",
            "over = 0": "withinNorm",
        },
    ),
    reads=("phases",),
    audience="persons",
)
