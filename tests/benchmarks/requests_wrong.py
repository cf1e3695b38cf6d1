"""What is asked wrongly in a recording: methods, media types, parameters, bodies and addresses that are not there."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any
from urllib.parse import urlencode

from tests.benchmarks import messy_history
from tests.benchmarks.recorded_service import OPEN
from tests.benchmarks.requests_answered import Asked
from tests.benchmarks.requests_posted import Ask
from tests.benchmarks.requests_values import Values

#: The V-numbers of the history.
NUMBERS = sorted({v for one in messy_history.events() if (v := one["data"].get("vNumber"))})
_MEDIA_TYPES = (
    "application/json",
    "text/csv",
    "application/vnd.apache.parquet",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "text/csv;q=0.5, application/json;q=0.1",
    "*/*",
    "text/*",
    "image/png",
    "application/json;q=0",
)
_METHODS = ("HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "POST", "GET")
_WRONG = (
    ("limit", "0"),
    ("limit", "x"),
    ("validOn", "2021-02-30"),
    ("knownAt", "yesterday"),
    ("atPosition", "-1"),
    ("minPosition", "1.5"),
    ("knownBy", "nobody"),
    ("format", "pdf"),
    ("groupBy", "street"),
    ("period", "2021-III"),
    ("municipality", "Utrecht"),
    ("cursor", "bm8gY3Vyc29y"),
    ("from", "2021"),
    ("norm", "none"),
    ("surprise", "1"),
)


class Wrong:
    """Asks what must be refused, one request after another; `paths` are those of the service's description."""

    def __init__(self, ask: Ask, values: Values, rng: Random, paths: Mapping[str, Mapping[str, Any]]) -> None:
        self._ask, self._values, self._rng, self._paths = ask, values, rng, paths

    def everything(self) -> None:
        """Methods, media types, parameters and addresses that are not there."""
        for path, operations in self._paths.items():
            url = self._values.address(path)
            for method in _METHODS:
                if method.lower() not in operations and (method == "HEAD" or self._rng.random() < 0.4):
                    self._ask(Asked(method, url, self._rng.choice((OPEN, "public", "coa"))))
            if "get" not in operations:
                continue
            needed = self._values.parameters(operations["get"], optional=0)
            for accepted in self._rng.sample(_MEDIA_TYPES, 3):
                self._get(url, OPEN, {"Accept": accepted}, **needed)
            for name, value in self._rng.sample(_WRONG, 3):
                self._get(url, OPEN, **{**needed, name: value})
            if needed:
                self._get(url, self._rng.choice((OPEN, "public")))
            self._ask(Asked("GET", f"{url}/", OPEN))
        for url in (
            "/v1/nothing",
            "/v2",
            "/V1/journeys",
            "/v1/journeys/nobody",
            "/v1/journeys/0f4d1c1e-7a0b-8c3e-9a44-0c7e5f1a2b3d",
            "/v1/journeys/0f4d1c1e-7a0b-8c3e-9a44-0c7e5f1a2b3d/timeline",
            "/v1/events/0",
            "/v1/events/999999",
            "/v1/events/one",
            "/v1/rejections/999999",
            "/v1/figures/nothing",
            "/v1/realisation?period=2021-I&period=2021-II",
            "/v1/realisation?period=%ff",
        ):
            for who in (OPEN, "public", "auditor"):
                self._ask(Asked("GET", url, who))

    def persons(self) -> None:
        """Bodies of who asks for a person, and of who sends a list, that are not what they should be."""
        known, json_type = NUMBERS, {"Content-Type": "application/json"}
        wrong = (b"", b"{}", b"[]", b"{", b'{"vNumber": 1}', b'{"vNumber": "12"}', b'{"vNumber":"2876540913","a":1}')
        for content in (*wrong, b"\xff\xfe{}", b"{" * 40):
            self._ask(Asked("POST", "/v1/journeys/_find", OPEN, json_type, content))
        self._ask(Asked("POST", "/v1/journeys/_find", OPEN, {"Content-Type": "text/plain"}, b"{}"))
        self._ask(Asked("POST", "/v1/journeys/_find", OPEN, {}, b"{}"))
        self._ask(Asked("POST", "/v1/journeys/_find?surprise=1", OPEN, json_type, b'{"vNumber":"2876540913"}'))

        list_type, row = {"Content-Type": "text/csv"}, f"{known[0]},2021-08-01"
        for listed, url in (
            (f"vNumber;housedOn\r\n{row.replace(',', ';')}\r\n", "?period=2021-II&municipality=GM0344"),
            (f"vNumber,housedOn\n{row}\n{row}\n", "?period=2021-II"),
            (f"vNumber,housedOn\n{row}\n", "?period=2021-II&municipality=GM0344&validOn=2021-12-01&atPosition=300"),
            (f"number,day\n{row}\n", "?period=2021-II"),
            ("vNumber,housedOn\n12,2021-02-30\n,\n", "?period=2021-II"),
            ("", "?period=2021-II"),
            (f"vNumber,housedOn\n{row}\n", ""),
            (f"vNumber,housedOn\n{row}\n", "?period=2021-III&surprise=1"),
        ):
            self._ask(Asked("POST", f"/v1/reconciliations{url}", OPEN, list_type, listed.encode()))
        self._ask(Asked("POST", "/v1/reconciliations?period=2021-II", OPEN, {"Content-Type": "text/html"}, b"x"))

    def evidence(self) -> None:
        """Proofs of what there is not."""
        for path, more in (
            ("consistency", {"from": 9, "to": 4}),
            ("consistency", {"from": 1, "to": 10**6}),
            ("inclusion", {"position": 10**6}),
            ("inclusion", {"position": 30, "size": 20}),
            ("inclusion", {"position": 20, "size": 30}),
            ("checkpoint", {"position": 10**6}),
        ):
            self._get(f"/v1/log/{path}", OPEN, **more)
        self._ask(Asked("POST", "/v1/log/checkpoint", OPEN, {"Content-Type": "application/json"}, b"{}"))

    def _get(self, url: str, who: str, headers: Mapping[str, str] | None = None, /, **parameters: Any) -> None:
        query = f"?{urlencode(parameters)}" if parameters else ""
        self._ask(Asked("GET", url + query, who, dict(headers or {})))
