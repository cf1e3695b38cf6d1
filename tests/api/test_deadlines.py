"""What falls due, over HTTP: the list, its pages, its file and the calendar; who reads of what."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest
from icalendar import Calendar

from tests.api.reports import AMSTERDAM, ENSCHEDE, UTRECHT, granted, home_ready, linked
from tests.api.service_under_test import Service
from tests.api.test_destroyed_journeys import destroyed

A, B, C, D = (f"999900000{n}" for n in range(1, 5))
DAY = "2021-06-30"
#: A, B and C wait for a home, C for too long; D has one.
EVENTS = [
    granted(A, "2021-05-20"),
    linked(A, "2021-06-01", UTRECHT),
    granted(B, "2021-05-20"),
    linked(B, "2021-06-01", ENSCHEDE),
    granted(C, "2021-03-01"),
    linked(C, "2021-03-10", UTRECHT),
    granted(D, "2021-03-01"),
    linked(D, "2021-03-10", UTRECHT),
    home_ready(D, "2021-06-01", UTRECHT),
]


@pytest.fixture(scope="module")
def due(shared_service: Service) -> Service:
    shared_service.post_all(EVENTS)
    return shared_service


def listed(service: Service, **asked: str) -> list[tuple[str, str, str]]:
    """Whose deadlines are listed, which, and on what day, in their order."""
    names = {service.journey(v_number): letter for letter, v_number in zip("ABCD", (A, B, C, D), strict=True)}
    items = service.told("/v1/deadlines", **({"validOn": DAY} | asked))["items"]
    return [(names[item["journey"]], item["kind"], item["dueOn"]) for item in items]


def test_a_home_is_due_seventy_days_from_the_link(due):
    told = due.told("/v1/deadlines", validOn=DAY)

    assert told["withheld"] == [] and told["norm"]["name"] == "permit-14"
    assert told["items"][0] == {
        "journey": due.journey(C),
        "municipality": UTRECHT,
        "kind": "housing-norm",
        "owner": "municipality",
        "since": "2021-03-10",
        "dueOn": "2021-05-19",
        "daysOver": 42,
    }
    assert {item["dueOn"]: item["daysOver"] for item in told["items"]} == {"2021-05-19": 42, "2021-08-10": 0}
    assert sorted(listed(due)[1:]) == [("A", "housing-norm", "2021-08-10"), ("B", "housing-norm", "2021-08-10")]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"municipality": UTRECHT}, "CA"),
        ({"municipality": ENSCHEDE}, "B"),
        ({"municipality": AMSTERDAM}, ""),
        ({"until": "2021-08-09"}, "C"),
        ({"from": "2021-05-20", "municipality": UTRECHT}, "A"),
        ({"from": "2021-05-19", "until": "2021-05-19"}, "C"),
        ({"kind": "housing-norm", "municipality": ENSCHEDE}, "B"),
        # D had no home yet.
        ({"validOn": "2021-05-31"}, "CD"),
    ],
)
def test_the_list_can_be_narrowed(due, asked, found):
    assert sorted(letter for letter, _, _ in listed(due, **asked)) == sorted(found)


def test_until_before_from_is_refused_with_what_else_is_wrong(due):
    answer = due.get("/v1/deadlines?from=2021-06-02&until=2021-06-01&municipality=GM9999&knownBy=sender")

    told = {(one["parameter"], one["code"]) for one in answer.json()["errors"]}
    assert answer.status_code == 400
    assert {("until", "before-from"), ("knownAt", "required"), ("municipality", "unknown-municipality")} == told


def test_pages_follow_one_another_in_the_order_of_days(due):
    whole = due.told("/v1/deadlines", validOn=DAY)["items"]
    found, following = [], f"/v1/deadlines?validOn={DAY}&limit=1"
    while following:
        answer = due.get(following)
        found += answer.json()["items"]
        following = answer.links.get("next", {}).get("url", "")

    assert found == whole and len(whole) == 3
    assert [item["dueOn"] for item in whole] == sorted(item["dueOn"] for item in whole)


def test_as_a_file_a_line_has_what_an_item_has(due):
    items = due.told("/v1/deadlines", validOn=DAY)["items"]
    answer = due.get(f"/v1/deadlines?validOn={DAY}&format=csv")
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))

    assert answer.headers["content-disposition"] == 'attachment; filename="deadlines.csv"'
    assert rows == [{name: str(value) for name, value in item.items()} for item in items]
    dutch = due.get(f"/v1/deadlines?validOn={DAY}&format=csv&labels=nl").content.decode("utf-8-sig")
    assert dutch.splitlines()[0] == "Traject;Gemeente;Wat;Aan zet;Sinds;Uiterlijk op;Dagen te laat"


# The calendar


def entries(body: bytes) -> list[tuple[str, date, str]]:
    """The entries of a calendar: UID, day and summary."""
    return [
        (str(one["UID"]), one.decoded("DTSTART"), str(one["SUMMARY"]))
        for one in Calendar.from_ical(body).walk("VEVENT")
    ]


def test_a_calendar_has_an_entry_a_day_kind_and_municipality_with_the_number(due):
    answer = due.request("GET", f"/v1/deadlines?validOn={DAY}", headers={"Accept": "text/calendar"})

    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["ketenspoor-valid-on"] == DAY
    assert answer.headers["content-disposition"] == 'attachment; filename="deadlines.ics"'
    text = "Laatste dag om binnen de norm te huisvesten"
    assert sorted(entries(answer.content)) == [
        ("2021-05-19.housing-norm.GM0344@ketenspoor", date(2021, 5, 19), f"{text}: 1 (Utrecht)"),
        ("2021-08-10.housing-norm.GM0153@ketenspoor", date(2021, 8, 10), f"{text}: 1 (Enschede)"),
        ("2021-08-10.housing-norm.GM0344@ketenspoor", date(2021, 8, 10), f"{text}: 1 (Utrecht)"),
    ]


def test_a_calendar_can_be_had_in_english_by_name_and_is_the_same_whenever_it_is_fetched(due):
    url = f"/v1/deadlines?validOn={DAY}&format=ics&labels=en&municipality={ENSCHEDE}&limit=1"
    answer = due.get(url)
    due.clock.forward(hours=1)

    assert due.get(url).content == answer.content
    (entry,) = Calendar.from_ical(answer.content).walk("VEVENT")
    assert entry["SUMMARY"] == "Last day to house within the norm: 1 (Enschede)"
    assert entry["DESCRIPTION"] == "Whose turn: the municipality."
    assert entry.decoded("DTEND") == date(2021, 8, 11)
    assert entry["DTSTAMP"].to_ical() == b"20220715T100000Z"


def test_a_calendar_of_nothing_is_a_calendar(due):
    body = due.get(f"/v1/deadlines?validOn={DAY}&format=ics&municipality={AMSTERDAM}").content

    assert Calendar.from_ical(body).walk("VEVENT") == []


# Whom it tells of


def test_who_was_destroyed_is_on_no_list_and_in_no_calendar(service):
    service.post_all(EVENTS)
    url = f"/v1/deadlines?validOn={DAY}"
    before = entries(service.get(f"{url}&format=ics").content)
    gone = destroyed(service, A)

    for form in ("json", "csv", "ics"):
        assert gone not in service.get(f"{url}&format={form}").text
    assert len(service.told(url)["items"]) == 2
    after = entries(service.get(f"{url}&format=ics").content)
    assert {one[0] for one in before} - {one[0] for one in after} == {"2021-08-10.housing-norm.GM0344@ketenspoor"}


def test_a_line_is_written_for_each_person_who_is_listed_and_for_nobody_counted_in_a_calendar(embedded):
    embedded.post_all(EVENTS)
    embedded.follow()
    persons = {embedded.journey(one) for one in (A, B, C)}

    def written() -> list[str]:
        found = []
        for one in persons:
            lines = embedded.told("/v1/processing-log", dataSubjectId=one)["items"]
            found += [one for line in lines if line["name"] == "listed what falls due"]
        return found

    embedded.get(f"/v1/deadlines?validOn={DAY}&format=ics")
    assert written() == []
    embedded.get(f"/v1/deadlines?validOn={DAY}&format=csv")
    assert set(written()) == persons and len(written()) == 3
