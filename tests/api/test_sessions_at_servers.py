"""A session holds at every process of the service alike, over real HTTP: it begins at once and ends for all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import httpx
import pytest

from tests.api.browsers import SESSION, UNDER_WAY
from tests.api.provider import CLIENT_ID, CLIENT_SECRET, providing
from tests.processes import Served, environment, free_port, until


@pytest.fixture
def servers(postgresql_url: str, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Two processes on one database, with one provider."""
    ports = [free_port(), free_port()]
    with providing(partial(datetime.now, UTC)) as provider:
        provider.person = {"sub": "7f3a", "roles": ["auditor"]}
        given = environment(
            postgresql_url,
            follower="none",
            public_url=f"http://127.0.0.1:{ports[0]}",
            oidc_issuer=provider.issuer,
            oidc_client_id=CLIENT_ID,
            oidc_client_secret=CLIENT_SECRET,
        )
        started = [Served(given, tmp_path / f"{port}.log", port) for port in ports]
        try:
            for server in started:
                until(server.answers, "the service answers")
            yield started[0].address, started[1].address
        finally:
            for server in started:
                server.end()


def test_who_signs_in_and_out_at_one_process_is_known_and_forgotten_at_the_other(servers):
    here, there = servers
    # Over plain HTTP on loopback this client keeps no secure cookies, as a browser would: they are shown by hand.
    with httpx.Client(trust_env=False) as client:
        going = client.get(f"{here}/sign-in", params={"returnTo": "/docs"})
        back = client.get(going.headers["location"]).headers["location"]
        coming = client.get(back, headers={"Cookie": f"{UNDER_WAY}={_kept(going, UNDER_WAY)}"})
        shown = {"Cookie": f"{SESSION}={_kept(coming, SESSION)}"}

        def session(address: str) -> dict[str, object]:
            told: dict[str, object] = client.get(f"{address}/v1/session", headers=shown).json()
            return told

        assert (coming.status_code, coming.headers["location"]) == (303, "../docs")
        assert session(there)["roles"] == session(here)["roles"] == ["auditor"]
        token = {"X-CSRF-Token": str(session(there)["csrfToken"]), "Origin": here}
        assert client.post(f"{here}/sign-out", headers={**shown, **token}).status_code == 204

        assert session(here)["signedIn"] is False
        until(lambda: session(there)["signedIn"] is False, "the session is over at the other process")


def _kept(answer: httpx.Response, name: str) -> str:
    cookies = [text.partition(";")[0].partition("=") for text in answer.headers.get_list("set-cookie")]
    return next(value for found, _, value in cookies if found == name)
