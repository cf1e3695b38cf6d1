"""Every word of the pages stands in English, once: the catalogues and what is extracted from modules and templates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import pytest
from babel.messages.extract import extract
from babel.messages.pofile import read_po

import service.http.pages

PAGES = Path(service.http.pages.__file__).parent
CATALOGUES = PAGES / "translations" / "en"
#: What texts are called by, in modules and templates.
_KEYWORDS = {"_": None, "gettext": None, "say": None, "ngettext": (1, 2)}
_TEMPLATES = {"extensions": "jinja2.ext.i18n", "trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}
_PLACEHOLDER = re.compile(r"%\([a-z_]+\)[sd]|%%|<[^>]*>")

#: A text, or that of one and that of several.
Message = tuple[str, ...]


class Translated(NamedTuple):
    """A text of a catalogue, and in which it stands."""

    message: Message
    english: Message
    catalogue: str


def _message(found: object) -> Message:
    return tuple(str(one) for one in found) if isinstance(found, (tuple, list)) else (str(found),)


def _in_code() -> Iterator[tuple[Message, str]]:
    """Every text of modules and templates, and where it stands."""
    for path in sorted([*PAGES.rglob("*.py"), *PAGES.rglob("*.jinja")]):
        is_module = path.suffix == ".py"
        method, options = ("python", {}) if is_module else ("jinja2.ext.babel_extract", _TEMPLATES)
        # In a template only a name is seen that is called, not what is called of something.
        source = BytesIO(
            path.read_bytes() if is_module else path.read_bytes().replace(b"language.ngettext(", b"ngettext(")
        )
        for line, found, _, _ in extract(method, source, _KEYWORDS, (), options):
            yield _message(found), f"{path.relative_to(PAGES)}:{line}"


def _in_catalogues() -> Iterator[Translated]:
    for path in sorted(CATALOGUES.glob("*.po")):
        with path.open("rb") as file:
            for one in read_po(file, "en"):
                if one.id:
                    yield Translated(_message(one.id), _message(one.string), path.name)


@pytest.fixture(scope="module")
def texts() -> dict[Message, str]:
    return dict(_in_code())


@pytest.fixture(scope="module")
def translated() -> list[Translated]:
    return list(_in_catalogues())


def _told(lines: list[str]) -> str:
    return "\n".join(["", *sorted(lines)])


def test_every_text_stands_in_a_catalogue(texts, translated):
    there = {one.message for one in translated}
    missing = [f"{where}: {text[0]}" for text, where in texts.items() if text not in there]
    assert not missing, "no English; add it to translations/en/<page>.po:" + _told(missing)


def test_no_text_stands_in_a_catalogue_that_no_page_says(texts, translated):
    unused = [f"{one.catalogue}: {one.message[0]}" for one in translated if one.message not in texts]
    assert not unused, "said nowhere; take it out:" + _told(unused)


def test_a_text_stands_in_one_catalogue_only(translated):
    first: dict[Message, str] = {}
    twice = []
    for one in translated:
        if one.message in first:
            twice.append(f"{first[one.message]} and {one.catalogue}: {one.message[0]}")
        first[one.message] = one.catalogue
    assert not twice, "stands twice; keep the one of the page that says it most:" + _told(twice)


def test_the_english_is_there_and_has_what_is_filled_in(translated):
    faults = []
    for one in translated:
        if not all(one.english) or len(one.english) != len(one.message):
            faults.append(f"{one.catalogue}: no English of {one.message[0]}")
        for dutch, english in zip(one.message, one.english, strict=False):
            if sorted(_PLACEHOLDER.findall(dutch)) != sorted(_PLACEHOLDER.findall(english)):
                faults.append(f"{one.catalogue}: fills in something else: {dutch} / {english}")
    assert not faults, _told(faults)


def test_the_check_sees_texts_of_every_kind(texts):
    assert ("Naar de inhoud",) in texts  # of a template
    assert ("%(num)s week", "%(num)s weken") in texts  # for one and for several
    assert any(text[0].startswith("Ketenspoor volgt de keten") for text in texts)  # a block with something filled in
    assert ("Niet gevonden",) in texts  # of a module
