"""Addresses that nobody would write, and some that people do: no page fails, and none shows another than was asked
without a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from html import unescape
from urllib.parse import quote

import pytest

from service.http.pages.routes import PAGES
from tests.api.reports import granted, linked, quota
from tests.api.service_under_test import Service, serving

HTML = {"Accept": "text/html,*/*;q=0.8"}
#: Values that are none of what a parameter is: as they stand in an address, encoded.
NONSENSE = (
    "",
    "x",
    "-1",
    "9" * 21,
    "9" * 5_000,
    "%C2%B2",
    "%00",
    "%ED%A0%80%FF",
    quote("<script>alert(1)</script>'\""),
    "NaN",
    "2022-II",
    "0001-I",
    "9999-II",
    "0001-01-01",
    "9999-12-31",
    "9999-12-31T23:59:59Z",
    "9999-12-31T23:59:59-23:59",
    "GM9999",
)
_EVERYWHERE = ("validOn", "knownAt", "period")
#: By the path of a page: where it is opened, and its own parameters.
ASKED: Mapping[str, tuple[str, Sequence[str]]] = {
    "/": ("/", ()),
    "/provincies/{code}": ("/provincies/PV26", ("month",)),
    "/gemeenten": ("/gemeenten", ("zoek",)),
    "/gemeenten/{code}": ("/gemeenten/GM0344", ()),
    "/gemeenten/{code}/meer": ("/gemeenten/GM0344/meer", ()),
    "/cijfers": ("/cijfers", ("zoek",)),
    "/cijfers/{figure}": (
        "/cijfers/backlog",
        ("from", "to", "step", "groupBy", "sort", "columns", "after", "naam", "normSet"),
    ),
    "/cijfers/{figure}/waarom": (
        "/cijfers/waiting/waarom?code=NL&column=persons&phase=total",
        ("code", "column", "phase", "cursor", "after&cursor"),
    ),
    "/cijfers/{figure}/veranderd": (
        "/cijfers/realisation/veranderd?code=NL&column=remaining",
        ("from", "to", "fromPosition", "cursor"),
    ),
    "/controle": ("/controle", ("figure", "column", "code", "verloop", "sindsdien", "controlepunt")),
    "/wat-als": ("/wat-als", ("vraag", "linking", "total", "totalStarts", "code")),
    "/trajecten": ("/trajecten", ()),
    "/trajecten/{journey}": ("/trajecten/6451586f-d256-8251-846c-ac804fdffb02", ()),
    "/aanleveren": ("/aanleveren", ("organisation", "rejection")),
    "/uitleg": ("/uitleg", ()),
    "/rol": ("/rol", ()),
}


@pytest.fixture(scope="module")
def service(another_sqlite_url) -> Iterator[Service]:
    """One that read a little; nothing here is recorded after that."""
    with serving(another_sqlite_url()) as started:
        started.post_all([granted("2800000001", "2021-02-10"), linked("2800000001", "2021-03-10")])
        started.follow()
        yield started


def shown(service: Service, address: str) -> tuple[int, str]:
    """The status of a page, and what it says in one line."""
    answer = service.request("GET", address, headers=HTML)
    assert answer.headers["content-type"].startswith("text/html"), address[:200]
    assert "<script>alert" not in answer.text, address[:200]
    return answer.status_code, " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def test_every_page_is_asked_nonsense():
    assert set(ASKED) == {page.path for page in PAGES}


@pytest.mark.parametrize("path", ASKED)
def test_no_page_fails_whatever_stands_in_its_address(service, path):
    address, own = ASKED[path]
    for name in (*_EVERYWHERE, *own):
        for value in NONSENSE:
            given = "&".join(f"{one}={value}" for one in name.split("&"))
            asked = f"{address}{'&' if '?' in address else '?'}{given}"
            answer = service.request("GET", asked, headers=HTML)
            assert answer.status_code < 500, asked[:200]
            assert "<script>alert" not in answer.text, asked[:200]


@pytest.mark.parametrize("value", [one for one in NONSENSE if one and one not in {"x", "2022-II"}])
def test_no_page_fails_whatever_stands_in_its_path(service, value):
    for page in PAGES:
        if "{" in page.path:
            address = re.sub(r"\{[^}]*\}", value, page.path)
            assert service.request("GET", address, headers=HTML).status_code < 500, address[:200]


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("/?period=2022", "period"),
        ("/gemeenten?period=9999-II", "period"),
        ("/provincies/PV26?month=2019-01", "month"),
        ("/cijfers/realisation?sort=nothing", "sort"),
        ("/cijfers/realisation?columns=quota&columns=nothing", "columns"),
        ("/cijfers/realisation?after=-1", "after"),
        ("/cijfers/realisation?after=400", "after"),
        ("/controle?figure=nothing", "figure"),
        ("/controle?column=nothing", "column"),
        ("/controle?code=Brieele", "code"),
        ("/wat-als?code=PV99", "code"),
        ("/wat-als?vraag=nothing", "vraag"),
    ],
)
def test_a_page_says_what_of_its_address_it_does_not_know(service, address, name):
    status, text = shown(service, address)
    assert status == 200
    said = text.partition("Uit het adres is weggelaten wat deze pagina niet kent:")[2]
    assert said.strip().startswith(f"{name}="), text[:400]
    assert "What this page does not know was left out of the address:" in shown(service, f"/en{address}")[1]


@pytest.mark.parametrize(
    "address",
    [
        "/?period=2021-I",
        "/provincies/PV26?period=2021-I&month=2021-02",
        "/cijfers/realisation?period=2021-I&sort=-quota&columns=all",
        "/cijfers/realisation?columns=quota&columns=remaining&after=0&sort=name",
        "/controle?figure=waiting&column=persons",
        "/wat-als?vraag=toezicht",
    ],
)
def test_a_page_that_knows_all_of_its_address_says_nothing_of_it(service, address):
    status, text = shown(service, address)
    assert status == 200
    assert "is weggelaten" not in text


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "gisteren", "2022-02-30"])
def test_a_day_that_is_none_or_that_nothing_is_reckoned_of_is_said(service, day):
    for name in ("validOn", "knownAt"):
        assert "Een datum is niet te lezen en is weggelaten" in shown(service, f"/gemeenten?{name}={day}")[1]


@pytest.mark.parametrize("path", ["/", "/provincies/PV26", "/gemeenten", "/gemeenten/GM0344"])
@pytest.mark.parametrize("period", ["2023-I", "2100-II", "1950-I"])
def test_a_half_year_that_has_not_begun_or_was_long_ago_is_a_page_like_others(service, path, period):
    assert shown(service, f"{path}?period={period}")[0] == 200


def test_a_place_without_a_row_is_no_number_that_did_not_change(service):
    text = shown(service, "/controle?code=gm9999")[1]
    assert "Deze tabel heeft voor deze dag geen rij voor GM9999." in text
    assert "Er is niets veranderd" not in text


def test_a_day_that_is_yet_to_come_is_said(service):
    assert "Die dag moet nog komen." in shown(service, "/?validOn=2022-07-16")[1]
    assert "Die dag moet nog komen." not in shown(service, "/?validOn=2022-07-15")[1]


@pytest.mark.parametrize("address", ["/", "/gemeenten/GM0344", "/cijfers/realisation", "/controle"])
def test_the_same_from_the_api_is_the_same_for_who_looks_as_somebody(service, address):
    html = service.request("GET", f"{address}?as=public", headers=HTML).text
    found = re.findall(r'href="([^"]*v1/figures/[^"]*)"', html)
    assert found
    assert all(unescape(one).endswith("as=public") for one in found), found


def test_a_title_says_no_more_than_how_far_the_half_year_is(sqlite_url):
    with serving(sqlite_url) as service:
        service.post_all([quota("quota-published", "2020-09-29", "2021-I", persons=11_000)])
        service.follow()
        for day, title in (
            ("2020-12-31", "Het halfjaar is nog niet begonnen"),
            ("2021-01-30", "De eerste maand van het halfjaar loopt nog"),
            ("2021-01-31", "Vanaf het begin achter op het schema"),
            ("2021-05-31", "Vanaf het begin achter op het schema"),
            ("2021-06-30", "Het hele halfjaar achter op het schema"),
            ("2021-09-01", "Het hele halfjaar achter op het schema"),
        ):
            assert title in shown(service, f"/?period=2021-I&validOn={day}")[1], day
