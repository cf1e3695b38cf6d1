"""Tables of part 2, section 4, about persons: links, reception, expected, households, swaps and refusals."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal, localcontext
from fractions import Fraction
from math import ceil
from typing import Any

from tests.independent.balances import Balances
from tests.independent.half_years import first_day, months_later, months_touched, period_of
from tests.independent.land import DAY
from tests.independent.lives import Life
from tests.independent.quota_tables import permits_forecast
from tests.independent.rows import Asked, Row, left_in, shared, summed
from tests.independent.statements import in_effect

SIZES = ("1", "2", "3-5", "6+")
CHILDREN = ("0-3", "4-11", "12-15", "16-17")


def _zeros(*columns: str) -> dict[str, int]:
    return dict.fromkeys(columns, 0)


_CRITERIA = {"work": "work", "education": "education", "family": "families", "medical": "medical", "network": "network"}
_ENDED = {
    "reassigned": "reassigned",
    "found-own-home": "foundOwnHome",
    "moved-in-with-family": "movedInWithFamily",
    "departed": "departed",
    "permit-ended": "permitEnded",
    "other": "other",
    "replaced": "replaced",
}


def links(asked: Asked) -> list[Row]:
    """(Q20, Q23)."""
    first, last = asked.window
    counted: dict[tuple[str], dict[str, int]] = {}
    for life in asked.world.lives(asked.on):
        for link in life.links:
            code = asked.land.named_on(link.municipality, link.first, asked.on)
            row = counted.setdefault(
                (code,),
                _zeros("made", *_CRITERIA.values(), "withoutCriteria", "ended", *_ENDED.values(), "daysLost"),
            )
            if first <= link.first <= last:
                row["made"] += 1
                for one in set(link.criteria):
                    row[_CRITERIA[one]] += 1
                row["withoutCriteria"] += not link.criteria
            if link.ended is not None and first <= link.ended <= last and not link.housed_before_end:
                row["ended"] += 1
                row[_ENDED[link.reason or ""]] += 1
                row["daysLost"] += (link.ended - link.first).days
    return left_in(summed(counted, (), asked.by, asked.land))


def refusals(asked: Asked) -> list[Row]:
    """(Q51)."""
    first, last = asked.window
    reasons = (
        "distance",
        "size",
        "condition",
        "neighbourhood",
        "work-or-education",
        "family",
        "medical",
        "rent",
        "other",
    )
    columns = {one: "refused" + "".join(part.capitalize() for part in one.split("-")) for one in (*reasons, "unstated")}
    counted: dict[tuple[str], dict[str, int]] = {}
    for life in asked.world.lives(asked.on):
        for offer in life.offers:
            if not first <= offer.on <= last:
                continue
            code = asked.land.named_on(offer.municipality, offer.on, asked.on)
            row = counted.setdefault(
                (code,),
                _zeros("offers", "accepted", "refused", *columns.values())
                | _zeros("justified", "unjustified", "unassessed", "acceptedLater"),
            )
            if offer.kind == "home-offered":
                row["offers"] += 1
            elif offer.kind == "offer-accepted":
                row["accepted"] += 1
            else:
                row["refused"] += 1
                row[columns[offer.reason]] += 1
                row[{None: "unassessed", True: "justified", False: "unjustified"}[offer.justified]] += 1
                row["acceptedLater"] += life.accepted_after(offer)
    return left_in(summed(counted, (), asked.by, asked.land))


_REGIONS = {
    "GR-FR-DR": ("PV20", "PV21", "PV22"),
    "OV-GLD": ("PV23", "PV25"),
    "FL-UT-NH": ("PV24", "PV26", "PV27"),
    "ZH-ZL": ("PV28", "PV29"),
    "NB-LB": ("PV30", "PV31"),
}


def reception(asked: Asked) -> list[Row]:
    """(Q19, Q29)."""
    stand = Balances(asked.world, asked.on).stand(period_of(asked.on), asked.on)
    quotas: dict[str, int] = defaultdict(int)
    for code, quota in stand.quota.items():
        quotas[stand.land.province(code)] += quota
    by_region: dict[str, list[Life]] = {region: [] for region in (*_REGIONS, "unknown")}
    for life in asked.world.lives(asked.on):
        if life.in_reception:
            placed = life.newest("reception-placed")
            by_region["unknown" if placed is None else placed.data["region"]].append(life)
    known = sum(len(lives) for region, lives in by_region.items() if region != "unknown")
    told: list[Row] = []
    for region, lives in by_region.items():
        share = quota_share = None
        if region != "unknown":
            share = shared(len(lives), known)
            if len(stand.quota) == len(stand.codes):
                quota_share = shared(sum(quotas[province] for province in _REGIONS[region]), sum(quotas.values()))
        told.append({
            "code": "NL",
            "region": region,
            "persons": len(lives),
            "inBeds": sum(not life.guest for life in lives),
            "linked": sum(life.linked is not None for life in lives),
            "guests": sum(life.guest for life in lives),
            "overNorm": sum((asked.on - life.permit_on).days > 98 for life in lives if life.permit_on is not None),
            "share": share,
            "quotaShare": quota_share,
            "difference": None if share is None or quota_share is None else share - quota_share,
        })  # fmt: skip
    return left_in(told, ("region",))


def _band(prefix: str, band: str) -> str:
    return prefix + band.replace("-", "to")


def expected(asked: Asked) -> list[Row]:
    """(Q15, Q16)."""
    world, on = asked.world, asked.on
    begin, end = on + DAY, months_later(on, 2)
    period = _most_of(begin, end)
    rows_on = max(on, first_day(period))
    land = asked.land
    stand = Balances(world, on).stand(period, on)
    lives = world.lives(on)

    counted: dict[tuple[str], dict[str, Any]] = {}
    for code in land.codes(rows_on):
        counted[code,] = {"linked": 0, **_zeros(*(_band("linked", band) for band in CHILDREN))}
        counted[code,] |= _zeros("announced", "announcedHouseholds", *(_band("announced", band) for band in CHILDREN))
    for life in lives:
        if life.linked is not None:
            row = counted[land.named_on(life.linked.municipality, life.linked.first, rows_on),]
            row["linked"] += 1
            if life.band() in CHILDREN:
                row[_band("linked", life.band())] += 1
    months = {f"{months_later(on.replace(day=1), later):%Y-%m}" for later in (1, 2)}
    announced = [one for one in world.areas(on, "links-announced") if one.data["month"] in months]
    for (code, _), said in in_effect(announced, land, rows_on, lambda one: one.data["month"]).items():
        row = counted[code,]
        for one in said:
            row["announced"] += one.data["persons"]
            row["announcedHouseholds"] += one.data.get("households", 0)
            for band in CHILDREN:
                row[_band("announced", band)] += one.data.get("children", {}).get(band, 0)

    recently = sum(any(on - 91 * DAY < link.first <= on for link in life.links) for life in lives)
    waiting = [life for life in lives if life.in_reception and life.standing is None]
    forecast = sum(
        (permits_forecast(world, on, max(first, begin), min(last, end)) or Fraction(0))
        for first, last in months_touched(begin, end)
    )
    coming = min(Fraction(recently * ((end - on).days), 91), len(waiting) + forecast)
    needed = {}
    for (code,), row in counted.items():
        remaining = stand.remaining(code)
        needed[code] = 0 if remaining is None else max(0, remaining - row["linked"])
    all_needed = sum(needed.values())
    late = world.known_on >= end
    arrived = _arrived(asked, begin, end, rows_on) if late else {}
    for (code,), row in counted.items():
        row["expected"] = coming * needed[code] / all_needed if all_needed else Fraction(0)
        row["actual"] = arrived.get(code, 0) if late else None
    rows = summed(counted, (), asked.by, land)
    bands = [life.band() for life in waiting]
    for row in rows:
        amount: Any = row["expected"]
        spread = Fraction(128, 100) * _root(amount)
        row["low"], row["high"] = max(Fraction(0), amount - spread), amount + spread
        for band in CHILDREN:
            share = shared(bands.count(band), len(bands))
            row[_band("expected", band)] = None if share is None else amount * share
    return rows


def _most_of(begin: date, end: date) -> str:
    days: dict[str, int] = defaultdict(int)
    at = begin
    while at <= end:
        days[period_of(at)] += 1
        at += DAY
    return max(days, key=lambda period: (days[period], first_day(period)))


def _arrived(asked: Asked, begin: date, end: date, rows_on: date) -> dict[str, int]:
    land = asked.land
    told: dict[str, int] = defaultdict(int)
    for life in asked.world.lives(end):
        linked_to = {
            land.code_on(land.named_on(link.municipality, link.first, max(link.first, rows_on)), rows_on)
            for link in life.links
            if begin <= link.first <= end
        }
        for code in linked_to:
            told[code] += 1
    return told


def _root(amount: Fraction) -> Fraction:
    with localcontext() as context:
        context.prec = 60
        return Fraction((Decimal(amount.numerator) / Decimal(amount.denominator)).sqrt())


def size_class(persons: int) -> str:
    """Of a household."""
    return "1" if persons == 1 else "2" if persons == 2 else "3-5" if persons <= 5 else "6+"


def _size_of_home(bedrooms: int) -> str:
    return "1" if bedrooms <= 1 else "2" if bedrooms == 2 else "3-5" if bedrooms <= 4 else "6+"


def _homes(asked: Asked) -> dict[str, dict[str, tuple[int, int]]]:
    """By municipality and size: homes stated, and adapted ones of those."""
    said = in_effect(asked.world.areas(asked.on, "homes-stated"), asked.land, asked.on, lambda _: "homes")
    told: dict[str, dict[str, tuple[int, int]]] = {}
    for (code, _), statements in said.items():
        told[code] = dict.fromkeys(SIZES, (0, 0))
        for home in (home for one in statements for home in one.data["homes"]):
            size = _size_of_home(home["bedrooms"])
            every, adapted = told[code][size]
            told[code][size] = every + home["number"], adapted + home["number"] * bool(home["adapted"])
    return told


def _households(asked: Asked) -> dict[tuple[str, str], dict[str, Any]]:
    """By municipality and size."""
    together: dict[tuple[Any, ...], list[Life]] = defaultdict(list)
    for number, life in enumerate(asked.world.lives(asked.on)):
        if life.in_reception:
            together[life.belongs_to(asked.on), life.household or number].append(life)
    counted: dict[tuple[str, str], dict[str, Any]] = {}
    for (code, _), persons in together.items():
        if not any(life.linked for life in persons):
            continue
        row = counted.setdefault(
            (code, size_class(len(persons))),
            _zeros("households", "persons", "adapted", "under23", "afterReunification", "bedrooms"),
        )
        after = len(persons) + sum(life.awaited + life.undecided for life in persons)
        age = persons[0].age
        row["households"] += 1
        row["persons"] += len(persons)
        row["adapted"] += any(life.newest("adapted-home-needed") for life in persons)
        row["under23"] += len(persons) == 1 and age is not None and age < 23
        row["afterReunification"] += after
        row["bedrooms"] += ceil(Fraction(after, 2))
    homes = _homes(asked)
    for code in homes:
        for size in SIZES:
            counted.setdefault(
                (code, size), _zeros("households", "persons", "adapted", "under23", "afterReunification", "bedrooms")
            )
    for (code, size), row in counted.items():
        every, adapted = homes[code][size] if code in homes else (None, None)
        row["homes"], row["adaptedHomes"] = every, adapted
        row["lack"] = None if every is None else max(0, row["households"] - every)
        row["spare"] = None if every is None else max(0, every - row["households"])
    return counted


def households(asked: Asked) -> list[Row]:
    """(Q21, Q39)."""
    return left_in(summed(_households(asked), ("size",), asked.by, asked.land), ("size",))


def swaps(asked: Asked) -> list[Row]:
    """(Q22)."""
    counted, told = _households(asked), []
    codes = sorted({code for code, _ in counted})
    for code in codes:
        for other in codes:
            if other <= code or asked.land.province(code) != asked.land.province(other):
                continue
            for size in SIZES:
                for other_size in SIZES:
                    amounts = [
                        counted.get((whose, which), {}).get(what) or 0
                        for whose, which, what in (
                            (code, size, "lack"),
                            (code, other_size, "spare"),
                            (other, other_size, "lack"),
                            (other, size, "spare"),
                        )
                    ]
                    if min(amounts) > 0:
                        row: Row = {"code": code, "with": other, "size": size, "withSize": other_size}
                        told.append({**row, "households": min(amounts)})
    return told
