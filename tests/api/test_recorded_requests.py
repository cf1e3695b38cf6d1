"""Every operation answers what it answered when it was recorded, status, headers and body, also where it refuses."""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks.recorded import read
from tests.benchmarks.recorded_histories import HISTORIES
from tests.benchmarks.recorded_requests import differences, identity
from tests.benchmarks.requests_answered import answering

#: Made by `python -m tests.benchmarks.recorded_requests record --small`; the same compares many more.
RECORDED = Path(__file__).with_name("recorded_requests.jsonl.gz")


def test_every_recorded_request_gets_the_recorded_answer(sqlite_url: str) -> None:
    about, *lines = read(RECORDED)
    history = HISTORIES[about["recorded"]]
    assert identity(history) == {name: about[name] for name in ("now", "history")}
    with answering(sqlite_url, history) as service:
        different = list(differences(lines, service))
    assert different == [], "what was meant to change is recorded anew: CONTRIBUTING, A changed contract"
    assert len(lines) > 80 and {200, 201, 400, 403, 404, 410} <= {line["status"] for line in lines}
