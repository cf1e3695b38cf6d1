"""The pages of a municipality: next week, all other subjects, and what is said where there is none on that day."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest

from tests.api.reports import quota
from tests.api.service_under_test import Service, serving
from tests.pages.history import ALMERE, DRONTEN, NOORDOOSTPOLDER, UTRECHT

HTML = {"Accept": "text/html"}


def looking_as(role: str) -> dict[str, Any]:
    return {"as": role}


def shown(service: Service, code: str, more: str = "", status: int = 200, **asked: str) -> str:
    """The text of a page without its tags, each run of white space one space."""
    answer = service.request("GET", f"/gemeenten/{code}{more}", params=asked, headers=HTML)
    assert answer.status_code == status
    return _text(answer.text)


def _text(html: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", html)))


def numbers(service: Service, code: str, more: str = "", **asked: str) -> dict[str, str]:
    """The values on a page by the columns that they are of."""
    html = service.request("GET", f"/gemeenten/{code}{more}", params=asked, headers=HTML).text
    found = re.findall(r'<a class="number" data-value="([^"]*)" href="[^"]*column=(\w+)"', html)
    return {column: value for value, column in reversed(found)}


def test_the_task_stands_there_from_the_opening_balance_to_what_is_left(told):
    of_almere = numbers(told, ALMERE)
    assert [of_almere[column] for column in ("task", "realised", "remaining")] == ["7", "3", "4"]
    page = shown(told, ALMERE)
    assert "Nog 4 van 7 te huisvesten" in page
    assert "Beginstand +3 Taakstelling +4 Opgave 7 Gehuisvest −3 Nog te huisvesten 4" in page


def test_who_is_ahead_reads_by_how_much(told):
    # One of two was asked after the lead of the half-year before, and two were housed.
    assert "De opgave van 1 is gehaald, 1 meer dan gevraagd" in shown(told, NOORDOOSTPOLDER)


def test_a_council_reads_in_a_sentence_what_is_the_municipalitys_own(told):
    page = shown(told, DRONTEN)
    assert "Van de 3 personen die in de eerste helft van 2022 een woning moeten krijgen, resteren er 1 ." in page
    assert "Aan de gemeente zelf liggen er dus 1 ; tot en met 1 valt binnen de marge." in page


def test_what_falls_due_stands_in_the_week_of_its_day(told):
    page = shown(told, ALMERE)
    # Person 7 lives in Almere until 31 August; the persons 8 and 9 should have had a home.
    assert "Al verlopen: 2 termijnen" in page
    assert "27 dec 2021" in page and "9 mei 2022" in page
    assert "Wordt 18" not in page


def test_who_comes_was_announced_by_coa(told):
    assert numbers(told, ALMERE)["announced"] == "2"


@pytest.mark.parametrize("role", ["public", "analyst", "PV24"])
def test_who_may_not_see_persons_sees_the_rest_and_who_may(told, role):
    page = shown(told, ALMERE, **looking_as(role))
    assert "Niet te zien in deze rol" in page and "Dit is te zien voor: IND, COA, gemeente, auditor" in page
    assert "Nog 4 van 7 te huisvesten" in page
    assert "trajecten/" not in told.get(f"/gemeenten/{ALMERE}", **{"as": role}).text


def test_another_municipality_sees_no_persons_and_rounded_numbers(told):
    page = shown(told, ALMERE, **looking_as(DRONTEN))
    assert "Een gemeente ziet de personen die bij haar horen, en niet die van een andere." in page
    assert "kleine aantallen zijn afgerond op vijftallen" in page
    assert {int(value) % 5 for name, value in numbers(told, ALMERE, **{"as": DRONTEN}).items() if name == "linked"} == {
        0
    }


def test_an_auditor_sees_who_waits_and_not_what_they_lack(told):
    page = shown(told, ALMERE, **looking_as("auditor"))
    assert "255 +185 niet te zien in deze rol" in page


def test_all_other_subjects_are_those_of_the_tables(told):
    page = shown(told, ALMERE, "/meer")
    # Of the persons 8, 9 and 11 two wait longer than ten weeks.
    assert "2 van de 3 wachten 10 weken of langer" in page
    of_almere = numbers(told, ALMERE, "/meer")
    assert (of_almere["undecided"], of_almere["homes"]) == ("2", "1")
    for heading in ("Huishoudens en woningen", "Nareis", "Tijdelijk verblijf", "Inburgering", "Te herstellen"):
        assert heading in page


def test_all_other_subjects_draw_no_queue_for_who_may_not_see_persons(told):
    page = shown(told, UTRECHT, "/meer", **looking_as("public"))
    assert "Niet te zien in deze rol" in page and "weken of langer" not in page


def test_a_municipality_that_was_merged_says_into_which(told):
    page = shown(told, "GM0457")
    assert "Weesp is op 24 maart 2022 opgegaan in: Amsterdam" in page
    html = told.get("/gemeenten/GM0457").text
    assert 'href="../gemeenten/GM0363"' in html and 'href="../gemeenten/GM0457?validOn=2022-03-23"' in html
    assert "opgegaan" not in shown(told, "GM0457", validOn="2022-03-23")
    assert "opgegaan in: Amsterdam" in shown(told, "GM0457", "/meer")


def test_a_municipality_that_is_yet_to_begin_says_from_which(told):
    page = shown(told, "GM1982", validOn="2021-12-31")
    assert "is er vanaf 1 januari 2022 en komt uit:" in page
    assert "Grave" in page and "Cuijk" in page


@pytest.mark.parametrize("code", ["GM9999", "GM34", "almere", "PV24"])
def test_what_never_was_a_municipality_is_not_found(told, code):
    assert "Niet gevonden" in shown(told, code, status=404)
    assert "Niet gevonden" in shown(told, code, "/meer", status=404)


def test_a_half_year_without_a_quota_says_so(told):
    page = shown(told, ALMERE, period="2023-I")
    assert "Nog geen taakstelling" in page and "Nog niets te beoordelen" in page


def test_a_municipality_without_anybody_to_house_has_reached_no_task(sqlite_url):
    with serving(sqlite_url) as service:
        # One person in the whole country: not in Vlieland.
        service.post_all([quota("quota-published", "2020-09-29", "2021-I", persons=1)])
        service.follow()
        page = shown(service, "GM0096", period="2021-I")
    assert "Dit halfjaar hoeft niemand te worden gehuisvest" in page
    assert "precies gehaald" not in page
