"""Data that come in base64 are the data, held to all that data are held to."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest

from service.intake.cloudevents import BATCH, ONE
from tests.api.service_under_test import Service
from tests.posts import ABSENT, Event, body, but, linked, permit


def post(service: Service, posted: Any, form: str = ONE) -> httpx.Response:
    return service.request("POST", "/v1/events", content=body(posted), headers={"Content-Type": form})


def told(answer: httpx.Response) -> list[tuple[str, str]]:
    return [(error["pointer"], error["code"]) for error in answer.json()["errors"]]


def encoded(posted: Event, data: bytes | None = None) -> Event:
    held = body(posted["data"]) if data is None else data
    return but(posted, data=ABSENT, data_base64=base64.b64encode(held).decode())


def test_data_in_base64_are_the_data(service: Service) -> None:
    first, again = post(service, encoded(permit(birthDate="1988-05"))), post(service, permit(birthDate="1988-05"))
    batch = post(service, [encoded(linked("l-1")), encoded(linked("l-2"), b"{")], BATCH).json()

    assert (first.status_code, again.status_code, again.content) == (201, 200, first.content)
    assert (batch["recorded"], batch["rejected"]) == (1, 1)
    assert [event["data"]["effectiveOn"] for event in service.told("/v1/events")["items"]] == ["2021-04-12"] * 2


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"data_base64": "e30"}, [("/data_base64", "not-base64")]),
        ({"data_base64": "e3 0="}, [("/data_base64", "not-base64")]),
        ({"data_base64": "é"}, [("/data_base64", "not-base64")]),
        ({"data_base64": 17}, [("/data_base64", "wrong-type")]),
        ({"data_base64": "PHg+"}, [("/data_base64", "not-json")]),
        ({"data_base64": "/w=="}, [("/data_base64", "not-utf-8")]),
        ({"data_base64": "bnVsbA=="}, [("/data", "required")]),
        ({"data_base64": "W10="}, [("/data", "wrong-type")]),
        ({"data_base64": None}, [("/data", "required")]),
        ({"data_base64": "e30", "data": {}}, [("/data_base64", "unknown-field")]),
        ({"data_base64": "e30=", "datacontenttype": "text/xml"}, [("/datacontenttype", "not-one-of")]),
    ],
)
def test_what_in_base64_is_no_data_is_refused(
    embedded: Service, sent: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    answer = post(embedded, but(linked(), **{"data": ABSENT, **sent}))

    assert answer.status_code == 400
    about_data = [
        (pointer, code) for pointer, code in told(answer) if pointer in ("/data", "/data_base64", "/datacontenttype")
    ]
    assert about_data == expected


def test_what_is_ambiguous_in_base64_is_found_as_anywhere(embedded: Service) -> None:
    held = body(linked()["data"]).replace(b'"GM0153"', b'"GM0153", "municipality": "GM0164", "household": "H\\u0000"')
    answer = post(embedded, encoded(linked(), held))

    assert set(told(answer)) == {("/data", "doubled-key"), ("/data/household", "nul")}
