"""Findings as a work list: what each organisation is to set right, over HTTP."""

from __future__ import annotations

import csv
import io

import pytest

from domain.findings import FINDING_CODES
from service.queries.finding_words import FINDING_WORDS
from tests.api.reports import ENSCHEDE, UTRECHT, granted, housed, linked, source
from tests.api.service_under_test import Service
from tests.posts import event

A, B = "9999000001", "9999000002"
COA, IND = source("coa"), source("ind")
OF_COA, OF_IND = (one.split(":")[3] for one in (COA, IND))
OF_ENSCHEDE, OF_UTRECHT = "00000099100000153000", "00000099100000344000"
DAY = "2021-06-30"
DOUBT = event(
    "fact-doubted",
    f"urn:nld:oin:{OF_UTRECHT}:systeem:wonen",
    "doubt",
    vNumber=B,
    effectiveOn="2021-06-01",
    doubts="again",
    doubtsSource=COA,
    reason="nooit gekoppeld",
)
#: A is linked twice to one municipality; B is housed without a home ready, and a link of B is doubted.
EVENTS = [
    granted(A, "2021-03-01"),
    linked(A, "2021-03-10", UTRECHT),
    linked(A, "2021-04-01", UTRECHT),
    granted(B, "2021-03-01"),
    {**linked(B, "2021-03-10", ENSCHEDE), "id": "again"},
    housed(B, "2021-06-10", ENSCHEDE),
    DOUBT,
]


@pytest.fixture(scope="module")
def found(shared_service: Service) -> Service:
    shared_service.post_all(EVENTS)
    return shared_service


def listed(service: Service, **asked: str) -> list[tuple[str, str, str | None]]:
    """Whose findings are listed, which, and who is to set them right."""
    names = {service.journey(A): "A", service.journey(B): "B"}
    items = service.told("/v1/findings", **({"validOn": DAY} | asked))["items"]
    return [(names[item["journey"]], item["finding"], item["organisation"]) for item in items]


def test_each_is_listed_by_the_day_it_is_about_with_who_is_to_set_it_right(found):
    assert listed(found) == [
        ("B", "fact-doubted", OF_COA),
        ("A", "linked-again", OF_COA),
        ("B", "housed-without-home-ready", None),
    ]


def test_a_finding_says_where_it_was_seen_and_what_it_means(found):
    told = found.told("/v1/findings", validOn=DAY, finding="fact-doubted")

    assert told["explanations"] == [
        {
            "finding": "fact-doubted",
            "explanation": {"en": FINDING_WORDS["fact-doubted"].en, "nl": FINDING_WORDS["fact-doubted"].nl},
        }
    ]
    assert told["items"] == [
        {
            "finding": "fact-doubted",
            "journey": found.journey(B),
            "stream": None,
            "municipality": ENSCHEDE,
            "on": "2021-03-10",
            "organisation": OF_COA,
            "event": {"source": DOUBT["source"], "id": "doubt"},
            "doubted": {"source": COA, "id": "again"},
        }
    ]


@pytest.mark.parametrize(
    ("asked", "codes"),
    [
        ({"organisation": OF_COA}, ["fact-doubted", "linked-again"]),
        ({"organisation": OF_IND}, []),
        # What was seen at no event is for the municipality where the journey belongs.
        ({"organisation": OF_ENSCHEDE}, ["housed-without-home-ready"]),
        ({"organisation": OF_UTRECHT}, []),
        ({"municipality": UTRECHT}, ["linked-again"]),
        ({"finding": "no-permit"}, []),
        ({"validOn": "2021-06-09"}, ["fact-doubted", "linked-again"]),
        ({"validOn": "2021-03-31"}, ["fact-doubted"]),
    ],
)
def test_the_list_can_be_narrowed(found, asked, codes):
    assert [code for _, code, _ in listed(found, **asked)] == codes


def test_pages_follow_one_another(found):
    whole = found.told("/v1/findings", validOn=DAY)["items"]
    some, following = [], f"/v1/findings?validOn={DAY}&limit=1"
    while following:
        answer = found.get(following)
        some += answer.json()["items"]
        following = answer.links.get("next", {}).get("url")
    assert some == whole


def test_as_a_file_it_has_a_row_a_finding(found):
    answer = found.get(f"/v1/findings?validOn={DAY}&format=csv")

    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["finding"], row["eventId"], row["doubtedId"]) for row in rows] == [
        ("fact-doubted", "doubt", "again"),
        ("linked-again", rows[1]["eventId"], ""),
        ("housed-without-home-ready", "", ""),
    ]


def test_no_other_codes_are_asked_for(found):
    answer = found.get("/v1/findings?finding=unheard-of")

    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (400, "finding")


def test_every_code_is_explained_in_both_languages():
    assert set(FINDING_WORDS) == set(FINDING_CODES)
    assert all(words.en.endswith(".") and words.nl.endswith(".") for words in FINDING_WORDS.values())
