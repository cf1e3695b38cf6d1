"""CSV: RFC 4180 with names of columns; with Dutch labels as Dutch spreadsheets open it."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import Any

from service.queries.formats.sheet import Sheet, heads, inert, text_of

_BYTE_ORDER_MARK = "\N{BYTE ORDER MARK}"


def written(sheet: Sheet, labels: str | None) -> bytes:
    """The rows under their names or labels; UTF-8. Nothing stands where there is no value."""
    dutch = labels == "nl"
    text = io.StringIO(newline="")
    lines = csv.writer(text, delimiter=";" if dutch else ",", lineterminator="\r\n")
    lines.writerow([inert(heads(heading, labels)) for heading in sheet.headings])
    write = _dutch if dutch else text_of
    # Most cells are whole numbers, which need no look.
    lines.writerows([value if value.__class__ is int else write(value) for value in row] for row in sheet.rows)
    return ((_BYTE_ORDER_MARK if dutch else "") + text.getvalue()).encode()


def _dutch(value: Any) -> str:
    text = text_of(value)
    return text.replace(".", ",") if isinstance(value, Decimal) else text
