"""A browser as far as signing in needs one: it keeps cookies, follows to the provider, and shows what pages show."""

from __future__ import annotations

from functools import cache
from typing import Any

import httpx

from tests.api.service_under_test import Service

ORIGIN = "https://ketenspoor.test"
FROM_HERE = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"}
SESSION = "__Host-ketenspoor"
UNDER_WAY = "__Host-ketenspoor-sign-in"


@cache
def _outside() -> httpx.Client:
    """How everybody's browser reaches the provider."""
    return httpx.Client(trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))


class Browser:
    """One person's, at one service."""

    def __init__(self, service: Service) -> None:
        self._service = service
        transport = httpx.ASGITransport(service.app, raise_app_exceptions=False)
        self.client = httpx.AsyncClient(transport=transport, base_url=ORIGIN)

    def request(self, method: str, url: str, **asked: Any) -> httpx.Response:
        return self._service.run(self.client.request(method, url, **asked))

    def get(self, url: str, **asked: Any) -> httpx.Response:
        return self.request("GET", url, **asked)

    def sent_to(self, return_to: str = "/docs") -> str:
        """The address at the provider where somebody is sent who signs in."""
        answer = self.get("/sign-in", params={"returnTo": return_to})
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    def sent_back(self, return_to: str = "/docs") -> str:
        """The address here to which the provider sends them back."""
        answer = _outside().get(self.sent_to(return_to))
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    def sign_in(self, return_to: str = "/docs") -> httpx.Response:
        """The answer to who comes back."""
        return self.get(self.sent_back(return_to))

    def session(self) -> dict[str, Any]:
        """Who the service takes them for."""
        answer = self.get("/v1/session")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def sign_out(self) -> httpx.Response:
        token = self.session()["csrfToken"] or ""
        return self.request("POST", "/sign-out", headers={**FROM_HERE, "X-CSRF-Token": token})

    @property
    def cookie(self) -> str | None:
        return self.client.cookies.get(SESSION)
