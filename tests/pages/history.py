"""The history that the pages under test are of: small enough to count on fingers, with something to see on every page.

In Utrecht and around it happens what `docs/figures/history.ndjson` tells, to which every table has an answer. Of
Flevoland, where everybody in it is in `_LIVES`, this is told besides. Seen on 30 June 2022, the last day that is told:

| 2021-II (31 December)  | quota | opening | task | housed | left |
|------------------------|-------|---------|------|--------|------|
| GM0034 Almere          |   5   |   +1    |   6  |   3    |  +3  | persons 1, 2 and 5; of 3 undone, of 4 withdrawn
| GM0050 Zeewolde        |   1   |    0    |   1  |   1    |   0  |
| GM0171 Noordoostpolder |   2   |   -1    |   1  |   2    |  -1  |
| GM0184 Urk             |   1   |    0    |   1  |   1    |   0  |
| GM0303 Dronten         |   2   |    0    |   2  |   2    |   0  |
| GM0995 Lelystad        | 3 → 5 |    0    |   5  |   1    |  +4  |
| PV24 Flevoland         |  16   |    0    |  16  |  10    |   6  |

| 2022-I (30 June)       | quota | opening | task | housed | left |
|------------------------|-------|---------|------|--------|------|
| GM0034 Almere          |   4   |   +3    |   7  |   3    |  +4  |
| GM0050 Zeewolde        |   2   |    0    |   2  |   3    |  -1  |
| GM0171 Noordoostpolder |   2   |   -1    |   1  |   2    |  -1  |
| GM0184 Urk             |   1   |    0    |   1  |   1    |   0  |
| GM0303 Dronten         |   3   |    0    |   3  |   2    |  +1  | the only one in the province that is one short
| GM0995 Lelystad        |   3   |   +4    |   7  |   4    |  +3  |
| PV24 Flevoland         |  15   |    6    |  21  |  15    |   6  |

What five people come to find:

- The backlog of Flevoland grew in October 2021 from 7 to 11: Lelystad's quota went from 3 to 5 (12 October), and two
  who were housed returned to reception, one of Lelystad (5 October) and one of Almere (19 October). Nobody was housed.
- Dronten is one short of 3 and amber; on 30 June one person waits there whose file is complete (38), linked since
  10 March. It is on rung 1 since 15 February 2022, decided when person 37, housed on 7 December, was not known yet.
- In Almere person 8 waits longest, linked since 18 October 2021, and lacks the account and the residence document;
  then person 9 (28 February 2022), who lacks the account; 11 (27 June) lacks everything. 10 has a home since 27 June.
- As known at the end of 31 December 2021 Flevoland had 8 left of 2021-II, now 6. Recorded since: persons 5 (5 January),
  17 (17 January) and 37 (21 February) were housed before, and the housing of person 4 is taken back (12 January).
- Four events of Almere were refused, each for another fault, and one of COA (`refused`); the first was put right.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from tests.api.reports import Event, granted, home_ready, housed, linked, quota, returned, said, source, withdrawn

ALMERE, ZEEWOLDE, NOORDOOSTPOLDER = "GM0034", "GM0050", "GM0171"
URK, DRONTEN, LELYSTAD = "GM0184", "GM0303", "GM0995"
FLEVOLAND, UTRECHT, UTRECHT_PROVINCE = "PV24", "GM0344", "PV26"
#: The last day that is told, on which pages begin.
LAST_DAY = "2022-06-30"
_UTRECHT = Path(__file__).parents[2] / "docs" / "figures" / "history.ndjson"
_REQUIRED = ("bsn", "identity-document", "iban")
_PASS = "residence-document"


class Life(NamedTuple):
    """A permit holder: linked where, and housed there when; what is lacking; when COA got to recording the housing."""

    number: int
    place: str
    permit: str
    link: str
    housed: str = ""
    lacks: tuple[str, ...] = ()
    recorded: str = ""
    kind: str = "regular"
    until: str = ""

    @property
    def v_number(self) -> str:
        return f"99990010{self.number:02d}"


_LIVES = (
    Life(1, ALMERE, "2021-04-12", "2021-04-26", "2021-07-20"),
    Life(2, ALMERE, "2021-05-03", "2021-05-17", "2021-08-10"),
    Life(3, ALMERE, "2021-06-07", "2021-06-21", "2021-09-14"),
    Life(4, ALMERE, "2021-08-30", "2021-09-13", "2021-12-14"),
    Life(5, ALMERE, "2021-09-20", "2021-10-04", "2021-12-28", recorded="2022-01-05"),
    Life(6, ALMERE, "2021-11-15", "2021-11-29", "2022-03-08"),
    Life(7, ALMERE, "2022-01-24", "2022-02-07", "2022-05-17", kind="intermediate", until="2022-08-31"),
    Life(8, ALMERE, "2021-10-04", "2021-10-18", lacks=("iban", _PASS)),
    Life(9, ALMERE, "2022-02-14", "2022-02-28", lacks=("iban",)),
    Life(10, ALMERE, "2022-05-02", "2022-05-16"),
    Life(11, ALMERE, "2022-06-13", "2022-06-27", lacks=(*_REQUIRED, _PASS)),
    Life(12, ZEEWOLDE, "2021-08-23", "2021-09-06", "2021-11-30"),
    Life(13, ZEEWOLDE, "2021-10-11", "2021-10-25", "2022-01-18"),
    Life(14, ZEEWOLDE, "2022-01-24", "2022-02-07", "2022-05-03"),
    Life(15, ZEEWOLDE, "2022-03-07", "2022-03-21", "2022-06-14", kind="intermediate", until="2022-08-31"),
    Life(16, URK, "2021-11-22", "2021-12-06", "2022-03-01"),
    Life(17, URK, "2021-09-13", "2021-09-27", "2021-12-20", recorded="2022-01-17"),
    Life(20, NOORDOOSTPOLDER, "2021-04-19", "2021-05-03", "2021-07-27"),
    Life(21, NOORDOOSTPOLDER, "2021-06-14", "2021-06-28", "2021-09-21"),
    Life(22, NOORDOOSTPOLDER, "2021-11-08", "2021-11-22", "2022-02-15"),
    Life(23, NOORDOOSTPOLDER, "2021-12-27", "2022-01-10", "2022-04-05"),
    Life(24, LELYSTAD, "2021-05-25", "2021-06-08", "2021-09-01"),
    Life(25, LELYSTAD, "2021-08-09", "2021-08-23", "2021-11-15"),
    Life(26, LELYSTAD, "2021-11-15", "2021-11-29", "2022-02-22"),
    Life(27, LELYSTAD, "2021-12-06", "2021-12-20", "2022-03-15"),
    Life(28, LELYSTAD, "2022-01-03", "2022-01-17", "2022-04-12", kind="hotel", until="2022-07-31"),
    Life(29, LELYSTAD, "2022-01-17", "2022-01-31", lacks=(_PASS,)),
    Life(30, LELYSTAD, "2022-04-05", "2022-04-19"),
    Life(34, DRONTEN, "2021-05-17", "2021-05-31", "2021-08-25"),
    Life(35, DRONTEN, "2021-10-25", "2021-11-08", "2022-02-01"),
    Life(36, DRONTEN, "2022-01-17", "2022-01-31", "2022-04-26"),
    Life(37, DRONTEN, "2021-08-02", "2021-08-16", "2021-12-07", recorded="2022-02-21"),
    Life(38, DRONTEN, "2022-02-24", "2022-03-10"),
)
_BY_NUMBER = {life.number: life for life in _LIVES}

#: (quota of 2021-II, its opening balance, quota of 2022-I) by municipality.
QUOTAS = {
    ALMERE: (5, 1, 4),
    ZEEWOLDE: (1, 0, 2),
    NOORDOOSTPOLDER: (2, -1, 2),
    URK: (1, 0, 1),
    DRONTEN: (2, 0, 3),
    LELYSTAD: (3, 0, 3),
}


def history() -> list[Event]:
    """All of it, in the order in which it was recorded."""
    in_utrecht = [json.loads(line) for line in _UTRECHT.read_text("utf-8").splitlines()]
    told = [*in_utrecht, *_of_flevoland()]
    return sorted((event for event in told if event["time"][:10] <= LAST_DAY), key=_recorded_at)


def _recorded_at(event: Event) -> tuple[datetime, str]:
    return datetime.fromisoformat(event["time"]), event["id"]


def _of_flevoland() -> Iterator[Event]:
    yield from _numbers()
    for life in _LIVES:
        yield from _life(life)
    yield from _turns()


def _numbers() -> Iterator[Event]:
    for place, (second, opening, first) in QUOTAS.items():
        yield quota("municipal-quota-published", "2021-03-29", municipality=place, persons=second)
        yield quota("opening-balance-recorded", "2021-07-01", municipality=place, persons=opening)
        yield quota("municipal-quota-published", "2021-10-15", "2022-I", municipality=place, persons=first)
    yield quota("municipal-quota-published", "2021-10-12", municipality=LELYSTAD, persons=5)
    for place, day in ((DRONTEN, "2022-02-15"), (LELYSTAD, "2022-02-16")):
        yield _by_the_province("ladder-step-decided", day, place, period="2021-II", rung=1, reason="Short of the task")
    for place in (ALMERE, DRONTEN):
        yield said("links-announced", "2022-05-20", area=place, month="2022-07", persons=2, households=1, by="coa")
    homes = [{"bedrooms": 1, "adapted": False, "number": 1}, {"bedrooms": 3, "adapted": False, "number": 2}]
    yield said("homes-stated", LAST_DAY, area=ALMERE, homes=homes)
    # One too many: the housing of person 4 was taken back two days later, 5 was known, 17 and 37 were not.
    published = quota("figure-published", "2022-01-10", figure="realised", of=FLEVOLAND, persons=9)
    published["data"] |= {"on": "2022-01-01", "reference": "Overview of 10 January 2022"}
    yield published


def _by_the_province(topic: str, on: str, place: str, **data: Any) -> Event:
    # Its number is as that of a municipality in the test numbers, but for the first digit.
    return {**said(topic, on, area=place, **data), "source": source("province").replace("200000026", "200000024")}


def _life(life: Life) -> Iterator[Event]:
    v_number = life.v_number
    yield granted(v_number, life.permit, birthDate=f"19{99 - life.number}-05-17", household=f"f-{life.number:02d}")
    yield said("reception-placed", _later(life.permit, 1), v_number, region="FL-UT-NH")
    for item in _REQUIRED:
        if item not in life.lacks:
            day = _later(life.permit, 10)
            yield said("dossier-item-completed", day, v_number, item=item, id=f"{item} {v_number[-4:]}")
    if _PASS not in life.lacks:
        yield said("residence-document-issued", _later(life.permit, 12), v_number)
    yield linked(v_number, life.link, life.place, household=f"f-{life.number:02d}")
    if life.housed:
        for topic, days in (("home-offered", 14), ("offer-accepted", 12)):
            about = {"municipality": life.place, "accommodation": life.kind}
            yield said(topic, _later(life.housed, -days), v_number, **about)
        yield home_ready(v_number, _later(life.housed, -7), life.place, life.kind)
        yield _housing(life)


def _housing(life: Life) -> Event:
    until = {"until": life.until} if life.until else {}
    recorded = f"{life.recorded or life.housed}T15:00:00Z"
    return housed(life.v_number, life.housed, life.place, life.kind, at=recorded, **until)


def _turns() -> Iterator[Event]:
    """What did not go as in the other lives."""
    third, fourth, of_lelystad = (_BY_NUMBER[number] for number in (3, 4, 24))
    yield returned(of_lelystad.v_number, "2021-10-05")
    yield returned(third.v_number, "2021-10-19")
    yield withdrawn(fourth.v_number, _housing(fourth), "2022-01-12T09:00:00Z")
    yield said("left-unknown-destination", "2022-01-13", fourth.v_number, by="coa")
    for life, ready in ((of_lelystad, "2022-01-18"), (third, "2022-02-03")):
        yield home_ready(life.v_number, ready, life.place)
        yield housed(life.v_number, _later(ready, 7), life.place)
    yield said("family-reunification-applied", "2022-01-10", _BY_NUMBER[8].v_number, persons=2)
    yield {**corrected(), "time": "2022-06-28T10:00:00Z"}


def corrected() -> Event:
    """The first of `refused` as it should have been, recorded two days later: a home that is ready for person 10."""
    return home_ready(_BY_NUMBER[10].v_number, "2022-06-27", ALMERE, id="almere-1")


def refused() -> list[Event]:
    """Events that are refused, each for a fault of its own; to be posted one by one."""
    tenth, unlisted = _BY_NUMBER[10].v_number, "0000000000000001"
    first = corrected()
    without = {**first["data"]}
    del without["accommodation"]
    return [
        {**first, "data": without},
        {**first, "data": {**first["data"], "effectiveOn": "2022-13-01"}, "id": "almere-2"},
        {**first, "data": {**first["data"], "municipality": UTRECHT}, "id": "almere-3"},
        {**first, "type": "nl.ketenspoor.home-redy.v1", "id": "almere-4"},
        {**linked(tenth, "2022-05-16", ALMERE), "data": {**linked(tenth, "2022-05-16")["data"], "vNumber": unlisted}},
    ]


def _later(day: str, days: int) -> str:
    return (date.fromisoformat(day) + timedelta(days)).isoformat()


def waits_longest() -> str:
    """The V-number of who waits longest in Almere."""
    return _BY_NUMBER[8].v_number
