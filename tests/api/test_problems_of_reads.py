"""Reads that can't be answered: every refusal is a problem that names what is the matter and repeats no value."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from tests.api.reports import worked_case
from tests.api.service_under_test import Service, serving

A = "9999000001"
REALISATION = "/v1/realisation?period=2021-II"
BACKLOG = "/v1/backlog?from=2021-01-01&to=2021-12-31"
NORM_PHASES = "/v1/norm-phases?from=2021-01-01&to=2021-12-31"
UNREADABLE_DAYS = ["20210310", "2021-3-1", "2021-02-30", "2021-03-10T00:00:00", "1615334400", "today", "", "0000-01-01"]


@pytest.fixture(scope="module")
def asked(shared_sqlite_url: str):
    """One service for all refusals, which change nothing."""
    with serving(shared_sqlite_url) as service:
        service.post_all(worked_case(A))
        yield service


@pytest.mark.parametrize(
    ("url", "parameter", "code"),
    [
        ("/v1/realisation", "period", "required"),
        *[
            (f"/v1/realisation?period={written}", "period", "not-a-period")
            for written in ("2021", "2021-III", "2021-1", "2021-ii", "21-I", "2021-I ", "%EF%BC%92021-I", "")
        ],
        (f"{REALISATION}&groupBy=region", "groupBy", "not-one-of"),
        (f"{REALISATION}&groupBy=", "groupBy", "not-one-of"),
        ("/v1/backlog?to=2021-12-31", "from", "required"),
        ("/v1/backlog?from=2021-12-31", "to", "required"),
        ("/v1/backlog?from=2021-07-02&to=2021-07-01", "to", "before-from"),
        (f"{BACKLOG}&municipality=GM9999", "municipality", "unknown-municipality"),
        (f"{BACKLOG}&municipality=Utrecht", "municipality", "wrong-pattern"),
        (f"{BACKLOG}&municipality=GM0344%0A", "municipality", "wrong-pattern"),
        (f"{BACKLOG}&municipality=NL", "municipality", "wrong-pattern"),
        (f"{BACKLOG}&step=week", "step", "not-one-of"),
        ("/v1/backlog?from=2010-01-01&to=2022-01-01&step=day", "from", "too-many-points"),
        ("/v1/backlog?from=1000-01-01&to=2022-01-01", "from", "too-many-points"),
        ("/v1/norm-phases?to=2021-12-31", "from", "required"),
        ("/v1/norm-phases?from=2021-12-31", "to", "required"),
        ("/v1/norm-phases?from=2021-07-02&to=2021-07-01", "to", "before-from"),
        (f"{NORM_PHASES}&norm=permit-12", "norm", "not-one-of"),
        (f"{NORM_PHASES}&family=maybe", "family", "not-one-of"),
        (f"{NORM_PHASES}&groupBy=chain", "groupBy", "not-one-of"),
        *[(f"/v1/norm-phases?from={written}&to=2021-12-31", "from", "not-a-date") for written in UNREADABLE_DAYS],
        *[(f"/v1/periods?validOn={written}", "validOn", "not-a-date") for written in UNREADABLE_DAYS],
        *[
            (f"/v1/periods?knownAt={written}", "knownAt", "not-an-instant")
            for written in ("2021-03-10", "2021-03-10T14:05:00", "now", "2021-03-10T25:00:00Z", "1615334400", "")
        ],
        ("/v1/periods?knownAt=2022-07-15T10:00:00.001Z", "knownAt", "in-the-future"),
        ("/v1/events?knownAt=2022-07-15T10:00:01Z", "knownAt", "in-the-future"),
        ("/v1/periods?knownAt=2022-07-15T09:00:00Z&atPosition=1", "atPosition", "disagrees"),
        ("/v1/periods?atPosition=5", "atPosition", "out-of-range"),
        ("/v1/periods?atPosition=-1", "atPosition", "out-of-range"),
        ("/v1/periods?atPosition=one", "atPosition", "wrong-type"),
        ("/v1/periods?minPosition=-1", "minPosition", "out-of-range"),
        ("/v1/periods?knownBy=sender", "knownAt", "required"),
        ("/v1/periods?knownBy=anyone&knownAt=2022-07-15T09:00:00Z", "knownBy", "not-one-of"),
        ("/v1/journeys?limit=0", "limit", "out-of-range"),
        ("/v1/journeys?limit=1001", "limit", "out-of-range"),
        ("/v1/journeys?limit=many", "limit", "wrong-type"),
        ("/v1/journeys?phase=waiting", "phase", "not-one-of"),
        ("/v1/journeys?overdue=perhaps", "overdue", "wrong-type"),
        ("/v1/journeys?municipality=GM9999", "municipality", "unknown-municipality"),
        ("/v1/journeys?norm=none", "norm", "not-one-of"),
        ("/v1/events?after=-1", "after", "out-of-range"),
        ("/v1/events?after=first", "after", "wrong-type"),
        ("/v1/events/first", "position", "wrong-type"),
        ("/v1/events/0", "position", "out-of-range"),
        (f"/v1/events/{10**30}", "position", "out-of-range"),
        ("/v1/rejections?organisation=COA", "organisation", "wrong-pattern"),
        ("/v1/rejections/none", "id", "wrong-type"),
        ("/v1/periods?period=2021-II", "period", "unknown-parameter"),
        ("/v1/event-types?type=linked", "type", "unknown-parameter"),
        ("/v1/periods?valid-on=2021-01-01", "valid-on", "unknown-parameter"),
        ("/v1/periods?0123456789=1", "…", "unknown-parameter"),
        ("/v1/periods?NL91ABNA0417164300=1", "…", "unknown-parameter"),
        ("/v1/periods?" + "a" * 40, "…", "unknown-parameter"),
        ("/v1/periods?validOn=2021-01-01&validOn=2021-01-01", "validOn", "doubled-parameter"),
    ],
)
def test_a_parameter_that_cannot_be_used_is_told_by_its_name(asked: Service, url, parameter, code):
    answer = asked.get(url)
    problem = answer.json()

    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert (problem["status"], problem["type"]) == (400, "about:blank")
    assert (parameter, code) in [(error["parameter"], error["code"]) for error in problem["errors"]]
    assert all(error["detail"] for error in problem["errors"])


@pytest.mark.parametrize("written", ["1_0", "%2B1", "%201", "1%20", "1.0", "1e1", "%D9%A1"])
@pytest.mark.parametrize(
    ("url", "parameter"),
    [
        ("/v1/events?limit={}", "limit"),
        ("/v1/events?after={}", "after"),
        ("/v1/events?atPosition={}", "atPosition"),
        ("/v1/events?minPosition={}", "minPosition"),
        ("/v1/events/{}", "position"),
        ("/v1/rejections/{}", "id"),
        ("/v1/log/checkpoint?position={}", "position"),
        ("/v1/log/inclusion?position=1&size={}", "size"),
        ("/v1/log/consistency?from={}", "from"),
        ("/v1/log/consistency?from=1&to={}", "to"),
    ],
)
def test_a_number_is_written_in_digits(asked, url, parameter, written):
    answer = asked.get(url.format(written))

    assert answer.status_code == 400
    assert {(error["parameter"], error["code"]) for error in answer.json()["errors"]} == {(parameter, "wrong-type")}


def test_a_number_of_any_length_is_refused_and_not_stumbled_over(asked):
    assert asked.get("/v1/events/" + "9" * 5000).status_code == 400


@pytest.mark.parametrize(
    ("url", "faults"),
    [
        (
            "/v1/norm-phases?from=soon&family=maybe&norm=none",
            "from not-a-date, to required, family not-one-of, norm not-one-of",
        ),
        (
            (
                "/v1/figures/realisation/_changes?column=x&period=bad&from=bad&to=bad&limit=0&validOn=bad&knownAt=bad"
                "&code=x"
            ),
            (
                "column not-one-of, period not-a-period, from not-an-instant, to not-an-instant, limit out-of-range, "
                "validOn not-a-date, knownAt not-an-instant, code wrong-pattern"
            ),
        ),
        (
            "/v1/figures/backlog/_explanation?from=bad&column=best&code=Utrecht&on=bad&knownAt=x",
            (
                "from not-a-date, to required, column not-one-of, code wrong-pattern, on not-a-date, "
                "knownAt not-an-instant"
            ),
        ),
        (
            "/v1/published-figures?period=x&knownAt=x&validOn=x",
            "period not-a-period, knownAt not-an-instant, validOn not-a-date",
        ),
        (
            "/v1/realisation?period=x&groupBy=y&atPosition=z",
            "period not-a-period, groupBy not-one-of, atPosition wrong-type",
        ),
    ],
)
def test_whatever_cannot_be_read_is_told_at_once(asked, url, faults):
    assert _faults(asked.get(url)) == set(faults.split(", "))


@pytest.mark.parametrize(
    ("url", "faults"),
    [
        (
            (
                "/v1/figures/realisation/_explanation?period=2021-II&column=backlog&code=GM9999"
                "&knownAt=2023-01-01T00:00:00Z&atPosition=1"
            ),
            ("column not-of-the-row, code unknown-municipality, knownAt in-the-future, atPosition disagrees"),
        ),
        (
            (
                "/v1/figures/norm-phases/_explanation?from=2021-02-01&to=2021-01-31&column=closedWithoutHousing"
                "&code=PV99&cursor=none"
            ),
            "to before-from, code unknown-province, cursor not-a-cursor",
        ),
        (
            "/v1/backlog?from=2021-12-31&to=2021-01-01&municipality=GM9999&knownBy=sender",
            "to before-from, municipality unknown-municipality, knownAt required",
        ),
        (
            "/v1/norm-phases?from=2021-12-31&to=2021-01-01&knownAt=2023-01-01T00:00:00Z",
            "to before-from, knownAt in-the-future",
        ),
        (
            "/v1/journeys?municipality=GM9999&cursor=none&knownAt=2023-01-01T00:00:00Z&atPosition=1&minPosition=99",
            "municipality unknown-municipality, cursor not-a-cursor, knownAt in-the-future, atPosition disagrees",
        ),
    ],
)
def test_whatever_disagrees_is_told_at_once(asked, url, faults):
    assert _faults(asked.get(url)) == set(faults.split(", "))


def _faults(answer: Any) -> set[str]:
    assert answer.status_code == 400
    return {f"{error['parameter']} {error['code']}" for error in answer.json()["errors"]}


@pytest.mark.parametrize(
    "url",
    [
        "/v1/realisation?period=0123456789",
        "/v1/norm-phases?from=0123456789&to=0123456789&norm=0123456789",
        "/v1/journeys?municipality=0123456789&phase=0123456789&limit=0123456789x",
        "/v1/events?cursor=0123456789",
        "/v1/rejections?organisation=0123456789",
        "/v1/periods?knownAt=0123456789",
        "/v1/periods?0123456789",
        "/v1/events/0123456789x",
        "/v1/journeys/0123456789",
        "/v1/0123456789",
    ],
)
def test_no_value_that_was_sent_is_repeated(asked, url):
    answer = asked.get(url)

    assert answer.status_code in (400, 404)
    assert "0123456789" not in answer.text + str(answer.headers)


@pytest.mark.parametrize(
    "url",
    [
        "/v1//",
        "/v2",
        "/v2/realisation",
        "/v1/realisation/",
        "/v1/journeys/",
        "/v1/events/",
        "/v1/events/1/",
        "/v1/journeys/not-a-journey",
        "/v1/journeys/0f4d1c1e-7a0b-8c3e-9a44-0c7e5f1a2b3d/",
        "/docs/",
        "/docs/nothing.js",
        "/redoc",
        "/openapi.json",
    ],
)
def test_an_address_where_nothing_is_is_not_found_and_leads_nowhere_else(asked, url):
    answer = asked.get(url)

    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert "location" not in answer.headers


@pytest.mark.parametrize("url", ["/v1/events", "/v1/periods", "/v1/openapi.json", "/v1/nothing"])
def test_head_answers_as_get_without_the_body(asked, url):
    got, headed = asked.get(url), asked.request("HEAD", url)

    assert (headed.status_code, headed.content) == (got.status_code, b"")
    assert headed.headers == got.headers


@pytest.mark.parametrize(
    ("method", "url", "allowed"),
    [
        ("DELETE", "/v1/events", "GET, POST"),
        ("POST", "/v1/realisation?period=2021-II", "GET"),
        ("PUT", "/v1/events/1", "GET"),
        ("GET", "/v1/journeys/_find", "POST"),
        ("DELETE", "/v1/journeys/0f4d1c1e-7a0b-8c3e-9a44-0c7e5f1a2b3d", "GET"),
        ("POST", "/v1/openapi.json", "GET"),
    ],
)
def test_a_method_that_an_address_does_not_know_is_refused_with_those_it_does(asked, method, url, allowed):
    answer = asked.request(method, url)

    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("url", ["/v1/periods", "/v1/nowhere", "/v1/periods?x=1", "/v1/journeys/_find"])
def test_the_version_and_the_standing_headers_are_on_every_answer(asked, url):
    headers = asked.get(url).headers

    assert headers["api-version"] == "0.1.0"
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["ketenspoor-mode"] == "development"


def test_a_position_that_is_not_reached_in_time_is_to_be_tried_again(service, monkeypatch):
    monkeypatch.setattr("service.queries.question._LONGEST_WAIT", 0.05)
    service.post_all(worked_case(A))
    behind = service.request("GET", "/v1/periods?minPosition=4")
    beyond = service.request("GET", "/v1/events?minPosition=5")
    service.follow()

    for answer in (behind, beyond):
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert answer.headers["content-type"] == "application/problem+json"
    assert service.request("GET", "/v1/periods?minPosition=4").status_code == 200
    assert service.request("GET", "/v1/events?minPosition=4").status_code == 200


def test_a_position_between_two_events_of_one_commit_is_cut_before_it(service):
    service.post_all(worked_case(A))
    service.post_all(worked_case("9999000002"))

    assert service.told("/v1/periods?atPosition=6")["position"] == 4
    assert service.told("/v1/events?atPosition=3") == {"validOn": None, "knownAt": None, "position": 0, "items": []}


def test_a_fault_of_the_service_is_told_without_what_caused_it(service):
    with service.context.engine.begin() as connection:
        cascade = " CASCADE" if connection.dialect.name == "postgresql" else ""
        connection.execute(text(f"DROP TABLE serving{cascade}"))
    answer = service.request("GET", REALISATION)

    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert answer.headers["api-version"] == "0.1.0"
    assert "serving" not in answer.text
