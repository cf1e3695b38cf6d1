"""Another register's list as CSV: who was housed, on which day; all that is wrong with it by line, no value repeated.

A header line names two columns, separated by commas or semicolons: the person and the day. What spreadsheets add is
passed over: a byte order mark, a first line that tells the separator, and empty rows. Nothing of it is kept.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, NamedTuple
from uuid import UUID

from domain.field_types import Fault, InvalidValue, parse_day
from domain.identifiers import is_v_number
from domain.reconciliation import ListedHousing
from service.foundation import utf8
from service.foundation.problems import Problem, faults
from service.log.keys import Keyring

MOST_BYTES = 8_000_000
MOST_LINES = 100_000
MOST_FAULTS = 100

#: The names of the columns, in Dutch too, in capitals or not: what a municipality's own register gives out.
_COLUMNS = {
    "vnumber": "vNumber",
    "vnummer": "vNumber",
    "v-nummer": "vNumber",
    "journey": "journey",
    "traject": "journey",
    "housedon": "housedOn",
    "gehuisvestop": "housedOn",
    "datum": "housedOn",
}
_PERSON = ("vNumber", "journey")
_DAY = "housedOn"

#: How a spreadsheet tells itself the separator: no part of the list.
_SEPARATOR = re.compile(r'"?sep=.?"?[\s;,]*', re.IGNORECASE)
#: A row of a spreadsheet with nothing in its cells; and what many of them are made of, where there are no quotes: there
#: can be millions. (Possessive groups would say it in one, but Python 3.11.2 moves on where they do not match.)
_EMPTY_ROW = re.compile(r'(?:[^\S\n]|[;,]|"[^\S\n]*")*')
_EMPTY = re.compile(r"[\s;,]*")
#: What may stand in the name of a column; anything else in a header without semicolons and commas is a separator.
_NAME = re.compile(r"[\w-]*")


class _Header(NamedTuple):
    separator: str
    person: str
    """Whether persons are named by `vNumber` or by `journey`."""
    columns: tuple[str, ...]


def read_list(posted: bytes, keys: Keyring) -> dict[UUID, ListedHousing]:
    """The lines of a list by journey; refused with every fault, or the first hundred of them."""
    if len(posted) > MOST_BYTES:
        raise too_long()
    found = _Faults()
    if (name := utf8.detect_encoding(posted)) is not None:
        found.add(1, "", "not-utf-8", f"is {name}, and must be text in UTF-8")
        raise found.refusal()
    try:
        text = posted.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        found.add(posted.count(b"\n", 0, wrong.start) + 1, "", "not-utf-8", "must be text in UTF-8")
        raise found.refusal() from None
    rows = ((number, row) for number, row in _rows(text) if not _is_separator_line(number, row))
    at, first = next(rows, (1, ""))
    header = _header(at, first, found)
    reader = None if header is None else _Reader(header, keys, found)
    if reader is not None:
        for nth, (number, row) in enumerate(rows, start=1):
            if nth > MOST_LINES:
                raise too_long()
            reader.add(number, row)
        if not reader.listed and not found.count:
            found.add(at, "", "empty", "has no line below its header")
    if reader is None or found.count:
        raise found.refusal()
    return reader.listed


def too_long() -> Problem:
    """The list is longer than one request may be."""
    return Problem(413, "Too large", f"A list has at most {MOST_LINES} lines and {MOST_BYTES} bytes.")


class _Faults:
    """What is wrong with a list: how much, and the first of it."""

    def __init__(self) -> None:
        self.count = 0
        self._first: list[Fault] = []

    def add(self, line: int, column: str, code: str, detail: str) -> None:
        self.count += 1
        if len(self._first) < MOST_FAULTS:
            pointer = f"/{line}/{column}" if column else f"/{line}"
            self._first.append(Fault(pointer, code, f"line {line}: {column or 'it'} {detail}"))

    def refusal(self) -> Problem:
        more = f" Of {self.count} faults the first {MOST_FAULTS} are told." if self.count > MOST_FAULTS else ""
        return Problem(400, "Invalid request", f"The list can't be read as it is.{more}", faults(self._first))


def _rows(text: str) -> Iterator[tuple[int, str]]:
    """The rows in which something stands, each with the number of its line."""
    at, number = 0, 1
    while at < len(text):
        empty = _EMPTY.match(text, at)
        reached = at if empty is None else empty.end()
        passed = reached if reached == len(text) else text.rfind("\n", at, reached) + 1
        if passed > at:
            number += text.count("\n", at, passed)
            at = passed
            continue
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        row = text[at:end].removesuffix("\r")
        if _EMPTY_ROW.fullmatch(row) is None:
            yield number, row
        at, number = end + 1, number + 1


def _is_separator_line(number: int, line: str) -> bool:
    """Whether this is the first line, and names only the separator."""
    return number == 1 and _SEPARATOR.fullmatch(line) is not None


def _header(number: int, line: str, found: _Faults) -> _Header | None:
    separator = ";" if ";" in line else ","
    cells = _cells(line, separator)
    if cells is None or not line:
        found.add(number, "", "no-header", "must name the columns: vNumber (or journey) and housedOn")
        return None
    if len(cells) == 1 and not _NAME.fullmatch(cells[0].strip()):
        found.add(number, "", "unknown-separator", "must have a semicolon or a comma between the names of its columns")
        return None
    before = found.count
    columns = tuple(_COLUMNS.get(cell.strip().lower(), "") for cell in cells)
    for nth, column in enumerate(columns, start=1):
        # More than is needed to compare should not be sent at all. The name itself may be what should not stand here.
        if not column:
            found.add(number, "", "unknown-column", f"has a column, the {nth}., that this request does not take")
        elif column in columns[: nth - 1]:
            found.add(number, column, "doubled-column", "stands there more than once")
    if _DAY not in columns:
        found.add(number, _DAY, "required", "is required")
    persons = [column for column in _PERSON if column in columns]
    if not persons:
        found.add(number, "vNumber", "required", "is required, or journey")
    elif len(persons) > 1:
        found.add(number, "journey", "disagrees", "must not stand beside vNumber: one of them names the person")
    return None if found.count > before else _Header(separator, persons[0], columns)


class _Reader:
    """The lines below a header, one after the other."""

    def __init__(self, header: _Header, keys: Keyring, found: _Faults) -> None:
        self.listed: dict[UUID, ListedHousing] = {}
        self._header, self._keys, self._found = header, keys, found
        self._seen: dict[UUID, int] = {}

    def add(self, number: int, line: str) -> None:
        """One more line, or what is wrong with it."""
        cells = _cells(line, self._header.separator)
        if cells is None or len(cells) != len(self._header.columns):
            many = len(self._header.columns)
            self._found.add(number, "", "not-a-line", f"must have {many} cells, as the header has")
            return
        row = {column: cell.strip() for column, cell in zip(self._header.columns, cells, strict=True)}
        person = self._header.person
        journey = self._read(number, person, row, lambda cell: _journey(cell, person, self._keys))
        on = self._read(number, _DAY, row, parse_day)
        if journey is None:
            return
        first = self._seen.setdefault(journey, number)
        if first != number:
            # Which of the two days they mean is theirs to say, and a person counts once.
            self._found.add(number, person, "doubled", f"is the person of line {first} too")
        elif on is not None:
            self.listed[journey] = ListedHousing(number, on)

    def _read(self, number: int, column: str, row: dict[str, str], parse: Callable[[str], Any]) -> Any:
        if not row[column]:
            self._found.add(number, column, "required", "is required")
            return None
        try:
            return parse(row[column])
        except InvalidValue as wrong:
            for fault in wrong.faults:
                self._found.add(number, column, fault.code, fault.detail)
            return None


def _journey(cell: str, column: str, keys: Keyring) -> UUID:
    if column == "vNumber":
        if not is_v_number(cell):
            raise InvalidValue.because("not-a-v-number", "must be ten digits (spreadsheets drop noughts at the front)")
        return keys.journey(cell)
    with suppress(ValueError):
        journey = UUID(cell)
        if str(journey) == cell.lower():
            return journey
    raise InvalidValue.because("not-a-journey", "must be the id of a journey, as this service returned it")


def _cells(line: str, separator: str) -> list[str] | None:
    """The cells of one line; None where its quotes don't close."""
    reader: Iterator[list[str]] = csv.reader([line], delimiter=separator, strict=True)
    try:
        return next(reader, [])
    except csv.Error:
        return None
