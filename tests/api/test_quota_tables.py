"""Why a cell of the tables of quotas is so, and why it changed, over HTTP: the events behind each part."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.reports import AMERSFOORT, UTRECHT, Event, granted, housed, quota, said
from tests.api.service_under_test import Service
from tests.api.test_declared_tables import body, faults

A = "9999000001"
FORECAST = quota("quota-forecast", "2020-12-01", persons=400, resettlement=12)
PUBLISHED = quota("quota-published", "2021-03-29", persons=352)
REVISED = quota("quota-revised", "2021-09-15", persons=704)
OWN = quota("municipal-quota-published", "2021-03-29", municipality=UTRECHT, persons=20)
TRANSFERRED = quota(
    "quota-transferred",
    "2021-08-01",
    transfers=[{"municipality": UTRECHT, "persons": -3}, {"municipality": AMERSFOORT, "persons": 3}],
    decisions=[{"municipality": UTRECHT, "on": "2021-07-01"}],
)
OPENING = quota("opening-balance-recorded", "2021-07-01", municipality=UTRECHT, persons=-30)
PLACES = said("reception-places-stated", "2021-07-01", area="PV26", places=100)
EXPECTED = said(
    "permits-forecast-published", "2021-06-01", **{"area": "NL", "from": "2021-07-01", "to": "2021-07-31"}, persons=62
)
PERMIT, HOME = granted(A, "2021-07-02"), housed(A, "2021-07-20")
EVENTS: list[Event] = [
    *(FORECAST, PUBLISHED, OWN, TRANSFERRED, OPENING, PLACES, EXPECTED, PERMIT, HOME, REVISED),
]


@pytest.fixture
def told(embedded: Service) -> Service:
    embedded.post_all(EVENTS)
    embedded.follow()
    return embedded


def explained(service: Service, name: str, question: str) -> tuple[Any, list[tuple[int | None, list[str]]]]:
    """The value of a cell, and what each part adds with the ids of the events behind it."""
    url = f"/v1/figures/{name}/_explanation?validOn=2021-12-31&{question}"
    answered = body(service, url)
    assert faults(url, answered) == []
    parts = [(part.get("adds"), [event["id"] for event in part["events"]]) for part in answered["parts"]]
    return answered["cell"]["value"], parts


@pytest.mark.parametrize(
    ("name", "question", "value", "parts"),
    [
        ("quota-methods", f"period=2021-II&code={UTRECHT}&column=difference", -8, [(12, REVISED), (-20, OWN)]),
        (
            "quota-revisions",
            f"period=2021-II&code={AMERSFOORT}&on=2021-09-15&column=change",
            4,
            [(5, REVISED), (-1, PUBLISHED)],
        ),
        (
            "transfers",
            f"period=2021-II&code={UTRECHT}&transfer=1&column=after",
            17,
            [(20, OWN), (-3, TRANSFERRED)],
        ),
        ("transfers", f"period=2021-II&code={UTRECHT}&transfer=1&column=decided", 1, [(1, TRANSFERRED)]),
        (
            "offset",
            "at=2021-07-01&code=PV26&column=remainderLast",
            287,
            [(417, None), (-100, PLACES), (-30, OPENING)],
        ),
        ("publication", "code=NL&period=2021-II&column=forecastError", 304, [(704, REVISED), (-400, FORECAST)]),
        ("publication", "code=NL&period=2021-II&column=resettlement", 12, [(12, FORECAST)]),
        ("publication", "code=NL&period=2021-II&column=daysBefore", 94, [(94, PUBLISHED)]),
        ("publication", "code=NL&period=2021-II&column=publishedOn", "2021-03-29", [(0, PUBLISHED)]),
        ("publication", "code=NL&period=2021-II&column=realised", 1, [(1, HOME)]),
        ("permits", "from=2021-07-01&to=2021-07-31&code=NL&month=2021-07&column=asylum", 1, [(1, PERMIT)]),
        (
            "permits",
            "from=2021-07-01&to=2021-07-31&code=NL&month=2021-07&column=difference",
            -61,
            [(None, PERMIT), (None, EXPECTED), (None, None)],
        ),
    ],
)
def test_a_cell_is_explained_by_the_events_behind_its_parts(
    told: Service, name: str, question: str, value: Any, parts: list[tuple[int | None, Event | None]]
) -> None:
    expected = [(adds, [] if event is None else [event["id"]]) for adds, event in parts]
    found, behind = explained(told, name, question)
    assert found == value
    assert [one for one in behind if one[0] != 0 or name == "publication"] == expected


def test_a_day_is_explained_without_a_sum(told: Service) -> None:
    def cell(column: str) -> Any:
        url = "/v1/figures/publication/_explanation?validOn=2021-12-31&code=NL&period=2021-II&column="
        answered = body(told, url + column)
        assert faults(url, answered) == []
        return answered["cell"]

    assert "sum" not in cell("publishedOn")
    assert cell("daysBefore")["sum"] == 94


def test_a_supposed_number_is_answered_and_nothing_is_recorded(told: Service) -> None:
    position = body(told, "/v1/figures/quota-methods?period=2021-II")["position"]
    url = "/v1/figures/quota-methods?period=2021-II&validOn=2021-12-31&persons=1000&method=floor"
    answered = body(told, url)

    assert faults(url, answered) == []
    assert (answered["persons"], answered["method"]) == (1000, "floor")
    (country,) = answered["items"]
    assert country["computed"] - 1000 == country["surplus"] < 0
    assert answered["position"] == position == len(EVENTS)
    value, parts = explained(
        told, "quota-methods", f"period=2021-II&persons=1000&method=floor&code={UTRECHT}&column=computed"
    )
    assert parts == [(value, [])]


@pytest.mark.parametrize(
    ("question", "parameter"),
    [
        ("quota-methods?period=2021-II&persons=-1", "persons"),
        ("quota-methods?period=2021-II&method=webster", "method"),
        ("offset?at=2021-13-01", "at"),
        ("offset?at=" + ",".join(f"2021-0{month}-01" for month in range(1, 8)), "at"),
        ("offset?goal=x", "goal"),
        ("transfers?period=2021-II&groupBy=country", "groupBy"),
        ("publication?groupBy=province", "groupBy"),
        ("permits?from=2021-01-01", "to"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_its_parameter(refusing: Service, question: str, parameter: str) -> None:
    answer = refusing.request("GET", f"/v1/figures/{question}")
    assert answer.status_code == 400
    assert [fault["parameter"] for fault in answer.json()["errors"]] == [parameter]


def test_too_many_days_are_told_from_what_is_no_day(refusing: Service) -> None:
    def fault(at: str) -> tuple[str, str]:
        (one,) = refusing.request("GET", f"/v1/figures/offset?at={at}").json()["errors"]
        return one["code"], one["detail"]

    seven = ",".join(f"2021-0{month}-01" for month in range(1, 8))
    assert fault(seven) == ("number-of-days", "lists fewer or more days than the documentation says")
    assert fault("2021-13-01")[0] == "not-a-date"


def taken_back(event: Event) -> Event:
    """Its sender takes an event of a half-year or an area back."""
    whose = {name: event["data"][name] for name in ("period", "area") if name in event["data"]}
    back = said("event-withdrawn", "2021-12-01", withdraws=event["id"], reason="Mistyped", **whose)
    return {**back, "source": event["source"], "id": f"back {event['id']}"}


@pytest.mark.parametrize(
    ("wrong", "name", "question", "then", "now"),
    [
        (REVISED, "quota-methods", f"period=2021-II&code={UTRECHT}&column=computed", 12, 1),
        (REVISED, "quota-methods", "period=2021-II&code=NL&column=surplus&limit=1000", 0, 0),
        (OWN, "quota-methods", f"period=2021-II&code={UTRECHT}&column=published", 20, None),
        (OWN, "quota-revisions", "period=2021-II&code=NL&on=2021-03-29&column=quota", 371, 352),
        (TRANSFERRED, "transfers", f"period=2021-II&code={UTRECHT}&transfer=1&column=persons", -3, None),
        (OWN, "transfers", f"period=2021-II&code={UTRECHT}&transfer=1&column=before", 20, 12),
        (PLACES, "offset", "at=2021-07-01&code=PV26&column=remainderSum", 287, 387),
        (OPENING, "offset", "at=2021-07-01&code=PV26&column=leadSigned", 30, 0),
        (FORECAST, "publication", "code=NL&period=2021-II&column=forecastError", 304, None),
        (EXPECTED, "permits", "from=2021-07-01&to=2021-07-31&code=NL&month=2021-07&column=forecast", 62, None),
    ],
)
def test_a_change_report_names_what_was_recorded_in_between(
    told: Service, wrong: Event, name: str, question: str, then: int | None, now: int | None
) -> None:
    before, back = told.position(), taken_back(wrong)
    told.post_all([back])
    told.follow()
    url = f"/v1/figures/{name}/_changes?validOn=2021-12-31&{question}&fromPosition={before}"
    answered = body(told, url)

    assert faults(url, answered) == []
    assert (answered["then"], answered["now"]) == (then, now)
    parts = answered["parts"]
    if then != now:
        assert back["id"] in {event["id"] for part in parts for event in part["events"]}
    if all("adds" in part for part in parts):
        assert sum(part["adds"] for part in parts) == answered["difference"] == (now or 0) - (then or 0)
