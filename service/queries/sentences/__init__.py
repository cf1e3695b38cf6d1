"""The history of a journey in words: one sentence an event, in Dutch and in English."""

from __future__ import annotations

from projections.history import Entry
from service.queries.sentences.dutch import DUTCH
from service.queries.sentences.english import ENGLISH
from service.queries.sentences.language import Language, Names, sentence

LANGUAGES: dict[str, Language] = {"nl": DUTCH, "en": ENGLISH}


def sentences(entry: Entry, names: Names) -> dict[str, str]:
    """The sentence of an event, by language."""
    return {code: sentence(entry, language, names) for code, language in LANGUAGES.items()}
