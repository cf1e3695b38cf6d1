"""Behind an FSC inway: machines are known by the token that it hands on, and by nothing that anybody could write."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from service.storage.database import reading
from service.storage.service_tables import events
from tests.api.service_under_test import NOW, Service, serving
from tests.api.tokens import MASTER_KEY, SUPPLIER, Issuer, bearing, oin, registry_text, signed, signing_key
from tests.posts import COA, ENSCHEDE, IND, event, linked, permit

PROVIDER = "00000099000000008000"
TRANSACTION = "01926f0c-3b5a-7c5e-9d1e-2b7c9a4f8e61"
SECOND = int(NOW.timestamp())
TABLES = "\n".join(
    f'[[client]]\nid = "{number}"\nissuer = "{PROVIDER}"\norganisation = "{number}"\n'
    f'scopes = ["events.write", "figures.read"]\npurpose = "https://register.test/1"\n'
    for number in (oin(COA), oin(ENSCHEDE), SUPPLIER)
)
MANDATE = f'[[mandate]]\nholder = "{SUPPLIER}"\nof = "{oin(ENSCHEDE)}"\nfrom = 2022-01-01\n'


class Inway:
    """The service behind an inway, which hands on tokens that the provider of the service has issued."""

    def __init__(self, service: Service) -> None:
        self.service = service

    def ask(self, token: str | None, method: str = "POST", **more: Any) -> Any:
        headers: dict[str, str | None] = {
            "Content-Type": "application/cloudevents+json",
            "Fsc-Transaction-Id": TRANSACTION,
        }
        if token is not None:
            headers["Fsc-Authorization"] = f"Bearer {token}"
        headers |= more.pop("headers", {})
        path = more.pop("path", "/v1/events")
        told = {name: value for name, value in headers.items() if value is not None}
        return self.service.request(method, path, headers=told, **more)

    def post(self, posted: Any, token: str | None, **headers: Any) -> int:
        status: int = self.ask(token, content=json.dumps(posted), headers=headers).status_code
        return status


def claims(peer: str = oin(COA), **more: Any) -> dict[str, Any]:
    said: dict[str, Any] = {
        "gth": "grant-hash",
        "gid": "fsc.test",
        "sub": peer,
        "iss": PROVIDER,
        "svc": "ketenspoor",
        "aud": "https://inway.test:443",
        "exp": SECOND + 300,
        "nbf": SECOND,
        "cnf": {"x5t#S256": "thumbprint-of-the-outway"},
        **more,
    }
    return {name: value for name, value in said.items() if value is not None}


def token(peer: str = oin(COA), typ: str | None = "JWT", **more: Any) -> str:
    return signed(claims(peer, **more), typ=typ)


@contextmanager
def behind_an_inway(url: str) -> Iterator[Inway]:
    issuer = Issuer()
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "registry.toml"
            fsc = f'[[issuer]]\nurl = "{PROVIDER}"\njwks = "{issuer.jwks}"\nkind = "fsc"\naudience = "ketenspoor"\n'
            oauth = {issuer.url: issuer.jwks}
            path.write_text("\n".join([registry_text(oauth), fsc, TABLES, MANDATE]), "utf-8")
            given: dict[str, Any] = {
                "master_key": MASTER_KEY,
                "registry": path,
                "access": "fsc",
                "audience": "ketenspoor",
            }
            with serving(url, **given) as service:
                yield Inway(service)
    finally:
        issuer.close()


@pytest.fixture
def inway(sqlite_url: str) -> Iterator[Inway]:
    with behind_an_inway(sqlite_url) as running:
        yield running


def test_a_peer_posts_as_the_organisation_of_its_token(inway: Inway) -> None:
    assert inway.post(linked(), token()) == 201
    assert inway.post(permit(), token()) == 403
    assert inway.post(linked("l-2"), token(typ="at+jwt")) == 201
    assert inway.ask(token(), "GET", path="/v1/journeys").status_code == 403


def test_the_key_may_be_named_by_the_thumbprint_of_its_certificate(inway: Inway) -> None:
    shown = signed(claims(), typ=None, kid=None, **{"x5t#S256": "ec-1"})
    assert inway.post(linked(), shown) == 201


REFUSED: dict[str, Callable[[], str]] = {
    "a peer without a client": lambda: token(oin(IND)),
    "an unknown peer": lambda: token("00000099000000001234"),
    "another service": lambda: token(svc="another"),
    "no service": lambda: token(svc=None),
    "another issuer": lambda: token(iss="00000099000000008001"),
    "the issuer of another kind": lambda: token(iss="https://issuer.test"),
    "expired": lambda: token(exp=SECOND - 30),
    "exp as text": lambda: token(exp=str(SECOND + 300)),
    "not valid yet": lambda: token(nbf=SECOND + 31),
    "no nbf": lambda: token(nbf=None),
    "bound to no certificate": lambda: token(cnf=None),
    "without a grant": lambda: token(gth=None),
    "a peer that is no text": lambda: token(sub=[oin(COA)]),
    "one who acts and is no peer": lambda: token(act={"sub": "00000099000000001234"}),
    "one who acts and is not named": lambda: token(act={}),
    "one who acts and is no object": lambda: token(act=oin(COA)),
    "signed by another": lambda: signed(claims(), type(signing_key()).generate_key("P-256", {"kid": "ec-1"})),
}


def test_a_token_that_is_amiss_is_refused(inway: Inway) -> None:
    found = {name: inway.post(linked(), refused()) for name, refused in REFUSED.items()}
    assert found == dict.fromkeys(REFUSED, 401)


def test_nothing_that_anybody_can_write_says_who_asks(inway: Inway) -> None:
    forged = {"Fsc-Consumer-Oin": oin(COA), "X-Peer-Id": oin(COA), "X-Forwarded-Client-Cert": oin(COA)}
    assert inway.post(linked(), None, **forged) == 401
    assert inway.post(linked(), None, **bearing(token())) == 401
    assert inway.post(linked(), token(), **bearing(token())) == 401


def test_every_request_is_a_transaction_and_is_recorded_under_it(inway: Inway) -> None:
    for wrong in (None, "", "1", f"{TRANSACTION}-1", "01926f0c3b5a7c5e9d1e2b7c9a4f8e61"):
        assert inway.post(linked(), token(), **{"Fsc-Transaction-Id": wrong}) == 400
    assert inway.post(linked(), token()) == 201
    with reading(inway.service.context.engine) as connection:
        (trace,) = connection.execute(select(events.c.trace_id)).scalars()
    assert trace.hex() == TRANSACTION.replace("-", "")
    assert inway.service.request("GET", "/livez").status_code == 200


def test_who_connects_for_another_posts_under_its_own_mandate(inway: Inway) -> None:
    home = {"vNumber": "2876540913", "municipality": "GM0153", "accommodation": "regular"}
    offered = event("home-offered", ENSCHEDE, **home)
    acting = token(oin(ENSCHEDE), act={"sub": SUPPLIER})
    assert inway.post(linked(), token(oin(COA), act={"sub": SUPPLIER})) == 403
    assert inway.post(offered, acting) == 201
    with reading(inway.service.context.engine) as connection:
        (row,) = connection.execute(select(events.c.recorded_by, events.c.posted_by)).all()
    assert tuple(row) == (oin(ENSCHEDE), SUPPLIER)


def test_a_token_of_fsc_is_none_where_no_inway_stands(sqlite_url: str, tmp_path: Path) -> None:
    issuer = Issuer()
    try:
        path = tmp_path / "registry.toml"
        fsc = f'[[issuer]]\nurl = "{PROVIDER}"\njwks = "{issuer.jwks}"\nkind = "fsc"\n'
        path.write_text("\n".join([registry_text({issuer.url: issuer.jwks}), fsc, TABLES]), "utf-8")
        with serving(sqlite_url, master_key=MASTER_KEY, registry=path, audience="ketenspoor") as service:
            inway = Inway(service)
            assert inway.post(linked(), token()) == 401
            assert inway.post(linked(), None, **bearing(token())) == 401
            assert (
                inway.post(linked(), None, **bearing(token(typ="at+jwt", jti="j", iat=SECOND, aud="ketenspoor"))) == 401
            )
    finally:
        issuer.close()
