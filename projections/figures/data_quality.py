"""Who delivers late, contradicting or incomplete?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from uuid import UUID

from domain.rounding import Ratio
from domain.totals import COUNTRY
from projections.aggregates import P90, Median
from projections.computed import Computed, Line
from projections.deliveries import LATE_AFTER, Kind, OfOrganisation, deliveries_from, lateness, read_deliveries
from projections.errors import Refused
from projections.figure import (
    WINDOW,
    Cell,
    Dimension,
    Figure,
    Part,
    PartsOfCell,
    Query,
    Source,
    Value,
    Words,
    column_of,
)
from projections.grouping import times
from projections.together import Ways

#: Events that may be listed at once, as a comparison of two moments does; a page of them is always told.
MOST_PARTS = 20_000


class DataQuality(Computed):
    """The table: a line an organisation."""

    reads_log = True

    def lines(self, figure: Figure, query: Query) -> Iterable[Line]:
        """Everybody who had something recorded or refused in the window, or of whose events something is found."""
        log = query.log
        delivered, found = _delivered(query), _findings(query)
        rejected = {} if log is None else log.rejected(*_window(query))
        refused = {sender: sum(by_day.values()) for sender, by_day in rejected.items()}
        for organisation in sorted({*delivered, *refused, *found}):
            values: dict[str, Value] = {
                "rejected": refused.get(organisation, 0),
                "findings": found.get(organisation, 0),
                "medianLateness": None,
                "p90Lateness": None,
            }
            if of := delivered.get(organisation):
                values |= {
                    "events": of.events,
                    "corrections": of.corrections,
                    "withdrawals": of.withdrawals,
                    "late": of.late,
                    "medianLateness": percentile(of.lateness, 5),
                    "p90Lateness": percentile(of.lateness, 9),
                }
            yield Line(COUNTRY, (organisation,), values)

    def line_parts(self, figure: Figure, query: Query, line: Line, column: str) -> Iterator[Part]:
        """Events, each from its stream; of what was refused the days, of which nothing is in the log.

        Raises Refused where they are more events than can be listed at once.
        """
        (organisation,), log = line.dimensions, query.log
        if column == "findings":
            yield from _parts_of_findings(query, organisation)
        elif column == "rejected":
            refused = {} if log is None else log.rejected(*_window(query))
            for day, count in sorted(refused.get(organisation, {}).items()):
                yield Part(count, details={"kind": "refused", "on": day})
        else:
            of = _delivered(query).get(organisation, OfOrganisation())
            if (there := getattr(of, _KINDS[column])) > MOST_PARTS:
                what = f"asks for more than {MOST_PARTS} events at once; ask about fewer days"
                raise Refused("from", "too-many-events", what)
            yield from _parts_of_events(query, organisation, column, 0, there)

    def some_parts(self, figure: Figure, query: Query, cell: Cell, after: int, most: int) -> PartsOfCell:
        """Of events only those asked about are read: what all of them come to is counted."""
        if cell.column not in _KINDS:
            return super().some_parts(figure, query, cell, after, most)
        organisation = cell.dimensions["organisation"]
        of = _delivered(query).get(organisation, OfOrganisation())
        count: int = getattr(of, _KINDS[cell.column])
        days = sum(days * versions for days, versions in of.lateness.items())
        amount = days if cell.column in _OF_DAYS else count
        return PartsOfCell(list(_parts_of_events(query, organisation, cell.column, after, most)), count, amount)


_OF_DAYS = ("medianLateness", "p90Lateness")
#: Which versions of events the columns are of that are of such.
_KINDS: Mapping[str, Kind] = {
    "events": "events",
    "corrections": "corrections",
    "withdrawals": "withdrawals",
    "late": "late",
    **dict.fromkeys(_OF_DAYS, "events"),
}


def _window(query: Query) -> tuple[date, date]:
    """The days asked about: nothing after the day asked counts, also where a window ends later."""
    return query.given["from"], min(query.given["to"], query.asked.valid_on)


def _delivered(query: Query) -> Mapping[str, OfOrganisation]:
    """What each organisation had recorded, counted once."""
    key = ("delivered", *_window(query))
    if key not in query.cache:
        log, position = query.log, query.asked.position
        query.cache[key] = {} if log is None else read_deliveries(log, query.tables, position, *_window(query))
    found: Mapping[str, OfOrganisation] = query.cache[key]
    return found


def _parts_of_events(query: Query, organisation: str, column: str, after: int, most: int) -> Iterator[Part]:
    if query.log is None:
        return
    window = query.asked.position, *_window(query)
    for event in deliveries_from(query.log, query.tables, window, organisation, _KINDS[column], after, most):
        amount = lateness(event.recorded_on, event.effective_on) if column in _OF_DAYS else 1
        yield _of_stream(amount, event.stream, event.said_of, Source("events", (event.position,)), event.recorded_on)


def _of_stream(amount: int, stream: UUID, said_of: str | None, source: Source, on: date) -> Part:
    return Part(amount, stream if said_of is None else None, said_of, source, None, {"on": on})


def percentile(counts: Mapping[int, int], tenths: int) -> Ratio | None:
    """The number so many tenths up a list of numbers, of each of which it says how often it stands there; between two
    of them as near to the second as it is.
    """
    last = sum(counts.values()) - 1
    if last < 0:
        return None
    whole, rest = divmod(last * tenths, 10)
    below, above = _nth(counts, whole), _nth(counts, min(whole + 1, last))
    return Ratio(10 * below + rest * (above - below), 10)


def _nth(counts: Mapping[int, int], nth: int) -> int:
    for number, count in sorted(counts.items()):
        nth -= count
        if nth < 0:
            return number
    raise IndexError(nth)


def _findings(query: Query) -> dict[str, int]:
    """How many findings in force are on events of each organisation."""
    found = query.tables.rows(
        "SELECT organisation_oin(organisation), count(*) FROM findings_at($day, $position) "
        "WHERE organisation IS NOT NULL GROUP BY organisation",
        times(query),
    )
    return dict(found)


def _parts_of_findings(query: Query, organisation: str) -> Iterator[Part]:
    found = query.tables.rows(
        "SELECT stream, said_of, code::VARCHAR, position, on_day FROM findings_at($day, $position) "
        "WHERE organisation = $organisation::HUGEINT ORDER BY stream, code, position",
        {**times(query), "organisation": organisation},
    )
    for stream, said_of, code, position, on in found:
        part = _of_stream(1, stream, said_of, Source("findings", (code, position)), on)
        yield part._replace(details={"kind": code, "on": on})


DATA_QUALITY = Figure(
    name="data-quality",
    questions=(59,),
    title=Words("Quality of what is delivered", "Kwaliteit van de aanlevering"),
    definition=Words(
        "By the organisation that the source of an event names: every version of an event recorded on a day of the "
        "window, among them corrections and withdrawals; those recorded more than "
        f"{LATE_AFTER} days after the day they tell of, and how many days after; what was refused, by the day of "
        "receipt and whoever sent it; and of the findings in "
        "force on the day those on its events; not a quota below zero, which no one event says.",
        "Naar de organisatie die de bron van een gebeurtenis noemt: elke versie van een gebeurtenis die op een dag van "
        "het venster is vastgelegd, daaronder correcties en intrekkingen; wat meer dan "
        f"{LATE_AFTER} dagen na de ingangsdatum is "
        "vastgelegd, en hoeveel dagen erna; wat is geweigerd, naar de dag van ontvangst en de afzender; en van de "
        "bevindingen op de peildatum die aan haar gebeurtenissen; niet een taakstelling onder nul, die geen enkele "
        "gebeurtenis zegt.",
    ),
    counts=Words(
        "Versions of events, in the country, by the day in Amsterdam on which they were recorded.",
        "Versies van gebeurtenissen, in het land, naar de dag in Amsterdam waarop zij zijn vastgelegd.",
    ),
    parameters=WINDOW,
    dimensions=(Dimension("organisation", Words("Organisation (OIN)", "Organisatie (OIN)")),),
    columns=(
        column_of("events", "Events", "Gebeurtenissen", "events"),
        column_of("corrections", "Corrections", "Correcties", "events"),
        column_of("withdrawals", "Withdrawals", "Intrekkingen", "events"),
        column_of("rejected", "Refused", "Geweigerd", "events"),
        column_of("late", "Late", "Te laat", "events"),
        column_of(
            "medianLateness",
            "Days late, median",
            "Dagen te laat, mediaan",
            "days",
            aggregate=Median("days"),
            persons="events",
        ),
        column_of(
            "p90Lateness",
            "Days late, 90th percentile",
            "Dagen te laat, 90e percentiel",
            "days",
            aggregate=P90("days"),
            persons="events",
        ),
        column_of("findings", "Findings", "Bevindingen", "events"),
    ),
    table=DataQuality(),
    reads=("findings",),
    audience="persons",
    group_by=("country",),
    together=(Ways("events", (("corrections", "withdrawals"),), every=False),),
)
