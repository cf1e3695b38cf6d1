"""How long does it take until a permit holder has the residence document, a bsn, an account: and who has none yet?"""

from __future__ import annotations

from domain.dossier import REQUIRED_ITEMS
from projections.aggregates import P90, Aggregate, Mean, Median, Sum
from projections.figure import WINDOW, Column, Dimension, Figure, Query, Words
from projections.grouping import Grouped, Rows, RowsOf, Select, times
from projections.states.documents import DOCUMENTS
from projections.states.links import MISSING
from projections.states.phases import BELONGS
from projections.units import Unit

#: Whether who is in reception does not have an item.
_LACKS: dict[str, str] = {
    "residence-document": "NOT document",
    **{item: f"missing & {MISSING[item]} > 0" for item in REQUIRED_ITEMS},
    "brp-registration": "NOT brp",
}


def parts(query: Query, rows: Rows) -> Select:
    """What was first had in the window, where the person belongs now, and what those in reception do not have."""
    lacked = " UNION ALL ".join(
        f"SELECT stream, municipality, '{item}'::document, false, $on - permit_on FROM waiting WHERE {lacks}"
        for item, lacks in _LACKS.items()
    )
    # Of all that is known of places only what is needed: ten times as many as came to have something in the window.
    belongs = f"SELECT * FROM ({BELONGS.format(phases=rows('phases'))}) WHERE stream IN (SELECT stream FROM came)"
    statement = f"""
        WITH came AS MATERIALIZED (
            SELECT stream, item, days FROM {rows("documents")} WHERE on_day BETWEEN $from AND $to),
        waiting AS MATERIALIZED (
            SELECT stream, municipality, permit_on, document, missing, brp FROM {rows("reception")})
        SELECT stream, municipality, item, true AS had, days
        FROM came LEFT JOIN ({belongs}) USING (stream)
        UNION ALL {lacked}"""
    window = {name: query.given[name] for name in ("from", "to")}
    return Select(statement, {**times(query), **window, "on": query.asked.valid_on})


_HAD, _LACKED = {"had": True}, {"had": False}


def _of_those_had(name: str, en: str, nl: str, aggregate: Aggregate, unit: Unit = "days") -> Column:
    return Column(name, Words(en, nl), unit, aggregate, _HAD, persons="completed" if unit == "days" else None)


DOCUMENTS_FIRST_HAD = Figure(
    name="documents",
    questions=(33,),
    title=Words("Documents after the permit", "Documenten na de vergunning"),
    definition=Words(
        "Days from the permit until somebody first had the residence document, a bsn, an identity document, an account "
        "or the registration of persons, of those first had in the window; and who of those in reception does not have "
        "it on the day, for how many days since the permit.",
        "Dagen van de vergunning tot iemand voor het eerst de verblijfspas, een bsn, een identiteitsdocument, een "
        "rekening of de BRP-inschrijving had, van wat in het venster voor het eerst kwam; en wie van de personen in de "
        "opvang het op de peildatum niet heeft, en hoeveel dagen na de vergunning.",
    ),
    counts=Words("Persons, where they belong.", "Personen, bij de gemeente waar zij bij horen."),
    parameters=WINDOW,
    dimensions=(Dimension("item", Words("Document", "Document"), values=DOCUMENTS),),
    columns=(
        _of_those_had("completed", "First had", "Voor het eerst verkregen", Sum("1"), "persons"),
        _of_those_had("mean", "Days from the permit: mean", "Dagen na de vergunning: gemiddeld", Mean("days")),
        _of_those_had("median", "Days from the permit: median", "Dagen na de vergunning: mediaan", Median("days")),
        _of_those_had("p90", "Days from the permit: 90th percentile", "Dagen na de vergunning: P90", P90("days")),
        Column("open", Words("Not there", "Ontbreekt nog"), "persons", Sum("1"), _LACKED),
        Column(
            "openMedian",
            Words("Not there: days since the permit (median)", "Ontbreekt nog: dagen sinds de vergunning (mediaan)"),
            "days",
            Median("days"),
            _LACKED,
            "open",
        ),
    ),
    table=Grouped(
        parts,
        facets=("had",),
        details={"days": "days"},
        # Of a person in reception the item is what is looked at.
        sources={True: RowsOf("documents", ("item",)), False: RowsOf("reception", ("item",))},
    ),
    reads=("documents", "phases", "reception"),
    audience="persons",
)
