"""What is shown where there is nothing to show: every page says why, what would change it, and where to go on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import pytest

from service.http.pages.routes import PAGES
from tests.api.reports import granted, linked
from tests.api.service_under_test import Service, serving
from tests.api.test_stopped_figures import stopped

HTML = {"Accept": "text/html,*/*;q=0.8"}
#: What stands for the parameters of paths.
NAMES = {
    "{figure}/waarom": "realisation/waarom?code=NL&column=quota",
    "{figure}/veranderd": "realisation/veranderd?code=NL&column=quota",
    "{figure}": "realisation",
    "/provincies/{code}": "/provincies/PV26",
    "/gemeenten/{code}": "/gemeenten/GM0344",
    "{code}": "GM0344",
}


@pytest.fixture
def service(sqlite_url: str) -> Iterator[Service]:
    with serving(sqlite_url) as started:
        yield started


def shown(service: Service, address: str, status: int = 200) -> str:
    """What a page says, in one line, without its marks."""
    answer = service.request("GET", address, headers=HTML)
    assert answer.status_code == status, f"{address}: {answer.status_code} {answer.text[:2000]}"
    assert answer.headers["content-type"].startswith("text/html"), address
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def addresses() -> list[str]:
    """An address of every page that is of no journey, in both languages."""
    found = []
    for page in PAGES:
        path = page.path
        for name, value in NAMES.items():
            path = path.replace(name, value)
        if "{" not in path:
            found += [path, f"/en{path}"]
    return found


@pytest.mark.parametrize("address", addresses())
def test_every_page_opens_where_nothing_was_ever_recorded(service, address):
    text = shown(service, address)
    assert "Er ging iets mis" not in text
    assert "Something went wrong" not in text


@pytest.mark.parametrize("role", ["public", "analyst", "duo", "GM0344", "PV26", "administrator", "cbs"])
def test_every_page_opens_for_every_role_and_says_who_sees_what_that_role_may_not(service, role):
    service.post_all([granted("2800000001", "2021-02-10"), linked("2800000001", "2021-03-10")])
    service.follow()
    for address in addresses():
        answer = service.request("GET", address + ("&" if "?" in address else "?") + f"as={role}", headers=HTML)
        # A page that shows one thing says so with the status of that; none fails.
        assert answer.status_code in {200, 400, 401, 403, 404}, f"{address} {answer.status_code}"
        if answer.status_code in {401, 403}:
            assert "Dit is te zien voor:" in unescape(answer.text) or "This can be seen by:" in unescape(answer.text)


def test_an_address_of_nothing_is_a_page_that_leads_on(service):
    text = shown(service, "/bestaat-niet", 404)
    assert "Niet gevonden" in text
    assert "Alle cijfers" in text
    assert "Not found" in shown(service, "/en/bestaat-niet", 404)
    assert service.request("GET", "/bestaat-niet").headers["content-type"] == "application/problem+json"


def test_a_question_that_is_wrong_says_which_parameter(service):
    text = shown(service, "/cijfers/realisation?groupBy=planet")
    assert "De vraag klopt niet" in text
    assert "groupBy" in text


@pytest.mark.parametrize("name", ["validOn", "knownAt", "period", "from", "to"])
def test_days_at_either_end_of_the_calendar_are_no_fault_of_ours(service, name):
    service.post_all([granted("2800000001", "2021-02-10"), linked("2800000001", "2021-03-10")])
    service.follow()
    for first_or_last in ("0001-I", "9999-II") if name == "period" else ("0001-01-01", "9999-12-31"):
        for address in addresses()[::2]:
            asked = f"{address}{'&' if '?' in address else '?'}{name}={first_or_last}"
            assert service.request("GET", asked, headers=HTML).status_code in {200, 400, 404}, asked


def test_where_numbers_stand_still_every_page_says_how_far_they_are(service):
    assert "staat stil" not in shown(service, "/cijfers")
    stopped(service)
    # What was read of its health a moment ago is not asked again.
    del service.app.state.lag
    text = shown(service, "/cijfers")

    assert "Een deel van de cijfers staat stil: verwerkt zijn 1 van de 2 gebeurtenissen." in text
    assert "Wat vanaf 15 juli 2022, 12:00 is vastgelegd, telt daarin nog niet mee." in text
    assert "Some of the figures stand still: 1 of 2 events are worked in." in shown(service, "/en/cijfers")


def test_what_is_behind_for_a_moment_is_not_worth_a_word_and_longer_is(service):
    service.post_all([linked("2800000001", "2021-03-10")])
    assert "lopen achter" not in shown(service, "/cijfers")
    service.clock.forward(seconds=31)
    assert "De cijfers lopen achter: verwerkt zijn 0 van de 1 gebeurtenissen." in shown(service, "/cijfers")


def test_a_fault_of_ours_says_what_was_asked_and_how_it_is_found(service, monkeypatch):
    from service.http.pages import catalogue

    def fail(*_: object) -> None:
        raise ArithmeticError("secret of the inside")

    monkeypatch.setattr(catalogue, "_holds", fail)
    trace = f"{7:032x}"
    answer = service.request(
        "GET", "/cijfers?zoek=taak", headers={**HTML, "traceparent": f"00-{trace}-b7ad6b7169203331-01"}
    )

    assert answer.status_code == 500
    assert f"<code>{trace}</code>" in answer.text
    assert "/cijfers?zoek=taak" in unescape(answer.text)
    assert "secret" not in answer.text
    assert "Opnieuw proberen" in answer.text


def test_what_is_rounded_says_so_once_at_the_table(service):
    numbers = [f"28000000{number:02d}" for number in range(1, 8)]
    service.post_all([granted(number, "2021-02-10") for number in numbers])
    service.post_all([linked(number, "2021-03-10") for number in numbers])
    service.follow()
    address = "/cijfers/norm-phases?from=2021-01-01&to=2021-12-31"

    assert shown(service, f"{address}&as=analyst").count("kleine aantallen zijn afgerond op vijftallen") == 1
    assert "afgerond op vijftallen" not in shown(service, f"{address}&as=coa")


def test_who_is_refused_before_any_page_gets_a_page_in_a_browser_alone(sqlite_url):
    with serving(sqlite_url, public_rate=1) as service:
        text = shown(service, "/rol?as=nobody", 400)
        assert "De vraag klopt niet" in text
        assert "as" in text
        assert service.request("GET", "/rol?as=nobody").headers["content-type"] == "application/problem+json"
        refusals = [one for _ in range(8) if (one := service.request("GET", "/en/uitleg", headers=HTML)).is_error]
        assert {one.status_code for one in refusals} == {429}
        assert "Wait a moment" in refusals[0].text
        assert int(refusals[0].headers["retry-after"]) >= 1
        api = service.request("GET", "/v1/municipalities", headers=HTML)
        assert (api.status_code, api.headers["content-type"]) == (429, "application/problem+json")
