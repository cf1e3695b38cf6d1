"""The words of the chain as pages explain them, read from `glossary.toml`."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import NamedTuple

from projections.figure import Words

_WORDS = Path(__file__).with_name("glossary.toml")


class Term(NamedTuple):
    """A word: its anchor on the page, its name as in the glossary, and what it means."""

    anchor: str
    name: Words
    meaning: Words


class Subject(NamedTuple):
    """Words that belong together."""

    anchor: str
    title: Words
    terms: tuple[Term, ...]


@cache
def subjects() -> tuple[Subject, ...]:
    """All words, by subject."""
    read = tomllib.loads(_WORDS.read_text(encoding="utf-8"))
    return tuple(
        Subject(
            subject["anchor"],
            Words(subject["en"], subject["nl"]),
            tuple(
                Term(one["anchor"], Words(one["en"], one["nl"]), Words(one["means"], one["betekent"]))
                for one in subject["terms"]
            ),
        )
        for subject in read["subjects"]
    )
