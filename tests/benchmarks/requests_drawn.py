"""Seeded requests of every operation that the service's own description has, by every caller, right and wrong.

The description says which parameters there are and of what kind; what is drawn for each is of the history. Whatever has
to be known from an answer (journeys, cursors) is taken from the answers given while the requests are drawn.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from tests.benchmarks.recorded_questions import Asking
from tests.benchmarks.recorded_service import OPEN
from tests.benchmarks.requests_answered import CALLERS, DESTROYED, Asked
from tests.benchmarks.requests_posted import BATCH, Ask, Posting
from tests.benchmarks.requests_values import Values
from tests.benchmarks.requests_wrong import NUMBERS, Wrong
from tests.posts import linked

_PREFIX = "/v1"
_BESIDE = (
    "/",
    "/v1",
    "/v1/",
    "/v1/openapi.json",
    "/docs",
    "/livez",
    "/readyz",
    "/metrics",
    "/.well-known/security.txt",
)
_EXPLAINED = "/v1/figures/norm-phases/_explanation?from=2021-01-01&to=2021-12-31"


class Drawing:
    """Draws requests and asks them at once, of a service that has told its description."""

    def __init__(self, ask: Ask, asking: Asking, document: Mapping[str, Any], destroyed: Sequence[str]) -> None:
        """`destroyed` are journeys that are."""
        self._destroyed = destroyed
        self._ask = ask
        self._asking, self._rng = asking, asking.rng
        self._paths: Mapping[str, Mapping[str, Any]] = document["paths"]
        self._values, self._posting = Values(asking, document), Posting(ask, asking.rng)
        self._wrong = Wrong(ask, self._values, self._rng, self._paths)

    def every(self, rounds: int, callers: Sequence[str] = CALLERS) -> None:
        """All that can be asked: each read by every caller, then so many rounds more by who sees most, and the rest."""
        self._know()
        self._get("/v1/log/checkpoint", OPEN)
        self._ask(Asked("POST", "/v1/log/checkpoint", OPEN))
        self._posting.posts(callers)
        for who in callers:
            self.reads(who)
        for _ in range(rounds):
            self.reads(self._rng.choice((OPEN, OPEN, "auditor", "administrator", "coa", "ministry")))
        self.reasons()
        self.lives()
        self.files()
        self.as_sent()
        self.lists()
        self.persons(callers)
        self._wrong.persons()
        self.evidence(callers)
        self._wrong.evidence()
        self.streams(callers)
        self._posting.forms()
        self._wrong.everything()
        self._posting.refused()
        self.beside(callers)
        self.accounts()

    def few(self) -> None:
        """A part that is quickly asked: every operation once, and some of everything else."""
        self._know()
        self.reads(OPEN)
        self._posting.in_form(BATCH)
        self.persons(("coa", "hengelo"))
        self.evidence(("auditor",))
        self.streams(("coa",))
        self.beside(("public",))
        self._get("/v1/audit-log", "auditor", limit=20)

    # What is read

    def reads(self, who: str) -> None:
        """Every operation that reads, once."""
        for path, operations in self._paths.items():
            if "get" in operations:
                self._get(self._values.address(path), who, **self._values.parameters(operations["get"]))

    def reasons(self) -> None:
        """Why cells of each figure are what they are, and why they are not what they were."""
        for path, operations in self._paths.items():
            operation = operations.get("get", {})
            if not path.endswith(("_explanation", "_changes")):
                continue
            of_changes = path.endswith("_changes")
            for who in (OPEN, OPEN, OPEN, "coa", "auditor", "enschede", "ministry"):
                given = self._values.parameters(operation, optional=0)
                if "period" in given:
                    given["period"] = self._rng.choice(self._asking.history.busy)
                if "on" in given:
                    given |= {"from": "2021-01-01", "to": "2022-06-30", "on": "2021-12-31", "step": "month"}
                if of_changes:
                    given["fromPosition"] = self._asking.position() // 2
                self._get(_PREFIX + path, who, **given, limit=self._rng.choice((4, 30)))

    def lives(self) -> None:
        """Journeys, with their timelines and events, of those who may see them."""
        for who in ("coa", "ind", "duo", "enschede", "hengelo", "person-of-enschede", "auditor", "analyst", OPEN):
            answer = self._ask(Asked("GET", "/v1/journeys?limit=200", who))
            seen = [one["journey"] for one in json.loads(answer.content).get("items", ())]
            for journey in self._rng.sample(seen or self._values.journeys, 4):
                for path in ("", "/timeline", "/events"):
                    self._get(f"/v1/journeys/{journey}{path}", who, **self._asking.valid())

    def files(self) -> None:
        """Every table as a file of every kind, with headings in either language."""
        for path, operations in self._paths.items():
            operation = operations.get("get", {})
            described = map(self._values.resolved, operation.get("parameters", ()))
            schemas = {one["name"]: one["schema"] for one in described}
            for kind in schemas.get("format", {}).get("enum", ()):
                given = {**self._values.parameters(operation, optional=0), "format": kind}
                self._get(self._values.address(path), OPEN, **given)
                url, labels = self._values.address(path), self._rng.choice(("nl", "en"))
                self._get(url, "coa", **given, labels=labels)

    def as_sent(self) -> None:
        """What was known by the clocks of the senders."""
        then = {"knownAt": "2022-03-01T12:00:00Z", "knownBy": "sender"}
        for path, operations in self._paths.items():
            operation = operations.get("get", {})
            if any(self._values.resolved(one)["name"] == "knownBy" for one in operation.get("parameters", ())):
                self._get(self._values.address(path), OPEN, **self._values.parameters(operation, optional=0), **then)

    def lists(self) -> None:
        """Pages of lists, one after another by their cursors."""
        for url, who in (
            ("/v1/journeys?limit=5", "coa"),
            ("/v1/journeys?limit=3&municipality=GM0153", "enschede"),
            ("/v1/journeys?limit=2&overdue=true&phase=housing", OPEN),
            ("/v1/events?limit=4", "auditor"),
            ("/v1/events?limit=4&municipality=GM0164", "hengelo"),
            (f"/v1/journeys/{self._values.journeys[0]}/events?limit=1", "coa"),
            ("/v1/rejections?limit=3", OPEN),
            ("/v1/audit-log?limit=7", "auditor"),
            (f"/v1/processing-log?limit=2&dataSubjectId={self._values.journeys[0]}", "auditor"),
            ("/v1/figures/realisation/_explanation?period=2021-II&code=NL&column=realised&limit=6", "coa"),
            (f"{_EXPLAINED}&code=NL&column=housingCompletedCount&limit=5", OPEN),
            ("/v1/figures/realisation/_changes?period=2021-II&code=NL&column=realised&fromPosition=100&limit=4", OPEN),
        ):
            following: str | None = url
            for _ in range(4):
                if following is None:
                    break
                link = dict(self._ask(Asked("GET", following, who)).headers).get("link", "")
                found = re.search(r'<([^>]*)>; rel="next"', link)
                following = found[1] if found else None
            if following is not None:
                # A cursor is good for its own list alone.
                self._ask(Asked("GET", following.replace("limit=", "limit=1"), who))
                self._ask(Asked("GET", following, "ind"))

    def streams(self, callers: Iterable[str]) -> None:
        """The beginning of the feed."""
        for who in callers:
            asked = "/v1/events?after=" + str(self._rng.randint(0, 300))
            self._ask(Asked("GET", asked, who, {"Accept": "text/event-stream"}))
        for more in ({"Last-Event-ID": "12"}, {"Last-Event-ID": "x"}):
            self._ask(Asked("GET", "/v1/events?after=3", OPEN, {"Accept": "text/event-stream", **more}))

    def persons(self, callers: Iterable[str]) -> None:
        """Journeys by V-number, and lists of others held against ours."""
        known, json_type = NUMBERS, {"Content-Type": "application/json"}
        for who in callers:
            numbers = [*self._rng.sample(known, 3), "2876540000"]
            for body in (json.dumps({"vNumber": number}) for number in numbers):
                self._ask(Asked("POST", "/v1/journeys/_find", who, json_type, body.encode()))
            listed = "".join(f"{self._rng.choice(known)},{self._asking.day()}\n" for _ in range(8))
            url = "/v1/reconciliations?" + urlencode({"period": "2021-II", "municipality": "GM0153"})
            self._ask(Asked("POST", url, who, {"Content-Type": "text/csv"}, f"vNumber,housedOn\n{listed}".encode()))

        for v_number in DESTROYED:
            for who in (OPEN, "coa", "enschede"):
                found = json.dumps({"vNumber": v_number}).encode()
                self._ask(Asked("POST", "/v1/journeys/_find", who, json_type, found))
        for journey in self._destroyed:
            for path in ("", "/timeline", "/events"):
                self._get(f"/v1/journeys/{journey}{path}", "coa")

    def evidence(self, callers: Iterable[str]) -> None:
        """Checkpoints and proofs, while the log grows."""
        for number, who in enumerate(callers):
            self._ask(Asked("POST", "/v1/log/checkpoint", who))
            self._posting.post([linked(f"evidence-{number}", "2876541001")], "coa")
            self._get("/v1/log/checkpoint", who)
            self._get("/v1/log/checkpoint", who, position=self._asking.position())
            self._get("/v1/log/inclusion", who, position=self._asking.position())
            self._get("/v1/log/consistency", who, **{"from": 1 + self._asking.position() // 2})

    def beside(self, callers: Iterable[str]) -> None:
        """What is no operation of the API: its root and description, pages, and what orchestrators ask."""
        for who in callers:
            for url in _BESIDE:
                self._ask(Asked("GET", url, who, {"Accept": "application/json"} if url == "/" else {}))
        # What browsers get is looked at by the tests of pages, whose style no answer is to be held against.
        self._ask(Asked("GET", "/", "public", {"Accept": "image/png"}))
        self._ask(Asked("GET", "/readyz?exclude=lag", "public"))
        self._ask(Asked("GET", "/readyz?exclude=nothing&surprise=1", "public"))

    def accounts(self) -> None:
        """What was accounted of all that was asked so far."""
        for more in (
            {"organisation": "00000099000000002000"},
            {"result": "refused"},
            {"result": "not-found", "limit": 5},
            {"action": "read_journey"},
            {"journey": self._values.journeys[1]},
            {"traceId": f"{40:032x}"},
            {"position": 30},
            {"from": self._asking.present, "limit": 9},
        ):
            self._get("/v1/audit-log", "auditor", **more)
        for journey in self._values.journeys[:5]:
            for who in ("auditor", "coa", OPEN):
                self._get("/v1/processing-log", who, dataSubjectId=journey)
        for number in range(30, 400, 40):
            self._get("/v1/processing-log", "auditor", traceId=f"{number:032x}")

    def _know(self) -> None:
        told = json.loads(self._ask(Asked("GET", "/v1/journeys?limit=40")).content)
        self._values.journeys = [one["journey"] for one in told["items"]]

    def _get(self, url: str, who: str, headers: Mapping[str, str] | None = None, /, **parameters: Any) -> None:
        query = f"?{urlencode(parameters)}" if parameters else ""
        self._ask(Asked("GET", url + query, who, dict(headers or {})))
