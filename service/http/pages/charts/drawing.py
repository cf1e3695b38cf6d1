"""Have charts drawn by the worker, each of them once.

A chart that can't be drawn is none: its page shows the table. Nothing here waits longer than `seconds` a chart, and
after it has waited that long in vain it does not try again for `PAUSE` seconds, so a page is never slow twice.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import OrderedDict
from contextlib import suppress
from typing import Any, Final

from service.http.pages.charts.chart import Chart, DrawnChart

PAUSE: Final = 30.0
_LONGEST_LINE: Final = 8 << 20

_log = logging.getLogger("ketenspoor")


class ChartDrawer:
    """The charts of one server process: its worker, started at the first chart, and what was drawn lately."""

    def __init__(self, *, seconds: float = 10.0, memory: int = 16 << 20) -> None:
        """Wait at most so many `seconds` for a chart; keep drawings up to `memory` bytes."""
        self.seconds = seconds
        self._memory = memory
        self._kept: OrderedDict[str, DrawnChart | None] = OrderedDict()
        self._bytes = 0
        self._asked: dict[str, asyncio.Task[DrawnChart | None]] = {}
        self._turn = asyncio.Lock()
        self._worker: Process | None = None
        #: By the clock of the loop, until when nothing is drawn.
        self.paused_until = 0.0
        self._script: bytes | None = None

    @property
    def pid(self) -> int | None:
        """The process id of the worker that runs, if one does."""
        return self._worker.pid if self._worker and self._worker.returncode is None else None

    async def draw(self, chart: Chart) -> DrawnChart | None:
        """Return the drawings of a chart, or none when it can't be drawn now."""
        digest = chart.digest()
        if digest in self._kept:
            self._kept.move_to_end(digest)
            return self._kept[digest]
        task = self._asked.get(digest)
        if task is None:
            task = self._asked[digest] = asyncio.create_task(self._draw(digest, chart))
            task.add_done_callback(lambda _: self._asked.pop(digest, None))
        # Who goes away does not take the drawing from others who wait for it.
        return await asyncio.shield(task)

    async def script(self) -> bytes | None:
        """Return the script that draws charts in a browser, packed by gzip, or none when it can't be had now."""
        if self._script is None:
            answer = await self._ask({"script": True})
            if answer and "script" in answer:
                self._script = await asyncio.to_thread(gzip.compress, answer["script"].encode(), mtime=0)
        return self._script

    async def close(self) -> None:
        """End the worker."""
        for task in list(self._asked.values()):
            task.cancel()
        await asyncio.gather(*self._asked.values(), return_exceptions=True)
        async with self._turn:
            await self._end()

    async def _draw(self, digest: str, chart: Chart) -> DrawnChart | None:
        words = chart.words
        order = {"wide": chart.wide, "narrow": chart.narrow, "name": f"chart-{digest[:10]}"}
        answer = await self._ask({**order, "title": words.title, "sentence": words.sentence})
        if answer is None:
            return None
        drawn = None if "error" in answer else DrawnChart(answer["wide"], answer["narrow"])
        if drawn is None:
            _log.warning("a chart can't be drawn", extra={"fault": answer["error"]})
        self._keep(digest, drawn)
        return drawn

    def _keep(self, digest: str, drawn: DrawnChart | None) -> None:
        # What can't be drawn today can't be drawn tomorrow: that is kept as well.
        self._kept[digest] = drawn
        self._bytes += _size(drawn)
        while self._bytes > self._memory:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= _size(oldest)

    async def _ask(self, order: dict[str, Any]) -> dict[str, Any] | None:
        line = json.dumps(order).encode() + b"\n"
        async with self._turn:
            # A worker may have died since the last chart, which shows only when it is asked: then once more.
            for _ in range(2):
                if asyncio.get_running_loop().time() < self.paused_until:
                    return None
                try:
                    async with asyncio.timeout(self.seconds):
                        answer = await self._exchange(line)
                except TimeoutError:
                    _log.warning("a chart took too long to draw")
                    self.paused_until = asyncio.get_running_loop().time() + PAUSE
                    await self._end()
                    return None
                except (OSError, ValueError):
                    answer = None
                except BaseException:
                    # An answer that nobody waits for would be taken for that of the next order.
                    await self._end()
                    raise
                if answer is not None:
                    return answer
                await self._end()
            _log.warning("the process that draws charts does not stay")
            self.paused_until = asyncio.get_running_loop().time() + PAUSE
            return None

    async def _exchange(self, line: bytes) -> dict[str, Any] | None:
        if self._worker is None or self._worker.returncode is not None:
            await self._end()
            self._worker = await _start()
        orders, answers = self._worker.stdin, self._worker.stdout
        if orders is None or answers is None:
            return None
        orders.write(line)
        await orders.drain()
        answer = await answers.readline()
        return json.loads(answer) if answer.endswith(b"\n") else None

    async def _end(self) -> None:
        worker, self._worker = self._worker, None
        if worker is None:
            return
        with suppress(ProcessLookupError):
            worker.kill()
        if worker.stdin is not None:
            worker.stdin.close()
        await worker.wait()


def _size(drawn: DrawnChart | None) -> int:
    # With one letter beyond Latin-1 a text takes two bytes a letter.
    return 200 + sum(map(sys.getsizeof, drawn or ()))


async def _start() -> Process:
    # It is given no environment but where to find modules: keys and addresses of databases are none of its business.
    # In a session of its own it does not hear the terminal's Ctrl-C; it ends when its input does.
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "service.http.pages.charts.worker",
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        start_new_session=True,
        limit=_LONGEST_LINE,
    )
