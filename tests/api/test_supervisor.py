"""Processes that are kept running: with small programs of their own, which end, hang or refuse to stop."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from service.operations.supervisor import Program, RestartPolicy, supervised
from tests.pids import runs
from tests.processes import until

SOON = RestartPolicy(first_delay=0.05, longest_delay=0.2, steady=60.0, silent=60.0, stopping=60.0)

ENDS = "import sys; sys.exit(3)"
GOES_ON = "import time; time.sleep(600)"
#: Writes its number into a file, and goes on as the rest of it says.
NUMBERED = "import os, sys, time; open(sys.argv[1], 'a').write(f'{os.getpid()}\\n'); "


def program(code: str, *arguments: object, beats: bool = False) -> Program:
    return Program("worker 1", [sys.executable, "-c", code, *map(str, arguments)], {"HELD": "yes"}, beats=beats)


def numbers(file: Path) -> list[int]:
    """The processes that wrote their numbers, in order."""
    return [int(line) for line in file.read_text().splitlines()] if file.exists() else []


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    caplog.set_level(logging.INFO, "ketenspoor")
    return lambda: [record.getMessage() for record in caplog.records if record.name == "ketenspoor"]


def test_what_ends_at_once_is_started_again_later_each_time_up_to_a_bound_and_told(
    told: Callable[[], list[str]],
) -> None:
    with supervised([program(ENDS)], SOON):
        until(lambda: len(told()) >= 4, "it ended four times")
    assert told()[:4] == [
        f"the worker 1 ended with code 3 and is started again in {pause} s" for pause in ("0.05", "0.1", "0.2", "0.2")
    ]


def test_what_ran_for_long_is_started_again_as_soon_as_the_first_time(told: Callable[[], list[str]]) -> None:
    with supervised([program("import time; time.sleep(0.3)")], SOON._replace(steady=0.2)):
        until(lambda: len(told()) >= 3, "it ended three times")
    assert {line.partition("again in ")[2] for line in told()} == {"0.05 s"}


def test_what_can_not_be_started_is_tried_again(told: Callable[[], list[str]], tmp_path: Path) -> None:
    with supervised([Program("follower", [str(tmp_path / "nothing")], {})], SOON):
        until(lambda: len(told()) >= 2, "it was tried twice")
    assert told()[1] == "the follower could not be started (No such file or directory) and is started again in 0.1 s"


def test_one_that_is_killed_is_replaced_and_the_others_are_left_alone(tmp_path: Path) -> None:
    first, second, ended = tmp_path / "first", tmp_path / "second", list[int]()
    code = f"{NUMBERED} {GOES_ON}"
    programs = [program(code, first), program(code, second)]
    with supervised(programs, SOON, ended.append):
        until(lambda: numbers(first) and numbers(second), "both run")
        killed = numbers(first)[0]
        os.kill(killed, signal.SIGKILL)
        until(lambda: len(numbers(first)) == 2, "another one runs")
        assert ended == [killed]
        assert len(numbers(second)) == 1
    assert sorted(ended) == sorted([*numbers(first), *numbers(second)])
    assert not any(map(runs, ended))


def test_one_that_shows_no_more_that_it_goes_on_is_killed_and_replaced(
    told: Callable[[], list[str]], tmp_path: Path
) -> None:
    code = f"{NUMBERED} assert sys.argv[2] == '--beat'; os.write(int(sys.argv[3]), b'.'); {GOES_ON}"
    with supervised([program(code, tmp_path / "it", beats=True)], SOON._replace(silent=0.5)):
        until(lambda: len(numbers(tmp_path / "it")) >= 2, "another one runs")
    assert told()[:2] == [
        "the worker 1 hangs and is killed",
        "the worker 1 ended with code -9 and is started again in 0.05 s",
    ]


def test_one_that_shows_that_it_goes_on_is_left_alone(told: Callable[[], list[str]], tmp_path: Path) -> None:
    beating = "[(os.write(int(sys.argv[3]), b'.'), time.sleep(0.05)) for _ in iter(int, 1)]"
    with supervised([program(NUMBERED + beating, tmp_path / "it", beats=True)], SOON._replace(silent=1.0)):
        until(lambda: numbers(tmp_path / "it"), "it runs")
        with supervised([program("import time; time.sleep(1.5)")], SOON):
            until(told, "longer than it may be silent")
        assert len(numbers(tmp_path / "it")) == 1
    assert not any("hangs" in line for line in told())


def test_one_that_does_not_stop_is_killed(told: Callable[[], list[str]], tmp_path: Path) -> None:
    deaf = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {NUMBERED} {GOES_ON}"
    with supervised([program(deaf, tmp_path / "it")], SOON._replace(stopping=0.2)):
        until(lambda: numbers(tmp_path / "it"), "it runs")
    assert not runs(numbers(tmp_path / "it")[0])
    assert told() == ["the worker 1 does not stop and is killed"]


def test_they_find_what_they_are_given_in_their_environment(tmp_path: Path) -> None:
    code = "import os, sys, time; open(sys.argv[1], 'w').write(os.environ['HELD']); time.sleep(600)"
    with supervised([program(code, tmp_path / "it")], SOON):
        until(lambda: (tmp_path / "it").exists() and (tmp_path / "it").read_text() == "yes", "it wrote")
