"""Forms of pages: read within bounds, and taken from a page of ours that was opened for who sends it alone."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest

from service.access.caller import ANYONE
from service.access.sessions import Session
from service.http.pages.forms import form_token, is_of
from tests.api.browsers import FROM_HERE, ORIGIN, Browser
from tests.api.provider import Provider, providing
from tests.api.service_under_test import NOW, Service, StandingClock, serving
from tests.api.signed_in import kept, settings

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with providing(StandingClock(NOW)) as one:
        one.person = {"sub": "7f3a", "roles": ["auditor"]}
        yield one


@pytest.fixture
def service(sqlite_url: str, provider: Provider) -> Iterator[Service]:
    with serving(sqlite_url, **settings(provider)) as started:
        yield started


@pytest.fixture
def browser(service: Service) -> Browser:
    signed_in = Browser(service)
    signed_in.sign_in()
    return signed_in


def token(browser: Browser) -> str:
    """What a form on a page of theirs shows."""
    return form_token(Session(ANYONE, NOW, browser.session()["csrfToken"]))


def send(browser: Browser, form: dict[str, str], headers: dict[str, str]) -> int:
    return browser.request("POST", "/sign-out", data=form, headers=headers).status_code


def test_a_form_of_ours_is_taken_without_the_header(service, browser):
    answer = browser.request("POST", "/sign-out", data={"csrf": token(browser)}, headers=FROM_HERE)

    assert (answer.status_code, answer.headers["location"]) == (303, "rol")
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert kept(service) == []


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": ORIGIN, "Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "same-origin"},
    ],
)
def test_a_form_of_another_site_does_nothing_even_with_the_token(service, browser, headers):
    assert send(browser, {"csrf": token(browser)}, headers) == 403
    assert len(kept(service)) == 1


def test_a_form_without_its_own_token_does_nothing(service, browser):
    other = Browser(service)
    other.sign_in()
    right = token(browser)
    raw = base64.urlsafe_b64decode(right + "==")
    wrong = [
        "",
        token(other),
        browser.session()["csrfToken"],
        right[:-1],
        right + "AAAA",
        right[:-4] + "AAAA",
        base64.urlsafe_b64encode(raw[:32]).decode(),
        base64.urlsafe_b64encode(bytes(64)).decode(),
        base64.urlsafe_b64encode(raw[32:] * 2).decode(),
        "é" * 86,
        "A",
    ]
    for one in wrong:
        assert send(browser, {"csrf": one}, FROM_HERE) == 403, one
    assert send(browser, {"language": "nl"}, FROM_HERE) == 403
    assert len(kept(service)) == 2


def test_the_token_of_a_form_says_nothing_to_the_api_and_that_of_the_api_nothing_in_a_form(browser):
    headers = {**FROM_HERE, "X-CSRF-Token": token(browser)}

    assert browser.request("POST", "/v1/log/checkpoint", headers=headers).status_code == 403
    assert browser.request("POST", "/sign-out", headers=headers).status_code == 403


def test_only_where_a_form_is_sent_the_header_may_be_lacking(browser):
    form = {"csrf": token(browser)}
    for address in ("/v1/log/checkpoint", "/v1/journeys/_find", "/v1/events", "/cijfers", "/sign-out/"):
        answer = browser.request("POST", address, data=form, headers=FROM_HERE)
        assert answer.status_code == 403, address


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=x", "text/plain", ""])
def test_what_is_no_form_is_not_read_as_one(service, browser, kind):
    body = f"csrf={token(browser)}"
    headers = {**FROM_HERE, "Content-Type": kind}

    assert browser.request("POST", "/sign-out", content=body, headers=headers).status_code == 403
    assert len(kept(service)) == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"csrf=" + b"a" * 70_000, 413),
        (b"&".join(b"a=1" for _ in range(101)), 400),
        (b"a=\xff", 400),
        (b"a=%ff", 400),
    ],
)
def test_a_form_that_is_too_large_or_cannot_be_read_is_refused(service, browser, body, status):
    answer = browser.request("POST", "/sign-out", content=body, headers={**FROM_HERE, **FORM})

    assert answer.status_code == status
    assert len(kept(service)) == 1


def test_who_has_no_session_needs_no_token_but_sends_from_a_page_of_ours(service):
    nobody = Browser(service)

    assert send(nobody, {"language": "nl"}, FROM_HERE) == 303
    assert send(nobody, {"language": "nl"}, {"Origin": "https://elsewhere.example"}) == 403
    assert send(nobody, {"language": "nl"}, {}) == 403


def test_every_answer_shows_another_token_and_each_holds():
    session = Session(ANYONE, NOW, "of a session")
    shown = [form_token(session) for _ in range(50)]

    assert len(set(shown)) == 50
    # No part of it stays the same, for that could be guessed piece by piece from the length of what is packed.
    raw = [base64.urlsafe_b64decode(one + "==") for one in shown]
    assert all(len({one[at] for one in raw}) > 1 for at in range(64))
    assert all(is_of(session, one) for one in shown)
    assert not any(is_of(session._replace(csrf_token="of another"), one) for one in shown)
