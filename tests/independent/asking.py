"""The same question to the service and to the calculation, and where their answers differ."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from tests.api.service_under_test import Service
from tests.independent.clerk import NOW, TURNING
from tests.independent.half_years import last_day
from tests.independent.histories import drawn
from tests.independent.record import Event, read
from tests.independent.rows import Asked, Row, Value
from tests.independent.tables import TABLES, Table
from tests.independent.wait_tables import known_norm
from tests.independent.world import World

_AMSTERDAM = ZoneInfo("Europe/Amsterdam")
#: Of what was refused the source, and when it came.
Refused = list[tuple[str, datetime]]


_NAMING = ("code", "name")


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
    events, refused = _post(service, seed)
    outcome, rng = Outcome(), Random(seed)
    worlds: dict[int, World] = {}
    for name in tables:
        for _ in range(questions):
            asked, parameters = _drawn_question(rng, TABLES[name], events, refused, worlds)
            answered = service.get(f"/v1/figures/{name}", **parameters)
            question = "&".join(f"{key}={value}" for key, value in parameters.items())
            status = 200 if known_norm(asked) else 400
            if answered.status_code != status:
                outcome.differences.append(Difference(name, question, "", "", status, answered.text))
                continue
            if status == 400:
                outcome.agreed[name] = outcome.agreed.get(name, 0) + 1
                continue
            body = json.loads(answered.content, parse_float=Decimal)
            _hold(outcome, name, question, TABLES[name].rows(asked), body)
    return outcome


def _post(service: Service, seed: int) -> tuple[list[Event], Refused]:
    posted: dict[tuple[str, str], dict[str, Any]] = {}
    history, refused = drawn(seed), []
    for number, (at, batch) in enumerate(history.batches):
        service.clock.now = at
        for start in range(0, len(batch), 90):
            service.post_all(batch[start : start + 90])
        posted |= {(event["source"], event["id"]): event for event in batch}
        for event in [event for after, event in history.refused if after == number]:
            assert service.post(event).status_code == 403
            refused.append((event["source"], at))
    service.clock.now = NOW
    events = []
    after = 0
    while page := service.told("/v1/events", after=after, limit=1000)["items"]:
        after = page[-1]["position"]
        for one in page:
            event = posted[one["source"], one["id"]]
            events.append(read(event, one["recordedAt"], one["position"]))
    return events, refused


def _drawn_question(
    rng: Random, table: Table, events: Sequence[Event], refused: Refused, worlds: dict[int, World]
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
        known = [(source, at) for source, at in refused if at <= known_at]
        worlds[key] = World(events, position, known_at.astimezone(_AMSTERDAM).date(), known)
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
    answered = {
        _key(row, table): {column: value for column, value in row.items() if column not in table.beyond}
        for row in body["items"]
        if all(row[name] in values for name, values in table.within.items())
        # A row may be there for a column that the text says too little of.
        and (
            not table.beyond
            or any(row[name] for name in row if name not in {*table.beyond, *_NAMING, *table.dimensions})
        )
    }

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
