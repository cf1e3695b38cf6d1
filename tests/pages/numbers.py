"""The numbers of a page that are of a table: read as people read them, and held against what the API answers.

Such a number is `<a class="number" data-value="12858" href="…/cijfers/{figure}/waarom?…">12.858</a>`: the link to its
reasons names the table, the question, the row and the column, and by these it is looked up in the API.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from html.parser import HTMLParser
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit
from zoneinfo import ZoneInfo

import httpx
from babel.dates import format_date
from playwright.sync_api import Page

_READ = """() => [...document.querySelectorAll('a.number')].map((a) =>
  [a.textContent, a.dataset.value, new URL(a.getAttribute('href'), location.href).href])"""
_WHY = re.compile(r"^/(?:en/)?cijfers/([a-z-]+)/waarom$")
_GROUPS = {"GM": "municipality", "PV": "province", "NL": "country"}
#: What of an explanation's address the table is not asked.
_OF_A_CELL = frozenset({"code", "column"})
_MINUS = "\u2212"


class Number(NamedTuple):
    """What a number shows, the value that it says it has, and the whole address of its reasons."""

    text: str
    value: str
    why: str

    @property
    def figure(self) -> str:
        """The table that it is of; empty where its link leads elsewhere."""
        found = _WHY.match(urlsplit(self.why).path)
        return found[1] if found else ""

    @property
    def asked(self) -> dict[str, str]:
        """What its link asks for."""
        return dict(parse_qsl(urlsplit(self.why).query))


def shown_on(page: Page) -> list[Number]:
    """The numbers of a page, in their order."""
    return [Number(" ".join(text.split()), value, why) for text, value, why in page.evaluate(_READ)]


class _Numbers(HTMLParser):
    def __init__(self, address: str) -> None:
        super().__init__()
        self.found: list[Number] = []
        self._address = address
        self._within = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag == "a" and "number" in (told.get("class") or "").split():
            self._within = True
            why = urljoin(self._address, told["href"] or "")
            self.found.append(Number("", told["data-value"] or "", why))

    def handle_endtag(self, tag: str) -> None:
        self._within = self._within and tag != "a"

    def handle_data(self, data: str) -> None:
        if self._within:
            last = self.found[-1]
            self.found[-1] = last._replace(text=" ".join(f"{last.text}{data}".split()))


def shown_in(html: str, address: str) -> list[Number]:
    """The same of a page as text, and the address that it came from."""
    reader = _Numbers(address)
    reader.feed(html)
    return reader.found


def read(text: str, language: str) -> Decimal | None:
    """The value of a number as it is written: `12.858`, `+1,5`, `\u22123`, `64,7 %`; None where it is none."""
    plain = re.sub(r"\s", "", text).replace(_MINUS, "-").removeprefix("+")
    share = plain.endswith("%")
    thousands, point = (".", ",") if language == "nl" else (",", ".")
    try:
        value = Decimal(plain.removesuffix("%").replace(thousands, "").replace(point, "."))
    except InvalidOperation:
        return None
    return value / 100 if share else value


class Api:
    """The tables as the API of a service answers them, each asked once; its day is that of a page with no other."""

    def __init__(self, address: str, day: str) -> None:
        self._client = httpx.Client(base_url=address, timeout=60.0)
        self._day = day
        self._rows: dict[str, list[dict[str, Any]]] = {}
        told = self._client.get("/v1/figures").json()["items"]
        self.tables: dict[str, Mapping[str, Any]] = {one["figure"]: one for one in told}

    def close(self) -> None:
        """No more questions."""
        self._client.close()

    def told_otherwise(self, numbers: Iterable[Number], language: str) -> list[str]:
        """What of these numbers is not what the API says, or not written as that is."""
        return [f"{one.text} ({one.why}): {fault}" for one in numbers if (fault := self._fault(one, language))]

    def reasons_missing(self, numbers: Iterable[Number]) -> list[str]:
        """The first number of every column, where its link leads to no page that is about it."""
        firsts = {(one.figure, one.asked.get("column")): one for one in reversed(list(numbers))}
        found = []
        for one in firsts.values():
            answer = self._client.get(one.why)
            # In a text it may be told to the nearest whole number; its reasons have it as it is.
            about = f'class="the-number" data-value="{one.value}"'
            if answer.status_code != httpx.codes.OK or about not in answer.text:
                found.append(f"{one.text}: {one.why} answers {answer.status_code} and does not tell of it")
        return found

    def _fault(self, one: Number, language: str) -> str:
        if one.figure not in self.tables:
            return "its link leads to the reasons of no table"
        table = self.tables[one.figure]
        dimensions = {each["name"] for each in table["dimensions"]}
        asked = one.asked
        row = self._row(one, dimensions)
        if row is None:
            return "the API has no such row"
        value = row.get(asked["column"])
        if str(value) != one.value:
            return f"says {one.value}, the API {value}"
        unit = next(each["unit"] for each in table["columns"] if each["name"] == asked["column"])
        return "" if _is_written(one.text, value, unit, language) else f"is not how {value} is written"

    def _row(self, one: Number, dimensions: set[str]) -> dict[str, Any] | None:
        asked = one.asked
        question = {name: value for name, value in asked.items() if name not in _OF_A_CELL | dimensions}
        if "T" not in question.get("knownAt", "T"):
            question["knownAt"] = _end_of(date.fromisoformat(question["knownAt"]))
        grouped = {"groupBy": _GROUPS[asked["code"][:2]], "validOn": self._day, **question}
        address = urljoin("/v1/figures/", f"{one.figure}?{urlencode(grouped)}")
        if address not in self._rows:
            answer = self._client.get(address)
            assert answer.status_code == httpx.codes.OK, f"{address} answers {answer.text}"
            self._rows[address] = answer.json()["items"]
        wanted = {"code": asked["code"], **{name: asked.get(name) for name in dimensions}}
        rows = self._rows[address]
        return next((row for row in rows if all(str(row[name]) == value for name, value in wanted.items())), None)


def _end_of(day: date) -> str:
    """The last instant of a day in the Netherlands, until which a page takes what is known on it."""
    midnight = datetime.combine(day + timedelta(1), time(), ZoneInfo("Europe/Amsterdam"))
    return (midnight - timedelta(milliseconds=1)).astimezone(UTC).isoformat(timespec="milliseconds")


def _is_written(text: str, value: Any, unit: str, language: str) -> bool:
    """Whether a text is how a value is written, to as many decimals as it shows; a word is written as itself."""
    if unit == "date":
        written = format_date(date.fromisoformat(value), "d MMMM y", f"{language}_{'NL' if language == 'nl' else 'GB'}")
        return text.replace("\u00a0", " ") == written
    if isinstance(value, str):
        return text != ""
    shown = read(text, language)
    if shown is None:
        return False
    # What is said in percent has a percentage, or a share of a hundred, behind it.
    exact = Decimal(str(value)) / 100 if unit == "percent" else Decimal(str(value))
    exponent = shown.as_tuple().exponent
    assert isinstance(exponent, int)
    return abs(shown - exact) <= Decimal(10) ** exponent / 2
