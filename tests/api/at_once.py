"""The command without a process of its own, which is quicker: for those that end by themselves."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import pytest
from sqlalchemy import Engine

from service.cli.main import run
from service.storage.database import connect

#: Takes arguments and an environment, as `tests.processes.ketenspoor` does.
Command = Callable[..., "subprocess.CompletedProcess[str]"]


def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """The command as a function; what it prints, and the code it exits with, are those of the process."""

    def at_once(*arguments: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
        engines: list[Engine] = []

        def connecting(url: str) -> Engine:
            engines.append(connect(url))
            return engines[-1]

        with monkeypatch.context() as given:
            for name in [name for name in os.environ if name.startswith("KETENSPOOR_")]:
                given.delenv(name)
            for name, value in env.items():
                given.setenv(name, value)
            given.setattr(sys, "argv", ["ketenspoor", *arguments])
            given.setattr("service.cli.database.connect", connecting)
            given.setattr("service.cli.terminal.connect", connecting)
            capsys.readouterr()
            with pytest.raises(SystemExit) as ended:
                run()
        # The end of a process closes its connections.
        for engine in engines:
            engine.dispose()
        said = capsys.readouterr()
        code = ended.value.code
        return subprocess.CompletedProcess(arguments, code if isinstance(code, int) else 0, said.out, said.err)

    return at_once


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """What a command that failed says: a few lines, never a traceback."""
    assert done.returncode == 1, (done.returncode, done.stderr)
    assert "Traceback" not in done.stderr + done.stdout
    return done.stderr
