"""The command `ketenspoor`, as an operator runs it: real processes, real HTTP, exit codes and what they say."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from service.cli import app, run
from service.database import connect
from service.intake.cloudevents import ONE
from tests.posts import body, but, lines, linked
from tests.processes import COMMAND, DEADLINE, environment, free_port, ketenspoor, served, until

KEY = "5f" * 32
COMMANDS = [
    "serve",
    "migrate",
    "project",
    "status",
    "simulate",
    "import",
    "rebuild",
    "verify",
    "replay",
    "reconcile",
    "checkpoint",
    "export-log",
    "verify-log",
    "openapi",
    "demo",
    "inspect",
]


@pytest.fixture(scope="module", autouse=True)
def towards_nobody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[subprocess.Popen[str]]:
    """An import to an address where nothing listens: it tries for a while, so it is begun before anything else."""
    path = tmp_path_factory.mktemp("towards") / "events.ndjson"
    path.write_bytes(lines([linked()]))
    process = subprocess.Popen(
        [COMMAND, "import", str(path), "--to", f"http://127.0.0.1:{free_port()}"],
        env=environment("sqlite:///unused.db"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    yield process
    if process.poll() is None:
        process.kill()
    process.communicate()


Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """The command without a process of its own, which is quicker: for those that end by themselves."""

    def command(*arguments: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
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
            given.setattr("service.commands.running.connect", connecting)
            given.setattr("service.commands.terminal.connect", connecting)
            capsys.readouterr()
            with pytest.raises(SystemExit) as ended:
                run()
        # The end of a process closes its connections.
        for engine in engines:
            engine.dispose()
        said = capsys.readouterr()
        code = ended.value.code
        return subprocess.CompletedProcess(arguments, code if isinstance(code, int) else 0, said.out, said.err)

    return command


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """What a command that failed says: a few lines, never a traceback."""
    assert done.returncode == 1, (done.returncode, done.stderr)
    assert "Traceback" not in done.stderr + done.stdout
    return done.stderr


# --- help


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_that_teaches(command: str) -> None:
    shown = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200", "TERM": "dumb"})
    assert shown.exit_code == 0
    assert re.search(r"[A-Z][^│]{20,}\.", shown.output)


def test_the_command_lists_what_it_can_do() -> None:
    done = ketenspoor("--help", env=environment("sqlite:///unused.db"))
    assert done.returncode == 0
    for command in COMMANDS:
        assert re.search(rf"^\W*{command}\s+\w", done.stdout, re.MULTILINE), command


@pytest.mark.parametrize("arguments", [["sreve"], ["import"], ["import", "x", "--from-line", "0"], ["simulate", "--x"]])
def test_a_command_that_was_misspelt_is_told_as_such(arguments: list[str]) -> None:
    shown = CliRunner().invoke(app, arguments)
    assert shown.exit_code == 2


# --- settings


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "ketenspoor.example"])  # noqa: S104  that is refused
def test_without_a_master_key_the_service_listens_on_this_machine_only(sqlite_url: str, host: str) -> None:
    if host != "0.0.0.0":  # noqa: S104  one through the real command, the others where it decides
        shown = CliRunner().invoke(app, ["serve"], env={"KETENSPOOR_HOST": host})
        assert shown.exit_code == 1
        assert "KETENSPOOR_MASTER_KEY" in str(shown.exception)
        return
    said = refused(ketenspoor("serve", env=environment(sqlite_url, host=host, port=str(free_port()))))
    assert "loopback" in said and "KETENSPOOR_MASTER_KEY" in said


def test_a_key_that_is_none_is_refused_without_being_shown(sqlite_url: str, at_once: Command) -> None:
    said = refused(at_once("serve", env=environment(sqlite_url, master_key="geheim-van-de-keten")))
    assert "KETENSPOOR_MASTER_KEY" in said
    assert "geheim" not in said


def test_with_a_master_key_the_registry_of_organisations_is_needed(sqlite_url: str, at_once: Command) -> None:
    said = refused(at_once("serve", env=environment(sqlite_url, master_key="00" * 32)))
    assert "KETENSPOOR_ORGANISATIONS is needed" in said


@pytest.mark.parametrize("command", ["serve", "project", "verify", "rebuild"])
def test_a_database_that_is_not_there_is_told_and_not_made(tmp_path: Path, at_once: Command, command: str) -> None:
    said = refused(at_once(command, env=environment(f"sqlite:///{tmp_path / 'none.db'}")))
    assert "there is no database at" in said and "ketenspoor migrate" in said
    assert list(tmp_path.iterdir()) == []


def test_a_registry_with_a_fault_is_refused_before_anything_is_served(sqlite_url: str, tmp_path: Path) -> None:
    (tmp_path / "organisations.toml").write_text('[[organisation]]\noin = "5"\n')
    env = environment(sqlite_url, organisations=str(tmp_path / "organisations.toml"), port=str(free_port()))
    done = ketenspoor("serve", env=env)
    assert done.returncode != 0
    assert "oin must be twenty digits" in done.stderr
    assert "Traceback" not in done.stderr


def test_with_a_master_key_and_a_registry_only_the_registered_are_heard(sqlite_url: str, tmp_path: Path) -> None:
    registry = '[[organisation]]\noin = "00000001003214345000"\nkind = "coa"\nname = "COA"\n'
    (tmp_path / "organisations.toml").write_text(registry)
    env = environment(sqlite_url, master_key=KEY, organisations=str(tmp_path / "organisations.toml"))
    with served(env, tmp_path / "service.log") as service:
        headers = {"Content-Type": ONE}
        registered = linked() | {"source": "urn:nld:oin:00000001003214345000:systeem:plaatsing"}
        answer = httpx.post(f"{service.address}/v1/events", content=body(registered), headers=headers)
        assert answer.status_code == 201
        assert "Ketenspoor-Mode" not in answer.headers
        stranger = httpx.post(f"{service.address}/v1/events", content=body(linked("l-2")), headers=headers)
        assert stranger.status_code == 403


# --- databases


@pytest.mark.parametrize("command", ["serve", "project", "verify", "rebuild"])
def test_a_database_that_was_not_migrated_is_told_as_such(
    tmp_path: Path, empty_postgres: str, command: str, at_once: Command
) -> None:
    for url in (empty_postgres, f"sqlite:///{tmp_path / 'new.db'}"):
        assert "ketenspoor migrate" in refused(at_once(command, env=environment(url)))


def test_a_service_without_tables_does_not_start(empty_postgres: str) -> None:
    said = refused(ketenspoor("serve", env=environment(empty_postgres, port=str(free_port()))))
    assert "ketenspoor migrate" in said


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


def test_a_port_that_is_taken_is_told_and_leaves_nothing_running(sqlite_url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = ketenspoor("serve", env=environment(sqlite_url, port=str(taken.getsockname()[1])))
        assert done.returncode != 0
        assert "address already in use" in done.stderr
        assert "Traceback" not in done.stderr


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
        imported = ketenspoor("import", str(scenario), "--to", service.address, env=env)
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

        verified = ketenspoor("verify", env=env)
        assert (verified.returncode, "no differences" in verified.stderr) == (0, True), verified.stderr
        assert f"up to position {recorded}" in verified.stderr
        rebuilt = at_once("rebuild", env=env)
        assert (rebuilt.returncode, "view_b serves now" in rebuilt.stderr) == (0, True), rebuilt.stderr
        assert at_once("verify", env=env).returncode == 0
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
    said = refused(at_once("verify", env=env))
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


# --- loading events


@contextmanager
def answering(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[str]:
    """Something that answers every request in the same way, at an address of its own."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        do_POST = do_GET  # noqa: N815  the names that http.server calls

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def respond(request: BaseHTTPRequestHandler, status: int, content: bytes) -> None:
    request.rfile.read(int(request.headers.get("Content-Length", 0)))
    request.send_response(status)
    request.send_header("Content-Length", str(len(content)))
    request.end_headers()
    request.wfile.write(content)


def test_an_import_that_was_interrupted_goes_on_where_it_says(
    sqlite_url: str, tmp_path: Path, at_once: Command
) -> None:
    env = environment(sqlite_url)
    wrong = but(linked("wrong"), data__municipality="GM9999")
    posted = [linked(f"l-{n}", f"{2876000000 + n % 500}") for n in range(12_000)]
    posted[2] = wrong
    posted[11_999] = wrong
    path = tmp_path / "events.ndjson"
    path.write_bytes(lines(posted))
    with served(env, tmp_path / "service.log") as service:
        # Busy at first, then one request through, then out of order.
        turns = iter(["busy", "through"])

        def gate(request: BaseHTTPRequestHandler) -> None:
            turn = next(turns, "out of order")
            if turn != "through":
                respond(request, 503 if turn == "busy" else 500, b"")
                return
            content = request.rfile.read(int(request.headers["Content-Length"]))
            headers = {"Content-Type": request.headers["Content-Type"]}
            passed = httpx.post(f"{service.address}{request.path}", content=content, headers=headers, timeout=60.0)
            request.headers.replace_header("Content-Length", "0")
            respond(request, passed.status_code, passed.content)

        with answering(gate) as address:
            said = refused(at_once("import", str(path), "--to", address, env=env))
        assert "500" in said
        assert "10000 lines are done, go on with --from-line 10001" in said
        said = refused(at_once("import", str(path), "--to", service.address, "--from-line", "10001", env=env))
        assert "1999 recorded, 0 repeated, 1 refused" in said
        assert re.search(r"line 12000, wrong: /data/municipality \w", said)
        assert "GM9999" not in said
        engine = connect(sqlite_url)
        with engine.connect() as connection:
            assert connection.execute(text("SELECT count(*), max(position) FROM events")).one() == (11_998, 11_998)
        engine.dispose()


def test_events_are_imported_from_an_address_line_by_line(sqlite_url: str, tmp_path: Path, at_once: Command) -> None:
    # Characters that end a line for some, and not in NDJSON; the last line has no end.
    posted = [linked(f"l-{n}", household="H\u2028\u0085\x1e-1") for n in range(3)]
    content = b"\n".join(json.dumps(one, ensure_ascii=False).encode() for one in posted)
    env = environment(sqlite_url)
    with (
        served(env, tmp_path / "service.log") as service,
        answering(
            lambda request: respond(request, 200 if request.path == "/events.ndjson" else 404, content)
        ) as source,
    ):
        done = at_once("import", f"{source}/events.ndjson", "--to", service.address, env=env)
        assert done.returncode == 0, done.stderr
        assert "3 recorded, 0 repeated, 0 refused" in done.stderr
        assert "404" in refused(at_once("import", f"{source}/other.ndjson", "--to", service.address, env=env))


def test_an_import_to_something_else_says_that_it_is_not_the_service(tmp_path: Path, at_once: Command) -> None:
    path = tmp_path / "events.ndjson"
    path.write_bytes(lines([linked()]))
    env = environment("sqlite:///unused.db")
    with answering(lambda request: respond(request, 200, b"<html>welcome</html>")) as address:
        assert "is not this service" in refused(at_once("import", str(path), "--to", address, env=env))
    with answering(lambda request: respond(request, 404, b"")) as address:
        assert "404" in refused(at_once("import", str(path), "--to", address, env=env))


def test_an_import_of_a_file_that_is_not_there_is_told_as_such(tmp_path: Path, at_once: Command) -> None:
    said = refused(at_once("import", str(tmp_path / "missing.ndjson"), env=environment("sqlite:///unused.db")))
    assert "missing.ndjson" in said


def test_an_import_from_an_address_that_does_not_answer_is_told_as_such(at_once: Command) -> None:
    address = f"http://127.0.0.1:{free_port()}/events.ndjson"
    said = refused(at_once("import", address, env=environment("sqlite:///unused.db")))
    assert address in said.replace("\n", "")


def test_an_import_of_an_empty_file_does_nothing(tmp_path: Path, at_once: Command) -> None:
    (tmp_path / "empty.ndjson").touch()
    done = at_once("import", str(tmp_path / "empty.ndjson"), env=environment("sqlite:///unused.db"))
    assert done.returncode == 0
    assert "0 recorded, 0 repeated, 0 refused" in done.stderr


def test_the_openapi_document_is_printed_as_json(at_once: Command) -> None:
    done = at_once("openapi", env=environment("sqlite:///unused.db"))
    assert done.returncode == 0
    assert json.loads(done.stdout)["openapi"].startswith("3.")
    assert "/v1/events" in json.loads(done.stdout)["paths"]


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


# Last, because it was begun first.
def test_an_import_to_an_address_that_does_not_answer_says_where_to_go_on(
    towards_nobody: subprocess.Popen[str],
) -> None:
    out, said = towards_nobody.communicate(timeout=DEADLINE)
    assert towards_nobody.returncode == 1
    assert "Traceback" not in out + said
    assert "0 lines are done, go on with --from-line 1" in said
