"""The pages that are made from the code: the description of the API, and who may do what."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from service.cli.terminal import console
from service.http.documentation import access_rules
from service.http.openapi import specification

_STANDARD_OUTPUT = Path("-")
_Target = Annotated[Path, typer.Argument(help="The file to write; `-` prints to standard output.")]


def openapi(file: _Target = Path("openapi/openapi.json")) -> None:
    """Write the OpenAPI document of this version; without a FILE the committed one."""
    _write(file, specification.text())


def rules(file: _Target = Path("docs/who-may-what.md")) -> None:
    """Write who may do what, every operation with every role, as Markdown; without a FILE the committed page."""
    _write(file, access_rules.text())


def _write(file: Path, text: str) -> None:
    if file == _STANDARD_OUTPUT:
        sys.stdout.write(text)
        return
    file.write_text(text, encoding="utf-8", newline="\n")
    console.print(f"{file} is written", markup=False, soft_wrap=True)
