"""`ketenspoor status`: what is well, what is not, and what can't be told; for a person and for a program."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from service.cli.main import app
from service.operations.health import read_health
from service.operations.status import find_follower
from service.storage.database import connect
from service.storage.locks import follow_alone
from tests.api.reports import granted, worked_case
from tests.api.service_under_test import Service, serving
from tests.processes import COMMAND, DEADLINE, environment, ketenspoor, until

A, B = "9999000001", "9999000002"


def told(url: str, *arguments: str, **settings: str) -> tuple[int, str]:
    """The exit code, and what is printed."""
    plain = dict.fromkeys(("KETENSPOOR_MASTER_KEY", "KETENSPOOR_MASTER_KEY_FILE", "KETENSPOOR_READ_URL"))
    given = {f"KETENSPOOR_{name.upper()}": value for name, value in {"database_url": url, **settings}.items()}
    done = CliRunner().invoke(app, ["status", *arguments], env={**plain, **given})
    return done.exit_code, done.output


def as_json(url: str, **settings: str) -> tuple[int, dict[str, Any]]:
    code, printed = told(url, "--json", **settings)
    return code, json.loads(printed)


@pytest.fixture
def followed(service: Service) -> Iterator[Service]:
    """A service whose log is followed: somebody holds the lock."""
    with follow_alone(service.context.engine, lambda: True) as held:
        assert held()
        yield service


@pytest.fixture
def url(database_url: str) -> str:
    return database_url


def test_when_all_is_well_it_says_so(followed: Service, url: str) -> None:
    followed.post_all(worked_case(A))
    followed.follow()
    followed.request("POST", "/v1/log/checkpoint")

    code, screen = told(url)
    exact, document = as_json(url)

    assert (code, exact) == (0, 0), screen
    assert "all is well" in screen and "NOT WELL" not in screen
    assert "4 events" in screen and screen.count("4, up to date") == len(document["projections"])
    assert document["log"]["position"] == document["checkpoint"]["size"] == 4
    assert {one["position"] for one in document["projections"]} == {4}
    assert (document["amiss"], document["checkpoint"]["uncovered"]) == ([], 0)
    assert (document["servingView"], document["rebuilding"], document["replica"]) == ("view_a", None, None)
    assert len(screen.splitlines()) < 30


def test_a_log_that_nobody_follows_is_not_well(service: Service, url: str) -> None:
    code, document = as_json(url)

    assert code == 1
    assert document["follower"] is None
    assert document["amiss"] == ["nobody follows the log: figures stand still"]
    assert "NOBODY follows" in told(url)[1]


def test_who_follows_is_told(service: Service, url: str) -> None:
    engine = service.context.engine
    assert find_follower(engine) is None
    with follow_alone(connect(url), lambda: True):
        who = find_follower(engine)
        assert who is not None
        assert (who.session is None) == (engine.dialect.name == "sqlite")
    # A session of PostgreSQL ends some time after its connection.
    until(lambda: find_follower(engine) is None, "nobody follows")


def test_a_projection_that_is_too_far_behind_is_not_well(followed: Service, url: str) -> None:
    # The command's clock is that of the machine: these events are years old.
    followed.post_all(worked_case(A))
    followed.follow()
    followed.post_all([granted(B, "2021-03-01")])
    followed.request("POST", "/v1/log/checkpoint")

    code, document = as_json(url)

    assert code == 1
    assert {one["behind"] for one in document["projections"]} == {1}
    assert all("more than 300 s behind" in line for line in document["amiss"])
    assert len(document["amiss"]) == len(document["projections"])
    assert "4, 1 events and " in told(url)[1]
    # In a simulated past the age of an event says nothing.
    assert as_json(url, clock="sender")[0] == 0


def test_a_projection_that_is_stopped_is_named_with_what_it_can_not_read(followed: Service, url: str) -> None:
    followed.post_all(worked_case(A))
    followed.follow()
    followed.request("POST", "/v1/log/checkpoint")
    with followed.context.engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE view_a.place SET position = 3, failed_at = 4, fault = 'KeyError', "
                "fault_at = 'projections/quota.py:1 in rows' WHERE projection = 'quota'"
            )
        )

    code, document = as_json(url)

    assert code == 1
    assert document["amiss"] == ["quota is stopped at position 3: KeyError, projections/quota.py:1 in rows"]
    assert "STOPPED at 3: KeyError" in told(url)[1]
    ready = followed.request("GET", "/readyz")
    assert (ready.status_code, ready.json()["stoppedProjections"]) == (200, ["quota"])
    assert 'ketenspoor_projection_stopped{projection="quota"} 1.0' in followed.request("GET", "/metrics").text


def test_events_that_are_not_signed_in_time_are_not_well(followed: Service, url: str) -> None:
    followed.post_all(worked_case(A))
    followed.follow()

    code, document = as_json(url)

    assert code == 1
    assert document["checkpoint"]["uncovered"] == 4
    (amiss,) = document["amiss"]
    assert amiss.endswith("are not covered by a checkpoint")
    assert "none yet, 4 events uncovered" in told(url)[1]


def test_a_checkpoint_directory_that_is_not_there_is_not_well(followed: Service, url: str, tmp_path: Path) -> None:
    assert told(url, checkpoint_dir=str(tmp_path))[0] == 0
    code, said = told(url, checkpoint_dir=str(tmp_path / "gone"))

    assert code == 1
    assert "the checkpoint directory is not there" in said


def test_a_rebuild_that_is_under_way_is_told(followed: Service, url: str) -> None:
    with followed.context.engine.begin() as connection:
        connection.execute(text("INSERT INTO view_b.portions (number, of, position) VALUES (0, 2, 0), (1, 2, 0)"))
        connection.execute(text("UPDATE view_b.portions SET digests = :d WHERE number = 1"), {"d": b"x"})

    found = read_health(followed.context.engine)

    assert found.rebuilding is not None
    assert (found.rebuilding.portions, found.rebuilding.of) == (1, 2)
    assert "view_b: 1 of 2 portions are in" in told(url)[1]


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://keten:geheim@127.0.0.1:1/keten",
        "sqlite:////nowhere/at/all/keten.db",
        "mysql://keten:geheim@h/k",
        "?",
        "postgresql://keten@h:geheim/k",
    ],
)
def test_what_can_not_be_told_is_said_without_a_password(url: str) -> None:
    code, said = told(url)

    assert code == 2
    assert "cannot tell" in said and "geheim" not in said


def test_a_database_without_tables_can_not_be_told(empty_postgres: str, tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    for url in (empty_postgres, f"sqlite:///{tmp_path / 'empty.db'}"):
        code, said = told(url)
        assert (code, "ketenspoor migrate" in said) == (2, True), said


@pytest.mark.timeout(60)
def test_a_database_that_holds_it_up_can_not_be_told(postgresql_url: str) -> None:
    holding = connect(postgresql_url)
    with holding.begin() as connection:
        connection.execute(text("LOCK TABLE serving IN ACCESS EXCLUSIVE MODE"))
        code, said = told(postgresql_url, database_timeout="0.4")
    holding.dispose()

    assert (code, "does not answer" in said) == (2, True)


def test_settings_that_can_not_be_read_can_not_be_told(sqlite_url: str) -> None:
    assert told(sqlite_url, port="no number")[0] == 2
    assert told(sqlite_url, ready_lag="inf")[0] == told(sqlite_url, database_timeout="1e300")[0] == 2


@pytest.mark.timeout(60)
def test_beside_a_real_follower_all_is_well(sqlite_url: str) -> None:
    env = environment(sqlite_url)
    with subprocess.Popen([COMMAND, "project"], env=env, stderr=subprocess.DEVNULL) as follower:
        try:
            until(lambda: ketenspoor("status", env=env).returncode == 0, "somebody follows")
        finally:
            follower.terminate()
            follower.wait(DEADLINE)
    assert ketenspoor("status", env=env).returncode == 1


def test_a_replica_that_does_not_answer_is_not_well(postgresql_url: str) -> None:
    with serving(postgresql_url):
        code, document = as_json(postgresql_url, read_url="postgresql://keten:geheim@127.0.0.1:1/keten")

    assert code == 1
    assert "the replica for reads does not answer" in document["amiss"]
    assert document["replica"] == {"position": None}


def test_a_replica_that_follows_is_told_with_its_distance(postgresql_url: str) -> None:
    with serving(postgresql_url) as service:
        service.post_all([granted(A, "2021-03-01")])
        _, document = as_json(postgresql_url, read_url=postgresql_url)

    assert document["replica"] == {"position": 1}
