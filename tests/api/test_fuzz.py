"""Three hundred cases of what `make fuzz` asks, of a real server with its doors locked."""

from __future__ import annotations

from pathlib import Path

from tests.fuzz import fuzz


def test_whatever_is_asked_is_answered_as_the_document_says_and_nothing_is_a_fault_of_the_service(tmp_path: Path):
    runs = [*fuzz(300, 417, tmp_path, ["COA", "nobody"])]

    assert [found.text for found in runs if not found.passed] == []
    assert {found.caller for found in runs} == {"COA", "nobody"}
    assert sum(found.cases for found in runs) >= 300
