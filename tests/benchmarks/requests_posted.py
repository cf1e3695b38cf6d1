"""What is posted in a recording: events in every form, right, again and wrong, by their senders and by others."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable, Sequence
from random import Random
from urllib.parse import quote

from tests.api.refused_events import REFUSED
from tests.api.reports import said, withdrawn
from tests.benchmarks import messy_history
from tests.benchmarks.recorded_service import OPEN, ndjson
from tests.benchmarks.requests_answered import CALLERS, DESTROYED, Answer, Asked
from tests.posts import COA, ENSCHEDE, HENGELO, IND, MINISTRY, Event, but, event, linked, permit

Ask = Callable[[Asked], Answer]

ONE, BATCH, LINES = "application/cloudevents+json", "application/cloudevents-batch+json", "application/x-ndjson"
#: Who posts as whom they are; who else posts is refused.
_SENDERS = {COA: "coa", IND: "ind", MINISTRY: "ministry", ENSCHEDE: "enschede", HENGELO: "hengelo"}


class Posting:
    """Posts events to a service, one request after another."""

    def __init__(self, ask: Ask, rng: Random) -> None:
        self._ask, self._rng = ask, rng

    def posts(self, callers: Iterable[str]) -> None:
        """Events in every form: new, again, in conflict, and about another's; by their senders and by every caller."""
        for number, who in enumerate(callers):
            one = linked(f"by-{number}", f"28765401{number:02}")
            own = next((source for source, name in _SENDERS.items() if name == who), COA)
            self.post([one], who)
            if who in _SENDERS.values():
                told = but(said("dossier-item-completed", "2022-03-01", "2876540100", item="bsn"), source=own)
                self.post([but(told, id=f"own-{number}"), one], who, BATCH)
        for form in (ONE, BATCH, LINES, "binary"):
            self.in_form(form)
        self._preconditions()
        home = {"vNumber": "2876540777", "municipality": "GM0153", "accommodation": "regular"}
        for who in ("intermediary", "enschede", "hengelo", OPEN):
            self.post([event("home-ready", ENSCHEDE, f"ready-{who}", **home)], who)
        for v_number in DESTROYED:
            self.post([linked(f"gone-{v_number[-2:]}", v_number)], "coa")
            self.post([linked(f"gone-{v_number[-2:]}", v_number), linked("stays", "2876540779")], OPEN, BATCH)
        undone = linked("undone", "2876540778")
        self.post([undone, withdrawn("2876540778", undone, id="undoing", at="2022-12-01T09:00:00Z")], "coa", LINES)
        self.post([but(undone, id="right", data__corrects="undone")], "coa")
        # What the history has already, and another history whose events bear the same ids.
        first = messy_history.events()[:60]
        self.post(first[:20], OPEN, LINES)
        self.post(messy_history.events(seed=2, persons=8)[:60], OPEN, BATCH)
        self.post(first[20:40], "intermediary", LINES)

    def in_form(self, form: str) -> None:
        """New, again, in conflict, with several faults, and where there may be more than one all of it at once."""
        name = form.rpartition("/")[2].partition("+")[0]
        one = permit(f"p-{name}", "2876540777")
        two = linked(f"l-{name}", "2876540777", "GM0153")
        self.post([one], OPEN, form)
        self.post([one], OPEN, form)
        self.post([but(one, data__ground="resettlement")], OPEN, form)
        self.post([but(one, id=f"q-{name}", data__effectiveOn="tomorrow", data__surprise=1, type="x")], OPEN, form)
        if form in (BATCH, LINES):
            faulty = but(two, id=f"f-{name}", data__municipality="GM1")
            for query in ("?atomic=true", "", "?atomic=false", "?atomic=perhaps"):
                self.post([two, faulty, one, two], OPEN, form, query)
            self.post([], OPEN, form)

    def _preconditions(self) -> None:
        for number, tag in enumerate(('"1"', '"9"', "*", 'W/"1"', '"1", "2"', "1", "")):
            for v_number in ("2876540777", f"28765406{number:02}"):
                self.post([linked(f"if-{number}-{v_number[-3:]}", v_number)], "coa", **{"If-Match": tag})

    def refused(self) -> None:
        """Every event that is refused, for every reason."""
        for case in REFUSED.values():
            self.post([case.posted], OPEN)
        for who in ("coa", "enschede", "ind", "intermediary", "auditor"):
            self.post([case.posted for case in list(REFUSED.values())[::6]], who, BATCH)
        for who in CALLERS:
            answer = self._ask(Asked("GET", "/v1/rejections?limit=4", who))
            told = [one["id"] for one in json.loads(answer.content).get("items", ())]
            for number in (*told[:2], self._rng.randint(1, 60)):
                self._ask(Asked("GET", f"/v1/rejections/{number}", who))

    def forms(self) -> None:
        """Bodies that are no events, by what they say they are."""
        one = json.dumps(linked("form", "2876540779")).encode()
        packed = gzip.compress(one, mtime=0)
        for headers, content in (
            ({"Content-Type": ONE}, b""),
            ({"Content-Type": ONE}, b"{"),
            ({"Content-Type": ONE}, b'{"id": 1, "id": 2}'),
            ({"Content-Type": ONE}, b"[]"),
            ({"Content-Type": ONE}, b"\xef\xbb\xbf" + one),
            ({"Content-Type": ONE}, one.decode().encode("utf-16")),
            ({"Content-Type": ONE}, one[:-1] + b', "n": NaN}'),
            ({"Content-Type": ONE}, b"[" * 30),
            ({"Content-Type": BATCH}, b"{}"),
            ({"Content-Type": BATCH}, b"[1, null]"),
            ({"Content-Type": LINES}, b"{}\n\nnothing\n" + one),
            ({"Content-Type": f"{ONE}; charset=utf-16"}, one),
            ({"Content-Type": "text/plain"}, one),
            ({"Content-Type": "application/json"}, one),
            ({}, one),
            ({"Content-Type": ONE, "Content-Encoding": "gzip"}, packed),
            ({"Content-Type": ONE, "Content-Encoding": "gzip"}, one),
            ({"Content-Type": ONE, "Content-Encoding": "br"}, one),
            ({"Content-Type": ONE, "Accept": "text/csv"}, one),
            ({"Content-Type": ONE, "Content-Length": "99999999"}, one),
            ({"Content-Type": ONE, "traceparent": "nothing"}, one),
            ({"Content-Type": ONE, "fsc-transaction-id": "0f4d1c1e-7a0b-8c3e-9a44-0c7e5f1a2b3d"}, one),
        ):
            self._ask(Asked("POST", "/v1/events", OPEN, headers, content))
        self._ask(Asked("POST", "/v1/events?surprise=1", OPEN, {"Content-Type": ONE}, one))

    def post(self, events: Sequence[Event], who: str, form: str = ONE, query: str = "", **headers: str) -> None:
        """Events in a form, of which one alone and binary mode hold the first."""
        if form == "binary":
            told, content = _binary(events[0])
        elif form == LINES:
            told, content = {"Content-Type": form}, ndjson(events)
        else:
            one = events[0] if form == ONE else list(events)
            told, content = {"Content-Type": form}, json.dumps(one, separators=(",", ":")).encode()
        self._ask(Asked("POST", f"/v1/events{query}", who, {**told, **headers}, content))


def _binary(event: Event) -> tuple[dict[str, str], bytes]:
    """An event in binary mode: its attributes in headers, its data as the body."""
    inside = ("data", "datacontenttype")
    headers = {f"ce-{name}": quote(str(value), safe=":/+ ") for name, value in event.items() if name not in inside}
    return {**headers, "Content-Type": "application/json"}, json.dumps(event["data"]).encode()
