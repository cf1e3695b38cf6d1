"""The benchmark itself, with hardly any work: it must not rot between the days on which it is run."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from tests.benchmarks import bench
from tests.benchmarks.measuring import Row, at_least, at_most, value_at_most

_SHARE = 0.0005


def test_rows_are_measured_against_their_references_and_kept_beside_those_of_before(
    tmp_path: Path, postgres_url: str
) -> None:
    results = tmp_path / "bench.json"
    before = {**Row("kept", "MB", [1.0]).told(), "group": "soak"}
    results.write_text(json.dumps([before]))

    assert bench.measure(["follower", "batch"], _SHARE, 1, results, postgres_url) == []

    rows = bench.known(results)
    assert [row["group"] for row in rows] == ["batch", "batch", "follower", "soak"]
    assert rows.pop() == before
    for row in rows:
        assert row.keys() >= {"row", "value", "reference", "ratio", "aim", "met"}
        assert isinstance(row["value"], float) and row["value"] > 0
        assert isinstance(row["ratio"], float) and row["ratio"] > 0


def test_the_table_tells_every_row_with_its_ratio_and_whether_the_aim_is_met() -> None:
    rows = [
        Row("posts", "events/s", [900.0, 1_100.0, 1_000.0], [2_000.0, 4_000.0], "a limit", [at_least(0.35)]).told(),
        Row("memory", "MB", [251.0], aims=[value_at_most(250)], note="while it was busy").told(),
        Row("kills", "events", [0.0], aims=[value_at_most(0)]).told(),
        Row("nothing aimed at", "events/s", [5.0]).told(),
    ]
    assert [(row["value"], row["reference"], row["ratio"], row["aim"], row["met"]) for row in rows] == [
        (1_000.0, 3_000.0, 0.3333, "ratio ≥ 0.35", False),
        (251.0, None, None, "value ≤ 250", False),
        (0.0, None, None, "value ≤ 0", True),
        (5.0, None, None, None, None),
    ]
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(bench.table(rows))
    text = console.export_text()
    assert "3,000 (a limit)" in text and "0.33" in text and "while it was busy" in text


@pytest.mark.parametrize(("ratio", "met"), [(1.29, True), (1.31, False)])
def test_an_aim_of_at_most_is_met_up_to_its_bound(ratio: float, met: bool) -> None:
    assert Row("cost", "µs", [100 * ratio], [100.0], aims=[at_most(1.3)]).met is met
