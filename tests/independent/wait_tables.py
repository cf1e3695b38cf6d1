"""Tables of part 2, section 5, about waiting: lateness, bonus and waiting, under any norm set."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from tests.independent.land import DAY
from tests.independent.lives import Housing, Life, Link
from tests.independent.measures import mean, median, p90
from tests.independent.rows import Asked, Row, grouped, left_in, shared


@dataclass(frozen=True)
class Norms:
    """How many days each phase may take, and from what the total counts."""

    linking: int
    housing: int
    departure: int
    total: int
    starts: str


SHIPPED = {
    "permit-14": Norms(14, 70, 14, 98, "permit"),
    "link-14": Norms(14, 70, 14, 98, "link"),
    "link-12": Norms(14, 70, 14, 84, "link"),
}


def norms(asked: Asked) -> Norms:
    """Those of `normSet`, else of the set that `norm` names, published or shipped."""
    what_if = asked.has("normSet")
    if what_if is not None:
        linking, housing, departure, total, starts = what_if
        return Norms(linking, housing, departure, total, starts)
    name = asked.has("norm", "permit-14")
    published = [one for one in norm_sets(asked) if one["name"] == name]
    if published:
        said = published[-1]
        return Norms(said["linking"], said["housing"], said["departure"], said["total"], said["totalStarts"])
    return SHIPPED[name]


def known_norm(asked: Asked) -> bool:
    """Whether the name that is asked is known at the position of the question."""
    name = asked.has("norm", "permit-14")
    return name in SHIPPED or any(one["name"] == name for one in norm_sets(asked))


def norm_sets(asked: Asked) -> list[dict[str, Any]]:
    """What is published, in effective order."""
    return [one.data for one in asked.world.streams.get("reference", ()) if one.topic == "norm-set-published"]


def start_of_total(life: Life, link: Link | None, norm: Norms) -> date | None:
    """The day from which the total counts; none where it is unknown or not applicable."""
    if life.permit_on is None or norm.starts == "permit":
        return life.permit_on
    return None if link is None else max(link.first, life.permit_on)


def _total(life: Life, housing: Housing, norm: Norms) -> int | None:
    begun = start_of_total(life, housing.link, norm)
    return None if begun is None else max(0, (housing.on - begun).days)


CAUSES = ("family", "refusal", "dossier", "document", "unlinked", "home", "leaving")


def cause(life: Life) -> str:
    """Why the day at whose end this is the state went by."""
    refused = [one for one in life.offers if one.kind == "offer-refused"]
    if life.undecided:
        return "family"
    if refused and refused[-1].justified is None:
        accepted = [one for one in life.offers if one.kind == "offer-accepted" and one.place > refused[-1].place]
        if not accepted:
            return "refusal"
    if not life.complete(life.on):
        return "dossier"
    if not life.has("residence-document", life.on):
        return "document"
    if life.standing is None:
        return "unlinked"
    return "home" if life.ready is None else "leaving"


def _housed_in_window(asked: Asked) -> list[tuple[int, Life, Housing, str]]:
    first, last = asked.window
    told = []
    for number in range(len(asked.world.persons)):
        life = asked.world.state(number, asked.on)
        if life.housed is not None and first <= life.housed.on <= last:
            code = asked.land.named_on(life.housed.municipality, life.housed.on, asked.on)
            told.append((number, life, life.housed, code))
    return told


def lateness(asked: Asked) -> list[Row]:
    """(Q28)."""
    norm, counting = norms(asked), []
    for number, life, housing, code in _housed_in_window(asked):
        total, begun = _total(life, housing, norm), start_of_total(life, housing.link, norm)
        if total is None or begun is None or total <= norm.total:
            continue
        day, causes = begun + (norm.total + 1) * DAY, []
        while day <= housing.on:
            causes.append(cause(asked.world.state(number, day)))
            day += DAY
        counting.append((code, (), (total - norm.total, causes)))
    rows: list[Row] = []
    for (code,), late in grouped(counting, asked.by, asked.land).items():
        every = [one for _, causes in late for one in causes]
        row: Row = {"code": code, "persons": len(late), "days": sum(days for days, _ in late)}
        rows.append(row | {one: every.count(one) for one in CAUSES})
    return rows


def bonus(asked: Asked) -> list[Row]:
    """(Q30)."""
    counting = []
    for _, life, housing, code in _housed_in_window(asked):
        total = _total(life, housing, SHIPPED["permit-14"])
        if total is not None:
            counting.append((code, (), total))
    rows: list[Row] = []
    for (code,), totals in grouped(counting, asked.by, asked.land).items():
        within = [total for total in totals if total <= 98]
        rows.append({
            "code": code,
            "known": len(totals),
            "within": len(within),
            "share": shared(len(within), len(totals)),
            "daysSaved": sum(98 - total for total in within),
        })  # fmt: skip
    return rows


PHASES = ("linking", "housing", "departure", "total")
_TURN = {"linking": "coa", "housing": "municipality", "departure": "coa-and-permit-holder", "total": "chain"}


def open_phases(life: Life, on: date, norm: Norms) -> dict[str, int]:
    """By phase that is open the days so far."""
    if life.housed is not None or life.closed:
        return {}
    told, link, permit = {}, life.standing, life.permit_on
    if permit is not None and link is None:
        told["linking"] = _unlinked_days(life, permit, on)
    if link is not None and life.ready is not None:
        told["departure"] = (on - life.ready.on).days
    elif link is not None and permit is not None:
        told["housing"] = (on - max(link.first, permit)).days
    begun = start_of_total(life, link, norm)
    if begun is not None:
        told["total"] = (on - begun).days
    return told


def _unlinked_days(life: Life, permit: date, on: date, until: Link | None = None) -> int:
    """Days from the permit on without a link, until a day or until this link began."""
    days, since = 0, permit
    for link in life.links:
        days += max(0, (link.first - since).days)
        if link is until:
            return days
        since = max(permit, link.ended or on)
    return days + max(0, (on - since).days)


def done_phases(life: Life, norm: Norms) -> dict[str, tuple[date, int]]:
    """By phase that is completed its last day and how long it took."""
    housing, permit = life.housed, life.permit_on
    link = life.standing if housing is None else housing.link
    told: dict[str, tuple[date, int]] = {}
    ready = None if link is None else life.ready_for(link, life.held)
    ready_on = None if ready is None else ready.on
    if ready_on is not None and housing is not None:
        ready_on = min(ready_on, housing.on)
    if link is not None and permit is not None:
        told["linking"] = link.first, _unlinked_days(life, permit, life.on, link)
        if ready_on is not None:
            told["housing"] = ready_on, max(0, (ready_on - max(link.first, permit)).days)
    if housing is not None:
        if ready_on is not None:
            told["departure"] = housing.on, (housing.on - ready_on).days
        total = _total(life, housing, norm)
        if total is not None:
            told["total"] = housing.on, total
    return told


def norm_phases(asked: Asked) -> list[Row]:
    """(Q24–Q26, Q31): the table that part 1 has with depth."""
    norm, (first, last), counting = norms(asked), asked.window, []
    for life in asked.world.lives(asked.on):
        applied = bool(life.every("family-reunification-applied"))
        if asked.has("family", "any") == ("without" if applied else "with"):
            continue
        done = {phase: days for phase, (end, days) in done_phases(life, norm).items() if first <= end <= last}
        counting.append((life.belongs_to(asked.on), (), (life.closed, done, open_phases(life, asked.on, norm))))
    rows: list[Row] = []
    for (code,), lives in grouped(counting, asked.by, asked.land).items():
        row: Row = {"code": code, "closedWithoutHousing": sum(closed for closed, _, _ in lives)}
        for phase, allowed in zip(PHASES, (norm.linking, norm.housing, norm.departure, norm.total), strict=True):
            for state, column, ages in (
                ("Completed", "WithinNorm", [done[phase] for _, done, _ in lives if phase in done]),
                ("Open", "OverNorm", [still[phase] for _, _, still in lives if phase in still]),
            ):
                over = sum(age > allowed for age in ages)
                row |= {
                    f"{phase}{state}Count": len(ages),
                    f"{phase}{state}Mean": mean(ages),
                    f"{phase}{state}Median": median(ages),
                    f"{phase}{state}P90": p90(ages),
                    f"{phase}{state}{column}": over if state == "Open" else shared(len(ages) - over, len(ages)),
                }
        rows.append(row)
    return left_in(rows)


def waiting(asked: Asked) -> list[Row]:
    """(Q27)."""
    norm, counting = norms(asked), []
    for life in asked.world.lives(asked.on):
        for phase, age in open_phases(life, asked.on, norm).items():
            counting.append((life.belongs_to(asked.on), (phase,), age))
    rows: list[Row] = []
    for (code, phase), ages in grouped(counting, asked.by, asked.land).items():
        allowed = {"linking": norm.linking, "housing": norm.housing, "departure": norm.departure, "total": norm.total}
        rows.append({
            "code": code,
            "phase": phase,
            "persons": len(ages),
            "overNorm": sum(age > allowed[phase] for age in ages),
            "mean": mean(ages),
            "median": median(ages),
            "p90": p90(ages),
            "turn": _TURN[phase],
        })  # fmt: skip
    return left_in(rows, ("phase", "turn"))
