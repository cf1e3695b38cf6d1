"""Values on their way into the columns and out of them: as texts, and as Python has what an array holds."""

from __future__ import annotations

from typing import Any

import numpy as np

# What an array holds as it is; larger numbers would be floats in one, and lists arrays.
_NUMBERS = frozenset({"boolean", "smallint", "integer", "bigint", "double"})
#: The types of columns that are read as arrays.
ARRAYS = _NUMBERS | {"date", "varchar", "enum", "uuid"}


def value_text(value: Any) -> str | None:
    """A value of a projection or a driver as a text that a column is read from."""
    if value is None or value.__class__ is str:
        found: str | None = value
        return found
    return value.hex() if value.__class__ is bytes else str(value)


def listed(array: Any, kind: str) -> list[Any]:
    """The values of an array as Python has them, None where nothing is."""
    plain = np.ma.getdata(array)
    values: list[Any] = (plain.astype("datetime64[D]") if kind == "date" else plain).tolist()
    if kind not in _NUMBERS and kind != "date":
        # A text that is not there is masked or no number, by what is installed besides.
        values = [value if value == value else None for value in values]  # noqa: PLR0124
    for index in np.flatnonzero(np.ma.getmask(array)):
        values[index] = None
    return values
