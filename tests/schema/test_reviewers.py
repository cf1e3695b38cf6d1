"""The pages for reviewers are so: every file, test and command that they name exists, and every rule stands there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reviewers.md").read_text("utf-8")
DPIA = (ROOT / "docs" / "privacy" / "dpia.md").read_text("utf-8")
_FILE = r"`((?:domain|projections|service|tests|docs|openapi|requirements)/[^`:]+|[A-Z]+\.md)(?:::([a-z0-9_]+))?`"
NAMED = sorted(set(re.findall(_FILE, PAGE + DPIA)))
RULE = re.compile(r"/core/[a-z0-9/-]*[a-z0-9]")


@cache
def defined_in(file: str) -> frozenset[str]:
    """The tests that a file defines."""
    module = ast.parse((ROOT / file).read_text("utf-8"))
    return frozenset(node.name for node in module.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@pytest.mark.parametrize(("file", "test"), NAMED, ids=lambda part: part)
def test_what_the_page_names_is_there(file: str, test: str):
    assert (ROOT / file).is_file()
    assert not test or test in defined_in(file)


def test_every_row_names_a_file_or_a_page_and_every_rule_is_shown_by_something():
    rows = [line for line in PAGE.splitlines() if re.match(r"\| (?!asked|rule|---)", line)]

    assert len(rows) > 50
    assert [row for row in rows if not re.search(r"`[a-zA-Z]|\]\(|the table above", row)] == []


def test_the_rules_that_tests_name_are_those_of_the_page():
    tests = (ROOT / "tests" / "api").glob("test_design_rules*.py")
    named = {rule for test in tests for rule in RULE.findall(test.read_text("utf-8"))}
    departures = {"/core/interface-language", "/core/doc-language", "/core/changelog"}
    stood = set(RULE.findall(PAGE))

    assert stood - named == departures
    # Said of the transport and of what shows of the code: nothing that one file does.
    assert named - stood <= {"/core/transport/tls", "/core/hide-implementation", "/core/http-safety"}


def test_the_commands_that_the_pages_name_are_those_there_are():
    goals = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))

    assert set(re.findall(r"`make ([a-z-]+)`", PAGE + DPIA)) <= goals


def test_what_an_organisation_must_still_fill_in_is_marked():
    assert DPIA.count("**To fill in:**") >= 10
