"""Signed notes with Ed25519 as C2SP specifies them (signed-note), and the text of the key that verifies them.

A note is text, an empty line, and lines of the form `— name base64(key hash, signature)`. A verifier key is
`name+key hash in hexadecimal digits+base64(0x01, public key)`.
"""

from __future__ import annotations

import base64
import re
from hashlib import sha256
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_ED25519 = b"\x01"
_DASH = "\N{EM DASH} "
_HASH_BYTES = 4
_LONGEST_NOTE = 64 * 1024
_MOST_SIGNATURES = 100
_NAME = re.compile(r"[^\s+]+")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_MALFORMED = "is not a signed note"


class NoteRefused(Exception):
    """A note that is malformed or was not signed with the key, or a key that is malformed."""


class VerifierKey(NamedTuple):
    """Who signs, and the 32 bytes of the public key."""

    name: str
    public: bytes

    @property
    def hash(self) -> bytes:
        """What signatures name the key by."""
        return sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:_HASH_BYTES]

    def __str__(self) -> str:
        return f"{self.name}+{self.hash.hex()}+{base64.b64encode(_ED25519 + self.public).decode()}"


class Signer(NamedTuple):
    """Who signs, and the key to sign with."""

    name: str
    private: Ed25519PrivateKey

    @property
    def key(self) -> VerifierKey:
        """The key that verifies what is signed here."""
        return VerifierKey(self.name, self.private.public_key().public_bytes_raw())

    def sign(self, text: str) -> str:
        """The signed note of a text, which ends with a newline."""
        signature = base64.b64encode(self.key.hash + self.private.sign(text.encode())).decode()
        return f"{text}\n{_DASH}{self.name} {signature}\n"


def parse_verifier_key(text: str) -> VerifierKey:
    """The key from its text; NoteRefused when it is none, or not of Ed25519."""
    name, *rest = text.split("+", 2)
    if len(rest) == 2 and _NAME.fullmatch(name):
        digits, encoded = rest
        enclosed = decode_base64(encoded)
        if enclosed is not None and len(enclosed) == 1 + 32 and enclosed[:1] == _ED25519:
            key = VerifierKey(name, enclosed[1:])
            if key.hash.hex() == digits:
                return key
    raise NoteRefused("is not a verifier key of the form name+hash+key for Ed25519")


def open_note(note: bytes, key: VerifierKey) -> str:
    """The text of a note once the key's signature under it is verified; others' signatures are passed over."""
    text, signatures = _parts(note)
    ours = [signed for name, signed in signatures if (name, signed[:_HASH_BYTES]) == (key.name, key.hash)]
    if not ours:
        raise NoteRefused("is not signed with this key")
    for signed in ours:
        try:
            Ed25519PublicKey.from_public_bytes(key.public).verify(signed[_HASH_BYTES:], text.encode())
        except InvalidSignature:
            raise NoteRefused("has a signature that does not fit its text and this key") from None
    return text


def decode_base64(encoded: str) -> bytes | None:
    """What base64 encodes, if that is the one way to write it; Python's own reading forgives loose bits at the end."""
    try:
        enclosed = base64.b64decode(encoded, validate=True)
    except ValueError:
        return None
    return enclosed if base64.b64encode(enclosed).decode() == encoded else None


def _parts(note: bytes) -> tuple[str, list[tuple[str, bytes]]]:
    """The text of a note, and by name what was signed: the key's hash and the signature."""
    try:
        whole = note.decode() if len(note) <= _LONGEST_NOTE else ""
    except UnicodeDecodeError:
        whole = ""
    text, separator, below = whole.rpartition("\n\n")
    if not separator or not below.endswith("\n") or _CONTROL.search(whole):
        raise NoteRefused(_MALFORMED)
    signatures = [_signature(line) for line in below[:-1].split("\n")]
    if len(signatures) > _MOST_SIGNATURES:
        raise NoteRefused(_MALFORMED)
    return f"{text}\n", signatures


def _signature(line: str) -> tuple[str, bytes]:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    signed = decode_base64(encoded)
    if not line.startswith(_DASH) or not _NAME.fullmatch(name) or signed is None or len(signed) <= _HASH_BYTES:
        raise NoteRefused(_MALFORMED)
    return name, signed
