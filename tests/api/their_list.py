"""A list that a municipality might send in, and what we have of the persons on it, each disagreeing in its own way."""

from __future__ import annotations

from typing import Any

from tests.api.reports import AMERSFOORT, UTRECHT, granted, housed, returned
from tests.api.service_under_test import Service

URL = "/v1/reconciliations?period=2021-II"
A, B, C, D, E, F, G, H = (f"999900000{n}" for n in range(1, 9))
STRANGER = "9999000999"
#: Of Utrecht in 2021-II: A as we have it, B another day, C another half-year of ours, D in Amersfoort, E nowhere, one
#: whom we don't know, G in the half-year before. F is not on it, H came back in 2021-II from a housing of 2021-I.
THEIRS = [
    (A, "2021-07-20"),
    (B, "2021-08-01"),
    (C, "2021-12-30"),
    (D, "2021-09-01"),
    (E, "2021-09-02"),
    (STRANGER, "2021-09-03"),
    (G, "2021-06-29"),
]
OURS = [
    housed(A, "2021-07-20"),
    housed(B, "2021-08-10", accommodation="hotel"),
    housed(C, "2022-01-04"),
    housed(D, "2021-09-01", AMERSFOORT),
    granted(E, "2021-03-01"),
    housed(F, "2021-10-05"),
    housed(G, "2021-11-01"),
    housed(H, "2021-05-01"),
    returned(H, "2021-07-07"),
]


def listed(*lines: tuple[str, str], header: str = "vNumber,housedOn", end: str = "\n") -> str:
    separator = ";" if ";" in header else ","
    return end.join([header, *(separator.join(line) for line in lines), ""])


def posted(service: Service, content: str | bytes, url: str = f"{URL}&municipality={UTRECHT}", **headers: str) -> Any:
    service.follow()
    return service.request("POST", url, content=content, headers={"Content-Type": "text/csv", **headers})


def told(service: Service, content: str, url: str = f"{URL}&municipality={UTRECHT}") -> dict[str, Any]:
    answer = posted(service, content, url)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body
