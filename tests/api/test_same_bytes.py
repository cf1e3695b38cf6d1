"""No answer depends on the database engine: one history, posted to both, and every read compared byte for byte."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import cycle, product

import httpx

from projections.figure import Figure
from projections.figures import FIGURES
from service.queries.formats import MEDIA_TYPES
from tests.api.reports import (
    AMERSFOORT,
    AMSTERDAM,
    ENSCHEDE,
    UTRECHT,
    WEESP,
    Event,
    granted,
    home_ready,
    housed,
    link_ended,
    linked,
    quota,
    returned,
    said,
    withdrawn,
)
from tests.api.service_under_test import Service, serving

TOWNS = (UTRECHT, AMERSFOORT, AMSTERDAM, WEESP, ENSCHEDE, "GM1982", "GM0003", "GM0855")
HOMES = ("regular", "intermediate", "hotel", "with-family", "transit-home")
PERSONS = 48
FIRST = date(2021, 1, 4)


def on(start: date, days: int) -> str:
    return (start + timedelta(days=days)).isoformat()


def life(n: int) -> Iterator[Event]:
    """One of many journeys, no two alike: some with family, a second link, a return, a mistake or an early end."""
    v_number, town, home = f"99990{n:05d}", TOWNS[n % len(TOWNS)], HOMES[n % len(HOMES)]
    start = FIRST + timedelta(days=9 * n)
    if n % 11:
        more = {"birthDate": "1990-01-01"} if n % 2 else {}
        yield granted(
            v_number, on(start, 0), ("asylum", "resettlement", "asylum")[n % 3], household=f"H-{n // 3}", **more
        )
    if n % 3 == 0:
        yield said("family-reunification-applied", on(start, 5), v_number, persons=1 + n % 4)
        yield said("family-reunification-decided", on(start, 60 + n), v_number, granted=n % 3, refused=1)
    yield linked(v_number, on(start, n % 21), town, household=f"H-{n // 3}")
    if n % 7 == 0:
        yield link_ended(v_number, on(start, 30 + n % 5))
        town = TOWNS[(n + 3) % len(TOWNS)]
        yield linked(v_number, on(start, 36 + n % 9), town)
    if n % 4 == 1:
        yield said("dossier-item-completed", on(start, 25 + n % 30), v_number, item=("bsn", "iban", "medical")[n % 3])
        yield said("offer-refused", on(start, 45), v_number, municipality=town, reason="The stairs")
        yield said("refusal-assessed", on(start, 52), v_number, justified=bool(n % 2))
    if n % 13 == 5:
        yield said("died", on(start, 61), v_number, by="coa")
        return
    if n % 5 < 4:
        yield home_ready(v_number, on(start, 50 + 3 * (n % 17)), town, home)
        yield housed(v_number, on(start, 58 + 3 * (n % 17) + n % 19), town, home)
    if n % 9 == 3:
        yield returned(v_number, on(start, 160))
        yield housed(v_number, on(start, 190), town, "hotel")
    if n % 6 == 2:
        yield said("integration-duty-started", on(start, 90), v_number, law="wi2013" if n < 20 else "wi2021")
        yield said("intake-held", on(start, 130), v_number, municipality=town)


def mistakes(events: list[Event]) -> Iterator[Event]:
    """Corrections, withdrawals, and withdrawals of withdrawals, of some of these events."""
    for n, event in enumerate(events):
        v_number = event["data"].get("vNumber")
        if n % 17 == 4:
            moved = (date.fromisoformat(event["data"]["effectiveOn"]) + timedelta(days=3)).isoformat()
            yield event | {
                "id": f"corrected {n}",
                "time": "2022-07-01T08:00:00Z",
                "data": event["data"] | {"effectiveOn": moved, "corrects": event["id"]},
            }
        elif n % 29 == 7:
            undone = withdrawn(v_number, event, at="2022-07-02T08:00:00Z", id=f"undone {n}")
            yield undone
            if n % 2:
                yield withdrawn(v_number, undone, at="2022-07-03T08:00:00Z", id=f"restored {n}")


FROM_TO = {"from": "2021-07-01", "to": "2021-12-31"}


def taken_back(event: Event) -> Iterator[Event]:
    """What withdraws an event of an area, once in the right one and once in another."""
    for area in (event["data"]["area"], "PV26"):
        taken = said("event-withdrawn", "2021-12-24", area=area, withdraws=event["id"], reason="Too early")
        yield {**taken, "source": event["source"]}


def numbers() -> Iterator[Event]:
    for period, day, persons in (("2021-I", "2020-11-03", 13500), ("2021-II", "2021-03-29", 11000)):
        yield quota("quota-published", day, period, persons=persons)
    yield quota("quota-forecast", "2021-06-01", "2022-I", persons=12000)
    yield quota("quota-published", "2021-10-01", "2022-I", persons=10000)
    yield quota("quota-revised", "2022-01-07", "2022-I", persons=10100, reason="Letter of 7 January 2022")
    yield quota("interim-goal-set", "2021-07-01", reduction=1500)
    for n, town in enumerate((*TOWNS, "GM0363", "GM0014")):
        yield quota("opening-balance-recorded", "2021-07-01", id=f"opening {n}", municipality=town, persons=7 * n - 11)
    yield quota("municipal-quota-published", "2021-03-29", municipality=UTRECHT, persons=226)
    yield quota(
        "quota-transferred",
        "2021-09-01",
        transfers=[{"municipality": UTRECHT, "persons": 6}, {"municipality": AMERSFOORT, "persons": -6}],
    )
    for n, town in enumerate((UTRECHT, AMERSFOORT, WEESP, ENSCHEDE)):
        day = f"2021-0{3 + n}-15"
        free = [{"bedrooms": size, "adapted": size > 2, "number": size * n} for size in range(4)]
        yield said("homes-stated", day, area=town, homes=free)
        yield said("homes-stated", "2022-02-01", area=town, homes=free[n:])
        yield said("temporary-places-stated", day, area=town, accommodation=HOMES[n + 1] if n < 2 else "gva", places=n)
        yield said("links-announced", day, area=town, month="2021-12", persons=9 * n, children={"4-11": n})
        yield said("ladder-step-decided", day, area=UTRECHT, period="2021-I", rung=n, reason="Behind", id=f"step {n}")
    yield said("reception-places-stated", "2021-06-01", by="coa", area="PV26", places=140)
    yield said("permits-forecast-published", "2021-06-15", area="NL", persons=900, **FROM_TO)
    suspended = said("assessment-suspended", "2021-12-20", by="ministry", area="NL", period="2021-II")
    yield from (suspended, *taken_back(suspended))
    yield said("inhabitants-counted", "2021-01-01", municipality=UTRECHT, on="2021-01-01", persons=360000)
    yield said(
        "municipality-merged",
        "2022-01-01",
        municipality=ENSCHEDE,
        into="GM9153",
        on="2022-01-01",
        name="Twente",
        province="PV23",
    )


def traced(service: Service) -> None:
    """Post in one trace: it is recorded with the events, and without one each request would get its own."""
    service.client.headers["traceparent"] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def tell(service: Service) -> int:
    """The whole history, late and early mixed, in commits some hours apart; what is refused comes too."""
    traced(service)
    lives = [event for n in range(PERSONS) for event in life(n)]
    service.post_all(numbers())
    every = [*lives, *mistakes(lives)]
    shuffled = sorted(every, key=lambda event: event["id"][::-1])
    for start in range(0, len(shuffled), 60):
        service.clock.forward(hours=5)
        service.post_all(shuffled[start : start + 60])
        service.follow()
    for refused in (granted("9999000001", "2021-01-01", by="coa"), linked("9999000001", "2021-01-01", "GM9999"), {}):
        service.clock.forward(minutes=1)
        assert service.post(refused).status_code in (400, 403)
    last: int = service.told("/v1/events?limit=1")["position"]
    return last


def given(table: Figure, window: str) -> str:
    """The parameters that a table can't do without."""
    names = {one.name for one in table.parameters if one.required}
    return "&".join([*([window] if "from" in names else []), *(["period=2021-II"] if "period" in names else [])])


def lists(times: Sequence[str]) -> Iterator[str]:
    """Who is waiting or sought, what falls due, and what is found."""
    narrowed = (
        "",
        "overdue=true",
        f"municipality={WEESP}",
        "phase=total&normSet=14,70,14,84,link",
        "phase=housing&limit=7",
    )
    sought = (
        "journeys?cause=dossier&missing=iban",
        "journeys?expiringUntil=2022-12-31&format=csv",
        "journeys?familyAwaited=true",
        "journeys?planOverdue=true&comingOfAgeUntil=2030-01-01",
        f"deadlines?municipality={WEESP}",
        "deadlines?until=2021-12-31&limit=7",
        "deadlines?format=csv",
        "deadlines?format=ics",
        "findings?",
        f"findings?municipality={WEESP}",
        "findings?finding=linked-again&limit=7",
        "findings?format=csv",
    )
    turn = cycle(times)
    for which, _ in product((*(f"journeys?{one}" for one in narrowed), *sought), range(2)):
        yield f"/v1/{which}&{next(turn)}"


def reads(service: Service, last: int) -> Iterator[str]:
    """Every route, under several times and with every choice that it has."""
    days = ["", "validOn=2021-06-30", "validOn=2021-12-31", "validOn=2022-03-23", "validOn=2022-07-31"]
    known = [
        "",
        "knownAt=2022-07-15T20:00:00Z",
        f"atPosition={last // 2}",
        "knownAt=2021-10-01T00:00:00Z&knownBy=sender",
    ]
    # Every third of them has all days and all that was known; seven take turns with three groups and four forms in
    # every way, as they have no divisor in common.
    times = ["&".join(filter(None, pair)) for pair in product(days, known)][::3]
    turn, groups = cycle(times), ("country", "province", "municipality")
    # What is summed over is the same for every group and every norm set, so these take turns.
    group = cycle(groups)
    for time, period in product(times, ("2021-I", "2021-II", "2022-I", "2022-II")):
        yield f"/v1/realisation?period={period}&groupBy={next(group)}&{time}"
    window = "from=2021-02-01&to=2022-06-30"
    norms = cycle(("permit-14", "permit-14", "link-14", "link-12", "link-14", "link-14", "link-12"))
    for one, family, _ in product(groups, ("any", "with", "without"), range(2)):
        yield f"/v1/norm-phases?{window}&groupBy={one}&norm={next(norms)}&family={family}&{next(turn)}"
    for town, _ in product(("", f"&municipality={UTRECHT}", f"&municipality={WEESP}"), range(4)):
        yield f"/v1/backlog?{window}{town}&{next(turn)}"
    yield "/v1/backlog?from=2021-11-20&to=2022-01-10&step=day"
    yield "/v1/figures"
    forms = cycle(MEDIA_TYPES)
    for table, one, _ in product(FIGURES.values(), groups, range(2)):
        if one in table.group_by:
            yield f"/v1/figures/{table.name}?{given(table, window)}&groupBy={one}&format={next(forms)}&{next(turn)}"
    for time, (column, code) in zip(times, cycle((("remaining", "NL"), ("realised", UTRECHT), ("task", "PV26")))):
        cell = f"period=2021-II&code={code}&column={column}&limit=50"
        yield f"/v1/figures/realisation/_explanation?{cell}&{time}"
        yield f"/v1/figures/realisation/_changes?{cell}&fromPosition={last // 3}&{time}"
    yield from lists(times)
    journeys = [item["subject"] for item in service.told("/v1/events?limit=1000")["items"]]
    for journey, _ in product(sorted({one for one in journeys if one})[:7], range(3)):
        time = next(turn)
        yield f"/v1/journeys/{journey}?{time}"
        yield f"/v1/journeys/{journey}/events?{time}"
    areas = [f"areas/{area}/events" for area in ("NL", "PV26", UTRECHT, WEESP)]
    for path, _ in product(("events", "municipalities", "periods", "norm-sets", "rejections", *areas), range(2)):
        yield f"/v1/{path}?{'limit=1000&' if path == 'events' else ''}{next(turn)}"
    for position in range(1, last + 1, 37):
        yield f"/v1/events/{position}"
    for number in range(1, 5):
        yield f"/v1/rejections/{number}"
    yield from ("/v1/event-types", "/v1/openapi.json", "/v1/realisation?period=none", "/v1/nowhere", "/v1/events/99999")


def answered(answer: httpx.Response) -> tuple[int, list[tuple[str, str]], bytes]:
    return answer.status_code, sorted(answer.headers.items()), answer.content


def test_both_engines_give_the_same_bytes_for_every_read(sqlite_url, postgresql_url):
    with serving(sqlite_url) as one, serving(postgresql_url) as other:
        last = tell(one)
        assert tell(other) == last > 250
        asked = list(reads(one, last))
        different, statuses = [], []
        for url in asked:
            mine, theirs = one.request("GET", url), other.request("GET", url)
            statuses.append(mine.status_code)
            if answered(mine) != answered(theirs):
                different.append(url)

    assert different == []
    assert (set(statuses), statuses.count(200) > 300) == ({200, 400, 404}, True)


def test_the_pages_of_one_engine_can_be_read_on_the_other(sqlite_url, postgresql_url):
    with serving(sqlite_url) as one, serving(postgresql_url) as other:
        for service in (one, other):
            traced(service)
            service.post_all(event for n in range(6) for event in life(n))
        first = one.get("/v1/events?limit=10")
        link = first.links["next"]["url"]

        assert one.get(link).content == other.get(link).content
        assert len(one.get(link).json()["items"]) == 10
