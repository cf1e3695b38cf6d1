"""Published figures beside ours: told with who, when and where, compared as known then and now, never merged."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from projections.states import PROJECTIONS
from service.storage.database import reading
from tests.api.reports import AMSTERDAM, UTRECHT, WEESP, Event, housed, linked, quota, said, source
from tests.api.service_under_test import Service

A, B, C = (f"999900000{n}" for n in range(1, 4))


def published(figure: str, on: str, persons: int, at: str, period: str = "2022-I", **more: Any) -> Event:
    """A figure of the country as the ministry published it on the day `at`."""
    data = {"figure": figure, "of": "NL", "persons": persons, "reference": "Overzicht huisvesting", **more}
    event = said("figure-published", at, period=period, id=data.pop("id", f"{figure} {persons}"), **data)
    event["data"]["on"] = on
    return event


#: Quota 9,979 and opening 3,728 less the 11,886 housed: 1,821, the one that can be computed (domain reference, 4.6).
TASK = [
    quota("quota-published", "2022-01-01", "2022-I", persons=9_979),
    quota("opening-balance-recorded", "2022-01-01", "2022-I", municipality=UTRECHT, persons=3_728 - 11_886),
]
FOUR = [
    published("remaining", "2022-07-01", 1_821, "2022-08-15", reference="Volkskrant, task 13,707 less 11,886"),
    published("remaining", "2022-07-01", 1_833, "2022-09-30", reference="NRC, 30 September 2022"),
    published("remaining", "2022-07-01", 1_836, "2022-11-15", reference="Trouw, November 2022"),
    published("remaining", "2022-07-01", 1_858, "2022-12-20", reference="Volkskrant, 15,358 less 13,500"),
]


def beside(service: Service, period: str = "2022-I", **asked: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = service.told("/v1/published-figures", period=period, **asked)["items"]
    return items


# Beside ours


def test_four_values_of_one_backlog_stand_beside_each_other(service):
    service.post_all([*TASK, *FOUR])
    items = beside(service, validOn="2022-12-31")

    assert [(item["persons"], item["publishedOn"], item["reference"]) for item in items] == [
        (1_821, "2022-08-15", "Volkskrant, task 13,707 less 11,886"),
        (1_833, "2022-09-30", "NRC, 30 September 2022"),
        (1_836, "2022-11-15", "Trouw, November 2022"),
        (1_858, "2022-12-20", "Volkskrant, 15,358 less 13,500"),
    ]
    assert [item["ours"] for item in items] == [
        {"persons": 1_821, "difference": 0},
        {"persons": 1_821, "difference": 12},
        {"persons": 1_821, "difference": 15},
        {"persons": 1_821, "difference": 37},
    ]
    assert {(item["on"], item["comparedOn"], item["of"], item["name"]) for item in items} == {
        ("2022-07-01", "2022-06-30", "NL", "Nederland")
    }


def test_an_item_tells_who_published_it_and_the_event_that_says_so(service):
    service.post_all([*TASK, FOUR[0]])
    (item,) = beside(service, validOn="2022-12-31")

    assert item == {
        "figure": "remaining",
        "of": "NL",
        "name": "Nederland",
        "on": "2022-07-01",
        "persons": 1_821,
        "publishedOn": "2022-08-15",
        "reference": "Volkskrant, task 13,707 less 11,886",
        "position": 3,
        "source": source("ministry"),
        "id": "remaining 1821",
        "recordedAt": "2022-07-15T10:00:00.000Z",
        "comparedOn": "2022-06-30",
        "ours": {"persons": 1_821, "difference": 0},
        "oursAtPublication": {
            "knownAt": "2022-07-15T10:00:00.000Z",
            "position": 3,
            "persons": 1_821,
            "difference": 0,
        },
    }


def test_ours_is_told_as_it_was_known_on_the_day_of_publication_and_as_it_is_known_now(service):
    service.post_all([*TASK, housed(A, "2022-03-01"), housed(B, "2022-04-01")])
    service.clock.forward(days=2)
    service.post(published("realised", "2022-07-01", 3, "2022-07-16"))
    service.post(housed(C, "2022-05-01", at="2022-07-17T08:00:00Z"))
    (item,) = beside(service, validOn="2022-12-31")

    # By the end of the 16th in Amsterdam only the first commit was there.
    assert item["oursAtPublication"] == {
        "knownAt": "2022-07-16T21:59:59.999Z",
        "position": 4,
        "persons": 2,
        "difference": 1,
    }
    assert item["ours"] == {"persons": 3, "difference": 0}


def test_before_anything_was_recorded_there_was_no_figure_of_ours(service):
    service.post_all([*TASK, published("realised", "2022-04-01", 5_458, "2022-04-20")])
    (item,) = beside(service, validOn="2022-12-31")

    assert item["oursAtPublication"] == {
        "knownAt": "2022-04-20T21:59:59.999Z",
        "position": 0,
        "persons": None,
        "difference": None,
    }


def test_the_state_on_a_day_is_that_of_the_day_before_at_its_end(service):
    service.post_all([housed(A, "2022-03-31"), housed(B, "2022-04-01")])
    service.post_all([published("realised", on, 1, "2022-05-02", id=on) for on in ("2022-04-01", "2022-04-02")])
    first, second = beside(service)

    assert (first["comparedOn"], first["ours"]) == ("2022-03-31", {"persons": 1, "difference": 0})
    assert (second["comparedOn"], second["ours"]) == ("2022-04-01", {"persons": 2, "difference": -1})


def test_behind_its_last_day_a_half_year_is_compared_as_it_ended(service):
    service.post_all([housed(A, "2022-06-30"), published("realised", "2022-07-02", 1, "2022-07-15")])
    service.post_all([published("realised", "2023-08-04", 1, "2022-07-15", id="long after")])

    assert [(item["comparedOn"], item["ours"]["persons"]) for item in beside(service)] == [("2022-06-30", 1)] * 2


@pytest.mark.parametrize("on", ["2020-11-27", "2023-08-04"])
def test_a_figure_may_be_of_a_day_at_most_400_days_from_its_half_year(service, on):
    assert service.post(published("realised", on, 5, "2022-05-02")).status_code == 201


@pytest.mark.parametrize("on", ["0001-01-01", "2020-11-26", "2023-08-05", "9999-12-31"])
def test_a_figure_of_a_day_further_off_is_refused(refusing, on):
    answer = refusing.post(published("realised", on, 5, "2022-05-02"))

    assert answer.status_code == 400
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [("/data/on", "out-of-range")]


def test_what_a_half_year_opens_with_is_compared_on_its_first_day(service):
    opening = quota("opening-balance-recorded", "2021-07-01", municipality=UTRECHT, persons=5_586)
    service.post_all([opening, published("openingBalance", "2021-07-01", 5_580, "2021-09-30", period="2021-II")])
    (item,) = beside(service, "2021-II")

    assert (item["comparedOn"], item["ours"]) == ("2021-07-01", {"persons": 5_586, "difference": -6})


@pytest.mark.parametrize("figure", ["quota", "transferred", "openingBalance", "task", "realised", "remaining"])
@pytest.mark.parametrize("code", ["NL", "PV26", UTRECHT])
def test_ours_is_the_figure_of_the_table_for_that_day(service, figure, code):
    service.post_all([*TASK, housed(A, "2022-03-01"), published(figure, "2022-04-01", 7, "2022-05-02", of=code)])
    (item,) = beside(service)
    group = {"N": "country", "P": "province", "G": "municipality"}[code[0]]
    rows = service.told(f"/v1/realisation?period=2022-I&validOn=2022-03-31&groupBy={group}")["items"]
    table = next(row[figure] for row in rows if row["code"] == code)

    assert item["ours"] == {"persons": table, "difference": 7 - table}


def test_backlog_and_lead_are_the_sums_that_the_table_has(service):
    figures = [("backlog", "NL"), ("lead", "PV26")]
    service.post_all([*TASK, *(published(name, "2022-04-01", 0, "2022-05-02", of=code) for name, code in figures)])
    found = {(item["figure"], item["of"]): item["ours"]["persons"] for item in beside(service)}
    country = service.told("/v1/realisation?period=2022-I&validOn=2022-03-31")["items"][0]
    provinces = service.told("/v1/realisation?period=2022-I&validOn=2022-03-31&groupBy=province")["items"]

    assert found == {
        ("backlog", "NL"): country["backlog"],
        ("lead", "PV26"): next(row["lead"] for row in provinces if row["code"] == "PV26"),
    }


def test_the_backlog_or_lead_of_a_municipality_is_what_it_has_left(service):
    figures = [(figure, code) for figure in ("remaining", "backlog", "lead") for code in (UTRECHT, AMSTERDAM)]
    service.post_all(
        [
            *TASK,
            *(published(name, "2022-04-01", 0, "2022-05-02", of=code, id=f"{name} {code}") for name, code in figures),
        ]
    )
    found = {(item["figure"], item["of"]): item["ours"]["persons"] for item in beside(service)}
    ahead, behind = found["remaining", UTRECHT], found["remaining", AMSTERDAM]

    assert ahead < 0 < behind
    assert (found["backlog", UTRECHT], found["lead", UTRECHT]) == (0, ahead)
    assert (found["backlog", AMSTERDAM], found["lead", AMSTERDAM]) == (behind, 0)


def test_where_a_municipality_has_no_number_it_has_no_backlog_either(service):
    service.post_all([published("backlog", "2022-04-01", 12, "2022-05-02", of=UTRECHT)])
    (item,) = beside(service)

    assert item["ours"] == {"persons": None, "difference": None}


def test_where_the_table_has_no_number_there_is_no_difference(service):
    service.post_all([published("remaining", "2022-04-01", 12, "2022-05-02")])
    (item,) = beside(service)

    assert item["ours"] == {"persons": None, "difference": None}


def test_a_figure_of_a_municipality_that_merged_is_beside_that_of_its_successor(service):
    service.post_all([housed(A, "2022-02-01", WEESP), housed(B, "2022-02-02", AMSTERDAM)])
    service.post_all(
        [published("realised", on, 1, "2022-05-02", of=WEESP, id=on) for on in ("2022-03-01", "2022-05-01")]
    )

    assert [item["ours"]["persons"] for item in beside(service)] == [1, 2]


# Both times


def test_a_figure_is_there_from_the_day_of_publication_and_once_it_is_known(service):
    service.post_all([*TASK, *FOUR[:2]])
    service.clock.forward(days=1)
    service.post(FOUR[2])

    assert len(beside(service, validOn="2022-09-29")) == 1
    assert len(beside(service, validOn="2022-12-31")) == 3
    assert len(beside(service, validOn="2022-12-31", knownAt="2022-07-15T12:00:00Z")) == 2
    assert beside(service, validOn="2022-12-31", atPosition=0) == []


def test_a_figure_can_be_corrected_and_withdrawn(service):
    service.post_all([*TASK, *FOUR[:2]])
    service.post(published("remaining", "2022-07-01", 1_836, "2022-09-30", corrects="remaining 1833"))
    service.post(
        said(
            "event-withdrawn",
            "2022-10-01",
            period="2022-I",
            withdraws="remaining 1821",
            reason="Not theirs",
            by="ministry",
        )
    )
    (item,) = beside(service, validOn="2022-12-31")

    assert (item["persons"], item["id"]) == (1_836, "remaining 1836")


def test_by_the_senders_clock_ours_is_not_told_for_the_day_of_publication(service):
    service.post_all([*TASK, FOUR[0], housed(A, "2022-03-01"), FOUR[1]])
    asked = {"validOn": "2022-12-31", "knownAt": "2022-07-15T10:00:00Z", "knownBy": "sender"}
    assert beside(service, **asked) == []

    service.clock.forward(days=60)
    (item,) = beside(service, **{**asked, "knownAt": "2022-09-01T00:00:00Z"})
    assert (item["persons"], item["ours"]["persons"], item["oursAtPublication"]) == (1_821, 1_820, None)


# Nothing of it is merged

READS = [
    "/v1/realisation?period=2022-I&groupBy=country",
    "/v1/realisation?period=2022-I&groupBy=province",
    "/v1/realisation?period=2022-I&groupBy=municipality",
    "/v1/realisation?period=2022-II&groupBy=municipality",
    "/v1/backlog?from=2021-12-01&to=2022-12-31",
    "/v1/backlog?from=2021-12-01&to=2022-12-31&municipality=GM0344&step=day",
    "/v1/norm-phases?from=2021-01-01&to=2022-12-31&groupBy=municipality",
    "/v1/periods?validOn=2022-12-31",
    "/v1/journeys",
    "/v1/municipalities",
    "/v1/event-types",
]


def told_by_every_read(service: Service) -> dict[str, Any]:
    """What the reads answer, without what tells how far the log has come."""
    found = {url: service.told(url) for url in READS}
    for body in found.values():
        del body["position"], body["knownAt"]
    return found


def test_no_other_read_is_changed_by_what_is_published(service):
    figures = ["quota", "transferred", "openingBalance", "task", "realised", "remaining", "backlog", "lead"]
    service.post_all([*TASK, housed(A, "2022-03-01"), linked(B, "2022-03-01")])
    before = told_by_every_read(service)
    service.post_all(
        published(figure, "2022-04-01", 4_711, "2022-05-02", of=code, id=f"{figure} {code}")
        for figure in figures
        for code in ("NL", "PV26", UTRECHT)
    )
    service.post(published("realised", "2020-04-01", 4_711, "2020-05-02", period="2020-I", id="alone"))

    assert told_by_every_read(service) == before
    assert len(beside(service)) == 24 and len(beside(service, "2020-I")) == 1


def test_published_figures_leave_no_row_in_any_projection(service):
    service.post_all([published("quota", "2022-04-01", 4_711, "2022-05-02"), FOUR[0]])
    service.follow()
    with reading(service.context.engine, "view_a") as connection:
        counts = [
            connection.execute(select(func.count()).select_from(projection.table)).scalar_one()
            for projection in PROJECTIONS
        ]

    assert counts == [0] * len(PROJECTIONS)


# Refused


@pytest.mark.parametrize(
    ("changed", "pointer", "code"),
    [
        ({"of": "GM9999"}, "/data/of", "unknown-municipality"),
        ({"of": "PV99"}, "/data/of", "not-a-region"),
        ({"of": "Utrecht"}, "/data/of", "not-a-region"),
        ({"figure": "percentage"}, "/data/figure", "not-one-of"),
        ({"persons": 1.5}, "/data/persons", "wrong-type"),
        ({"reference": "seen by 9999000001"}, "/data/reference", "personal-number"),
    ],
)
def test_what_is_no_figure_of_our_table_is_refused(refusing, changed, pointer, code):
    event = published("realised", "2022-04-01", 5, "2022-05-02")
    event["data"] |= changed
    answer = refusing.post(event)

    assert answer.status_code == 400
    assert (pointer, code) in [(error["pointer"], error["code"]) for error in answer.json()["errors"]]


def test_a_municipality_does_not_publish_figures(refusing):
    answer = refusing.post(published("realised", "2022-04-01", 5, "2022-05-02", by="municipality"))

    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("url", "parameter", "code"),
    [
        ("/v1/published-figures", "period", "required"),
        ("/v1/published-figures?period=2021-3", "period", "not-a-period"),
        ("/v1/published-figures?period=2021-I&of=NL", "of", "unknown-parameter"),
    ],
)
def test_a_question_that_cannot_be_used_is_told_by_its_parameter(refusing, url, parameter, code):
    problem = refusing.get(url).json()

    assert (parameter, code) in [(error["parameter"], error["code"]) for error in problem["errors"]]
