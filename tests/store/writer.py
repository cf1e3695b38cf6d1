"""A writer that does not hurry and sometimes changes its mind, for the tests of the order of commit."""

from __future__ import annotations

import random
import sys
import time
from uuid import UUID, uuid4

from sqlalchemy import Engine

from service.log.events import NewEvent
from service.log.recorder import EventRecorder
from service.storage.database import connect, writing


class ChangedItsMindError(Exception):
    """The transaction ends in a rollback."""


def write(engine: Engine, stream: UUID, version: int, events: int, pause: float, *, commits: bool) -> int:
    """One transaction: append some events, dawdle, and commit or roll back. Returns the version reached."""
    rows = [NewEvent(stream, version + n, "linked.v1", "{}") for n in range(1, events + 1)]
    try:
        with writing(engine) as connection:
            # Before the lock, where dawdling would let transactions overtake each other.
            time.sleep(pause)
            EventRecorder(connection).lock()
            EventRecorder(connection).insert_events(rows)
            time.sleep(pause)
            if not commits:
                raise ChangedItsMindError
    except ChangedItsMindError:
        return version
    return version + events


def main(url: str, seed: str, transactions: str) -> None:
    """As a process: print the stream written to and the number of events committed."""
    chance = random.Random(int(seed))
    engine = connect(url)
    stream, version = uuid4(), 0
    for _ in range(int(transactions)):
        version = write(
            engine, stream, version, chance.choice([1, 2, 40]), chance.uniform(0, 0.01), commits=chance.random() < 0.7
        )
    engine.dispose()
    sys.stdout.write(f"{stream} {version}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
