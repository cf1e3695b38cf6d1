"""What a file holds: columns with names and labels, rows of written values, and the facts that explain them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from projections.figure import Words

#: What a column holds: whole numbers, decimals (so many places), days, yes or no, or text.
Kind = Literal["whole", "decimal", "day", "flag", "text"]
#: A text that begins so is taken for a formula by spreadsheets.
_COMPUTED = ("=", "+", "-", "@", "\t", "\r", "\n")


class Heading(NamedTuple):
    """A column: its name, its label, and what it holds; `places` of a decimal."""

    name: str
    label: Words
    kind: Kind
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


def text_of(value: Any) -> str:
    """A value as text, so that no spreadsheet computes it; numbers stay what they are."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return text if isinstance(value, int | Decimal | date) else inert(text)


def inert(text: str) -> str:
    """A text with an apostrophe before what would be computed."""
    return f"'{text}" if is_computed(text) else text


def is_computed(text: str) -> bool:
    """Whether a spreadsheet might compute a text, unless it is told that it is one."""
    return text.startswith(_COMPUTED)


def heads(heading: Heading, labels: str | None) -> str:
    """What stands above a column."""
    return heading.name if labels is None else in_language(heading.label, labels)


def in_language(words: Words, labels: str | None) -> str:
    """Words in the language of the labels, English where none are asked for."""
    return words.nl if labels == "nl" else words.en
