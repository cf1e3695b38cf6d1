"""`ketenspoor import`, over real HTTP: what it loads, and how it goes on."""

from __future__ import annotations

import gzip
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from service.storage.database import connect
from tests.api.at_once import Command, refused
from tests.posts import but, lines, linked
from tests.processes import environment, free_port, served


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
        # Where the settings say that the service is.
        here = env | {"KETENSPOOR_PORT": service.address.rpartition(":")[2]}
        done = at_once("import", f"{source}/events.ndjson", env=here)
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


def test_an_import_to_an_address_that_does_not_answer_says_where_to_go_on(tmp_path: Path, at_once: Command) -> None:
    path = tmp_path / "events.ndjson"
    path.write_bytes(lines([linked()]))
    address, env = f"http://127.0.0.1:{free_port()}", environment("sqlite:///unused.db")
    said = refused(at_once("import", str(path), "--to", address, "--patience", "1", env=env))
    assert "0 lines are done, go on with --from-line 1" in said


@pytest.mark.parametrize(("patience", "tries"), [("0", 1), ("0.9", 1), ("1", 2)])
def test_an_import_tries_again_while_the_service_is_busy_and_its_patience_lasts(
    tmp_path: Path, at_once: Command, patience: str, tries: int
) -> None:
    path = tmp_path / "events.ndjson"
    path.write_bytes(lines([linked()]))
    asked: list[str] = []

    def busy(request: BaseHTTPRequestHandler) -> None:
        asked.append(request.path)
        respond(request, 503, b"")

    with answering(busy) as address:
        env = environment("sqlite:///unused.db")
        said = refused(at_once("import", str(path), "--to", address, "--patience", patience, env=env))
    assert "503" in said
    assert asked == ["/v1/events"] * tries


def test_gzip_is_imported_as_what_is_in_it(sqlite_url: str, tmp_path: Path, at_once: Command) -> None:
    env = environment(sqlite_url)
    posted = [linked(f"l-{n}", f"{2876000000 + n}") for n in range(12_000)]
    # As by a program that begins a new one each day, and writes a mark each time.
    packed = b"".join(
        gzip.compress(b"\xef\xbb\xbf" + lines(some)) + bytes(512) for some in (posted[:5_000], posted[5_000:])
    )
    (tmp_path / "events.ndjson.gz").write_bytes(packed)
    (tmp_path / "plain").write_bytes(b"\xef\xbb\xbf" + lines(posted))
    with (
        served(env, tmp_path / "service.log") as service,
        answering(lambda request: respond(request, 200, packed)) as source,
    ):
        to = ["--to", service.address]
        done = at_once("import", str(tmp_path / "events.ndjson.gz"), *to, env=env)
        assert (done.returncode, "12000 recorded, 0 repeated, 0 refused" in done.stderr) == (0, True), done.stderr
        assert "12000/12000" in done.stderr
        again = at_once("import", str(tmp_path / "plain"), *to, "--from-line", "11999", env=env)
        assert "0 recorded, 2 repeated, 0 refused" in again.stderr
        from_address = at_once("import", f"{source}/events.gz", *to, env=env)
        assert "0 recorded, 12000 repeated, 0 refused" in from_address.stderr


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (lines([linked()]).decode().encode("utf-16"), "is UTF-16, and must be UTF-8"),
        (gzip.compress(lines([linked()]).decode().encode("utf-16-le")), "is UTF-16, and must be UTF-8"),
        (gzip.compress(gzip.compress(lines([linked()]))), "is gzip, and must be UTF-8"),
        (b"PK\x03\x04" + lines([linked()]), "is zip, as .xlsx and .ods are, and must be UTF-8"),
        (gzip.compress(lines([linked()]))[:-1], "is gzip without its end"),
        (gzip.compress(lines([linked()])) + b"\n", "is gzip, and what follows it is"),
        (gzip.compress(b"") + b"\0" * 10 + b"\n\n", "is gzip, and what follows it is no gzip"),
    ],
    ids=["utf-16", "utf-16-in-gzip", "gzip-in-gzip", "zip", "cut-off", "line-behind", "line-behind-noughts"],
)
def test_a_file_that_is_no_text_or_not_whole_is_named_before_anything_is_posted(
    tmp_path: Path, at_once: Command, content: bytes, said: str
) -> None:
    path = tmp_path / "events"
    path.write_bytes(content)

    def fail(_: BaseHTTPRequestHandler) -> None:
        raise AssertionError("nothing is posted")

    with answering(fail) as address:
        told = refused(at_once("import", str(path), "--to", address, env=environment("sqlite:///unused.db")))
    assert f"{path} {said}" in told.replace("\n", "")


def test_an_import_says_which_token_can_not_be_read(tmp_path: Path, at_once: Command) -> None:
    (tmp_path / "events").write_bytes(lines([linked()]))
    for content, said in (("abc".encode("utf-16"), "token is UTF-16"), ("\u00e9".encode(), "a file can't be read")):
        (tmp_path / "token").write_bytes(content)
        asked = ["import", str(tmp_path / "events"), "--token-file", str(tmp_path / "token")]
        told = refused(at_once(*asked, env=environment("sqlite:///unused.db")))
        assert said in told and "0 lines are done" in told and "\u00e9" not in told
