"""Kills at random moments while senders go on: the service that is killed, the blows, and the reckoning at the end."""

from __future__ import annotations

import os
import random
import signal
import statistics
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from service.storage.database import connect
from tests.clusters import lasting_port
from tests.pids import runs
from tests.processes import Served, environment, ketenspoor, until
from tests.senders import Company, Examined, company, examined

#: From a name to how something is killed and how it is mended.
Kinds = Mapping[str, tuple[Callable[[], None], Callable[[], None]]]
#: The longest that a kill waits after the last one was survived.
_MOST_SECONDS_BETWEEN = 0.7
#: For the projections, and then for `verify`, over all that fifty kills left behind; it only ends what hangs.
_RECKONING_SECONDS = 600.0


@dataclass
class Toll:
    """What a run of kills came to; `lost`, `doubled`, `moved` and `other` count events, and must be 0."""

    seed: int
    kills: Counter[str] = field(default_factory=Counter)
    events: int = 0
    acknowledged: int = 0
    lost: int = 0
    doubled: int = 0
    moved: int = 0
    other: int = 0
    #: What was answered wrongly, or does not verify, in words.
    faults: list[str] = field(default_factory=list)
    #: From each kill to the next acknowledgement.
    seconds: list[float] = field(default_factory=list)
    #: The longest that a sender was left without any answer.
    longest: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)

    def clean(self) -> bool:
        """Whether nothing was lost, doubled or otherwise wrong."""
        return not (self.lost or self.doubled or self.moved or self.other or self.faults)

    def told(self) -> dict[str, object]:
        """As figures."""
        return {
            "seed": self.seed,
            "kills": sum(self.kills.values()),
            "killed": dict(self.kills),
            "events": self.events,
            "acknowledged": self.acknowledged,
            "lost": self.lost,
            "doubled": self.doubled,
            "moved": self.moved,
            "other": self.other,
            "faults": self.faults[:5],
            "secondsToServeMedian": round(statistics.median(self.seconds), 2) if self.seconds else None,
            "secondsToServeMost": round(max(self.seconds), 2) if self.seconds else None,
            "longestRequest": round(self.longest, 2),
            "statuses": dict(sorted(self.statuses.items())),
        }


class Post:
    """A service that stands at one address, whatever process is behind it."""

    def __init__(self, database_url: str, directory: Path, **settings: str) -> None:
        checkpoints = directory / "checkpoints"
        checkpoints.mkdir(exist_ok=True)
        self.database_url = database_url
        self.env = environment(database_url, log_level="warning", checkpoint_dir=str(checkpoints), **settings)
        self._log = directory / "service.log"
        self._port = lasting_port()
        self.address = f"http://127.0.0.1:{self._port}"
        self.service = self._begin()

    def _begin(self) -> Served:
        return Served(self.env, self._log, self._port)

    def kill(self) -> None:
        """The server; its follower ends by itself when it notices."""
        self.service.kill()

    def kill_all(self) -> None:
        """The server and its follower."""
        followers = self.service.followers()
        self.service.kill()
        for follower in followers:
            _kill(follower)

    def kill_follower(self) -> None:
        for follower in self.service.followers():
            _kill(follower)

    def kill_worker(self) -> None:
        """One of several servers behind the port; the others go on."""
        until(self.service.workers, "there is one")
        self._killed = self.service.workers()[0]
        _kill(self._killed)

    def worker_again(self) -> None:
        """Wait until there are as many as before."""
        count = int(self.env["KETENSPOOR_WORKERS"])
        until(lambda: len({*self.service.workers()} - {self._killed}) == count, "another worker is started")

    def start(self) -> None:
        self.service = self._begin()

    def start_again(self) -> None:
        """Where several servers were: they leave the port by themselves when what started them is gone."""
        until(lambda: not any(map(runs, self.service.left)), "nobody is left behind")
        self.start()

    def ready(self) -> None:
        until(self.service.answers, "the service answers")

    def sign(self) -> None:
        """Have the log signed, with a copy outside; a service that is not there is not asked twice."""
        with suppress(httpx.TransportError):
            httpx.post(f"{self.address}/v1/log/checkpoint", timeout=30.0)

    def caught_up(self, position: int) -> bool:
        asked = f"{self.address}/v1/realisation?period=2021-I&groupBy=country&minPosition={position}"
        return httpx.get(asked, timeout=30.0).status_code == 200


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


class Campaign:
    """Kills at random moments while a company of senders goes on, and the reckoning at the end."""

    def __init__(self, seed: int, post: Post, pause: float = 0.0) -> None:
        """`pause`: seconds between two requests of a sender."""
        self.post = post
        self.toll = Toll(seed)
        self.random = random.Random(seed)
        self.company: Company = company(lambda: self.post.address, "kills", seed, size=4, pause=pause)

    def begin(self) -> None:
        self.post.ready()
        self.company.start()
        until(self.company.acknowledged, "the first acknowledgement")

    def strike(self, what: str, kill: Callable[[], None], mend: Callable[[], None]) -> None:
        """Kill at a random moment, mend, and wait until something is acknowledged again."""
        time.sleep(self.random.uniform(0.0, _MOST_SECONDS_BETWEEN))
        if self.random.random() < 0.2:
            self.post.sign()
        began = time.monotonic()
        kill()
        self.toll.kills[what] += 1
        mend()
        # What was acknowledged until here may be by who was left behind and finished what was under way.
        before = self.company.acknowledged()
        until(lambda: self.company.acknowledged() > before, f"the next acknowledgement after: {what}")
        self.toll.seconds.append(time.monotonic() - began)

    def strike_often(self, every: Kinds, weights: tuple[int, ...], kills: int) -> None:
        """So many kills, of each kind at least one as far as there is room, in random order."""
        drawn = [*every, *self.random.choices(list(every), weights, k=kills)][:kills]
        self.random.shuffle(drawn)
        for what in drawn:
            self.strike(what, *every[what])

    def end(self) -> Toll:
        """Let the senders finish, and hold everything against what they were told."""
        self.company.stop()
        toll = self.toll
        engine = connect(self.post.database_url)
        found = examined(engine, self.company.senders)
        engine.dispose()
        _count(toll, found)
        toll.faults += self.company.faults()
        toll.longest = max(sender.longest for sender in self.company.senders)
        for sender in self.company.senders:
            toll.statuses += sender.statuses
        until(lambda: self.post.caught_up(found.events), "the projections catch up", _RECKONING_SECONDS)
        self.post.sign()
        verified = ketenspoor("verify", "--processes", "1", env=self.post.env, seconds=_RECKONING_SECONDS)
        if verified.returncode:
            toll.faults.append(verified.stderr)
        if self.post.service.stop():
            toll.faults.append("the service did not stop as told")
        return toll


def _count(toll: Toll, found: Examined) -> None:
    toll.events, toll.acknowledged = found.events, found.acknowledged
    toll.lost, toll.doubled = len(found.lost), len(found.doubled)
    toll.moved, toll.other = len(found.moved), len(found.other)
    toll.faults += [*found.lost[:3], *found.doubled[:3], *found.moved[:3], *found.other[:3]]
