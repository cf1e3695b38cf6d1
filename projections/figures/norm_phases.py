"""How long do the phases take, and who is over the norm?"""

from __future__ import annotations

from typing import Literal, get_args

from domain.norm_sets import DEFAULT_NORM, PHASE_NAMES, NormSet, PhaseName
from projections.aggregates import P90, Mean, Median, Share, Sum
from projections.figure import WINDOW, Column, Figure, Parameter, Query, Words
from projections.grouping import Grouped, Rows, Select, times
from projections.states.phases import CLOSED, UNTIMED

_LABELS: dict[PhaseName, Words] = {
    "linking": Words("Linking", "Koppelen"),
    "housing": Words("Housing", "Huisvesten"),
    "departure": Words("Departure", "Vertrek"),
    "total": Words("Total", "Totaal"),
}

# Of one that may be any number of days, day after day would say of each person how long it took.
NORM = Parameter(
    "norm",
    "norm",
    Words("Which reading of the norm", "Welke lezing van de norm"),
    default=DEFAULT_NORM,
    coarse_step=7,
)
#: Where a person counts who need not be housed.
PLACE = Words(
    "Persons, where the journey belongs: the municipality of its standing link, else of its newest link, else of "
    "its housing.",
    "Personen, waar het traject bij hoort: de gemeente van de lopende koppeling, anders van de laatste koppeling, "
    "anders van de huisvesting.",
)
FamilyFilter = Literal["any", "with", "without"]
FAMILY = Parameter(
    "family",
    "choice",
    Words("Journeys with or without an application for family", "Trajecten met of zonder aanvraag voor gezinsleden"),
    default="any",
    choices=get_args(FamilyFilter),
)


def parts(query: Query, rows: Rows) -> Select:
    """Phases completed in the window, phases open on the day, and journeys closed without housing.

    The days of an open phase are those so far; of linking they count those before its last stretch.
    """
    norm: NormSet = query.given["norm"]
    link = norm.total_starts == "link"
    days, since, waits = ("link_days", "link_on", "link_on") if link else ("days", "started_on", "permit_on")
    if link:
        days, since = (
            f"CASE WHEN {_TOTAL} THEN {of} ELSE {own} END" for of, own in ((days, "days"), (since, "started_on"))
        )
    statement = f"""
        SELECT *, '{norm.total_starts}' AS total_starts, days > {_norm(norm)} AS over FROM (
            SELECT stream, municipality, phase, true AS completed, {since} AS started_on, ended_on, earlier_days,
                {days} AS days
            FROM {rows("phases")} WHERE ended_on BETWEEN $from AND $to {_family(query)}
            UNION ALL
            SELECT stream, municipality, phase, false, started_on, NULL, earlier_days, $on - started_on + earlier_days
            FROM {rows("phases")} WHERE ended_on IS NULL AND phase <> '{UNTIMED}'::phase {_family(query)}
            UNION ALL
            SELECT stream, municipality, 'total'::phase, false, {waits}, NULL, 0, $on - {waits}
            FROM {rows("phases")} WHERE ended_on IS NULL AND {waits} IS NOT NULL {_family(query)})
        WHERE days IS NOT NULL OR phase = '{CLOSED}'::phase"""
    window = {name: query.given[name] for name in ("from", "to")}
    return Select(statement, {**times(query), **window, "on": query.asked.valid_on})


def municipalities_present(query: Query, rows: Rows) -> Select:
    """Where journeys were housed, whenever that was, or nothing is timed: there, with no part in any number."""
    there = f"(ended_on IS NOT NULL AND {_TOTAL} OR phase = '{UNTIMED}'::phase)"
    statement = f"SELECT municipality FROM {rows('phases')} WHERE {there} {_family(query)}"
    return Select(statement, times(query))


#: Compared as what it is: as text it costs more than all the rest.
_TOTAL = "phase = 'total'::phase"


def _family(query: Query) -> str:
    return {"any": "", "with": "AND family", "without": "AND NOT family"}[query.given["family"]]


def _norm(norm: NormSet) -> str:
    """The days that a phase may take."""
    cases = (f"WHEN '{name}'::phase THEN {norm.norm(name)}" for name in PHASE_NAMES)
    return f"CASE phase {' '.join(cases)} END"


def _of(phase: PhaseName) -> tuple[Column, ...]:
    en, nl = _LABELS[phase]
    completed, open_ = {"phase": phase, "completed": True}, {"phase": phase, "completed": False}
    done, still = f"{phase}CompletedCount", f"{phase}OpenCount"
    return (
        Column(done, Words(f"{en}, completed", f"{nl}, voltooid"), "persons", Sum("1"), completed),
        Column(
            f"{phase}CompletedMean",
            Words(f"{en}, completed: mean", f"{nl}, voltooid: gemiddeld"),
            "days",
            Mean("days"),
            completed,
            done,
        ),
        Column(
            f"{phase}CompletedMedian",
            Words(f"{en}, completed: median", f"{nl}, voltooid: mediaan"),
            "days",
            Median("days"),
            completed,
            done,
        ),
        Column(
            f"{phase}CompletedP90",
            Words(f"{en}, completed: 90th percentile", f"{nl}, voltooid: 90e percentiel"),
            "days",
            P90("days"),
            completed,
            done,
        ),
        Column(
            f"{phase}CompletedWithinNorm",
            Words(f"{en}, completed: within the norm", f"{nl}, voltooid: binnen de norm"),
            "share",
            Share("1 - over::INT", "1"),
            completed,
            done,
        ),
        Column(still, Words(f"{en}, open", f"{nl}, lopend"), "persons", Sum("1"), open_),
        Column(
            f"{phase}OpenMean",
            Words(f"{en}, open: mean age", f"{nl}, lopend: gemiddelde leeftijd"),
            "days",
            Mean("days"),
            open_,
            still,
        ),
        Column(
            f"{phase}OpenMedian",
            Words(f"{en}, open: median age", f"{nl}, lopend: mediane leeftijd"),
            "days",
            Median("days"),
            open_,
            still,
        ),
        Column(
            f"{phase}OpenP90",
            Words(f"{en}, open: 90th percentile of age", f"{nl}, lopend: 90e percentiel van de leeftijd"),
            "days",
            P90("days"),
            open_,
            still,
        ),
        Column(
            f"{phase}OpenOverNorm",
            Words(f"{en}, open: over the norm", f"{nl}, lopend: over de norm"),
            "persons",
            Sum("over::INT"),
            open_,
        ),
    )


NORM_PHASES = Figure(
    name="norm-phases",
    questions=(24, 25, 26, 31),
    title=Words("Norm phases", "Normtijden"),
    definition=Words(
        "How many days the phases linking, housing and departure take, and the total: of phases that ended in the "
        "window, and of those open on the day, whose age is the days so far.",
        "Hoeveel dagen de fasen koppelen, huisvesten en vertrek duren, en het totaal: van fasen die in het venster "
        "eindigden, en van fasen die op de peildatum lopen, met als leeftijd de dagen tot dan.",
    ),
    counts=PLACE,
    parameters=(*WINDOW, NORM, FAMILY),
    columns=(
        Column(
            "closedWithoutHousing",
            Words("Closed without housing", "Gesloten zonder huisvesting"),
            "persons",
            Sum("1"),
            {"phase": CLOSED, "completed": False},
        ),
        *(column for phase in PHASE_NAMES for column in _of(phase)),
    ),
    table=Grouped(
        select=parts,
        source="phases",
        key=("phase", "total_starts"),
        facets=("phase", "completed"),
        details={
            "started_on": "startedOn",
            "ended_on": "endedOn",
            "earlier_days": "earlierDays",
            "days": "days",
            "NOT over": "withinNorm",
        },
        also_present=municipalities_present,
    ),
    reads=("phases",),
    audience="persons",
)
