"""Destroying, retention and rotation by command: who may, what is asked of them, and what is left."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from service.evidence.signed_notes import open_note, parse_verifier_key
from service.log.keys import DEVELOPMENT_KEY, ForeignMasterKey, Keyring
from service.log.permanent_keys import load_keyring
from service.privacy.rotation import rotate
from service.storage.database import connect
from tests.api.at_once import Command, refused
from tests.api.reports import UTRECHT, granted, linked, said
from tests.api.service_under_test import NOW, serving
from tests.api.tokens import guarded
from tests.posts import ANOTHER_V_NUMBER, V_NUMBER, permit
from tests.posts import linked as link

A, B, C = (f"999900000{n}" for n in range(1, 4))
KEYS = Keyring(DEVELOPMENT_KEY)
Token = Callable[[str, str], str]

HOUSED = [
    said("housed", "2011-04-01", A, municipality=UTRECHT, accommodation="regular"),
    said("intake-held", "2011-06-10", A, municipality=UTRECHT),
    said("integration-plan-established", "2011-06-20", A, municipality=UTRECHT, route="b1"),
]


@pytest.fixture
def database(sqlite_url: str) -> str:
    with serving(sqlite_url) as service:
        service.post_all([granted(A, "2011-03-01"), linked(A, "2011-03-10"), *HOUSED, granted(B, "2021-03-01")])
    return sqlite_url


@pytest.fixture
def token(tmp_path: Path, at_once: Command, sqlite_url: str) -> Token:
    """A file with a token of somebody in a role."""

    def of(role: str, subject: str) -> str:
        path = tmp_path / f"{role}-{subject}"
        made = at_once("token", "--role", role, "--subject", subject, env={"KETENSPOOR_DATABASE_URL": sqlite_url})
        assert made.returncode == 0, made.stderr
        path.write_text(made.stdout)
        return str(path)

    return of


@pytest.fixture
def listing(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """What stands on standard input."""
    return lambda text: monkeypatch.setattr("sys.stdin", io.StringIO(text))


def test_two_administrators_destroy_a_journey_and_the_declaration_can_be_shown_to_anybody(
    database: str, at_once: Command, token: Token, listing: Callable[[str], None]
) -> None:
    env = {"KETENSPOOR_DATABASE_URL": database}
    first, second = token("administrator", "first"), token("administrator", "second")
    listing(f"{A}\n")
    proposed = at_once("destroy", "propose", "--reason", "asked for", "--token-file", first, env=env)
    digest = proposed.stdout.strip()
    assert A not in proposed.stdout + proposed.stderr

    alone = at_once("destroy", "approve", "1", "--digest", digest, "--token-file", first, env=env)
    assert "a second person must" in refused(alone)
    other = at_once("destroy", "approve", "1", "--digest", "00", "--token-file", second, env=env)
    assert "not that of the proposed list" in refused(other)
    listed = at_once("destroy", "list", "1", "--token-file", second, env=env)
    assert listed.stdout == f"{KEYS.journey(A)}\n"
    done = at_once("destroy", "approve", "1", "--digest", digest, "--token-file", second, env=env)

    assert "1 destroyed, 0 held" in done.stderr
    shown = at_once("destroy", "show", "1", "--token-file", second, env=env)
    assert shown.stdout == done.stdout
    with serving(database) as service:
        key = parse_verifier_key(service.get("/v1/log/key").text.strip())
    assert f"list sha-256 {digest}" in open_note(done.stdout.encode(), key)


def test_only_an_administrator_who_shows_it_destroys(
    database: str, at_once: Command, token: Token, listing: Callable[[str], None], tmp_path: Path
) -> None:
    env = {"KETENSPOOR_DATABASE_URL": database}
    listing(f"{A}\n")
    asked = ("destroy", "propose", "--reason", "asked for")
    assert "--token-file names a file" in refused(at_once(*asked, env=env))
    shown = at_once(*asked, "--token-file", token("analyst", "somebody"), env=env)
    assert "not an administrator's" in refused(shown)
    (tmp_path / "forged").write_text("a.b.c")
    assert "refused" in refused(at_once(*asked, "--token-file", str(tmp_path / "forged"), env=env))
    (tmp_path / "forged").write_text("a.b.c", "utf-16")
    assert "is UTF-16, and must be UTF-8" in refused(at_once(*asked, "--token-file", str(tmp_path / "forged"), env=env))


def test_a_wrong_list_is_told_by_its_lines_and_never_repeated(
    database: str, at_once: Command, token: Token, listing: Callable[[str], None]
) -> None:
    env = {"KETENSPOOR_DATABASE_URL": database}
    admin = token("administrator", "first")
    listing(f"{A}\n99990000\n")
    told = refused(at_once("destroy", "propose", "--reason", "asked for", "--token-file", admin, env=env))
    assert "on line 2" in told and "99990000" not in told
    listing(f"{C}\n")
    told = refused(at_once("destroy", "propose", "--reason", "asked for", "--token-file", admin, env=env))
    assert "1 of 1 on the list are no journeys" in told and C not in told


def test_retention_lists_what_is_due_and_proposes_it(
    database: str, at_once: Command, token: Token, listing: Callable[[str], None]
) -> None:
    env = {"KETENSPOOR_DATABASE_URL": database}
    admin = token("administrator", "first")
    dry = at_once("retention", "--dry-run", env=env)
    assert dry.stdout == f"{KEYS.journey(A)}\n"
    assert "1 of journey-housed: 10 years after" in dry.stderr
    assert "there is no destruction 1" in refused(at_once("destroy", "show", "1", "--token-file", admin, env=env))
    assert at_once("retention", "--token-file", admin, env=env).returncode == 0
    shown = at_once("destroy", "show", "1", "--token-file", admin, env=env)
    assert "1 journeys, on grounds of retention" in shown.stderr

    listing(f"{A}\n")
    at_once("destroy", "hold", "--reason", "an appeal", "--token-file", admin, env=env)
    assert "0 journeys due, 1 held" in at_once("retention", "--dry-run", env=env).stderr


def test_refused_events_expire(sqlite_url: str, at_once: Command, token: Token) -> None:
    env = {"KETENSPOOR_DATABASE_URL": sqlite_url}
    with serving(sqlite_url) as service:  # its clock stands in 2022
        assert service.post({**granted(A, "2021-03-01"), "id": ""}).status_code == 400
    assert "1 refused events due" in at_once("retention", "--dry-run", env=env).stderr
    assert (
        "1 refused events deleted"
        in at_once("retention", "--token-file", token("administrator", "first"), env=env).stderr
    )
    assert "0 refused events due" in at_once("retention", "--dry-run", env=env).stderr


def test_a_server_serves_on_through_a_rotation_and_then_needs_the_new_key_alone(
    sqlite_url: str, tmp_path: Path
) -> None:
    old, new = tmp_path / "old.key", tmp_path / "new.key"
    old.write_text("11" * 32)
    new.write_text("22" * 32)
    with guarded(sqlite_url, master_key=None, master_key_file=old, next_master_key_file=new) as service:
        assert service.post_as(permit("p-1", birthDate="1990-05-06")).status_code == 201
        before = (service.context.keys.journey(V_NUMBER), service.get("/v1/log/key").text)
        engine = connect(sqlite_url)
        keys = load_keyring(service.context.settings, engine)
        assert rotate(engine, keys, "first", NOW, lambda done, of: None).journeys == 1
        engine.dispose()
        assert service.post_as(permit("p-2", ANOTHER_V_NUMBER)).status_code == 201
    with guarded(sqlite_url, master_key=None, master_key_file=new) as service:
        assert service.post_as(permit("p-1", birthDate="1990-05-06")).status_code == 200
        assert service.post_as(link("l-1", ANOTHER_V_NUMBER)).status_code == 201
        assert (service.context.keys.journey(V_NUMBER), service.get("/v1/log/key").text) == before
    with (
        pytest.raises(ForeignMasterKey, match="works under another master key"),
        guarded(sqlite_url, master_key=None, master_key_file=old),
    ):
        pass


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (b"\xef\xbb\xbf" + A.encode() + b"\r\n", "destruction 1: 1 journeys"),
        (A.encode("utf-16"), "standard input is UTF-16, and must be UTF-8"),
        (b"\xe9", "standard input is something else, and must be UTF-8"),
    ],
)
def test_a_list_is_read_with_a_byte_order_mark_and_named_when_it_is_no_utf_8(
    database: str, at_once: Command, token: Token, monkeypatch: pytest.MonkeyPatch, given: bytes, said: str
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(given), "utf-8"))
    asked = ["destroy", "propose", "--reason", "asked for", "--token-file", token("administrator", "first")]
    done = at_once(*asked, env={"KETENSPOOR_DATABASE_URL": database})

    assert said in done.stderr
    assert "Traceback" not in done.stderr and A not in done.stderr


def test_a_rotation_without_a_next_key_says_where_the_steps_are(sqlite_url: str, at_once: Command) -> None:
    told = refused(at_once("rotate-key", env={"KETENSPOOR_DATABASE_URL": sqlite_url}))
    assert "KETENSPOOR_NEXT_MASTER_KEY_FILE names no file" in told
