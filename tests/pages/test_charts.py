"""Charts are drawn by a process of their own, once each, and a page does without them where they can't be."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pytest
import uvloop

from service.http.pages.charts import worker
from service.http.pages.charts.chart import Chart, ChartWords
from service.http.pages.charts.drawing import ChartDrawer
from tests.pages.charts import months_chart, pace_chart
from tests.pids import runs
from tests.processes import until

WORKER = [sys.executable, "-m", "service.http.pages.charts.worker"]
Returned = TypeVar("Returned")


def with_drawer(use: Callable[[ChartDrawer], Awaitable[Returned]], **settings: Any) -> Returned:
    async def run() -> Returned:
        drawer = ChartDrawer(**{"seconds": 60.0, **settings})
        try:
            return await use(drawer)
        finally:
            await drawer.close()

    # As the server runs it.
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(run())


def of(specification: dict[str, Any]) -> Chart:
    return Chart(ChartWords("Titel", "Zin.", ("Naam",)), (), specification, specification)


def bars(**more: Any) -> dict[str, Any]:
    return {"mark": "bar", "encoding": {"x": {"field": "a"}}, "data": {"values": [{"a": 1}]}, **more}


def test_nothing_runs_before_the_first_chart_and_nothing_after_it_is_closed():
    async def use(drawer: ChartDrawer) -> int:
        assert drawer.pid is None
        drawn = await drawer.draw(pace_chart())
        assert drawn is not None and drawn.wide.startswith("<svg ") and drawn.narrow.startswith("<svg ")
        assert drawer.pid is not None and runs(drawer.pid)
        return drawer.pid

    assert not runs(with_drawer(use))


def test_a_chart_is_drawn_once_by_however_many_it_is_asked_at_the_same_time_and_later():
    async def use(drawer: ChartDrawer) -> None:
        first, *others = await asyncio.gather(*(drawer.draw(pace_chart()) for _ in range(5)))
        assert first is not None and all(other is first for other in others)
        assert await drawer.draw(pace_chart()) is first
        assert await drawer.draw(pace_chart(task=900)) is not first

    with_drawer(use)


def test_who_goes_away_does_not_take_the_drawing_from_another():
    async def use(drawer: ChartDrawer) -> None:
        gone, waiting = (asyncio.create_task(drawer.draw(pace_chart())) for _ in range(2))
        await asyncio.sleep(0)
        gone.cancel()
        assert await waiting is not None
        with pytest.raises(asyncio.CancelledError):
            await gone

    with_drawer(use)


def test_a_worker_that_was_killed_is_started_anew():
    async def use(drawer: ChartDrawer) -> None:
        await drawer.draw(pace_chart())
        killed = drawer.pid
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        assert await drawer.draw(months_chart()) is not None
        assert drawer.pid not in {None, killed}

    with_drawer(use)


def test_a_worker_that_does_not_answer_is_ended_and_charts_are_left_alone_for_a_while():
    async def use(drawer: ChartDrawer) -> None:
        await drawer.draw(pace_chart())
        stuck = drawer.pid
        assert stuck is not None
        os.kill(stuck, signal.SIGSTOP)
        drawer.seconds = 0.1
        assert await drawer.draw(months_chart()) is None
        assert not runs(stuck)
        drawer.seconds = 60.0
        assert await drawer.draw(months_chart(10)) is None and drawer.pid is None
        # What was drawn before is shown all the same.
        assert await drawer.draw(pace_chart()) is not None
        # Nothing is remembered of a chart but that it took too long that once.
        drawer.paused_until = 0.0
        assert await drawer.draw(months_chart()) is not None

    with_drawer(use)


@pytest.mark.parametrize(
    "specification",
    [
        {"mark": "no such mark"},
        {},
        bars(data={"url": "http://127.0.0.1:1/rows.json"}),
        bars(data={"url": "file:///etc/passwd"}),
        bars(layer=[{"data": {"url": "rows.csv"}, "mark": "bar"}]),
        {"mark": {"type": "image", "url": "https://example.org/a.png"}, "data": {"values": [{}]}},
        bars(transform=[{"lookup": "a", "from": {"data": {"url": "rows.csv"}, "key": "a"}}]),
    ],
)
def test_what_cannot_be_drawn_or_would_fetch_something_is_none_and_the_next_chart_is_drawn(specification):
    async def use(drawer: ChartDrawer) -> None:
        assert await drawer.draw(of(specification)) is None
        before = drawer.pid
        assert await drawer.draw(of(bars())) is not None
        assert drawer.pid == before

    with_drawer(use)


def test_a_field_of_the_data_may_be_called_as_it_likes():
    specification = bars(data={"values": [{"a": 1, "url": "http://127.0.0.1:1/"}]})
    assert with_drawer(lambda drawer: drawer.draw(of(specification))) is not None


def test_the_oldest_drawings_are_forgotten_where_they_take_too_much_room():
    async def use(drawer: ChartDrawer) -> None:
        oldest = await drawer.draw(pace_chart())
        newest = await drawer.draw(months_chart())
        assert await drawer.draw(months_chart()) is newest
        again = await drawer.draw(pace_chart())
        assert again == oldest and again is not oldest

    with_drawer(use, memory=15_000)


def test_the_script_for_browsers_comes_whole_and_is_made_once():
    async def use(drawer: ChartDrawer) -> None:
        packed = await drawer.script()
        assert packed is not None and await drawer.script() is packed
        assert len(packed) < 400_000
        assert b"window.vegaEmbed=" in gzip.decompress(packed)[-100:]

    with_drawer(use)


def test_a_worker_ends_with_what_it_hears_and_knows_nothing_of_its_environment():
    with subprocess.Popen(WORKER, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None and process.stdout is not None
        for order in (b"{}", b"no JSON", b"[1]", b'"wide"'):
            process.stdin.write(order + b"\n")
        process.stdin.flush()
        assert all("error" in json.loads(process.stdout.readline()) for _ in range(4))
        process.stdin.close()
        assert process.wait(60) == 0

    async def use(drawer: ChartDrawer) -> bytes:
        await drawer.draw(pace_chart())
        with open(f"/proc/{drawer.pid}/environ", "rb") as file:  # noqa: ASYNC230, PTH123
            return file.read()

    if sys.platform == "linux":
        names = {entry.partition(b"=")[0] for entry in with_drawer(use).split(b"\0") if entry}
        assert names <= {b"PYTHONPATH", b"LC_CTYPE"}


def test_a_worker_ends_when_its_server_is_killed():
    code = (
        "import asyncio\n"
        "from service.http.pages.charts.drawing import ChartDrawer\n"
        "from tests.pages.charts import pace_chart\n"
        "async def run():\n"
        "    drawer = ChartDrawer(seconds=60)\n"
        "    await drawer.draw(pace_chart())\n"
        "    print(drawer.pid, flush=True)\n"
        "    await asyncio.sleep(600)\n"
        "asyncio.run(run())\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=environment) as server:
        assert server.stdout is not None
        pid = int(server.stdout.readline())
        assert runs(pid)
        server.kill()
        until(lambda: not runs(pid), "the worker ends with its server")


def test_a_worker_that_has_grown_too_large_ends_after_its_answer():
    order = json.dumps({"wide": bars(), "narrow": bars(), "name": "a", "title": "b", "sentence": "c"}).encode() + b"\n"
    code = (
        "from service.http.pages.charts import worker; import sys; worker.run(sys.stdin.buffer, sys.stdout.buffer, 1)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    ran = subprocess.run(
        [sys.executable, "-c", code], input=order * 3, stdout=subprocess.PIPE, env=environment, check=True, timeout=60
    )
    (answer,) = ran.stdout.splitlines()
    assert set(json.loads(answer)) == {"wide", "narrow"}
    assert worker.MOST_MEMORY <= 300 << 20


def test_how_much_its_server_holds_is_not_its_own():
    # What a process is said to have held at most begins, on Linux, at what the one held that started it.
    ballast = bytes(worker.MOST_MEMORY) + b"\1"

    async def use(drawer: ChartDrawer) -> set[int | None]:
        pids = set()
        for chart in (pace_chart(), months_chart(), of(bars())):
            assert await drawer.draw(chart) is not None
            pids.add(drawer.pid)
        return pids

    assert len(with_drawer(use)) == 1 and ballast
