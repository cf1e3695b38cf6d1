"""Behind every number stands what it is made of, in words, and adding up to it; and what moved it, when that is asked.

The numbers are those of `history.py`; what an answer of the API says of a cell is shown by its page, cell by cell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from html import unescape
from html.parser import HTMLParser
from typing import Any, NamedTuple
from urllib.parse import urlencode, urljoin

import httpx
import pytest

from domain.findings import FINDING_CODES
from projections.figure import Figure
from projections.figures import FIGURES
from service.http.pages.part_words import PART_WORDS, sentence_of
from service.http.pages.words import language
from service.queries.explanation import DescribedPart
from tests.pages import numbers
from tests.pages.history import ALMERE, DRONTEN, FLEVOLAND, LAST_DAY, UTRECHT

_CHANGED = f"cijfers/realisation/veranderd?period=2021-II&code={FLEVOLAND}&column=remaining&validOn=2021-12-31"
_REMAINING = f"cijfers/realisation/waarom?period=2022-I&code={DRONTEN}&column=remaining"
#: Placeholders that a sentence could not fill, and codes that have no words.
_UNTOLD = re.compile(r"\{\w*\}|\bNone\b|\b(GM|PV)\d+|undefined")


class Row(NamedTuple):
    """A line of the parts: its numbers as they are written, and what it says."""

    numbers: tuple[str, ...]
    text: str


class Read(HTMLParser):
    """A page of reasons: its title, the number it is about, the lines of its parts and of their sum, and its links."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.rows: list[Row] = []
        self.sums: list[Row] = []
        self.links: list[tuple[str, str]] = []
        self.title = self.heading = self.value = ""
        self._into: list[str] = []
        self._numbers: list[str] = []
        self._foot = False
        self._text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if "the-number" in (told.get("class") or ""):
            self.value = told["data-value"] or ""
        if tag in {"title", "h1", "td", "a"}:
            self._text = "" if tag != "a" else self._text
        if tag == "a":
            self.links.append((told.get("rel") or "", told.get("href") or ""))
        if tag == "tr":
            self._numbers = []
        self._foot = self._foot or tag == "tfoot"
        if tag == "td":
            self._into.append(told.get("class") or "")

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        words = " ".join(self._text.split())
        if tag == "title":
            self.title = words
        elif tag == "h1":
            self.heading = words
        elif tag == "td":
            if self._into.pop() == "num":
                self._numbers.append(words)
            else:
                (self.sums if self._foot else self.rows).append(Row(tuple(self._numbers), words))
        elif tag == "table":
            self._foot = False

    @property
    def later(self) -> str | None:
        return next((href for rel, href in self.links if rel == "next"), None)


@pytest.fixture(scope="module")
def client(pages_address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=pages_address, timeout=60.0, trust_env=False) as found:
        yield found


def look(client: httpx.Client, path: str, status: int = 200) -> Read:
    answer = client.get(f"/{path.lstrip('/')}")
    assert answer.status_code == status, f"{path}: {answer.status_code}"
    return Read(answer.text)


def every_part(client: httpx.Client, path: str) -> tuple[Read, list[Row]]:
    """A page of reasons with the parts of all the pages that it leads on to."""
    first = shown = look(client, path)
    rows, at = [*first.rows], f"/{path}"
    while shown.later is not None:
        at = urljoin(at, shown.later)
        shown = look(client, at)
        rows += shown.rows
    return first, rows


def test_every_kind_of_part_that_is_documented_has_words():
    documented = set(re.findall(r"`([a-z-]+)`", DescribedPart.__doc__ or "")) - {"reference"}
    fields = documented & set(DescribedPart.__annotations__)
    kinds = {name.partition("/")[0] for name in PART_WORDS}
    assert documented - fields <= kinds
    assert len(documented) > 40
    assert set(FINDING_CODES) <= kinds


@pytest.mark.parametrize("code", ["nl", "en"])
def test_the_words_of_a_part_are_filled_from_its_fields(code):
    there: dict[str, Any] = {
        **dict.fromkeys(("of", "national", "inhabitants", "divisor", "openingBalance", "openingBalances"), 1234),
        **dict.fromkeys(("on", "startedOn", "endedOn"), "2022-01-07"),
        **dict.fromkeys(("remaining", "months", "persons", "days", "bedrooms"), 2),
        "code": ALMERE,
        "name": "Almere",
        "period": "2021-II",
        "month": "2022-07",
        "accommodation": "hotel",
        "adapted": True,
        "method": "nearest",
        "cause": "document",
    }
    for name, words in PART_WORDS.items():
        part = {**there, "kind": name.partition("/")[0], "stream": "2022-I", "municipality": ALMERE, "events": []}
        fields = set(re.findall(r"\{(\w+)\}", words.nl))
        assert fields == set(re.findall(r"\{(\w+)\}", words.en)), name
        told = sentence_of(language(code), part, "NL", lambda where: {ALMERE: "Almere"}[where])
        assert told.endswith("."), name
        assert not _UNTOLD.search(told), told


def questions(client: httpx.Client, figure: Figure) -> Iterator[tuple[str, Any]]:
    """A cell of a table for each way in which its columns are made and each unit that they have, with its value."""
    given = {}
    for one in figure.parameters:
        if one.name == "period":
            given["period"] = "2022-I"
        elif one.name in {"from", "to"} and one.required:
            given[one.name] = "2022-01-01" if one.name == "from" else LAST_DAY
    seen = set()
    for group_by in {figure.group_by[0]: 1, figure.group_by[-1]: 1}:
        answer = client.get(f"/v1/figures/{figure.name}", params={**given, "groupBy": group_by, "validOn": LAST_DAY})
        assert answer.status_code == 200, answer.text
        for column in figure.columns:
            way = type(column.aggregate), column.unit, group_by == "municipality"
            rows = [row for row in answer.json()["items"] if row.get(column.name) not in (None, 0)]
            if way in seen or not rows:
                continue
            seen.add(way)
            row = min(rows, key=lambda row: abs(value) if isinstance(value := row[column.name], int | float) else 0)
            cell = {"code": row["code"], "column": column.name}
            dimensions = {one.name: row[one.name] for one in figure.dimensions}
            asked = {**given, **cell, **dimensions, "validOn": LAST_DAY}
            yield f"cijfers/{figure.name}/waarom?{urlencode(asked)}", row[column.name]


@pytest.mark.parametrize("name", FIGURES)
def test_the_parts_of_a_number_add_up_to_it(client, name):
    cells = list(questions(client, FIGURES[name]))
    assert cells
    for path, value in cells:
        page, rows = every_part(client, path)
        assert page.value == str(value), path
        assert not [row.text for row in rows if _UNTOLD.search(row.text)], path
        answer = client.get(f"/v1/figures/{path.removeprefix('cijfers/').replace('waarom', '_explanation')}")
        cell = answer.json()["cell"]
        assert len(rows) == cell["parts"], path
        amounts = [[_value(text) for text in row.numbers] for row in rows]
        if "numerator" in cell:
            sides = [sum(side) for side in zip(*amounts, strict=True)]
            assert sides == [cell["numerator"], cell["denominator"]], path
            assert [_value(text) for text in page.sums[-1].numbers] == sides
        elif "sum" in cell and rows:
            total = sum(amount for (amount,) in amounts)
            assert total == cell["sum"] == _value(page.sums[-1].numbers[0]), path
            if "value" not in answer.json()["parts"][0]:
                assert total == value, path


def _value(text: str) -> Decimal:
    value = numbers.read(text, "nl")
    assert value is not None, text
    return value


@pytest.mark.parametrize("name", FIGURES)
def test_what_changed_a_number_is_shown_of_every_table(client, name):
    path, _ = next(questions(client, FIGURES[name]))
    answer = client.get(f"/{path.replace('waarom', 'veranderd')}")
    assert answer.status_code == 200
    text = _text(answer.text)
    assert "Wat veranderde dit getal?" in text and "Wat het verschil maakt" in text
    assert not _UNTOLD.search(text)


def test_one_that_is_short_is_told_by_the_quota_what_was_left_and_who_was_housed(client):
    page, rows = every_part(client, _REMAINING)
    assert page.title == "Waarom 1? – Ketenspoor"
    assert page.heading == "Waarom 1?"
    assert [row.numbers for row in rows] == [("+3",), ("0",), ("−1",), ("−1",)]
    housed = next(row.text for row in rows if "Gehuisvest in Dronten op 1 februari 2022" in row.text)
    assert "Op 1 februari 2022 is de vergunninghouder gehuisvest in de gemeente Dronten" in housed
    assert "urn:nld" not in housed


def test_a_balance_that_was_carried_over_leads_to_its_own_reasons(client):
    path = f"cijfers/realisation/waarom?period=2022-I&code={ALMERE}&column=remaining"
    page, rows = every_part(client, path)
    (carried,) = [
        row for row in rows if "Meegenomen uit de tweede helft van 2021: daar kwam Almere uit op 3" in row.text
    ]
    assert carried.numbers == ("+3",)
    address = next(urljoin(f"/{path}", href) for _, href in page.links if "2021-II" in href and "waarom" in href)
    assert look(client, address).value == "3"


def test_what_moved_a_number_is_told_with_the_events_recorded_since(client):
    answer = client.get(f"/{_CHANGED}&from=2021-12-31")
    page = Read(answer.text)
    text = _text(answer.text)
    assert "Toen 8 bekend op 31 december 2021, 23:59" in text
    assert "Nu 6" in text and "Verschil −2" in text
    moved = sorted((row.text.split()[0], row.numbers) for row in page.rows)
    assert moved == [("eraf", ("−1", "0"))] + [("erbij", ("0", "−1"))] * 3
    gone = next(row.text for row in page.rows if row.text.startswith("eraf"))
    assert "is de melding ‘gehuisvest’ over 14 december 2021" in gone and "ingetrokken" in gone


def test_nothing_changed_a_number_between_two_moments_alike(client):
    text = _text(client.get(f"/{_CHANGED}&from=2022-06-01&knownAt=2022-06-02").text)
    assert "Niets veranderde dit getal" in text and "Verschil 0" in text


def test_moments_the_wrong_way_round_are_a_question_to_be_set_right(client):
    answer = client.get(f"/{_CHANGED}&from=2022-06-02&knownAt=2022-01-02")
    assert answer.status_code == 400 and "must not be after" in _text(answer.text)


def test_a_window_keeps_its_days_apart_from_what_was_known(client):
    path = f"cijfers/norm-phases/veranderd?from=2022-01-01&to={LAST_DAY}&code={UTRECHT}&column=housingCompletedMean"
    text = client.get(f"/{path}&knownFrom=2022-03-31").text
    assert "bekend op 31 maart 2022, 23:59" in _text(text)
    assert 'name="knownFrom" value="2022-03-31"' in text and 'name="from" value="2022-01-01"' in text


@pytest.mark.parametrize("role", ["public", "ministry", "analyst", "PV24", "ind", "duo"])
def test_who_may_not_see_the_parts_gets_the_number_and_is_told_who_may(client, role):
    answer = client.get(f"/{_REMAINING}&as={role}")
    text = _text(answer.text)
    assert answer.status_code == 200
    assert "Waarom" in text and "Dit is te zien voor: COA, gemeente, auditor" in text
    assert "traject" not in text.partition("Waaruit het bestaat")[2].partition("Ketenspoor volgt")[0]


def test_a_municipality_sees_the_parts_of_its_own_numbers_alone(client):
    assert "Gehuisvest in Dronten" in _text(client.get(f"/{_REMAINING}&as={DRONTEN}").text)
    of_another = _text(client.get(f"/{_REMAINING}&as={ALMERE}").text)
    assert "Deze rol ziet alleen wat van de eigen organisatie is" in of_another and "Gehuisvest" not in of_another
    assert client.get(f"/{_CHANGED}&from=2021-12-31&as={ALMERE}").status_code == 403


def test_an_auditor_sees_what_changed(client):
    text = _text(client.get(f"/{_CHANGED}&from=2021-12-31&as=auditor").text)
    assert "Toen 8" in text and "erbij" in text


def test_a_cell_that_is_none_is_not_found_or_asked_anew(client):
    assert client.get("/cijfers/realisation/waarom?period=2022-I&code=GM0034&column=nothing").status_code == 400
    assert client.get("/cijfers/nothing/waarom?code=NL&column=a").status_code == 404
    assert client.get("/cijfers/nothing/veranderd?code=NL&column=a").status_code == 404


def test_the_same_is_told_in_english(client):
    text = _text(client.get(f"/en/{_REMAINING}").text)
    assert "Why 1" in text and "Housed in Dronten on 1 February 2022, in a regular home." in text
    assert "parts, together 1" in text
    text = _text(client.get(f"/en/{_CHANGED}&from=2021-12-31").text)
    assert "What changed this number?" in text and "Then 8" in text


def _text(html: str) -> str:
    main = html.partition('<main id="main" tabindex="-1">')[2].partition("</main>")[0]
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", main)).split())
