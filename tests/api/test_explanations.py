"""Why is this figure so? Every cell of the figure tables is taken apart; the parts are the cell, on both engines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from fractions import Fraction
from itertools import product
from statistics import median
from typing import Any

import pytest

from domain.period import Period
from projections import reference
from projections.explanations import OF_BALANCES, OF_GOALS, OF_SUMS, Table
from projections.view import Asked
from service.database import reading
from tests.api.reports import (
    AMERSFOORT,
    AMSTERDAM,
    ENSCHEDE,
    UTRECHT,
    WEESP,
    granted,
    home_ready,
    housed,
    linked,
    quota,
    returned,
    said,
    worked_case,
)
from tests.api.service_under_test import Service, serving
from tests.api.test_document import described_as, faults
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


def both(one: Service, other: Service, url: str, **asked: Any) -> dict[str, Any]:
    """An answer that is the same to the byte on both."""
    mine, theirs = (service.request("GET", url, params=asked) for service in (one, other))
    assert mine.status_code == 200, mine.text
    assert mine.content == theirs.content
    told: dict[str, Any] = mine.json()
    return told


def test_every_figure_of_the_realisation_is_the_sum_of_its_parts_or_follows_from_them(sqlite_url, postgresql_url):
    with serving(sqlite_url) as one, serving(postgresql_url) as other:
        last = tell(one)
        tell(other)
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
                        found = both(
                            one, other, REALISATION, period=period, figure=figure, **row_of(item["code"]), **times
                        )
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


def test_all_municipalities_are_taken_apart_at_several_moments(service):
    last = tell(service)
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


def test_every_figure_of_the_norm_phases_follows_from_the_journeys_behind_it(sqlite_url, postgresql_url):
    with serving(sqlite_url) as one, serving(postgresql_url) as other:
        last = tell(one)
        tell(other)
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
            for item in table["items"]:
                row = {**WINDOW, **times, **row_of(item["code"]), "limit": 1000}
                closed = both(one, other, PHASES, figure="closedWithoutHousing", **row)
                assert (closed["value"], closed["count"]) == (item["closedWithoutHousing"], len(closed["journeys"]))
                assert all(journey["events"] for journey in closed["journeys"])
                for phase, figure in product(item["phases"], _PHASE_FIGURES):
                    which, _, name = figure.partition(".")
                    found = both(one, other, PHASES, figure=figure, phase=phase, **row)
                    assert found["value"] == item["phases"][phase][which][name], (item["code"], phase, figure)
                    assert_behind(found, name, table["norm"][phase])


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


# What the parts say.


@pytest.fixture
def told(service: Service) -> Service:
    """The worked case; a housing corrected to another town, one undone in the next half-year, and some numbers."""
    service.post_all(
        [
            quota("quota-published", "2021-10-01", "2022-I", persons=10000),
            quota("municipal-quota-published", "2021-03-29", municipality=UTRECHT, persons=226),
            quota("opening-balance-recorded", "2021-07-01", municipality=UTRECHT, persons=7),
            quota(
                "quota-transferred",
                "2021-09-01",
                transfers=[{"municipality": UTRECHT, "persons": 6}, {"municipality": AMERSFOORT, "persons": -6}],
            ),
            *worked_case("9999000001"),
            housed("9999000002", "2021-08-02", AMERSFOORT, id="first"),
            housed("9999000003", "2021-12-30", UTRECHT, "hotel"),
            returned("9999000003", "2022-01-03"),
        ]
    )
    service.clock.forward(days=1)
    service.post_all([housed("9999000002", "2021-08-02", corrects="first", at="2022-07-01T08:00:00Z", id="second")])
    return service


def explained(service: Service, url: str = REALISATION, **asked: Any) -> dict[str, Any]:
    every = {"period": "2021-II", "validOn": "2022-06-30", **asked}
    return service.told(url, **{name: value for name, value in every.items() if value is not None})


def parts(found: Mapping[str, Any], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(part.get(name) for name in ("kind", "amount", *names)) for part in found["parts"]]


def ids(part: Mapping[str, Any]) -> list[tuple[str, bool]]:
    return [(event["id"], event["inForce"]) for event in part["events"]]


def test_persons_housed_are_told_by_journey_with_every_version_of_the_event(told):
    found = explained(told, municipality=UTRECHT, figure="realised")
    assert (found["value"], found["adds"], found["name"]) == (2, True, "Utrecht")
    assert parts(found, "on", "accommodation") == [
        ("housed", 1, "2021-08-02", "regular"),
        ("housed", 1, "2021-12-30", "hotel"),
    ]
    corrected, plain = found["parts"]
    assert ids(corrected) == [("first", False), ("second", True)]
    assert corrected["events"][1]["corrects"] == {"source": corrected["events"][0]["source"], "id": "first"}
    assert ids(plain) == [("housed 0003 2021-12-30 GM0344", True)]
    assert told.told(f"/v1/events/{plain['events'][0]['position']}")["event"]["subject"] == plain["journey"]


def test_before_the_correction_the_person_counts_where_the_first_version_said(told):
    then = {"knownAt": "2022-07-15T12:00:00Z", "figure": "realised"}
    amersfoort = explained(told, municipality=AMERSFOORT, **then)
    assert ids(amersfoort["parts"][0]) == [("first", True)]
    assert explained(told, municipality=UTRECHT, **then)["value"] == 1


def test_a_return_is_told_with_the_housing_that_it_undoes(told):
    found = explained(told, municipality=UTRECHT, figure="realised", period="2022-I")
    assert parts(found, "on") == [("returned", -1, "2022-01-03")]
    assert ids(found["parts"][0]) == [
        ("housed 0003 2021-12-30 GM0344", True),
        ("returned-to-reception 0003 2022-01-03", True),
    ]


def test_what_remains_is_the_task_less_those_housed(told):
    found = explained(told, municipality=UTRECHT, figure="remaining")
    assert (found["value"], found["adds"]) == (237, True)
    assert parts(found) == [("published", 226), ("transferred", 6), ("recorded", 7), ("housed", -1), ("housed", -1)]
    assert ids(found["parts"][1]) == [("quota-transferred 2021-09-01", True)]


def test_what_was_carried_over_can_be_asked_in_turn(told):
    found = explained(told, municipality=UTRECHT, figure="openingBalance", period="2022-I")
    assert parts(found, "code", "period", "figure") == [("carried", 237, UTRECHT, "2021-II", "remaining")]
    (carried,) = found["parts"]
    there = explained(told, municipality=carried["code"], period=carried["period"], figure=carried["figure"])
    assert there["value"] == carried["of"]


def test_the_quota_of_amsterdam_holds_that_of_weesp_from_the_day_of_the_merger(told):
    before, after = (
        explained(told, period="2022-I", municipality=AMSTERDAM, figure="quota", validOn=day)
        for day in ("2022-03-23", "2022-03-24")
    )
    assert parts(before, "code") == [("computed", 492, AMSTERDAM)]
    assert parts(after, "code", "national") == [("computed", 492, AMSTERDAM, 10000), ("computed", 12, WEESP, 10000)]
    for part in after["parts"]:
        assert -(-part["inhabitants"] // Fraction(str(part["divisor"]))) == part["amount"]
        assert ids(part) == [("quota-published 2021-10-01", True)]


def test_a_merged_municipality_is_answered_for_the_one_it_counts_for(told):
    found = explained(told, period="2022-I", municipality=WEESP, figure="quota")
    assert (found["code"], found["name"], found["value"]) == (AMSTERDAM, "Amsterdam", 504)


def test_inhabitants_are_told_with_the_event_that_counted_them_unless_they_were_shipped(told):
    shipped = explained(told, municipality=UTRECHT, figure="inhabitants", period="2022-I")
    told.post_all([said("inhabitants-counted", "2021-01-01", municipality=UTRECHT, on="2021-01-01", persons=360000)])
    posted = explained(told, municipality=UTRECHT, figure="inhabitants", period="2022-I")
    assert (parts(shipped, "on"), ids(shipped["parts"][0])) == ([("counted", 359370, "2021-01-01")], [])
    assert (parts(posted, "on"), ids(posted["parts"][0])) == (
        [("counted", 360000, "2021-01-01")],
        [("inhabitants-counted 2021-01-01 GM0344", True)],
    )


def test_a_figure_without_a_number_is_null_and_has_no_parts(told):
    found = explained(told, municipality=ENSCHEDE, figure="task")
    assert (found["value"], found["adds"], found["parts"]) == (None, False, [])
    country = explained(told, figure="task")
    assert (country["value"], country["adds"]) == (None, False)
    assert {part["code"]: part["amount"] for part in country["parts"]}[UTRECHT] == 239


def test_the_events_that_bound_a_phase_are_told(told):
    found = explained(told, PHASES, period=None, **WINDOW, figure="completed.mean", phase="housing")
    (journey,) = found["journeys"]
    assert (journey["startedOn"], journey["endedOn"], journey["days"], journey["withinNorm"]) == (
        "2021-03-10",
        "2021-06-01",
        83,
        False,
    )
    assert [event["type"].split(".")[2] for event in journey["events"]] == ["linked", "home-ready"]
    assert (found["value"], found["count"], found["sum"], found["formula"]) == (83, 1, 83, "sum / count")


@pytest.mark.parametrize(
    ("asked", "bounded", "topics"),
    [
        ({"phase": "housing"}, ("2022-01-17", "2022-05-05"), ["linked", "housed", "home-ready"]),
        ({"phase": "departure"}, ("2022-05-05", "2022-05-05"), ["housed", "home-ready"]),
        ({"phase": "total", "norm": "link-12"}, ("2022-01-17", "2022-05-05"), ["linked", "housed"]),
    ],
)
def test_a_home_ready_after_the_housing_is_told_with_the_events_that_gave_the_days(service, asked, bounded, topics):
    person = "9999000001"
    known = granted(person, "2022-01-01"), linked(person, "2022-01-17"), housed(person, "2022-05-05")
    service.post_all([*known, home_ready(person, "2022-06-29")])
    (journey,) = explained(service, PHASES, period=None, **WINDOW, figure="completed.count", **asked)["journeys"]
    assert (journey["startedOn"], journey["endedOn"]) == bounded
    assert [event["type"].split(".")[2] for event in journey["events"]] == topics


def test_journeys_come_in_pages_of_one_list(service):
    service.post_all(event for n in range(1, 8) for event in worked_case(f"999900000{n}"))
    asked = {**WINDOW, "figure": "completed.count", "phase": "departure", "limit": 3}
    pages = [service.get(PHASES, **asked)]
    while "next" in pages[-1].links:
        pages.append(service.get(pages[-1].links["next"]["url"]))
    journeys = [journey["journey"] for page in pages for journey in page.json()["journeys"]]
    assert [len(page.json()["journeys"]) for page in pages] == [3, 3, 1]
    assert journeys == sorted(set(journeys))
    assert {page.json()["count"] for page in pages} == {7}


@pytest.mark.parametrize(
    ("url", "asked", "name", "code"),
    [
        (REALISATION, {"figure": "happiness"}, "figure", "not-one-of"),
        (REALISATION, {"figure": "backlog", "municipality": UTRECHT}, "figure", "not-of-a-municipality"),
        (REALISATION, {"figure": "task", "municipality": "GM9999"}, "municipality", "unknown-municipality"),
        (REALISATION, {"figure": "task", "province": "PV99"}, "province", "unknown-province"),
        (REALISATION, {"figure": "task", "province": "PV26", "municipality": UTRECHT}, "province", "disagrees"),
        (REALISATION, {"figure": "task", "period": "2021-III"}, "period", "not-a-period"),
        (PHASES, {**WINDOW, "period": None, "figure": "completed.count"}, "phase", "required"),
        (PHASES, {**WINDOW, "period": None, "figure": "closedWithoutHousing", "phase": "total"}, "phase", "disagrees"),
        (PHASES, {**WINDOW, "period": None, "figure": "open.withinNorm", "phase": "total"}, "figure", "not-one-of"),
    ],
)
def test_what_is_no_cell_of_a_table_is_refused(service, url, asked, name, code):
    asked = {key: value for key, value in {"period": "2021-II", **asked}.items() if value is not None}
    answer = service.get(url, **asked)
    assert answer.status_code == 400
    assert [(error["parameter"], error["code"]) for error in answer.json()["errors"]] == [(name, code)]


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        (REALISATION, {"figure": "remaining", "municipality": UTRECHT}),
        (REALISATION, {"figure": "quota", "period": "2022-I", "municipality": AMSTERDAM}),
        (REALISATION, {"figure": "openingBalance", "period": "2022-I", "municipality": UTRECHT}),
        (REALISATION, {"figure": "inhabitants", "province": "PV23"}),
        (REALISATION, {"figure": "inhabitants", "municipality": UTRECHT}),
        (REALISATION, {"figure": "percentage", "municipality": UTRECHT}),
        (REALISATION, {"figure": "interimGoal.reduction"}),
        (REALISATION, {"figure": "interimGoal.reduction", "province": "PV23"}),
        (PHASES, {"period": None, **WINDOW, "figure": "open.mean", "phase": "linking"}),
        (PHASES, {"period": None, **WINDOW, "figure": "closedWithoutHousing", "municipality": UTRECHT}),
        ("/v1/changes", {"figure": "task", "fromPosition": 10, "groupBy": "municipality", "limit": 1000}),
        ("/v1/changes", {"figure": "realisation", "from": "2022-07-15T09:00:00Z"}),
    ],
)
def test_an_explanation_is_as_it_is_described(service, path, asked):
    tell(service)
    assert faults(described_as(path, "get", 200), explained(service, path, **asked)) == []
