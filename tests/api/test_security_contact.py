"""`/.well-known/security.txt`: whom to tell of a weakness."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from service.foundation.settings import Settings
from tests.api.service_under_test import serving

ADDRESS = "/.well-known/security.txt"
CONTACT = "mailto:veiligheid@ketenspoor.example"


def test_it_names_the_contact_in_the_words_of_the_standard_and_expires_within_a_year(sqlite_url):
    now = datetime(2022, 7, 15, 23, 30, tzinfo=UTC)
    with serving(sqlite_url, now, security_contact=CONTACT, public_url="https://keten.example") as service:
        answer = service.request("GET", ADDRESS)

    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    assert answer.text == (
        f"Contact: {CONTACT}\n"
        "Expires: 2023-01-11T00:00:00.000Z\n"
        "Preferred-Languages: nl, en\n"
        "Canonical: https://keten.example/.well-known/security.txt\n"
    )


def test_without_a_contact_there_is_nothing(sqlite_url):
    with serving(sqlite_url) as service:
        answer = service.request("GET", ADDRESS)

    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


@pytest.mark.parametrize(
    "contact", ["veiligheid", "http://elders.example", "mailto:", "mailto:a\nContact: b", "mailto:é"]
)
def test_a_contact_is_an_address(contact):
    with pytest.raises(ValidationError):
        Settings(security_contact=contact)
