"""Tables of part 2, section 4, about what municipalities do: supply, supervision and the ladder."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

from tests.independent.balances import Balances, Stand
from tests.independent.half_years import last_day, preceding, reference_day
from tests.independent.land import DAY
from tests.independent.lives import Life
from tests.independent.record import Event, effective_order
from tests.independent.rows import Asked, Row, summed, whole
from tests.independent.world import World


def _linked_at(world: World, at: date, rows_on: date) -> dict[str, list[Life]]:
    """Who is linked where at a day."""
    told: dict[str, list[Life]] = {}
    for life in world.lives(at):
        if life.linked is not None:
            code = life.land.named_on(life.linked.municipality, life.linked.first, rows_on)
            told.setdefault(code, []).append(life)
    return told


_FIVE = ("task", "realised", "linked", "needed", "shortage")


def supply(asked: Asked) -> list[Row]:
    """(Q18)."""
    period = asked.has("period")
    at, reference = min(asked.on, last_day(period)), reference_day(period)
    balances = Balances(asked.world, asked.on)
    stand = balances.stand(period, at)
    # What the row's municipality had to do then: what names one that has merged since is the successor's, as it is now.
    then = balances.stand(period, reference, stand.rows_on) if reference <= asked.on else None
    counted: dict[tuple[str], dict[str, Any]] = {}
    now = _five(asked, stand, at)
    before = {} if then is None else _five(asked, then, reference)
    for code in stand.codes:
        row: dict[str, Any] = dict(now[code])
        for column in _FIVE:
            row[f"{column}AtReference"] = before[code][column] if before else None
        counted[code,] = row
    rows = summed(counted, (), asked.by, asked.land, whole)
    for row in rows:
        row["reference"] = reference
    return rows


def _five(asked: Asked, stand: Stand, at: date) -> dict[str, dict[str, int | None]]:
    """The five numbers of a day, by the municipalities that the half-year stands by."""
    linked = _linked_at(asked.world, at, stand.rows_on)
    told: dict[str, dict[str, int | None]] = {}
    for code in stand.codes:
        task, done, there = stand.task(code), stand.realised.get(code, 0), len(linked.get(code, ()))
        needed = None if task is None else max(0, task - done)
        shortage = None if needed is None else max(0, needed - there)
        told[code] = dict(zip(_FIVE, (task, done, there, needed, shortage), strict=True))
    return told


class Supervision:
    """The half-year `period` at the day T = `at`, with the quota events and suspensions by `by`."""

    def __init__(self, world: World, period: str, at: date, by: date, **asked: Any) -> None:
        self.world, self.period, self.at, self.by = world, period, at, by
        self.asked = asked
        self.margin_persons = int(asked.get("marginPersons", 1))
        self.margin_share = Fraction(str(asked.get("marginShare", "0.05")))
        self.days = int(asked.get("days", 70))
        self.reference = min(reference_day(period), at)
        self.stand = Balances(world, by).stand(period, at)
        self.linked = _linked_at(world, at, self.stand.rows_on)

    def open(self, code: str) -> list[Life]:
        """Persons linked there whose link began long enough ago."""
        until = min(self.reference, self.at - self.days * DAY)
        return [one for one in self.linked.get(code, ()) if one.linked is not None and one.linked.first <= until]

    def cause(self, life: Life) -> str | None:
        """The first that holds."""
        if not life.complete(self.at):
            return "dossier"
        if not life.every("residence-document-issued"):
            return "document"
        if any(one.on > self.at - self.days * DAY for one in life.every("adapted-home-needed")):
            return "adapted"
        if life.undecided > 0:
            return "family"
        link = life.linked
        refused = [
            one
            for one in life.offers
            if link is not None
            and one.kind == "offer-refused"
            and one.on >= link.first
            and life.land.same(link.municipality, link.first, one.municipality, one.on)
        ]
        if refused and refused[-1].justified is False and not life.accepted_after(refused[-1]):
            return "refusal"
        return None

    def attributable(self, code: str) -> int | None:
        """Persons short by the municipality's own doing."""
        gross = self.stand.remaining(code)
        if gross is None:
            return None
        open_ = self.open(code)
        gap = max(0, gross - len(open_))
        return max(0, gross - gap - sum(self.cause(life) is not None for life in open_))

    def margin(self, code: str) -> int | None:
        """Persons."""
        if code not in self.stand.quota:
            return None
        return max(self.margin_persons, (self.margin_share * self.stand.quota[code]).__floor__())

    def above_margin(self, code: str) -> bool:
        """Whether more than the margin is the municipality's own doing; not where there is no number."""
        attributable, margin = self.attributable(code), self.margin(code)
        return attributable is not None and margin is not None and attributable > margin

    def in_row(self, code: str) -> int:
        """Half-years above the margin, this one and those before it."""
        count, at = 0, self
        while code in at.stand.codes and at.above_margin(code):
            count += 1
            before = preceding(at.period)
            at = Supervision(self.world, before, min(last_day(before), self.by), self.by, **self.asked)
        return count

    def rung(self, code: str, by: date, rows_on: date) -> Event | None:
        """The newest decision by a day of all that the municipality came of."""
        land = self.stand.land
        told = [
            event
            for event in self.world.areas(by, "ladder-step-decided")
            if land.named_on(event.data["area"], event.on, rows_on) == code
        ]
        return max(told, key=effective_order) if told else None

    def suspended(self, code: str) -> bool:
        """Whether assessment is suspended for it, its province or the country."""
        land = self.stand.land
        return any(
            event.data["period"] == self.period
            and (
                event.data["area"] in ("NL", land.province(code))
                or (
                    event.data["area"].startswith("GM")
                    and land.named_on(event.data["area"], event.on, self.stand.rows_on) == code
                )
            )
            for event in self.world.areas(self.by, "assessment-suspended")
        )


_CAUSES = ("dossier", "document", "adapted", "family", "refusal")


def supervision(asked: Asked) -> list[Row]:
    """(Q46, Q47, Q50)."""
    period = asked.has("period")
    at = min(asked.on, last_day(period))
    margins = {
        name: asked.parameters[name] for name in ("marginPersons", "marginShare", "days") if name in asked.parameters
    }
    judged = Supervision(asked.world, period, at, asked.on, **margins)
    counted: dict[tuple[str], dict[str, Any]] = {}
    only_own: dict[tuple[str], dict[str, Any]] = {}
    for code in judged.stand.codes:
        counted[code,], only_own[code,] = _judged(judged, code, asked.on)
    rows = summed(counted, (), asked.by, asked.land, whole)
    nothing: dict[str, Any] = dict.fromkeys(next(iter(only_own.values())))
    return [row | only_own.get((str(row["code"]),), nothing) for row in rows]


def _judged(judged: Supervision, code: str, on: date) -> tuple[dict[str, Any], dict[str, Any]]:
    stand, at = judged.stand, judged.at
    gross, open_ = stand.remaining(code), judged.open(code)
    causes = [judged.cause(life) for life in open_]
    stack, margin, attributable = causes.count(None), judged.margin(code), judged.attributable(code)
    gap = None if gross is None else max(0, gross - len(open_))
    stacked = short = None
    if gross is not None and margin is not None and attributable is not None:
        stacked = int(gross > 0 and gap == 0 and stack > margin)
        short = int(gross > 0 and 0 < attributable <= margin)
    suspended = judged.suspended(code)
    sums = {
        "task": stand.task(code),
        "realised": stand.realised.get(code, 0),
        "gross": gross,
        "open": len(open_),
        "supplyGap": gap,
        "excused": len(causes) - stack,
        **{f"excused{cause.capitalize()}": causes.count(cause) for cause in _CAUSES},
        "attributable": attributable,
        "stack": stack,
        "margin": margin,
        "stacked": stacked,
        "short": short,
        "suspended": int(suspended),
    }
    decided = judged.rung(code, at, stand.rows_on)
    rung = 0 if decided is None else int(decided.data["rung"])
    newest = judged.rung(code, on, on) if stand.land.exists(code, on) else None
    in_row = judged.in_row(code)
    own = {
        "rung": rung,
        "rungSince": None if decided is None else decided.on,
        "rungNow": None if not stand.land.exists(code, on) else 0 if newest is None else newest.data["rung"],
        "inRow": in_row,
        "proposed": _proposed(judged, rung, in_row, suspended, gross, attributable, margin),
        **_lights(judged, code, attributable, margin),
    }
    return sums, own


def _proposed(
    judged: Supervision,
    rung: int,
    in_row: int,
    suspended: bool,
    gross: int | None,
    attributable: int | None,
    margin: int | None,
) -> int | None:
    if gross is None or attributable is None or margin is None or judged.at < last_day(judged.period):
        return None
    if suspended:
        return rung
    if gross <= 0:
        return 0
    if attributable <= margin:
        return rung
    higher = min(6, rung + 1)
    if (higher == 4 and in_row < 2) or (higher >= 5 and in_row < 4):
        return rung
    return higher


def _lights(judged: Supervision, code: str, attributable: int | None, margin: int | None) -> dict[str, str | None]:
    stand = judged.stand
    task, pace = stand.task(code), stand.pace(code)
    linked = judged.linked.get(code, [])
    light = supply_light = dossier = None
    if task is not None and pace is not None and attributable is not None and margin is not None:
        realised = stand.realised.get(code, 0)
        inside = attributable <= margin
        light = _light(realised, task, pace, inside=inside)
        supply_light = _light(realised + len(linked), task, pace, inside=False)
    if linked:
        complete = sum(life.complete(life.linked.first) for life in linked if life.linked is not None)
        share = Fraction(complete, len(linked))
        dossier = "green" if share >= Fraction(9, 10) else "amber" if share >= Fraction(7, 10) else "red"
    return {"light": light, "supplyLight": supply_light, "dossierLight": dossier}


def _light(done: int, task: int, pace: Fraction, *, inside: bool) -> str:
    if task - done <= 0 or done >= pace:
        return "green"
    return "amber" if done >= Fraction(8, 10) * pace or inside else "red"


def ladder(asked: Asked) -> list[Row]:
    """(Q48, Q49)."""
    told: list[Row] = []
    for event in asked.world.areas(asked.on, "ladder-step-decided"):
        period = event.data["period"]
        at = min(event.on, last_day(period))
        area = event.data["area"]
        then = _attributable(asked.world.as_known_at(event), period, at, area)
        now = _attributable(asked.world, period, at, area)
        told.append({
            "code": asked.land.named_on(area, event.on, asked.on),
            "decided": event.position,
            "on": event.on,
            "period": period,
            "rung": event.data["rung"],
            "attributableThen": then[0],
            "attributableNow": now[0],
            "differs": int(then[1] != now[1]),
        })  # fmt: skip
    return sorted(told, key=lambda row: (str(row["code"]), row["decided"]))


def _attributable(world: World, period: str, at: date, area: str) -> tuple[int | None, bool]:
    judged = Supervision(world, period, at, at)
    land, rows_on = judged.stand.land, judged.stand.rows_on
    born = land.municipalities[area].first if area in land.municipalities else date.max
    if born is not None and born > rows_on:
        return None, False
    code = land.code_on(area, rows_on)
    return judged.attributable(code), judged.above_margin(code)
