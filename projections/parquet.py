"""Rows as a Parquet file, made in memory by DuckDB."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

import duckdb


def parquet(types: Mapping[str, str], rows: Sequence[Sequence[Any]], facts: Mapping[str, str]) -> bytes:
    """The file with these columns, by name and DuckDB's type, these rows in their order, and facts as its metadata.

    The same rows are the same bytes.
    """
    names = [_identifier(name) for name in types]
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": 1,
        "temp_directory": "",
        "preserve_insertion_order": True,
    }
    with closing(duckdb.connect(":memory:", config=config)) as connection:
        columns = ", ".join(f"{name} {kind}" for name, kind in zip(names, types.values(), strict=True))
        connection.execute(f"CREATE TABLE written ({columns})")
        if rows:
            # As texts: a list of whole numbers among decimals has no type of its own.
            given = [[None if value is None else str(value) for value in column] for column in zip(*rows, strict=True)]
            each = ", ".join(f"unnest(?::{kind}[])" for kind in types.values())
            connection.execute(f"INSERT INTO written SELECT {each}", given)
        metadata = ", ".join(f"{_text(name)}: {_text(text)}" for name, text in facts.items())
        return _copied(connection, f"(FORMAT parquet, COMPRESSION zstd, KV_METADATA {{{metadata}}})")


def _copied(connection: duckdb.DuckDBPyConnection, options: str) -> bytes:
    """What DuckDB writes, through a pipe: no file is left behind, and none is needed."""
    out, into = os.pipe()
    parts: list[bytes] = []

    def read() -> None:
        with os.fdopen(out, "rb") as pipe:
            parts.append(pipe.read())

    reader = threading.Thread(target=read, name="parquet")
    reader.start()
    try:
        connection.execute(f"COPY written TO '/dev/fd/{into}' {options}")
    finally:
        os.close(into)
        reader.join()
    return parts[0]


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
