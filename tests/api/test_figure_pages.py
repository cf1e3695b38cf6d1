"""The pages of the tables of figures: as they are committed, and each with an answer that says something."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from projections.figures import FIGURES
from service.demo import figure_pages
from service.demo.server import DemonstrationFailed
from tests.api.at_once import Command, refused

FOLDER = Path(__file__).parents[2] / "docs" / "figures"
HISTORY = FOLDER / figure_pages.HISTORY


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return figure_pages.pages(HISTORY.read_bytes())


def answer(page: str) -> Any:
    """The answer that stands on a page."""
    return json.loads(page.partition("```json\n")[2].partition("```")[0])


def test_the_pages_are_those_that_are_committed(pages: dict[str, str]) -> None:
    assert {page.name: page.read_text("utf-8") for page in FOLDER.glob("*.md")} == pages


def test_there_is_a_page_for_every_table_and_the_index_links_to_each(pages: dict[str, str]) -> None:
    assert [*pages] == ["README.md", *(f"{name}.md" for name in FIGURES)]
    assert all(f"[{name}]({name}.md)" in pages["README.md"] for name in FIGURES)


@pytest.mark.parametrize("name", FIGURES)
def test_a_page_says_everything_that_is_declared_in_both_languages(pages: dict[str, str], name: str) -> None:
    figure, page = FIGURES[name], pages[f"{name}.md"]
    words = [figure.title, figure.definition, figure.counts, *(one.words for one in figure.parameters)]
    words += [*(one.label for one in figure.dimensions), *(one.label for one in figure.columns)]
    names = {one.name for one in figure.parameters} | {one.name for one in figure.dimensions}
    names |= {one.name for one in figure.columns}

    assert all(text in page for each in words for text in each)
    assert all(f"`{name}`" in page for name in names)
    assert all(f"Q{number}" in page for number in figure.questions)


@pytest.mark.parametrize("name", FIGURES)
def test_the_answer_of_a_page_has_rows_and_numbers_in_them(pages: dict[str, str], name: str) -> None:
    figure, items = FIGURES[name], answer(pages[f"{name}.md"])["items"]

    assert 0 < len(items) <= 40
    assert any(row[column.name] for row in items for column in figure.columns)


def test_a_history_that_the_service_refuses_is_told(tmp_path: Path, at_once: Command) -> None:
    with pytest.raises(DemonstrationFailed, match="does not take the events"):
        figure_pages.pages(HISTORY.read_bytes().replace(b"GM0344", b"GM9999"))

    (tmp_path / figure_pages.HISTORY).write_bytes(b"{}\n")
    assert "does not take the events" in refused(at_once("figures", str(tmp_path), env={}))


def test_the_command_writes_the_pages_and_takes_away_those_of_no_table(tmp_path: Path, at_once: Command) -> None:
    (tmp_path / figure_pages.HISTORY).write_bytes(HISTORY.read_bytes())
    (tmp_path / "of-no-table.md").write_text(
        (FOLDER / "bonus.md").read_text("utf-8").replace("`bonus`", "`of-no-table`")
    )
    (tmp_path / "notes.md").write_text("mine")
    done = at_once("figures", str(tmp_path), env={})

    assert (done.returncode, done.stdout) == (0, "")
    assert f"{tmp_path / 'bonus.md'} is written" in done.stderr
    assert {page.name: page.read_bytes() for page in tmp_path.iterdir()} == {
        "notes.md": b"mine",
        **{page.name: page.read_bytes() for page in FOLDER.iterdir()},
    }


def test_a_folder_without_a_history_is_refused_and_left_as_it_is(tmp_path: Path, at_once: Command) -> None:
    (tmp_path / "notes.md").write_text("mine")
    done = at_once("figures", str(tmp_path), env={})

    assert done.returncode == 2
    assert "history.ndjson" in done.stderr.replace("\n", "")
    assert [page.name for page in tmp_path.iterdir()] == ["notes.md"]


def test_a_page_promises_nobody_a_row_that_the_table_does_not_have(pages: dict[str, str]) -> None:
    promised = {
        name: pages[f"{name}.md"].partition("## Who may see it")[2].partition("## Request")[0] for name in FIGURES
    }

    assert "province, municipality: their own exactly" in promised["expected"]
    assert "municipality: their own;" in promised["expected"]
    # Of provinces and the country.
    assert "their own" not in promised["offset"]
    # Of the country alone.
    assert "their own" not in promised["reception"]
    assert "cbs, province, municipality, intermediary, analyst, administrator: rounded;" in promised["reception"]
    # Without journeys.
    assert "- Why a cell is so: everybody, exactly." in promised["transfers"]
