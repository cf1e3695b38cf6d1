"""The log as evidence over HTTP: checkpoints, proofs that a stranger can verify, and the key to do so."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from service.intake.cloudevents import ONE
from tests.api.reports import granted, linked
from tests.api.service_under_test import Service, serving
from tests.api.tokens import guarded
from tests.processes import environment, served, until
from tests.store.signed_logs import record, tamper

CHECKPOINT, INCLUSION, CONSISTENCY, KEY = (
    f"/v1/log/{name}" for name in ("checkpoint", "inclusion", "consistency", "key")
)

# What a stranger does with the answers, from RFC 9162 and the specifications of C2SP alone.


def leaf_hash(line: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + line).digest()


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def split(count: int) -> int:
    k = 1
    while 2 * k < count:
        k *= 2
    return k


def root_by(index: int, size: int, leaf: bytes, proof: list[bytes]) -> bytes:
    """The root that a proof of inclusion leads to."""
    if size == 1:
        assert proof == []
        return leaf
    k, (*below, sibling) = split(size), proof
    if index < k:
        return node(root_by(index, k, leaf, below), sibling)
    return node(sibling, root_by(index - k, size - k, leaf, below))


def roots_by(first: int, second: int, proof: list[bytes], known: bytes | None) -> tuple[bytes, bytes]:
    """Both roots that a proof of consistency leads to; `known` is the first one while on the left edge."""
    if first == second:
        (same,) = [known] if known is not None else proof
        return same, same
    k, (*below, sibling) = split(second), proof
    if first <= k:
        then, now = roots_by(first, k, below, known)
        return then, node(now, sibling)
    then, now = roots_by(first - k, second - k, below, None)
    return node(sibling, then), node(sibling, now)


def signed(note: str, key: str) -> tuple[str, int, bytes, list[str]]:
    """Name, size, root and other lines of a checkpoint whose signature was verified."""
    name, digits, encoded = key.removesuffix("\n").split("+", 2)
    public = base64.b64decode(encoded)[1:]
    text, signature = note.split("\n\n")
    dash, signer, enclosed = signature.removesuffix("\n").split(" ")
    assert (dash, signer, base64.b64decode(enclosed)[:4].hex()) == ("\u2014", name, digits)
    Ed25519PublicKey.from_public_bytes(public).verify(base64.b64decode(enclosed)[4:], f"{text}\n".encode())
    origin, size, root, *others = text.split("\n")
    assert origin == name
    return origin, int(size), base64.b64decode(root), others


def decoded(hashes: list[str]) -> list[bytes]:
    return [base64.b64decode(each, validate=True) for each in hashes]


def text_of(service: Service, url: str, method: str = "GET") -> str:
    answer = service.request(method, url)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain; charset=utf-8"), answer.text
    return answer.text


def recorded(service: Service, count: int) -> None:
    """So many events in one commit."""
    service.post_all(granted(f"{9_999_000_000 + count}", "2021-03-10", id=f"p-{count}-{n}") for n in range(count))


# Checkpoints


def test_nothing_is_signed_until_it_is_asked_or_time(service: Service) -> None:
    recorded(service, 3)
    for url in (CHECKPOINT, f"{INCLUSION}?position=1", f"{CONSISTENCY}?from=1"):
        refused = service.request("GET", url)
        assert (refused.status_code, refused.json()["title"]) == (404, "Not signed yet")


def test_a_checkpoint_on_demand_covers_all_that_is_recorded(service: Service) -> None:
    recorded(service, 3)
    made = text_of(service, CHECKPOINT, "POST")
    name, size, _, others = signed(made, text_of(service, KEY))
    assert (name, size, others) == ("ketenspoor.example/log", 3, ["time 2022-07-15T10:00:00.000Z"])
    assert text_of(service, CHECKPOINT) == made


def test_a_checkpoint_is_not_made_twice(service: Service) -> None:
    recorded(service, 3)
    made = text_of(service, CHECKPOINT, "POST")
    service.clock.forward(hours=1)
    assert text_of(service, CHECKPOINT, "POST") == made


def test_the_first_checkpoint_that_covers_a_position_can_be_asked(service: Service) -> None:
    made = []
    for count in (3, 4):
        recorded(service, count)
        made.append(text_of(service, CHECKPOINT, "POST"))
    assert [text_of(service, f"{CHECKPOINT}?position={position}") for position in (1, 3, 4, 7)] == [
        *(made[0], made[0], made[1], made[1])
    ]
    assert service.request("GET", f"{CHECKPOINT}?position=8").status_code == 404


def test_the_head_of_a_checkpoint_has_no_body(service: Service) -> None:
    recorded(service, 1)
    made = service.request("POST", CHECKPOINT)
    head = service.request("HEAD", CHECKPOINT)
    assert (head.status_code, head.content, head.headers["content-length"]) == (
        200,
        b"",
        made.headers["content-length"],
    )


def test_by_the_senders_clocks_checkpoints_say_simulated(database_url: str) -> None:
    with serving(database_url, clock="sender") as service:
        recorded(service, 1)
        assert signed(text_of(service, CHECKPOINT, "POST"), text_of(service, KEY))[3][1:] == ["clock simulated"]


def test_checkpoints_go_outside_the_database_too(database_url: str, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    with serving(database_url, checkpoint_dir=outside, log_name="log.example/nl") as service:
        recorded(service, 3)
        made = text_of(service, CHECKPOINT, "POST")
        assert made.startswith("log.example/nl\n3\n")
        assert (outside / "000000000003").read_text("utf-8") == made


def test_the_key_follows_from_the_master_key(sqlite_url: str, postgresql_url: str) -> None:
    with serving(sqlite_url) as service:
        development = text_of(service, KEY)
    with guarded(postgresql_url) as service:
        own = text_of(service, KEY)
    assert development != own
    for key in (development, own):
        assert re.fullmatch(r"ketenspoor\.example/log\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}\n", key)


def test_a_running_service_signs_what_is_posted_without_being_asked(sqlite_url: str, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    with served(environment(sqlite_url, checkpoint_dir=str(outside)), tmp_path / "log") as service:
        address = f"{service.address}{CHECKPOINT}"
        event = json.dumps(granted("9999000001", "2021-03-10"))
        httpx.post(f"{service.address}/v1/events", content=event, headers={"Content-Type": ONE}).raise_for_status()
        until(lambda: httpx.get(address).status_code == 200, "the first checkpoint is made")
        assert signed(httpx.get(address).text, httpx.get(f"{service.address}{KEY}").text)[1] == 1
        assert service.stop() == 0
    assert [path.name for path in outside.iterdir()] == ["000000000001"]


# Proofs


def test_every_event_can_be_proved_to_be_in_the_log(service: Service) -> None:
    for count in (1, 4, 8):
        recorded(service, count)
        text_of(service, CHECKPOINT, "POST")
    key = text_of(service, KEY)
    for position in range(1, 14):
        told = service.told(INCLUSION, position=position)
        assert (told["position"], told["size"]) == (position, 13)
        leaf = told["leaf"].encode()
        assert base64.b64decode(told["leafHash"]) == leaf_hash(leaf)
        root = root_by(position - 1, 13, leaf_hash(leaf), decoded(told["proof"]))
        assert root == base64.b64decode(told["root"]) == signed(told["checkpoint"], key)[2]


def test_the_leaf_of_a_proof_is_the_event_with_all_that_was_recorded_of_it(service: Service) -> None:
    service.post_all([linked("9999000001", "2021-03-10", "GM0344", id="l-1")])
    text_of(service, CHECKPOINT, "POST")
    leaf = json.loads(service.told(INCLUSION, position=1)["leaf"])
    event = service.told("/v1/events/1")["event"]
    same = ("position", "version", "source", "recordedBy")
    assert {name: leaf[name] for name in same} == {name: event[name] for name in same}
    assert (leaf["sourceId"], leaf["stream"], leaf["effectiveOn"]) == ("l-1", event["subject"], "2021-03-10")
    assert "9999000001" not in json.dumps(leaf)


def test_a_proof_can_be_asked_for_any_size_that_the_tree_had(service: Service) -> None:
    recorded(service, 5)
    text_of(service, CHECKPOINT, "POST")
    recorded(service, 6)
    text_of(service, CHECKPOINT, "POST")
    for size in range(3, 12):
        told = service.told(INCLUSION, position=3, size=size)
        root = root_by(2, size, leaf_hash(told["leaf"].encode()), decoded(told["proof"]))
        assert root == base64.b64decode(told["root"])
        assert (told["checkpoint"] is not None) == (size in {5, 11})


def test_every_earlier_log_can_be_proved_to_be_the_beginning_of_the_later(service: Service) -> None:
    recorded(service, 13)
    text_of(service, CHECKPOINT, "POST")
    for second in range(1, 14):
        for first in range(1, second + 1):
            told = service.told(CONSISTENCY, **{"from": first, "to": second})
            roots = base64.b64decode(told["fromRoot"]), base64.b64decode(told["toRoot"])
            assert roots_by(first, second, decoded(told["proof"]), roots[0]) == roots
            assert (told["from"], told["to"]) == (first, second)


def test_two_checkpoints_are_joined_by_a_proof_of_consistency(service: Service) -> None:
    key = text_of(service, KEY)
    notes = []
    for count in (7, 6):
        recorded(service, count)
        service.clock.forward(days=1)
        notes.append(signed(text_of(service, CHECKPOINT, "POST"), key))
    told = service.told(CONSISTENCY, **{"from": 7})
    assert told["to"] == 13
    assert roots_by(7, 13, decoded(told["proof"]), notes[0][2]) == (notes[0][2], notes[1][2])


def test_a_proof_in_a_tree_of_many_tiles_leads_to_its_root(service: Service) -> None:
    record(service.context.engine, 1000)
    note = signed(text_of(service, CHECKPOINT, "POST"), text_of(service, KEY))
    for position in (1, 256, 257, 768, 1000):
        told = service.request("GET", f"{INCLUSION}?position={position}").json()
        assert root_by(position - 1, 1000, leaf_hash(told["leaf"].encode()), decoded(told["proof"])) == note[2]
        assert len(told["proof"]) <= 10


# Refusals


@pytest.mark.parametrize(
    ("url", "parameter", "code"),
    [
        (f"{CHECKPOINT}?position=0", "position", "out-of-range"),
        (f"{CHECKPOINT}?position=x", "position", "wrong-type"),
        (INCLUSION, "position", "required"),
        (f"{INCLUSION}?position=0", "position", "out-of-range"),
        (f"{INCLUSION}?position={2**53 + 1}", "position", "out-of-range"),
        (f"{INCLUSION}?position=3&size=2", "position", "out-of-range"),
        (f"{INCLUSION}?position=3&size=0", "size", "out-of-range"),
        (f"{INCLUSION}?position=3&size=6", "size", "out-of-range"),
        (f"{INCLUSION}?position=3&size={2**53}", "size", "out-of-range"),
        (CONSISTENCY, "from", "required"),
        (f"{CONSISTENCY}?from=0", "from", "out-of-range"),
        (f"{CONSISTENCY}?from=4&to=3", "from", "out-of-range"),
        (f"{CONSISTENCY}?from=6", "from", "out-of-range"),
        (f"{CONSISTENCY}?from=1&to=6", "to", "out-of-range"),
        (f"{CONSISTENCY}?from=1&to=x", "to", "wrong-type"),
        (f"{INCLUSION}?position=1&validOn=2021-01-01", "validOn", "unknown-parameter"),
    ],
)
def test_bad_parameters_are_refused(sqlite_url: str, url: str, parameter: str, code: str) -> None:
    with serving(sqlite_url) as service:
        recorded(service, 5)
        text_of(service, CHECKPOINT, "POST")
        refused = service.request("GET", url)
        assert (refused.status_code, refused.headers["content-type"]) == (400, "application/problem+json")
        assert [(each["parameter"], each["code"]) for each in refused.json()["errors"]] == [(parameter, code)]


def test_a_position_that_is_not_signed_yet_is_told_as_such(service: Service) -> None:
    recorded(service, 5)
    text_of(service, CHECKPOINT, "POST")
    recorded(service, 1)
    assert service.request("GET", f"{INCLUSION}?position=6").status_code == 404


# Evidence that is broken


def broken(service: Service, method: str, url: str) -> dict[str, Any]:
    answer = service.request(method, url)
    assert (answer.status_code, answer.json()["title"]) == (500, "The evidence is broken"), answer.text
    body: dict[str, Any] = answer.json()
    return body


def test_a_log_that_was_changed_is_not_signed_and_says_so(service: Service) -> None:
    recorded(service, 5)
    text_of(service, CHECKPOINT, "POST")
    tamper(service.context.engine, "UPDATE events SET topic = 'died.v1' WHERE position = 5")
    told = broken(service, "POST", CHECKPOINT)
    assert told["detail"] == (
        "The log does not fit what was signed: the event at position 5 is not the one that the tree has there."
    )


def test_a_row_that_is_gone_is_told_where_its_proof_is_asked(service: Service) -> None:
    recorded(service, 5)
    text_of(service, CHECKPOINT, "POST")
    tamper(service.context.engine, "DELETE FROM events WHERE position = 3")
    assert "position 3 is missing from the log" in broken(service, "GET", f"{INCLUSION}?position=3")["detail"]


def test_the_proof_of_an_event_that_was_changed_does_not_verify(service: Service) -> None:
    recorded(service, 5)
    text_of(service, CHECKPOINT, "POST")
    tamper(service.context.engine, "UPDATE events SET topic = 'died.v1' WHERE position = 3")
    told = service.told(INCLUSION, position=3)
    root = root_by(2, 5, leaf_hash(told["leaf"].encode()), decoded(told["proof"]))
    assert root != base64.b64decode(told["root"])


def test_time_goes_on_without_a_new_checkpoint_where_nothing_was_recorded(service: Service) -> None:
    recorded(service, 5)
    made = text_of(service, CHECKPOINT, "POST")
    service.clock.forward(seconds=timedelta(days=30).total_seconds())
    assert text_of(service, CHECKPOINT, "POST") == made


def test_a_checkpoint_that_cannot_be_read_is_told_as_broken_evidence(sqlite_url: str) -> None:
    with serving(sqlite_url) as service:
        recorded(service, 5)
        text_of(service, CHECKPOINT, "POST")
        tamper(service.context.engine, "UPDATE proof.checkpoints SET signed_at = x'00'")
        assert "a checkpoint in the database cannot be read" in broken(service, "GET", CHECKPOINT)["detail"]


def test_where_the_tree_is_behind_what_was_signed_a_proof_is_to_be_asked_again(service: Service) -> None:
    recorded(service, 5)
    text_of(service, CHECKPOINT, "POST")
    tamper(service.context.engine, "DELETE FROM proof.tiles")
    for url in (f"{INCLUSION}?position=3", f"{CONSISTENCY}?from=3"):
        answer = service.request("GET", url)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert answer.json()["detail"] == "The tree over the log covers 0 events, and 5 were signed; try again."


def test_without_the_directory_of_the_copies_nothing_is_signed(service: Service) -> None:
    recorded(service, 5)
    text_of(service, CHECKPOINT, "POST")
    tamper(service.context.engine, "UPDATE proof.checkpoints SET outside = true")
    recorded(service, 1)
    answer = service.request("POST", CHECKPOINT)
    assert (answer.status_code, answer.json()["detail"]) == (
        503,
        ("Nothing is signed: its checkpoints are kept outside the database too: set KETENSPOOR_CHECKPOINT_DIR."),
    )
