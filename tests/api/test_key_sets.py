"""The keys of issuers: fetched once for all who wait, kept while they can't be had, and never asked for by a flood."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey

from service.access.key_sets import KeysUnavailable, read_keys
from tests.api.tokens import Guarded, Issuer, bearing, guarded, oin, rsa_key, signed, signing_key
from tests.posts import COA

CLIENT = f"system-{oin(COA)}"
NEW = ECKey.generate_key("P-256", {"kid": "ec-2", "alg": "ES256"})


@pytest.fixture
def locked(sqlite_url: str) -> Iterator[Guarded]:
    with guarded(sqlite_url) as service:
        yield service


def shown(service: Guarded, key: Any = None, **header: Any) -> int:
    """The answer to a token that was never shown before."""
    headers = bearing(signed(service.claims(CLIENT), key, **header))
    return service.request("GET", "/v1/event-types", headers=headers).status_code


def many(service: Guarded, count: int, **header: Any) -> list[int]:
    """The answers to so many at once."""

    async def asked() -> list[int]:
        tokens = [signed(service.claims(CLIENT), **header) for _ in range(count)]
        answers = await asyncio.gather(
            *(service.client.get("/v1/event-types", headers=bearing(token)) for token in tokens)
        )
        return [answer.status_code for answer in answers]

    return service.run(asked())


def test_all_who_come_at_once_wait_for_one_fetch(locked: Guarded) -> None:
    assert many(locked, 20) == [200] * 20
    assert locked.issuer.asked == 1


def test_a_flood_of_unknown_key_ids_asks_once_in_half_a_minute(locked: Guarded) -> None:
    assert shown(locked) == 200
    locked.clock.forward(seconds=30)
    assert many(locked, 20, kid="ec-9") == [401] * 20
    assert [shown(locked, kid=f"ec-{number}") for number in range(10, 20)] == [401] * 10
    assert locked.issuer.asked == 2
    locked.clock.forward(seconds=29)
    assert (shown(locked, kid="ec-9"), locked.issuer.asked) == (401, 2)
    locked.clock.forward(seconds=1)
    assert (shown(locked, kid="ec-9"), locked.issuer.asked) == (401, 3)
    assert shown(locked) == 200


def test_a_new_key_is_believed_as_soon_as_somebody_shows_it(locked: Guarded) -> None:
    assert shown(locked) == 200
    locked.issuer.keys.append(NEW)
    locked.clock.forward(seconds=30)
    assert shown(locked, NEW) == 200


def test_a_key_that_is_withdrawn_is_believed_for_minutes_and_so_are_its_tokens(locked: Guarded) -> None:
    token = bearing(signed(locked.claims(CLIENT)))

    def status() -> int:
        return locked.request("GET", "/v1/event-types", headers=token).status_code

    assert status() == 200
    locked.issuer.keys = [NEW]
    locked.clock.forward(minutes=4)
    assert (status(), locked.issuer.asked) == (200, 1)
    locked.clock.forward(minutes=1)
    status()
    deadline = time.monotonic() + 10
    while status() == 200 and time.monotonic() < deadline:
        locked.run(asyncio.sleep(0.01))
    assert (status(), locked.issuer.asked) == (401, 2)


def test_while_the_issuer_is_away_its_keys_are_believed_for_a_day(locked: Guarded) -> None:
    assert shown(locked) == 200
    locked.issuer.status = 503
    locked.clock.forward(hours=23)
    assert shown(locked) == 200
    locked.clock.forward(minutes=59)
    assert shown(locked) == 200
    assert shown(locked, kid="ec-9") == 401
    locked.clock.forward(minutes=1)
    assert shown(locked) == 503
    locked.issuer.status = 200
    locked.clock.forward(seconds=30)
    assert shown(locked) == 200


def test_where_no_keys_can_be_had_nobody_is_called_a_liar(locked: Guarded) -> None:
    locked.issuer.close()
    answer = locked.request("GET", "/v1/event-types", headers=bearing(signed(locked.claims(CLIENT))))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert locked.request("GET", "/v1/event-types").status_code == 200


@pytest.mark.parametrize(
    ("status", "body", "headers"),
    [
        (302, b"", {"Location": "/elsewhere"}),
        (404, b"", {}),
        (200, b"{}", {}),
        (200, b"[]", {}),
        (200, b'{"keys": {}}', {}),
        (200, b'{"keys": []}', {}),
        (200, b'{"keys": [5, {"kty": "RSA"}, {"kty": "EC", "crv": "P-256", "kid": "ec-1"}]}', {}),
        (200, b"[" * 5_000, {}),
        (200, b"\xff", {}),
        (200, b'{"keys": [], "x": "' + b"x" * 300_000 + b'"}', {}),
    ],
    ids=["redirect", "absent", "empty", "a list", "no list", "none", "none of use", "deep", "no text", "large"],
)
def test_an_answer_that_is_no_set_of_keys_is_as_good_as_none(
    locked: Guarded, status: int, body: bytes, headers: dict[str, str]
) -> None:
    issuer = locked.issuer
    issuer.status, issuer.body, issuer.headers = status, body, headers
    assert shown(locked) == 503
    issuer.status, issuer.body, issuer.headers = 200, None, {}
    assert (shown(locked), issuer.asked) == (503, 1)
    locked.clock.forward(seconds=30)
    assert (shown(locked), issuer.asked) == (200, 2)


def test_who_waits_for_keys_keeps_nobody_else_waiting(locked: Guarded) -> None:
    locked.issuer.answering.clear()

    async def asked() -> tuple[int, int]:
        waiting = asyncio.create_task(
            locked.client.get("/v1/event-types", headers=bearing(signed(locked.claims(CLIENT))))
        )
        while not locked.issuer.asked:  # noqa: ASYNC110  another thread counts
            await asyncio.sleep(0.01)
        other = await locked.client.get("/v1/event-types")
        assert not waiting.done()
        locked.issuer.answering.set()
        return other.status_code, (await waiting).status_code

    assert locked.run(asked()) == (200, 200)


def test_of_a_set_of_keys_only_those_are_kept_that_may_verify_tokens() -> None:
    ec, rsa, short = signing_key(), rsa_key(), rsa_key(1_024, "RS256")
    listed = [
        ec.as_dict(private=True),
        rsa.as_dict(private=False),
        short.as_dict(private=False),
        {**NEW.as_dict(private=False), "use": "enc"},
        {**NEW.as_dict(private=False), "kid": "ec-3", "key_ops": ["sign"]},
        {**NEW.as_dict(private=False), "kid": "ec-4", "x5t#S256": "thumbprint"},
        ECKey.generate_key("P-384", {"kid": "ec-5"}).as_dict(private=False),
        OctKey.generate_key(256, {"kid": "oct-1"}).as_dict(private=True),
        {key: value for key, value in NEW.as_dict(private=False).items() if key != "kid"},
    ]
    found = read_keys(json.dumps({"keys": listed}).encode())
    assert found.keys() == {"ec-1", rsa.kid, "ec-4", "thumbprint"}
    assert not any(key.is_private for key in found.values())
    with pytest.raises(KeysUnavailable):
        read_keys(b"null")


def test_two_issuers_are_not_mixed_up(sqlite_url: str) -> None:
    other = Issuer("/other")
    other.keys = [NEW]
    more = f'[[issuer]]\nurl = "{other.url}"\njwks = "{other.jwks}"\n'
    try:
        with guarded(sqlite_url, more=more) as service:
            mine = signed(service.claims(CLIENT))
            theirs = signed(service.claims(CLIENT, iss=other.url), NEW)
            swapped = signed(service.claims(CLIENT, iss=other.url))
            for token, status in ((mine, 200), (theirs, 401), (swapped, 401)):
                answer = service.request("GET", "/v1/event-types", headers=bearing(token))
                assert answer.status_code == status
    finally:
        other.close()


def test_a_fetch_begins_no_sooner_than_somebody_shows_a_token(locked: Guarded) -> None:
    assert locked.request("GET", "/v1/event-types").status_code == 200
    locked.clock.forward(seconds=timedelta(hours=1).total_seconds())
    assert locked.issuer.asked == 0
