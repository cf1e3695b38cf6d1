"""Every question of the chain is answered by an operation that names it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from service.http.openapi import specification

DOCUMENT = json.loads(specification.text())
QUESTIONS = [f"Q{number}" for number in range(1, 67)]


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in DOCUMENT["paths"].values():
        for operation in path.values():
            yield operation["operationId"], operation


@pytest.mark.parametrize("question", QUESTIONS)
def test_an_operation_names_the_question(question):
    assert [name for name, operation in operations() if question in operation["x-questions"]] != []


def test_operations_name_no_other_questions_and_each_once_and_in_order():
    for name, operation in operations():
        named = operation["x-questions"]

        assert sorted(set(named), key=QUESTIONS.index) == named, name


def test_a_report_of_changes_says_why_a_figure_is_another_than_before():
    changes = [operation for name, operation in operations() if name.startswith("compareFigure")]

    assert changes != []
    assert all("Q13" in operation["x-questions"] for operation in changes)


@pytest.mark.parametrize(
    ("name", "questions"),
    [
        ("reconcileList", ["Q14"]),
        ("readFigureLateness", ["Q28"]),
        ("readFigureDataQuality", ["Q59"]),
        ("listFindings", ["Q59"]),
        ("listProcessings", ["Q60"]),
        ("readTimeline", ["Q61"]),
        ("postEvents", []),
    ],
)
def test_what_is_asked_of_whom(name, questions):
    assert dict(operations())[name]["x-questions"] == questions
