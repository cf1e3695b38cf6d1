"""Count what one event, one question and one batch of the projector go through.

    python -m tests.benchmarks.walks [--list]

The real application is asked in process, on an empty SQLite database, everything warmed up. Every call of a function of
`domain`, `projections` and `service` is seen, on every thread; comprehensions count with the function they stand in.
What runs beside a walk by chance is left out: each is walked several times, and what is told is what every time had.

A walk has so many functions (each once), modules, changes of room (the functions in the order in which they are first
called: how often the next is in another room than the one before) and calls. A room is `domain`, `projections`, or a
folder of `service`; modules that lie in no folder of it are a room together.
"""

from __future__ import annotations

import argparse
import inspect
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, NamedTuple

from rich.console import Console

ROOT = Path(__file__).parents[2]
LAYERS = ("domain", "projections", "service")
WARM_UPS = WALKS = 5
#: Where the loop of the projector is, and was before the rooms.
_PROJECTORS = ("service.projector.follower", "service.follower.steps")
_IN_ANOTHER = {"<listcomp>", "<dictcomp>", "<setcomp>", "<genexpr>"}
_PAUSES = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
_QUESTION = "/v1/realisation?period=2021-I"


class Function(NamedTuple):
    """A function of ours: `service.log.writer`, `Writer.put`."""

    module: str
    name: str

    @property
    def room(self) -> str:
        """Where it lies."""
        layer, *rest = self.module.split(".")
        return f"{layer}.{rest[0]}" if layer == "service" and len(rest) > 1 else layer


class Tracer:
    """Sees the calls of all threads that were started since it was installed, while it is on."""

    def __init__(self) -> None:
        self._known: dict[CodeType, Function | None] = {}
        self._walk: Counter[Function] | None = None

    def install(self) -> None:
        """Before anything starts a thread."""
        threading.setprofile(self._see)
        sys.setprofile(self._see)

    def begin(self) -> None:
        """See from here."""
        self._walk = Counter()

    def end(self) -> Counter[Function]:
        """Calls by function, in the order of the first, since the beginning."""
        walk, self._walk = self._walk, None
        assert walk is not None
        return walk

    def _see(self, frame: FrameType, event: str, _argument: object) -> None:
        walk = self._walk
        if walk is None or event != "call":
            return
        code = frame.f_code
        try:
            function = self._known[code]
        except KeyError:
            function = self._known[code] = _ours(code)
        if function is not None and not _goes_on(frame):
            walk[function] += 1


def _ours(code: CodeType) -> Function | None:
    path = Path(code.co_filename)
    if not path.is_relative_to(ROOT) or code.co_name in _IN_ANOTHER:
        return None
    parts = path.relative_to(ROOT).with_suffix("").parts
    return Function(".".join(parts).removesuffix(".__init__"), code.co_qualname) if parts[0] in LAYERS else None


def _goes_on(frame: FrameType) -> bool:
    """Whether a generator or coroutine goes on, rather than that it is begun: the RESUME it is at says which."""
    code = frame.f_code
    return bool(code.co_flags & _PAUSES) and code.co_code[frame.f_lasti + 1] != 0


def in_all(walks: Sequence[Counter[Function]]) -> Counter[Function]:
    """What every walk had, as often as each had it, in the order of the last."""
    *others, last = walks
    return Counter(
        {
            function: min(walk[function] for walk in walks)
            for function in last
            if all(function in walk for walk in others)
        }
    )


def changes_of_room(functions: Sequence[Function]) -> int:
    """How often the next is elsewhere."""
    return sum(one.room != next_one.room for one, next_one in pairwise(functions))


class Turns:
    """What the projector asks before each turn, whether to stop: it waits here until it is let go, for one turn."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer
        self._go, self._gone = threading.Semaphore(0), threading.Semaphore(0)
        self._walking = self.stopped = False
        self.walk: Counter[Function] = Counter()

    def __call__(self) -> bool:
        if self._walking:
            self.walk, self._walking = self._tracer.end(), False
            self._gone.release()
        if not self.stopped:
            self._go.acquire()
        if not self.stopped:
            self._walking = True
            self._tracer.begin()
        return self.stopped

    def turn(self) -> Counter[Function]:
        """One turn; what it called."""
        self._go.release()
        self._gone.acquire()
        return self.walk

    def stop(self) -> None:
        """No further turn."""
        self.stopped = True
        self._go.release()


def walks(tracer: Tracer) -> dict[str, Counter[Function]]:
    """The three walks, by name."""
    from tests.api.service_under_test import serving
    from tests.benchmarks.stores import Stores
    from tests.posts import permit

    def post(service: Any, count: int) -> None:
        answer = service.post(permit(f"p-{count}", f"28765{10_000 + count}"))
        assert answer.status_code == 201, answer.text

    def ask(service: Any, of: str = _QUESTION) -> None:
        answer = service.request("GET", of)
        assert answer.status_code == 200, answer.text

    def walked(work: Callable[..., None], *arguments: Any) -> Counter[Function]:
        tracer.begin()
        work(*arguments)
        return tracer.end()

    with tempfile.TemporaryDirectory(prefix="ketenspoor-walks-") as directory:
        url = Stores(Path(directory)).new("sqlite")
        with serving(url) as service:
            turns = Turns(tracer)
            projector = threading.Thread(target=_projector(), args=(service.context.engine, turns), daemon=True)
            projector.start()
            found: dict[str, list[Counter[Function]]] = {"POST": [], "GET": [], "projection": []}
            for count in range(WARM_UPS + WALKS):
                post_walk = walked(post, service, count)
                turn_walk = turns.turn()
                # So that the copy has come as far; of another day, or the table were kept that is to be worked out.
                ask(service, f"{_QUESTION}&validOn=2021-06-29")
                get_walk = walked(ask, service)
                if count >= WARM_UPS:
                    found["POST"].append(post_walk)
                    found["GET"].append(get_walk)
                    found["projection"].append(turn_walk)
            turns.stop()
            projector.join()
    return {name: in_all(some) for name, some in found.items()}


def _projector() -> Callable[..., None]:
    for name in _PROJECTORS:
        try:
            run: Callable[..., None] = import_module(name).run
        except ModuleNotFoundError:
            continue
        return run
    raise SystemExit("the loop of the projector is elsewhere: say where in _PROJECTORS")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the walks."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.walks", description=__doc__)
    parser.add_argument("--list", action="store_true", help="the functions too, in the order in which they are called")
    asked = parser.parse_args(arguments)
    tracer = Tracer()
    tracer.install()
    screen = Console(highlight=False, soft_wrap=True)
    for name, walk in walks(tracer).items():
        modules = {function.module for function in walk}
        screen.print(
            f"{name}: {len(walk)} functions, {len(modules)} modules, {changes_of_room(list(walk))} changes of room, "
            f"{walk.total()} calls"
        )
        if asked.list:
            for function, calls in walk.items():
                screen.print(f"  {function.module} {function.name}" + (f" ({calls} times)" if calls > 1 else ""))


if __name__ == "__main__":
    main()
