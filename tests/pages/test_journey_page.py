"""One journey for roles that may read it: where it stands, what is missing, all that happened; and nobody's number."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import get_args

import httpx
import pytest

from domain.causes_by_day import DAY_CAUSES
from domain.norm_sets import PhaseName
from service.access.rules import SECTIONS
from service.http.pages.journey_words import CAUSE_WORDS, PHASE_WORDS, SECTION_WORDS
from tests.api.found import A
from tests.api.reports import granted, linked
from tests.api.service_under_test import serving
from tests.api.test_destroyed_journeys import destroyed
from tests.pages.history import ALMERE, DRONTEN, waits_longest

_UNKNOWN = "11111111-2222-8333-8444-555555555555"
#: Taken back in January: nobody lives there.
_TAKEN_BACK = "9999001004"
#: As a browser sends a form of a page of ours.
_FORM = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture(scope="module")
def client(pages_address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=pages_address, timeout=60.0, trust_env=False) as found:
        yield found


@pytest.fixture(scope="module")
def longest(client: httpx.Client) -> str:
    return journey_of(client, waits_longest())


def journey_of(client: httpx.Client, v_number: str) -> str:
    found = client.post("/v1/journeys/_find", json={"vNumber": v_number})
    assert found.status_code == 200
    told: str = found.json()["journey"]
    return told


def text_of(html: str) -> str:
    main = html.partition('<main id="main"')[2].partition("</main>")[0].partition(">")[2]
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", main)).split())


def test_everything_that_a_role_may_not_get_has_a_name():
    assert SECTION_WORDS.keys() == SECTIONS.keys()
    assert set(CAUSE_WORDS) == set(DAY_CAUSES)
    assert set(PHASE_WORDS) == set(get_args(PhaseName))


def test_who_waits_longest_is_told_with_what_is_lacking(client, longest):
    text = text_of(client.get(f"/trajecten/{longest}").text)
    # Linked on 18 October: 255 days by 30 June, of which the norm has 70.
    assert "Wacht op een woning in Almere" in text
    assert "Sinds 18 oktober 2021, al 36 weken en 3 dagen: 26 weken en 3 dagen over de norm van 10 weken." in text
    assert "Huisvesten duurt al 26 weken en 3 dagen langer dan de norm" in text
    assert "Aan het dossier ontbreekt: bankrekening, verblijfspas ." in text
    assert "27 december 2021 : binnen de norm een woning gereed (de gemeente) 26 weken en 3 dagen geleden" in text
    assert "wacht op het besluit over nareis" in text
    assert "Op 18 oktober 2021 is de vergunninghouder gekoppeld aan de gemeente Almere" in text


def test_the_history_has_every_event_with_who_recorded_it(client, longest):
    timeline = client.get(f"/v1/journeys/{longest}/timeline").json()["items"]
    html = client.get(f"/trajecten/{longest}").text
    text = text_of(html)
    assert html.count("Vastgelegd op ") == len(timeline) > 5
    assert f"{len(timeline)} berichten op volgorde van de dag" in text
    for event in timeline:
        assert event["sentence"]["nl"].replace(f" ({event['source']})", "") in text
    assert "urn:nld" not in text


def test_what_was_taken_back_stays_and_says_so(client):
    text = text_of(client.get(f"/trajecten/{journey_of(client, _TAKEN_BACK)}").text)
    assert "Gesloten zonder huisvesting" in text and "met onbekende bestemming vertrokken" in text
    assert "Gehuisvest geldt niet meer Op 14 december 2021" in text
    assert "Intrekking intrekking Op 12 januari 2022" in text


def test_as_it_was_known_then(client):
    then = client.get(f"/trajecten/{journey_of(client, _TAKEN_BACK)}?validOn=2021-12-31&knownAt=2021-12-31")
    text = text_of(then.text)
    assert "Gehuisvest in Almere" in text and "geldt niet meer" not in text


@pytest.mark.parametrize("role", [ALMERE, "coa", "auditor", "ind", "duo"])
def test_who_may_read_a_journey_is_told_what_they_do_not_get(client, longest, role):
    answer = client.get(f"/trajecten/{longest}?as={role}")
    told = client.get(f"/v1/journeys/{longest}?as={role}").json()
    text = text_of(answer.text)
    assert answer.status_code == 200 and "Almere" in text
    assert ("Deze rol krijgt niet te zien" in text) == bool(told["withheld"])
    for section in told["withheld"]:
        assert SECTION_WORDS[section].nl in text
    assert ("Aan het dossier ontbreekt" in text) == ("missingItems" not in told["withheld"])
    assert ("Dit is te zien voor: COA, gemeente, auditor" in text) == (role in {"ind", "duo"})


@pytest.mark.parametrize(("role", "status"), [("public", 401), ("ministry", 403), ("PV24", 403), (DRONTEN, 404)])
def test_who_may_not_is_told_so_and_of_nobody(client, longest, role, status):
    answer = client.get(f"/trajecten/{longest}?as={role}")
    assert answer.status_code in {status, 403}
    assert "Almere" not in text_of(answer.text)


def test_nothing_of_a_person_stands_in_a_title_or_an_address(client, longest):
    for path in (f"/trajecten/{longest}", f"/en/trajecten/{longest}"):
        html = client.get(path).text
        assert waits_longest() not in html
        assert re.search(r"<title>(Traject|Journey) [0-9a-f]{8} – Ketenspoor</title>", html)
        assert "birthDate" not in html and "f-08" not in html


def test_a_v_number_leads_to_its_journey_and_stands_in_no_address(client, longest):
    for written in (waits_longest(), f" {waits_longest()[:4]} {waits_longest()[4:]} "):
        found = client.post(
            "/trajecten?validOn=2022-03-01", content=f"vNumber={written.replace(' ', '+')}", headers=_FORM
        )
        assert found.status_code == 303
        assert found.headers["location"].endswith(f"trajecten/{longest}?validOn=2022-03-01")
    html = client.get("/trajecten").text
    assert 'method="post"' in html and 'name="vNumber"' in html


@pytest.mark.parametrize(
    ("asked", "status", "told"),
    [
        ("9999009999", 404, "Geen traject gevonden"),
        ("12", 400, "Dit is geen V-nummer"),
        ("", 400, "Dit is geen V-nummer"),
    ],
)
def test_a_number_that_leads_nowhere_is_told_so(client, asked, status, told):
    answer = client.post("/trajecten", content=f"vNumber={asked}", headers=_FORM)
    assert (answer.status_code, told in text_of(answer.text)) == (status, True)


@pytest.mark.parametrize("role", ["auditor", "ministry", "public"])
def test_who_may_not_look_up_a_number_gets_no_form(client, role):
    answer = client.get(f"/trajecten?as={role}")
    assert "vNumber" not in answer.text and "Dit is te zien voor: IND, COA, DUO, gemeente" in text_of(answer.text)
    sent = client.post(f"/trajecten?as={role}", content=f"vNumber={waits_longest()}", headers=_FORM)
    assert sent.status_code in {401, 403}


@pytest.mark.parametrize("path", [_UNKNOWN, "nobody", "..%2Fcontrole"])
def test_a_journey_that_nobody_has_is_not_found(client, path):
    answer = client.get(f"/trajecten/{path}", headers={"Accept": "text/html"})
    assert answer.status_code == 404 and "Niet gevonden" in text_of(answer.text)


def test_the_same_is_told_in_english(client, longest):
    text = text_of(client.get(f"/en/trajecten/{longest}").text)
    assert "Waits for a home in Almere" in text
    assert "On 18 October 2021 the permit holder was linked to the municipality of Almere" in text


def test_one_that_was_destroyed_is_told_so(shared_sqlite_url):
    with serving(shared_sqlite_url) as service:
        service.post_all([granted(A, "2021-03-01", birthDate="1990-05-17"), linked(A, "2021-03-10")])
        gone = destroyed(service, A)
        answer = service.request("GET", f"/trajecten/{gone}", headers={"Accept": "text/html"})
        assert answer.status_code == 410 and "Vernietigd" in text_of(answer.text)
