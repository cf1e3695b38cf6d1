"""After a destruction nothing personal stands in any file any more: searched byte by byte, on both engines.

Before it, the same search finds what is kept under keys, and nothing in plain.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import make_url, select

import migrations
from service.evidence.exported_log import verify_exported_log, write_exported_log
from service.evidence.signed_notes import Signer
from service.evidence.signing import CheckpointSigner, sign_the_log
from service.privacy.destruction import approve, destroy
from service.privacy.proposals import propose
from service.storage.backup import back_up
from service.storage.database import connect, reading
from service.storage.service_tables import journey_keys
from tests.api.service_under_test import NOW, Service, serving
from tests.clusters import Cluster, clusters
from tests.posts import ANOTHER_V_NUMBER, COA, ENSCHEDE, V_NUMBER, but, event, linked, permit
from tests.store.searched import found_in

REFERENT = "2876540977"
PLAIN = {
    "the V-number": V_NUMBER.encode(),
    "the birth date": b"1988-11-23",
    "another birth date": b"1987-01-29",
    "the referent": REFERENT.encode(),
    "the household": b"familie Lariks",
    "why it was refused": b"te ver van mijn zuster",
    "why it was withdrawn": b"verkeerde persoon",
}
FIGURES = (
    "/v1/realisation?period=2021-I&groupBy=municipality",
    "/v1/norm-phases?from=2021-01-01&to=2021-12-31&groupBy=country",
    "/v1/backlog?from=2021-01-01&to=2021-06-30",
    *(f"/v1/figures/{name}?validOn=2021-12-31" for name in ("findings", "waiting", "family", "integration", "minors")),
    *(
        f"/v1/figures/{name}?from=2021-01-01&to=2021-12-31&validOn=2021-12-31"
        for name in ("links", "lateness", "dossiers", "documents", "moves", "handovers", "data-quality")
    ),
)

POSTED = [
    permit("p-1", ground="family", birthDate="1988-11-23", referent=REFERENT, household="familie Lariks"),
    permit("p-2", birthDate="1987-01-29", corrects="p-1"),
    linked("l-1", household="familie Lariks"),
    event(
        "offer-refused",
        ENSCHEDE,
        "o-1",
        vNumber=V_NUMBER,
        municipality="GM0153",
        reason="te ver van mijn zuster",
    ),
    event("home-ready", ENSCHEDE, "r-1", vNumber=V_NUMBER, municipality="GM0153", accommodation="regular"),
    event("housed", COA, "h-1", vNumber=V_NUMBER, municipality="GM0153", accommodation="regular"),
    event("guest-stay-started", COA, "g-1", vNumber=V_NUMBER),
    event("event-withdrawn", COA, "w-1", vNumber=V_NUMBER, withdraws="g-1", reason="verkeerde persoon"),
    linked("l-2", ANOTHER_V_NUMBER),
]
REFUSED = [
    but(permit("p-3", birthDate="1988-11-23"), data__ground="sport"),
    but(linked("l-3"), data__note="te ver van mijn zuster"),
    but(permit("p-1", birthDate="1987-01-29"), data__household="familie Lariks"),
    but(linked(V_NUMBER), data__household="familie Lariks"),
]


class Kept(NamedTuple):
    """A service, and where its files are; on PostgreSQL those of the whole server."""

    service: Service
    files: Path
    place: Path
    cluster: Cluster | None

    def at_rest(self) -> None:
        """All that is in memory stands in the files."""
        self.service.context.engine.dispose()
        if self.cluster is not None:
            self.cluster.ask("CHECKPOINT")

    def found(self, wanted: dict[str, bytes]) -> list[tuple[str, str]]:
        # A write-ahead log keeps what was until it is used again: docs/privacy/destruction.md.
        self.at_rest()
        return found_in(self.files, wanted, ["pg_wal"])


@pytest.fixture
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kept]:
    if request.param == "sqlite":
        url = request.getfixturevalue("sqlite_url")
        with serving(url) as service:
            yield Kept(service, Path(str(make_url(url).database)).parent, tmp_path, None)
        return
    with clusters() as room:
        cluster = room.new()
        engine = connect(cluster.url)
        migrations.upgrade(engine)
        engine.dispose()
        ((data,),) = cluster.ask("SHOW data_directory")
        with serving(cluster.url) as service:
            yield Kept(service, Path(data), tmp_path, cluster)


def filled(kept: Kept) -> None:
    """Everything posted, refused, followed, and read."""
    kept.service.post_all(POSTED)
    for one in REFUSED:
        assert kept.service.post(one).status_code in (400, 409)
    if kept.cluster is not None:
        # As the server does by itself sooner or later: samples of columns stand in its statistics then.
        kept.cluster.ask("ANALYZE")
    journey = kept.service.context.keys.journey(V_NUMBER)
    for url in (f"/v1/journeys/{journey}", f"/v1/journeys/{journey}/timeline", "/v1/events", "/v1/rejections"):
        assert kept.service.get(url).status_code == 200


def wrapped(kept: Kept) -> dict[str, bytes]:
    """What is kept of the journey's key and of its V-number."""
    journey = kept.service.context.keys.journey(V_NUMBER)
    with reading(kept.service.context.engine) as connection:
        row = connection.execute(select(journey_keys).where(journey_keys.c.stream == journey)).one()
    return {"the wrapped key": bytes(row.wrapped_key), "the sealed V-number": bytes(row.sealed_v_number)}


def destroy_the_journey(kept: Kept) -> Any:
    given = kept.service.context
    found = propose(given.engine, "first", NOW, [given.keys.journey(V_NUMBER)], "asked for by the person")
    approve(given.engine, "second", NOW, found.number, found.digest)
    return destroy(given.engine, given.keys, lambda: NOW, Signer("x.example/log", given.keys.signing), found.number)


@pytest.mark.parametrize("kept", ["sqlite", "postgresql"], indirect=True)
def test_after_a_destruction_nothing_personal_stands_in_any_file(kept: Kept, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    filled(kept)
    keys = wrapped(kept)
    figures = [kept.service.get(url).text for url in FIGURES]
    lines = [json.dumps(event["data"]) for event in kept.service.told("/v1/events")["items"]]
    before = kept.found({**PLAIN, **keys})
    assert {what for _, what in before} == keys.keys(), before

    done = destroy_the_journey(kept)

    assert (done.destroyed, done.rejections) == (1, len(REFUSED))
    assert kept.found({**PLAIN, **keys}) == []
    for needle in PLAIN.values():
        assert needle.decode() not in caplog.text
    # The figures and the log are what they were.
    assert [kept.service.get(url).text for url in FIGURES] == figures
    told = kept.service.told("/v1/events")["items"]
    assert [json.dumps(event["data"]) for event in told] == lines
    assert [event["destroyed"] for event in told] == [True] * 8 + [False]


@pytest.mark.parametrize("kept", ["sqlite"], indirect=True)
def test_the_search_finds_a_byte_that_was_left(kept: Kept) -> None:
    kept.service.post_all(POSTED[:1])
    (kept.files / "forgotten").write_bytes(b"x" * 10_000 + V_NUMBER.encode())
    assert kept.found(PLAIN) == [("forgotten", "the V-number")]


@pytest.mark.parametrize("kept", ["sqlite"], indirect=True)
def test_an_exported_log_holds_nothing_that_opens_and_verifies_before_and_after(kept: Kept, tmp_path: Path) -> None:
    filled(kept)
    keys = wrapped(kept)
    given = kept.service.context
    notary = CheckpointSigner(Signer("x.example/log", given.keys.signing), clock=lambda: NOW)
    sign_the_log(given.engine, notary)
    for name in ("before", "after"):
        into = tmp_path / name
        write_exported_log(given.engine, notary, into)
        assert verify_exported_log(into, notary.key).events == len(POSTED)
        assert found_in(into, {**PLAIN, **keys}) == []
        if name == "before":
            destroy_the_journey(kept)
    assert (tmp_path / "before" / "events.ndjson").exists() is (tmp_path / "after" / "events.ndjson").exists()
    same = [sorted((tmp_path / name).glob("*.*json*")) for name in ("before", "after")]
    assert [path.read_bytes() for path in same[0]] == [path.read_bytes() for path in same[1]]


@pytest.mark.parametrize("kept", ["sqlite"], indirect=True)
def test_a_backup_made_before_keeps_the_key_and_nothing_in_plain(kept: Kept, tmp_path: Path) -> None:
    filled(kept)
    keys = wrapped(kept)
    into = tmp_path.with_name(tmp_path.name + "-backup")
    back_up(Path(str(kept.service.context.engine.url.database)), into)
    destroy_the_journey(kept)
    # So a backup is kept no longer than docs/privacy/destruction.md says, and is destroyed in again when restored.
    assert {what for _, what in found_in(into, {**PLAIN, **keys})} == keys.keys()
