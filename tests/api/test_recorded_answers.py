"""The figure tables answer what they answered when it was recorded: a history full of mistakes, byte for byte."""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks.recorded import differences, identity, read
from tests.benchmarks.recorded_histories import HISTORIES
from tests.benchmarks.recorded_service import answering

#: Made by `python -m tests.benchmarks.recorded`, which says how, and compares all that was asked on both engines.
RECORDED = Path(__file__).with_name("recorded_answers.jsonl.gz")


def test_every_recorded_question_gets_the_recorded_answer(sqlite_url: str) -> None:
    about, *lines = read(RECORDED)
    history = HISTORIES[about["recorded"]]
    with answering(sqlite_url, history.requests(), history.now) as service:
        assert identity(history, service) == {name: about[name] for name in ("now", "events", "history")}
        assert list(differences(lines, service)) == []
    assert len(lines) > 150 and {line["status"] for line in lines} == {200, 400}
