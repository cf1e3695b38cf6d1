"""Rows of pages over 300,000 journeys: how long the server takes for each, and what it and the chart worker hold."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from types import MappingProxyType

import httpx

from domain.places import Places
from tests.benchmarks import memory
from tests.benchmarks.driver import drive, get, in_a_process
from tests.benchmarks.history import projected
from tests.benchmarks.measuring import Row, percentile, value_at_most
from tests.benchmarks.room import Room, port_of
from tests.benchmarks.stores import copy_log
from tests.pids import children

#: In the last half-year of the log, where it is longest.
_FIRST_DAY, _DAYS, _TODAY = date(2014, 7, 1), 180, date(2014, 12, 30)
_LOOKS, _FIRST_LOOKS, _WARMING = 60, 12, 3
_FIGURES = ("realisation", "norm-phases", "supervision", "documents")
#: Every kind of page but those of one cell and one journey, which cost what they ask. `{province}` and `{municipality}`
#: stand for one of all of them, in turn.
PAGES: Mapping[str, str] = MappingProxyType(
    {
        "the country": "/",
        "a province": "/provincies/{province}",
        "the municipalities": "/gemeenten",
        "a municipality": "/gemeenten/{municipality}",
        "all subjects of a municipality": "/gemeenten/{municipality}/meer",
        "verification": "/controle",
        "what if": "/wat-als",
        "deliveries": "/aanleveren",
        "the catalogue": "/cijfers",
        **{f"{name} by province": f"/cijfers/{name}" for name in _FIGURES},
        **{f"{name} by municipality": f"/cijfers/{name}?groupBy=municipality" for name in _FIGURES},
        "the words": "/uitleg",
    }
)
_BROWSER = "Accept: text/html\r\nAccept-Encoding: gzip\r\n"
#: In the command line of the process that draws charts.
_DRAWER = "service.http.pages.charts.worker"
_KB = 1_024


def pages(room: Room) -> Iterator[Row]:
    """Every page: as people look at it all day, of all provinces and municipalities, and as it is first asked of a day,
    when no table was worked out and no chart was drawn.
    """
    journeys = f"{room.history.journeys:,} journeys" if room.whole else "few journeys"
    kept = room.history.of_journeys(room.of(300_000))
    url = room.stores.new("sqlite")
    copy_log(kept, url)
    projected(url)
    with room.serving(url, "pages") as service:
        port = port_of(service)
        for name, path in PAGES.items():
            shuffled = random.Random(name)
            days = [_FIRST_DAY + timedelta(days=number) for number in range(_DAYS)]
            shuffled.shuffle(days)
            places = shuffled.sample(Places.shipped().codes_on(_TODAY), k=room.of(_LOOKS, least=10))
            today = [_address(path, one, _TODAY) for one in places]
            _milliseconds(port, today)
            again = _milliseconds(port, today)
            first = _milliseconds(port, [_address(path, places[0], day) for day in days[:_FIRST_LOOKS]])
            size = _kilobytes(port, today[0])
            what = f"page of {name}, {journeys}, p95"
            yield Row(what, "ms", [percentile(again, 0.95)], aims=[value_at_most(100)], note=f"{size:.0f} KB sent")
            yield Row(f"{what}, first asked of a day", "ms", [percentile(first, 0.95)], aims=[value_at_most(400)])
        server = memory.megabytes(memory.held(service.process.pid))
        yield Row(f"memory of a server after these pages, {journeys}", "MB", [server])
        drawer = memory.megabytes(max(map(memory.peak, children(service.process.pid, _DRAWER)), default=0))
        yield Row("memory of the process that draws charts, at most", "MB", [drawer], aims=[value_at_most(300)])
    room.stores.drop(url)


def _address(path: str, municipality: str, day: date) -> str:
    province = Places.shipped().province(municipality)
    asked = path.replace("{province}", province).replace("{municipality}", municipality)
    return f"{asked}{'&' if '?' in asked else '?'}validOn={day}"


def _milliseconds(port: int, paths: Sequence[str]) -> list[float]:
    """Of each page, one after the other; a few come before that do not count."""
    requests = [get(path, _BROWSER) for path in (*paths[-_WARMING:], *paths)]
    seconds = in_a_process(drive, [port], requests, 1).all_well().latencies[_WARMING:]
    return [1_000 * one for one in seconds]


def _kilobytes(port: int, path: str) -> float:
    headers = {"Accept": "text/html", "Accept-Encoding": "gzip"}
    with httpx.Client(headers=headers, trust_env=False, timeout=60) as client:
        return client.get(f"http://127.0.0.1:{port}{path}").num_bytes_downloaded / _KB
