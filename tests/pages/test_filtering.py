"""A list that gets shorter while one types shows what the same words find with the button."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.api.service_under_test import Service, serving

HTML = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def service(another_sqlite_url) -> Iterator[Service]:
    with serving(another_sqlite_url()) as started:
        yield started


def html(service: Service, address: str) -> str:
    answer = service.request("GET", address, headers=HTML)
    assert answer.status_code == 200, address
    return answer.text


@pytest.mark.parametrize(
    ("address", "typed"),
    [
        ("/cijfers", True),
        ("/cijfers?zoek=taak", False),
        ("/gemeenten", True),
        ("/gemeenten?zoek=en", False),
        ("/cijfers/supply?groupBy=municipality", True),
        ("/cijfers/supply?groupBy=municipality&naam=am", False),
        # Some of its rows stand on another page.
        ("/cijfers/supply?groupBy=municipality&columns=all", False),
    ],
)
def test_typing_shortens_only_a_list_that_is_whole(service, address, typed):
    assert ("data-filters" in html(service, address)) is typed


def test_words_of_a_name_are_sought_as_they_are_while_one_types(service):
    assert html(service, "/cijfers/realisation?groupBy=municipality&naam=rijn%20alphen").count("data-words=") == 1


def test_who_finds_a_municipality_stays_in_the_half_year(service):
    answer = service.request("GET", "/gemeenten?zoek=woudenberg&period=2021-I", headers=HTML)
    assert (answer.status_code, answer.headers["location"]) == (303, "./gemeenten/GM0351?period=2021-I")
