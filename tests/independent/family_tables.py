"""Tables of part 2, sections 5 and 6, about families and who lives temporarily: family, arrivals, temporary, minors."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from tests.independent.half_years import months_later
from tests.independent.land import DAY
from tests.independent.lives import Housing, Life
from tests.independent.measures import median
from tests.independent.record import Event
from tests.independent.rows import Asked, Row, added, grouped, left_in
from tests.independent.statements import in_effect


def _half_up(persons: int) -> int:
    return -(-persons // 2)


def _granting(life: Life) -> Event:
    return [one for one in life.every("family-reunification-decided") if one.data["granted"] > 0][-1]


def _referents(asked: Asked) -> list[Life]:
    return [one for one in asked.world.lives(asked.on) if one.every("family-reunification-applied") and not one.gone]


def _arrived(life: Life) -> dict[str, int]:
    told = {"arrivedDirect": 0, "arrivedThroughReception": 0, "arrivedUnstated": 0}
    names = {True: "arrivedDirect", False: "arrivedThroughReception", None: "arrivedUnstated"}
    for one in life.every("family-arrived"):
        told[names[one.data.get("direct")]] += one.data["persons"]
    return told


def family(asked: Asked) -> list[Row]:
    """(Q36, Q37, Q38, Q39)."""
    counting = []
    for life in _referents(asked):
        no_home = life.awaited > 0 and life.housed is None and life.ready is None
        housed = life.awaited > 0 and life.housed is not None
        part = {
            "referents": 1,
            "applied": life.total("family-reunification-applied", "persons"),
            "granted": life.total("family-reunification-decided", "granted"),
            "refused": life.total("family-reunification-decided", "refused"),
            "undecided": life.undecided,
            "visas": life.total("family-visa-issued", "persons"),
            "arrived": life.total("family-arrived", "persons"),
            "awaited": life.awaited,
            "grantedNoHome": int(no_home),
            "housedAwaiting": int(housed),
            "bedroomsAwaited": _half_up(1 + life.awaited) if housed else 0,
            **_arrived(life),
        }
        since = (asked.on - _granting(life).on).days if no_home else None
        counting.append((life.belongs_to(asked.on), (), (part, since)))
    rows: list[Row] = []
    for (code,), parts in grouped(counting, asked.by, asked.land).items():
        row: Row = {"code": code}
        row |= {column: sum(part[column] for part, _ in parts) for column in parts[0][0]}
        rows.append(row | {"medianSinceGrant": median(since for _, since in parts if since is not None)})
    return rows


def family_arrivals(asked: Asked) -> list[Row]:
    """(Q40)."""
    first, last = asked.window
    counting = []

    def count(life: Life, on: date, column: str, persons: int) -> None:
        if persons and first <= on <= last:
            counting.append((life.belongs_to(asked.on), (f"{on:%Y-%m}",), (column, persons)))

    for life in asked.world.lives(asked.on):
        if not life.gone:
            for one in life.every("family-arrived"):
                count(life, one.on, "arrived", one.data["persons"])
    for life in _referents(asked):
        if not life.awaited:
            continue
        visas, arrived = life.total("family-visa-issued", "persons"), life.total("family-arrived", "persons")
        with_visa = min(life.awaited, max(0, visas - arrived))
        if with_visa:
            count(life, max(asked.on, life.every("family-visa-issued")[-1].on + 60 * DAY), "expected", with_visa)
        count(life, max(asked.on, _granting(life).on + 120 * DAY), "expected", life.awaited - with_visa)
    rows: list[Row] = []
    for (code, month), parts in grouped(counting, asked.by, asked.land).items():
        amounts = {which: sum(number for name, number in parts if name == which) for which in ("arrived", "expected")}
        rows.append({"code": code, "month": month, **amounts})
    return left_in(rows, ("month",))


TEMPORARY = ("intermediate", "transit-home", "transit-location", "hotel", "gva")
KINDS = (*TEMPORARY, "guest")


def _moved_on(life: Life, housing: Housing) -> bool:
    return any(one.on >= housing.on for one in life.every("moved-to-permanent-home"))


def _lives_in(life: Life, on: date) -> tuple[str | None, str] | None:
    """The municipality (as it is on a day) and the kind in which who is here lives temporarily."""
    housing = life.housed
    temporarily = housing is not None and housing.accommodation in TEMPORARY
    if housing is not None and temporarily and not _moved_on(life, housing) and not life.departed:
        return life.land.named_on(housing.municipality, housing.on, on), housing.accommodation
    if life.in_reception and life.guest:
        return life.belongs_to(on), "guest"
    return None


def _until(life: Life) -> date | None:
    housing = life.housed
    if housing is None:
        stay = life.guest_stay
        assert stay is not None
        return date.fromisoformat(stay.data["until"]) if "until" in stay.data else months_later(stay.on, 3)
    if housing.until is not None:
        return housing.until
    if housing.ready is not None and "until" in housing.ready.data:
        return date.fromisoformat(housing.ready.data["until"])
    return months_later(housing.on, 6) if housing.accommodation == "hotel" else None


_ON_THE_DAY = ("persons", "overdue", "within3", "within6", "within12", "openEnded")


def temporary(asked: Asked) -> list[Row]:
    """(Q41–Q43, Q45)."""
    windowed = asked.has("from") is not None
    counted: dict[tuple[str | None, str], dict[str, Any]] = {}

    def cell(code: str | None, kind: str) -> dict[str, Any]:
        nights = {"nights": 0 if windowed else None}
        return counted.setdefault((code, kind), {"places": None, **dict.fromkeys(_ON_THE_DAY, 0), **nights})

    for life in asked.world.lives(asked.on):
        where = _lives_in(life, asked.on)
        if where is not None:
            _count_stay(cell(*where), _until(life), asked.on)
    said = asked.world.areas(asked.on, "temporary-places-stated")
    for (area, of), stated in in_effect(said, asked.land, asked.on, lambda one: one.data["accommodation"]).items():
        cell(area, str(of))["places"] = sum(one.data["places"] for one in stated)
    for code, kind, nights in _nights(asked) if windowed else ():
        cell(code, kind)["nights"] += nights
    for row in counted.values():
        row["free"] = None if row["places"] is None else max(0, row["places"] - row["persons"])
    rows: list[Row] = []
    counting = [(code, (kind,), row) for (code, kind), row in counted.items()]
    for (group, kind), parts in grouped(counting, asked.by, asked.land).items():
        sums = {column: added(part[column] for part in parts) for column in parts[0]}
        rows.append({"code": group, "accommodation": kind, **sums})
    return left_in(rows, ("accommodation",))


def _count_stay(row: dict[str, Any], until: date | None, on: date) -> None:
    row["persons"] += 1
    row["openEnded"] += until is None
    row["overdue"] += until is not None and until < on
    for months in (3, 6, 12):
        row[f"within{months}"] += until is not None and on <= until <= months_later(on, months)


def _nights(asked: Asked) -> Iterator[tuple[str | None, str, int]]:
    """Where and how the nights of the window were spent, for as many as nothing happened in."""
    first, last = asked.window
    for person, days in enumerate(asked.world.days):
        for day, following in zip(days, [*days[1:], date.max], strict=False):
            nights = (min(following, last + DAY, asked.on + DAY) - max(day, first)).days
            where = _lives_in(asked.world.state(person, day), asked.on) if nights > 0 else None
            if where is not None:
                yield *where, nights


def minors(asked: Asked) -> list[Row]:
    """(Q65)."""
    counting = []
    for life in asked.world.lives(asked.on):
        said = life.newest("permit-granted", says="unaccompaniedMinor")
        housing = life.housed
        in_unit = housing is not None and housing.accommodation == "minor-unit" and not _moved_on(life, housing)
        if said is None or not said.data["unaccompaniedMinor"] or life.gone or not (life.in_reception or in_unit):
            continue
        born = life.newest("permit-granted", says="birthDate")
        turns = None
        if born is not None and len(born.data["birthDate"]) > 4:
            assert life.born is not None
            turns = life.born.replace(year=life.born.year + 18)
        counting.append((life.belongs_to(asked.on), (), turns))
    rows: list[Row] = []
    for (code,), turning in grouped(counting, asked.by, asked.land).items():
        row: Row = {"code": code, "persons": len(turning)}
        for months in (6, 12):
            until = months_later(asked.on, months)
            row[f"turning{months}"] = sum(one is not None and asked.on < one <= until for one in turning)
        row["adult"] = sum(one is not None and one <= asked.on for one in turning)
        rows.append(row | {"unknown": turning.count(None)})
    return rows
