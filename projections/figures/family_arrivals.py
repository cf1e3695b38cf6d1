"""Family by month: who arrived, and when those are expected who may come and did not yet."""

from __future__ import annotations

from domain.family import DAYS_FROM_GRANT, DAYS_FROM_VISA
from projections.aggregates import Sum
from projections.figure import WINDOW, Column, Dimension, Figure, Query, Words
from projections.grouping import Grouped, Rows, RowsOf, Select, times
from projections.states.arrivals import ARRIVED
from projections.states.referents import AWAITED

_ARRIVED, _EXPECTED = "arrived", "expected"
#: Of one referent perhaps several.
_PERSONS = Sum("persons", several="DISTINCT stream")


def parts(query: Query, rows: Rows) -> Select:
    """What arrived in the window, and of each referent those expected by a visa and those by a decision alone."""
    # As in domain/family.py. A day that is past is today.
    statement = f"""
        WITH awaiting AS (
            SELECT stream, municipality, granted_on, visa_on, {AWAITED} AS awaited,
                least(awaited, greatest(0, visas - arrived)) AS with_visa
            FROM {rows("referents")}),
        expected AS (
            SELECT stream, municipality, greatest($on, visa_on + {DAYS_FROM_VISA}) AS on_day, with_visa AS persons,
                'visa' AS way
            FROM awaiting WHERE with_visa > 0
            UNION ALL
            SELECT stream, municipality, greatest($on, granted_on + {DAYS_FROM_GRANT}), awaited - with_visa, 'grant'
            FROM awaiting WHERE awaited > with_visa),
        each AS (
            SELECT stream, municipality, '{_ARRIVED}' AS what, on_day, persons, turn, NULL AS way
            FROM ({ARRIVED.format(arrivals=rows("arrivals"))})
            UNION ALL
            SELECT stream, municipality, '{_EXPECTED}', on_day, persons, NULL, way FROM expected)
        SELECT *, format('{{:04d}}-{{:02d}}', year(on_day), month(on_day)) AS month
        FROM each WHERE on_day BETWEEN $from AND $to"""
    of_window = {"from": query.given["from"], "to": query.given["to"]}
    return Select(statement, {**times(query), "on": query.asked.valid_on, **of_window})


FAMILY_ARRIVALS = Figure(
    name="family-arrivals",
    questions=(40,),
    title=Words("Family arrived and expected", "Nareizigers aangekomen en verwacht"),
    definition=Words(
        "Family that arrived in each month of the window up to the day, and those who may come and did not yet: those "
        f"with a visa {DAYS_FROM_VISA} days after the newest one, the others {DAYS_FROM_GRANT} days after the newest "
        "decision that grants, and none before the day. When somebody comes is an estimate, and no norm.",
        "Gezinsleden die in elke maand van het venster tot en met de peildatum zijn aangekomen, en wie mogen komen en "
        f"dat nog niet deden: met een visum {DAYS_FROM_VISA} dagen na het nieuwste, de anderen {DAYS_FROM_GRANT} dagen "
        "na het nieuwste besluit dat inwilligt, en niet voor de peildatum. Wanneer iemand komt is een schatting en "
        "geen norm.",
    ),
    counts=Words(
        "Persons, where the referent belongs, by month.",
        "Personen, bij de gemeente waar de referent bij hoort, per maand.",
    ),
    parameters=WINDOW,
    dimensions=(Dimension("month", Words("Month", "Maand")),),
    columns=(
        Column("arrived", Words("Arrived", "Aangekomen"), "persons", _PERSONS, at={"what": _ARRIVED}),
        Column("expected", Words("Expected", "Verwacht"), "persons", _PERSONS, at={"what": _EXPECTED}),
    ),
    table=Grouped(
        parts,
        facets=("what",),
        details={"on_day": "on"},
        sources={
            _ARRIVED: RowsOf("arrivals", ("turn",)),
            _EXPECTED: RowsOf("referents", ("way",), ("decided", "visas", "arrived")),
        },
    ),
    reads=("arrivals", "referents"),
    audience="persons",
)
