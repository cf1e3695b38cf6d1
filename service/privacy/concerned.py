"""Which refused events are about certain persons: whatever was posted is searched for numbers, journeys and names.

What was refused may be malformed in any way, so nothing is taken for granted: numbers are found with separators in
them, escaped, without their leading zeros, in other scripts' digits, and in what is encoded in base64.
"""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple
from uuid import UUID

from service.log.keys import Keyring

_DIGITS_OF_A_V_NUMBER = 10
#: A V-number that was sent as a number has lost its leading zeros; with fewer digits left it is taken for none.
_LEAST_DIGITS = 6
_RUN = re.compile(r"[0-9]{6,}")
_BETWEEN_DIGITS = re.compile(r"(?<=[0-9])[\s.,/_\-]{1,3}(?=[0-9])")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}")
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})|%([0-9a-fA-F]{2})|&#([0-9]{2,4});")
_ENCODED = re.compile(r"[A-Za-z0-9+/_\-]{16,}={0,2}")
_STRING = re.compile(r'"([^"\n]{1,512})"')


class Concerned(NamedTuple):
    """Certain journeys, and the names of their events: by source their ids."""

    journeys: frozenset[UUID]
    names: Mapping[str, frozenset[str]]

    def concerns(self, keys: Keyring, posted: bytes, source: str | None, event_id: str | None) -> bool:
        """Whether what was posted is about one of these."""
        if source is not None and event_id in self.names.get(source, ()):
            return True
        return any(self._told_in(keys, text) for text in _readings(posted))

    def _told_in(self, keys: Keyring, text: str) -> bool:
        if any(UUID(found) in self.journeys for found in _UUID.findall(text)):
            return True
        if any(keys.journey(number) in self.journeys for number in numbers_in(text)):
            return True
        strings = set(_STRING.findall(text))
        return any(not strings.isdisjoint(self.names[source]) for source in strings & self.names.keys())


def numbers_in(text: str) -> set[str]:
    """Whatever could be a V-number."""
    return {number for run in _runs(text) for number in _windows(run)}


def _runs(text: str) -> Iterator[str]:
    yield from _RUN.findall(text)
    yield from _RUN.findall(_BETWEEN_DIGITS.sub("", text))


def _windows(run: str) -> Iterable[str]:
    if len(run) < _DIGITS_OF_A_V_NUMBER:
        return [run.zfill(_DIGITS_OF_A_V_NUMBER)] if len(run) >= _LEAST_DIGITS else []
    return (run[start : start + _DIGITS_OF_A_V_NUMBER] for start in range(len(run) - _DIGITS_OF_A_V_NUMBER + 1))


def _readings(posted: bytes) -> Iterator[str]:
    """What was posted as text, and what in it is encoded once more."""
    # Without its NULs what came in UTF-16 or UTF-32 reads as ASCII does.
    text = _unescaped(posted.replace(b"\0", b"").decode("utf-8", "replace"))
    yield text
    for encoded in _ENCODED.findall(text):
        try:
            enclosed = base64.b64decode(encoded.translate(_URL_SAFE) + "=" * (-len(encoded) % 4))
        except ValueError:
            continue
        yield _unescaped(enclosed.decode("utf-8", "replace"))


_URL_SAFE = str.maketrans("-_", "+/")


def _unescaped(text: str) -> str:
    plain = _ESCAPED.sub(_character, text)
    return plain if plain.isascii() else "".join(map(_digit, plain))


def _character(escaped: re.Match[str]) -> str:
    unicode, percent, entity = escaped.groups()
    return chr(int(unicode or percent, 16) if unicode or percent else int(entity))


def _digit(character: str) -> str:
    """A digit of any script as ASCII has it."""
    value = unicodedata.decimal(character, None)
    return character if value is None else str(value)
