"""The journey of a V-number, as the service finds it."""

from __future__ import annotations

import httpx

from tests.api.service_under_test import Service

A, B, C, D, E = (f"999900000{n}" for n in range(1, 6))


def find(service: Service, v_number: object) -> httpx.Response:
    return service.request("POST", "/v1/journeys/_find", json={"vNumber": v_number})


def journey(service: Service, v_number: str) -> str:
    found: str = find(service, v_number).json()["journey"]
    return found
