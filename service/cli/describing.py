"""The pages that are made from the code: the description of the API, who may do what, the tables of figures."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from service.cli.terminal import Failed, console
from service.demo import figure_pages
from service.demo.server import DemonstrationFailed
from service.http.documentation import access_rules
from service.http.openapi import specification

_STANDARD_OUTPUT = Path("-")
_Target = Annotated[Path, typer.Argument(help="The file to write; `-` prints to standard output.")]
_Directory = Annotated[Path, typer.Argument(help="Where the pages are, and the history that they answer to.")]


def openapi(file: _Target = Path("openapi/openapi.json")) -> None:
    """Write the OpenAPI document of this version; without a FILE the committed one."""
    _write(file, specification.text())


def rules(file: _Target = Path("docs/who-may-what.md")) -> None:
    """Write who may do what, every operation with every role, as Markdown; without a FILE the committed page."""
    _write(file, access_rules.text())


def figures(directory: _Directory = Path("docs/figures")) -> None:
    """Write a page for every table of figures, with an answer to the history in DIRECTORY; without one the committed.

    Pages of tables that are no more are taken away.
    """
    history = directory / figure_pages.HISTORY
    if not history.is_file():
        raise typer.BadParameter(f"there is no {history}, the history that the pages answer to")
    try:
        written = figure_pages.pages(history.read_bytes())
    except DemonstrationFailed as fault:
        raise Failed(str(fault)) from None
    for page in directory.glob("*.md"):
        if page.name not in written and figure_pages.is_page(page.name, page.read_text("utf-8", "replace")):
            page.unlink()
    for name, text in written.items():
        _write(directory / name, text)


def _write(file: Path, text: str) -> None:
    if file == _STANDARD_OUTPUT:
        sys.stdout.write(text)
        return
    file.write_text(text, encoding="utf-8", newline="\n")
    console.print(f"{file} is written", markup=False, soft_wrap=True)
