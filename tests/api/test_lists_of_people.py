"""The lists that people work from: what falls due of whom and who is sought, by lives worked out by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from icalendar import Calendar

from tests.api.reports import AMERSFOORT, UTRECHT, Event, granted, housed, linked, said
from tests.api.service_under_test import Service
from tests.api.tokens import Guarded, guarded, oin
from tests.posts import COA, ENSCHEDE, HENGELO, IND

DAY = "2022-06-30"
NAMES = "FGHIJKLMNPTY"
#: A V-number for each letter.
V = {letter: f"99990001{nth:02d}" for nth, letter in enumerate(NAMES)}


def lived(letter: str, permit: str, link: str, day: str, accommodation: str = "regular", **more: Any) -> list[Event]:
    """Somebody who was housed."""
    one = V[letter]
    return [granted(one, permit), linked(one, link), housed(one, day, accommodation=accommodation, **more)]


def complete(letter: str, on: str, *items: str) -> list[Event]:
    return [said("dossier-item-completed", on, V[letter], id=f"{item} {letter}", item=item) for item in items]


EVENTS: list[Event] = [
    # F is housed, and two of three persons who may come did not yet.
    *lived("F", "2021-06-01", "2021-06-10", "2021-08-01"),
    said("family-reunification-applied", "2021-06-20", V["F"], persons=3),
    said("family-reunification-decided", "2022-02-14", V["F"], granted=3, refused=0),
    said("family-arrived", "2022-05-30", V["F"], persons=1, direct=True),
    # G is a guest, lacks nothing but a home, and nobody said until when.
    granted(V["G"], "2022-04-01"),
    *complete("G", "2022-04-10", "bsn", "identity-document", "iban"),
    said("residence-document-issued", "2022-04-12", V["G"]),
    linked(V["G"], "2022-05-01"),
    said("guest-stay-started", "2022-05-15", V["G"]),
    # H lives in a hotel, for six months, and waits for somebody; T in a home that was to be left by now; P moved on
    # from one.
    *lived("H", "2022-01-03", "2022-01-10", "2022-01-31", "hotel"),
    said("family-reunification-applied", "2022-02-01", V["H"], persons=1),
    said("family-reunification-decided", "2022-03-01", V["H"], granted=1, refused=0),
    *lived("T", "2021-05-01", "2021-05-10", "2021-07-01", "transit-home", until="2022-06-15"),
    *lived("P", "2021-05-01", "2021-05-10", "2021-07-01", "intermediate", until="2022-06-15"),
    said("moved-to-permanent-home", "2022-06-01", V["P"], municipality=UTRECHT),
    # I waits for a plan, ten weeks after the notice; J has one; K need not integrate.
    *lived("I", "2021-11-01", "2021-11-10", "2022-02-01"),
    said("integration-duty-started", "2022-01-10", V["I"], law="wi2021"),
    said("registered-at-address", "2022-02-03", V["I"], municipality=UTRECHT),
    said("integration-notice-sent", "2022-03-01", V["I"]),
    *lived("J", "2021-11-01", "2021-11-10", "2022-02-01"),
    said("integration-duty-started", "2022-01-10", V["J"], law="wi2021"),
    said("integration-plan-established", "2022-05-01", V["J"], municipality=UTRECHT, route="b1"),
    said("integration-term-set", "2022-03-01", V["J"], endsOn="2025-03-01"),
    *lived("K", "2021-11-01", "2021-11-10", "2022-02-01"),
    said("integration-duty-started", "2022-01-10", V["K"], law="wi2021"),
    said("integration-exempted", "2022-01-20", V["K"], extent="full"),
    said("integration-term-set", "2022-03-01", V["K"], endsOn="2025-03-01"),
    # L is linked, and lacks an IBAN and the residence document.
    granted(V["L"], "2022-05-20"),
    linked(V["L"], "2022-05-25"),
    *complete("L", "2022-05-21", "bsn", "identity-document", "brp-registration"),
    # M, N and Y are unaccompanied; of N only the year of birth is known, Y lives in a unit for minors.
    granted(V["M"], "2022-05-01", birthDate="2004-09-17", unaccompaniedMinor=True),
    granted(V["N"], "2022-06-28", birthDate="2005", unaccompaniedMinor=True),
    granted(V["Y"], "2021-05-01", birthDate="2004-05-02", unaccompaniedMinor=True),
    linked(V["Y"], "2021-05-10", AMERSFOORT),
    housed(V["Y"], "2021-06-01", AMERSFOORT, "minor-unit"),
]


@pytest.fixture(scope="module")
def people(shared_service: Service) -> Service:
    shared_service.post_all(EVENTS)
    return shared_service


def letters(service: Service) -> dict[str, str]:
    return {str(service.context.keys.journey(one)): letter for letter, one in V.items()}


def due(service: Service, **asked: str) -> list[tuple[str, str, str, str, str | None, int]]:
    """Whose, what, when, who must act, since when, and how many days it is past."""
    names = letters(service)
    return [
        (names[one["journey"]], one["kind"], one["dueOn"], one["owner"], one["since"], one["daysOver"])
        for one in service.told("/v1/deadlines", **({"validOn": DAY} | asked))["items"]
    ]


def sought(service: Service, **asked: str) -> dict[str, dict[str, Any]]:
    names = letters(service)
    items = service.told("/v1/journeys", **({"validOn": DAY} | asked))["items"]
    return {names[one.pop("journey")]: one for one in items}


def test_what_falls_due_is_told_of_every_kind(people):
    assert due(people) == [
        ("Y", "turning-18", "2022-05-01", "coa-and-nidos", None, 60),
        ("I", "integration-plan", "2022-05-10", "municipality", "2022-03-01", 51),
        ("T", "temporary-stay", "2022-06-15", "municipality", "2021-07-01", 15),
        ("G", "housing-norm", "2022-07-10", "municipality", "2022-05-01", 0),
        ("H", "temporary-stay", "2022-07-31", "municipality", "2022-01-31", 0),
        ("L", "housing-norm", "2022-08-03", "municipality", "2022-05-25", 0),
        ("G", "guest-stay", "2022-08-15", "coa", "2022-05-15", 0),
        ("M", "turning-18", "2022-09-01", "coa-and-nidos", None, 0),
        ("J", "integration-term", "2025-03-01", "duo-and-permit-holder", None, 0),
    ]


def test_a_deadline_is_there_until_what_it_is_about_is_done(people):
    # The day before P moved on, and the day before J had a plan.
    assert ("P", "temporary-stay", "2022-06-15", "municipality", "2021-07-01", 0) in due(people, validOn="2022-05-31")
    assert [one[0] for one in due(people, kind="integration-plan", validOn="2022-04-30")] == ["J", "I"]
    assert [one[0] for one in due(people, kind="integration-plan", validOn="2022-05-01")] == ["I"]


def test_a_municipality_s_list_is_of_those_it_must_act_for(people):
    assert [one[:2] for one in due(people, municipality=AMERSFOORT)] == [("Y", "turning-18")]
    assert [one[0] for one in due(people, municipality=UTRECHT)] == [*"ITGHLGJ"]


def test_pages_of_one_lead_through_all_also_where_a_journey_has_two(people):
    found, following = [], f"/v1/deadlines?validOn={DAY}&limit=1"
    while following:
        answer = people.get(following)
        found += [one["dueOn"] for one in answer.json()["items"]]
        following = answer.links.get("next", {}).get("url", "")

    assert found == [one[2] for one in due(people)]


def test_the_norm_of_a_home_is_that_of_the_norm_set_and_no_other_deadline_changes(people):
    other = due(people, normSet="7,35,7,49,permit")

    assert [one[:3] for one in other if one[1] == "housing-norm"] == [
        ("G", "housing-norm", "2022-06-05"),
        ("L", "housing-norm", "2022-06-29"),
    ]
    assert [one for one in other if one[1] != "housing-norm"] == [
        one for one in due(people) if one[1] != "housing-norm"
    ]


def test_a_calendar_counts_them_and_holds_nothing_of_anybody(people):
    body = people.get(f"/v1/deadlines?validOn={DAY}&format=ics").text.replace("\r\n ", "")
    counted = {str(one["UID"]).partition("@")[0] for one in Calendar.from_ical(body).walk("VEVENT")}

    assert len(counted) == 9 and "2022-09-01.turning-18.none" in counted
    for v_number in V.values():
        journey = str(people.context.keys.journey(v_number))
        assert not any(one in body for one in (v_number, journey, journey.replace("-", ""), journey[:8]))
    assert not any(one in body for one in ("2004-09", "200409", "2004-05", "H-"))


# Who is sought


def test_a_row_says_whose_turn_it_is_since_when_and_until_when(people):
    assert sought(people, expiringUntil="2022-08-15") == {
        "G": {
            "municipality": UTRECHT,
            "phase": "housing",
            "turn": "coa",
            "since": "2022-05-15",
            "days": 46,
            "dueOn": "2022-08-15",
            "daysOver": 0,
            "matter": "guest-stay",
            "cause": "home",
        },
        "H": {
            "municipality": UTRECHT,
            "phase": None,
            "turn": "municipality",
            "since": "2022-01-31",
            "days": 150,
            "dueOn": "2022-07-31",
            "daysOver": 0,
            "matter": "temporary-stay",
            "cause": None,
        },
        "T": {
            "municipality": UTRECHT,
            "phase": None,
            "turn": "municipality",
            "since": "2021-07-01",
            "days": 364,
            "dueOn": "2022-06-15",
            "daysOver": 15,
            "matter": "temporary-stay",
            "cause": None,
        },
    }


def test_family_that_may_come_has_no_last_day_and_a_birthday_no_first(people):
    assert sought(people, familyAwaited="true")["F"] == {
        "municipality": UTRECHT,
        "phase": None,
        "turn": "municipality",
        "since": "2022-02-14",
        "days": 136,
        "dueOn": None,
        "daysOver": None,
        "matter": "family-awaited",
        "cause": None,
    }
    assert sought(people, comingOfAgeUntil="2022-09-01")["M"] == {
        "municipality": None,
        "phase": "linking",
        "turn": "coa-and-nidos",
        "since": None,
        "days": None,
        "dueOn": "2022-09-01",
        "daysOver": 0,
        "matter": "turning-18",
        "cause": "dossier",
    }


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, "GLMN"),
        ({"cause": "home"}, "G"),
        ({"cause": "dossier"}, "LMN"),
        ({"cause": "document"}, ""),
        ({"cause": "dossier", "overdue": "true"}, "M"),
        ({"cause": "dossier", "municipality": UTRECHT}, "L"),
        ({"missing": "iban"}, "LMN"),
        ({"missing": "bsn"}, "MN"),
        ({"missing": "residence-document"}, "LMN"),
        ({"missing": "brp-registration"}, "GMN"),
        ({"missing": "iban", "phase": "housing"}, "L"),
        ({"expiringUntil": "2022-07-30"}, "T"),
        ({"expiringUntil": "2022-07-31"}, "HT"),
        ({"expiringUntil": "2022-12-31", "cause": "home"}, "G"),
        ({"expiringUntil": "2022-12-31", "phase": "linking"}, ""),
        ({"planOverdue": "true"}, "I"),
        ({"planOverdue": "true", "validOn": "2022-05-10"}, ""),
        ({"planOverdue": "true", "validOn": "2022-05-11"}, "I"),
        ({"planOverdue": "true", "familyAwaited": "true"}, ""),
        ({"familyAwaited": "true"}, "FH"),
        ({"familyAwaited": "true", "municipality": AMERSFOORT}, ""),
        ({"comingOfAgeUntil": "2022-04-30"}, ""),
        ({"comingOfAgeUntil": "2022-05-01"}, "Y"),
        ({"comingOfAgeUntil": "2022-09-01"}, "MY"),
        ({"comingOfAgeUntil": "2022-09-01", "missing": "bsn"}, "M"),
    ],
)
def test_who_is_sought_is_found_and_nobody_else(people, asked, found):
    assert "".join(sorted(sought(people, **asked))) == found


def test_of_several_matters_a_row_is_about_the_one_that_falls_due_first(people):
    both = sought(people, familyAwaited="true", expiringUntil="2022-12-31")

    assert {letter: row["matter"] for letter, row in both.items()} == {"H": "temporary-stay"}


# What a journey shows of it


def test_a_journey_tells_the_days_that_its_deadlines_are_on(people):
    def told(letter: str) -> dict[str, Any]:
        return people.told(f"/v1/journeys/{people.context.keys.journey(V[letter])}", validOn=DAY)

    assert told("T")["temporaryStay"] == {
        "kind": "transit-home",
        "municipality": UTRECHT,
        "since": "2021-07-01",
        "until": "2022-06-15",
        "daysOver": 15,
    }
    assert told("P")["temporaryStay"] is None
    assert told("G")["temporaryStay"]["until"] == "2022-08-15" and told("G")["guestUntil"] is None
    assert told("I")["integration"]["planDueOn"] == "2022-05-10"
    assert (told("M")["comesOfAgeOn"], told("N")["comesOfAgeOn"]) == ("2022-09-01", None)
    assert told("L")["missingItems"] == ["iban"]
    assert told("G")["causesByDay"] == [
        {"cause": "dossier", "since": "2022-04-01", "until": "2022-04-10", "days": 9},
        {"cause": "document", "since": "2022-04-10", "until": "2022-04-12", "days": 2},
        {"cause": "unlinked", "since": "2022-04-12", "until": "2022-05-01", "days": 19},
        {"cause": "home", "since": "2022-05-01", "until": None, "days": 61},
    ]


# Who reads of what

MINE, THEIRS, MOVED = "9999000011", "9999000022", "9999000033"
OF_TWO = [
    granted(MINE, "2022-05-01", birthDate="2005-09-17", unaccompaniedMinor=True),
    linked(MINE, "2022-06-01", "GM0153"),
    said("guest-stay-started", "2022-06-02", MINE),
    granted(THEIRS, "2022-05-01"),
    linked(THEIRS, "2022-06-01", "GM0164"),
    # Enschede's until today, and Hengelo's from now on.
    granted(MOVED, "2022-05-01"),
    linked(MOVED, "2022-06-01", "GM0153"),
    linked(MOVED, "2022-07-15", "GM0164"),
]


@pytest.fixture(scope="module")
def of_two(another_sqlite_url: Any) -> Iterator[Guarded]:
    with guarded(another_sqlite_url(), client_rate=0, public_rate=0) as running:
        for one in OF_TWO:
            assert running.post_as(one).status_code == 201
        running.follow()
        yield running


def asked(service: Guarded, url: str, by: str) -> Any:
    return service.request("GET", url, headers=service.of_organisation(oin(by)))


def listed(service: Guarded, by: str, query: str = "") -> set[tuple[str, str]]:
    answer = asked(service, f"/v1/deadlines?validOn={DAY}{query}", by)
    assert answer.status_code == 200, answer.text
    names = {str(service.context.keys.journey(one)): one for one in (MINE, THEIRS, MOVED)}
    return {(names[one["journey"]], one["kind"]) for one in answer.json()["items"]}


def test_a_municipality_reads_of_those_who_concern_it_today(of_two):
    assert listed(of_two, ENSCHEDE) == {(MINE, "housing-norm"), (MINE, "guest-stay"), (MINE, "turning-18")}
    assert listed(of_two, ENSCHEDE, "&municipality=GM0153") == listed(of_two, ENSCHEDE)
    assert listed(of_two, HENGELO) == {(THEIRS, "housing-norm")}
    assert asked(of_two, "/v1/deadlines?municipality=GM0164", ENSCHEDE).status_code == 403
    assert (MOVED, "housing-norm") in listed(of_two, COA)


def test_a_calendar_counts_those_alone_whom_its_reader_may_know_of(of_two):
    def counted(by: str) -> list[str]:
        body = asked(of_two, f"/v1/deadlines?validOn={DAY}&format=ics&kind=housing-norm&labels=en", by).content
        return [str(one["SUMMARY"]) for one in Calendar.from_ical(body).walk("VEVENT")]

    assert counted(ENSCHEDE) == ["Last day to house within the norm: 1 (Enschede)"]
    assert sorted(counted(COA)) == [
        "Last day to house within the norm: 1 (Hengelo (O.))",
        "Last day to house within the norm: 2 (Enschede)",
    ]


def test_each_role_reads_of_the_kinds_that_it_reads_of_in_a_journey(of_two):
    withheld = {
        role: of_two.request("GET", "/v1/deadlines", headers=of_two.of_role(role)).json()["withheld"]
        for role in ("coa", "municipality", "ind", "auditor")
    }

    assert withheld == {
        "coa": [],
        "municipality": [],
        "ind": ["temporary-stay", "guest-stay", "integration-plan", "integration-term", "turning-18"],
        "auditor": ["temporary-stay", "guest-stay", "turning-18"],
    }
    for role in ("duo", "province", "ministry", "analyst"):
        assert of_two.request("GET", "/v1/deadlines", headers=of_two.of_role(role)).status_code == 403, role
    assert of_two.request("GET", "/v1/deadlines").status_code == 401
    assert asked(of_two, "/v1/deadlines?kind=guest-stay", IND).status_code == 403
    assert listed(of_two, IND) == {(one, "housing-norm") for one in (MINE, THEIRS, MOVED)}


def test_a_calendar_says_which_kinds_its_reader_does_not_read_of(of_two):
    def described(by: str, more: str = "") -> list[str]:
        body = asked(of_two, f"/v1/deadlines?validOn={DAY}&format=ics{more}", by).content
        calendar = Calendar.from_ical(body)
        return [str(calendar[name]) for name in ("DESCRIPTION", "X-WR-CALDESC") if name in calendar]

    assert described(COA) == described(ENSCHEDE) == []
    kinds = (
        "Last day of a temporary stay; Last day of a guest stay; Last day for an integration plan; "
        "A term for civic integration ends; Unaccompanied minors turn 18 this month"
    )
    assert described(IND, "&labels=en") == 2 * [f"Not told to who asks: {kinds}."]
    assert described(IND)[0].startswith("Niet te lezen voor wie dit opvraagt: Laatste dag van een tijdelijk verblijf; ")


def test_nobody_looks_for_what_they_do_not_read(of_two):
    lists = {
        "cause=home": "coa municipality auditor",
        "missing=bsn": "coa municipality",
        "expiringUntil=2022-12-31": "coa municipality",
        "planOverdue=true": "coa municipality auditor",
        "familyAwaited=true": "coa municipality ind",
        "comingOfAgeUntil=2022-12-31": "coa municipality",
        "phase=housing": "coa municipality auditor ind",
        "planOverdue=false&familyAwaited=false": "coa municipality auditor ind",
    }
    for query, roles in lists.items():
        for role in ("coa", "municipality", "auditor", "ind"):
            answer = of_two.request("GET", f"/v1/journeys?{query}", headers=of_two.of_role(role))
            assert answer.status_code == (200 if role in roles.split() else 403), (query, role)


def test_who_does_not_read_of_causes_is_told_none(of_two):
    def causes(by: str) -> set[str | None]:
        return {one["cause"] for one in asked(of_two, f"/v1/journeys?validOn={DAY}", by).json()["items"]}

    assert (causes(COA), causes(IND)) == ({"dossier"}, {None})
