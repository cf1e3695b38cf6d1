"""The ways in: what `/` says to a browser and to a program, and all that `/v1` lists."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from service.access.rules import RULES
from service.http.openapi import specification
from service.storage.database import connect, reading
from service.storage.service_tables import audit_log
from tests.api.service_under_test import Service, serving
from tests.api.tokens import guarded

DOCUMENT: dict[str, Any] = json.loads(specification.text())
#: As a browser asks for a page.
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.fixture(scope="module")
def service(shared_sqlite_url: str) -> Iterator[Service]:
    with serving(shared_sqlite_url) as running:
        yield running


# The root of the service


@pytest.mark.parametrize("accept", [None, "*/*", "application/json", "application/json, text/html", "text/csv"])
def test_a_program_is_told_what_this_is_and_where_to_go(service, accept):
    answer = service.request("GET", "/", headers={} if accept is None else {"Accept": accept})

    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.headers["vary"] == "Accept"
    assert answer.headers["link"] == '</v1/openapi.json>; rel="service-desc", </docs>; rel="service-doc"'
    assert answer.json() == {
        "name": "Ketenspoor",
        "version": "0.1.0",
        "summary": "From permit to home to integration: what the chain reports, and how it is doing.",
        "documentation": "/docs",
        "openapi": "/v1/openapi.json",
        "api": "/v1",
    }


@pytest.mark.parametrize("accept", ["text/html", BROWSER["Accept"], "application/json;q=0.5, TEXT/HTML;q=0.9"])
def test_a_browser_is_shown_a_page(service, accept):
    answer = service.request("GET", "/", headers={"Accept": accept})

    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "Accept" in answer.headers["vary"].split(", ")
    assert answer.headers["link"] == '</v1/openapi.json>; rel="service-desc", </docs>; rel="service-doc"'
    assert answer.text.startswith("<!doctype html>")


def test_a_program_is_told_where_people_sign_in_only_where_they_can(sqlite_url):
    named: dict[str, Any] = {"public_url": "https://keten.example.org", "oidc_issuer": "https://id.example.org"}
    with serving(sqlite_url, **named, oidc_client_id="ketenspoor") as other:
        assert other.request("GET", "/").json()["signIn"] == "/sign-in"


# The root of the API


Operation = tuple[str, str]


def described(method: str, href: str) -> dict[str, Any]:
    held: dict[str, Any] = DOCUMENT["paths"][href.removeprefix("/v1")][method.lower()]
    return held


@pytest.fixture
def listed(service: Service) -> dict[Operation, dict[str, Any]]:
    return {(item["method"], item["href"]): item for item in service.request("GET", "/v1").json()["items"]}


@pytest.mark.parametrize("url", ["/v1", "/v1/"])
def test_the_api_lists_every_operation_that_needs_no_identifier(service, url):
    told = service.request("GET", url).json()
    operations = [
        (method.upper(), f"/v1{path}")
        for path, held in DOCUMENT["paths"].items()
        for method in held
        if "{" not in path and path != "/"
    ]

    assert [(item["method"], item["href"]) for item in told["items"]] == sorted(operations, key=lambda one: one[::-1])
    assert {("POST", "/v1/events"), ("POST", "/v1/journeys/_find"), ("GET", "/v1/realisation")} < set(operations)
    assert {name: told[name] for name in ("name", "documentation", "openapi")} == {
        "name": "Ketenspoor",
        "documentation": "/docs",
        "openapi": "/v1/openapi.json",
    }


def test_with_the_parameters_that_each_read_is_said_to_need_none_is_missing_and_without_one_it_is_told(service, listed):
    values = {"period": "2021-II", "code": "NL", "position": "0", "traceId": "5f" * 16}
    of_form = {"date": "2021-12-31", "date-time": "2021-12-31T12:00:00Z"}

    def missing(href: str, given: dict[str, str]) -> set[str]:
        answer = service.request("GET", href, params=given)
        faults = answer.json().get("errors", ()) if answer.status_code == 400 else ()
        return {fault["parameter"] for fault in faults if fault["code"] == "required"}

    for (method, href), item in listed.items():
        if method == "GET":
            schemas = {one["name"]: one["schema"] for one in described(method, href).get("parameters", ())}
            # Of several the first.
            names = {needed.partition(" or ")[0] for needed in item["required"]}
            listed_values = {
                name: schemas[name].get("const") or schemas[name]["enum"][0]
                for name in names
                if {"const", "enum"} & schemas[name].keys()
            }
            given = {
                name: (values | listed_values).get(name) or of_form.get(schemas[name].get("format"), "0")
                for name in names
            }
            assert missing(href, given) == set(), (href, given)
            for name in names:
                assert missing(href, {other: given[other] for other in names - {name}}) == {name}, href


def test_what_needs_one_of_several_parameters_says_so(listed):
    changes = listed["GET", "/v1/figures/realisation/_changes"]
    assert changes["required"] == ["code", "column", "from or fromPosition", "period"]
    assert listed["GET", "/v1/processing-log"]["required"] == ["traceId or processingActivityId or dataSubjectId"]


def test_each_is_told_in_a_line_that_is_the_beginning_of_its_description(listed):
    for operation, item in listed.items():
        assert " ".join(described(*operation)["description"].split()).startswith(item["description"])
        assert 10 < len(item["description"]) < 120 and "\n" not in item["description"]


def test_each_says_whether_anybody_may_ask(listed):
    public = {operation: item["public"] for operation, item in listed.items()}

    assert public["GET", "/v1/realisation"] and public["GET", "/v1/municipalities"]
    assert not (public["GET", "/v1/journeys"] or public["GET", "/v1/audit-log"] or public["POST", "/v1/events"])
    assert public == {operation: {} in described(*operation)["security"] for operation in public}
    assert RULES["read_index"].public


# Who may


def test_both_are_open_to_all_and_leave_no_line_in_the_audit_log(sqlite_url):
    with guarded(sqlite_url) as locked:
        assert {locked.request("GET", url).status_code for url in ("/", "/v1", "/v1/")} == {200}
        assert {locked.request("GET", url, headers=locked.of_role("coa")).status_code for url in ("/", "/v1")} == {200}
    engine = connect(sqlite_url)
    with reading(engine) as connection:
        assert connection.execute(select(audit_log)).all() == []
    engine.dispose()
