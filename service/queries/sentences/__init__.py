"""The history of a journey in words: one sentence an event, in Dutch and in English."""

from __future__ import annotations

from typing_extensions import TypedDict

from projections.timeline import Entry
from service.queries.sentences.dutch import DUTCH
from service.queries.sentences.english import ENGLISH
from service.queries.sentences.language import Language, Names, sentence

LANGUAGES: dict[str, Language] = {"nl": DUTCH, "en": ENGLISH}


class Sentence(TypedDict):
    """What happened, what it changed, what became of it, who said so and when it was recorded."""

    nl: str
    en: str


def sentences(entry: Entry, names: Names) -> Sentence:
    """The sentence of an event, by language."""
    return {"nl": sentence(entry, DUTCH, names), "en": sentence(entry, ENGLISH, names)}
