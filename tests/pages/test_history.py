"""The little history that pages are tested with is what its table says: by hand there, by the service here."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from tests.pages import history

#: `| GM0034 Almere | 5 | +1 | 6 | 3 | +3 |`, where a quota that was raised has its first number before an arrow.
_ROW = re.compile(
    r"^\| ((?:GM|PV)\d+) \w+ +\|(?: +\d+ →)? +(\d+) +\| +([+-]?\d+) +\| +(\d+) +\| +(\d+) +\| +([+-]?\d+)"
)


def told(address: str, question: str) -> list[dict[str, Any]]:
    answer = httpx.get(f"{address}/v1/figures/{question}", timeout=60.0)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


@pytest.mark.parametrize(("period", "day"), [("2021-II", "2021-12-31"), ("2022-I", history.LAST_DAY)])
def test_the_figures_are_those_of_the_table(pages_address, period, day):
    documented = (history.__doc__ or "").partition(f"| {period} (")[2].partition("\n\n")[0].splitlines()
    rows = {found[1]: [int(each) for each in found.groups()[1:]] for line in documented if (found := _ROW.match(line))}
    assert len(rows) == 7
    columns = ("quota", "openingBalance", "task", "realised", "remaining")
    answered: dict[str, list[int]] = {}
    for by in ("municipality", "province"):
        for row in told(pages_address, f"realisation?period={period}&validOn={day}&groupBy={by}"):
            answered[row["code"]] = [row[column] for column in columns]
    assert {code: answered[code] for code in rows} == rows


def test_the_backlog_of_flevoland_grew_in_october_only(pages_address):
    question = f"backlog?from=2021-07-01&to=2021-12-31&groupBy=province&validOn={history.LAST_DAY}"
    left = {row["on"][5:7]: row["remaining"] for row in told(pages_address, question) if row["code"] == "PV24"}
    assert left == {"07": 12, "08": 10, "09": 7, "10": 11, "11": 9, "12": 6}


def test_more_was_left_as_known_at_the_end_of_the_year(pages_address):
    question = "realisation?period=2021-II&validOn=2021-12-31&groupBy=province"
    for known_at, left in (("2021-12-31T23:00:00Z", 8), ("2022-06-30T10:00:00Z", 6)):
        rows = told(pages_address, f"{question}&knownAt={known_at}")
        assert [row["remaining"] for row in rows if row["code"] == "PV24"] == [left]


def test_one_municipality_is_one_short_by_its_own_doing(pages_address):
    rows = told(pages_address, f"supervision?period=2022-I&groupBy=municipality&validOn={history.LAST_DAY}")
    short = [row for row in rows if row["code"] in history.QUOTAS and row["gross"] == 1]
    seen = [(row["name"], row["attributable"], row["light"], row["rung"], row["proposed"]) for row in short]
    assert seen == [("Dronten", 1, "amber", 1, 1)]


def test_each_refused_event_has_a_fault_of_its_own(pages_address):
    items = httpx.get(f"{pages_address}/v1/rejections", timeout=60.0).json()["items"]
    assert [[(fault["code"], fault["pointer"]) for fault in one["errors"]] for one in items] == [
        [("required", "/data/accommodation")],
        [("not-a-date", "/data/effectiveOn")],
        [("not-your-municipality", "/data/municipality")],
        [("unknown-type", "/type")],
        [("not-a-v-number", "/data/vNumber")],
    ]
