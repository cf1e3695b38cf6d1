"""The demonstration: from nothing to the national figures beside the published ones, through the real HTTP intake."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from itertools import islice, takewhile
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import msgspec
from rich import box
from rich.console import Console
from rich.table import Table

import migrations
from service.demo import server, simulation
from service.demo.server import FIRST_PORT, DemonstrationFailed
from service.intake import loading
from service.storage.database import connect

#: From here on events were recorded in 2022, as every time of the scenario is written.
TURN = "2022-01-01T00:00:00+01:00"

_CATCHES_UP_WITHIN = 1_800.0
_PROJECTED = re.compile(r"^ketenspoor_projection_position\{.*\} (.+)$", re.MULTILINE)

Bar = Callable[[str], AbstractContextManager[Callable[[int, int], None]]]


class Published(NamedTuple):
    """A published figure: of which period, on which day, what it is called, where it stands in the answer, how much."""

    period: str
    on: str
    name: str
    path: str
    value: int


#: Facts, to be compared with what the service computes from the events: the quota of 2021-II from the Staatscourant of
#: 29 March 2021, all others from the letter of 7 January 2022 or following from it.
PUBLISHED = (
    Published("2021-II", "2021-12-31", "opening balance", "openingBalance", 5_586),
    Published("2021-II", "2021-12-31", "quota", "quota", 11_000),
    Published("2021-II", "2021-12-31", "realised", "realised", 12_858),
    Published("2021-II", "2021-12-31", "of which in hotels", "realisedByAccommodation.hotel", 71),
    Published("2021-II", "2021-12-31", "remaining", "remaining", 3_728),
    Published("2021-II", "2021-12-31", "interim goal", "interimGoal.goal", 12_500),
    Published("2021-II", "2021-12-31", "above the goal", "interimGoal.above", 358),
    Published("2022-I", "2022-01-01", "quota", "quota", 10_000),
    Published("2022-I", "2022-01-01", "task on its first day", "task", 13_728),
)

#: Requests to begin with: balances, time in the chain, the past, and what the chain does with a half-year's number.
INVITED = (
    "/v1/realisation?period=2021-II&groupBy=province",
    "/v1/norm-phases?from=2021-07-01&to=2021-12-31&groupBy=country&family=with",
    "/v1/realisation?period=2021-II&groupBy=country&validOn=2021-07-01&knownAt=2021-09-30T12:00:00Z",
    "/v1/figures/supply?period=2022-I&groupBy=province&validOn=2022-06-30",
    "/v1/figures/supervision?period=2022-I&groupBy=municipality&validOn=2022-06-30",
    "/v1/figures/expected?groupBy=province&validOn=2022-02-28",
    "/v1/figures/lateness?from=2022-01-01&to=2022-06-30&groupBy=province&validOn=2022-06-30",
    "/v1/deadlines?municipality=GM0344&until=2022-12-31&validOn=2022-06-30",
)


def run(directory: Path, given: int | None, console: Console, bar: Bar) -> None:
    """Give the demonstration, and leave its service running: on the port that is given, else on a free one."""
    server.stop(directory)
    # Before anything that takes time, or takes away what was there.
    port = server.free_port(given)
    if given is None and port != FIRST_PORT:
        console.print(f"Port {FIRST_PORT} is taken by something else: the service will be at port {port}.")
    shutil.rmtree(directory, ignore_errors=True)
    (directory / "checkpoints").mkdir(parents=True)
    url = f"sqlite:///{(directory / 'ketenspoor.db').absolute()}"
    engine = connect(url)
    migrations.upgrade(engine)
    engine.dispose()

    scenario = directory / "scenario.ndjson"
    with scenario.open("wb") as file, bar("simulating households") as progress:
        summary = simulation.write(file, progress=progress)

    address = server.start(directory, port, url)
    with bar("posting events") as progress:
        answered = _load(scenario, address, lambda done: progress(done, summary.lines))
    expected = summary.recorded, summary.repeated, summary.rejected + summary.conflicts
    if answered != expected:
        raise DemonstrationFailed(f"recorded, repeated and refused are {answered}, and should be {expected}")
    with bar("projecting") as progress:
        _catch_up(address, summary.recorded, progress)

    recorded, repeated, refused = answered
    console.print(f"{recorded} synthetic events recorded, {repeated} repeats, {refused} refused\n")
    if not _compared(address, console):
        raise DemonstrationFailed("the figures are not the published ones")
    _invite(address, directory, console)


def _load(scenario: Path, address: str, progress: Callable[[int], None]) -> tuple[int, int, int]:
    """Post the scenario, with a signed checkpoint at the turn of 2021 and one at the end: recorded, repeated, refused.

    The first checkpoint is what an auditor took home then; all that came later can be held against it.
    """
    with loading.lines_of(str(scenario)) as lines:
        before_the_turn = sum(1 for _ in takewhile(_before_the_turn, lines))
    with loading.lines_of(str(scenario)) as lines:
        first = loading.load(islice(lines, before_the_turn), address, progress=progress)
    _sign(address)
    with loading.lines_of(str(scenario)) as lines:
        then = loading.load(lines, address, from_line=before_the_turn + 1, progress=progress)
    _sign(address)
    return first.recorded + then.recorded, first.repeated + then.repeated, first.rejected + then.rejected


def _before_the_turn(line: bytes) -> bool:
    """Whether an event was recorded in 2021; those of a bad form say no time."""
    event = msgspec.json.decode(line)
    return bool(event.get("time", "") < TURN)


def _sign(address: str) -> None:
    response = httpx.post(f"{address}/v1/log/checkpoint", timeout=60.0)
    if response.status_code != httpx.codes.OK:
        raise DemonstrationFailed(f"the service does not sign its log: it answers {response.status_code}")


def _catch_up(address: str, position: int, progress: Callable[[int, int], None]) -> None:
    """Wait for the rows, by the metrics, and only then for figures, whose loading would keep the rows waiting."""
    deadline = time.monotonic() + _CATCHES_UP_WITHIN
    for reach in (_projected, _reached):
        while (reached := reach(address)) < position:
            progress(reached, position)
            if time.monotonic() > deadline:
                raise DemonstrationFailed(f"the projections stay behind, at {reached} of {position}")
            time.sleep(0.2)
    progress(position, position)


def _projected(address: str) -> int:
    """The position that all projections have come to."""
    metrics = httpx.get(f"{address}/metrics", timeout=60.0).text
    return min((int(float(one)) for one in _PROJECTED.findall(metrics)), default=0)


def _reached(address: str) -> int:
    """The position that figures rest on; 0 while the service can't answer, which it says of a busy machine."""
    response = httpx.get(f"{address}/v1/realisation?period=2021-II&groupBy=country", timeout=60.0)
    if response.status_code == httpx.codes.SERVICE_UNAVAILABLE:
        return 0
    if response.status_code != httpx.codes.OK:
        raise DemonstrationFailed(f"the realisation is not answered: {response.status_code}")
    position: int = response.json()["position"]
    return position


def _get(address: str, path: str) -> dict[str, Any]:
    response = httpx.get(address + path, timeout=30.0)
    if response.status_code != httpx.codes.OK:
        raise DemonstrationFailed(f"{path} answers {response.status_code}")
    answer: dict[str, Any] = response.json()
    return answer


def _compared(address: str, console: Console) -> bool:
    """Print every published figure beside ours; whether all are the same."""
    table = Table("period", "persons", title="The country, from the events and as published", box=box.SIMPLE)
    for column in ("published", "computed"):
        table.add_column(column, justify="right")
    table.add_column("")
    same = True
    for period, on, name, path, value in PUBLISHED:
        computed: Any = _get(address, f"/v1/realisation?period={period}&groupBy=country&validOn={on}")["items"][0]
        for part in path.split("."):
            computed = computed[part]
        same = same and computed == value
        table.add_row(period, name, f"{value:,}", f"{computed:,}", "the same" if computed == value else "DIFFERS")
    console.print(table)
    console.print("Published: letter to the chain of 7 January 2022; quota of 2021-II: Staatscourant of 29 March 2021.")
    return same


def _invite(address: str, directory: Path, console: Console) -> None:
    console.print("\nAll data are synthetic. Questions to the API to begin with:\n")
    for path in INVITED:
        console.print(f"  curl '{address}{path}'", soft_wrap=True, markup=False)
    console.print(f"\nIts log is {directory / 'server.log'}; `make stop` stops it.", soft_wrap=True)
    console.print(f"\nThe service keeps running. Open in a browser: {address}/", soft_wrap=True)
