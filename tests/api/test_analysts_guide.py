"""The page for analysts: every example on it runs, against a real service on PostgreSQL and real exports."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import openpyxl
import pytest
from sqlalchemy import text

from service.intake.cloudevents import ONE
from service.storage.database import connect, reading
from tests.api.reports import ENSCHEDE
from tests.api.test_figures_export import HENGELO, events
from tests.processes import DEADLINE, Served, environment, served, until

PAGE = (Path(__file__).parents[2] / "docs" / "analysts.md").read_text(encoding="utf-8")
ADDRESS = "http://127.0.0.1:8000"
REALISED = {ENSCHEDE: 3, HENGELO: 5}
#: For machines that have no curl: as much of it as the page uses.
CURL = """
import sys, httpx
options, headers, output = sys.argv[1:], {}, None
while options:
    match options.pop(0):
        case "--silent" | "--fail": pass
        case "--output": output = options.pop(0)
        case "--header": headers.update([options.pop(0).split(": ", 1)])
        case url: answer = httpx.get(url, headers=headers)
answer.raise_for_status()
open(output, "wb").write(answer.content) if output else sys.stdout.buffer.write(answer.content)
"""


class Example(NamedTuple):
    """A fenced block, and what it printed or found."""

    language: str
    code: str
    told: Any


def blocks() -> list[tuple[str, str]]:
    return re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def service(shared_postgresql_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service whose follower has come to the end of a small log."""
    log = tmp_path_factory.mktemp("served") / "log"
    with served(environment(shared_postgresql_url), log) as running:
        # Each by itself, so that the positions on the page lie between commits.
        for event in events():
            posted = httpx.post(f"{running.address}/v1/events", json=event, headers={"Content-Type": ONE})
            assert posted.status_code == 201, posted.text
        last = len(list(events()))
        asked = f"{running.address}/v1/figures/realisation?period=2021-II&minPosition={last}"
        until(lambda: httpx.get(asked, timeout=DEADLINE).status_code == 200, "the figures are there")
        yield running


@pytest.fixture(scope="module")
def examples(service: Served, shared_postgresql_url: str, tmp_path_factory: pytest.TempPathFactory) -> list[Example]:
    """Every example of the page, run in its order in one directory, which the last of them is about."""
    place = tmp_path_factory.mktemp("analyst")
    programs = tmp_path_factory.mktemp("programs")
    if shutil.which("curl") is None:
        (programs / "curl").write_text(f"#!{sys.executable}\n{CURL}")
        (programs / "curl").chmod(0o755)
    env = environment(shared_postgresql_url)
    env["PATH"] = f"{programs}:{Path(sys.executable).parent}:{env['PATH']}"
    found = []
    for language, code in blocks():
        match language:
            case "sh":
                told: Any = run(["sh", "-euc", code.replace(ADDRESS, service.address)], place, env)
            case "python":
                told = run([sys.executable, "-W", "error", "-c", code], place, env)
            case "sql":
                told = asked_as_an_analyst(shared_postgresql_url, code)
        found.append(Example(language, code, told))
    return [*found, Example("directory", "", place)]


def run(command: list[str], place: Path, env: dict[str, str]) -> str:
    done = subprocess.run(command, cwd=place, env=env, capture_output=True, text=True, timeout=DEADLINE, check=False)
    assert done.returncode == 0, f"{command[-1]}\n{done.stdout}{done.stderr}"
    return done.stdout


def asked_as_an_analyst(url: str, statement: str) -> list[tuple[Any, ...]]:
    engine = connect(url)
    with reading(engine) as connection:
        connection.execute(text("SET LOCAL ROLE ketenspoor_analyst"))
        found = [tuple(row) for row in connection.execute(text(statement))]
    engine.dispose()
    return found


def of(examples: list[Example], language: str, part: str) -> list[Any]:
    """What the examples with this part in them told."""
    found = [example.told for example in examples if example.language == language and part in example.code]
    assert found, part
    return found


def test_the_page_has_examples_of_every_kind() -> None:
    languages = [language for language, _ in blocks()]

    assert {"sh", "python", "sql"} == set(languages)
    assert PAGE.count("\n```") == 2 * (len(languages) + 1)  # and what an administrator runs


def test_every_example_tells_something(examples: list[Example]) -> None:
    for example in examples:
        # What is written to files is looked at below.
        if "--output" not in example.code and "ketenspoor export" not in example.code:
            assert example.told, example.code


def test_the_answers_are_those_of_the_tables(examples: list[Example]) -> None:
    (catalogue,) = of(examples, "sh", "/v1/figures\n")
    assert "realisation" in [one["figure"] for one in json.loads(catalogue)["items"]]
    by_municipality = next(
        json.loads(told) for told in of(examples, "sh", "groupBy=municipality") if told.startswith("{")
    )
    assert {one["code"]: one["realised"] for one in by_municipality["items"] if one["realised"]} == REALISED
    (as_known_then,) = of(examples, "sh", "atPosition=20")
    assert json.loads(as_known_then)["position"] == 20


def test_an_explanation_adds_up_and_a_change_report_too(examples: list[Example]) -> None:
    (explained,), (changed,) = of(examples, "sh", "_explanation"), of(examples, "sh", "_changes")
    cell, report = json.loads(explained), json.loads(changed)

    assert sum(part["adds"] for part in cell["parts"]) == sum(REALISED.values())
    assert (report["then"], report["now"], report["difference"]) == (4, 8, 4)


def test_the_files_hold_the_same_numbers(examples: list[Example]) -> None:
    (place,) = of(examples, "directory", "")
    with (place / "realisation.csv").open(encoding="utf-8", newline="") as file:
        names = {row["code"]: int(row["realised"]) for row in csv.DictReader(file)}
    with (place / "gerealiseerd.csv").open(encoding="utf-8-sig", newline="") as file:
        dutch = {row["Code"]: int(row["Realisatie"]) for row in csv.DictReader(file, delimiter=";")}
    head, *body = openpyxl.load_workbook(place / "realisation.xlsx").worksheets[0].values
    workbook = {row[head.index("Code")]: row[head.index("Realisatie")] for row in body}

    assert names == dutch == workbook
    assert {code: persons for code, persons in names.items() if persons} == REALISED


@pytest.mark.parametrize("library", ["duckdb.sql(", ".df()", "polars.scan_parquet"])
def test_every_library_reads_the_export_alike(examples: list[Example], library: str) -> None:
    found = [told for told in of(examples, "python", library) if "2021-II" in told]

    assert found
    # The quota, who was housed of it, and what remains of the country.
    assert all(re.search(r"2021-II\D+10000\D+8\D+9992\D+2022-I\D", told) for told in found), found


def test_the_digests_are_those_of_the_manifest(examples: list[Example]) -> None:
    (told,) = of(examples, "python", "hashlib")

    assert re.fullmatch(r"\d+ files of position 49, rounded-to-5\n", told)


def test_sql_and_an_exact_export_tell_the_same(examples: list[Example]) -> None:
    for told in of(examples, "sql", "FROM analysis.housings"):
        assert dict(told) == REALISED
    (exported,) = of(examples, "python", "exactly/state-tables")
    assert dict(re.findall(r"(GM\d{4})\D+(\d+)", exported)) == {code: str(count) for code, count in REALISED.items()}
    (positions,) = of(examples, "sql", "analysis.positions")
    assert {(name, position) for name, position, _ in positions} == {
        (name, 49)
        for name in (
            *("phases", "housings", "permits", "links", "reception", "offers", "quota", "areas", "reference"),
            *("documents", "causes", "norm_sets"),
            *("referents", "arrivals", "stays", "minors"),
            *("integration", "findings"),
        )
    }
