"""UTF-8 is read with a byte order mark and without; what is something else is told by its name."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import zipfile

import httpx
import pytest
from sqlalchemy import text

from service.intake.cloudevents import BATCH, LINES, ONE
from service.storage.database import reading
from tests.api.service_under_test import Service
from tests.posts import V_NUMBER, body, but, lines, linked

MARK = b"\xef\xbb\xbf"
RECONCILIATION = "/v1/reconciliations?period=2021-II"
CSV = f"vNumber,housedOn\n{V_NUMBER},2021-08-01\n".encode()
BINARY = {f"ce-{name}": value for name, value in linked().items() if name not in ("data", "datacontenttype")}
everywhere = pytest.mark.parametrize(
    ("url", "kind", "plain"),
    [
        ("/v1/events", ONE, body(linked())),
        ("/v1/events", BATCH, body([linked()])),
        ("/v1/events", LINES, lines([linked()])),
        ("/v1/events", "application/json", body(linked()["data"])),
        ("/v1/journeys/_find", "application/json", body({"vNumber": V_NUMBER})),
        (RECONCILIATION, "text/csv", CSV),
    ],
)


def post(service: Service, url: str, kind: str, sent: bytes) -> httpx.Response:
    binary = BINARY if (url, kind) == ("/v1/events", "application/json") else {}
    return service.request("POST", url, content=sent, headers={"Content-Type": kind, **binary})


def zipped(plain: bytes) -> bytes:
    """As spreadsheets are."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("events", plain)
    return packed.getvalue()


@everywhere
def test_a_mark_is_passed_over_wherever_a_body_is_read(embedded: Service, url: str, kind: str, plain: bytes) -> None:
    assert embedded.post(linked()).status_code == 201
    embedded.follow()
    expected = post(embedded, url, kind, plain)

    assert expected.status_code == 200
    for sent in (MARK + plain, MARK + b"\r\n" + plain):
        answer = post(embedded, url, kind, sent)
        # Lines and items are counted as they came.
        assert (answer.status_code, uncounted(answer)) == (200, uncounted(expected))


def uncounted(answer: httpx.Response) -> str:
    told = answer.json()
    for one in told.get("results", []):
        one.pop("index")
    for one in told.get("items", []):
        one["theirs"].pop("line")
    return json.dumps(told)


def test_an_event_with_a_mark_is_the_same_event_in_all_forms(service: Service) -> None:
    for kind, sent in ((ONE, linked("l-1")), (BATCH, [linked("l-2")]), (LINES, linked("l-3"))):
        assert post(service, "/v1/events", kind, MARK + body(sent)).status_code in (200, 201)
    told = post(service, "/v1/events", BATCH, body([linked(f"l-{n}") for n in (1, 2, 3)])).json()

    assert (told["recorded"], told["repeated"]) == (0, 3)


@pytest.mark.parametrize("kind", [ONE, BATCH, LINES, "application/json"])
def test_what_is_refused_for_its_content_is_told_as_without_a_mark(embedded: Service, kind: str) -> None:
    wrong = but(linked("l-9"), data__municipality="GM9999")
    sent = {ONE: wrong, BATCH: [wrong], LINES: wrong}.get(kind, wrong["data"])
    with_mark, without = (post(embedded, "/v1/events", kind, mark + body(sent)) for mark in (MARK, b""))
    found = [embedded.told(f"/v1/rejections/{one['id']}")["rejection"] for one in _kept(embedded)]

    assert (with_mark.status_code, with_mark.content) == (without.status_code, without.content)
    assert [one["event"]["data"] for one in found] == [wrong["data"]] * 2


def _kept(service: Service) -> list[dict[str, str]]:
    items: list[dict[str, str]] = service.told("/v1/rejections")["items"]
    return items


#: As programs of Windows write text, without a mark too; and what is compressed, but not said to be.
FOREIGN = {
    "utf-16": (lambda plain: plain.decode().encode("utf-16"), "UTF-16"),
    "utf-16-le": (lambda plain: plain.decode().encode("utf-16-le"), "UTF-16"),
    "utf-16-be": (lambda plain: plain.decode().encode("utf-16-be"), "UTF-16"),
    "utf-16-be-mark": (lambda plain: b"\xfe\xff" + plain.decode().encode("utf-16-be"), "UTF-16"),
    "utf-32": (lambda plain: plain.decode().encode("utf-32"), "UTF-32"),
    "utf-32-le": (lambda plain: plain.decode().encode("utf-32-le"), "UTF-32"),
    "utf-32-be": (lambda plain: plain.decode().encode("utf-32-be"), "UTF-32"),
    "utf-32-be-mark": (lambda plain: b"\0\0\xfe\xff" + plain.decode().encode("utf-32-be"), "UTF-32"),
    "gzip": (gzip.compress, "gzip"),
    "zip": (zipped, "zip"),
    "bzip2": (bz2.compress, "bzip2"),
    "xz": (lzma.compress, "xz"),
    "zstd": (lambda plain: b"\x28\xb5\x2f\xfd\x20" + plain, "zstd"),
    "7z": (lambda plain: b"7z\xbc\xaf\x27\x1c\0\4" + plain, "7z"),
    "lz4": (lambda plain: b"\x04\x22\x4d\x18\x64" + plain, "lz4"),
    "xls": (lambda plain: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + plain, "Excel"),
}


@everywhere
def test_what_is_no_utf_8_is_named(embedded: Service, url: str, kind: str, plain: bytes) -> None:
    for written, name in FOREIGN.values():
        answer = post(embedded, url, kind, written(plain))
        assert (name, answer.status_code) == (name, 400)
        assert answer.headers["Content-Type"] == "application/problem+json"
        (error,) = answer.json()["errors"]
        assert error["code"] == "not-utf-8"
        assert f"is {name}" in error["detail"] or f"is a workbook of {name}" in error["detail"]
        assert "UTF-8" in error["detail"] and V_NUMBER not in answer.text
    with reading(embedded.context.engine) as connection:
        assert connection.execute(text("SELECT count(*) FROM events")).scalar_one() == 0


@pytest.mark.parametrize("foreign", ["utf-16", "utf-16-be", "gzip", "zip"])
def test_a_large_batch_that_is_no_utf_8_is_named_too(embedded: Service, foreign: str) -> None:
    written, name = FOREIGN[foreign]
    sent = written(body([linked(f"l-{n}", household=f"{n * 0x9E3779B97F4A7C15 % 2**64:x}") for n in range(4_000)]))
    answer = post(embedded, "/v1/events", BATCH, sent)

    assert answer.status_code == 400
    assert name in answer.json()["errors"][0]["detail"]


def test_a_file_of_lines_that_is_no_utf_8_is_refused_once(embedded: Service) -> None:
    for written, name in FOREIGN.values():
        answer = post(embedded, "/v1/events", LINES, written(lines(linked(f"l-{n}") for n in range(500))))
        assert (name, answer.status_code) == (name, 400)
    assert _kept(embedded) == []
