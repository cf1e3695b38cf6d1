"""The command `ketenspoor`, as an operator runs it: real processes, real HTTP, exit codes and what they say."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from service.cli.main import app
from service.intake.cloudevents import ONE
from service.storage.database import connect
from tests.api.at_once import Command, refused
from tests.api.tokens import Issuer, bearing, oin, registry_text, signed
from tests.posts import COA, body, linked, permit
from tests.processes import COMMAND, DEADLINE, environment, free_port, ketenspoor, served, until

ROOT = Path(__file__).parents[2]
KEY = "5f" * 32
#: All that a person gives; `worker` is given by `serve`.
COMMANDS = [
    *("demo", "inspect", "simulate", "token"),
    *("migrate", "serve", "project", "status", "backup", "map"),
    *("import", "reconcile"),
    *("export", "backtest"),
    *("rebuild", "verify", "replay"),
    *("checkpoint", "export-log", "verify-log"),
    *("destroy", "retention", "rotate-key", "subject-access"),
    *("openapi", "rules", "figures"),
]


# --- help


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_that_teaches(command: str) -> None:
    shown = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200", "TERM": "dumb"})
    assert shown.exit_code == 0
    assert re.search(r"[A-Z][^│]{20,}\.", shown.output)


def test_the_command_lists_what_it_can_do(at_once: Command) -> None:
    done = at_once("--help", env=environment("sqlite:///unused.db"))
    assert done.returncode == 0
    assert re.findall(r"^│ ([a-z-]+) +[A-Z]", done.stdout, re.MULTILINE) == COMMANDS


@pytest.mark.parametrize("arguments", [["sreve"], ["import"], ["import", "x", "--from-line", "0"], ["simulate", "--x"]])
def test_a_command_that_was_misspelt_is_told_as_such(arguments: list[str]) -> None:
    shown = CliRunner().invoke(app, arguments)
    assert shown.exit_code == 2


# --- settings


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "ketenspoor.example"])  # noqa: S104  that is refused
def test_without_a_master_key_the_service_listens_on_this_machine_only(
    sqlite_url: str, at_once: Command, host: str
) -> None:
    said = refused(at_once("serve", env=environment(sqlite_url, host=host)))
    assert "loopback" in said and "KETENSPOOR_MASTER_KEY" in said


def test_a_key_that_is_none_is_refused_without_being_shown(sqlite_url: str, at_once: Command) -> None:
    said = refused(at_once("serve", env=environment(sqlite_url, master_key="geheim-van-de-keten")))
    assert "KETENSPOOR_MASTER_KEY" in said
    assert "geheim" not in said


def test_with_a_master_key_the_registry_of_organisations_is_needed(sqlite_url: str, at_once: Command) -> None:
    said = refused(at_once("serve", env=environment(sqlite_url, master_key="00" * 32)))
    assert "KETENSPOOR_REGISTRY is needed" in said


@pytest.mark.parametrize("command", ["serve", "project", "verify", "rebuild"])
def test_a_database_that_is_not_there_is_told_and_not_made(tmp_path: Path, at_once: Command, command: str) -> None:
    said = refused(at_once(command, env=environment(f"sqlite:///{tmp_path / 'none.db'}")))
    assert "there is no database at" in said and "ketenspoor migrate" in said
    assert list(tmp_path.iterdir()) == []


def test_a_registry_with_a_fault_is_refused_before_anything_is_served(sqlite_url: str, tmp_path: Path) -> None:
    (tmp_path / "registry.toml").write_text('[[organisation]]\noin = "5"\n')
    env = environment(sqlite_url, registry=str(tmp_path / "registry.toml"), port=str(free_port()))
    done = ketenspoor("serve", env=env)
    assert done.returncode != 0
    assert "organisation 1: oin: must be twenty digits" in done.stderr
    assert "Traceback" not in done.stderr


def test_with_a_master_key_a_registry_without_an_issuer_of_tokens_is_refused(
    sqlite_url: str, tmp_path: Path, at_once: Command
) -> None:
    registry = '[[organisation]]\noin = "00000001003214345000"\nkind = "coa"\nname = "COA"\n'
    (tmp_path / "registry.toml").write_text(registry)
    env = environment(sqlite_url, master_key=KEY, registry=str(tmp_path / "registry.toml"))
    assert "has no [[issuer]] of kind oauth, so nobody could show a token" in refused(at_once("serve", env=env))


def test_with_a_master_key_nobody_is_heard_without_a_token(sqlite_url: str, tmp_path: Path) -> None:
    issuer = Issuer()
    try:
        (tmp_path / "registry.toml").write_text(registry_text({issuer.url: issuer.jwks}))
        env = environment(
            sqlite_url, master_key=KEY, registry=str(tmp_path / "registry.toml"), public_url="https://ketenspoor.test"
        )
        with served(env, tmp_path / "service.log") as service:
            address, headers = f"{service.address}/v1/events", {"Content-Type": ONE}
            answer = httpx.post(address, content=body(linked()), headers=headers)
            assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
            assert "Ketenspoor-Mode" not in answer.headers
            now = int(time.time())
            claims = {
                "iss": issuer.url,
                "aud": "https://ketenspoor.test",
                "iat": now,
                "exp": now + 60,
                "jti": "j-1",
                "azp": f"system-{oin(COA)}",
                "scope": "events.write",
            }
            shown = headers | bearing(signed(claims))
            assert httpx.post(address, content=body(linked()), headers=shown).status_code == 201
            assert httpx.post(address, content=body(permit()), headers=shown).status_code == 403
            assert service.stop() == 0
        assert signed(claims).split(".")[1] not in (tmp_path / "service.log").read_text()
    finally:
        issuer.close()


# --- databases


@pytest.mark.parametrize("command", ["serve", "project", "verify", "rebuild"])
def test_a_database_that_was_not_migrated_is_told_as_such(
    tmp_path: Path, empty_postgres: str, command: str, at_once: Command
) -> None:
    for url in (empty_postgres, f"sqlite:///{tmp_path / 'new.db'}"):
        assert "ketenspoor migrate" in refused(at_once(command, env=environment(url)))


@pytest.mark.parametrize(
    ("url", "what"),
    [
        ("postgresql://keten:geheim@127.0.0.1:1/keten", "refuse"),
        ("mysql://keten:geheim@127.0.0.1/keten", "not supported"),
        ("sqlite:////nowhere/at/all/keten.db", "no directory"),
        ("geheim", "cannot be read"),
    ],
)
def test_a_database_that_can_not_be_used_is_told_without_its_password(url: str, what: str, at_once: Command) -> None:
    said = refused(at_once("migrate", env=environment(url)))
    assert what in said
    assert "geheim" not in said


def test_migrating_is_done_once_and_again_and_can_be_checked(tmp_path: Path, at_once: Command) -> None:
    env = environment(f"sqlite:///{tmp_path / 'new.db'}")
    for _ in range(2):
        assert at_once("migrate", env=env).returncode == 0
    checked = at_once("migrate", "--check", env=env)
    assert checked.returncode == 0, checked.stderr
    assert "the tables that the code expects" in checked.stderr


# --- the whole way


@pytest.mark.timeout(200)
def test_from_nothing_to_verified_projections(database_url: str, tmp_path: Path, at_once: Command) -> None:
    env = environment(database_url, clock="sender", log_level="debug")
    scenario = tmp_path / "scenario.ndjson"
    simulated = at_once("simulate", "--out", str(scenario), "--one-in", "200", env=env)
    assert simulated.returncode == 0, simulated.stderr
    told = list(
        map(int, re.findall(r"(?<![\w.-])\d+(?= (?:lines|events|repeats|to be|in conflict))", simulated.stderr))
    )
    all_lines, recorded, repeated, wrong, conflicts = told
    assert all_lines == scenario.read_bytes().count(b"\n")

    with served(env, tmp_path / "service.log") as service:
        imported = at_once("import", str(scenario), "--to", service.address, env=env)
        said = refused(imported)
        assert f"{recorded} recorded, {repeated} repeated, {wrong + conflicts} refused" in said
        assert said.count("\n  line ") == min(wrong + conflicts, 20)
        again = at_once("import", str(scenario), "--to", service.address, "--allow-refused", env=env)
        assert again.returncode == 0, again.stderr
        assert f"0 recorded, {recorded + repeated} repeated, {wrong + conflicts} refused" in again.stderr
        rest = at_once("import", str(scenario), "--to", service.address, "--from-line", str(all_lines), env=env)
        assert "0 recorded" in rest.stderr

        url = f"{service.address}/v1/realisation?period=2021-II&groupBy=province&validOn=2021-12-31"
        before = httpx.get(f"{url}&minPosition={recorded}", timeout=30.0)
        assert before.status_code == 200
        assert sum(item["realised"] for item in before.json()["items"]) > 0
        assert before.headers["Ketenspoor-Clock"] == "simulated"

        verified = at_once("verify", "--processes", "1", env=env)
        assert (verified.returncode, "no differences" in verified.stderr) == (0, True), verified.stderr
        assert f"up to position {recorded}" in verified.stderr
        rebuilt = at_once("rebuild", env=env)
        assert (rebuilt.returncode, "view_b serves now" in rebuilt.stderr) == (0, True), rebuilt.stderr
        assert at_once("verify", "--processes", "1", env=env).returncode == 0
        assert httpx.get(f"{url}&minPosition={recorded}", timeout=30.0).content == before.content
        # The follower goes on with the tables that serve now.
        answer = httpx.post(f"{service.address}/v1/events", content=body(linked()), headers={"Content-Type": ONE})
        assert answer.json()["position"] == recorded + 1
        assert httpx.get(f"{url}&minPosition={recorded + 1}", timeout=30.0).status_code == 200
        assert service.stop() == 0

    engine = connect(database_url)
    with engine.begin() as connection:
        changed = connection.execute(text("UPDATE view_b.housings SET persons = 2 WHERE municipality = 'GM0363'"))
        assert changed.rowcount > 0
    engine.dispose()
    said = refused(at_once("verify", "--processes", "1", env=env))
    assert "rows differ" in said and "housings" in said

    log = (tmp_path / "service.log").read_text()
    v_numbers = {json.loads(line).get("data", {}).get("vNumber") for line in scenario.read_text().splitlines() if line}
    assert len(v_numbers) > 100
    assert not [number for number in v_numbers if isinstance(number, str) and number and number in log]


def test_the_follower_may_run_alone(sqlite_url: str, tmp_path: Path) -> None:
    env = environment(sqlite_url, follower="none")
    with served(env, tmp_path / "service.log") as service:
        assert service.followers() == []
        httpx.post(f"{service.address}/v1/events", content=body(linked()), headers={"Content-Type": ONE})
        follower = subprocess.Popen([COMMAND, "project"], env=env, stderr=subprocess.PIPE)
        try:
            url = f"{service.address}/v1/norm-phases?from=2021-01-01&to=2021-12-31&minPosition=1"
            until(lambda: httpx.get(url, timeout=30.0).status_code == 200, "the projections are there")
            follower.send_signal(signal.SIGTERM)
            assert follower.wait(DEADLINE) == 0
        finally:
            if follower.poll() is None:
                follower.kill()
            follower.communicate()


# --- what needs no database


#: The pages that are made from the code, by the command that makes each.
COMMITTED = {"openapi": Path("openapi/openapi.json"), "rules": Path("docs/who-may-what.md")}


@pytest.mark.parametrize(("command", "page"), COMMITTED.items())
def test_a_page_that_is_made_from_the_code_is_written_where_it_is_committed(
    tmp_path: Path, at_once: Command, monkeypatch: pytest.MonkeyPatch, command: str, page: Path
) -> None:
    (tmp_path / page).parent.mkdir()
    monkeypatch.chdir(tmp_path)
    done = at_once(command, env={})
    assert (done.returncode, done.stdout) == (0, "")
    assert f"{page} is written" in done.stderr
    assert page.read_bytes() == (ROOT / page).read_bytes()


@pytest.mark.parametrize(("command", "page"), COMMITTED.items())
def test_a_page_that_is_made_from_the_code_goes_to_the_file_that_is_named(
    tmp_path: Path, at_once: Command, command: str, page: Path
) -> None:
    assert at_once(command, str(tmp_path / "page"), env={}).stdout == ""
    assert (tmp_path / "page").read_bytes() == (ROOT / page).read_bytes()
    assert at_once(command, "-", env={}).stdout == (ROOT / page).read_text("utf-8")
    assert "No such file or directory" in refused(at_once(command, str(tmp_path / "no" / "page"), env={}))


def test_simulating_where_nothing_can_be_written_is_told_as_such(tmp_path: Path, at_once: Command) -> None:
    done = at_once("simulate", "--out", str(tmp_path / "no" / "x"), env=environment("sqlite:///unused.db"))
    assert "No such file or directory" in refused(done)


def test_the_same_seed_gives_the_same_bytes_in_another_process(tmp_path: Path, at_once: Command) -> None:
    env = environment("sqlite:///unused.db", log_level="error")
    for command, out, seed in ((ketenspoor, "a", "5"), (at_once, "b", "5"), (at_once, "c", "6")):
        made = command("simulate", "--out", str(tmp_path / out), "--seed", seed, "--one-in", "500", env=env)
        assert made.returncode == 0, made.stderr
    first, second, third = ((tmp_path / name).read_bytes() for name in "abc")
    assert first == second != third
