"""The scenario's lives told again and again, three half-years apart: a log over many years, quota and all.

    python -m tests.benchmarks.ten_years DATABASE_URL [--journeys 300000 | --events N]

fills an empty database. A telling is some 40,000 journeys and 274,000 events over three half-years; the last one is
the scenario itself, so everything lies in the past. Only the oldest telling says with which balances it opened: from
then on they are carried through every period.
"""

from __future__ import annotations

import argparse
import calendar
import functools
from collections.abc import Iterable, Iterator
from datetime import date
from heapq import merge
from itertools import islice
from typing import Any

from rich.console import Console
from rich.progress import Progress

import migrations
from domain.period import Period
from service.demo import simulation
from service.storage.database import connect
from tests.benchmarks.many_lives import fill

Event = dict[str, Any]

#: So that eight tellings hold 300,000 journeys, and twelve 3,000,000 events.
TELLINGS = 12
#: At most, of the whole scenario.
EVENTS_A_JOURNEY = 7
_HALF_YEARS_A_TELLING = 3
_NAMES = ("corrects", "withdraws", "household")
_PERSONS = ("vNumber", "referent")


def told(tellings: int = TELLINGS, one_in: int = 1) -> Iterator[Event]:
    """All tellings in order of arrival, the oldest beginning first; with `one_in` only so many persons are told of."""
    scenario = [event for event, answer in simulation.lines(one_in=one_in) if answer == "recorded"]
    arriving = [_telling(scenario, number, tellings) for number in range(tellings)]
    for _, _, event in merge(*arriving, key=lambda each: each[:2]):
        yield event


def journeys(count: int, events: Iterable[Event]) -> Iterator[Event]:
    """The first of these events, up to the one with which one journey more than so many would begin."""
    begun: set[str] = set()
    for event in events:
        if (person := event["data"].get("vNumber")) is not None:
            begun.add(person)
            if len(begun) > count:
                return
        yield event


def _telling(scenario: list[Event], number: int, tellings: int) -> Iterator[tuple[str, int, Event]]:
    """One telling, each event with when it arrives: no earlier than what arrived before it."""
    half_years = _HALF_YEARS_A_TELLING * (number + 1 - tellings)
    arrived = ""
    for event in scenario:
        if (again := _again(event, number, half_years)) is not None:
            arrived = max(arrived, again["time"])
            yield arrived, number, again


def _again(event: Event, number: int, half_years: int) -> Event | None:
    data = dict(event["data"])
    if "vNumber" not in data and "period" not in data:
        return None  # a merger happens once
    if number and "opening-balance" in event["type"]:
        return None
    data |= {name: f"{data[name]}-{number}" for name in _NAMES if name in data}
    data |= {name: f"{number:02}{data[name][2:]}" for name in _PERSONS if name in data}
    data |= {name: _shifted(data[name], half_years) for name in ("effectiveOn", "on") if name in data}
    if "period" in data:
        data["period"] = str(_period(data["period"], half_years))
    time = event["time"]
    return {**event, "id": f"{event['id']}-{number}", "time": _shifted(time[:10], half_years) + time[10:], "data": data}


@functools.cache
def _shifted(day: str, half_years: int) -> str:
    """A day so many half-years later, in the same place of its half-year, or the last of its month."""
    on = date.fromisoformat(day)
    months = 12 * on.year + on.month - 1 + 6 * half_years
    year, month = months // 12, months % 12 + 1
    return str(date(year, month, min(on.day, calendar.monthrange(year, month)[1])))


def _period(written: str, half_years: int) -> Period:
    on = _shifted(str(Period.parse(written).first), half_years)
    return Period.of(date.fromisoformat(on))


def main() -> None:
    """Fill the database that is named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("database_url")
    parser.add_argument("--journeys", type=int, default=300_000)
    parser.add_argument("--events", type=int, help="so many events, however many journeys that is")
    given = parser.parse_args()
    engine = connect(given.database_url)
    migrations.upgrade(engine)
    events = islice(told(), given.events) if given.events else journeys(given.journeys, told())
    wanted = given.events or given.journeys * EVENTS_A_JOURNEY
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("recording events", total=wanted)
        recorded = fill(engine, wanted, lambda done, of: progress.update(task, completed=done, total=of), events)
    engine.dispose()
    Console(stderr=True).print(f"{recorded} events")


if __name__ == "__main__":
    main()
