"""The pages of the country, of a province and of all municipalities, by the history to be counted on fingers."""

from __future__ import annotations

import re
from datetime import date
from html import unescape

import httpx
import pytest

from domain.period import Period
from service.http.pages.standing import Since, since_when, standing_of
from tests.api.service_under_test import Service
from tests.pages.history import DRONTEN, FLEVOLAND, LAST_DAY

_BROWSER = {"accept": "text/html"}


def look(service: Service, path: str, **asked: str) -> httpx.Response:
    return service.run(service.client.get(path, params=asked, headers=_BROWSER))


def text(service: Service, path: str, **asked: str) -> str:
    """What a page says, in one line."""
    answer = look(service, path, **asked)
    assert answer.status_code == 200, answer.text
    main = answer.text.partition("<main")[2].partition("</main>")[0]
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", main)).split())


def cells(service: Service, path: str, of: str, **asked: str) -> list[str]:
    """The numbers of a page whose reasons name this code, in their order, each with its column."""
    found = re.findall(r'<a class="number" data-value="([^"]*)" href="([^"]*)"', look(service, path, **asked).text)
    return [f"{href.rpartition('column=')[2]} {value}" for value, href in found if f"code={of}&" in unescape(href)]


def test_a_province_shows_what_is_asked_housed_and_left_of_it(told):
    shown = text(told, f"/provincies/{FLEVOLAND}")

    assert "opgave 21 , gehuisvest 15 , nog te huisvesten 6 ." in shown
    assert "achter op het schema" in shown


def test_a_province_shows_its_municipalities_and_no_others_whose_own_is_most_first(told):
    page = look(told, f"/provincies/{FLEVOLAND}").text
    table = page.partition('class="judged"')[2].partition("</table>")[0]

    names = re.findall(r'<th scope="row"><a [^>]*>([^<]*)</a>', table)
    own = [int(one) for one in re.findall(r'data-value="(\d+)" href="[^"]*column=attributable"', table)]
    assert sorted(names) == ["Almere", "Dronten", "Lelystad", "Noordoostpolder", "Urk", "Zeewolde"]
    assert own == sorted(own, reverse=True) and len(own) == 6


def test_the_months_of_a_province_are_those_of_its_half_year_and_show_when_the_backlog_grew(told):
    shown = cells(told, f"/provincies/{FLEVOLAND}", FLEVOLAND, period="2021-II", month="2021-10")

    remaining = [one for one in shown if one.startswith("remaining")]
    # First that of the half-year, then at the end of July to December.
    assert remaining[0] == "remaining 6" and remaining[3:5] == ["remaining 7", "remaining 11"] and len(remaining) == 7


def test_before_the_first_month_of_a_half_year_nothing_is_compared_with(told):
    page = look(told, f"/provincies/{FLEVOLAND}", period="2021-II", month="2021-07").text
    moved = page.partition('class="moved"')[2].partition("</table>")[0]

    assert moved.count('<span class="none">') == 6 * 3


def test_what_changed_a_month_of_a_province_is_a_link_for_who_may_read_that_alone(told):
    for role, links in (("coa", True), ("auditor", True), ("public", False), (DRONTEN, False)):
        page = look(told, f"/provincies/{FLEVOLAND}", **{"as": role})
        assert ("cijfers/backlog/veranderd" in page.text) is links, role


def test_an_unknown_province_is_not_found(told):
    assert look(told, "/provincies/PV99").status_code == 404


def test_who_may_see_rounded_numbers_only_is_shown_those_and_told_so(told):
    shown = text(told, f"/provincies/{FLEVOLAND}", **{"as": "public"})

    assert "afgerond op vijftallen" in shown
    own = cells(told, f"/provincies/{FLEVOLAND}", DRONTEN, **{"as": "public"})
    assert all(int(one.split()[1]) % 5 == 0 for one in own if one.startswith("open "))


def test_the_country_says_so_where_no_number_was_published_yet(told):
    shown = text(told, "/", period="2023-I")

    assert "Nog geen aantal voor de eerste helft van 2023" in shown
    assert cells(told, "/", "NL", period="2023-I") == []


def test_the_country_names_the_half_year_before_and_after(told):
    page = look(told, "/", period="2021-II").text
    nav = page.partition('class="half-years"')[2].partition("</nav>")[0]

    assert re.findall(r">(\d{4}-I+)<", nav) == ["2021-I", "2021-II", "2022-I"]
    assert re.findall(r'aria-current="true">([^<]*)<', nav) == ["2021-II"]


def test_the_numbers_of_the_country_are_those_of_the_api(told):
    row = told.get("/v1/figures/realisation", period="2022-I", validOn=LAST_DAY).json()["items"][0]
    waits = told.get("/v1/figures/waiting", validOn=LAST_DAY).json()["items"]
    shown = cells(told, "/", "NL")

    assert {f"{name} {row[name]}" for name in ("task", "realised", "remaining", "ahead")} <= set(shown)
    whole = next(one for one in waits if one["phase"] == "total")
    assert {f"persons {whole['persons']}", f"overNorm {whole['overNorm']}"} <= set(shown)


def test_the_map_has_a_tile_for_every_municipality_of_the_day_that_says_how_it_stands(told):
    page = look(told, "/").text
    drawn = unescape(page.partition('class="map"')[2])
    tiles = re.findall(r"<title>([^<:]*): ([^<]*)</title>", drawn)
    rows = told.get("/v1/figures/realisation", period="2022-I", validOn=LAST_DAY, groupBy="municipality").json()[
        "items"
    ]

    assert sorted(name for name, _ in tiles) == sorted(row["name"] for row in rows)
    assert dict(tiles)["Dronten"] == "1 achter; nog 1 van 3 te huisvesten"
    assert dict(tiles)["Zeewolde"] == "1 voor; nog \u22121 van 2 te huisvesten"
    assert dict(tiles)["Urk"] == "op schema; nog 0 van 1 te huisvesten"


def test_all_municipalities_stand_under_their_province(told):
    page = look(told, "/gemeenten").text
    sections = re.findall(r"<section data-group>.*?</section>", page, re.DOTALL)
    by_province = {re.findall(r"<h2><a [^>]*>([^<]*)", one)[0]: one for one in sections}

    assert len(by_province) == 12
    names = re.findall(r'<th scope="row"><a [^>]*>([^<]*)', by_province["Flevoland"])
    assert names == ["Almere", "Dronten", "Lelystad", "Noordoostpolder", "Urk", "Zeewolde"]


@pytest.mark.parametrize(("sought", "there"), [("dront", True), ("GM0303", True), ("en", False), ("zzz", False)])
def test_one_that_is_found_alone_is_gone_to(told, sought, there):
    answer = look(told, "/gemeenten", zoek=sought)

    assert (answer.status_code, answer.headers.get("location")) == (
        (303, f"./gemeenten/{DRONTEN}") if there else (200, None)
    )


def test_one_that_is_no_more_leads_to_what_it_went_into(told):
    shown = text(told, "/gemeenten", zoek="delfzijl")

    assert "Delfzijl is opgegaan in Eemsdelta ." in shown


def _days(*told: tuple[str, int, int]) -> list[dict[str, object]]:
    return [{"on": on, "task": task, "realised": realised} for on, task, realised in told]


@pytest.mark.parametrize(
    ("ahead", "days", "since"),
    [
        (None, [], Since("none")),
        (-3, _days(("2022-01-31", 60, 8), ("2022-02-28", 60, 17)), Since("behind")),
        # On schedule at the end of January, behind since that of February.
        (-3, _days(("2022-01-31", 60, 10), ("2022-02-28", 60, 17)), Since("behind", date(2022, 2, 1))),
        # Less than one person is no difference.
        (0.4, _days(("2022-01-31", 61, 10), ("2022-02-28", 61, 20)), Since("pace")),
        # Ahead today but not yet when the last month ended.
        (2, _days(("2022-01-31", 60, 8), ("2022-02-14", 60, 12)), Since("ahead", date(2022, 2, 1))),
        # The half-year before is another.
        (-1, _days(("2021-12-31", 60, 90), ("2022-01-31", 60, 9)), Since("behind")),
    ],
)
def test_since_when_it_stands_so(ahead, days, since):
    assert since_when(Period(2022, 1), ahead, days) == since


@pytest.mark.parametrize(
    ("ahead", "standing"), [(None, "none"), (0, "pace"), (-0.99, "pace"), (-1, "behind"), (1, "ahead"), (0.99, "pace")]
)
def test_how_it_is_called(ahead, standing):
    assert standing_of(ahead) == standing
