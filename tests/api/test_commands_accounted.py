"""Commands that show, take or hand out what is about persons leave their lines in both logs, as requests do."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from service.log.keys import DEVELOPMENT_KEY, Keyring
from service.storage.database import connect, reading
from service.storage.service_tables import audit_log, processing_log
from tests.api.at_once import Command
from tests.api.reports import granted, linked, said
from tests.api.service_under_test import serving
from tests.processes import environment

PERSON, ANOTHER = "9999000001", "9999000002"
KEYS = Keyring(DEVELOPMENT_KEY)


@pytest.fixture
def database(sqlite_url: str) -> str:
    with serving(sqlite_url) as service:
        housed = said("housed", "2021-07-10", PERSON, municipality="GM0344", accommodation="regular")
        service.post_all([granted(PERSON, "2021-03-01"), linked(PERSON, "2021-03-10"), housed])
        service.post_all([granted(ANOTHER, "2021-03-01")])
        service.follow()
    return sqlite_url


def test_commands_that_ask_for_no_token_are_lines_of_the_operator(
    database: str, at_once: Command, tmp_path: Path
) -> None:
    (tmp_path / "theirs.csv").write_text(f"vNumber,housedOn\n{PERSON},2021-07-10\n9999000003,2021-07-11\n")
    for command in (
        ("reconcile", str(tmp_path / "theirs.csv"), "--period", "2021-II"),
        ("export-log", str(tmp_path / "log")),
        ("export", str(tmp_path / "figures")),
        ("export", str(tmp_path / "exactly"), "--exact"),
        ("backup", str(tmp_path / "backup")),
        ("retention", "--dry-run"),
    ):
        done = at_once(*command, env=environment(database))
        assert done.returncode == 0, done.stderr
    engine = connect(database)
    with reading(engine) as connection:
        lines = connection.execute(select(audit_log).where(audit_log.c.origin == "command line")).all()
        told = connection.execute(select(processing_log)).all()
    engine.dispose()
    assert {line.actor for line in lines} == {"operator"}
    assert [(line.action, line.object, line.first_position, line.last_position) for line in lines] == [
        ("reconcile", "list of persons", None, None),
        ("export log", "log", 1, 4),
        ("export", "rounded figures", None, None),
        ("export", "exact figures", None, None),
        ("back up", "database", None, None),
        ("list what is due", "journeys", None, None),
    ]
    # A line of nobody, and below it one of the person on the list who is known here.
    assert [(line.name, line.data_subject) for line in told] == [
        ("compared a list of persons", None),
        ("compared a list of persons", KEYS.journey(PERSON)),
    ]
    assert (told[1].parent_span_id, told[1].request_id) == (told[0].span_id, lines[0].request_id)
