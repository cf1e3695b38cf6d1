"""The service with its doors locked: everybody of the scenario is registered, and shows a token for every request."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from domain.places import PROVINCES, Places
from service.access.caller import SCOPES
from service.foundation.organisations import test_oin
from service.log.keys import DEVELOPMENT_KEY
from tests.api.tokens import AUDIENCE, PEOPLE, PURPOSE, SUPPLIER, Issuer, bearing, signed

_NATIONAL = ("ind", "coa", "duo", "ministry", "cbs")
MINISTRY, COA = test_oin(4), test_oin(2)


class Locked:
    """The settings of a service with locked doors, and the headers of who may pass."""

    def __init__(self, issuer: Issuer, registry: Path) -> None:
        self._issuer = issuer
        #: The key under which development mode made what is in the databases.
        self.settings = {
            "master_key": DEVELOPMENT_KEY.hex(),
            "registry": str(registry),
            "audience": AUDIENCE,
        }

    def supplier(self) -> str:
        """The headers of the supplier that holds a mandate of everybody."""
        return self._headers(f"system-{SUPPLIER}")

    def system(self, number: str) -> str:
        """The headers of an organisation's own system, by its OIN."""
        return self._headers(f"system-{number}")

    def person(self, role: str) -> str:
        """The headers of a person of this role."""
        return self._headers(PEOPLE, sub="somebody", roles=[role])

    def _headers(self, client: str, **more: object) -> str:
        now = int(time.time())
        claims = {
            "iss": self._issuer.url,
            "aud": AUDIENCE,
            "iat": now,
            "exp": now + 6 * 3_600,
            "jti": secrets.token_hex(16),
            "azp": client,
            "scope": " ".join(SCOPES),
            **more,
        }
        return "".join(f"{name}: {value}\r\n" for name, value in bearing(signed(claims)).items())


@contextmanager
def locked(directory: Path) -> Iterator[Locked]:
    """An issuer of tokens, and a registry in this directory, for as long as it takes."""
    issuer = Issuer()
    try:
        registry = directory / "registry.toml"
        registry.write_text(_registry(issuer), "utf-8")
        yield Locked(issuer, registry)
    finally:
        issuer.close()


def sender_of(line: bytes) -> str:
    """The OIN in the source of an event."""
    source: str = msgspec.json.decode(line)["source"]
    return source.split(":")[3]


def _registry(issuer: Issuer) -> str:
    parties: list[tuple[str, str, str | None]] = [
        (test_oin(number), kind, None) for number, kind in enumerate(_NATIONAL, start=1)
    ]
    parties += [(test_oin(100_000_000 + int(one[2:])), "municipality", one) for one in Places.shipped().codes]
    parties += [(test_oin(200_000_000 + int(code[2:])), "province", code) for code in PROVINCES]
    tables = [f'[[issuer]]\nurl = "{issuer.url}"\njwks = "{issuer.jwks}"']
    tables.append(f'[[client]]\nid = "{PEOPLE}"\nissuer = "{issuer.url}"\npeople = true')
    for number, kind, code in (*parties, (SUPPLIER, "intermediary", None)):
        place = "" if code is None else f'\ncode = "{code}"'
        tables.append(f'[[organisation]]\noin = "{number}"\nkind = "{kind}"\nname = "{code or kind}"{place}')
        tables.append(_client(issuer, number))
    tables += [f'[[mandate]]\nholder = "{SUPPLIER}"\nof = "{of}"\nfrom = 2020-01-01' for of, _, _ in parties]
    return "\n\n".join(tables)


def _client(issuer: Issuer, number: str) -> str:
    return (
        f'[[client]]\nid = "system-{number}"\nissuer = "{issuer.url}"\norganisation = "{number}"\n'
        f'scopes = {_list(SCOPES)}\npurpose = "{PURPOSE}"'
    )


def _list(names: Sequence[str]) -> str:
    return "[" + ", ".join(f'"{name}"' for name in names) + "]"
