"""A list of words is said once, where what it speaks of is; whatever else needs it names it or is derived from it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, get_args

from domain.accommodation import Accommodation

ROOT = Path(__file__).parents[2]
#: Whose clock stamps what is recorded, and whose time a question is cut on: two choices in the same two words.
TWO_CHOICES = {"service", "sender"}


class Words(NamedTuple):
    """Words written out in the code: where, which, and whether they are all that there is to choose from."""

    where: str
    words: frozenset[str]
    choice: bool


def written() -> Iterator[Words]:
    for room in ("domain", "projections", "service"):
        for module in sorted((ROOT / room).rglob("*.py")):
            nodes = list(ast.walk(ast.parse(module.read_text("utf-8"))))
            within = {id(node.slice) for node in nodes if isinstance(node, ast.Subscript)}
            for node in nodes:
                some = elements(node)
                words = frozenset(texts(some))
                if len(words) > 1 and id(node) not in within:
                    where = f"{module.relative_to(ROOT)}:{node.lineno}"  # type: ignore[attr-defined]
                    # A `Literal` that names another one beside its own words is that one and some more.
                    whole = isinstance(node, ast.Subscript | ast.ClassDef) and len(words) == len(some)
                    yield Words(where, words, whole)


def elements(node: ast.AST) -> list[ast.expr]:
    """What a `Literal`, an enumeration, or a row or set of words consists of; a mapping says something of each word."""
    match node:
        case ast.Subscript(value=ast.Name("Literal"), slice=ast.Tuple(some)):
            return some
        case ast.ClassDef(bases=[ast.Name("StrEnum"), *_]):
            return [line.value for line in node.body if isinstance(line, ast.Assign)]
        case ast.Tuple(some) | ast.List(some) | ast.Set(some):
            return some
    return []


def texts(some: Iterable[ast.expr]) -> Iterator[str]:
    for one in some:
        if isinstance(one, ast.Constant) and isinstance(one.value, str):
            yield one.value


def test_what_there_is_to_choose_from_is_written_out_once():
    every = list(written())
    choices = [one for one in every if one.choice]
    doubled = {
        f"{other.where} says again what {one.where} says: {', '.join(sorted(one.words))}"
        for one in choices
        for other in every
        if other.where != one.where and other.words >= one.words != TWO_CHOICES
    }

    assert len(choices) > 20
    assert doubled == set()


def test_the_glossary_has_every_kind_of_accommodation():
    section = (ROOT / "docs" / "glossary.md").read_text("utf-8").partition("## Kinds of accommodation")[2]
    rows = re.findall(r"\| `([a-z-]+)` \|$", section.partition("\n## ")[0], re.MULTILINE)

    assert rows == list(get_args(Accommodation))


def test_every_name_that_the_glossary_gives_is_one_of_the_code():
    rows = [line.split(" | ") for line in (ROOT / "docs" / "glossary.md").read_text("utf-8").splitlines()]
    named = {name for row in rows if len(row) == 4 for name in re.findall(r"`([^`]+)`", row[2])}
    modules = [path for room in ("domain", "projections", "service") for path in (ROOT / room).rglob("*.py")]
    code = set(re.findall(r"\w+", " ".join(path.read_text("utf-8") for path in modules)))

    assert len(named) > 50
    assert [name for name in sorted(named - code) if not (ROOT / name).exists()] == []
