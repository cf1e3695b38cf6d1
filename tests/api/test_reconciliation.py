"""Another register's list against ours, over HTTP: every person once, and sums that agree."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from service.storage.database import reading
from tests.api.reports import AMSTERDAM, UTRECHT, WEESP, housed, said, withdrawn
from tests.api.service_under_test import Service, serving
from tests.api.their_list import OURS, THEIRS, URL, A, B, E, F, H, listed, posted, told


def realised(service: Service, code: str, asked: str = "") -> int:
    """As the table of the realisation has it."""
    group = "country" if code == "NL" else "municipality"
    items = service.told(f"/v1/realisation?period=2021-II&groupBy={group}{asked}")["items"]
    return int(next(item["realised"] for item in items if item["code"] == code))


def sums(body: dict[str, Any]) -> tuple[int, int, int]:
    """Ours, all effects together, theirs."""
    assert body["effect"] == sum(item["effect"] for item in body["items"])
    return body["ours"], body["effect"], body["theirs"]


@pytest.fixture(scope="module")
def books(shared_service: Service) -> Service:
    shared_service.post_all(OURS)
    return shared_service


@pytest.fixture
def own_books(service: Service) -> Service:
    """The same for a test that posts more, or counts what there is."""
    service.post_all(OURS)
    return service


# Person by person


def test_every_person_stands_under_one_category_with_its_effect(books):
    body = told(books, listed(*THEIRS))

    assert [(item["category"], item["reason"], item["effect"]) for item in body["items"]] == [
        ("same", None, 0),
        ("other-date", None, 0),
        ("other-period", None, 1),
        ("only-there", "elsewhere", 1),
        ("only-there", "not-housed", 1),
        ("only-there", "unknown", 1),
        ("other-period", None, -1),
        *sorted([("only-here", None, -1), ("returned", None, 1)], key=lambda one: _journey(books, one[0])),
    ]
    assert body["counts"] == {
        "same": 1,
        "only-there": 3,
        "only-here": 1,
        "other-date": 1,
        "other-period": 2,
        "returned": 1,
    }


def _journey(books: Service, category: str) -> str:
    return str(books.context.keys.journey(F if category == "only-here" else H))


def test_ours_is_the_realisation_and_with_all_effects_it_is_theirs(books):
    here, country = told(books, listed(*THEIRS)), told(books, listed(*THEIRS), URL)

    assert sums(here) == (3, 3, 6) and here["code"] == UTRECHT
    assert sums(country) == (4, 2, 6) and (country["code"], country["municipality"]) == ("NL", None)
    assert (realised(books, UTRECHT), realised(books, "NL")) == (3, 4)


def test_a_person_is_told_by_line_and_journey_with_the_events_that_counted(books):
    items = told(books, listed(*THEIRS))["items"]
    back = next(item for item in items if item["category"] == "returned")

    assert items[1]["theirs"] == {"line": 3, "on": "2021-08-01"}
    assert items[1]["ours"] == {
        "journey": str(books.context.keys.journey(B)),
        "housing": {
            "on": "2021-08-10",
            "municipality": "GM0344",
            "accommodation": "hotel",
            "position": 2,
            "source": OURS[1]["source"],
            "id": OURS[1]["id"],
        },
        "return": None,
    }
    assert items[4]["ours"] == {"journey": str(books.context.keys.journey(E)), "housing": None, "return": None}
    assert items[5]["ours"] is None
    assert back["theirs"] is None
    assert back["ours"]["return"] == {
        "on": "2021-07-07",
        "position": 9,
        "source": OURS[8]["source"],
        "id": OURS[8]["id"],
    }


def test_no_v_number_is_told_and_nothing_of_the_list_is_kept(own_books):
    before = _rows(own_books)
    answer = posted(own_books, listed(*THEIRS))

    assert not [v_number for v_number, _ in THEIRS if v_number in answer.text]
    assert _rows(own_books) == before


def _rows(books: Service) -> dict[str, int]:
    tables = ("events", "journey_keys", "rejections")
    with reading(books.context.engine) as connection:
        return {name: connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() for name in tables}


def test_a_list_may_name_our_journeys_instead(books):
    by_journey = [(str(books.context.keys.journey(v_number)), on) for v_number, on in THEIRS]

    assert told(books, listed(*by_journey, header="journey,housedOn")) == told(books, listed(*THEIRS))


def test_the_stream_of_a_half_year_is_nobodys_journey(own_books):
    own_books.post_all([said("quota-published", "2021-03-29", period="2021-II", persons=11_000)])
    stream = "7f3bb1e5-9c50-5b9e-8f0a-111111111111"
    with reading(own_books.context.engine) as connection:
        names = connection.execute(text("SELECT stream FROM events WHERE topic = 'quota-published.v1'")).scalars()
        stream = str(next(iter(names))) if connection.dialect.name == "postgresql" else stream
    (item, *_) = told(own_books, listed((stream, "2021-08-01"), header="journey;housedOn"))["items"]

    assert (item["category"], item["reason"]) == ("only-there", "unknown")


# Both times


def test_what_is_corrected_later_was_not_known_before(own_books):
    own_books.clock.forward(days=1)
    own_books.post(housed(A, "2021-07-25", corrects=OURS[0]["id"], id="anew", at="2022-07-16T08:00:00Z"))
    now = told(own_books, listed(*THEIRS))["items"][0]
    then = told(own_books, listed(*THEIRS), f"{URL}&municipality={UTRECHT}&knownAt=2022-07-15T12:00:00Z")

    assert (now["category"], now["ours"]["housing"]["id"]) == ("other-date", "anew")
    assert (then["items"][0]["category"], then["items"][0]["ours"]["housing"]["id"]) == ("same", OURS[0]["id"])
    assert then["knownAt"] == "2022-07-15T12:00:00.000Z"


def test_what_is_withdrawn_is_no_longer_ours(own_books):
    own_books.clock.forward(days=1)
    own_books.post(withdrawn(A, OURS[0], at="2022-07-16T08:00:00Z"))
    body = told(own_books, listed(*THEIRS))

    assert (body["items"][0]["category"], body["items"][0]["reason"]) == ("only-there", "not-housed")
    assert sums(body) == (2, 4, 6)


def test_on_an_earlier_day_only_what_held_by_then_counts_on_both_sides(books):
    body = told(books, listed(*THEIRS), f"{URL}&municipality={UTRECHT}&validOn=2021-08-05")

    # A counts on both sides and B on theirs; with us H was taken back.
    assert sums(body) == (0, 2, 2)
    assert realised(books, UTRECHT, "&validOn=2021-08-05") == 0


def test_by_the_senders_clock_only_what_they_had_recorded_is_ours(books):
    asked = "&knownAt=2021-08-31T00:00:00Z&knownBy=sender"
    body = told(books, listed(*THEIRS), f"{URL}{asked}")

    # Recorded by then: A, B, and the return of H.
    assert sums(body) == (1, 5, 6)
    assert realised(books, "NL", asked) == 1
    assert body["items"][2]["reason"] == "unknown"


def test_before_anything_was_recorded_nobody_is_known(service):
    body = told(service, listed(*THEIRS))

    assert (body["position"], body["knownAt"], body["ours"], body["theirs"]) == (0, None, 0, 6)
    assert {item["reason"] for item in body["items"]} == {"unknown"}


def test_both_engines_give_the_same_bytes(sqlite_url, postgresql_url):
    with serving(sqlite_url) as one, serving(postgresql_url) as other:
        for service in (one, other):
            service.post_all(OURS)
        for asked in ("", f"&municipality={UTRECHT}", "&validOn=2021-09-02", "&atPosition=9"):
            assert (
                posted(one, listed(*THEIRS), URL + asked).content == posted(other, listed(*THEIRS), URL + asked).content
            )


# Municipalities that merged


def test_the_list_of_a_successor_has_who_was_housed_in_the_predecessor(service):
    service.post_all([housed(A, "2022-02-01", WEESP), housed(B, "2022-04-01", AMSTERDAM)])
    url = "/v1/reconciliations?period=2022-I&municipality={}&validOn={}"
    both = listed((A, "2022-02-01"), (B, "2022-04-01"))
    after, before = (
        told(service, both, url.format(AMSTERDAM, "2022-06-30")),
        told(service, listed((A, "2022-02-01")), url.format(AMSTERDAM, "2022-03-23")),
    )
    of_old = told(service, both, url.format(WEESP, "2022-06-30"))

    assert [item["category"] for item in after["items"]] == ["same", "same"]
    assert (before["items"][0]["reason"], before["ours"]) == ("elsewhere", 0)
    assert (of_old["municipality"], of_old["code"], of_old["ours"]) == (WEESP, AMSTERDAM, 2)
