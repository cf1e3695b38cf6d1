"""Where a request comes from: a known proxy is believed about it, and nobody else."""

from __future__ import annotations

from pathlib import Path

import httpx

from tests.api.service_under_test import serving
from tests.processes import environment, served

# One request in a hundred seconds, of each address.
RATE = 0.01


def of(number: int) -> dict[str, str]:
    """What a proxy adds to what it was sent."""
    return {"X-Forwarded-For": f"198.51.100.9, 203.0.113.{number}"}


def test_a_proxy_that_is_known_says_where_a_request_comes_from(sqlite_url: str, tmp_path: Path) -> None:
    trusted = "192.0.2.0/24, 127.0.0.1"
    env = environment(sqlite_url, public_rate=str(RATE), trusted_proxies=trusted, follower="none")
    with served(env, tmp_path / "service.log") as service:
        address = f"{service.address}/v1/event-types"
        assert [httpx.get(address, headers=of(number)).status_code for number in (7, 7, 8)] == [200, 429, 200]


def test_nobody_else_is_believed_about_it(sqlite_url: str) -> None:
    with serving(sqlite_url, public_rate=RATE) as service:
        asked = [service.request("GET", "/v1/event-types", headers=of(number)) for number in (7, 8, 9)]
        assert [answer.status_code for answer in asked] == [200, 429, 429]
