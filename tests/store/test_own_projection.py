"""The example of docs/own-projection.md runs as it stands there, over a log that the service has recorded."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.rules.histories import UTRECHT, given, granted, housed, linked, withdrawn
from tests.views.logs import Log

ELSEWHERE = "GM0518"
PAGE = Path("docs/own-projection.md")


def example() -> str:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return str(code)


def test_who_was_housed_is_counted_by_a_projection_of_ones_own(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    log = Log(engine)
    log.commit(log.journey(given(granted("2022-01-03"), linked("2022-01-10"), housed("2022-03-01"))))
    log.commit(log.journey(given(granted("2022-01-03"), linked("2022-01-10"), housed("2022-03-08"))))
    log.commit(log.journey(given(linked("2022-01-10"), housed("2022-03-08", id="slip"), withdrawn("slip"))))
    log.commit(log.journey(given(linked("2022-01-10", ELSEWHERE), housed("2022-04-01", ELSEWHERE))))
    monkeypatch.setenv("KETENSPOOR_DATABASE_URL", engine.url.render_as_string(hide_password=False))

    exec(compile(example(), str(PAGE), "exec"), {"__name__": "own_projection"})  # noqa: S102

    assert capsys.readouterr().out == f"Counter({{'{UTRECHT}': 2, '{ELSEWHERE}': 1}})\n"
