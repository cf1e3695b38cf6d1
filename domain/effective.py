"""What is in force: the effective history of one stream, or person, for the two times asked (contract, section 4).

An event and all that correct it, directly or through one another, are one *account* of a fact. A version that another
one corrects is out of force, whatever the time of either: clocks differ. Of those that none corrects the newest speaks
for the account. A withdrawal is an account too: it can be corrected and withdrawn, and then the first fact is back.
Position plays no part, so no order of arrival can change anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import NamedTuple

from domain.facts import (
    Died,
    EventWithdrawn,
    LeftUnknownDestination,
    LinkEnded,
    PermitEnded,
    Recorded,
    VNumberReplaced,
)

_ENDINGS_FIRST = {LinkEnded.TOPIC, PermitEnded.TOPIC}
_DEPARTURES_LAST = {Died.TOPIC, LeftUnknownDestination.TOPIC}

Key = tuple[str, str]


class Finding(NamedTuple):
    """Something missing or contradictory: a stable code, and the event (source, id) and day it was seen at."""

    code: str
    source: str
    id: str
    on: date


class Force(NamedTuple):
    """Which events are in force, and why the others are not.

    `speaking`: in force, in effective order, withdrawals left out. `replaced_by`: (source, id) of an event to that of
    the version which speaks instead. `withdrawn_by`: (source, id) of a withdrawn event to that of its withdrawal.
    """

    speaking: tuple[Recorded, ...]
    replaced_by: dict[Key, Key]
    withdrawn_by: dict[Key, Key]
    findings: tuple[Finding, ...]


def effective_order(event: Recorded) -> tuple[date, int, datetime, str, str]:
    """By the day it held; within a day endings first and departures last, the others as their senders recorded them."""
    topic = event.fact.TOPIC
    rank = 0 if topic in _ENDINGS_FIRST else 2 if topic in _DEPARTURES_LAST else 1
    return event.effective_on, rank, event.sent_at, event.source, event.id


def force(history: Iterable[Recorded]) -> Force:
    """What is in force among the events of one stream that are known; `history` may come in any order."""
    events = list(history)
    if not any(event.corrects is not None or type(event.fact) is EventWithdrawn for event in events):
        return Force(tuple(sorted(events, key=effective_order)), {}, {}, ())
    by_key = {_key(event): event for event in events}
    apart = _apart(events)
    findings: list[Finding] = []
    target_of = _corrections(by_key, apart, findings)
    account_of = _accounts(by_key, target_of)
    speaker = _speakers(by_key, account_of, target_of, findings)
    out_by = _taken_out(by_key, apart, account_of, speaker, findings)

    replaced_by: dict[Key, Key] = {}
    withdrawn_by: dict[Key, Key] = {}
    for key in by_key:
        account = account_of[key]
        if account in out_by:
            withdrawn_by[key] = out_by[account]
        if speaker[account] != key:
            replaced_by[key] = speaker[account]
    speaking = sorted(
        (
            by_key[key]
            for account, key in speaker.items()
            if account not in out_by and type(by_key[key].fact) is not EventWithdrawn
        ),
        key=effective_order,
    )
    return Force(tuple(speaking), replaced_by, withdrawn_by, tuple(sorted(findings)))


def known(history: Iterable[Recorded], position: int) -> list[Recorded]:
    """The events known at a log position."""
    return [event for event in history if event.position <= position]


def effective(history: Iterable[Recorded], valid_on: date) -> tuple[Recorded, ...]:
    """The effective history of a stream on a day: what is in force and held by then, in effective order."""
    return tuple(event for event in force(history).speaking if event.effective_on <= valid_on)


def _key(event: Recorded) -> Key:
    return event.source, event.id


class _Strands:
    """Events that are bound to one another, found by any of them."""

    def __init__(self, keys: Iterable[Key]) -> None:
        self._parent = {key: key for key in keys}

    def root(self, key: Key) -> Key:
        """The least of those bound together."""
        while self._parent[key] != key:
            self._parent[key] = self._parent[self._parent[key]]
            key = self._parent[key]
        return key

    def bind(self, one: Key, other: Key) -> None:
        first, second = sorted((self.root(one), self.root(other)))
        self._parent[second] = first


def _apart(events: Sequence[Recorded]) -> frozenset[Key]:
    """Where two journeys are read as one person's: what is said of replaced V-numbers, and what corrects or withdraws
    that in its own stream.

    It holds in that stream alone: taken out by what another says it would make that another person's.
    """
    if len({event.stream for event in events}) < 2:
        return frozenset()
    by_key = {_key(event): event for event in events}
    strands = _Strands(by_key)
    for key, event in by_key.items():
        named = [(event.corrects_source or event.source, event.corrects)] if event.corrects is not None else []
        if isinstance(event.fact, EventWithdrawn):
            named.append((event.source, event.fact.withdraws))
        for other in named:
            if other in by_key and by_key[other].stream == event.stream:
                strands.bind(key, other)
    claims = {strands.root(_key(event)) for event in events if isinstance(event.fact, VNumberReplaced)}
    return frozenset(key for key in by_key if strands.root(key) in claims)


def _reaches(event: Recorded, other: Recorded | None, apart: frozenset[Key]) -> bool:
    """Whether an event can correct or withdraw another: that is there, and not apart from it."""
    if other is None:
        return False
    return event.stream == other.stream or apart.isdisjoint((_key(event), _key(other)))


def _corrections(by_key: dict[Key, Recorded], apart: frozenset[Key], findings: list[Finding]) -> dict[Key, Key]:
    """What each correction corrects; a correction of what is not here has no effect."""
    target_of: dict[Key, Key] = {}
    for key, event in by_key.items():
        if event.corrects is None:
            continue
        target = (event.corrects_source or event.source, event.corrects)
        if _reaches(event, by_key.get(target), apart):
            target_of[key] = target
        else:
            findings.append(Finding("corrects-unknown-event", event.source, event.id, event.effective_on))
    return target_of


def _accounts(by_key: dict[Key, Recorded], target_of: dict[Key, Key]) -> dict[Key, Key]:
    """Every event's account, named by one of its members."""
    strands = _Strands(by_key)
    for key, target in target_of.items():
        strands.bind(key, target)
    return {key: strands.root(key) for key in by_key}


def _speakers(
    by_key: dict[Key, Recorded], account_of: dict[Key, Key], target_of: dict[Key, Key], findings: list[Finding]
) -> dict[Key, Key]:
    """The version that speaks for each account: the newest of those that no other corrects, by (time, id).

    The source only settles what those two leave open. Where they correct each other in a ring, and nothing outside it
    does, none is left, and the newest of all speaks.
    """
    for key in _rings(target_of):
        event = by_key[key]
        findings.append(Finding("corrections-in-a-ring", event.source, event.id, event.effective_on))
    corrected = {target for key, target in target_of.items() if key != target}
    speaker: dict[Key, Key] = {}
    for key in sorted(by_key, key=lambda key: (key not in corrected, _newness(by_key[key]))):
        speaker[account_of[key]] = key
    return speaker


def _newness(event: Recorded) -> tuple[datetime, str, str]:
    return event.sent_at, event.id, event.source


def _taken_out(
    by_key: dict[Key, Recorded],
    apart: frozenset[Key],
    account_of: dict[Key, Key],
    speaker: dict[Key, Key],
    findings: list[Finding],
) -> dict[Key, Key]:
    """The accounts that a withdrawal in force takes out, each with that withdrawal; withdrawals in a ring are void."""
    target_of: dict[Key, Key] = {}
    for account, key in speaker.items():
        event = by_key[key]
        if not isinstance(event.fact, EventWithdrawn):
            continue
        target = (event.source, event.fact.withdraws)
        if _reaches(event, by_key.get(target), apart):
            target_of[account] = account_of[target]
        else:
            findings.append(Finding("withdraws-unknown-event", event.source, event.id, event.effective_on))
    for account in _rings(target_of):
        event = by_key[speaker[account]]
        findings.append(Finding("withdrawals-in-a-ring", event.source, event.id, event.effective_on))
        del target_of[account]

    withdrawals_of: dict[Key, list[Key]] = {}
    for account, target in target_of.items():
        withdrawals_of.setdefault(target, []).append(account)
    out_by: dict[Key, Key] = {}
    # Without rings the withdrawals form trees: an account is out when one of its withdrawals is itself not out.
    settled: set[Key] = set()
    for start in withdrawals_of:
        pending = [start]
        while pending:
            account = pending[-1]
            if account in settled:
                pending.pop()
                continue
            before = [one for one in withdrawals_of.get(account, []) if one not in settled]
            if before:
                pending += before
                continue
            standing = sorted(speaker[one] for one in withdrawals_of.get(account, []) if one not in out_by)
            if standing:
                out_by[account] = standing[0]
            settled.add(pending.pop())
    return out_by


def _rings(target_of: dict[Key, Key]) -> Sequence[Key]:
    """What lies on a ring (each has one target, so a walk finds it)."""
    on_ring: list[Key] = []
    seen: set[Key] = set()
    for start in target_of:
        walk: list[Key] = []
        account: Key | None = start
        while account is not None and account not in seen:
            seen.add(account)
            walk.append(account)
            account = target_of.get(account)
        if account in walk:
            on_ring += walk[walk.index(account) :]
    return on_ring
