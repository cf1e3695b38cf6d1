"""XLSX: a sheet with typed numbers and days, and one with what explains them."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import xlsxwriter

from projections.figure import Words
from service.queries.formats.sheet import Heading, Sheet, heads, in_language, is_computed, text_of

#: More cells take more time and memory than a file that people open is worth.
MOST_CELLS = 500_000

_OPTIONS = {
    # Nothing of a table ever touches a disk.
    "in_memory": True,
    # A text is a text, whatever it looks like.
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_FIGURES, _ABOUT = Words("Figures", "Cijfers"), Words("About", "Toelichting")
_FIRST_DAY = date(1900, 3, 1)  # before it Excel counts a day that never was
_MADE_AT = datetime(2000, 1, 1, tzinfo=UTC)  # so that the same table is the same bytes


def written(sheet: Sheet, labels: str | None) -> bytes:
    """The workbook."""
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, _OPTIONS) as book:
        book.set_properties({"created": _MADE_AT})
        cells = _Cells(book)
        page = book.add_worksheet(in_language(_FIGURES, labels))
        page.freeze_panes(1, 0)
        for nth, heading in enumerate(sheet.headings):
            head = heads(heading, labels)
            cells.head(page, 0, nth, head)
            page.set_column(nth, nth, max(10, min(40, len(head) + 2)))
        writes = [cells.writer(page, heading) for heading in sheet.headings]
        for at, row in enumerate(sheet.rows, 1):
            for nth, value in enumerate(row):
                if value is not None:
                    writes[nth](at, nth, value)
        about = book.add_worksheet(in_language(_ABOUT, labels))
        about.set_column(0, 0, 24)
        about.set_column(1, 1, 100)
        for at, fact in enumerate(sheet.facts):
            cells.head(about, at, 0, fact.name if labels is None else in_language(fact.label, labels))
            cells.text(about, at, 1, fact.text)
    return made.getvalue()


class _Cells:
    """How cells of each kind are written, and shown."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self._book = book
        self._bold, self._day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
        # What a spreadsheet writes when somebody types an apostrophe first: a text, and no formula when it is edited.
        self._quoted = book.add_format({"quote_prefix": True})

    def head(self, page: Any, at: int, nth: int, text: str) -> None:
        page.write_string(at, nth, text, self._bold)

    def text(self, page: Any, at: int, nth: int, text: str) -> None:
        page.write_string(at, nth, text, self._quoted if is_computed(text) else None)

    def writer(self, page: Any, heading: Heading) -> Callable[[int, int, Any], None]:
        """How the cells of a column are written."""
        match heading.kind:
            case "whole" | "decimal":
                places = heading.places
                shown = self._book.add_format({"num_format": f"0.{'0' * places}" if places else "0"})
                return lambda at, nth, value: page.write_number(at, nth, value, shown)
            case "flag":
                return page.write_boolean  # type: ignore[no-any-return]
            case "day":
                return lambda at, nth, value: self._of_day(page, at, nth, value)
            case "text":
                return lambda at, nth, value: self.text(page, at, nth, str(value))

    def _of_day(self, page: Any, at: int, nth: int, day: date) -> None:
        if day < _FIRST_DAY:
            page.write_string(at, nth, text_of(day))
        else:
            page.write_datetime(at, nth, day, self._day)
