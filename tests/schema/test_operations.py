"""What the page for operators says is so: its metrics, commands, settings, probes and log fields."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import yaml

from service.foundation.log_lines import Request
from service.foundation.organisations import development
from service.foundation.settings import Settings
from service.http.server.server import UNDER_WAY_SECONDS
from service.operations.health import Health
from service.operations.metrics import MEANINGS, Metrics, health_metrics
from service.operations.probes import CHECKS, QUIET

PAGE = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()
NOW = datetime(2022, 7, 15, 10, 0, tzinfo=UTC)


def counted() -> dict[str, str]:
    """The metrics that a process counts, by the name under which they are exposed, and their kind."""
    ends = {"counter": "_total", "info": "_info"}
    return {
        f"{family.name}{ends.get(family.type, '')}": family.type
        for family in Metrics(development).collect()
        if family.name.startswith("ketenspoor")
    }


def rows(heading: str) -> list[str]:
    """The first cells of the first table under a heading."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"^\| (`[^|]+`) \|", section, re.MULTILINE)


def test_every_metric_is_described_and_every_described_one_exists():
    described = [name.strip("`") for name in rows("Watching")]

    assert sorted(described) == sorted([*counted(), *MEANINGS])


def test_every_metric_with_a_meaning_is_exposed():
    health = Health(5, NOW, "view_a", (), None, 3, NOW, NOW, 4, 1)
    exposed = {family.name for family in health_metrics(health, NOW, simulated=False)}

    assert exposed == set(MEANINGS)


def test_the_rules_for_alerts_are_of_metrics_that_exist():
    (block,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    rules = [rule for group in yaml.safe_load(block)["groups"] for rule in group["rules"]]
    named = {name for rule in rules for name in re.findall(r"ketenspoor_[a-z_]+", rule["expr"])}
    buckets = {f"{name}_bucket" for name, kind in counted().items() if kind == "histogram"}

    assert len(rules) > 5
    assert named - {*counted(), *MEANINGS, *buckets} == set()


def test_the_settings_it_names_exist():
    named = set(re.findall(r"KETENSPOOR_[A-Z_]+", PAGE))

    assert named - {f"KETENSPOOR_{name.upper()}" for name in Settings.model_fields} == set()


def test_the_probes_are_those_there_are():
    assert {f"`GET {address}`" for address in ("/livez", "/readyz")} <= set(rows("Probes"))
    assert set(QUIET) == {"/livez", "/readyz", "/metrics"}
    assert all(f"`{check}`" in PAGE for check in CHECKS)


def test_the_fields_of_a_request_are_described():
    fields = {field.encode_name for field in msgspec.structs.fields(Request)}

    assert [field for field in fields if f"`{field}`" not in PAGE] == []


def test_the_time_for_what_is_under_way_is_the_one_it_says():
    assert f"answered ({UNDER_WAY_SECONDS} seconds at most)" in PAGE
