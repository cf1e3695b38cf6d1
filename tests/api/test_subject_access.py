"""Access by the person: everything that is kept of them in the open, who consulted it, and nothing of anybody else."""

from __future__ import annotations

import io
import json
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text, update

from service.audit.access_log import log_command
from service.foundation.tracing import begun
from service.privacy import proposals
from service.storage.database import connect, reading, writing
from service.storage.service_tables import journey_keys
from tests.api.at_once import Command, refused
from tests.api.service_under_test import Service, serving
from tests.api.tokens import oin
from tests.posts import ANOTHER_V_NUMBER, COA, DUO, IND, V_NUMBER, but, event, linked, permit
from tests.processes import environment

BIRTH_DATE = "1987-11-23"


@pytest.fixture
def service(sqlite_url: str) -> Iterator[Service]:
    """The application in development mode, with two persons, one of whom was refused something."""
    with serving(sqlite_url) as running:
        running.post_all(
            [
                but(permit(), data__birthDate=BIRTH_DATE),
                linked(),
                but(permit("p-2", ANOTHER_V_NUMBER), data__birthDate="1990-02-03"),
                linked("l-2", ANOTHER_V_NUMBER),
                linked("l-3", municipality="GM0164", corrects="l-1"),
            ]
        )
        assert running.post(but(linked("l-4"), data__municipality="GM9999")).status_code == 400
        assert running.post(but(linked("l-5", ANOTHER_V_NUMBER), data__municipality="GM9998")).status_code == 400
        yield running


@pytest.fixture
def env(service: Service, sqlite_url: str, at_once: Command, tmp_path: Path) -> dict[str, str]:
    """The environment of an administrator."""
    return environment(sqlite_url, token_file=str(token(at_once, sqlite_url, tmp_path, "administrator")))


def token(at_once: Command, url: str, directory: Path, role: str) -> Path:
    """A file with a token of development mode."""
    path = directory / f"{role}.token"
    path.write_text(at_once("token", "--role", role, env=environment(url)).stdout)
    return path


@pytest.fixture
def asked(at_once: Command, env: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the command writes for the V-number on standard input."""
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{V_NUMBER}\n"))
    done = at_once("subject-access", str(tmp_path / "given"), "--reason", "request 2022-17", env=env)
    assert done.returncode == 0, done.stderr
    assert V_NUMBER not in done.stderr + done.stdout
    told: dict[str, Any] = json.loads((tmp_path / "given" / "inzage.json").read_text())
    return told


def test_every_event_of_the_person_is_told_with_what_is_personal_and_in_a_sentence(asked: dict[str, Any]) -> None:
    assert asked["vNumbers"] == [V_NUMBER]
    events = [(one["position"], one["type"], one["sender"]["name"], one["inForce"]) for one in asked["events"]]
    assert events == [
        (1, "nl.ketenspoor.permit-granted.v1", "IND", True),
        (2, "nl.ketenspoor.linked.v1", "COA", False),
        (5, "nl.ketenspoor.linked.v1", "COA", True),
    ]
    assert asked["events"][0]["data"]["birthDate"] == BIRTH_DATE
    assert "Enschede" in asked["events"][1]["sentence"] and "Hengelo" in asked["events"][2]["sentence"]


def test_what_became_of_the_file_the_family_the_stay_and_integration_is_told_too(
    service: Service, at_once: Command, env: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told_of: dict[str, dict[str, Any]] = {
        "dossier-item-completed": {"item": "iban"},
        "family-visa-issued": {"persons": 2, "validUntil": "2021-09-01"},
        "guest-stay-started": {"until": "2021-08-31"},
        "integration-term-set": {"endsOn": "2024-05-01"},
        "fine-imposed": {"amount": 340, "for": "term"},
        "adapted-home-needed": {"kind": "wheelchair"},
    }
    sent_by = {"family-visa-issued": IND, "integration-term-set": DUO, "fine-imposed": DUO}
    service.post_all(
        [
            event(topic, sent_by.get(topic, COA), f"n-{topic}", vNumber=V_NUMBER, **data)
            for topic, data in told_of.items()
        ]
    )
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{V_NUMBER}\n"))
    done = at_once("subject-access", str(tmp_path / "more"), "--reason", "request 2022-18", env=env)
    assert done.returncode == 0, done.stderr
    events = json.loads((tmp_path / "more" / "inzage.json").read_text())["events"][3:]
    assert [one["type"] for one in events] == [f"nl.ketenspoor.{topic}.v1" for topic in told_of]
    assert [data.items() <= one["data"].items() for one, data in zip(events, told_of.values(), strict=True)] == [
        True
    ] * len(told_of)
    said = [one["sentence"] for one in events]
    assert "‘bankrekening’" in said[0] and "2 personen" in said[1] and "31 augustus 2021" in said[2]
    assert "1 mei 2024" in said[3] and "€340" in said[4].replace(" ", "") and "rolstoel" in said[5]
    assert all(sentence in (tmp_path / "more" / "inzage.html").read_text() for sentence in said)


def test_what_was_refused_about_the_person_is_there_as_it_was_posted(asked: dict[str, Any]) -> None:
    (refusal,) = asked["rejections"]
    assert json.loads(refusal["posted"])["data"]["municipality"] == "GM9999"
    assert (refusal["sender"]["name"], refusal["errors"][0]["code"]) == ("COA", "unknown-municipality")


def test_nothing_of_another_person_is_told(asked: dict[str, Any]) -> None:
    told = json.dumps(asked)
    for of_another in (ANOTHER_V_NUMBER, "1990-02-03", "GM9998", "l-2"):
        assert of_another not in told


def test_the_files_are_for_their_owner_alone_and_the_page_says_the_same(asked: dict[str, Any], tmp_path: Path) -> None:
    given = tmp_path / "given"
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (given, given / "inzage.json", given / "inzage.html")]
    assert modes == [0o700, 0o600, 0o600]
    page = (given / "inzage.html").read_text()
    for told in (V_NUMBER, BIRTH_DATE, asked["events"][2]["sentence"], "GM9999", "15-07-2022 12:00</time>"):
        assert told in page
    assert "<script" not in page and "http" not in page


def test_it_tells_which_organisations_consulted_what_when_and_for_what_but_not_who_looked(
    service: Service, env: dict[str, str], at_once: Command, sqlite_url: str, tmp_path: Path
) -> None:
    journey = str(service.context.keys.journey(V_NUMBER))
    oin = COA.split(":")[3]
    person = ("--organisation", oin, "--role", "coa", "--subject", "j.jansen")
    bearer = at_once("token", *person, env=environment(sqlite_url)).stdout.strip()
    headers = {"Authorization": f"Bearer {bearer}"}
    service.clock.now = _now()
    assert service.request("GET", f"/v1/journeys/{journey}/timeline", headers=headers).status_code == 200
    assert service.request("GET", "/v1/events?limit=2", headers=headers).status_code == 200
    with reading(service.context.primary) as connection:
        (actor,) = set(connection.execute(text("SELECT actor FROM audit_log")).scalars())
    done = at_once("subject-access", str(tmp_path / "given"), "--reason", "a", "--journey", journey, env=env)
    assert done.returncode == 0, done.stderr
    told = json.loads((tmp_path / "given" / "inzage.json").read_text())
    consulted = [(one["what"], one["organisation"]) for one in told["consultations"]]
    coa = {"oin": oin, "name": "COA"}
    assert consulted == [("read a timeline", coa)]
    assert [(one["events"], one["organisation"]) for one in told["recipients"]] == [([1, 2], coa)]
    assert actor not in json.dumps(told) and "jansen" not in json.dumps(told)


def test_it_tells_of_holds_and_of_being_named_in_the_journey_of_another_but_not_of_whom(
    service: Service, env: dict[str, str], at_once: Command, tmp_path: Path
) -> None:
    journey, given = service.context.keys.journey(V_NUMBER), service.context
    service.post_all([permit("p-3", ANOTHER_V_NUMBER, ground="family", referent=V_NUMBER)])
    proposals.hold(given.primary, "first", given.clock(), [journey], "an appeal is pending")
    proposals.propose(given.primary, "first", given.clock(), [journey], "asked for")
    done = at_once("subject-access", str(tmp_path / "given"), "--reason", "a", "--journey", str(journey), env=env)
    assert done.returncode == 0, done.stderr
    told = json.loads((tmp_path / "given" / "inzage.json").read_text())
    assert [(one["type"], one["sender"]["name"]) for one in told["namedElsewhere"]] == [
        ("nl.ketenspoor.permit-granted.v1", "IND")
    ]
    assert [one["reason"] for one in told["holds"]] == ["an appeal is pending"]
    assert [(one["reason"], one["doneAt"], one["outcome"]) for one in told["destructions"]] == [
        ("asked for", None, None)
    ]
    page = (tmp_path / "given" / "inzage.html").read_text()
    for text_of_it in ("an appeal is pending", "asked for", "in het traject van een ander"):
        assert text_of_it in page
    assert str(given.keys.journey(ANOTHER_V_NUMBER)) not in json.dumps(told)


def test_who_listened_to_a_stream_is_told_once(
    service: Service, env: dict[str, str], at_once: Command, tmp_path: Path
) -> None:
    """In the audit log a stream has a line for its beginning and one for its end."""
    journey, given = service.context.keys.journey(V_NUMBER), service.context
    of, now = begun(()), given.clock()
    with writing(given.primary) as connection:
        told_of = ("handed out events of the log", [journey])
        log_command(connection, now, "x", "read_events", "/v1/events", organisation=oin(COA), consulted=told_of, of=of)
        log_command(connection, now, "x", "read_events", "/v1/events", organisation=oin(COA), of=of)
    done = at_once("subject-access", str(tmp_path / "given"), "--reason", "a", "--journey", str(journey), env=env)
    assert done.returncode == 0, done.stderr
    (consulted,) = json.loads((tmp_path / "given" / "inzage.json").read_text())["consultations"]
    assert consulted["organisation"]["name"] == "COA"
    assert "gebeurtenissen verstrekt" in (tmp_path / "given" / "inzage.html").read_text()


def test_of_who_was_destroyed_it_tells_what_is_left_and_that_it_was_destroyed(
    service: Service, env: dict[str, str], at_once: Command, tmp_path: Path
) -> None:
    journey = service.context.keys.journey(V_NUMBER)
    without_key = (
        update(journey_keys).where(journey_keys.c.stream == journey).values(wrapped_key=b"", sealed_v_number=b"")
    )
    with writing(service.context.primary) as connection:
        connection.execute(without_key.values(destroyed_at=service.clock()))
    done = at_once("subject-access", str(tmp_path / "given"), "--reason", "a", "--journey", str(journey), env=env)
    assert done.returncode == 0, done.stderr
    told = json.loads((tmp_path / "given" / "inzage.json").read_text())
    assert (told["destroyed"], told["vNumbers"], len(told["events"])) == ([str(journey)], [], 3)
    assert [one["destroyed"] for one in told["events"]] == [True] * 3
    page = (tmp_path / "given" / "inzage.html").read_text()
    assert "vernietigd" in page and BIRTH_DATE not in page


def test_a_birth_date_is_told_as_far_as_it_is_known(
    service: Service, env: dict[str, str], at_once: Command, tmp_path: Path
) -> None:
    posted = service.post(permit("p-3", "2876540915", birthDate="1987-11"))
    journey = posted.json()["journey"]
    done = at_once("subject-access", str(tmp_path / "given"), "--reason", "a", "--journey", journey, env=env)
    assert done.returncode == 0, done.stderr
    (event,) = json.loads((tmp_path / "given" / "inzage.json").read_text())["events"]
    assert event["data"]["birthDate"] == "1987-11"
    assert "geboortedatum: 1987-11<" in (tmp_path / "given" / "inzage.html").read_text()


def test_that_it_was_asked_for_is_in_both_logs(asked: dict[str, Any], sqlite_url: str) -> None:
    engine = connect(sqlite_url)
    with reading(engine) as connection:
        audited = connection.execute(text("SELECT * FROM audit_log WHERE action = 'subject-access'")).one()
        processed = connection.execute(text("SELECT * FROM processing_log")).one()
    engine.dispose()
    assert (audited.reason, audited.result, audited.origin) == ("request 2022-17", "succeeded", "command line")
    assert audited.journey == processed.data_subject and processed.request_id == audited.request_id
    assert V_NUMBER not in str(audited) + str(processed)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--reason", " "], "--reason says why"),
        (["--reason", f"about {V_NUMBER}"], "without anybody's number"),
        (["--reason", "a", "--journey", "5c5c5c5c-0000-8000-8000-000000000000"], "nothing is kept of this person"),
        (["--reason", "a", "--journey", "00000000-0000-8000-8000-000000000000"], "nothing is kept of this person"),
    ],
)
def test_it_is_refused_without_a_reason_and_of_who_is_not_there(
    env: dict[str, str], at_once: Command, tmp_path: Path, arguments: list[str], said: str
) -> None:
    done = at_once("subject-access", str(tmp_path / "given"), *arguments, env=env)
    assert said in refused(done)
    assert not (tmp_path / "given").exists()


def test_only_an_administrator_gives_access(
    service: Service, at_once: Command, sqlite_url: str, tmp_path: Path
) -> None:
    journey = str(service.context.keys.journey(V_NUMBER))
    command = ("subject-access", str(tmp_path / "given"), "--reason", "a", "--journey", journey)
    assert "show who you are" in refused(at_once(*command, env=environment(sqlite_url)))
    auditor = token(at_once, sqlite_url, tmp_path, "auditor")
    assert "not an administrator's" in refused(at_once(*command, env=environment(sqlite_url, token_file=str(auditor))))
    assert not (tmp_path / "given").exists()


def _now() -> datetime:
    """The tokens of the command are of today."""
    return datetime.now(UTC)
