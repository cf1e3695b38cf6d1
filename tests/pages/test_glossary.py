"""The page of words: its names are those of the glossary, and every link of it leads somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

import domain
from projections.figures import FIGURES
from service.http.pages.glossary_terms import subjects
from tests.api.service_under_test import Service, serving

GLOSSARY = Path(domain.__file__).parents[1] / "docs" / "glossary.md"
TERMS = [term for subject in subjects() for term in subject.terms]


@pytest.fixture
def service(sqlite_url: str) -> Iterator[Service]:
    with serving(sqlite_url) as started:
        yield started


def shown(service: Service, address: str) -> str:
    answer = service.request("GET", address, headers={"Accept": "text/html"})
    assert answer.status_code == 200
    return unescape(answer.text)


def test_every_word_is_called_as_in_the_glossary():
    rows = {
        tuple(cell.strip() for cell in line.split("|")[1:3])
        for line in GLOSSARY.read_text().splitlines()
        if line.startswith("| ")
    }
    assert [(term.name.en, term.name.nl) for term in TERMS if (term.name.en, term.name.nl) not in rows] == []
    assert len(TERMS) > 50


def test_every_word_has_an_anchor_of_its_own_and_every_table_its_link(service):
    for before in ("", "/en"):
        text = shown(service, f"{before}/uitleg")
        anchors = re.findall(r' id="([^"]+)"', text)
        assert len(anchors) == len(set(anchors))
        assert {term.anchor for term in TERMS} <= set(anchors)
        assert all(one in anchors for one in re.findall(r'href="#([^"]+)"', text))
        assert all(f"cijfers/{name}" in text for name in FIGURES)
    assert 'id="taakstelling"' in text


def test_it_says_whom_to_tell_of_a_weakness_where_that_is_set(sqlite_url, another_sqlite_url):
    with serving(sqlite_url) as service:
        assert "Een adres is hier niet ingesteld" in shown(service, "/uitleg")
    with serving(another_sqlite_url(), security_contact="mailto:security@example.nl") as service:
        text = shown(service, "/uitleg")
    assert '<a href="mailto:security@example.nl">security@example.nl</a>' in text
    assert ".well-known/security.txt" in text
