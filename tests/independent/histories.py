"""Small histories in which much goes wrong, drawn from a seed: events to post, in batches, in any order of arrival."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from tests.independent.clerk import (
    AMSTERDAM,
    BATCHES,
    CUIJK,
    DE_BILT,
    HAAREN,
    HOMES,
    LAND_VAN_CUIJK,
    LAST,
    NEW,
    NORM_SETS,
    PERIODS,
    PROVINCE,
    TEMPORARY,
    TILBURG,
    UTRECHT,
    VUGHT,
    WEESP,
    ZEIST,
    Clerk,
    Posted,
    by,
)
from tests.independent.stories import tell_life


@dataclass
class History:
    """What is posted: each batch at its instant, and the towns that it is about."""

    batches: list[tuple[datetime, list[Posted]]]
    towns: list[str]
    #: By the number of the batch what is posted after it and refused.
    refused: list[tuple[int, Posted]]


def drawn(seed: int) -> History:
    """The history of a seed."""
    rng = Random(seed)
    towns = [AMSTERDAM, WEESP, HAAREN, *rng.sample([VUGHT, TILBURG, UTRECHT, ZEIST, DE_BILT, LAND_VAN_CUIJK, CUIJK], 3)]
    crowded = seed % 2 == 0
    clerk = Clerk(rng, [*rng.sample(towns[2:], 2), AMSTERDAM, WEESP] if crowded else towns, crowded)
    first = _mergers(clerk)
    clerk.said = []
    _counts(clerk)
    for period in PERIODS if crowded else rng.sample(PERIODS, rng.randint(3, 5)):
        _quota(clerk, period)
    _areas(clerk)
    _norm_sets(clerk)
    clerk.settled = seed % 4 == 1
    persons = rng.randint(25, 40) if crowded else rng.randint(15, 25) if clerk.settled else rng.randint(5, 15)
    numbers = [f"99990{seed % 1000:03d}{number:02d}" for number in range(persons)]
    for older, v_number in zip(["", *numbers], numbers, strict=False):
        tell_life(clerk, v_number)
        if older and clerk.chance(0.06):
            clerk.tell("v-number-replaced", clerk.day(), by("ind"), vNumber=v_number, replaces=older)
    _mistakes(clerk)
    rng.shuffle(clerk.said)
    cuts = sorted(rng.sample(range(1, len(clerk.said)), 2))
    parts = [clerk.said[: cuts[0]], clerk.said[cuts[0] : cuts[1]], clerk.said[cuts[1] :]]
    # A new code must be known before it is named.
    return History([(BATCHES[0], first), *zip(BATCHES, parts, strict=True)], towns, _refused(clerk))


def _refused(clerk: Clerk) -> list[tuple[int, Posted]]:
    """What an organisation has no authority for."""
    told = []
    for number in range(clerk.rng.randint(0, 5)):
        v_number = f"9999100{number:03d}"
        source = clerk.rng.choice([by("coa"), by("duo"), by("municipality", TILBURG)])
        event = clerk.tell("permit-granted", clerk.day(), source, vNumber=v_number, ground="asylum")
        told.append((clerk.rng.randint(1, len(BATCHES)), event))
    return told


def _mergers(clerk: Clerk) -> list[Posted]:
    """A merger, a merger into a new municipality or a split that only the reference stream tells of."""
    drawn_ = clerk.rng.randrange(4)
    if drawn_ == 0:
        return []
    on = clerk.rng.choice([date(2021, 5, 1), date(2021, 7, 1), date(2021, 9, 1), date(2022, 2, 1)])

    def merged(ended: str, into: str, moved: int, **more: Any) -> Posted:
        return clerk.tell(
            "municipality-merged",
            on,
            by("cbs"),
            municipality=ended,
            into=into,
            on=on.isoformat(),
            personsMoved=moved,
            **more,
        )

    clerk.towns += [ZEIST, UTRECHT] if ZEIST not in clerk.towns else [UTRECHT]
    if drawn_ == 1:
        return [merged(ZEIST, UTRECHT, 65_000)]
    if drawn_ == 2:
        clerk.towns.append(NEW)
        new = {"name": "Nieuw Zeist", "province": "PV26"}
        return [merged(ZEIST, NEW, 65_000, **new), merged(DE_BILT, NEW, 43_000, **new)]
    clerk.towns.append(DE_BILT)
    return [merged(DE_BILT, UTRECHT, 13_000), merged(DE_BILT, ZEIST, 30_000)]


def _counts(clerk: Clerk) -> None:
    for town in (WEESP, AMSTERDAM):
        if clerk.chance(0.3):
            on = date(2020, 1, 1)
            persons = clerk.rng.randint(20_000, 900_000)
            clerk.tell("inhabitants-counted", on, by("cbs"), municipality=town, on=on.isoformat(), persons=persons)


def _norm_sets(clerk: Clerk) -> None:
    rng = clerk.rng
    for _ in range(rng.choice([0, 1, 2, 3])):
        clerk.tell(
            "norm-set-published", clerk.day(), by("ministry"), name=rng.choice(NORM_SETS), source="A letter",
            linking=rng.choice([0, 7, 21]), housing=rng.choice([30, 70, 100]), departure=rng.choice([1, 14]),
            total=rng.choice([0, 60, 98, 150]), totalStarts=rng.choice(["permit", "link"]), validFrom="2021-07-01",
        )  # fmt: skip


def _quota(clerk: Clerk, period: str) -> None:
    rng = clerk.rng
    year, half = period.split("-")
    first = date(int(year), 1 if half == "I" else 7, 1)
    ministry = by("ministry")

    def on(least: int = -150, most: int = 200) -> date:
        if clerk.chance(0.2):
            return rng.choice([first, first - timedelta(days=1), first - timedelta(days=91)])
        return min(first + timedelta(days=rng.randint(least, most)), LAST)

    persons = rng.choice([10, 40, 200, 352, 400, 700, 1500, 11_000])
    for _ in range(rng.randint(0, 2)):
        clerk.tell(
            "quota-forecast", on(-250, 20), ministry, period=period, persons=max(0, persons + rng.randint(-50, 50)),
            resettlement=clerk.maybe(0.4, [50, 100, 0]),
        )  # fmt: skip
    if clerk.chance(0.85):
        for _ in range(rng.choice([1, 1, 2])):
            clerk.tell(
                "quota-published", on(-150, 60), ministry, period=period, persons=persons,
                resettlement=clerk.maybe(0.4, [40, 90]),
            )  # fmt: skip
    for _ in range(rng.choice([0, 0, 1, 2])):
        clerk.tell("quota-revised", on(), ministry, period=period, persons=max(5, persons + rng.randint(-60, 90)))
    for town in dict.fromkeys(clerk.towns):
        if clerk.chance(0.8 if clerk.crowded else 0.55):
            clerk.tell(
                "municipal-quota-published", on(-100, 150), ministry, period=period, municipality=town,
                persons=rng.choice([3, 5, 8, 12, 25] if clerk.crowded else [0, 1, 2, 3, 5, 25, 60]),
            )  # fmt: skip
        if clerk.chance(0.3):
            clerk.tell(
                "opening-balance-recorded", on(-30, 90), ministry, period=period, municipality=town,
                persons=rng.choice([-60, -15, -3, -1, 0, 1, 2, 5, 19]),
            )  # fmt: skip
    every = list(dict.fromkeys(clerk.towns))
    for _ in range(rng.choice([0, 0, 1, 2])):
        between = rng.sample(every, min(len(every), rng.choice([2, 2, 3])))
        amounts = [rng.randint(-4, 4) for _ in between[1:]]
        moved = [
            {"municipality": town, "persons": amount}
            for town, amount in zip(between, [-sum(amounts), *amounts], strict=True)
        ]
        day = on(-60, 180)
        decisions = [{"municipality": town, "on": day.isoformat()} for town in between if clerk.chance(0.6)]
        clerk.tell("quota-transferred", day, ministry, period=period, transfers=moved, decisions=decisions or None)
    if clerk.chance(0.2):
        clerk.tell("interim-goal-set", on(), ministry, period=period, reduction=rng.randint(1, 40))


def _areas(clerk: Clerk) -> None:
    rng = clerk.rng
    for _ in range(rng.randint(0, 4)):
        begin = clerk.day()
        end = begin + timedelta(days=rng.choice([30, 90, 183, 364]))
        clerk.tell(
            "permits-forecast-published", clerk.day(last=begin), by(rng.choice(["ind", "ministry"])), area="NL",
            **{"from": begin.isoformat(), "to": end.isoformat()}, persons=rng.randint(0, 90),
        )  # fmt: skip
    months = (
        "2021-02",
        "2021-08",
        "2021-09",
        "2021-11",
        "2022-01",
        "2022-02",
        "2022-04",
        "2022-05",
        "2022-07",
        "2022-08",
    )
    for _ in range(rng.randint(5, 25)):
        children = {band: rng.randint(0, 3) for band in ("0-3", "4-11", "12-15", "16-17") if clerk.chance(0.5)}
        clerk.tell(
            "links-announced", clerk.day(), by("coa"), area=rng.choice(clerk.towns), month=rng.choice(months),
            persons=rng.randint(8, 30), households=clerk.maybe(0.6, [1, 2, 7]),
            children=children if clerk.chance(0.6) else None,
        )  # fmt: skip
    if clerk.crowded:
        # One has what the other lacks.
        for number, town in enumerate(clerk.towns):
            homes = [{"bedrooms": (1, 2, 4)[(number + rng.randint(0, 1)) % 3], "adapted": False, "number": 8}]
            clerk.tell("homes-stated", date(2020, 10, 1), by("municipality", town), area=town, homes=homes)
    for _ in range(rng.randint(0, 3) if clerk.crowded else rng.randint(2, 14)):
        town = rng.choice(clerk.towns)
        kinds = sorted({(rng.randint(0, 6), clerk.chance(0.3)) for _ in range(rng.randint(0, 5))})
        homes = [{"bedrooms": rooms, "adapted": adapted, "number": rng.choice([0, 1, 4])} for rooms, adapted in kinds]
        clerk.tell("homes-stated", clerk.day(), by("municipality", town), area=town, homes=homes)
    for _ in range(rng.randint(2, 14)):
        town, kind = rng.choice(clerk.towns), rng.choice(TEMPORARY)
        source, places = by("municipality", town), rng.choice([0, 1, 2, 5, 20])
        clerk.tell("temporary-places-stated", clerk.day(), source, area=town, accommodation=kind, places=places)
    for _ in range(rng.randint(0, 6)):
        province = rng.choice(["PV26", "PV27", "PV30", "PV20"])
        source = by("coa") if clerk.chance(0.3) else by("province", province)
        clerk.tell("reception-places-stated", clerk.day(), source, area=province, places=rng.choice([0, 50, 300, 500]))
    for _ in range(rng.randint(0, 12 if clerk.crowded else 6)):
        town = rng.choice(clerk.towns)
        first, province = date(2022 if town == NEW else 2021, 2, 1), by("province", f"PV{PROVINCE.get(town, 30)}")
        clerk.tell(
            "ladder-step-decided", clerk.day(first=first), province, area=town,
            period=rng.choice(PERIODS), rung=rng.randint(0, 6), reason="As agreed",
        )  # fmt: skip
    for _ in range(rng.choice([0, 0, 1, 2])):
        area = rng.choice([*clerk.towns, "PV26", "PV27", "PV30", "NL"])
        clerk.tell("assessment-suspended", clerk.day(), by("ministry"), area=area, period=rng.choice(PERIODS))


#: What is told of no person, half-year or area can be corrected and not withdrawn.
_CORRECTED_ONLY = ("nl.ketenspoor.inhabitants-counted", "nl.ketenspoor.norm-set-published")


def _mistakes(clerk: Clerk) -> None:
    """Corrections, corrections of corrections and in a ring; withdrawals, of withdrawals and in a ring."""
    for event in list(clerk.said):
        if clerk.chance(0.5 if event["type"].endswith("fine-imposed.v1") else 0.1):
            corrected = _corrected(clerk, event)
            if clerk.chance(0.3):
                _corrected(clerk, corrected)
            if clerk.chance(0.15):
                event["data"]["corrects"] = corrected["id"]
            if clerk.chance(0.15) and not event["type"].startswith(_CORRECTED_ONLY):
                _withdrawn(clerk, corrected)
        elif clerk.chance(0.05) and not event["type"].startswith(_CORRECTED_ONLY):
            undone = _withdrawn(clerk, event)
            if clerk.chance(0.3):
                again = _withdrawn(clerk, undone)
                if clerk.chance(0.3):
                    undone["data"]["withdraws"] = again["id"]
    _cancelled_by_any_version(clerk)


def _cancelled_by_any_version(clerk: Clerk) -> None:
    """A fine may be named by the id of any of its versions, and now and then it is somebody else's."""
    fines = [event for event in clerk.said if event["type"].endswith("fine-imposed.v1")]
    for event in clerk.said:
        if event["type"].endswith("fine-cancelled.v1"):
            versions = [one["id"] for one in fines if event["data"]["fine"] in (one["id"], one["data"].get("corrects"))]
            event["data"]["fine"] = clerk.rng.choice(versions)
            if clerk.chance(0.05):
                event["data"]["fine"] = clerk.rng.choice(fines)["id"]


def _corrected(clerk: Clerk, event: Posted) -> Posted:
    data = {key: value for key, value in event["data"].items() if key not in ("corrects", "effectiveOn")}
    on, rng = date.fromisoformat(event["data"]["effectiveOn"]), clerk.rng
    if event["type"] != "nl.ketenspoor.inhabitants-counted.v1" and clerk.chance(0.7):
        # A province speaks of a new municipality from its first day on.
        shifts = [1, 14, 60] if event["data"].get("area") == NEW else [-30, -1, 1, 14, 60]
        on += timedelta(days=clerk.rng.choice(shifts))
    if "justified" in data:
        data["justified"] = not data["justified"]
    if "endsOn" in data and clerk.chance(0.5):
        data["endsOn"] = (date.fromisoformat(data["endsOn"]) + timedelta(days=rng.choice([-1, 1, 30]))).isoformat()
    if "accommodation" in data and "area" not in data:
        data["accommodation"] = clerk.rng.choice(HOMES)
    for field_ in ("persons", "rung"):
        if field_ in data and "transfers" not in data:
            data[field_] = max(1 if "vNumber" in data else 0, data[field_] - 1)
    if event["type"].endswith("linked.v1") or event["type"].endswith("housed.v1"):
        data["municipality"] = clerk.rng.choice(clerk.towns)
    return _retold(clerk, event, on, corrects=event["id"], **data)


def _withdrawn(clerk: Clerk, event: Posted) -> Posted:
    same = {key: value for key, value in event["data"].items() if key in ("vNumber", "area", "period")}
    if "area" in same:
        same.pop("period", None)
    on = date.fromisoformat(event["data"]["effectiveOn"])
    return _retold(clerk, event, on, withdraws=event["id"], reason="A mistake", **same)


def _retold(clerk: Clerk, event: Posted, on: date, /, **data: Any) -> Posted:
    topic = event["type"].removeprefix("nl.ketenspoor.").removesuffix(".v1")
    if "withdraws" in data:
        topic = "event-withdrawn"
    return clerk.tell(topic, on, event["source"], **data)
