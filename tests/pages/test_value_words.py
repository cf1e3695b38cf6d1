"""Values of tables that are codes are words on a page."""

from __future__ import annotations

from typing import get_args

from domain.norms import Owner
from service.http.pages.value_words import VALUE_WORDS
from service.queries.finding_words import FINDING_WORDS


def test_whose_turn_it_is_is_said_in_words():
    assert set(get_args(Owner)) <= VALUE_WORDS.keys()


def test_a_finding_is_said_with_what_is_to_be_done_about_it():
    assert all(VALUE_WORDS[code] == words for code, words in FINDING_WORDS.items())
