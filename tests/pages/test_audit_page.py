"""The page of verification: a number as known then and now, as the API has both, and what was checked of the log."""

from __future__ import annotations

import re
from html import unescape

import pytest

from tests.api.service_under_test import Service, serving
from tests.pages.history import FLEVOLAND
from tests.posts import linked, permit

#: The second half-year of 2021 in Flevoland, as known when it ended.
_ASKED = {"validOn": "2021-12-31", "knownAt": "2021-12-31", "code": FLEVOLAND}
_END = "2021-12-31T22:59:59.999Z"


def shown(service: Service, address: str = "/controle", **asked: str) -> str:
    """The text of the page without its tags, each run of white space one space."""
    answer = service.get(address, **asked)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", answer.text)))


def value(service: Service, name: str, **asked: str) -> str:
    """The value of the number with this id."""
    found = re.search(rf'id="{name}"><a class="number" data-value="([^"]*)"', service.get("/controle", **asked).text)
    assert found, name
    return found[1]


def test_a_number_stands_there_as_it_was_known_then_and_as_it_is_known_now(told):
    page = shown(told, **_ASKED)
    # Three had been housed that nobody had told of, and one had not.
    assert (value(told, "then", **_ASKED), value(told, "now", **_ASKED)) == ("8", "6")
    assert "Verschil: −2 personen." in page
    for instant, name in ((_END, "then"), (None, "now")):
        known = {} if instant is None else {"knownAt": instant}
        table = told.told(
            "/v1/figures/realisation", period="2021-II", groupBy="province", validOn="2021-12-31", **known
        )
        (row,) = (one for one in table["items"] if one["code"] == FLEVOLAND)
        assert str(row["remaining"]) == value(told, name, **_ASKED)


def test_it_counts_what_was_recorded_since_in_the_whole_log(told):
    then = told.told("/v1/figures/realisation", period="2021-II", knownAt=_END)["position"]
    assert f"Sindsdien zijn in het hele logboek {told.position() - then} gebeurtenissen" in shown(told, **_ASKED)


def test_who_may_list_events_is_led_to_those_recorded_since(told):
    then = told.told("/v1/figures/realisation", period="2021-II", knownAt=_END)["position"]
    asked = {**_ASKED, "as": "auditor"}
    assert f'href="./v1/events?after={then}&amp;as=auditor"' in told.get("/controle", **asked).text
    assert "v1/events?after" not in told.get("/controle", **{**_ASKED, "as": "public"}).text


def test_the_reasons_of_what_is_known_now_are_those_of_now(told):
    page = told.get("/controle", **_ASKED).text
    found = dict(re.findall(r'id="(then|now)"><a [^>]*href="([^"]*)"', page))
    assert "knownAt=2021-12-31" in found["then"] and "knownAt" not in found["now"]


def test_another_number_is_chosen_by_the_name_of_its_place(told):
    asked = {**_ASKED, "code": "dronten", "column": "realised"}
    assert "Dronten: realisatie" in shown(told, **asked)
    # Person 37 was housed there on 7 December, which was recorded on 21 February.
    assert (value(told, "then", **asked), value(told, "now", **asked)) == ("1", "2")


def test_a_table_with_dimensions_asks_which_of_its_rows(told):
    asked = {"figure": "waiting", "column": "persons", "phase": "housing", "validOn": "2022-06-30"}
    rows = told.told("/v1/figures/waiting", validOn="2022-06-30")["items"]
    (row,) = (one for one in rows if one["phase"] == "housing")
    assert value(told, "now", **asked) == str(row["persons"])


def test_a_word_is_told_as_one_and_is_not_subtracted(told):
    asked = {"figure": "supervision", "column": "light", "code": "GM0303", "validOn": "2022-06-30"}
    (row,) = (
        one
        for one in told.told("/v1/figures/supervision", period="2022-I", validOn="2022-06-30")["items"]
        if one["code"] == "GM0303"
    )
    assert value(told, "now", **asked) == row["light"] == "amber"
    page = shown(told, **asked)
    assert "oranje" in page and "Verschil:" not in page


def test_the_parts_of_a_median_are_told_that_add_up_to_nothing(told):
    asked = {"figure": "waiting", "column": "median", "phase": "total", "code": "GM0034", "validOn": "2021-12-31"}
    page = shown(told, **asked, knownAt="2021-12-31", sindsdien="ja")
    assert "Wat het sindsdien veranderde" in page and "12 januari 2022" in page


def test_what_changed_it_is_told_event_by_event_to_an_auditor(told):
    page = shown(told, **_ASKED, **{"sindsdien": "ja", "as": "auditor"})
    recorded = ("5 januari 2022, 16:00", "12 januari 2022, 10:00", "17 januari 2022, 16:00", "21 februari 2022, 16:00")
    for at in recorded:
        assert at in page, at


def test_who_may_not_read_of_journeys_sees_the_numbers_and_why_no_events(told):
    asked = {**_ASKED, "sindsdien": "ja", "as": "public"}
    page = shown(told, **asked)
    assert "Niet te zien in deze rol" in page and "Dit is te zien voor: COA, auditor" in page
    assert (value(told, "then", **asked), value(told, "now", **asked)) == ("8", "6")


def test_the_course_of_a_number_is_asked_for_and_holds_then_and_now(told):
    assert "Hoe dit getal bekend werd" not in shown(told, **_ASKED)
    page = told.get("/controle", **_ASKED, verloop="ja").text
    rows = re.findall(r'<tr><th scope="row">([^<]*)</th><td class="num">([^<]*)</td></tr>', page)
    assert ("31\u00a0december 2021, 23:59", "8") in rows
    assert rows[-1][1] == "6"
    assert len(rows) <= 14


def test_an_empty_log_says_when_there_will_be_something(empty):
    page = shown(empty)
    assert "Nog niet ondertekend" in page and "Een controlepunt komt vanzelf" in page
    assert "Gebeurtenissen 0" in page


def test_a_signed_log_is_checked_against_its_first_checkpoint_and_one_that_was_kept(empty):
    empty.post(permit())
    kept = empty.request("POST", "/v1/log/checkpoint").text
    empty.post(linked())
    empty.request("POST", "/v1/log/checkpoint")
    page = shown(empty, bewaard=kept.replace("\n", "\r\n"))
    assert "Nagegaan en in orde" in page
    assert "De handtekening onder het nieuwste controlepunt klopt." in page
    assert "Sinds het eerste controlepunt (1 gebeurtenissen) is daarvan niets veranderd" in page
    assert "De eerste 1 gebeurtenissen zijn precies die van het bewaarde controlepunt." in page


def test_a_checkpoint_that_was_not_signed_with_the_key_of_this_log_is_not_believed(empty):
    empty.post(permit())
    kept = empty.request("POST", "/v1/log/checkpoint").text
    page = shown(empty, bewaard=kept.replace("\n1\n", "\n2\n"))
    assert "Het klopt niet" in page
    assert "Het bewaarde controlepunt is niet te lezen, of niet met deze sleutel ondertekend." in page


@pytest.fixture
def kept_of_two(another_sqlite_url) -> str:
    """The checkpoint of a log of two events, signed with the key that all logs in development mode have."""
    with serving(another_sqlite_url()) as running:
        running.post(permit())
        running.post(linked())
        return running.request("POST", "/v1/log/checkpoint").text


def test_a_log_that_was_set_back_does_not_fit_the_checkpoint_that_was_kept(kept_of_two, empty):
    empty.post(permit())
    empty.request("POST", "/v1/log/checkpoint")
    page = shown(empty, bewaard=kept_of_two)
    assert "Het klopt niet" in page
    assert "Het bewaarde controlepunt telt 2 gebeurtenissen; het logboek is teruggezet." in page


def test_a_log_that_went_on_otherwise_does_not_fit_the_checkpoint_that_was_kept(kept_of_two, empty):
    empty.post(permit())
    empty.post(permit(id="another"))
    empty.request("POST", "/v1/log/checkpoint")
    page = shown(empty, bewaard=kept_of_two)
    assert "Het klopt niet" in page
    assert "De eerste 2 gebeurtenissen zijn niet die van het bewaarde controlepunt." in page
