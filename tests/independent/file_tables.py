"""Tables of part 2, sections 5 and 6, about files and moves: dossiers, documents, moves and handovers."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.independent.lives import Housing, Life, Link
from tests.independent.measures import mean, median, p90
from tests.independent.rows import Asked, Row, grouped, left_in, shared


def _where(asked: Asked, one: Link | Housing) -> str:
    on = one.first if isinstance(one, Link) else one.on
    return asked.land.named_on(one.municipality, on, asked.on)


def _sums(parts: list[dict[str, Any]]) -> dict[str, int]:
    """Each column added up; what is no number is left out."""
    told: dict[str, int] = {}
    for part in parts:
        for column, value in part.items():
            told[column] = told.get(column, 0) + value
    return told


_DOSSIERS = (
    "linked", "completeAtLink", "missingBsn", "missingIdentity", "missingIban", "housed", "completeAtHousing",
    "open", "completeNow", "adapted", "adaptedBefore", "cannotSign",
)  # fmt: skip


def dossiers(asked: Asked) -> list[Row]:
    """(Q32, Q34, Q35)."""
    counting: list[tuple[str | None, tuple[()], tuple[dict[str, int], int | None]]] = []
    first, last = asked.window
    for life in asked.world.lives(asked.on):
        needed = life.every("adapted-home-needed")
        for link in life.links:
            if not first <= link.first <= last:
                continue
            part = {
                "linked": 1,
                "completeAtLink": int(life.complete(link.first)),
                "missingBsn": int(not life.has("bsn", link.first)),
                "missingIdentity": int(not life.has("identity-document", link.first)),
                "missingIban": int(not life.has("iban", link.first)),
                "adapted": int(bool(needed)),
                "adaptedBefore": int(bool(needed) and needed[0].on <= link.first),
            }
            counting.append((_where(asked, link), (), (part, (link.first - needed[0].on).days if needed else None)))
        if life.housed is not None and first <= life.housed.on <= last:
            part = {"housed": 1, "completeAtHousing": int(life.complete(life.housed.on))}
            counting.append((_where(asked, life.housed), (), (part, None)))
        if life.linked is not None:
            part = {
                "open": 1,
                "completeNow": int(life.complete(asked.on)),
                "cannotSign": int(_could_sign(life, life.linked) and _lacks_paper(life, asked.on)),
            }
            counting.append((_where(asked, life.linked), (), (part, None)))
    rows = []
    for (code,), parts in grouped(counting, asked.by, asked.land).items():
        row: Row = {"code": code, **dict.fromkeys(_DOSSIERS, 0)}
        row |= _sums([part for part, _ in parts])
        row["shareAtLink"] = shared(row["completeAtLink"], row["linked"])
        row["shareAtHousing"] = shared(row["completeAtHousing"], row["housed"])
        row["shareNow"] = shared(row["completeNow"], row["open"])
        row["adaptedDays"] = median(days for _, days in parts if days is not None)
        rows.append(row)
    return left_in(rows)


def _could_sign(life: Life, link: Link) -> bool:
    return life.ready is not None or any(
        one.kind == "offer-accepted"
        and one.on >= link.first
        and life.land.same(link.municipality, link.first, one.municipality, one.on)
        for one in life.offers
    )


def _lacks_paper(life: Life, on: date) -> bool:
    return not all(life.has(item, on) for item in ("residence-document", "bsn", "iban"))


ITEMS = ("residence-document", "bsn", "identity-document", "iban", "brp-registration")


def documents(asked: Asked) -> list[Row]:
    """(Q33)."""
    first, last = asked.window
    counting = []
    for life in asked.world.lives(asked.on):
        if life.permit_on is None:
            continue
        for item in ITEMS:
            had = _first_had(life, item)
            if had is not None and first <= had <= last:
                counting.append((life.belongs_to(asked.on), (item,), ("had", max(0, (had - life.permit_on).days))))
            if life.in_reception and not life.has(item, asked.on):
                counting.append((life.belongs_to(asked.on), (item,), ("open", (asked.on - life.permit_on).days)))
    rows: list[Row] = []
    for (code, item), days in grouped(counting, asked.by, asked.land).items():
        had_, open_ = ([number for kind, number in days if kind == which] for which in ("had", "open"))
        rows.append({
            "code": code,
            "item": item,
            "completed": len(had_),
            "mean": mean(had_),
            "median": median(had_),
            "p90": p90(had_),
            "open": len(open_),
            "openMedian": median(open_),
        })  # fmt: skip
    return rows


def _first_had(life: Life, item: str) -> date | None:
    """The first day at whose end it was there."""
    days = sorted({one.on for one in life.held})
    return next((day for day in days if life.has(item, day)), None)


def moves(asked: Asked) -> list[Row]:
    """(Q44)."""
    first, last = asked.window
    counting = []
    for life in asked.world.lives(asked.on):
        moved: set[int] = set()
        for move in life.every("moved-to-permanent-home"):
            before = [number for number, housing in enumerate(life.housings) if housing.on <= move.on]
            if not before or before[-1] in moved:
                continue
            moved.add(before[-1])
            housing = life.housings[before[-1]]
            if first <= move.on <= last:
                counting.append((_where(asked, housing), (), ("moved", (move.on - housing.on).days)))
        counting += [
            (_where(asked, housing), (), ("returned", 0))
            for housing in life.housings
            if housing.undone is not None and first <= housing.undone <= last
        ]
    rows: list[Row] = []
    for (code,), parts in grouped(counting, asked.by, asked.land).items():
        days = [number for kind, number in parts if kind == "moved"]
        rows.append({"code": code, "moved": len(days), "days": median(days), "returned": len(parts) - len(days)})
    return rows


def handovers(asked: Asked) -> list[Row]:
    """(Q64)."""
    first, last = asked.window
    counting = []
    for life in asked.world.lives(asked.on):
        housing = life.housed
        if housing is None or not first <= housing.on <= last:
            continue
        link, forms = housing.link, set()
        if link is not None:
            held = life.every("handover-held")
            forms = {one.data["form"] for one in held if link.first <= one.on <= housing.on}
        form = "warm" if "warm" in forms else "written" if forms else "none"
        counting.append((_where(asked, housing), (), form))
    rows: list[Row] = []
    for (code,), forms_ in grouped(counting, asked.by, asked.land).items():
        row: Row = {"code": code, "housed": len(forms_)}
        row |= {form: forms_.count(form) for form in ("warm", "written", "none")}
        rows.append(row | {"shareWarm": shared(row["warm"], row["housed"])})
    return rows
