"""The issuer of development mode: tokens of any organisation or role, believed nowhere but there.

Its key is made from one that everybody knows, so that the command that issues a token and the server that is shown it
need not speak with one another.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from joserfc import jws
from joserfc.jwk import ECKey

from service.access.caller import SCOPES
from service.access.registry import Issuer
from service.log.keys import DEVELOPMENT_KEY

_URL = "https://development.ketenspoor.invalid"
ISSUER = Issuer(_URL, "development", None, _URL)
#: What machines of development mode work for.
PURPOSE = f"{_URL}/purpose"
#: The claim with the OIN of the organisation whose system shows the token.
ORGANISATION = "organisation"
_KEY_ID = "development"
# The order of P-256; a number of 32 bytes is below it but for one in four thousand million.
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def _private_key() -> ec.EllipticCurvePrivateKey:
    derived = HKDFExpand(SHA256(), 32, b"ketenspoor/1 tokens of development mode").derive(DEVELOPMENT_KEY)
    return ec.derive_private_key(int.from_bytes(derived, "big") % (_ORDER - 1) + 1, ec.SECP256R1())


_PRIVATE = _private_key()
_SIGNING = ECKey(_PRIVATE, _PRIVATE, {"kid": _KEY_ID, "alg": "ES256"})
KEYS = {_KEY_ID: _SIGNING}


def token(now: datetime, minutes: int, claims: dict[str, Any], scopes: Iterable[str] = SCOPES) -> str:
    """A token that says this, from now on for so many minutes."""
    issued = int(now.timestamp())
    said = {
        "iss": ISSUER.url,
        "aud": ISSUER.audience,
        "iat": issued,
        "exp": issued + int(timedelta(minutes=minutes).total_seconds()),
        "jti": secrets.token_hex(16),
        "azp": "development",
        "scope": " ".join(scopes),
        **claims,
    }
    header = {"alg": "ES256", "typ": "at+jwt", "kid": _KEY_ID}
    return jws.serialize_compact(header, msgspec.json.encode(said), _SIGNING, ["ES256"])
