"""Every cell of the figure tables is taken apart; the parts are the cell, on both engines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from itertools import product
from statistics import median
from typing import Any, NamedTuple

import pytest

from domain.period import Period
from projections import reference
from projections.explanations import OF_BALANCES, OF_GOALS, OF_SUMS, Table
from projections.view import Asked
from service.database import reading
from tests.api.service_under_test import Service, serving
from tests.api.test_same_bytes import TOWNS, tell

REALISATION, PHASES = "/v1/realisation/_explanation", "/v1/norm-phases/_explanation"
WINDOW = {"from": "2021-02-01", "to": "2022-06-30"}
_PHASE_FIGURES = [
    *(f"completed.{name}" for name in ("count", "mean", "median", "p90", "withinNorm")),
    *(f"open.{name}" for name in ("count", "mean", "median", "p90", "overNorm")),
]


def cells(item: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The figures of a row of the realisation, by name."""
    for name, value in item.items():
        if isinstance(value, dict):
            yield from ((f"{name}.{kind}", part) for kind, part in value.items())
        elif name not in ("code", "name", "province"):
            yield name, value


def row_of(code: str) -> dict[str, str]:
    """The parameters that ask for a row."""
    return {"GM": {"municipality": code}, "PV": {"province": code}}.get(code[:2], {})


class OnBoth(NamedTuple):
    """One history, told to two services, and its last position."""

    one: Service
    other: Service
    last: int


@pytest.fixture(scope="module")
def on_both(shared_sqlite_url: str, shared_postgresql_url: str) -> Iterator[OnBoth]:
    with serving(shared_sqlite_url) as one, serving(shared_postgresql_url) as other:
        last = tell(one)
        assert tell(other) == last
        yield OnBoth(one, other, last)


def both(one: Service, other: Service, url: str, **asked: Any) -> dict[str, Any]:
    """An answer that is the same to the byte on both."""
    mine, theirs = (service.request("GET", url, params=asked) for service in (one, other))
    assert mine.status_code == 200, mine.text
    assert mine.content == theirs.content
    told: dict[str, Any] = mine.json()
    return told


def test_every_figure_of_the_realisation_is_the_sum_of_its_parts_or_follows_from_them(on_both: OnBoth) -> None:
    one, other, last = on_both
    some = {"NL", "PV23", "PV26", *TOWNS, "GM9153"}
    asked: list[tuple[str, dict[str, Any], tuple[str, ...]]] = [
        ("2021-II", {"validOn": "2021-12-31"}, ("country", "municipality")),
        ("2022-I", {"validOn": "2022-03-31", "atPosition": last // 2}, ("country",)),
        ("2021-II", {"validOn": "2022-06-30", "knownAt": "2022-07-15T20:00:00Z"}, ("province",)),
        ("2022-I", {}, ("municipality",)),
        ("2021-II", {"knownAt": "2021-10-01T00:00:00Z", "knownBy": "sender"}, ("country",)),
    ]
    seen: Counter[str] = Counter()
    for period, times, groups in asked:
        for group in groups:
            table = both(one, other, "/v1/realisation", period=period, groupBy=group, **times)
            for item in table["items"]:
                if item["code"] not in some:
                    continue
                for figure, value in cells(item):
                    found = both(one, other, REALISATION, period=period, figure=figure, **row_of(item["code"]), **times)
                    assert {key: found[key] for key in ("position", "validOn", "code", "name", "value")} == {
                        **{key: table[key] for key in ("position", "validOn")},
                        **{key: item[key] for key in ("code", "name")},
                        "value": value,
                    }, (figure, item["code"])
                    assert_follows(found)
                    seen[figure] += 1
    assert seen.keys() >= {*OF_BALANCES, *OF_SUMS, *OF_GOALS, "realisedByAccommodation.hotel"}


def assert_follows(found: Mapping[str, Any]) -> None:
    """The parts make the figure."""
    amounts = [part["amount"] for part in found["parts"]]
    if found["adds"]:
        assert sum(amounts) == found["value"]
        assert found["formula"] is None
    elif found["value"] is not None:
        names = {part["figure"]: Fraction(str(part["amount"])) for part in found["parts"]}
        task, realised, months = (names.get(name, Fraction(0)) for name in ("task", "realised", "months"))
        computed = {
            "percentage": 100 * realised / (task or 1),
            "pace": task * months / 6,
            "ahead": realised - task * months / 6,
        }[found["figure"]]
        assert abs(computed - Fraction(str(found["value"]))) <= Fraction(1, 200)
    for part in found["parts"]:
        if part["kind"] in ("housed", "returned", "published", "recorded", "transferred", "interim-goal", "computed"):
            assert [event for event in part["events"] if event["inForce"]], part


def test_all_municipalities_are_taken_apart_at_several_moments(on_both: OnBoth) -> None:
    service, _, last = on_both
    moments = [
        (Period(2021, 2), date(2021, 12, 31), last),
        (Period(2022, 1), date(2022, 6, 30), last // 2),
        (Period(2022, 2), date(2022, 7, 15), last),
    ]
    with reading(service.shell.engine, "view_a") as connection:
        for period, on, position in moments:
            asked = Asked(on, position)
            table = Table.read(connection, asked, period, reference.places(connection, asked))
            of_all = [*table.municipalities, *table.provinces, *table.country]
            assert len(of_all) > 350
            for standing, figure in product(of_all, OF_BALANCES | OF_SUMS | OF_GOALS):
                code = standing.balance.code
                found = table.explained(code, figure)
                assert found is not None
                if figure in OF_BALANCES:
                    assert found.value == OF_BALANCES[figure](standing.balance)
                if found.adds:
                    assert sum(part.amount or 0 for part in found.parts) == found.value, (code, figure)
                    assert "rounding" not in {getattr(part, "kind", "") for part in found.parts}


def test_every_figure_of_the_norm_phases_follows_from_the_journeys_behind_it(on_both: OnBoth) -> None:
    one, other, last = on_both
    asked: list[tuple[str, dict[str, Any]]] = [
        ("province", {"norm": "permit-14"}),
        ("country", {"norm": "link-12", "family": "with", "validOn": "2021-12-31", "atPosition": last // 2}),
        ("country", {"norm": "link-14", "family": "without", "knownAt": "2022-07-15T20:00:00Z"}),
        ("country", {"knownAt": "2021-10-01T00:00:00Z", "knownBy": "sender"}),
        ("municipality", {"norm": "link-14", "validOn": "2022-03-24"}),
    ]
    for group, times in asked:
        table = both(one, other, "/v1/norm-phases", groupBy=group, **WINDOW, **times)
        assert table["items"]
        for item in worth_asking(table["items"]):
            row = {**WINDOW, **times, **row_of(item["code"]), "limit": 1000}
            closed = both(one, other, PHASES, figure="closedWithoutHousing", **row)
            assert (closed["value"], closed["count"]) == (item["closedWithoutHousing"], len(closed["journeys"]))
            assert all(journey["events"] for journey in closed["journeys"])
            for phase, figure in product(item["phases"], _PHASE_FIGURES):
                which, _, name = figure.partition(".")
                found = both(one, other, PHASES, figure=figure, phase=phase, **row)
                assert found["value"] == item["phases"][phase][which][name], (item["code"], phase, figure)
                assert_behind(found, name, table["norm"][phase])


def worth_asking(items: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The fullest row, the one with the least in it, and an empty one."""
    by_size = sorted(items, key=counted, reverse=True)
    full, empty = [item for item in by_size if counted(item)], [item for item in by_size if not counted(item)]
    return [*full[:1], *full[1:][-1:], *empty[:1]]


def counted(item: Mapping[str, Any]) -> int:
    phases = item["phases"].values()
    total: int = sum(phase[which]["count"] for phase in phases for which in ("completed", "open"))
    return total + int(item["closedWithoutHousing"])


def assert_behind(found: Mapping[str, Any], name: str, norm: int) -> None:
    """The journeys make the figure."""
    journeys = found["journeys"]
    days = [journey["days"] for journey in journeys]
    assert (found["count"], found["sum"]) == (len(days), sum(days))
    assert found["within"] == sum(one <= norm for one in days) == sum(one["withinNorm"] for one in journeys)
    for journey in journeys:
        days_in_force = {event["effectiveOn"] for event in journey["events"] if event["inForce"]}
        assert {journey["startedOn"], journey["endedOn"] or journey["startedOn"]} <= days_in_force
    if name in ("count", "overNorm"):
        assert found["value"] == len(days)
    elif not days:
        assert found["value"] is None
    elif name == "median":
        assert found["value"] == median(days)
    elif name == "mean":
        assert abs(Fraction(str(found["value"])) - Fraction(sum(days), len(days))) <= Fraction(1, 200)
