"""Events that were refused, and which of them are about certain persons; retention deletes those that are too old.

What was refused may be malformed in any way, so nothing is taken for granted: numbers are found with separators in
them, escaped, without their leading zeros, in other scripts' digits, and in what is encoded in base64.
"""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Engine, Row, delete, func, select

from domain.retention import REFUSED, years_before
from projections import dialect
from service.audit.access_log import log_command
from service.log.keys import Keyring, SealBroken
from service.privacy.wiping import wipe
from service.storage.database import reading, writing
from service.storage.service_tables import rejections

_SEARCHED_AT_ONCE = 500
_EXPIRED_AT_ONCE = 5_000
_DIGITS_OF_A_V_NUMBER = 10
#: A V-number that was sent as a number has lost its leading zeros; with fewer digits left it is taken for none.
_LEAST_DIGITS = 6
_RUN = re.compile(r"[0-9]{6,}")
_BETWEEN_DIGITS = re.compile(r"(?<=[0-9])[\s.,/_\-]{1,3}(?=[0-9])")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}")
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})|%([0-9a-fA-F]{2})|&#([0-9]{2,4});")
_ENCODED = re.compile(r"[A-Za-z0-9+/_\-]{16,}={0,2}")
_STRING = re.compile(r'"([^"\n]{1,512})"')


class PersonSearch(NamedTuple):
    """What to look for: certain journeys, and the names of their events, by source their ids."""

    journeys: frozenset[UUID]
    names: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, journeys: Iterable[UUID], names: Iterable[tuple[str, str]]) -> PersonSearch:
        """For these journeys, and events by their source and id."""
        ids: dict[str, set[str]] = {}
        for source, event_id in names:
            ids.setdefault(source, set()).add(event_id)
        return cls(frozenset(journeys), {source: frozenset(some) for source, some in ids.items()})

    def matches(self, keys: Keyring, posted: bytes, source: str | None, event_id: str | None) -> bool:
        """Whether what was posted is about one of these."""
        if source is not None and event_id in self.names.get(source, ()):
            return True
        return any(self._named_in(keys, text) for text in _readings(posted))

    def _named_in(self, keys: Keyring, text: str) -> bool:
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


def search_refused(engine: Engine, keys: Keyring, wanted: PersonSearch) -> Iterator[list[tuple[Row[Any], bytes]]]:
    """What was refused about these persons, with what was posted, in parts of all that was looked through.

    All is: nothing else tells whom it is about. What nobody can open is left out, whoever it is about.
    """
    after = 0
    while True:
        some = select(rejections).where(rejections.c.id > after).order_by(rejections.c.id).limit(_SEARCHED_AT_ONCE)
        with reading(engine) as connection:
            rows = connection.execute(some).all()
        if not rows:
            return
        after = rows[-1].id
        found = []
        for row in rows:
            try:
                posted = keys.open_rejected(bytes(row.sealed))
            except SealBroken:
                continue
            if wanted.matches(keys, posted, row.source, row.source_id):
                found.append((row, posted))
        yield found


def count_expired(engine: Engine, now: datetime) -> int:
    """How much was refused so long ago that retention asks for its destruction."""
    with reading(engine) as connection:
        expired = select(func.count()).select_from(rejections).where(rejections.c.received_at < _expired_before(now))
        count: int = connection.execute(expired).scalar_one()
        return count


def delete_expired(engine: Engine, actor: str, now: datetime) -> int:
    """Delete what was refused so long ago that retention asks for it; how many."""
    deleted, before = 0, _expired_before(now)
    some = select(rejections.c.id).where(rejections.c.received_at < before).limit(_EXPIRED_AT_ONCE)
    while True:
        with writing(engine) as connection:
            ids = list(connection.execute(some).scalars())
            for part in dialect.in_chunks(ids):
                connection.execute(delete(rejections).where(rejections.c.id.in_(part)))
            deleted += len(ids)
            if not ids and deleted:
                log_command(connection, now, actor, "expire refused events", f"{deleted} refused events")
        if not ids:
            break
    # Also where nothing was left to delete: an earlier run may have been interrupted before it came to this.
    wipe(engine)
    return deleted


def _expired_before(now: datetime) -> datetime:
    """What was received before this has been kept for long enough."""
    day = years_before(now.date(), REFUSED.years or 0)
    return datetime.combine(day, now.timetz())
