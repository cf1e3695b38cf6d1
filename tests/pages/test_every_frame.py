"""What stands around every page: a menu of what the role may read, and on paper the address."""

from __future__ import annotations

import re

import pytest

from tests.api.service_under_test import Service
from tests.pages.history import ALMERE

HTML = {"Accept": "text/html"}


def html(service: Service, path: str) -> str:
    """A page as a browser gets it."""
    return service.request("GET", path, headers=HTML).text


def menu(page: str) -> list[str]:
    """The words of the menu in their order."""
    return re.findall(r"<li><a [^>]*>([^<]*)</a></li>", page.partition("<nav")[2].partition("</nav>")[0])


@pytest.mark.parametrize(
    ("role", "reads"), [("", True), ("GM0034", True), ("coa", True), ("auditor", True), ("public", False)]
)
def test_journeys_are_in_the_menu_of_who_may_read_them(told, role, reads):
    words = menu(html(told, f"/uitleg?as={role}" if role else "/uitleg"))
    assert ("Trajecten" in words) is reads
    assert [word for word in words if word != "Trajecten"] == [
        *("Het land", "Gemeenten", "Cijfers", "Wat als", "Controle", "Aanleveren", "Uitleg")
    ]


def test_paper_has_the_whole_address_of_the_page(told):
    here = re.search(r'<p class="here">(.*?)</p>', html(told, f"/gemeenten/{ALMERE}?validOn=2022-06-30"))
    assert here is not None
    assert re.fullmatch(rf"Almere: http://[^/]+/gemeenten/{ALMERE}\?validOn=2022-06-30", here[1])


def test_a_table_shows_what_its_chart_is_of(told):
    page = html(told, "/cijfers/norm-phases")
    heads = re.findall(r"column=(\w+)", page) or re.findall(r"sort=-?(\w+)", page)
    assert "totalOpenOverNorm" in heads
    assert page.count('<th scope="col" class="num"') >= 8


def test_one_household_is_no_households(told):
    page = html(told, f"/gemeenten/{ALMERE}")
    for number, word in re.findall(r'data-value="(\d+)"[^>]*>[^<]*</a> (huishoudens?)\b', page):
        assert word == ("huishouden" if number == "1" else "huishoudens")
