"""Whatever is posted is answered with a receipt or a clear problem, and whatever is recorded can be projected."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.intake.cloudevents import BATCH, LINES, ONE
from tests.api.service_under_test import Service
from tests.posts import (
    CBS,
    COA,
    DUO,
    ENSCHEDE,
    IND,
    MINISTRY,
    NOBODY,
    OVERIJSSEL,
    V_NUMBER,
    Event,
    body,
    event,
    linked,
    permit,
)

PARTS = [{"municipality": "GM0153", "persons": 4}, {"municipality": "GM0164", "persons": -4}]
DECISIONS = [{"municipality": "GM0153", "on": "2021-03-30"}]
DAY = "2023-08-31"
FROM_TO = {"from": "2021-07-01", "to": "2021-12-31"}
VALID = [
    linked(household="H-88", criteria=["work"]),
    permit(birthDate="1990-05-06", unaccompaniedMinor=False, household="H-88"),
    permit(ground="family", referent="2876540999"),
    event("housed", COA, vNumber=V_NUMBER, municipality="GM0153", accommodation="hotel"),
    event("home-ready", ENSCHEDE, vNumber=V_NUMBER, municipality="GM0153", accommodation="regular"),
    event("family-reunification-decided", IND, vNumber=V_NUMBER, granted=2, refused=1),
    event("housed", COA, vNumber=V_NUMBER, municipality="GM0164", accommodation="gva", effectiveOn="0001-01-01"),
    permit(effectiveOn="0999-06-30"),
    event("integration-duty-started", DUO, vNumber=V_NUMBER, law="wi2021"),
    event("returned-to-reception", COA, vNumber=V_NUMBER),
    event("home-ready", ENSCHEDE, vNumber=V_NUMBER, municipality="GM0153", accommodation="gva", bedrooms=2, until=DAY),
    event("offer-refused", ENSCHEDE, vNumber=V_NUMBER, municipality="GM0153", reason="te ver", reasonCode="distance"),
    event("handover-held", COA, vNumber=V_NUMBER, municipality="GM0153", form="warm"),
    event("reception-placed", COA, vNumber=V_NUMBER, region="OV-GLD"),
    event("family-visa-issued", IND, vNumber=V_NUMBER, persons=2, validUntil=DAY),
    event("integration-term-extended", DUO, vNumber=V_NUMBER, endsOn=DAY, ground="literacy"),
    event("integration-loan-stated", DUO, vNumber=V_NUMBER, granted=10_000, used=7_600),
    event("fine-imposed", DUO, vNumber=V_NUMBER, amount=340, **{"for": "participation"}),
    event("fine-cancelled", DUO, vNumber=V_NUMBER, fine="e-1"),
    event("event-withdrawn", COA, vNumber=V_NUMBER, withdraws="e-1", reason="verwisseld"),
    event("event-withdrawn", MINISTRY, period="2021-I", withdraws="e-1", reason="rekenfout"),
    event("quota-published", MINISTRY, period="2021-I", persons=13_500, reference="Stcrt. 2020, 1"),
    event("municipal-quota-published", MINISTRY, period="2021-I", municipality="GM0153", persons=40),
    event("opening-balance-recorded", MINISTRY, period="2021-I", municipality="GM0153", persons=-4),
    event("interim-goal-set", MINISTRY, period="2021-II", reduction=1_500),
    event(
        "quota-transferred",
        OVERIJSSEL,
        period="2021-I",
        transfers=[{"municipality": "GM0153", "persons": 4}, {"municipality": "GM0164", "persons": -4}],
    ),
    event("quota-transferred", OVERIJSSEL, period="2021-I", transfers=PARTS, decisions=DECISIONS),
    event("permits-forecast-published", IND, area="NL", persons=9_500, **FROM_TO),
    event("links-announced", COA, area="GM0153", month="2021-05", persons=12, households=4, children={"0-3": 2}),
    event("homes-stated", ENSCHEDE, area="GM0153", homes=[{"bedrooms": 2, "adapted": False, "number": 4}]),
    event("temporary-places-stated", ENSCHEDE, area="GM0153", accommodation="hotel", places=40),
    event("reception-places-stated", OVERIJSSEL, area="PV23", places=120),
    event("ladder-step-decided", OVERIJSSEL, area="GM0153", period="2021-I", rung=2, reason="achter"),
    event("assessment-suspended", MINISTRY, area="NL", period="2021-I", reason="te laat"),
    event("event-withdrawn", OVERIJSSEL, area="PV23", withdraws="e-1", reason="rekenfout"),
    event("inhabitants-counted", CBS, municipality="GM0153", on="2021-01-01", persons=159_640),
    event("municipality-merged", CBS, municipality="GM0164", into="GM0153", on="2021-04-12", personsMoved=80_000),
]
TEXTS = st.text(max_size=20) | st.sampled_from(
    [
        *("", " ", "\x00", "\ud800", "\ufffe", "\u2028", "9" * 10, "GM0153", "GM0164", "GM0457", "GM9999", "PV23"),
        *("2021-I", "2021-II", "0001-I", "0000-II", "9999-II", "2022-I", "e-1", "e-2"),
        *("0001-01-01", "1583-10-15", "2021-07-01", "2023-08-19", "9999-12-31", "2021-04-12"),
        *("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z", "2021-04-12T09:30:00+14:00", "2021-04-12T24:00:00Z"),
        *(IND, COA, DUO, MINISTRY, CBS, OVERIJSSEL, ENSCHEDE, NOBODY),
        *("NL", "PV19", "2021-10", "2021-13", "0-3", "18+"),
        *("asylum", "family", "hotel", "regular", "work", "1.0", "application/json", V_NUMBER, "2876540999"),
    ]
)
NUMBERS = st.sampled_from(
    [0, 1, -1, 7, 100_000_000, 100_000_001, -100_000_000, 2**31, 2**53, 2**53 + 1, 2**64, 10**400]
)
SCALARS = st.none() | st.booleans() | NUMBERS | st.integers() | st.floats() | TEXTS
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=6
)


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every place in an event."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] * bool(path) + [found for name, one in inner for found in places(one, (*path, name))]


@st.composite
def changed(draw: st.DrawFn) -> Event:
    """A valid event in which some values are others, absent, or beside new ones."""
    posted: Event = json.loads(json.dumps(draw(st.sampled_from(VALID))))
    posted["id"] = draw(st.sampled_from(["e-1", "e-2", "e-3"]) | st.uuids().map(str))
    for _ in range(draw(st.integers(0, 3))):
        *outer, last = draw(st.sampled_from(places(posted)))
        where: Any = posted
        for name in outer:
            where = where[name]
        match draw(st.sampled_from(["other", "text", "absent", "beside"])):
            case "other":
                where[last] = draw(JSON)
            case "text":
                where[last] = draw(TEXTS)
            case "absent":
                del where[last]
            case _:
                new = draw(JSON)
                where.append(new) if isinstance(where, list) else where.update({draw(TEXTS): new})
        if not places(posted):
            break
    return posted


@st.composite
def torn(draw: st.DrawFn) -> bytes:
    """The bytes of an event with some of them changed, doubled or gone."""
    sent = bytearray(body(draw(changed())))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(sent)))
        end = draw(st.integers(start, min(len(sent), start + 30)))
        sent[start:end] = draw(st.binary(max_size=6) | st.just(bytes(sent[start:end]) * 2))
    return bytes(sent)


def encoded(posted: Any) -> bytes:
    return json.dumps(posted).encode()


BODIES = (
    st.binary(max_size=200)
    | torn()
    | changed().map(encoded)
    | JSON.map(encoded)
    | st.lists(changed(), max_size=4).map(encoded)
    | st.lists(JSON, max_size=4).map(encoded)
    | st.lists(torn() | changed().map(encoded), max_size=6).map(b"\n".join)
)
COMMON = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


def check(service: Service, **asked: Any) -> None:
    answer = service.request("POST", asked.pop("url", "/v1/events"), **asked)
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert answer.headers["Content-Type"] == "application/problem+json"
        told = answer.json()
        assert told["status"] == answer.status_code
        assert all(error["code"] and error["detail"] for error in told.get("errors", []))
    else:
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.json()


@settings(COMMON, max_examples=150)
@given(sent=BODIES, form=st.sampled_from([ONE, BATCH, LINES]), atomic=st.booleans())
def test_no_body_is_a_fault_of_the_service(service: Service, sent: bytes, form: str, atomic: bool) -> None:
    url = "/v1/events?atomic=true" if atomic else "/v1/events"
    check(service, url=url, content=sent, headers={"Content-Type": form})


@settings(COMMON, max_examples=60)
@given(posted=changed(), raw=st.none() | st.binary(max_size=60))
def test_no_header_is_a_fault_of_the_service(service: Service, posted: Event, raw: bytes | None) -> None:
    headers = [(b"Content-Type", b"application/json"), (b"ce-specversion", b"1.0")]
    for name, value in posted.items():
        if name == "data" or not name.isascii() or not name.isalnum():
            continue
        text = str(value).encode("utf-8", "replace")
        headers.append((b"ce-" + name.encode(), quote(text).encode()))
    sent = encoded(posted.get("data")) if raw is None else raw
    check(service, content=sent, headers=headers)


@settings(COMMON, max_examples=30)
@given(query=st.text(max_size=12) | st.sampled_from(["atomic=true", "atomic=true&", "atomic", "=", "&", "atomic=%"]))
def test_no_query_is_a_fault_of_the_service(service: Service, query: str) -> None:
    check(
        service, url=f"/v1/events?{quote(query, safe='=&%')}", content=body([linked()]), headers={"Content-Type": BATCH}
    )


@settings(COMMON, max_examples=25)
@given(batch=st.lists(changed(), min_size=5, max_size=25))
def test_whatever_is_recorded_can_be_projected_and_asked(service: Service, batch: list[Event]) -> None:
    check(service, content=encoded(batch), headers={"Content-Type": BATCH})
    for url in (
        "/v1/realisation?period=2021-I&groupBy=municipality",
        "/v1/norm-phases?from=2021-01-01&to=2021-12-31&groupBy=municipality",
        "/v1/events?limit=1000",
    ):
        answer = service.get(url)
        assert answer.status_code == 200, answer.text
