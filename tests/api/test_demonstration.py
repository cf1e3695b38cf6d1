"""The port of the demonstration: looked for first, told, and used by all after it; and what one is invited to ask."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx
import pytest

from service.demo import demonstration, server
from service.http.server.listening import CannotListen
from tests.api.at_once import Command, refused
from tests.api.service_under_test import Service
from tests.processes import COMMAND, DEADLINE, environment, free_port, until


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which something else listens."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


@pytest.fixture
def first_is_taken() -> Iterator[None]:
    """Something else listens on the port that the documentation shows."""
    with ExitStack() as held:
        with suppress(OSError):
            held.enter_context(socket.create_server(("127.0.0.1", server.FIRST_PORT)))
        yield


@pytest.mark.parametrize("by", ["option", "environment"])
def test_a_port_that_is_given_and_taken_is_told_before_anything_is_done(
    tmp_path: Path, at_once: Command, taken: int, by: str
) -> None:
    (tmp_path / "of the one before").touch()
    arguments = ["--port", str(taken)] if by == "option" else []
    env = {"KETENSPOOR_PORT": str(taken)} if by == "environment" else {}
    said = refused(at_once("demo", "--directory", str(tmp_path), *arguments, env=env))
    assert f"port {taken} of 127.0.0.1 is taken" in said
    assert "choose another port with KETENSPOOR_PORT or --port" in said
    assert [path.name for path in tmp_path.iterdir()] == ["of the one before"]


def test_without_a_port_the_next_free_one_is_taken_and_told(tmp_path: Path, first_is_taken: None) -> None:
    command = [str(COMMAND), "demo", "--directory", str(tmp_path / "demo")]
    log = tmp_path / "said"
    with log.open("w") as out:
        demo = subprocess.Popen(command, env=environment("sqlite:///unused.db"), stderr=out, stdout=out)
    try:
        until(lambda: re.search("Port 8000 is taken .* at port [0-9]+", log.read_text()), "the port is told")
    finally:
        demo.kill()
        demo.wait(DEADLINE)
    port = int(log.read_text().partition("at port ")[2].partition(".")[0])
    assert port > server.FIRST_PORT
    assert server.free_port(port) == port


@pytest.fixture
def demonstrated(sqlite_url: str, tmp_path: Path) -> Iterator[str]:
    """The address of a service as a demonstration leaves it, with its notes in the folder."""
    (tmp_path / "checkpoints").mkdir()
    # In a process that ends, as the command does.
    code = "import sys; from pathlib import Path; from service.demo.server import start; "
    code += "print(start(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))"
    arguments = [sys.executable, "-c", code, str(tmp_path), str(free_port()), sqlite_url]
    try:
        yield subprocess.run(arguments, check=True, capture_output=True, text=True).stdout.strip()
    finally:
        server.stop(tmp_path)


def test_what_comes_after_the_demonstration_finds_its_service_where_it_is(
    demonstrated: str, tmp_path: Path, at_once: Command
) -> None:
    here = ["--directory", str(tmp_path)]
    assert server.running(tmp_path) == demonstrated
    assert httpx.get(f"{demonstrated}/v1/periods").headers["Ketenspoor-Clock"] == "simulated"
    # It asks this service, whose log is empty.
    assert "no checkpoint of 0 events was kept" in refused(at_once("inspect", *here, env={}))
    assert at_once("demo", "--stop", *here, env={}).returncode == 0
    assert not server.answers(demonstrated)
    assert "give one first, with `ketenspoor demo`" in refused(at_once("inspect", *here, env={}))


def test_a_port_that_was_taken_since_it_was_chosen_is_told_and_nothing_is_started(tmp_path: Path, taken: int) -> None:
    with pytest.raises(CannotListen, match=f"port {taken} of 127.0.0.1 is taken"):
        server.start(tmp_path, taken, f"sqlite:///{tmp_path / 'none.db'}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", demonstration.INVITED)
def test_what_one_is_invited_to_ask_is_answered(refusing: Service, path: str) -> None:
    assert refusing.request("GET", path).status_code == 200
