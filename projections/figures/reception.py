"""Who is in reception, in which region, and is that where they will be housed?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction

from domain.disclosure import round_count, round_share
from domain.norm_sets import DEFAULT_NORM, NORM_SETS
from domain.outflow_regions import REGION_OF, REGIONS
from domain.period import Period
from domain.reception_events import Aspect
from domain.rounding import Ratio
from domain.totals import COUNTRY
from projections.computed import Computed, Line
from projections.figure import Cell, Dimension, Figure, Part, Query, Source, Value, Words, column_of
from projections.figures.books import Inputs
from projections.figures.realisation import REALISATION
from projections.grouping import rows_at, times

UNKNOWN = "unknown"
_NORM = NORM_SETS[DEFAULT_NORM].total
#: Which persons a column counts.
_WHO: Mapping[str, str] = {
    "persons": "true",
    "inBeds": "NOT guest",
    "linked": "link_on IS NOT NULL",
    "guests": "guest",
    "overNorm": f"$on - permit_on > {_NORM}",
}
_KNOWN = "region IS NOT NULL"


class _Reception(Computed):
    """A line for every region, all of the country."""

    def lines(self, figure: Figure, query: Query) -> Iterable[Line]:
        """The persons of each region, and what of the country's quotas its provinces have."""
        counts = ", ".join(f"count(*) FILTER (WHERE {who})" for who in _WHO.values())
        found = query.tables.rows(
            f"SELECT coalesce(region::VARCHAR, '{UNKNOWN}'), {counts} FROM {rows_at('reception')} GROUP BY ALL",
            {**times(query), "on": query.asked.valid_on},
        )
        of_region = {region: dict(zip(_WHO, numbers, strict=True)) for region, *numbers in found}
        of_known = [of["persons"] for region, of in of_region.items() if region != UNKNOWN]
        known, told_known = sum(of_known), sum(map(round_count, of_known))
        quotas = _quotas(query)
        every = sum(quotas.values())
        for region in (*REGIONS, UNKNOWN):
            numbers = of_region.get(region, dict.fromkeys(_WHO, 0))
            here, quota = numbers["persons"], quotas.get(region, 0)
            share = Ratio(here, known) if known and region != UNKNOWN else None
            of_quotas = Ratio(quota, every) if every and region != UNKNOWN else None
            values: dict[str, Value] = {
                **numbers,
                "share": share,
                "quotaShare": of_quotas,
                "difference": _difference(share, of_quotas),
            }
            told_share = _told_share(here, told_known) if share is not None else None
            rounded: dict[str, Value] = {
                "inBeds": max(0, round_count(here) - round_count(numbers["guests"])),
                "share": told_share,
                "difference": _difference(told_share, of_quotas),
            }
            yield Line(COUNTRY, (region,), values, rounded)

    def line_parts(self, figure: Figure, query: Query, line: Line, column: str) -> Iterator[Part]:
        """The persons, the quotas of municipalities, or both."""
        (region,) = line.dimensions
        match column:
            case "share":
                yield from (part._replace(weights=(here, 1)) for part, here in _persons_of_regions(query, region))
            case "quotaShare":
                yield from _quota_parts(query, region, 1, 1)
            case "difference":
                persons, every = _persons_of_regions(query, region), sum(_quotas(query).values())
                yield from (part._replace(amount=every, weights=(here, 1)) for part, here in persons)
                yield from (part for part in _quota_parts(query, region, -len(persons), 0) if part.weights[0])
            case _:
                who = f"{_WHO[column]} AND coalesce(region::VARCHAR, '{UNKNOWN}') = $region"
                of_column: tuple[Aspect, ...] = ("guest",) if column in ("inBeds", "guests") else ()
                yield from (part for part, _ in _persons(query, who, region, *of_column))


def _quotas(query: Query) -> Mapping[str, int]:
    """The quotas of each region's municipalities in the half-year of the day; none without a national number."""
    period = Period.of(query.asked.valid_on)
    rows = Inputs.of(query.with_parameters(period=period)).rows(period, "municipality").values()
    found: dict[str, int] = dict.fromkeys(REGIONS, 0)
    for balance, *_ in rows:
        if balance.quota is None:
            return {}
        region = REGION_OF.get(balance.province or "")
        if region is not None:
            found[region] += balance.quota
    return found


def _quota_parts(query: Query, region: str, in_region: int, of_all: int) -> Iterator[Part]:
    """What the quotas of all provinces are made of, weighed in numerator and denominator."""
    asked = query.with_parameters(period=Period.of(query.asked.valid_on))
    for province, its_region in REGION_OF.items():
        weights = (in_region if its_region == region else 0, of_all)
        for part in REALISATION.parts(asked, Cell(province, {}, "quota")):
            yield part._replace(weights=weights)


def _persons_of_regions(query: Query, region: str) -> list[tuple[Part, int]]:
    """Every person whose region is known, with whether that is this one."""
    return _persons(query, _KNOWN, region)


def _persons(query: Query, who: str, region: str, *aspects: Aspect) -> list[tuple[Part, int]]:
    """Some persons, with whether their region is this one."""
    over_norm = {} if "$on" not in who else {"on": query.asked.valid_on}
    found = query.tables.rows(
        f"SELECT stream, municipality_code(municipality), coalesce(region::VARCHAR, '{UNKNOWN}') = $region "
        f"FROM {rows_at('reception')} WHERE {who} ORDER BY stream",
        {**times(query), **over_norm, "region": region},
    )
    source = Source("reception", ("region", *aspects))
    return [(Part(1, journey, None, source, municipality), int(here)) for journey, municipality, here in found]


def _told_share(here: int, told_known: int) -> Ratio | None:
    """The share of rounded persons: that of exact ones, beside the rounded, would often leave one number possible."""
    share = round_share(Ratio(round_count(here), told_known), here) if told_known else None
    return None if share is None else Ratio(*share.as_integer_ratio())


def _difference(share: Ratio | None, of_quotas: Ratio | None) -> Ratio | None:
    """The share of the persons less that of the quotas."""
    if share is None or of_quotas is None:
        return None
    found = Fraction(*share) - Fraction(*of_quotas)
    return Ratio(found.numerator, found.denominator)


RECEPTION = Figure(
    name="reception",
    questions=(19, 29),
    title=Words("In reception", "In de opvang"),
    definition=Words(
        "Permit holders in reception by COA's outflow region: in beds or as guests, linked or not, and over "
        f"{_NORM} days since the permit; which share of all whose region is known, beside the share that the region's "
        "provinces have in the quotas of the half-year.",
        "Vergunninghouders in de opvang naar uitstroomregio van het COA: op een opvangplek of logerend, gekoppeld of "
        f"niet, en langer dan {_NORM} dagen na de vergunning; welk aandeel van allen met een bekende regio, naast het "
        "aandeel van de provincies van de regio in de taakstellingen van het halfjaar.",
    ),
    counts=Words("Persons in reception.", "Personen in de opvang."),
    dimensions=(Dimension("region", Words("Outflow region", "Uitstroomregio"), values=(*REGIONS, UNKNOWN)),),
    columns=(
        column_of("persons", "Persons", "Personen"),
        column_of("inBeds", "In beds", "Op een opvangplek", from_rounded=True),
        column_of("linked", "Linked", "Gekoppeld"),
        column_of("guests", "Guests", "Logerend"),
        column_of("overNorm", "Over the norm", "Over de norm"),
        column_of(
            "share", "Share of persons", "Aandeel van de personen", "share", persons="persons", from_rounded=True
        ),
        column_of(
            "quotaShare",
            "Share of the quotas",
            "Aandeel in de taakstellingen",
            "share",
            persons="persons",
            public=True,
        ),
        column_of("difference", "Difference", "Verschil", "share", from_rounded=True),
    ),
    table=_Reception(),
    reads=("reception", "housings", "quota"),
    audience="persons",
    group_by=("country",),
)
