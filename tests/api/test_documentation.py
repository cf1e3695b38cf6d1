"""The documentation for people: one page of local files under a strict policy, each of them what was taken in."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import tomllib
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from service.http.openapi.specification import text
from tests.api.service_under_test import Service, serving

FOLDER = Path(__file__).parents[2] / "service" / "http" / "documentation"


class Page(HTMLParser):
    """What a page refers to, and what of it is inline."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.files: list[tuple[str, str]] = []
        self.inline: list[str] = []
        self.addresses: list[str] = []
        self._within = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attributes}
        self._within = tag
        self.addresses += [told[name] for name in ("src", "href", "action", "data-sign-in") if told.get(name)]
        self.inline += [f"{name} of {tag}" for name in told if name == "style" or name.startswith("on")]
        if tag == "script" or told.get("rel") == "stylesheet":
            self.files.append((told.get("src") or told["href"], told["integrity"]))

    def handle_endtag(self, tag: str) -> None:
        self._within = ""

    def handle_data(self, data: str) -> None:
        if self._within in ("script", "style") and data.strip():
            self.inline.append(self._within)


@pytest.fixture(scope="module")
def service(shared_sqlite_url: str) -> Iterator[Service]:
    named: dict[str, Any] = {"public_url": "https://keten.example.org", "oidc_issuer": "https://id.example.org"}
    with serving(shared_sqlite_url, **named, oidc_client_id="ketenspoor") as started:
        yield started


@pytest.fixture(scope="module")
def page(service: Service) -> Page:
    answer = service.request("GET", "/docs")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    return Page(answer.text)


def test_every_file_of_the_page_is_served_as_the_page_says(service, page):
    assert len(page.files) == 4
    for address, integrity in page.files:
        answer = service.request("GET", address)
        digest = base64.b64encode(hashlib.sha384(answer.content).digest()).decode()
        assert (answer.status_code, f"sha384-{digest}") == (200, integrity)
        assert answer.headers["content-type"].partition(";")[0] in ("text/css", "text/javascript")
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert hashlib.sha256(answer.content).hexdigest()[:16] in address


def test_the_page_refers_to_nothing_elsewhere_and_holds_nothing_inline(page):
    assert page.inline == []
    # Relative to where the page is served, be that behind a sub-path.
    assert [each for each in page.addresses if ":" in each or each.startswith("/")] == ["data:,"]
    own = (FOLDER / "start.js").read_text() + (FOLDER / "page.css").read_text()
    assert re.findall(r"https?:|//[a-z]+\.|@import|url\(", own) == []


def test_the_style_sheet_that_was_taken_in_loads_nothing_from_elsewhere():
    loaded = re.findall(r"url\(\s*[\"']?([a-z]+:)", (FOLDER / "swagger_ui" / "swagger-ui.css").read_text())

    assert set(loaded) == {"data:"}


def test_the_page_stands_under_a_strict_policy_and_is_not_kept(service):
    headers = service.request("GET", "/docs").headers
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))

    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "data:",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["api-version"] == "0.1.0"


def test_what_is_no_page_keeps_the_policy_of_every_answer(service):
    strict = "default-src 'none'; frame-ancestors 'none'"

    for url in ("/v1/openapi.json", "/docs/nothing", "/docs/page.css", "/docs/../start.js"):
        assert service.request("GET", url).headers["content-security-policy"] == strict
    assert service.request("GET", "/docs/page.css").status_code == 404


def test_the_page_leads_to_signing_in_only_where_people_can(service, page, sqlite_url):
    assert "sign-in?returnTo=/docs" in page.addresses
    with serving(sqlite_url) as other:
        assert "sign-in?" not in other.request("GET", "/docs").text


def test_what_others_made_is_what_was_taken_in():
    (package,) = tomllib.loads((FOLDER / "vendored.toml").read_text())["package"]
    folder = FOLDER / package["folder"]
    found = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.iterdir()}

    assert found == package["sha256"]
    assert (package["name"], package["licence"]) == ("swagger-ui-dist", "Apache-2.0")
    assert "Apache License" in (folder / "LICENSE").read_text()


def test_the_document_says_where_the_service_is_reached(service):
    served = service.request("GET", "/v1/openapi.json")
    told: dict[str, Any] = served.json()

    assert served.headers["access-control-allow-origin"] == "*"
    assert told.pop("servers") == [{"url": "https://keten.example.org/v1"}]
    committed = json.loads(text())
    assert committed.pop("servers")[0]["url"] == "https://ketenspoor.example/v1"
    assert told == committed


def test_every_operation_says_what_is_to_be_shown(service):
    told = service.request("GET", "/v1/openapi.json").json()
    operations = {(path, method): each for path, held in told["paths"].items() for method, each in held.items()}
    security = {where: operation["security"] for where, operation in operations.items()}

    assert set(told["components"]["securitySchemes"]) == {"token", "session"}
    assert security["/events", "post"] == [{"token": ["events.write"]}]
    assert security["/journeys", "get"] == [{"token": ["journeys.read"]}, {"session": []}]
    assert security["/realisation", "get"] == [{}, {"token": ["figures.read"]}, {"session": []}]
    assert all({"401", "403", "429"} <= operation["responses"].keys() for operation in operations.values())
