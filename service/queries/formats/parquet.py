"""Parquet: typed columns, with the facts that explain them in its metadata. DuckDB writes it."""

from __future__ import annotations

from projections.parquet import parquet
from service.queries.formats.sheet import Sheet


def written(sheet: Sheet, _: str | None) -> bytes:
    """The file; its columns have their names, in whatever language it is read."""
    kinds = {"whole": "BIGINT", "day": "DATE", "flag": "BOOLEAN", "text": "VARCHAR"}
    types = {
        heading.name: f"DECIMAL(18, {heading.places})" if heading.kind == "decimal" else kinds[heading.kind]
        for heading in sheet.headings
    }
    return parquet(types, sheet.rows, {fact.name: fact.text for fact in sheet.facts})
