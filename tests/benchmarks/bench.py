"""How fast is Ketenspoor, in parts of what the hardware and the database can do? One table, and build/bench.json.

    python -m tests.benchmarks.bench [--quick | --share 0.02] [--only batch,single] [--runs N]

Real servers on real databases, driven from another process; references run in turn with what is measured, so that
whatever else the machine does hits both. An aim that is missed is told, and does not fail the command.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from tests.benchmarks import doors, following, ingest, known_now, large, lasting, pages
from tests.benchmarks.measuring import Row
from tests.benchmarks.room import Room
from tests.benchmarks.stores import stores

RESULTS, QUICK_RESULTS = Path("build/bench.json"), Path("build/bench-quick.json")
Rows = Callable[[Room], Iterator[Row]]
#: In this order: the log over many years only grows.
GROUPS: Mapping[str, Rows] = {
    "batch": ingest.batch,
    "batch-sqlite": ingest.batch_sqlite,
    "ndjson": ingest.ndjson,
    "single": ingest.single,
    "workers": ingest.workers,
    "known-now": known_now.known_now,
    "follower": following.follower,
    "freshness": following.freshness,
    "rebuild": large.rebuild,
    "figures": large.figures,
    "pages": pages.pages,
    "doors": doors.doors,
    "cost": large.cost,
    # After all rows whose servers it looks at.
    "memory": ingest.memory_under_load,
    "crashes": lasting.crashes,
    "soak": lasting.soak,
}
#: Ten minutes of waiting, and many starts of servers for rows that have no aim.
_NOT_QUICK = {"soak", "workers"}
_QUICK = 0.1
_console = Console(stderr=True)


def main() -> None:
    """Measure, print the table, keep the results beside those of rows that were not measured now."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tenth of the work, without what takes long")
    parser.add_argument("--share", type=float, default=1.0, help="which part of the work, such as 0.02")
    parser.add_argument("--only", help=f"some rows, with commas between them: {', '.join(GROUPS)}")
    parser.add_argument("--runs", type=int, default=3, help="how often each row is measured")
    parser.add_argument("--results", type=Path, help=f"where results are kept ({RESULTS}, {QUICK_RESULTS})")
    given = parser.parse_args()
    chosen = (
        given.only.split(",") if given.only else [name for name in GROUPS if not given.quick or name not in _NOT_QUICK]
    )
    if unknown := set(chosen) - GROUPS.keys():
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    results = given.results or (QUICK_RESULTS if given.quick else RESULTS)
    failed = measure(chosen, _QUICK if given.quick else given.share, given.runs, results)
    Console(width=200).print(table(known(results)))
    if failed:
        raise SystemExit(f"not measured, because something failed: {', '.join(failed)}")


def measure(chosen: Sequence[str], share: float, runs: int, results: Path, server: str | None = None) -> list[str]:
    """Measure some groups of rows and keep what was found; the groups in which something failed.

    `server`: a PostgreSQL server to do it on, else one is started.
    """
    failed = []
    with stores(server) as databases:
        room = Room(databases, share, runs, _told)
        if "cost" in chosen:
            room.history.keep(large.sizes_of_cost(room))
        machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
        conditions = f"{machine}; PostgreSQL {databases.durability()}"
        _told(conditions)
        for name in [name for name in GROUPS if name in chosen]:
            began = time.perf_counter()
            try:
                found = list(GROUPS[name](room))
            except Exception:  # noqa: BLE001 - told at once, and again at the end; the others are measured all the same
                _console.print_exception()
                failed.append(name)
                continue
            rows = [{**row.told(), "group": name, "share": share, "conditions": conditions} for row in found]
            _told(f"{name} took {time.perf_counter() - began:.0f} s")
            _keep(name, rows, results)
    return failed


def known(results: Path) -> list[dict[str, Any]]:
    """All rows in a file of results, in the order of the table."""
    rows: list[dict[str, Any]] = json.loads(results.read_text()) if results.exists() else []
    order = list(GROUPS)
    return sorted(rows, key=lambda row: order.index(row["group"]))


def _keep(group: str, rows: list[dict[str, Any]], results: Path) -> None:
    """In the file, instead of what this group had there; written after each group, since the whole takes long."""
    kept = [row for row in known(results) if row["group"] != group] + rows
    results.parent.mkdir(parents=True, exist_ok=True)
    results.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n")


def table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """What stands in the file of results, to be read."""
    shown = Table("row", "value", "reference", "ratio", "aim", "met", box=box.SIMPLE, title="make bench")
    for column in shown.columns[1:4]:
        column.justify = "right"
    for row in rows:
        reference = "" if row["reference"] is None else f"{_number(row['reference'])} ({row['against']})"
        met = {True: "yes", False: "NO", None: ""}[row["met"]]
        ratio = "" if row["ratio"] is None else f"{row['ratio']:.2f}"
        name = f"{row['row']}\n  [dim]{row['note']}[/]" if row["note"] else str(row["row"])
        shown.add_row(name, f"{_number(row['value'])} {row['unit']}", reference, ratio, str(row["aim"] or ""), met)
    return shown


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"


def _told(what: str) -> None:
    _console.print(f"[dim]{time.strftime('%H:%M:%S')}[/] {what}", highlight=False)


if __name__ == "__main__":
    main()
