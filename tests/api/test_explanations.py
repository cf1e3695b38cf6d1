"""Why is this figure so? What the parts of a figure say."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any

import pytest

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
from tests.api.test_same_bytes import tell

REALISATION, PHASES = "/v1/realisation/_explanation", "/v1/norm-phases/_explanation"
WINDOW = {"from": "2021-02-01", "to": "2022-06-30"}


# What the parts say.


def tell_some(service: Service) -> Service:
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


@pytest.fixture(scope="module")
def told(shared_service: Service) -> Service:
    return tell_some(shared_service)


@pytest.fixture
def own_told(service: Service) -> Service:
    """The same for a test that posts more."""
    return tell_some(service)


@pytest.fixture(scope="module")
def whole_history(another_sqlite_url: Callable[[], str]) -> Iterator[Service]:
    with serving(another_sqlite_url()) as service:
        tell(service)
        yield service


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


def test_inhabitants_are_told_with_the_event_that_counted_them_unless_they_were_shipped(own_told):
    shipped = explained(own_told, municipality=UTRECHT, figure="inhabitants", period="2022-I")
    own_told.post_all(
        [said("inhabitants-counted", "2021-01-01", municipality=UTRECHT, on="2021-01-01", persons=360000)]
    )
    posted = explained(own_told, municipality=UTRECHT, figure="inhabitants", period="2022-I")
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
def test_what_is_no_cell_of_a_table_is_refused(refusing, url, asked, name, code):
    asked = {key: value for key, value in {"period": "2021-II", **asked}.items() if value is not None}
    answer = refusing.get(url, **asked)
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
def test_an_explanation_is_as_it_is_described(whole_history, path, asked):
    assert faults(described_as(path, "get", 200), explained(whole_history, path, **asked)) == []
