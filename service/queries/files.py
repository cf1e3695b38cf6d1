"""A table as a file: CSV, XLSX or Parquet, with typed columns and the facts that explain them."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Literal, NamedTuple

import xlsxwriter

from projections.figure import Words
from projections.parquet import parquet

#: What a column holds: whole numbers, decimals (so many places), days, yes or no, or text.
CellKind = Literal["whole", "decimal", "day", "flag", "text"]
#: A text that begins so is taken for a formula by spreadsheets.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


class Heading(NamedTuple):
    """A column: its name, its label, and what it holds; `places` of a decimal."""

    name: str
    label: Words
    kind: CellKind
    places: int = 0


class Fact(NamedTuple):
    """Something there is to say of a table: a name for programs, a label for people, and the text."""

    name: str
    label: Words
    text: str


class Sheet(NamedTuple):
    """A table as it is written to a file, the name of that file, and what there is to say of the table."""

    name: str
    headings: Sequence[Heading]
    rows: Sequence[Sequence[Any]]
    facts: Sequence[Fact] = ()


def cell_text(value: Any) -> str:
    """A value as text, so that no spreadsheet computes it; numbers stay what they are."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return text if isinstance(value, int | Decimal | date) else as_inert_text(text)


def as_inert_text(text: str) -> str:
    """A text with an apostrophe before what would be computed."""
    return f"'{text}" if is_computed(text) else text


def is_computed(text: str) -> bool:
    """Whether a spreadsheet might compute a text, unless it is told that it is one."""
    return text.startswith(_FORMULA_STARTS)


def heading_text(heading: Heading, labels: str | None) -> str:
    """What stands above a column."""
    return heading.name if labels is None else in_language(heading.label, labels)


def in_language(words: Words, labels: str | None) -> str:
    """Words in the language of the labels, English where none are asked for."""
    return words.nl if labels == "nl" else words.en


_BYTE_ORDER_MARK = "\N{BYTE ORDER MARK}"


def write_csv(sheet: Sheet, labels: str | None) -> bytes:
    """The rows under their names or labels; UTF-8. Nothing stands where there is no value."""
    dutch = labels == "nl"
    text = io.StringIO(newline="")
    lines = csv.writer(text, delimiter=";" if dutch else ",", lineterminator="\r\n")
    lines.writerow([as_inert_text(heading_text(heading, labels)) for heading in sheet.headings])
    write = _dutch_text if dutch else cell_text
    # Most cells are whole numbers, which need no look.
    lines.writerows([value if value.__class__ is int else write(value) for value in row] for row in sheet.rows)
    return ((_BYTE_ORDER_MARK if dutch else "") + text.getvalue()).encode()


def _dutch_text(value: Any) -> str:
    text = cell_text(value)
    return text.replace(".", ",") if isinstance(value, Decimal) else text


def write_parquet(sheet: Sheet, _: str | None) -> bytes:
    """The file; its columns have their names, in whatever language it is read."""
    kinds = {"whole": "BIGINT", "day": "DATE", "flag": "BOOLEAN", "text": "VARCHAR"}
    types = {
        heading.name: f"DECIMAL(18, {heading.places})" if heading.kind == "decimal" else kinds[heading.kind]
        for heading in sheet.headings
    }
    return parquet(types, sheet.rows, {fact.name: fact.text for fact in sheet.facts})


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
_FIGURES_SHEET, _ABOUT_SHEET = Words("Figures", "Cijfers"), Words("About", "Toelichting")
_FIRST_DAY = date(1900, 3, 1)  # before it Excel counts a day that never was
_MADE_AT = datetime(2000, 1, 1, tzinfo=UTC)  # so that the same table is the same bytes


def write_xlsx(sheet: Sheet, labels: str | None) -> bytes:
    """The workbook."""
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, _OPTIONS) as book:
        book.set_properties({"created": _MADE_AT})
        cells = _Cells(book)
        page = book.add_worksheet(in_language(_FIGURES_SHEET, labels))
        page.freeze_panes(1, 0)
        for nth, heading in enumerate(sheet.headings):
            head = heading_text(heading, labels)
            cells.head(page, 0, nth, head)
            page.set_column(nth, nth, max(10, min(40, len(head) + 2)))
        writes = [cells.writer(page, heading) for heading in sheet.headings]
        for at, row in enumerate(sheet.rows, 1):
            for nth, value in enumerate(row):
                if value is not None:
                    writes[nth](at, nth, value)
        about = book.add_worksheet(in_language(_ABOUT_SHEET, labels))
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
            page.write_string(at, nth, cell_text(day))
        else:
            page.write_datetime(at, nth, day, self._day)
