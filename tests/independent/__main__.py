"""Many histories: `python -m tests.independent --histories N [--seed S] [--engine sqlite|postgresql]`."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import migrations
from service.storage.database import connect
from tests.api.service_under_test import serving
from tests.independent.asking import compare
from tests.independent.clerk import NOW
from tests.independent.tables import TABLES
from tests.postgres import Server


@contextmanager
def _database(engine: str, folder: Path) -> Iterator[str]:
    if engine == "sqlite":
        url = f"sqlite:///{folder / 'ketenspoor.db'}"
        _migrate(url)
        yield url
        return
    server = Server(durable=False)
    try:
        _migrate(server.url)
        yield server.url
    finally:
        server.stop()


def _migrate(url: str) -> None:
    engine = connect(url)
    migrations.upgrade(engine)
    engine.dispose()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """Compare, print each difference as it is found, and at the end how many figures agreed."""
    parser = argparse.ArgumentParser(prog="python -m tests.independent", description=__doc__)
    parser.add_argument("--histories", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--questions", type=int, default=4, help="of each table, of each history")
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--table", action="append", choices=tuple(TABLES), help="only these tables")
    parser.add_argument("--shown", type=int, default=2, help="of the differences in each column")
    asked = parser.parse_args()
    agreed: Counter[str] = Counter()
    differed: Counter[str] = Counter()
    telling: Counter[tuple[str, str]] = Counter()
    alike: Counter[tuple[str, str]] = Counter()
    for seed in range(asked.seed, asked.seed + asked.histories):
        with (
            tempfile.TemporaryDirectory() as folder,
            _database(asked.engine, Path(folder)) as url,
            serving(url, NOW) as service,
        ):
            outcome = compare(service, seed, asked.questions, asked.table or tuple(TABLES))
        agreed.update(outcome.agreed)
        telling.update(outcome.telling)
        for one in outcome.differences:
            differed[one.table] += 1
            alike[one.table, one.column] += 1
            # The first few of a column tell what is wrong.
            if alike[one.table, one.column] <= asked.shown:
                _say(f"seed {seed}: {one}")
    for table in asked.table or TABLES:
        rare = {column: told for (of, column), told in telling.items() if of == table and told < asked.histories}
        _say(f"{table}: {agreed[table]} figures agreed, {differed[table]} did not; seldom other than 0: {rare}")
    alike_, not_alike = agreed.total(), differed.total()
    _say(f"{asked.histories} histories on {asked.engine}: {alike_} figures agreed, {not_alike} did not")
    return 1 if differed else 0


if __name__ == "__main__":
    sys.exit(main())
