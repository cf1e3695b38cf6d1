"""The figures of one moment as a folder of Parquet files, for whatever an analyst works with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from service.queries.formats.sheet import Sheet


class File(NamedTuple):
    """A file to be written: the folder of what it is of, the values that folders below are named after, and its rows.

    Those are named in the manner of Hive (`period=2021-II`), which DuckDB, pandas and polars read as columns.
    """

    folder: str
    values: Mapping[str, str]
    sheet: Sheet
