"""`ketenspoor reconcile`: their list in a file against the database of the settings, without a service."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from service.log.keys import DEVELOPMENT_KEY, Keyring
from tests.api.at_once import Command
from tests.api.reports import AMERSFOORT, UTRECHT, linked
from tests.api.service_under_test import serving
from tests.api.their_list import OURS, THEIRS, A, D, listed
from tests.processes import environment, ketenspoor


@pytest.fixture
def kept(database_url: str) -> str:
    """A database with the books in it, and nothing running."""
    with serving(database_url) as service:
        service.post_all([*OURS, linked(A, "2021-07-01")])
        service.follow()
    return database_url


@pytest.fixture
def in_room(at_once: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command where the lists are."""
    monkeypatch.chdir(tmp_path)
    return at_once


def test_the_command_tells_the_same_and_writes_all_of_it(kept, in_room: Command, tmp_path: Path):
    (tmp_path / "theirs.csv").write_text(listed(*THEIRS))
    asked = ["theirs.csv", "--period", "2021-II", "--municipality", UTRECHT, "--valid-on", "2021-12-31"]
    done = ketenspoor("reconcile", *asked, "--out", "all.csv", env=environment(kept), cwd=tmp_path)
    strict = in_room("reconcile", *asked, "--strict", env=environment(kept))
    assert (done.returncode, strict.returncode) == (0, 1), done.stderr
    with (tmp_path / "all.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))

    assert (done.returncode, strict.returncode) == (0, 1), done.stderr
    assert "ours 3, effect +3, theirs 6" in done.stdout
    assert "8 persons differ" in strict.stderr
    # On the last day of 2021 nobody knew yet where C would be.
    assert [row["category"] for row in rows[:7]] == [
        "same",
        "other-date",
        *["only-there"] * 4,
        "other-period",
    ]
    journey = str(Keyring(DEVELOPMENT_KEY).journey(A))
    assert (rows[0]["line"], rows[0]["journey"], rows[0]["position"]) == ("2", journey, "1")
    assert not [v_number for v_number, _ in THEIRS if v_number in done.stdout + (tmp_path / "all.csv").read_text()]


def test_the_command_exits_with_nought_when_the_registers_agree(kept, in_room: Command, tmp_path: Path):
    (tmp_path / "theirs.csv").write_text(listed((D, "2021-09-01")))
    asked = ["--period", "2021-II", "--municipality", AMERSFOORT, "--valid-on", "2021-12-31", "--strict"]
    done = in_room("reconcile", "theirs.csv", *asked, env=environment(kept))

    assert done.returncode == 0, done.stderr
    assert "ours 1, effect +0, theirs 1" in done.stdout


def test_the_command_tells_what_is_wrong_with_a_list_in_lines(kept, in_room: Command, tmp_path: Path):
    (tmp_path / "theirs.csv").write_text(
        listed((A, "2021-07-20"), ("", ""), (A, "today"), header="sep=;\nvNumber;housedOn")
    )
    done = in_room("reconcile", "theirs.csv", "--period", "2021-II", env=environment(kept))

    assert done.returncode == 1
    assert "line 5: housedOn must be a date" in done.stderr
    assert "line 5: vNumber is the person of line 3 too" in done.stderr
    assert "Traceback" not in done.stderr and A not in done.stderr


@pytest.mark.parametrize(("encoding", "said"), [("utf-8-sig", "theirs 1"), ("utf-16", "line 1: it is UTF-16")])
def test_the_command_reads_a_list_with_a_byte_order_mark_and_names_what_is_no_utf_8(
    kept, in_room: Command, tmp_path: Path, encoding: str, said: str
):
    (tmp_path / "theirs.csv").write_text(listed((A, "2021-07-20")), encoding)
    done = in_room("reconcile", "theirs.csv", "--period", "2021-II", env=environment(kept))

    assert done.returncode == (0 if said == "theirs 1" else 1)
    assert said in done.stdout + done.stderr


@pytest.mark.parametrize(
    "wrong",
    [["--period", "2021"], ["--period", "2021-II", "--valid-on", "x"], ["--period", "2021-II", "--known-at", "x"]],
)
def test_the_command_is_told_as_misspelt(sqlite_url, in_room: Command, tmp_path: Path, wrong):
    (tmp_path / "theirs.csv").write_text(listed(*THEIRS))
    done = in_room("reconcile", "theirs.csv", *wrong, env=environment(sqlite_url))

    assert done.returncode == 2
    assert wrong[-2] in done.stderr
