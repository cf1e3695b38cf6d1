"""Signing in and out as people do it: by a link and by a button, and pages where it does not succeed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import urljoin, urlsplit

import httpx
import pytest

from service.http.pages.rendering import POLICY
from tests.api.browsers import FROM_HERE, Browser
from tests.api.provider import Provider, providing
from tests.api.service_under_test import NOW, StandingClock, serving
from tests.api.signed_in import PLACE, UTRECHT, settings

HTML = {"Accept": "text/html,*/*;q=0.8"}


@pytest.fixture(scope="module")
def keys() -> Iterator[Provider]:
    with providing(StandingClock(NOW)) as one:
        yield one


@pytest.fixture
def provider(keys: Provider) -> Provider:
    keys.reset()
    keys.person = {"sub": "7f3a", "roles": ["municipality"], "oin": UTRECHT}
    keys.now = StandingClock(NOW)
    return keys


@pytest.fixture
def browser(sqlite_url: str, provider: Provider) -> Iterator[Browser]:
    with serving(sqlite_url, **settings(provider)) as started:
        yield Browser(started)


def shown(browser: Browser, address: str, status: int = 200) -> str:
    answer = browser.get(address, headers=HTML)
    assert answer.status_code == status, answer.text
    return unescape(answer.text)


def landed(answer: httpx.Response) -> str:
    """Where an answer leads, as a browser reads it."""
    return urlsplit(urljoin(str(answer.url), answer.headers["location"])).path


def form(text: str) -> tuple[str, dict[str, str]]:
    """Where the form that is posted goes, and its hidden fields."""
    found = re.search(r'<form method="post" action="([^"]*)">(.*?)</form>', text, re.DOTALL)
    assert found is not None
    return found[1], dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', found[2]))


def test_one_signs_in_by_a_link_and_out_by_a_button(browser):
    before = shown(browser, "/rol")
    address = re.search(r'<a class="action" href="\./(sign-in\?returnTo=[^"]*)"', before)
    assert address is not None and address[1] == "sign-in?returnTo=%2F"

    assert landed(browser.sign_in("/rol")) == "/rol"
    inside = shown(browser, "/rol")
    assert "Ingelogd als: gemeente." in inside
    assert "Organisatie: gemeente Utrecht." in inside
    assert "Kijken als een ander" not in inside

    action, fields = form(inside)
    assert action == "./sign-out"
    answer = browser.request("POST", "/sign-out", data=fields, headers=FROM_HERE)
    assert (answer.status_code, answer.headers["location"]) == (303, "rol")
    assert "Uitloggen" not in shown(browser, "/rol")


def test_in_english_one_comes_back_to_english(browser):
    assert 'href="../sign-in?returnTo=%2Fen%2F"' in shown(browser, "/en/rol")
    browser.sign_in("/en/")
    action, fields = form(shown(browser, "/en/rol"))

    assert action == "../sign-out"
    answer = browser.request("POST", "/sign-out", data=fields, headers=FROM_HERE)
    assert answer.headers["location"] == "en/rol"


def test_a_form_of_a_session_that_ended_is_a_page_that_says_so(browser):
    browser.sign_in("/rol")
    _, fields = form(shown(browser, "/rol"))
    browser.sign_in("/rol")
    answer = browser.request("POST", "/sign-out", data=fields, headers={**FROM_HERE, **HTML})

    assert answer.status_code == 403
    assert "Dit formulier is niet aangenomen" in answer.text
    assert browser.session()["signedIn"] is True


def test_who_signs_in_without_saying_where_from_comes_to_the_first_page(browser):
    answer = browser.get("/sign-in")
    assert answer.status_code == 303
    assert landed(browser.sign_in("/")) == "/"


@pytest.mark.parametrize(
    ("address", "status", "says"),
    [
        ("/sign-in/callback", 400, "Inloggen is niet gelukt"),
        ("/sign-in/callback?state=x&code=y", 400, "Inloggen is niet gelukt"),
        ("/sign-in?returnTo=https://elsewhere.example", 400, "Inloggen is niet gelukt"),
    ],
)
def test_a_sign_in_that_does_not_succeed_is_a_page_with_the_way_to_begin_again(browser, address, status, says):
    text = shown(browser, address, status)

    assert says in text
    assert "Opnieuw beginnen met inloggen" in text
    answer = browser.get(address, headers=HTML)
    assert answer.headers["content-security-policy"] == POLICY
    # Programs are told as ever.
    assert browser.get(address).headers["content-type"] == "application/problem+json"


def test_who_has_no_role_here_reads_whom_to_ask_and_begins_anew(browser, provider):
    provider.person = {"sub": "7f3a", "roles": ["gardener"]}
    back = browser.sent_back("/rol")
    answer = browser.get(back, headers=HTML)

    assert answer.status_code == 403
    assert "Ingelogd, maar zonder rol" in answer.text
    assert "Vraag de beheerder van de eigen organisatie" in answer.text
    assert "Max-Age=0" in answer.headers["set-cookie"]


def test_a_provider_that_is_away_is_said_with_when_to_try_again(browser, provider):
    provider.away = True
    answer = browser.get("/sign-in", headers=HTML)

    assert answer.status_code == 503
    assert "De inlogdienst antwoordt niet" in answer.text
    assert answer.headers["retry-after"] == "30"


def test_people_read_what_was_refused_of_their_organisation_and_post_nothing(browser):
    browser.sign_in("/rol")

    assert browser.get(f"/v1/rejections?organisation={UTRECHT}").status_code == 200
    assert browser.get("/v1/rejections?organisation=00000099000000002000").status_code == 403
    text = shown(browser, "/aanleveren")
    assert "Aangeleverd door gemeente Utrecht" in text
    assert PLACE["code"] not in re.findall(r"<title>(.*?)</title>", text)[0]


def test_in_development_mode_one_looks_as_another_and_back(sqlite_url):
    with serving(sqlite_url) as service:
        text = unescape(service.request("GET", "/rol?validOn=2022-06-30", headers=HTML).text)
        assert "ziet alles" in text
        assert '<option value="GM0344">Utrecht</option>' in text
        assert '<option value="PV26">Utrecht</option>' in text
        assert "<optgroup" in text and "GM0707" not in text, "Zederik ended in 2019"

        looking = unescape(service.request("GET", "/rol?as=GM0344&validOn=2022-06-30", headers=HTML).text)
        assert "nu te zien als: gemeente Utrecht." in looking
        assert re.search(r'href="\./rol\?validOn=2022-06-30">Weer alles zien', looking)


def test_outside_development_mode_nobody_looks_as_another(sqlite_url, provider, tmp_path):
    from tests.api.tokens import guarded

    with guarded(sqlite_url, **settings(provider)) as service:
        text = unescape(service.request("GET", "/rol", headers=HTML).text)
    assert "Niet ingelogd: te zien is wat voor iedereen openbaar is." in text
    assert "Kijken als" not in text


def test_no_token_is_on_a_page_twice_or_in_two_answers(browser):
    browser.sign_in("/rol")
    tokens = {form(shown(browser, "/rol"))[1]["csrf"] for _ in range(5)}

    assert len(tokens) == 5
    assert all(len(one) == 86 for one in tokens)
    assert browser.session()["csrfToken"] not in shown(browser, "/rol")
