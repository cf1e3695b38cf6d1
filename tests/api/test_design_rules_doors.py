"""The NLGov REST API Design Rules 2.2 with the doors locked: who may not is told so as a problem, everywhere."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from service.access.caller import SCOPES
from service.http.openapi import specification
from tests.api.every_operation import every_operation, told_as_problem
from tests.api.tokens import OF_ROLE, Guarded, bearing, guarded, oin, signed
from tests.posts import COA, V_NUMBER


@pytest.fixture(scope="module")
def locked(shared_sqlite_url: str) -> Iterator[Guarded]:
    """One service with its doors locked, for all that gets no further than them."""
    with guarded(shared_sqlite_url, public_rate=0) as service:
        yield service


@every_operation
def test_who_shows_nothing_is_told_to_where_that_is_needed_and_let_in_where_not(locked, method, url, operation):
    """/core/http-response-code, /core/error-handling/problem-details: 401 as the document says who must show what."""
    answer = locked.request(method, url)

    if {} not in operation["security"]:
        told_as_problem(answer, 401)
        assert answer.headers["www-authenticate"].startswith("Bearer")
    else:
        assert answer.status_code not in (401, 403)


@every_operation
def test_who_shows_what_is_not_accepted_is_refused_even_where_nothing_is_needed(locked, method, url, operation):
    """/core/http-response-code: 401"""
    forged = signed({**locked.claims(f"system-{oin(COA)}"), "exp": 1})
    answers = [locked.request(method, url, headers=bearing(token)) for token in (forged, "none", V_NUMBER)]

    assert [told_as_problem(answer, 401) for answer in answers] == [answers[0].json()] * 3
    assert V_NUMBER not in str(answers[2].headers)


@every_operation
def test_a_token_that_was_issued_for_nothing_gets_no_further_than_what_is_public(locked, method, url, operation):
    """/core/http-response-code: 403"""
    answer = locked.request(method, url, headers=locked.of_organisation(OF_ROLE["coa"], scopes=""))

    if {} not in operation["security"]:
        told_as_problem(answer, 403)
    else:
        assert answer.status_code not in (401, 403)


@every_operation
def test_a_token_never_stands_in_an_address(locked, method, url, operation):
    """/core/transport/no-sensitive-uris"""
    token = locked.of_organisation(OF_ROLE["coa"])["Authorization"].split()[1]
    answer = locked.request(method, f"{url}?access_token={token}")

    assert answer.status_code in (400, 401)
    assert token not in answer.text


def test_the_document_is_there_for_who_shows_nothing(locked):
    """/core/publish-openapi"""
    answer = locked.request("GET", "/v1/openapi.json")

    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "*")
    assert answer.json() == json.loads(specification.text())


def test_a_client_that_asks_too_often_is_told_when_to_go_on(sqlite_url):
    """/core/http-response-code: 429"""
    with guarded(sqlite_url, rate=1) as service:
        headers = service.of_organisation(OF_ROLE["coa"], scopes=" ".join(SCOPES))
        answers = [service.request("GET", "/v1/periods", headers=headers) for _ in range(20)]
        others = service.request("GET", "/v1/periods", headers=service.of_organisation(OF_ROLE["duo"]))

    assert [answer.status_code for answer in answers[:2]] == [200, 200]
    assert told_as_problem(answers[-1], 429)["title"] == "Too many requests"
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert others.status_code == 200
