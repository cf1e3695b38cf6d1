"""Who lives temporarily, where and until when, beside the places that there are; and how many nights that was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from domain.areas import Statement
from domain.disclosure import STEP, round_count
from domain.months import months_later
from domain.temporary_stays import STAY_KINDS
from domain.totals import COUNTRY, GroupBy
from projections.areas import read_stated, source_of
from projections.computed import Computed, Line
from projections.engine import LAST_DAY
from projections.figure import OPTIONAL_WINDOW, Dimension, Figure, Part, Query, Row, Source, Value, Words, column_of
from projections.grouping import rows_at, times
from projections.municipalities import OF_MUNICIPALITIES, of_municipalities
from projections.together import Nested, Ways

_MONTHS = (3, 6, 12)
#: Which of those who live there on the day a column counts.
_WHO: Mapping[str, str] = {
    "persons": "true",
    "overdue": "until_on < ends[1]",
    **{f"within{months}": f"until_on BETWEEN ends[1] AND ends[{nth}]" for nth, months in enumerate(_MONTHS, start=2)},
    "openEnded": "until_on IS NULL",
}
# Who lives where on the day; `ends` are the day and those so many months after it.
_LIVING = f"""
    SELECT *, $ends::DATE[] AS ends
    FROM {rows_at("stays")} LEFT JOIN ({OF_MUNICIPALITIES}) ON posted = municipality"""
# All that the log knows of the days of the window, and not only what holds on the day asked: a row lasts as long as the
# stay does. Of each the days of it that lie in the window.
_STAYED = f"""
    SELECT stream, municipality, nth, kind, greatest(valid_from, $since) AS since, least(valid_until, $until) AS until
    FROM stays LEFT JOIN ({OF_MUNICIPALITIES}) ON posted = municipality
    WHERE known_from <= $position AND known_until > $position AND valid_from < $until AND valid_until > $since"""
_NIGHTS = f"SELECT nth, kind::VARCHAR, sum(until - since)::BIGINT FROM ({_STAYED}) GROUP BY ALL"
# How many are there from each day on that anybody comes or goes, as they are told: of the nights who gets rounded
# numbers is told as many as those would have stayed. Exact ones would show the stay of one person.
_NIGHTS_TOLD = f"""
    WITH changed AS (
        SELECT nth, kind, day, sum(persons)::INTEGER AS persons
        FROM (SELECT nth, kind, unnest([since, until]) AS day, unnest([1, -1]) AS persons FROM ({_STAYED}))
        GROUP BY ALL),
    there AS (
        SELECT nth, kind, sum(persons) OVER days AS persons, coalesce(lead(day) OVER days - day, 0) AS days
        FROM changed WINDOW days AS (PARTITION BY nth, kind ORDER BY day))
    SELECT nth, kind::VARCHAR, sum((persons + {STEP // 2}) // {STEP} * {STEP} * days)::BIGINT
    FROM there GROUP BY ALL"""
_Key = tuple[str, str]


class _Temporary(Computed):
    """A line for every municipality and kind where somebody lives, or of which places were stated."""

    def lines(self, figure: Figure, query: Query) -> Iterator[Line]:
        """Persons, beside places."""
        persons, places = _persons_by_key(query), _places_by_key(query)
        nights = None if _window(query) is None else _nights(query, _NIGHTS, "municipality")
        for code, kind in sorted({*persons, *places, *(nights or ())}):
            key = code, kind
            there, free = persons.get(key, dict.fromkeys(_WHO, 0)), places.get(key)
            values: dict[str, Value] = {
                **there,
                "places": free,
                "free": _left(free, there["persons"]),
                "nights": None if nights is None else nights.get(key, 0),
            }
            yield Line(code, (kind,), values, {"free": _left(free, round_count(there["persons"]))})

    def rows(self, figure: Figure, query: Query) -> list[Row]:
        """The rows, with the nights that follow from the rounded persons of each."""
        found = super().rows(figure, query)
        if _window(query) is None:
            return [row._replace(rounded={**row.rounded, "nights": None}) for row in found]
        nights = _nights(query, _NIGHTS_TOLD, query.group_by)
        told = ({"nights": nights.get((row.code, row.dimensions[0]), 0)} for row in found)
        return [row._replace(rounded={**row.rounded, **more}) for row, more in zip(found, told, strict=True)]

    def line_parts(self, figure: Figure, query: Query, line: Line, column: str) -> Iterator[Part]:
        """Persons, places, what is left of these, or the nights of each stay."""
        (kind,) = line.dimensions
        match column:
            case "places":
                yield from _places(query, line.code, kind)
            case "free":
                if line.values["free"]:
                    yield from _places(query, line.code, kind)
                    yield from _persons(query, line.code, kind, "persons", -1)
            case "nights":
                yield from _stayed(query, line.code, kind)
            case _:
                yield from _persons(query, line.code, kind, column, 1)


def _left(places: int | None, persons: int) -> int | None:
    return None if places is None else max(0, places - persons)


def _ends(query: Query) -> dict[str, Any]:
    """The day, and those so many months after it."""
    return {"ends": [months_later(query.asked.valid_on, months) for months in (0, *_MONTHS)]}


def _persons_by_key(query: Query) -> Mapping[_Key, dict[str, int]]:
    """What is counted of who lives somewhere on the day, by municipality and kind."""
    codes, parameters = of_municipalities(query.places, query.asked.valid_on, _municipality(query))
    counts = ", ".join(f"count(*) FILTER (WHERE {who})" for who in _WHO.values())
    found = query.tables.rows(
        f"SELECT nth, kind::VARCHAR, {counts} FROM ({_LIVING}) GROUP BY ALL",
        {**times(query), **_ends(query), **parameters},
    )
    return {
        (COUNTRY if nth is None else codes[nth], kind): dict(zip(_WHO, numbers, strict=True))
        for nth, kind, *numbers in found
    }


def _stated(query: Query) -> Mapping[str, Sequence[Statement]]:
    return read_stated(query.tables, query.asked, query.places, "temporary-places")


def _places_by_key(query: Query) -> Mapping[_Key, int]:
    """The places that were stated, by municipality and kind; what was never stated is not there."""
    found: dict[_Key, int] = {}
    for code, some in _stated(query).items():
        for one in some if query.only in (None, code) else ():
            key = code, str(one.accommodation)
            found[key] = found.get(key, 0) + (one.amount or 0)
    return found


def _window(query: Query) -> tuple[date, date] | None:
    """The days of the window up to the day asked: the first, and the one behind the last; None without a window."""
    first, last = query.given.get("from"), query.given.get("to")
    if first is None or last is None:
        return None
    return first, min(last, query.asked.valid_on, LAST_DAY) + timedelta(days=1)


def _nights(query: Query, statement: str, group_by: GroupBy) -> Mapping[_Key, int]:
    """The nights of the window by group and kind."""
    window = _window(query)
    if window is None or window[1] <= window[0]:
        return {}
    names, parameters = _groups(query, group_by)
    found = query.tables.rows(statement, {**_of_window(query, window), **parameters})
    return {(COUNTRY if nth is None else names[nth], kind): nights for nth, kind, nights in found}


def _groups(query: Query, group_by: GroupBy) -> tuple[Sequence[str], Mapping[str, list[int]]]:
    """The groups, and the parameters that say which codes count for which of them; the country has what is in none."""
    if group_by == "country":
        return [], {"posted": [], "nths": []}
    codes, parameters = of_municipalities(query.places, query.asked.valid_on, _municipality(query))
    if group_by == "municipality":
        return codes, parameters
    provinces = [query.places.province(code) for code in codes]
    names = sorted(set(provinces))
    return names, {**parameters, "nths": [names.index(provinces[nth]) for nth in parameters["nths"]]}


def _municipality(query: Query) -> str | None:
    """The only municipality that matters."""
    return query.only if query.group_by == "municipality" else None


def _of_window(query: Query, window: tuple[date, date]) -> dict[str, Any]:
    return {"position": query.asked.position, "since": window[0], "until": window[1]}


def _places(query: Query, code: str, kind: str) -> Iterator[Part]:
    for one in _stated(query).get(code, ()):
        if one.accommodation == kind and one.amount:
            details = {"kind": "stated", "code": one.area, "accommodation": kind}
            yield Part(one.amount, None, one.area, source_of(one), one.area, details)


def _persons(query: Query, code: str, kind: str, column: str, sign: int) -> Iterator[Part]:
    """Who lives somewhere on the day."""
    found = query.tables.rows(
        f"SELECT stream, municipality_code(municipality), since_on, until_on FROM ({_LIVING}) "
        f"WHERE nth IS NOT DISTINCT FROM $nth AND kind::VARCHAR = $kind AND ({_WHO[column]}) ORDER BY stream",
        {**times(query), **_ends(query), **_of_line(query, code, kind)},
    )
    for journey, municipality, since, until in found:
        details = {"startedOn": since, "endedOn": until}
        yield Part(sign, journey, None, Source("stays", ()), municipality, details)


def _stayed(query: Query, code: str, kind: str) -> Iterator[Part]:
    """The nights of each stay in the window."""
    window = _window(query)
    if window is None or window[1] <= window[0]:
        return
    found = query.tables.rows(
        f"SELECT stream, municipality_code(municipality), since, until - since, until - 1 FROM ({_STAYED}) "
        "WHERE nth IS NOT DISTINCT FROM $nth AND kind::VARCHAR = $kind ORDER BY stream, since",
        {**_of_window(query, window), **_of_line(query, code, kind)},
    )
    for journey, municipality, since, nights, last in found:
        details = {"startedOn": since, "endedOn": last}
        # What ended it the day after is behind it too.
        on = min(last + timedelta(days=1), query.asked.valid_on)
        yield Part(nights, journey, None, Source("stays", (last,), on), municipality, details)


def _of_line(query: Query, code: str, kind: str) -> dict[str, Any]:
    only = None if code == COUNTRY else code
    codes, parameters = of_municipalities(query.places, query.asked.valid_on, only)
    return {**parameters, "nth": None if only is None else codes.index(only), "kind": kind}


TEMPORARY = Figure(
    name="temporary",
    questions=(41, 42, 43, 45),
    title=Words("Temporary stays", "Tijdelijke huisvesting"),
    definition=Words(
        "Who lives temporarily on the day, by kind of accommodation, and who is a guest with hosts, beside the places "
        "that the municipality stated. The former are counted for the quota already and still need a lasting home. "
        "Until when is as it was agreed with the housing, the stay or the home; else a hotel is for 6 months and a "
        "guest stays for 3. With a window also the nights: for each day of it up to the day those who live there at "
        "its end.",
        "Wie op de peildatum tijdelijk woont, naar soort huisvesting, en wie logeert (logeerregeling), naast de "
        "plekken die de gemeente heeft opgegeven. De eersten tellen al mee voor de taakstelling en hebben nog een "
        "blijvende woning nodig. Tot wanneer is zoals bij de huisvesting, het verblijf of de woning is afgesproken; "
        "anders is een hotel voor 6 maanden en logeert een gast 3 maanden. Met een venster ook de overnachtingen: voor "
        "elke dag daarvan tot en met de peildatum wie er aan het eind van die dag woont.",
    ),
    counts=Words(
        "Persons, where they are housed; guests where they belong.",
        "Personen, waar zij gehuisvest zijn; gasten bij de gemeente waar zij bij horen.",
    ),
    parameters=OPTIONAL_WINDOW,
    dimensions=(Dimension("accommodation", Words("Accommodation", "Huisvesting"), values=STAY_KINDS),),
    columns=(
        column_of("places", "Places", "Plekken", "places", public=True, sums="known"),
        column_of("persons", "Persons", "Personen"),
        column_of("free", "Free places", "Vrije plekken", "places", from_rounded=True, sums="known"),
        column_of("overdue", "Over the last day", "Over de einddatum"),
        *(
            column_of(f"within{months}", f"Until within {months} months", f"Tot binnen {months} maanden")
            for months in _MONTHS
        ),
        column_of("openEnded", "Without a last day", "Zonder einddatum"),
        column_of("nights", "Nights in the window", "Overnachtingen in het venster", "nights", from_rounded=True),
    ),
    table=_Temporary(),
    reads=("stays", "areas"),
    audience="persons",
    together=(
        Ways("persons", (("overdue", f"within{_MONTHS[-1]}", "openEnded"),), every=False),
        Nested(tuple(f"within{months}" for months in _MONTHS)),
    ),
)
