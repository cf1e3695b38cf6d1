"""The commands that do it again from the log, as an auditor runs them: what they print, and how they fail."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import Engine, delete, select, update

from domain.facts import NormSetPublished, QuotaPublished
from domain.period import Period
from projections.states.housings import housings
from projections.states.phases import phases as phases_table
from service.projector.rebuild import replay
from service.storage.database import connect
from tests.api.at_once import Command
from tests.processes import environment, ketenspoor
from tests.rules.histories import granted, home_ready, housed, linked, said
from tests.store.signed_logs import tamper
from tests.views.logs import Log, a_housing, changing, of_period, of_reference


@pytest.fixture
def log(engine: Engine) -> Log:
    """A journey and its quota in one commit (positions 1 to 5), a correction of the housing in the next; followed."""
    log = Log(engine)
    journey = log.journey(
        [
            granted("2021-03-01", id="p"),
            linked("2021-03-10", id="l"),
            home_ready("2021-06-01", id="r"),
            housed("2021-06-10", id="h"),
            housed("2021-07-02", id="h2", corrects="h"),
        ]
    )
    quota = of_period(said("2021-01-01", QuotaPublished(Period.parse("2021-I"), 13_500), id="q"))
    log.commit([*journey[:4], *quota])
    log.commit(journey[4:])
    log.follow()
    return log


Run = Callable[..., tuple[int, list[str]]]


def told(ended: subprocess.CompletedProcess[str]) -> tuple[int, list[str]]:
    """The exit code, and what was printed, a list of lines without what is only layout."""
    assert ended.stdout == ""
    return ended.returncode, [" ".join(line.split()) for line in ended.stderr.splitlines()]


@pytest.fixture
def run(at_once: Command) -> Run:
    return lambda database_url, *arguments: told(at_once(*arguments, env=environment(database_url)))


@pytest.mark.parametrize(
    ("until", "position", "realised", "remaining"),
    [
        ("2026-01-01T00:00:01Z", 5, 1, 13_499),
        # Between the commits, in another zone.
        ("2026-01-01T01:00:01.5+01:00", 5, 1, 13_499),
        ("2026-01-01T00:00:02Z", 6, 0, 13_500),
        ("5", 5, 1, 13_499),
        ("6", 6, 0, 13_500),
    ],
)
def test_a_replay_shows_the_national_figures_as_they_were_known(
    log: Log, database_url: str, run: Run, until: str, position: int, realised: int, remaining: int
) -> None:
    code, lines = run(database_url, "replay", "--until", until, "--period", "2021-I")
    assert code == 0, lines
    assert f"as known at position {position}" in lines
    assert "the country on 2026-01-01, as known then" in lines
    assert "quota 13500" in lines
    assert f"realised {realised}" in lines
    assert f"remaining {remaining}" in lines
    for name, summary in replay(log.engine, position).tables.items():
        assert f"{name} {summary.rows} rows sha256 {summary.digest}" in lines


def test_in_the_middle_of_a_commit_nothing_of_it_is_known(log: Log, database_url: str, run: Run) -> None:
    code, lines = run(database_url, "replay", "--until", "3", "--period", "2021-I")
    assert code == 0, lines
    assert "as known at position 0" in lines
    assert "quota -" in lines


@pytest.mark.parametrize(("norm", "within"), [("permit-14", "0 %"), ("link-14", "100 %")])
def test_the_phases_are_counted_by_the_norm_that_is_asked(
    log: Log, database_url: str, run: Run, norm: str, within: str
) -> None:
    code, lines = run(database_url, "replay", "--until", "5", "--period", "2021-I", "--norm", norm)
    assert code == 0, lines
    days = {"permit-14": 101, "link-14": 92}[norm]
    assert f"total 1 {days} {days} {within} 0 0" in lines


def test_a_norm_set_can_be_given_and_one_that_was_published_named(log: Log, database_url: str, run: Run) -> None:
    code, lines = run(database_url, "replay", "--until", "5", "--period", "2021-I", "--norm-set", "14,70,14,100,permit")
    assert code == 0, lines
    assert "total 1 101 101 0 % 0 0" in lines
    # From 1 March to 2 July, as it was corrected to.
    published = NormSetPublished("permit-18", "a letter", 14, 95, 14, 123, "permit", date(2021, 1, 1))
    log.commit(of_reference(said("2021-01-01", published, id="norms")))
    code, lines = run(database_url, "replay", "--until", "7", "--period", "2021-II", "--norm", "permit-18")
    assert code == 0, lines
    assert "total 1 123 123 100 % 0 0" in lines
    code, lines = run(database_url, "replay", "--until", "6", "--period", "2021-II", "--norm", "permit-18")
    assert (code, "--norm takes one of permit-14, link-14, link-12" in lines[-1]) == (1, True)


def test_without_an_instant_it_is_now(log: Log, database_url: str) -> None:
    code, lines = told(ketenspoor("replay", env=environment(database_url)))
    assert code == 0, lines
    assert "as known at position 6" in lines
    assert lines[-1].startswith("6 events in ")
    assert lines[-1].endswith("MB at most")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--until", "yesterday"], "--until takes an RFC 3339 instant, like 2022-01-31T12:00:00+01:00, or a position"),
        (["--until", "2022-01-31"], "--until takes an RFC 3339 instant, like 2022-01-31T12:00:00+01:00, or a position"),
        (["--until", "9999-01-01T00:00:00Z"], "nothing is known yet of the future"),
        (["--until", "7"], "the log has not come to position 7; it ends at 6"),
        (["--norm", "link-13"], "--norm takes one of permit-14, link-14, link-12"),
        (
            ["--norm-set", "14,70,14"],
            "--norm-set takes four numbers of days and permit or link, like 14,70,14,98,permit",
        ),
        (["--norm-set", "9999,1,1,1,link"], "--norm-set takes at most 3650 days, like 14,70,14,98,permit"),
        (["--norm", "link-12", "--norm-set", "1,2,3,4,link"], "--norm-set is a norm set of its own: give --norm or"),
        (["--period", "2021"], "--period takes a half-year, like 2021-II"),
    ],
)
def test_what_can_not_be_asked_is_told_in_a_line(
    log: Log, database_url: str, run: Run, arguments: list[str], said: str
) -> None:
    code, lines = run(database_url, "replay", *arguments)
    assert code == 1
    assert len(lines) == 1 and lines[0].startswith(f"ketenspoor: {said}")


def test_verify_shows_column_by_column_what_differs(log: Log, database_url: str, run: Run) -> None:
    with changing(log) as connection:
        stream = connection.execute(select(housings.c.stream).limit(1)).scalar_one()
        connection.execute(update(housings).where(housings.c.known_from == 6).values(persons=2, municipality="GM0363"))
        connection.execute(update(phases_table).where(phases_table.c.known_from == 6).values(family=True))
        connection.execute(delete(housings).where(housings.c.known_from == 4))
        connection.execute(a_housing(stream, known_from=3))
    code, lines = run(database_url, "verify")
    assert code == 1
    rest = "valid_from 2021-06-10, valid_until for ever, period 2021-I, municipality GM0344, "
    rest += "accommodation regular, persons 1, on_day 2021-06-10, ground asylum, undone false, moved_on nothing, "
    began = lines.index(f"housings, journey {stream}, row 7 known from position 3 until now:")
    assert lines[began : began + 8] == [
        f"housings, journey {stream}, row 7 known from position 3 until now:",
        "the table has it, the log does not say so:",
        f"known_until now, {rest}missing nothing, handover nothing, turn 1",
        f"housings, journey {stream}, row 0 known from position 4 until 6:",
        "the log says so, the table lacks it:",
        f"known_until 6, {rest}missing 7, handover none, turn 1",
        f"housings, journey {stream}, row 0 known from position 6 until now:",
        "municipality: the log says GM0344, the table has GM0363",
    ]
    assert lines[began + 8] == "persons: the log says 1, the table has 2"
    assert "family: the log says false, the table has true" in lines
    assert lines[-1] == "ketenspoor: 6 rows differ, of which 6 are shown; the evidence has 0 faults"


def test_verify_says_what_it_compared_and_that_the_evidence_fits(log: Log, database_url: str) -> None:
    code, lines = told(ketenspoor("verify", "--processes", "2", env=environment(database_url)))
    assert code == 0, lines
    assert [line for line in lines if "compared" in line] == ["20 rows of 2 streams compared, up to position 6"]
    assert lines[-1] == "no differences"


@pytest.mark.parametrize("change", ["topic = 'secret.v9'", "data = '{'", "data = '[]'", "data = '\"secret\"'"])
def test_an_event_that_cannot_be_read_is_told_by_its_position_alone(
    log: Log, database_url: str, run: Run, at_once: Command, change: str
) -> None:
    at_once("checkpoint", env=environment(database_url))
    tamper(log.engine, f"UPDATE events SET {change} WHERE position = 2")
    unreadable = "the event at position 2 cannot be read as it was recorded"
    code, lines = run(database_url, "verify", "--processes", "1")
    assert code == 1
    assert "position 2 does not fit: the event is not the one that was recorded" in lines
    assert lines[-1] == f"ketenspoor: the projections are not compared: {unreadable}; the evidence has 1 faults"
    for command in ("rebuild", "replay"):
        code, lines = run(database_url, command, "--processes", "1")
        assert (code, lines[-1]) == (1, f"ketenspoor: {unreadable}")
        assert not any("Traceback" in line or "secret" in line for line in lines)


@pytest.mark.parametrize("change", ["effective_on = 'xx'", "recorded_at = 'zz'", "stream = x'00'"])
def test_odd_bytes_in_any_column_are_told_by_position(
    sqlite_log: Log, sqlite_url: str, run: Run, at_once: Command, change: str
) -> None:
    at_once("checkpoint", env=environment(sqlite_url))
    tamper(sqlite_log.engine, f"UPDATE events SET {change} WHERE position = 2")
    code, lines = run(sqlite_url, "verify", "--processes", "1")
    assert code == 1
    assert any("position 2" in line for line in lines[:-1])
    assert lines[-1].startswith("ketenspoor: the projections are not compared: the event at position 2 cannot be read")


@pytest.fixture
def sqlite_log(sqlite_url: str) -> Log:
    """As `log`, on SQLite, which lets anything stand in a column."""
    log = Log(connect(sqlite_url))
    log.commit(log.journey([granted("2021-03-01", id="p"), linked("2021-03-10", id="l")]))
    log.follow()
    return log
