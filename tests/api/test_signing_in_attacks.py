"""Whoever would sign in as another, make another's browser act, or send them astray is refused."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from service.storage.database import writing
from service.storage.service_tables import sessions
from tests.api.browsers import FROM_HERE, ORIGIN, SESSION, UNDER_WAY, Browser
from tests.api.provider import CLIENT_SECRET, Provider, signed_by_nobody, signed_with_the_secret
from tests.api.service_under_test import NOW, Service, serving
from tests.api.signed_in import kept, settings


@pytest.fixture(scope="module")
def started(shared_sqlite_url: str, openid_provider: Provider) -> Iterator[Service]:
    with serving(shared_sqlite_url, **settings(openid_provider, oidc_acr="phr phrh")) as service:
        yield service


@pytest.fixture
def provider(openid_provider: Provider) -> Provider:
    openid_provider.reset()
    openid_provider.person = {"sub": "7f3a", "roles": ["auditor"], "acr": "phr"}
    return openid_provider


@pytest.fixture
def service(started: Service, provider: Provider) -> Iterator[Service]:
    yield started
    started.clock.now = NOW
    with writing(started.context.primary) as connection:
        connection.execute(sessions.delete())


@pytest.fixture
def browser(service: Service) -> Browser:
    return Browser(service)


def refused(service: Service, browser: Browser, answer) -> bool:
    """Nobody is signed in, and nothing tells why."""
    return (
        (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
        and answer.json()["detail"] == "This sign-in can't be completed; begin again at /sign-in."
        and browser.cookie is None
        and kept(service) == []
    )


def test_without_an_attack_the_same_person_gets_in(browser):
    assert browser.sign_in().status_code == 303


def test_the_way_to_the_provider_is_bound_to_this_service_this_browser_and_this_moment(browser, provider):
    asked = parse_qs(urlsplit(browser.sent_to()).query)

    assert asked["redirect_uri"] == ["https://ketenspoor.test/sign-in/callback"]
    assert asked["code_challenge_method"] == ["S256"] and len(asked["code_challenge"][0]) == 43
    assert len(asked["state"][0]) == len(asked["nonce"][0]) == 43
    assert asked["acr_values"] == ["phr phrh"]
    assert asked.keys() >= {"response_type", "client_id", "scope"}


@pytest.mark.parametrize("state", ["", "another", "é", "a" * 43])
def test_another_state_is_refused(service, browser, state):
    address = urlsplit(browser.sent_back())
    asked = {name: values[0] for name, values in parse_qs(address.query).items()} | {"state": state}

    assert refused(service, browser, browser.get(address.path, params=asked))


def test_the_way_back_of_another_browser_is_refused(service, browser):
    victim = Browser(service)
    victim.sent_to()

    assert refused(service, victim, victim.get(browser.sent_back()))
    assert refused(service, victim, Browser(service).get(browser.sent_back()))


@pytest.mark.parametrize("changed", ["", "x", "AAAA", "é", "A" * 200])
def test_a_cookie_that_is_not_of_our_making_is_refused(service, browser, changed):
    back = browser.sent_back()
    browser.client.cookies.clear()

    assert refused(service, browser, browser.get(back, headers={b"Cookie": f"{UNDER_WAY}={changed}".encode()}))


def test_a_way_back_is_gone_once(service, browser, provider):
    back = browser.sent_back()
    cookie = browser.client.cookies.get(UNDER_WAY)
    assert browser.get(back).status_code == 303
    browser.client.cookies.clear()
    # Whoever has seen both, at a provider that does not keep its codes to one use either.
    for provider.forgetful in (False, True):
        again = browser.get(back, headers={"Cookie": f"{UNDER_WAY}={cookie}"})
        assert again.status_code == 400 and browser.cookie is None
    assert len(kept(service)) == 1


def test_a_code_is_good_for_nothing_twice_even_where_the_provider_forgets(service, browser, provider):
    provider.forgetful = True
    back = browser.sent_back()
    cookie = browser.client.cookies.get(UNDER_WAY)
    browser.get(back)
    browser.client.cookies.clear()

    assert browser.get(back, headers={"Cookie": f"{UNDER_WAY}={cookie}"}).status_code == 400
    assert len(kept(service)) == 1


def test_who_takes_longer_than_ten_minutes_begins_anew(service, browser):
    back = browser.sent_back()
    service.clock.forward(minutes=10)

    assert refused(service, browser, browser.get(back))


@pytest.mark.parametrize("issuer", ["https://elsewhere.example", "", None])
def test_the_answer_of_another_provider_is_refused(service, browser, issuer):
    address = urlsplit(browser.sent_back())
    asked = {name: values[0] for name, values in parse_qs(address.query).items() if name != "iss"}
    asked |= {} if issuer is None else {"iss": issuer}

    assert refused(service, browser, browser.get(address.path, params=asked))


def test_who_the_provider_does_not_let_in_is_not_let_in(service, browser, provider):
    state = parse_qs(urlsplit(browser.sent_to()).query)["state"][0]
    asked = {"state": state, "error": "access_denied", "iss": provider.issuer, "error_description": "<script>"}

    answer = browser.get("/sign-in/callback", params=asked)
    assert refused(service, browser, answer) and "script" not in answer.text


NOW_SECONDS = int(NOW.timestamp())


@pytest.mark.parametrize(
    ("header", "claims"),
    [
        ({}, {"nonce": "of another sign-in"}),
        ({}, {"nonce": None}),
        ({}, {"iss": "https://elsewhere.example"}),
        ({}, {"iss": None}),
        ({}, {"aud": "another-client"}),
        ({}, {"aud": ["another-client"]}),
        ({}, {"aud": ["ketenspoor", "another-client"]}),
        ({}, {"aud": ["ketenspoor", "another-client"], "azp": "another-client"}),
        ({}, {"azp": "another-client"}),
        ({}, {"aud": None}),
        ({}, {"exp": NOW_SECONDS - 31}),
        ({}, {"exp": None}),
        ({}, {"exp": str(NOW_SECONDS + 300)}),
        ({}, {"iat": NOW_SECONDS + 3_600}),
        ({}, {"nbf": NOW_SECONDS + 3_600}),
        ({}, {"sub": None}),
        ({}, {"sub": ""}),
        ({}, {"sub": 7}),
        ({}, {"sub": "s" * 256}),
        ({}, {"at_hash": "of another token"}),
        ({}, {"acr": None}),
        ({}, {"acr": "password"}),
        ({"kid": "not-there"}, {}),
        ({"kid": None}, {}),
        ({"kid": "ec"}, {}),
        ({"typ": "at+jwt"}, {}),
        ({"typ": "logout+jwt"}, {}),
    ],
)
def test_an_id_token_that_says_anything_else_is_refused(service, browser, provider, header, claims):
    def change(told_in_header, told):
        for wanted, found in ((header, told_in_header), (claims, told)):
            found.update(wanted)
            for name in [name for name, value in wanted.items() if value is None]:
                del found[name]

    back = browser.sent_back()
    provider.change = change

    assert refused(service, browser, browser.get(back))


def test_an_id_token_that_nobody_signed_is_refused(service, browser, provider):
    back = browser.sent_back()
    provider.forge = signed_by_nobody

    assert refused(service, browser, browser.get(back))


def test_an_id_token_that_a_secret_signs_is_refused(service, browser, provider):
    public = provider.public_key().public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for secret in (CLIENT_SECRET.encode(), public):
        back = browser.sent_back()
        provider.forge = lambda claims, secret=secret: signed_with_the_secret(claims, secret)
        assert refused(service, browser, browser.get(back))


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é.é.é", "." * 5, "a" * 200_000])
def test_what_is_no_id_token_is_refused(service, browser, provider, token):
    back = browser.sent_back()
    provider.forge = lambda _: token

    assert refused(service, browser, browser.get(back))


@pytest.mark.parametrize(
    "address",
    [
        *("https://elsewhere.example", "//elsewhere.example", "/\\elsewhere.example", "\\\\elsewhere.example"),
        *("/\t/elsewhere.example", "/\n/elsewhere.example", "javascript:alert(1)", "", "docs", " /docs", "/é"),
        *("/docs\\..", "/" + "a" * 1_000, "http:/docs", "///elsewhere.example"),
    ],
)
def test_nobody_is_led_elsewhere_by_signing_in(browser, address):
    answer = browser.get("/sign-in", params={"returnTo": address})

    assert answer.status_code == 400
    assert "location" not in answer.headers and "elsewhere" not in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {},
        FROM_HERE,
        {"X-CSRF-Token": "theirs"},
        {"X-CSRF-Token": "theirs", "Origin": "https://elsewhere.example"},
        {"X-CSRF-Token": "theirs", "Origin": "null"},
        {"X-CSRF-Token": "theirs", "Origin": ORIGIN.upper()},
        {"X-CSRF-Token": "theirs", "Sec-Fetch-Site": "cross-site"},
        {"X-CSRF-Token": "theirs", "Sec-Fetch-Site": "same-site"},
        {"X-CSRF-Token": "theirs", "Origin": ORIGIN, "Sec-Fetch-Site": "cross-site"},
        {"X-CSRF-Token": "guessed", **FROM_HERE},
    ],
)
def test_a_page_of_another_site_can_do_nothing_with_the_session(browser, headers):
    browser.sign_in()
    token = browser.session()["csrfToken"]
    shown = {name: token if value == "theirs" else value for name, value in headers.items()}
    for address in ("/sign-out", "/v1/journeys/_find", "/v1/log/checkpoint", "/v1/events"):
        answer = browser.request("POST", address, headers=shown)
        assert (answer.status_code, answer.headers["content-type"]) == (403, "application/problem+json")
        assert token not in answer.text
    assert browser.session()["signedIn"] is True


def test_the_token_of_one_session_is_no_good_for_another(service, browser):
    browser.sign_in()
    other = Browser(service)
    other.sign_in()
    token = {**FROM_HERE, "X-CSRF-Token": other.session()["csrfToken"]}

    assert browser.request("POST", "/sign-out", headers=token).status_code == 403


@pytest.mark.parametrize("shown", ["", "x", "a" * 43, "é" * 43, "a" * 5_000])
def test_a_cookie_of_no_session_is_nobody(browser, shown):
    answer = browser.get("/v1/session", headers={b"Cookie": f"{SESSION}={shown}".encode()})

    assert (answer.status_code, answer.json()["signedIn"]) == (200, False)


def test_two_cookies_of_one_name_are_nobodys(browser):
    browser.sign_in()
    both = f"{SESSION}={browser.cookie}; {SESSION}={'a' * 43}"
    browser.client.cookies.clear()

    assert browser.get("/v1/session", headers={"Cookie": both}).json()["signedIn"] is False
