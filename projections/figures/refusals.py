"""How many homes were offered, accepted and refused, for which reasons, and were these good ones?"""

from __future__ import annotations

from typing import get_args

from projections.aggregates import Sum
from projections.figure import WINDOW, Column, Figure, Query, Words
from projections.grouping import Grouped, Rows, Select, times
from projections.states.offers import UNSTATED, Assessment
from projections.together import Ways


def parts(query: Query, rows: Rows) -> Select:
    """Offers, acceptances and refusals of the window."""
    statement = f"""
        SELECT stream, municipality, turn, kind, on_day, reason_code, assessment, accepted_later
        FROM {rows("offers")} WHERE on_day BETWEEN $from AND $to"""
    return Select(statement, {**times(query), "from": query.given["from"], "to": query.given["to"]})


def _offers(name: str, en: str, nl: str, condition: str) -> Column:
    return Column(name, Words(en, nl), "offers", Sum(f"({condition})::INTEGER"))


_REASONS: tuple[tuple[str, str, str, str], ...] = (
    ("refusedDistance", "distance", "Refused: distance", "Geweigerd: afstand"),
    ("refusedSize", "size", "Refused: size", "Geweigerd: grootte"),
    ("refusedCondition", "condition", "Refused: condition", "Geweigerd: staat van de woning"),
    ("refusedNeighbourhood", "neighbourhood", "Refused: neighbourhood", "Geweigerd: buurt"),
    ("refusedWorkOrEducation", "work-or-education", "Refused: work or education", "Geweigerd: werk of opleiding"),
    ("refusedFamily", "family", "Refused: family", "Geweigerd: familie"),
    ("refusedMedical", "medical", "Refused: medical reasons", "Geweigerd: medische redenen"),
    ("refusedRent", "rent", "Refused: rent", "Geweigerd: huur"),
    ("refusedOther", "other", "Refused: another reason", "Geweigerd: andere reden"),
    ("refusedUnstated", UNSTATED, "Refused: no reason stated", "Geweigerd: geen reden vermeld"),
)

REFUSALS = Figure(
    name="refusals",
    questions=(51,),
    title=Words("Offers and refusals", "Aanbiedingen en weigeringen"),
    definition=Words(
        "Homes offered, accepted and refused in the window; the refusals by reason and by how COA assessed them, and "
        "how many of them were followed by an acceptance in the same municipality.",
        "Woningen die in het venster zijn aangeboden, aanvaard en geweigerd; de weigeringen naar reden en naar het "
        "oordeel van het COA, en hoeveel daarvan gevolgd zijn door een aanvaarding in dezelfde gemeente.",
    ),
    counts=Words("Offers, where the offer was.", "Aanbiedingen, bij de gemeente van de aanbieding."),
    parameters=WINDOW,
    columns=(
        _offers("offers", "Offered", "Aangeboden", "kind = 'offered'"),
        _offers("accepted", "Accepted", "Aanvaard", "kind = 'accepted'"),
        _offers("refused", "Refused", "Geweigerd", "kind = 'refused'"),
        *(_offers(name, en, nl, f"reason_code = '{reason}'") for name, reason, en, nl in _REASONS),
        _offers("justified", "Justified", "Terecht", "assessment = 'justified'"),
        _offers("unjustified", "Not justified", "Onterecht", "assessment = 'unjustified'"),
        _offers("unassessed", "Not assessed", "Niet beoordeeld", "assessment = 'unassessed'"),
        _offers("acceptedLater", "Accepted later", "Later aanvaard", "accepted_later"),
    ),
    table=Grouped(parts, "offers", ("turn",), details={"kind": "kind", "on_day": "on"}),
    reads=("offers",),
    audience="persons",
    together=(Ways("refused", (tuple(name for name, *_ in _REASONS), get_args(Assessment))),),
)
