"""Every setting is an option of `serve` as well, which goes before the environment; what may hold a secret is none."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from service.cli.main import app
from service.foundation.settings import Settings, SettingsError, environment, load, option
from tests.api.at_once import Command, refused
from tests.api.test_command_line import KEY
from tests.processes import Served, free_port, until
from tests.processes import environment as given_environment

#: They may hold a key or a password, and the options of a process are seen by all on its machine.
SECRET = {"database_url", "read_url", "master_key", "oidc_client_secret"}


@pytest.fixture(scope="module")
def shown() -> str:
    done = CliRunner().invoke(app, ["serve", "--help"], env={"COLUMNS": "400", "TERM": "dumb"})
    assert done.exit_code == 0
    return done.output


def test_there_is_an_option_for_every_setting_but_those_that_may_hold_a_secret(shown: str) -> None:
    options = set(re.findall(r"^\W*(--[a-z-]+) ", shown, re.MULTILINE))
    assert options - {"--help"} == {option(name) for name in Settings.model_fields.keys() - SECRET}
    for name in SECRET:
        assert f"KETENSPOOR_{name.upper()}" in shown


def test_the_help_says_of_each_what_the_readme_says(shown: str) -> None:
    assert re.search(r"--port +<int> +the port the server listens on \(default: 8000\)", shown)
    assert re.search(r"--log-level +<debug\|info\|warning\|error> +from where on lines are logged", shown)
    assert re.search(
        r"--next-master-key-file +<path> +a file that holds the master key that is to follow: rotation ", shown
    )
    assert re.search(r"--drain +<float> +seconds that a stopping server goes on serving .* \(default: 0\)", shown)


def test_an_option_goes_before_the_environment_and_on_to_what_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KETENSPOOR_PORT", "8100")
    monkeypatch.setenv("KETENSPOOR_DRAIN", "5")
    settings = load({"port": 8200, "checkpoint_dir": Path("kept")})
    assert (settings.port, settings.drain) == (8200, 5.0)
    assert environment({"port": 8200, "checkpoint_dir": Path("kept")}) == {
        "KETENSPOOR_PORT": "8200",
        "KETENSPOOR_CHECKPOINT_DIR": "kept",
    }


def test_all_faults_are_told_at_once_each_by_how_it_was_given(sqlite_url: str, at_once: Command) -> None:
    env = given_environment(sqlite_url, clock="sundial", port="70000")
    said = refused(at_once("serve", "--workers", "0", env=env))
    assert [line.partition(":")[0] for line in said.removeprefix("ketenspoor: ").splitlines()] == [
        "KETENSPOOR_PORT",
        "--workers",
        "KETENSPOOR_CLOCK",
    ]


def test_what_options_give_is_held_to_the_same_rules(sqlite_url: str, at_once: Command) -> None:
    said = refused(at_once("serve", "--host", "0.0.0.0", env=given_environment(sqlite_url)))  # noqa: S104
    assert "only listens on loopback" in said
    with pytest.raises(SettingsError, match="KETENSPOOR_CLOCK=sender is for development mode only"):
        load({"clock": "sender", "master_key": KEY})
    assert at_once("serve", "--log-level", "loud", env=given_environment(sqlite_url)).returncode == 2


def test_the_server_and_what_it_starts_do_as_the_options_say(sqlite_url: str, tmp_path: Path) -> None:
    other = free_port()
    options = ["--port", str(other), "--log-level", "error", "--security-contact", "mailto:weakness@ketenspoor.test"]
    service = Served(given_environment(sqlite_url, log_level="info"), tmp_path / "service.log", options=options)
    taken_for, service.address = service.address, f"http://127.0.0.1:{other}"
    try:
        until(service.answers, "it answers at the port of the option")
        assert "weakness@ketenspoor.test" in httpx.get(f"{service.address}/.well-known/security.txt").text
        with pytest.raises(httpx.ConnectError):
            httpx.get(taken_for)
        (follower,) = service.followers()
        variables = Path(f"/proc/{follower}/environ").read_bytes().decode().split("\0")
        assert "KETENSPOOR_LOG_LEVEL=error" in variables
        assert service.stop() == 0
    finally:
        service.end()
    # Not even the warning of development mode.
    assert service.log.read_text() == ""


@pytest.mark.parametrize("by", ["option", "environment"])
def test_a_port_that_is_taken_is_told_with_what_to_do(sqlite_url: str, at_once: Command, by: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        arguments = ["--port", port] if by == "option" else []
        env = given_environment(sqlite_url, **({} if by == "option" else {"port": port}))
        said = refused(at_once("serve", *arguments, env=env))
    assert f"port {port} of 127.0.0.1 is taken" in said
    assert "choose another port with KETENSPOOR_PORT or --port" in said


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("localhost", "http://localhost:8000"),
        ("::1", "http://[::1]:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),  # noqa: S104
        ("::", "http://[::1]:8000"),
    ],
)
def test_a_server_answers_on_its_own_machine_wherever_it_listens(host: str, address: str) -> None:
    assert load({"host": host, "master_key": KEY}).address == address
