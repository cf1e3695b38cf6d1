"""Kill the service, PostgreSQL or a primary at random moments under load, and count what that cost.

`python -m tests.benchmarks.kills --kills 50` prints what came of it; `make bench` and the tests call the functions.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import migrations
from service.storage.database import connect
from tests.benchmarks.campaign import Campaign, Kinds, Post, Toll
from tests.clusters import Cluster, clusters
from tests.processes import until


def kill_servers(database_url: str, kills: int, seed: int, directory: Path, pause: float = 0.0) -> Toll:
    """Kill the server, its follower or both, on a migrated, empty database of either engine."""
    campaign = Campaign(seed, Post(database_url, directory), pause)
    try:
        campaign.begin()
        campaign.strike_often(_of_service(campaign), (6, 2, 2), kills)
        return campaign.end()
    finally:
        campaign.post.service.end()


def kill_workers(database_url: str, kills: int, seed: int, directory: Path, pause: float = 0.0) -> Toll:
    """Kill one of two servers behind one port, their follower, or what started them, on a PostgreSQL database."""
    campaign = Campaign(seed, Post(database_url, directory, workers="2"), pause)
    post = campaign.post
    every: Kinds = {
        "worker": (post.kill_worker, post.worker_again),
        "follower": (post.kill_follower, lambda: None),
        "parent": (post.kill, post.start_again),
    }
    try:
        campaign.begin()
        campaign.strike_often(every, (6, 2, 2), kills)
        return campaign.end()
    finally:
        post.service.end()


def kill_postgresql(kills: int, seed: int, directory: Path) -> Toll:
    """Kill a cluster, one of its backends, or cluster and service; a service that is left goes on by itself."""
    with clusters() as room:
        cluster = room.new()
        _migrate(cluster.url)
        campaign = Campaign(seed, Post(cluster.url, directory))
        try:
            campaign.begin()
            campaign.strike_often(_of_cluster(campaign, cluster), (6, 3, 1), kills)
            return campaign.end()
        finally:
            campaign.post.service.end()


def fail_over(times: int, seed: int, directory: Path, kills: int = 2) -> Toll:
    """Kill the primary of a synchronous pair and promote the other, again and again; before each, so many other kills.

    The service knows both addresses and carries on by itself; every other time it is killed with the primary, and the
    senders go on at another address.
    """
    with clusters() as room:
        primary = room.new()
        _migrate(primary.url)
        standby = room.standby_of(primary)
        hosts = "&".join(f"host=127.0.0.1:{one.port}" for one in (primary, standby))
        url = f"postgresql://ketenspoor@/postgres?{hosts}&target_session_attrs=read-write"
        campaign = Campaign(seed, Post(url, directory))
        try:
            campaign.begin()
            for nth in range(times):
                if nth:
                    # What was the primary is made anew from the one that took over, on its old address.
                    primary, standby = standby, room.standby_of(standby, port=primary.port)
                campaign.strike_often(_of_cluster(campaign, primary), (5, 3, 2), kills)
                _fail_once(campaign, primary, standby, move=nth % 2 == 1)
            return campaign.end()
        finally:
            campaign.post.service.end()


def _of_service(campaign: Campaign) -> Kinds:
    post = campaign.post
    return {
        "server": (post.kill, post.start),
        "server and follower": (post.kill_all, post.start),
        "follower": (post.kill_follower, lambda: None),
    }


def _of_cluster(campaign: Campaign, cluster: Cluster) -> Kinds:
    post = campaign.post

    def kill_machine() -> None:
        cluster.kill()
        post.kill_all()

    def start_machine() -> None:
        cluster.start()
        post.start()

    def kill_backend() -> None:
        cluster.kill_backend(campaign.random)

    return {
        "cluster": (cluster.kill, cluster.start),
        "backend": (kill_backend, lambda: until(cluster.answers, "PostgreSQL has recovered")),
        "cluster and service": (kill_machine, start_machine),
    }


def _fail_once(campaign: Campaign, primary: Cluster, standby: Cluster, *, move: bool) -> None:
    before = campaign.post

    def kill() -> None:
        primary.kill()
        if move:
            before.kill_all()

    def mend() -> None:
        standby.promote()
        if move:
            campaign.post = Post(before.database_url, Path(before.env["KETENSPOOR_CHECKPOINT_DIR"]).parent)

    campaign.strike("primary and service" if move else "primary", kill, mend)


def _migrate(url: str) -> None:
    engine = connect(url)
    migrations.upgrade(engine)
    engine.dispose()


def main() -> None:
    """Every kind, each in a directory of its own."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--kills", type=int, default=50, help="how many of each kind")
    given.add_argument("--failovers", type=int, default=6)
    given.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    given.add_argument("--only", choices=["sqlite", "server", "workers", "postgresql", "failover"])
    asked = given.parse_args()
    # Whoever ends this ends what it started.
    signal.signal(signal.SIGTERM, lambda _signal, _frame: sys.exit(1))
    sys.stdout.write(f"seed {asked.seed}\n")

    def on_sqlite(room: Path) -> Toll:
        url = f"sqlite:///{room / 'ketenspoor.db'}"
        _migrate(url)
        return kill_servers(url, asked.kills, asked.seed, room)

    def on_postgresql(room: Path) -> Toll:
        with clusters() as made:
            url = made.new().url
            _migrate(url)
            return kill_servers(url, asked.kills, asked.seed, room)

    def of_workers(room: Path) -> Toll:
        with clusters() as made:
            url = made.new().url
            _migrate(url)
            return kill_workers(url, asked.kills, asked.seed, room)

    runs: dict[str, Callable[[Path], Toll]] = {
        "sqlite": on_sqlite,
        "server": on_postgresql,
        "workers": of_workers,
        "postgresql": lambda room: kill_postgresql(asked.kills, asked.seed, room),
        "failover": lambda room: fail_over(asked.failovers, asked.seed, room),
    }
    bad = False
    for name, run in runs.items():
        if asked.only in (None, name):
            with tempfile.TemporaryDirectory(prefix="ketenspoor-kills-") as room:
                toll = run(Path(room))
            bad |= not toll.clean()
            sys.stdout.write(f"{name}: {json.dumps(toll.told(), indent=1)}\n")
    sys.exit(bad)


if __name__ == "__main__":
    main()
