"""Signed notes and verifier keys in the form of C2SP: what is signed here verifies there, and the other way round."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from service.evidence.checkpoints import Checkpoint, parse_checkpoint, statement
from service.evidence.signed_notes import NoteRefused, Signer, VerifierKey, open_note, parse_verifier_key
from service.log.keys import DEVELOPMENT_KEY, Keyring

# The example of the library of Go that the format comes from.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
GO_NOTE = (
    f"{GO_TEXT}\n\N{EM DASH} PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)

SIGNER = Signer("ketenspoor.example/log", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
ROOT = bytes(range(32))
AT = datetime(2022, 7, 15, 10, 0, 0, 250_000, UTC)


def test_a_note_that_another_library_signed_opens_with_its_key() -> None:
    assert open_note(GO_NOTE.encode(), parse_verifier_key(GO_KEY)) == GO_TEXT


def test_a_key_is_written_as_it_was_read() -> None:
    assert str(parse_verifier_key(GO_KEY)) == GO_KEY
    assert parse_verifier_key(str(SIGNER.key)) == SIGNER.key


def test_a_note_is_text_an_empty_line_and_a_signature_under_name_and_key_hash() -> None:
    note = SIGNER.sign("one\n\ntwo\n")
    public = SIGNER.private.public_key().public_bytes_raw()
    key_hash = hashlib.sha256(b"ketenspoor.example/log\n\x01" + public).digest()[:4]
    signature = base64.b64encode(key_hash + SIGNER.private.sign(b"one\n\ntwo\n")).decode()
    assert note == f"one\n\ntwo\n\n\u2014 ketenspoor.example/log {signature}\n"
    assert open_note(note.encode(), SIGNER.key) == "one\n\ntwo\n"


def test_the_signing_key_follows_from_the_master_key_alone() -> None:
    # HKDF-Expand (RFC 5869) to 32 bytes is one HMAC with a 1 behind the purpose.
    seed = hmac.digest(bytes(32), b"ketenspoor/1 signing of checkpoints\x01", "sha256")
    assert Keyring(bytes(32)).signing.private_bytes_raw() == seed
    assert Keyring(bytes(32)).signing.private_bytes_raw() != Keyring(DEVELOPMENT_KEY).signing.private_bytes_raw()


def test_signatures_of_others_are_passed_over() -> None:
    witness = Signer("witness.example", Ed25519PrivateKey.from_private_bytes(bytes(32)))
    text = "one\n"
    both = SIGNER.sign(text) + witness.sign(text).rpartition("\n\n")[2]
    assert open_note(both.encode(), SIGNER.key) == open_note(both.encode(), witness.key) == text
    unknown = f"{SIGNER.sign(text)}\u2014 {SIGNER.name} {base64.b64encode(bytes(68)).decode()}\n"
    assert open_note(unknown.encode(), SIGNER.key) == text


def test_a_second_signature_of_the_same_key_must_fit_too() -> None:
    wrong = base64.b64encode(SIGNER.key.hash + bytes(64)).decode()
    with pytest.raises(NoteRefused, match="does not fit"):
        open_note(f"{SIGNER.sign('one' + chr(10))}\u2014 {SIGNER.name} {wrong}\n".encode(), SIGNER.key)


@pytest.mark.parametrize(
    "key",
    [
        SIGNER.key._replace(name="ketenspoor.example/other"),
        VerifierKey(SIGNER.name, Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key().public_bytes_raw()),
    ],
    ids=["another name", "another key"],
)
def test_a_note_does_not_open_with_another_key(key: VerifierKey) -> None:
    with pytest.raises(NoteRefused, match="is not signed with this key"):
        open_note(SIGNER.sign("one\n").encode(), key)


@pytest.mark.parametrize(
    "note",
    [
        b"",
        b"one\n",
        b"one\n\n",
        b"one\n\ntwo\n",
        b"\xff" + SIGNER.sign("one\n").encode(),
        SIGNER.sign("one\n").encode()[:-1],
        SIGNER.sign("one\n").encode() + b"\n",
        SIGNER.sign("one\n").encode() + b"two\n",
        SIGNER.sign("one\ttwo\n").encode(),
        SIGNER.sign("one\r\n").encode(),
        SIGNER.sign("one\n").encode().replace("\u2014".encode(), b"--"),
        SIGNER.sign("x\n" * 40_000).encode(),
        SIGNER.sign("one\n").encode() * 2,
        (SIGNER.sign("one\n") + f"\u2014 x {base64.b64encode(bytes(9)).decode()}\n" * 100).encode(),
    ],
    ids=range(14),
)
def test_what_is_no_note_is_refused(note: bytes) -> None:
    with pytest.raises(NoteRefused):
        open_note(note, SIGNER.key)


@given(st.data())
def test_no_byte_of_a_note_can_be_changed(data: st.DataObject) -> None:
    note = SIGNER.sign(statement(SIGNER.name, 417, ROOT, AT, simulated=False)).encode()
    at = data.draw(st.integers(0, len(note) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != note[at]))
    with pytest.raises(NoteRefused):
        parse_checkpoint(note[:at] + bytes([other]) + note[at + 1 :], SIGNER.key)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "name",
        "name+c74f20a3",
        GO_KEY.replace("c74f20a3", "c74f20a4"),
        GO_KEY.replace("c74f20a3", "C74F20A3"),
        GO_KEY.replace("+AR", "+AS"),
        GO_KEY.replace("Peter", "Peter "),
        GO_KEY + "=",
        GO_KEY[:-4],
        f"{GO_KEY}\n",
    ],
)
def test_what_is_no_key_is_refused(key: str) -> None:
    with pytest.raises(NoteRefused, match="is not a verifier key"):
        parse_verifier_key(key)


# Checkpoints


def test_a_checkpoint_has_its_lines_in_the_order_of_the_specification() -> None:
    root = base64.b64encode(ROOT).decode()
    assert statement("ketenspoor.example/log", 417, ROOT, AT, simulated=False) == (
        f"ketenspoor.example/log\n417\n{root}\ntime 2022-07-15T10:00:00.250Z\n"
    )


def test_by_the_senders_clocks_a_checkpoint_says_so() -> None:
    assert statement("x.example", 0, ROOT, AT, simulated=True).splitlines()[-1] == "clock simulated"


def test_a_checkpoint_is_read_as_it_was_made() -> None:
    for simulated in (False, True):
        note = SIGNER.sign(statement(SIGNER.name, 417, ROOT, AT, simulated=simulated))
        assert parse_checkpoint(note.encode(), SIGNER.key) == Checkpoint(417, ROOT, AT, note)


@pytest.mark.parametrize(
    "text",
    [
        "one\n",
        statement(SIGNER.name, 417, ROOT, AT, simulated=False).replace("417", "0417"),
        statement(SIGNER.name, 417, ROOT, AT, simulated=False).replace("417", "-1"),
        statement(SIGNER.name, 417, ROOT, AT, simulated=False).replace("417", "\u0664"),
        statement(SIGNER.name, 417, ROOT[1:], AT, simulated=False),
        statement(SIGNER.name, 417, ROOT, AT, simulated=False).replace("time", "tide"),
        statement(SIGNER.name, 417, ROOT, AT, simulated=False).replace("2022", "MMXXII"),
        statement("ketenspoor.example/other", 417, ROOT, AT, simulated=False),
        f"{SIGNER.name}\n417\n",
    ],
    ids=range(9),
)
def test_a_signed_text_that_is_no_checkpoint_of_this_log_is_refused(text: str) -> None:
    with pytest.raises(NoteRefused):
        parse_checkpoint(SIGNER.sign(text).encode(), SIGNER.key)
