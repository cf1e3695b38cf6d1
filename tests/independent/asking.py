"""The same question to the service and to the calculation, and where their answers differ."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from tests.api.service_under_test import Service
from tests.independent import link_tables, quota_tables, supply_tables
from tests.independent.clerk import NOW, PERIODS, TURNING
from tests.independent.half_years import last_day
from tests.independent.histories import drawn
from tests.independent.record import Event, read
from tests.independent.rows import Asked, Row, Value
from tests.independent.world import World

_EVERY = ("country", "province", "municipality")
_AMSTERDAM = ZoneInfo("Europe/Amsterdam")
Parameters = dict[str, Any]


@dataclass(frozen=True)
class Table:
    """A table: how it is worked out, how it is grouped and ordered, what else is asked of it."""

    rows: Callable[[Asked], list[Row]]
    parameters: Callable[[Random], Parameters]
    by: tuple[str, ...] = _EVERY
    dimensions: tuple[str, ...] = ()
    order: dict[str, Sequence[str]] = field(default_factory=dict)
    shares: tuple[str, ...] = ()


def _period(rng: Random) -> Parameters:
    return {"period": rng.choice(PERIODS)}


def _window(rng: Random) -> Parameters:
    first = rng.choice([date(2020, 1, 1), date(2021, 1, 1), *TURNING])
    return {"from": first, "to": first + timedelta(days=rng.choice([0, 30, 250, 800, 800]))}


def _nothing(_: Random) -> Parameters:
    return {}


def _methods(rng: Random) -> Parameters:
    asked = _period(rng)
    if rng.random() < 0.5:
        asked["method"] = rng.choice(["adams", "largest-remainder", "nearest", "ceiling", "floor"])
    if rng.random() < 0.4:
        asked["persons"] = rng.choice([300, 361, 10_000])
    return asked


def _offset(rng: Random) -> Parameters:
    asked: Parameters = {}
    if rng.random() < 0.5:
        asked["goal"] = rng.choice([0, 20, 417])
    if rng.random() < 0.7:
        days = [*TURNING, date(2020, 12, 1), date(2021, 5, 17), date(2021, 11, 30), date(2022, 2, 14)]
        asked["at"] = rng.sample(sorted(set(days)), rng.randint(1, 5))
    return asked


def _supervision(rng: Random) -> Parameters:
    asked = _period(rng)
    if rng.random() < 0.4:
        asked["marginPersons"] = rng.choice([0, 2])
    if rng.random() < 0.3:
        asked["marginShare"] = rng.choice(["0", "0.25", "0.5"])
    if rng.random() < 0.4:
        asked["days"] = rng.choice([0, 20, 120])
    return asked


#: By name, in the order of the contract.
TABLES: dict[str, Table] = {
    "realisation": Table(quota_tables.realisation, _period),
    "quota-methods": Table(quota_tables.quota_methods, _methods),
    "quota-revisions": Table(quota_tables.quota_revisions, _period, dimensions=("on",)),
    "transfers": Table(quota_tables.transfers, _period, ("municipality",), ("transfer",)),
    "offset": Table(quota_tables.offset, _offset, ("province", "country")),
    "publication": Table(quota_tables.publication, _nothing, ("country",), ("period",)),
    "permits": Table(quota_tables.permits, _window, ("country",), ("month",)),
    "links": Table(link_tables.links, _window),
    "supply": Table(supply_tables.supply, _period),
    "reception": Table(
        link_tables.reception,
        _nothing,
        ("country",),
        ("region",),
        {"region": ("GR-FR-DR", "OV-GLD", "FL-UT-NH", "ZH-ZL", "NB-LB", "unknown")},
        ("share", "quotaShare", "difference"),
    ),
    "expected": Table(link_tables.expected, _nothing),
    "households": Table(link_tables.households, _nothing, _EVERY, ("size",), {"size": link_tables.SIZES}),
    "swaps": Table(
        link_tables.swaps,
        _nothing,
        ("municipality",),
        ("with", "size", "withSize"),
        {"size": link_tables.SIZES, "withSize": link_tables.SIZES},
    ),
    "supervision": Table(supply_tables.supervision, _supervision, ("municipality", "province")),
    "ladder": Table(supply_tables.ladder, _nothing, ("municipality",), ("decided",)),
    "refusals": Table(link_tables.refusals, _window),
}


@dataclass
class Difference:
    """One figure on which the two do not agree, or a row that one of them has."""

    table: str
    question: str
    row: str
    column: str
    expected: Any
    answered: Any

    def __str__(self) -> str:
        return (
            f"{self.table}?{self.question} row {self.row} {self.column}: by the text {self.expected!r}, "
            f"answered {self.answered!r}"
        )


@dataclass
class Outcome:
    """How many figures agreed by table, and which did not."""

    agreed: dict[str, int] = field(default_factory=dict)
    #: By table and column, how many of those were neither 0 nor null.
    telling: dict[tuple[str, str], int] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)


def compare(service: Service, seed: int, questions: int, tables: Sequence[str] = tuple(TABLES)) -> Outcome:
    """Post the history of a seed and ask each table so many questions."""
    events = _post(service, seed)
    outcome, rng = Outcome(), Random(seed)
    worlds: dict[int, World] = {}
    for name in tables:
        for _ in range(questions):
            asked, parameters = _drawn_question(rng, TABLES[name], events, worlds)
            answered = service.get(f"/v1/figures/{name}", **parameters)
            question = "&".join(f"{key}={value}" for key, value in parameters.items())
            if answered.status_code != 200:
                outcome.differences.append(Difference(name, question, "", "", 200, answered.text))
                continue
            body = json.loads(answered.content, parse_float=Decimal)
            _hold(outcome, name, question, TABLES[name].rows(asked), body)
    return outcome


def _post(service: Service, seed: int) -> list[Event]:
    posted: dict[tuple[str, str], dict[str, Any]] = {}
    for at, batch in drawn(seed).batches:
        service.clock.now = at
        for start in range(0, len(batch), 90):
            service.post_all(batch[start : start + 90])
        posted |= {(event["source"], event["id"]): event for event in batch}
    service.clock.now = NOW
    events = []
    after = 0
    while page := service.told("/v1/events", after=after, limit=1000)["items"]:
        after = page[-1]["position"]
        for one in page:
            event = posted[one["source"], one["id"]]
            events.append(read(event, one["recordedAt"], one["position"]))
    return events


def _drawn_question(
    rng: Random, table: Table, events: Sequence[Event], worlds: dict[int, World]
) -> tuple[Asked, dict[str, str]]:
    on = rng.choice([*TURNING, date(2022, 7, 15)]) + timedelta(days=rng.choice([-1, 0, 0, 0, 0, 1, 17]))
    by, parameters = rng.choice(table.by), table.parameters(rng)
    if "period" in parameters and rng.random() < 0.5:
        # When a half-year is over it is judged.
        on = min(last_day(parameters["period"]) + timedelta(days=rng.choice([0, 0, 1, 40])), date(2022, 12, 31))
    if rng.random() < 0.5:
        known_at, position = NOW, events[-1].position
    else:
        known_at = rng.choice(events).recorded_at
        position = max(event.position for event in events if event.recorded_at <= known_at)
    if (key := hash((position, known_at))) not in worlds:
        worlds[key] = World(events, position, known_at.astimezone(_AMSTERDAM).date())
    written = {"validOn": on.isoformat()}
    if known_at != NOW:
        written["knownAt"] = f"{known_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{known_at.microsecond // 1000:03d}Z"
    if len(table.by) > 1:
        written["groupBy"] = by
    for name, value in parameters.items():
        written[name] = ",".join(map(str, value)) if isinstance(value, list) else str(value)
    return Asked(worlds[key], on, by, parameters), written


def _hold(outcome: Outcome, name: str, question: str, rows: list[Row], body: dict[str, Any]) -> None:
    table = TABLES[name]
    expected = {_key(row, table): _written(row, table) for row in rows}
    answered = {_key(row, table): row for row in body["items"]}

    def differ(row: Any, column: str, by_text: Any, got: Any) -> None:
        outcome.differences.append(Difference(name, question, " ".join(map(str, row)), column, by_text, got))

    for key in expected.keys() | answered.keys():
        if key not in answered or key not in expected:
            differ(key, "(row)", expected.get(key), answered.get(key))
            continue
        mine, theirs = expected[key], answered[key]
        for column in sorted((mine.keys() | theirs.keys()) - {"name"}):
            if column in mine and column in theirs and mine[column] == theirs[column]:
                outcome.agreed[name] = outcome.agreed.get(name, 0) + 1
                outcome.telling[name, column] = outcome.telling.get((name, column), 0) + bool(mine[column])
            else:
                differ(key, column, mine.get(column, "no such column"), theirs.get(column, "no such column"))
    keys = [_key(row, table) for row in body["items"]]
    if keys != sorted(keys, key=lambda key: _place(key, table)):
        differ(("order",), "", sorted(keys, key=lambda key: _place(key, table)), keys)


def _key(row: Row, table: Table) -> tuple[Any, ...]:
    return tuple(_plain(row[column]) for column in ("code", *table.dimensions))


def _place(key: tuple[Any, ...], table: Table) -> list[Any]:
    names = ("code", *table.dimensions)
    return [
        table.order[name].index(value) if name in table.order else value for name, value in zip(names, key, strict=True)
    ]


def _plain(value: Value) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value


def _written(row: Row, table: Table) -> dict[str, Any]:
    return {
        column: rounded(value, 4 if column in table.shares else 2) if isinstance(value, Fraction) else _plain(value)
        for column, value in row.items()
    }


def rounded(value: Fraction, decimals: int) -> Decimal:
    """Half away from zero."""
    with localcontext() as context:
        context.prec = 80
        scaled = abs(value) * 10**decimals
        whole = Decimal((scaled + Fraction(1, 2)).__floor__())
        return (whole if value >= 0 else -whole).scaleb(-decimals).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
