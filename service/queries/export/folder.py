"""An export as a folder: its files, what they rest on, and their digests; there whole, or not at all."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from projections.figures import FIGURES
from service.foundation.answers import encoded
from service.foundation.version import VERSION
from service.queries.disclosure import Disclosure
from service.queries.export import File, figures, states
from service.queries.formats import parquet
from service.queries.question import Question

MANIFEST = "manifest.json"
#: Told how many files are there.
Progress = Callable[[int], None]


class NotEmpty(Exception):
    """An export is a folder of its own; the message says so."""


def export(question: Question, folder: Path, progress: Progress, *, exact: bool) -> dict[str, Any]:
    """Write what a question is answered by into a new or empty folder, and tell what its manifest says.

    The same position, day and rule give the same bytes. Raises NotEmpty.
    """
    rule = Disclosure(everything=exact, own=frozenset())
    with _whole(folder) as directory:
        files = []
        for file in chain(figures.files(question, rule), states.files(question, exact=exact)):
            files.append(_write(directory, file))
            progress(len(files))
        manifest = {
            "ketenspoor": VERSION,
            **question.told(),
            "disclosure": rule.told(())["rule"],
            "leftOut": [] if exact else [states.path(each) for each in states.STATE_TABLES if each.of_persons],
            "figures": {
                name: {"definition": figure.version, "parameters": figures.usual(figure)}
                for name, figure in FIGURES.items()
            },
            "files": files,
        }
        _keep(directory / MANIFEST, msgspec.json.format(encoded(manifest)) + b"\n")
    return manifest


def _write(directory: Path, file: File) -> dict[str, Any]:
    """Write a file; what the manifest says of it."""
    values = (f"{name}={value}" for name, value in file.values.items())
    path = PurePosixPath(file.folder, *values, f"{PurePosixPath(file.folder).name}.parquet")
    content = parquet.written(file.sheet, None)
    _keep(directory / path, content)
    return {
        "path": str(path),
        "rows": len(file.sheet.rows),
        "sha256": hashlib.sha256(content).hexdigest(),
        "columns": [{"name": heading.name, "kind": heading.kind} for heading in file.sheet.headings],
    }


def _keep(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _whole(folder: Path) -> Iterator[Path]:
    """A directory beside the folder, for its owner alone, that takes its place once all is in it."""
    if folder.exists() and any(folder.iterdir()):
        raise NotEmpty(f"{folder} is not empty")
    folder.absolute().parent.mkdir(parents=True, exist_ok=True)
    directory = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.absolute().parent))
    try:
        yield directory
        # Over an empty one; one that somebody filled meanwhile stays.
        directory.rename(folder)
    except BaseException:
        shutil.rmtree(directory)
        raise
