"""Tables of part 2, section 3 (quota), each after the paragraph of its name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from tests.independent.balances import GROUNDS, NUMBERS, Balances, Stand, adams, begins
from tests.independent.half_years import first_day, last_day, months_touched, period_of
from tests.independent.land import DAY, largest_remainder
from tests.independent.rows import Asked, Row, added, group_of, left_in, summed, whole
from tests.independent.world import World

ACCOMMODATIONS = (
    "regular", "intermediate", "transit-home", "transit-location", "hotel", "gva", "minor-unit", "with-family",
)  # fmt: skip


def _camel(prefix: str, kind: str) -> str:
    return prefix + "".join(part.capitalize() for part in kind.split("-"))


def realisation(asked: Asked) -> list[Row]:
    """Part 1, section 4, with `advance` and `realisedByGround`."""
    period = asked.has("period")
    balances = Balances(asked.world, asked.on)
    stand = balances.stand(period, asked.on)
    inhabitants = stand.land.handed_on(balances.inhabitants(period), first_day(period), stand.rows_on)
    housings = balances.housings(period, min(asked.on, last_day(period)), stand.rows_on)
    counted: dict[tuple[str], dict[str, Any]] = {}
    for code in stand.codes:
        remaining, pace = stand.remaining(code), stand.pace(code)
        mine = [one for one in housings if one[0] == code]
        realised = stand.realised.get(code, 0)
        row: dict[str, Any] = {
            "inhabitants": inhabitants.get(code),
            "quota": stand.quota.get(code),
            "transferred": stand.transferred.get(code, 0),
            "openingBalance": stand.opening.get(code, 0),
            "task": stand.task(code),
            "realised": realised,
            "remaining": remaining,
            "pace": pace,
            "ahead": None if pace is None else realised - pace,
            "advance": None if remaining is None else max(0, -remaining),
        }
        for kind in ACCOMMODATIONS:
            row[_camel("realised", kind)] = sum(adds for _, where, _, adds in mine if where == kind)
        for ground in GROUNDS:
            row[_camel("realised", ground)] = sum(adds for _, _, why, adds in mine if why == ground)
        if asked.by == "municipality":
            row |= dict.fromkeys(("backlog", "lead", "behind", "exact", "aheadCount"))
        else:
            row |= {
                "backlog": None if remaining is None else max(0, remaining),
                "lead": None if remaining is None else min(0, remaining),
                "behind": int(remaining is not None and remaining > 0),
                "exact": int(remaining == 0),
                "aheadCount": int(remaining is not None and remaining < 0),
            }
        counted[code,] = row
    rows = summed(counted, (), asked.by, asked.land, whole)
    _interim_goal(asked, balances, stand, rows)
    for row in rows:
        task: Any = row["task"]
        realised_: Any = row["realised"]
        row["percentage"] = Fraction(100 * realised_, task) if task is not None and task > 0 else None
    return rows


def _interim_goal(asked: Asked, balances: Balances, stand: Stand, rows: list[Row]) -> None:
    told = asked.world.period(stand.period, asked.on, "interim-goal-set")
    reductions: Mapping[str, int] = {}
    if told and asked.by == "country":
        reductions = {"NL": told[-1].data["reduction"]}
    if told and asked.by == "province":
        signed: dict[str, int] = dict.fromkeys(stand.land.provinces, 0)
        for code in stand.codes:
            signed[stand.land.province(code)] += stand.opening.get(code, 0)
        positive = {code: amount for code, amount in signed.items() if amount > 0}
        reductions = largest_remainder(told[-1].data["reduction"], positive) if positive else {}
        reductions = {**dict.fromkeys(stand.land.provinces, 0), **reductions} if positive else {}
    for row in rows:
        reduction: Any = reductions.get(str(row["code"]))
        quota: Any = row["quota"]
        realised: Any = row["realised"]
        goal = None if reduction is None or quota is None else quota + reduction
        row |= {"goalReduction": reduction, "goal": goal, "aboveGoal": None if goal is None else realised - goal}


def quota_methods(asked: Asked) -> list[Row]:
    """(Q6, Q7)."""
    period, method = asked.has("period"), asked.has("method", "adams")
    balances = Balances(asked.world, asked.on)
    inhabitants = {code: balances.inhabitants(period).get(code, 0) for code in asked.land.codes(first_day(period))}
    persons = asked.has("persons", balances.national(period))
    every = sum(inhabitants.values())
    published = balances.municipal(period)
    computed = {} if persons is None else _computed(method, persons, inhabitants)
    counted: dict[tuple[str], dict[str, Any]] = {}
    for code, amount in inhabitants.items():
        said = published.get(code) if persons is not None else None
        counted[code,] = {
            "inhabitants": amount,
            "unrounded": None if persons is None else Fraction(persons * amount, every),
            "computed": computed.get(code),
            "published": said,
            "difference": None if said is None else computed[code] - said,
        }
    rows = summed(counted, (), asked.by, asked.land)
    for row in rows:
        row["surplus"] = sum(computed.values()) - persons if row["code"] == "NL" and persons is not None else None
    return rows


def _computed(method: str, persons: int, inhabitants: Mapping[str, int]) -> Mapping[str, int]:
    every = sum(inhabitants.values())
    if method == "adams":
        return adams(persons, inhabitants)
    if method == "largest-remainder":
        return largest_remainder(persons, inhabitants)
    shares = {code: Fraction(persons * amount, every) for code, amount in inhabitants.items()}
    if method == "nearest":
        return {code: (share + Fraction(1, 2)).__floor__() for code, share in shares.items()}
    return {code: share.__ceil__() if method == "ceiling" else share.__floor__() for code, share in shares.items()}


def quota_revisions(asked: Asked) -> list[Row]:
    """(Q5)."""
    period, land = asked.has("period"), asked.land
    days = sorted({one.on for one in asked.world.period(period, asked.on, *NUMBERS)})
    quotas = {day: Balances(asked.world, day).quotas(period) for day in days}
    national = {day: Balances(asked.world, day).national(period) for day in days}
    told: list[Row] = []
    codes = land.codes(first_day(period))
    for group in sorted({group_of(code, asked.by, land) for code in codes}):
        mine = [code for code in codes if group_of(code, asked.by, land) == group]
        amounts = [sum(quotas[day][code] for code in mine) for day in days]
        if asked.by == "municipality" and len(set(amounts)) <= 1:
            continue
        for place, day in enumerate(days):
            told.append({
                "code": group,
                "on": day,
                "national": national[day],
                "quota": amounts[place],
                "change": amounts[place] - amounts[place - 1] if place else None,
            })  # fmt: skip
    return told


def transfers(asked: Asked) -> list[Row]:
    """(Q8)."""
    period = asked.has("period")
    balances = Balances(asked.world, asked.on)
    stand = balances.stand(period, asked.on)
    land, on = stand.land, stand.rows_on
    total: dict[str, int] = {}
    held: dict[str, int] = {}
    at = min(first_day(period), on)
    told: list[Row] = []
    for number, event in enumerate(asked.world.period(period, asked.on, "quota-transferred"), 1):
        # What was agreed beforehand is of the municipalities of the first day.
        day = min(max(event.on, first_day(period)), on)
        moved: dict[str, int] = {}
        for one in event.data["transfers"]:
            code = land.named_on(one["municipality"], event.on, day)
            moved[code] = moved.get(code, 0) + one["persons"]
        # What one of them is given by several transfers is handed on together, as the half-year's balances have it.
        total, at = land.handed_on(total, at, day), day
        for code, persons in moved.items():
            total[code] = total.get(code, 0) + persons
        until = land.handed_on(total, day, on)
        # Of municipalities that became one, all have to have decided, each by any code that it had that day.
        agreed = {land.code_on(one["municipality"], event.on) for one in event.data.get("decisions", ())}
        parts = {one["municipality"] for one in event.data["transfers"]}
        waiting = {one for one in parts if land.code_on(one, event.on) not in agreed}
        undecided = set(land.handed_on({land.named_on(one, event.on, day): 1_000_000 for one in waiting}, day, on))
        for code in sorted(land.handed_on(moved, day, on)):
            quota, persons = stand.quota.get(code), until.get(code, 0) - held.get(code, 0)
            before = None if quota is None else quota + held.get(code, 0)
            after = None if before is None else before + persons
            told.append({
                "code": code,
                "transfer": number,
                "before": before,
                "persons": persons,
                "after": after,
                "decided": int(code not in undecided),
                "valid": None if after is None else int(after >= 0),
            })  # fmt: skip
        held = until
    return told


_AT = (date(2021, 1, 1), date(2021, 7, 1), date(2022, 1, 1))
_LEADS = ("Sum", "Signed", "Last", "Built")


def offset(asked: Asked) -> list[Row]:
    """Verevening (Q9)."""
    goal, days, land = asked.has("goal", 417), sorted(asked.has("at", _AT)), asked.land
    opened = {
        event.data["area"]: event.data["places"] for event in asked.world.areas(asked.on, "reception-places-stated")
    }
    leads = [_leads(asked, day) for day in days]
    told: list[Row] = []
    for province in land.provinces:
        known = [one[province] for one in leads if one is not None]
        row: Row = {"code": province, "goal": goal, "opened": opened.get(province, 0)}
        told.append({**row, **settled(goal - opened.get(province, 0), known)})
    if asked.by == "province":
        return told
    columns = [column for column in told[0] if column != "code"]
    return [{"code": "NL", **{column: added(row[column] for row in told) for column in columns}}]


def settled(room: int, leads: list[int]) -> Row:
    """The four ways to reckon leads in order of date, and what then remains of the places asked."""
    values: list[int | None] = [None] * 4
    if leads:
        above = [max(0, lead) for lead in leads]
        built = sum(max(0, now - before) for before, now in zip([0, *above], above, strict=False))
        values = [sum(above), sum(leads), above[-1], built]
    row: Row = {}
    for name, value in zip(_LEADS, values, strict=True):
        row[f"lead{name}"] = value
        row[f"remainder{name}"] = None if value is None else min(max(0, room - value), max(0, room))
    return row


def _leads(asked: Asked, day: date) -> dict[str, int] | None:
    """By province the lead at a date; None where it is not known."""
    before = day - DAY
    if before > asked.on:
        return None
    period = begins(day)
    if period is not None:
        balances = Balances(asked.world, asked.on)
        if balances.national(period) is None:
            return None
        opening = balances.opening(period, asked.on)
        amounts = {code: opening.get(code, 0) for code in asked.land.codes(day)}
    else:
        balances, period = Balances(asked.world, before), period_of(before)
        if balances.national(period) is None:
            return None
        stand = balances.stand(period, before)
        amounts = {code: stand.remaining(code) or 0 for code in stand.codes}
    told = dict.fromkeys(asked.land.provinces, 0)
    for code, amount in amounts.items():
        told[asked.land.province(code)] -= amount
    return told


def publication(asked: Asked) -> list[Row]:
    """(Q12, Q63)."""
    told: list[Row] = []
    for period in asked.world.periods():
        said = asked.world.period(period, asked.on, "quota-forecast", *NUMBERS)
        forecasts = [place for place, one in enumerate(said) if one.topic == "quota-forecast"]
        firsts = [place for place, one in enumerate(said) if one.topic == "quota-published"]
        numbers = [one for one in said if one.topic in NUMBERS]
        if not said:
            continue
        persons = [one.data["persons"] for one in said]
        final = numbers[-1].data["persons"] if numbers else None
        on = said[firsts[0]].on if firsts else None
        days = None if on is None else (first_day(period) - on).days
        earlier = [place for place in forecasts if firsts and place < firsts[0]]
        resettlement = [one.data["resettlement"] for one in said if "resettlement" in one.data]
        realised = Balances(asked.world, asked.on).realised(
            period, asked.on, max(first_day(period), min(asked.on, last_day(period)))
        )
        told.append({
            "code": "NL",
            "period": period,
            "forecast": persons[forecasts[-1]] if forecasts else None,
            "published": persons[firsts[0]] if firsts else None,
            "publishedOn": on,
            "daysBefore": days,
            "daysShort": None if days is None else max(0, 91 - days),
            "final": final,
            "resettlement": resettlement[-1] if resettlement else None,
            "forecastError": final - persons[earlier[-1]] if earlier else None,
            "realised": sum(realised.values()),
        })  # fmt: skip
    return told


def permits(asked: Asked) -> list[Row]:
    """(Q17)."""
    (first, last), told = asked.window, []
    so_far, forecast_so_far = 0, Fraction(0)
    known = True
    for begin, end in months_touched(first, last):
        days = (max(begin, first), min(end, last, asked.on))
        if begin > asked.on or days[0] > days[1]:
            continue
        granted = [
            life.ground
            for life in asked.world.lives(asked.on)
            if life.permit_on is not None and days[0] <= life.permit_on <= days[1]
        ]
        forecast = permits_forecast(asked.world, asked.on, *days)
        so_far += len(granted)
        known = known and forecast is not None
        forecast_so_far += forecast or 0
        row: Row = {"code": "NL", "month": f"{begin:%Y-%m}", "granted": len(granted)}
        row |= {ground: granted.count(ground) for ground in ("asylum", "family", "resettlement")}
        row |= {
            "forecast": forecast,
            "grantedSoFar": so_far,
            "forecastSoFar": forecast_so_far if known else None,
            "difference": so_far - forecast_so_far if known else None,
        }
        told.append(row)
    return left_in(told, ("month",))


def permits_forecast(world: World, on: date, first: date, last: date) -> Fraction | None:
    """Permits forecast for these counted days of one month, by the newest that holds the last of them."""
    newest = None
    for event in world.areas(on, "permits-forecast-published"):
        if date.fromisoformat(event.data["from"]) <= last <= date.fromisoformat(event.data["to"]):
            newest = event
    if newest is None:
        return None
    begin, end = date.fromisoformat(newest.data["from"]), date.fromisoformat(newest.data["to"])
    counted = (min(last, end) - max(first, begin)).days + 1
    return Fraction(newest.data["persons"] * counted, (end - begin).days + 1)
