"""Which households wait for a home, which homes are free for them, and where are too few or too many of a size?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from domain.ages import younger_from
from domain.areas import Statement
from domain.disclosure import numbers_leave_open, round_count
from domain.homes import LEAST_PERSONS, PERSONS_A_BEDROOM, SIZES, HouseholdSize, size_of_home
from domain.reception_events import Aspect
from domain.totals import COUNTRY
from projections.areas import read_stated, source_of
from projections.computed import Computed, Line
from projections.figure import Dimension, Figure, Part, Query, Source, Value, Words, column_of
from projections.grouping import rows_at, times
from projections.municipalities import OF_MUNICIPALITIES, of_municipalities
from projections.together import Together

#: Who is younger and lives alone gets a lower benefit, and a home with a lower rent.
_YOUNG = 23
#: Every person in reception: in which line, of which household, and how many need a home once their family is there.
_PERSONS = f"""
    SELECT stream, municipality, nth, household, link_on IS NOT NULL AS linked, born, adapted_on IS NOT NULL AS adapted,
        1::BIGINT + undecided + awaited AS with_family
    FROM {rows_at("reception")} LEFT JOIN ({OF_MUNICIPALITIES}) ON posted = municipality"""
#: The place of a number of persons among the sizes.
_SIZE = " + ".join(f"(persons >= {least})::INTEGER" for least in LEAST_PERSONS[1:])
#: Bedrooms for a number of persons.
_BEDROOMS = f"({{}} + {PERSONS_A_BEDROOM - 1}) // {PERSONS_A_BEDROOM}"
#: What else is told of a person who counts in a column: aspects of `reception_events`.
_TOLD_BY: Mapping[str, tuple[Aspect, ...]] = {
    "adapted": ("adapted",),
    "under23": ("born",),
    "afterReunification": ("family",),
    "bedrooms": ("family",),
}
_COUNTS = ("households", "persons", "adapted", "under23", "afterReunification", "bedrooms")
# Who has no key is a household alone.
_HOUSEHOLDS = f"""
    WITH person AS ({_PERSONS}), household AS (
        SELECT nth, count(*) AS persons, bool_or(adapted) AS adapted, min(born) AS born,
            sum(with_family)::BIGINT AS with_family
        FROM person WHERE household IS NOT NULL GROUP BY nth, household HAVING bool_or(linked)
        UNION ALL
        SELECT nth, 1, adapted, born, with_family FROM person WHERE household IS NULL AND linked)
    SELECT nth, {_SIZE}, count(*), sum(persons)::BIGINT, count(*) FILTER (WHERE adapted),
        count(*) FILTER (WHERE persons = 1 AND born >= $young), sum(with_family)::BIGINT,
        sum({_BEDROOMS.format("with_family")})::BIGINT
    FROM household GROUP BY ALL"""
# What each person adds: to what is counted by household the first who is linked, or needs an adapted home; to bedrooms
# one where half a bedroom more was needed.
_MEMBERS = f"""
    WITH person AS ({_PERSONS}), member AS (
        SELECT *, count(*) OVER household AS persons, bool_or(linked) OVER household AS counted,
            row_number() OVER (household ORDER BY NOT linked, stream) = 1 AS first,
            row_number() OVER (household ORDER BY NOT adapted, stream) = 1 AND adapted AS first_adapted,
            sum(with_family) OVER (household ORDER BY stream) AS so_far
        FROM person WHERE nth IS NOT DISTINCT FROM $nth
        WINDOW household AS (PARTITION BY household, CASE WHEN household IS NULL THEN stream END))
    SELECT stream, municipality_code(municipality), first::INTEGER, 1, first_adapted::INTEGER,
        (persons = 1 AND coalesce(born >= $young, false))::INTEGER, with_family,
        ({_BEDROOMS.format("so_far")} - {_BEDROOMS.format("(so_far - with_family)")})::BIGINT
    FROM member WHERE counted AND {_SIZE} = $size ORDER BY stream"""


class _Households(Computed):
    """A line for every municipality and size of household."""

    def lines(self, figure: Figure, query: Query) -> Iterator[Line]:
        """The households of which somebody is linked, beside the homes that were stated."""
        codes, parameters = of_municipalities(query.places, query.asked.valid_on, query.only)
        given = {**times(query), **parameters, "young": younger_from(_YOUNG, query.asked.valid_on)}
        found: dict[tuple[str, HouseholdSize], dict[str, int]] = {}
        for nth, size, *counts in query.tables.rows(_HOUSEHOLDS, given):
            code = COUNTRY if nth is None else codes[nth]
            found[code, SIZES[size]] = dict(zip(_COUNTS, counts, strict=True))
        homes = {code: _homes_by_size(some) for code, some in _statements(query).items()}
        for code in (*codes, COUNTRY):
            for size in SIZES:
                counts_of_size = found.get((code, size), {})
                if counts_of_size or code in homes:
                    yield _line(code, size, counts_of_size, homes.get(code))

    def line_parts(self, figure: Figure, query: Query, line: Line, column: str) -> Iterator[Part]:
        """The persons of households, the homes that were stated, or both where one is left over."""
        (size,) = line.dimensions
        match column:
            case "homes" | "adaptedHomes":
                yield from _homes(query, line.code, size, column, 1)
            case "lack" | "spare":
                sign = 1 if column == "lack" else -1
                if line.values[column]:
                    yield from _persons(query, line.code, size, "households", sign)
                    yield from _homes(query, line.code, size, "homes", -sign)
            case _:
                yield from _persons(query, line.code, size, column, 1)


def _line(
    code: str, size: HouseholdSize, counts: Mapping[str, int], homes: Mapping[HouseholdSize, tuple[int, int]] | None
) -> Line:
    values: dict[str, Value] = {**counts, **dict.fromkeys(("homes", "adaptedHomes", "lack", "spare"))}
    if homes is None:
        return Line(code, (size,), values, dict.fromkeys(("lack", "spare")))
    there, adapted = homes.get(size, (0, 0))
    households = counts.get("households", 0)
    values |= {"homes": there, "adaptedHomes": adapted, **_left_over(households, there)}
    return Line(code, (size,), values, _left_over(round_count(households), there))


def _left_over(households: int, homes: int) -> dict[str, int]:
    return {"lack": max(0, households - homes), "spare": max(0, homes - households)}


def _statements(query: Query) -> Mapping[str, Sequence[Statement]]:
    """The homes that count for each municipality, by its code."""
    return read_stated(query.tables, query.asked, query.places, "homes")


def _homes_by_size(some: Iterable[Statement]) -> dict[HouseholdSize, tuple[int, int]]:
    """How many homes there are for each size, and how many of them are adapted."""
    found: dict[HouseholdSize, tuple[int, int]] = {}
    for one in some:
        size = size_of_home(one.bedrooms or 0)
        there, adapted = found.get(size, (0, 0))
        found[size] = there + (one.amount or 0), adapted + (one.amount or 0) * bool(one.adapted)
    return found


def _homes(query: Query, code: str, size: HouseholdSize, column: str, sign: int) -> Iterator[Part]:
    for one in _statements(query).get(code, ()):
        counts = size_of_home(one.bedrooms or 0) == size and (one.adapted or column == "homes")
        if counts and one.amount:
            details = {"kind": "stated", "code": one.area, "bedrooms": one.bedrooms, "adapted": one.adapted}
            yield Part(sign * one.amount, None, one.area, source_of(one), one.area, details)


def _persons(query: Query, code: str, size: HouseholdSize, column: str, sign: int) -> Iterator[Part]:
    only = None if code == COUNTRY else code
    codes, parameters = of_municipalities(query.places, query.asked.valid_on, only)
    given = {
        **times(query),
        **parameters,
        "young": younger_from(_YOUNG, query.asked.valid_on),
        "nth": None if only is None else codes.index(only),
        "size": SIZES.index(size),
    }
    for journey, municipality, *adds in query.tables.rows(_MEMBERS, given):
        if amount := adds[_COUNTS.index(column)]:
            source = Source("reception", ("household", *_TOLD_BY.get(column, ())))
            yield Part(sign * amount, journey, None, source, municipality)


class _Members(Together):
    """Households of a size, the persons in them, and what they will need: one tells of the other."""

    def instead(self, told: Mapping[str, Any]) -> Mapping[str, Any]:
        """Nothing of persons and what they will need, where households are none or would be told more closely."""
        numbers = tuple(told[name] for name in ("households", *_OF_MEMBERS))
        return {} if told["households"] and _leaves_open(told["size"], numbers) else dict.fromkeys(_OF_MEMBERS)


_OF_MEMBERS = ("persons", "afterReunification", "bedrooms")


@lru_cache(maxsize=4_096)
def _leaves_open(size: HouseholdSize, told: tuple[int, ...]) -> bool:
    nth = SIZES.index(size)
    least, larger = LEAST_PERSONS[nth], LEAST_PERSONS[nth + 1 :]

    def possible(households: int, persons: int, after: int, bedrooms: int) -> bool:
        return (
            households * least <= persons
            and (not larger or persons <= households * (larger[0] - 1))
            and (persons <= after if households else after == 0)
            # Half of each household's persons, rounded up.
            and after <= 2 * bedrooms <= after + households
            and bedrooms >= households * ((least + 1) // 2)
        )

    return numbers_leave_open(told, possible)


def municipal_lines(query: Query) -> Mapping[tuple[str, HouseholdSize], Line]:
    """The line of every municipality and size, whatever rows are asked for."""
    asked = replace(query, group_by="municipality", only=None)
    key = "lines of households"
    if key not in query.cache:
        query.cache[key] = {(line.code, line.dimensions[0]): line for line in HOUSEHOLDS_TABLE.lines(HOUSEHOLDS, asked)}
    found: Mapping[tuple[str, HouseholdSize], Line] = query.cache[key]
    return found


_OF_HOMES: dict[str, Any] = {"sums": "known"}
HOUSEHOLDS_TABLE = _Households()
HOUSEHOLDS = Figure(
    name="households",
    questions=(21, 39),
    title=Words("Households and homes by size", "Huishoudens en woningen naar grootte"),
    definition=Words(
        "Households in reception of which somebody is linked, by their number of persons, beside the homes that the "
        "municipality stated to be free for permit holders: none or one bedroom for one person, two for two, three and "
        "four for three to five, more for larger ones.",
        "Huishoudens in de opvang van wie iemand gekoppeld is, naar het aantal personen, naast de woningen die de "
        "gemeente als vrij voor vergunninghouders heeft opgegeven: geen of één slaapkamer voor één persoon, twee voor "
        "twee, drie en vier voor drie tot vijf, meer voor grotere huishoudens.",
    ),
    counts=Words("Households, where they belong.", "Huishoudens, bij de gemeente waar zij bij horen."),
    dimensions=(Dimension("size", Words("Persons in the household", "Personen in het huishouden"), values=SIZES),),
    columns=(
        column_of("households", "Households", "Huishoudens", "households"),
        column_of("persons", "Persons", "Personen", "persons"),
        column_of("adapted", "In need of an adapted home", "Aangepaste woning nodig", "households"),
        column_of("under23", f"Alone and younger than {_YOUNG}", f"Alleen en jonger dan {_YOUNG}", "households"),
        column_of("homes", "Homes", "Woningen", "homes", public=True, **_OF_HOMES),
        column_of("adaptedHomes", "Adapted homes", "Aangepaste woningen", "homes", public=True, **_OF_HOMES),
        column_of("lack", "Too few homes", "Woningen te kort", "households", from_rounded=True, **_OF_HOMES),
        column_of("spare", "Homes to spare", "Woningen over", "homes", from_rounded=True, **_OF_HOMES),
        column_of("afterReunification", "Persons after reunification", "Personen na gezinshereniging", "persons"),
        column_of("bedrooms", "Bedrooms after reunification", "Slaapkamers na gezinshereniging", "bedrooms"),
    ),
    table=HOUSEHOLDS_TABLE,
    reads=("reception", "areas"),
    audience="persons",
    together=(_Members(),),
)
