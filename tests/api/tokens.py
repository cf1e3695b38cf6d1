"""The service with its doors locked: a master key, a registry, and an issuer of tokens with real keys on loopback.

`guarded(url)` gives a `Guarded`: the service of `serving`, and tokens for any organisation or role. The parties of
`tests.posts` are registered, each with a client that has every scope, and one client through which people work.
"""

from __future__ import annotations

import json
import secrets
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

from service.access.caller import SCOPES
from tests.api.service_under_test import NOW, Service, serving_as
from tests.posts import CBS, COA, DUO, ENSCHEDE, HENGELO, IND, MINISTRY, OVERIJSSEL

AUDIENCE = "https://ketenspoor.test"
MASTER_KEY = "5f" * 32
PURPOSE = "https://register.test/processing"
#: The client through which people work.
PEOPLE = "people"
#: A supplier, which posts for others only.
SUPPLIER = "00000099000000009000"
_ALGORITHMS = ("none", "HS256", "PS256", "ES256", "RS256", "RS512", "ES384")


def oin(source: str) -> str:
    """The OIN in a source."""
    return source.split(":")[3]


#: The party of each role that an organisation's system has.
OF_ROLE = {
    "ind": oin(IND),
    "coa": oin(COA),
    "duo": oin(DUO),
    "ministry": oin(MINISTRY),
    "cbs": oin(CBS),
    "province": oin(OVERIJSSEL),
    "municipality": oin(ENSCHEDE),
    "intermediary": SUPPLIER,
}
_ORGANISATIONS = (
    (oin(IND), "ind", "IND", None),
    (oin(COA), "coa", "COA", None),
    (oin(DUO), "duo", "DUO", None),
    (oin(MINISTRY), "ministry", "Ministry", None),
    (oin(CBS), "cbs", "CBS", None),
    (oin(ENSCHEDE), "municipality", "Enschede", "GM0153"),
    (oin(HENGELO), "municipality", "Hengelo", "GM0164"),
    (oin(OVERIJSSEL), "province", "Overijssel", "PV23"),
    (SUPPLIER, "intermediary", "Supplier", None),
)


@cache
def signing_key() -> ECKey:
    """The key of the issuer, of which only the public part is published."""
    return ECKey.generate_key("P-256", {"kid": "ec-1", "alg": "ES256"})


@cache
def rsa_key(bits: int = 2_048, algorithm: str = "PS256") -> RSAKey:
    """Another key; making one takes a while."""
    made = rsa.generate_private_key(65_537, bits)
    return RSAKey(made, made, {"kid": f"rsa-{bits}-{algorithm}", "alg": algorithm})


class Issuer:
    """An issuer of tokens that publishes its keys over HTTP; what it answers can be changed."""

    def __init__(self, path: str = "") -> None:
        self.keys: list[ECKey | RSAKey] = [signing_key()]
        #: Sent instead of the keys, with this status.
        self.status = 200
        self.body: bytes | None = None
        self.headers: dict[str, str] = {}
        self.asked = 0
        #: While it is not set nobody is answered.
        self.answering = threading.Event()
        self.answering.set()
        issuer = self

        class Answering(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.asked += 1
                issuer.answering.wait(10)
                body = issuer.body
                if body is None:
                    body = json.dumps({"keys": [key.as_dict(private=False) for key in issuer.keys]}).encode()
                self.send_response(issuer.status)
                for name, value in issuer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002  the name in the library
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        self._server.daemon_threads = True
        self.jwks = f"http://127.0.0.1:{self._server.server_address[1]}/jwks"
        self.url = f"https://issuer.test{path}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Be away from now on."""
        self.answering.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def signed(claims: Mapping[str, Any], key: Any = None, **header: Any) -> str:
    """A token that says this; a header of None is left out."""
    key = key or signing_key()
    said = {"alg": key.get("alg") or "ES256", "typ": "at+jwt", "kid": key.get("kid"), **header}
    told = {name: value for name, value in said.items() if value is not None}
    registry = jws.JWSRegistry(algorithms=_ALGORITHMS, strict_check_header=False)
    return jws.serialize_compact(told, json.dumps(claims), key, registry=registry)


def registry_text(issuers: Mapping[str, str], more: str = "") -> str:
    """A registry file of the parties of `tests.posts`; `issuers` are kinds to urls and addresses of keys."""
    tables = []
    for number, kind, name, code in _ORGANISATIONS:
        tables.append(f'[[organisation]]\noin = "{number}"\nkind = "{kind}"\nname = "{name}"')
        if code is not None:
            tables[-1] += f'\ncode = "{code}"'
    scopes = json.dumps(list(SCOPES))
    for issuer, jwks in issuers.items():
        tables.append(f'[[issuer]]\nurl = "{issuer}"\njwks = "{jwks}"')
        tables += [
            f'[[client]]\nid = "system-{number}"\nissuer = "{issuer}"\norganisation = "{number}"\n'
            f'scopes = {scopes}\npurpose = "{PURPOSE}/{kind}"'
            for number, kind, _, _ in _ORGANISATIONS
        ]
        tables.append(f'[[client]]\nid = "{PEOPLE}"\nissuer = "{issuer}"\npeople = true')
    return "\n\n".join([*tables, more])


class Guarded(Service):
    """A running application whose door is locked, and who has the keys to it."""

    issuer: Issuer

    def claims(self, client: str, scopes: str | None = None, **more: Any) -> dict[str, Any]:
        """What a good token of a client says; a claim of None is left out."""
        now = int(self.clock().timestamp())
        said = {
            "iss": self.issuer.url,
            "aud": AUDIENCE,
            "iat": now,
            "exp": now + 3_600,
            "jti": secrets.token_hex(16),
            "azp": client,
            "scope": " ".join(SCOPES) if scopes is None else scopes,
            **more,
        }
        return {name: value for name, value in said.items() if value is not None}

    def of_organisation(self, number: str, scopes: str | None = None, **more: Any) -> dict[str, str]:
        """The headers of an organisation's system, by its OIN."""
        return bearing(signed(self.claims(f"system-{number}", scopes, **more)))

    def of_person(self, *roles: str, subject: str = "somebody", organisation: str | None = None) -> dict[str, str]:
        """The headers of a person with these roles, who works for an organisation or for none."""
        return bearing(signed(self.claims(PEOPLE, "", sub=subject, roles=list(roles), oin=organisation)))

    def of_role(self, role: str) -> dict[str, str]:
        """The headers of somebody of this role: an organisation's system, or a person where no organisation has it."""
        if role == "public":
            return {}
        if role in OF_ROLE:
            return self.of_organisation(OF_ROLE[role])
        return self.of_person(role)

    def post_as(self, event: Mapping[str, Any], number: str | None = None) -> httpx.Response:
        """Post one event as the system of an organisation: that of its source unless told otherwise."""
        return self.post(event, **self.of_organisation(number or oin(event["source"])))


def bearing(token: str) -> dict[str, str]:
    """The header of who shows this token."""
    return {"Authorization": f"Bearer {token}"}


@contextmanager
def guarded(database_url: str, now: datetime = NOW, more: str = "", **settings: Any) -> Iterator[Guarded]:
    """The application in production mode, on a migrated database; `more` is added to its registry."""
    issuer = Issuer()
    try:
        with tempfile.TemporaryDirectory() as folder:
            registry = Path(folder) / "registry.toml"
            registry.write_text(registry_text({issuer.url: issuer.jwks}, more), "utf-8")
            given = {"master_key": MASTER_KEY, "registry": registry, "audience": AUDIENCE, **settings}
            with serving_as(Guarded, database_url, now, **given) as service:
                service.issuer = issuer
                yield service
    finally:
        issuer.close()
