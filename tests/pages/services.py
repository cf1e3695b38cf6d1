"""Real services for the tests of pages, in processes of their own: one with a history, one empty, one that is stopped.

None follows its database but through what is given, so every one stands still while it is looked at.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx

from projections.row_store import Row
from projections.states import PROJECTIONS
from projections.states.housings import housings
from projections.stream_history import StreamHistory
from service.access.caller import SCOPES
from service.intake.cloudevents import BATCH, LINES
from service.projector.follower import Follower
from service.storage.database import connect
from tests.api.provider import Provider
from tests.api.signed_in import settings as sign_in_settings
from tests.api.tokens import AUDIENCE, MASTER_KEY, PURPOSE, Issuer, bearing, oin, signed
from tests.pages.history import history, refused
from tests.posts import Event
from tests.processes import DEADLINE, environment, free_port, served

#: How many events of the history the service with a stopped projection had followed before it was stopped.
FOLLOWED = 600
#: What a service of the tests is told: a simulated past, development mode, nothing running beside it.
_SETTINGS = {"clock": "sender", "log_level": "warning", "follower": "none"}


@contextmanager
def telling(database_url: str, folder: Path) -> Iterator[str]:
    """The address of a service with the history of the tests, followed to its end, and what was refused."""
    with _serving(database_url, folder) as address:
        last = _told(address, history())
        for event in refused():
            _refused(address, event)
        _follow(database_url)
        _until_answered(address, last)
        yield address


@contextmanager
def empty(database_url: str, folder: Path) -> Iterator[str]:
    """The address of one in which nothing is recorded."""
    with _serving(database_url, folder) as address:
        yield address


@contextmanager
def stopped(database_url: str, folder: Path) -> Iterator[str]:
    """The address of one whose projection of housings stopped at FOLLOWED, while the others went on to the end."""

    def rows(told: StreamHistory) -> Iterable[Row]:
        raise ArithmeticError

    events = history()
    with _serving(database_url, folder) as address:
        _told(address, events[:FOLLOWED])
        _follow(database_url)
        last = _told(address, events[FOLLOWED:])
        poisoned = [one._replace(rows=rows) if one.table is housings else one for one in PROJECTIONS]
        engine = connect(database_url)
        while Follower(engine, poisoned, cache_limit=0).project_next("view_a"):
            pass
        engine.dispose()
        _until_answered(address, last, "/v1/norm-phases?from=2021-01-01&to=2021-12-31")
        yield address


@contextmanager
def guarded(database_url: str, folder: Path, provider: Provider) -> Iterator[str]:
    """The address of one at which people sign in, by this provider, with the same history recorded today.

    Every organisation posts what is its own, in the order of their numbers.
    """
    by_sender: dict[str, list[Event]] = {}
    for event in history():
        by_sender.setdefault(oin(event["source"]), []).append(event)
    issuer = Issuer()
    registry = folder / "registry.toml"
    registry.write_text(_registry(by_sender, issuer), "utf-8")
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    settings = {
        **sign_in_settings(provider, public_url=address),
        "master_key": MASTER_KEY,
        "registry": str(registry),
        "audience": AUDIENCE,
        "log_level": "warning",
        "follower": "none",
    }
    try:
        with served(environment(database_url, **settings), folder / "serve.log", port) as service:
            for sender, events in sorted(by_sender.items()):
                last = _told(address, events, _token(issuer, sender))
            _follow(database_url)
            _until_answered(address, last)
            yield service.address
    finally:
        issuer.close()


def _registry(senders: Iterable[str], issuer: Issuer) -> str:
    """A registry of all who send, each with a client of its name, and of the people of `provider`."""
    tables = [f'[[issuer]]\nurl = "{issuer.url}"\njwks = "{issuer.jwks}"']
    for number in senders:
        kind, code = _kind(number)
        named = f'\ncode = "{code}"' if code else ""
        tables.append(f'[[organisation]]\noin = "{number}"\nkind = "{kind}"\nname = "{kind} {code}"{named}')
        tables.append(
            f'[[client]]\nid = "{number}"\nissuer = "{issuer.url}"\norganisation = "{number}"\n'
            f'scopes = {json.dumps(list(SCOPES))}\npurpose = "{PURPOSE}"'
        )
    return "\n\n".join(tables)


def _kind(number: str) -> tuple[str, str]:
    """Of which kind an organisation with a test number is, and its code where it has one."""
    first, last = number[8], int(number[9:17])
    if first == "0":
        return ("", "ind", "coa", "duo", "ministry", "cbs")[last], ""
    return ("municipality", f"GM{last:04d}") if first == "1" else ("province", f"PV{last}")


def _token(issuer: Issuer, sender: str) -> dict[str, str]:
    now = int(datetime.now(UTC).timestamp())
    return bearing(
        signed(
            {
                "iss": issuer.url,
                "aud": AUDIENCE,
                "iat": now,
                "exp": now + 3_600,
                "jti": sender,
                "azp": sender,
                "scope": " ".join(SCOPES),
            }
        )
    )


@contextmanager
def _serving(database_url: str, folder: Path) -> Iterator[str]:
    with served(environment(database_url, **_SETTINGS), folder / "serve.log") as service:
        yield service.address


def _told(address: str, events: list[Event], shown: Mapping[str, str] | None = None) -> int:
    """Record events, each of which must be taken; the last position."""
    body = b"".join(json.dumps(event).encode() + b"\n" for event in events)
    headers = {"Content-Type": LINES, **(shown or {})}
    answer = httpx.post(f"{address}/v1/events", content=body, headers=headers, timeout=DEADLINE)
    assert answer.status_code == 200 and answer.json()["rejected"] == 0, answer.text
    last: int = answer.json()["lastPosition"]
    return last


def _refused(address: str, event: Event) -> None:
    headers = {"Content-Type": BATCH}
    answer = httpx.post(f"{address}/v1/events", json=[event], headers=headers, timeout=DEADLINE)
    assert answer.json()["rejected"] == 1, answer.text


def _follow(database_url: str) -> None:
    engine = connect(database_url)
    while Follower(engine, cache_limit=0).project_next("view_a"):
        pass
    engine.dispose()


def _until_answered(address: str, position: int, question: str = "/v1/realisation?period=2022-I") -> None:
    """A question waits on the server until the tables are there."""
    answer = httpx.get(f"{address}{question}&minPosition={position}", timeout=DEADLINE)
    assert answer.status_code == 200, answer.text
