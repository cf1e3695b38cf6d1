"""The NLGov REST API Design Rules 2.2 on answers of the running service; each test names the rule that it holds to."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from service.intake.cloudevents import ONE
from tests.api.every_operation import ADDRESSES, DOCUMENT, OPERATIONS, STANDING, every_operation, told_as_problem
from tests.api.reports import worked_case
from tests.api.service_under_test import Service, serving

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
#: Beside the API, for the platform and for browsers.
BESIDE_THE_API = ("/livez", "/readyz", "/metrics", "/v1/openapi.json", "/.well-known/security.txt")
SECRET = "2876540913"

SECRET = "2876540913"

every_address = pytest.mark.parametrize("url", ADDRESSES)


@pytest.fixture(scope="module")
def asked(shared_sqlite_url: str) -> Iterator[Service]:
    """One service for all that changes nothing."""
    with serving(shared_sqlite_url, security_contact="mailto:veiligheid@ketenspoor.example") as service:
        service.post_all(worked_case("9999000001"))
        service.follow()
        yield service


def written(value: Any) -> Iterator[str]:
    """Every text in an answer."""
    if isinstance(value, dict):
        for held in value.values():
            yield from written(held)
    elif isinstance(value, list):
        for held in value:
            yield from written(held)
    elif isinstance(value, str):
        yield value


@every_address
def test_an_address_with_a_slash_behind_it_is_not_found_and_not_redirected(asked, url):
    """/core/no-trailing-slash"""
    answer = asked.request("GET", f"{url}/")

    told_as_problem(answer, 404)
    assert "location" not in answer.headers


@every_address
@pytest.mark.parametrize("method", [*METHODS, "OPTIONS", "TRACE", "BREW"])
def test_a_method_that_an_address_does_not_have_is_refused_with_those_it_has(asked, url, method):
    """/core/http-methods, /core/http-response-code"""
    known = sorted(one.upper() for one in ADDRESSES[url])
    if method in known:
        return
    answer = asked.request(method, url)

    told_as_problem(answer, 405)
    assert answer.headers["allow"].split(", ") == known


@every_operation
def test_a_parameter_that_it_does_not_know_is_refused_without_repeating_it(asked, method, url, operation):
    """/core/error-handling/invalid-input"""
    problem = told_as_problem(asked.request(method, f"{url}?vreemd={SECRET}&{SECRET}=1"), 400)

    assert [error["code"] for error in problem["errors"]][:1] == ["unknown-parameter"]
    assert SECRET not in json.dumps(problem)


@every_operation
def test_a_parameter_that_stands_there_twice_is_refused(asked, method, url, operation):
    """/core/error-handling/invalid-input"""
    named = [one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"]
    if not named:
        return
    problem = told_as_problem(asked.request(method, f"{url}?{named[0]}=x&{named[0]}=x"), 400)

    assert {"doubled-parameter", "doubled", "not-one-of"} & {error["code"] for error in problem["errors"]}


@every_operation
def test_an_answer_that_cannot_be_given_as_it_is_wanted_is_refused(asked, method, url, operation):
    """/core/http-response-code: 406 where the form that is asked for is not there."""
    answer = asked.request(method, url, headers={"Accept": "image/png, text/html;q=0.8, application/json;q=0"})

    if operation["operationId"] == "postEvents":
        # What was posted is told of as JSON, whatever its sender would rather hear.
        told_as_problem(answer, 415)
    else:
        told_as_problem(answer, 406)


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("*/*", 200),
        ("application/*", 200),
        ("application/json", 200),
        ("APPLICATION/JSON; charset=utf-8", 200),
        ("text/html, */*;q=0.1", 200),
        ("text/html, application/json;q=0.5", 200),
        ("", 200),
        (",", 200),
        ("*/*, application/json;q=0", 406),
        ("application/*;q=0, */*", 406),
        ("text/*", 406),
        ("application/json;q=none", 406),
        ("json", 406),
    ],
)
def test_the_narrowest_range_of_accept_says_whether_a_form_is_wanted(asked, accept, status):
    """/core/http-response-code"""
    assert asked.request("GET", "/v1/periods", headers={"Accept": accept}).status_code == status


@pytest.mark.parametrize("url", [url for method, url, _ in OPERATIONS if method == "POST"])
@pytest.mark.parametrize("sent", [{"Content-Type": "text/html"}, {"Content-Type": "application/xml"}, {}])
def test_a_body_of_another_kind_or_of_none_is_refused(asked, url, sent):
    """/core/http-response-code: 415 where a body is of no form that is read."""
    told_as_problem(asked.request("POST", url, content=b"<a/>", headers=sent), 415)


@pytest.mark.parametrize(
    ("url", "kind", "size"),
    [
        ("/v1/events", ONE, 256 * 1024),
        ("/v1/journeys/_find", "application/json", 4_096),
        ("/v1/reconciliations?period=2021-I", "text/csv", 8 * 1024 * 1024),
    ],
)
def test_a_body_that_is_too_large_is_refused(asked, url, kind, size):
    """/core/http-response-code"""
    told_as_problem(asked.request("POST", url, content=b" " * (size + 1), headers={"Content-Type": kind}), 413)


def test_all_faults_are_told_at_once(asked):
    """/core/error-handling/all-errors"""
    problem = told_as_problem(asked.request("GET", "/v1/norm-phases?from=a&to=b&norm=c&family=d"), 400)

    assert [error["parameter"] for error in problem["errors"]] == ["from", "to", "norm", "family"]


@pytest.mark.parametrize("url", ["/v2", "/v2/periods", "/nothing", "/v1/journeys/none", "/v1/events/99"])
def test_an_address_where_nothing_is_is_told_as_a_problem(asked, url):
    """/core/error-handling/problem-details"""
    told_as_problem(asked.request("GET", url), 404)


def test_a_fault_of_the_service_is_told_as_a_problem_with_all_headers(asked, monkeypatch):
    """/core/error-handling/problem-details, /core/version-header"""

    def fails(*_: Any, **__: Any) -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr("service.http.routes.reference.answer", fails)
    problem = told_as_problem(asked.request("GET", "/v1/event-types"), 500)

    assert SECRET not in json.dumps(problem)


@pytest.mark.parametrize("url", [*BESIDE_THE_API, "/v1/periods", "/v1/events", "/v1/event-types"])
def test_the_version_and_all_security_headers_are_on_every_answer(asked, url):
    """/core/version-header, /core/transport/security-headers"""
    answer = asked.request("GET", url)

    assert answer.status_code == 200
    assert {name: answer.headers.get(name) for name in STANDING} == STANDING
    assert answer.headers["content-type"]
    assert "server" not in answer.headers


def test_the_document_is_there_for_anyone_and_any_page(asked):
    """/core/publish-openapi"""
    answer = asked.request("GET", "/v1/openapi.json", headers={"Origin": "https://elders.example"})

    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.json() == DOCUMENT


@pytest.mark.parametrize("url", ["/v1/periods", "/v1/events", "/livez"])
def test_no_other_page_may_read_anything_else(asked, url):
    """/core/transport/cors"""
    answer = asked.request("GET", url, headers={"Origin": "https://elders.example"})

    assert [name for name in answer.headers if name.startswith("access-control-")] == []


def test_nobody_is_told_before_asking_that_another_page_may_ask(asked):
    """/core/transport/cors"""
    asking = {"Origin": "https://elders.example", "Access-Control-Request-Method": "POST"}

    told_as_problem(asked.request("OPTIONS", "/v1/events", headers=asking), 405)


@pytest.mark.parametrize(
    "url",
    [
        "/v1/events",
        "/v1/periods?knownAt=2022-07-15T11:30:00%2B02:00",
        "/v1/realisation?period=2021-I",
        "/v1/event-types",
    ],
)
def test_every_instant_is_told_in_utc_with_a_capital_z(asked, url):
    """/core/date-time/format, /core/date-time/timezone"""
    found = [one for one in written(asked.request("GET", url).json()) if re.match(r"\d{4}-\d\d-\d\d[Tt ]", one)]

    # The sender's own time is repeated as it was sent.
    sent = {example for example in found if re.search(r"[+-]\d\d:\d\d$", example)}
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", one) for one in set(found) - sent)
    assert url == "/v1/event-types" or sent == set()


def test_no_state_of_a_client_is_kept_between_requests(asked):
    """/core/stateless"""
    first, second = (asked.request("GET", "/v1/municipalities?limit=5") for _ in range(2))

    assert "set-cookie" not in first.headers
    assert first.content == second.content
