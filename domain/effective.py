"""Which events of a stream, or person, are in effect, for the two times asked (contract, section 4).

An event and all that correct it, directly or through one another, are one *correction chain*. A version that another
one corrects is replaced, whatever the time of either: clocks differ. Of those that none corrects the newest is the
chain's version in effect. A withdrawal is a chain too: it can be corrected and withdrawn, and then the first fact is
back. Position plays no part, so no order of arrival can change anything.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Generic, NamedTuple, TypeVar

from domain.facts import (
    Died,
    EventKey,
    EventWithdrawn,
    LeftUnknownDestination,
    LinkEnded,
    PermitEnded,
    Recorded,
    VNumberReplaced,
)

_Node = TypeVar("_Node", bound=Hashable)

_ENDINGS_FIRST = {LinkEnded.TOPIC, PermitEnded.TOPIC}
_DEPARTURES_LAST = {Died.TOPIC, LeftUnknownDestination.TOPIC}


class Finding(NamedTuple):
    """Something missing or contradictory: a stable code, and the event (source, id) and day it was seen at."""

    code: str
    source: str
    id: str
    on: date


class EffectiveEvents(NamedTuple):
    """Which events are in effect, and why the others are not.

    `events`: those in effect, in effective order, withdrawals left out. `replaced_by`: the key of an event to that of
    the version in effect instead. `withdrawn_by`: the key of a withdrawn event to that of its withdrawal.
    """

    events: tuple[Recorded, ...]
    replaced_by: dict[EventKey, EventKey]
    withdrawn_by: dict[EventKey, EventKey]
    findings: tuple[Finding, ...]


def effective_order(event: Recorded) -> tuple[date, int, datetime, str, str]:
    """By the day it held; within a day endings first and departures last, the others as their senders recorded them."""
    topic = event.fact.TOPIC
    rank = 0 if topic in _ENDINGS_FIRST else 2 if topic in _DEPARTURES_LAST else 1
    return event.effective_on, rank, event.sent_at, event.source, event.id


def effective_events(history: Iterable[Recorded]) -> EffectiveEvents:
    """What is in effect among the events of one stream that are known; `history` may come in any order."""
    events = list(history)
    if not any(event.corrects is not None or type(event.fact) is EventWithdrawn for event in events):
        return EffectiveEvents(tuple(sorted(events, key=effective_order)), {}, {}, ())
    by_key = {event.key: event for event in events}
    linking_persons = _linking_persons(events)
    findings: list[Finding] = []
    corrections = _corrections(by_key, linking_persons, findings)
    chain_of = _chains(by_key, corrections)
    versions = _versions_in_effect(by_key, chain_of, corrections, findings)
    withdrawals = _withdrawals(by_key, linking_persons, chain_of, versions, findings)

    replaced_by: dict[EventKey, EventKey] = {}
    withdrawn_by: dict[EventKey, EventKey] = {}
    for key in by_key:
        chain = chain_of[key]
        if chain in withdrawals:
            withdrawn_by[key] = withdrawals[chain]
        if versions[chain] != key:
            replaced_by[key] = versions[chain]
    in_effect = sorted(
        (
            by_key[key]
            for chain, key in versions.items()
            if chain not in withdrawals and type(by_key[key].fact) is not EventWithdrawn
        ),
        key=effective_order,
    )
    return EffectiveEvents(tuple(in_effect), replaced_by, withdrawn_by, tuple(sorted(findings)))


def effective_events_on(history: Iterable[Recorded], valid_on: date) -> tuple[Recorded, ...]:
    """The effective history of a stream on a day: what is in effect and held by then, in effective order."""
    return tuple(event for event in effective_events(history).events if event.effective_on <= valid_on)


def independent_groups(history: Iterable[Recorded]) -> list[tuple[Recorded, list[Recorded]]]:
    """Every event with its group, which is in the order given: what is in effect of one group depends on no other.

    A group is all that names one municipality, or none, and whatever corrects or withdraws that.
    """
    events, groups = list(history), _DisjointSets[Hashable]()
    for event in events:
        if event.corrected_key is not None:
            groups.join(event.key, event.corrected_key)
        if isinstance(event.fact, EventWithdrawn):
            groups.join(event.key, (event.source, event.fact.withdraws))
        else:
            groups.join(event.key, getattr(event.fact, "municipality", None))
    found: dict[Hashable, list[Recorded]] = {}
    for event in events:
        found.setdefault(groups.root(event.key), []).append(event)
    return [(event, group) for group in found.values() for event in group]


def cycles(target_of: Mapping[_Node, _Node]) -> list[_Node]:
    """What lies on a cycle of a graph in which each node has one target at most."""
    found: list[_Node] = []
    seen: set[_Node] = set()
    for start in target_of:
        walk: list[_Node] = []
        node: _Node | None = start
        while node is not None and node not in seen:
            seen.add(node)
            walk.append(node)
            node = target_of.get(node)
        if node in walk:
            found += walk[walk.index(node) :]
    return found


class _DisjointSets(Generic[_Node]):
    """Sets of nodes that were joined, each found by any of its nodes."""

    def __init__(self) -> None:
        self._parent: dict[_Node, _Node] = {}

    def root(self, node: _Node) -> _Node:
        """The node that names the set of this one."""
        while (above := self._parent.setdefault(node, node)) != node:
            self._parent[node] = node = self._parent[above]
        return node

    def join(self, one: _Node, other: _Node) -> None:
        self._parent[self.root(one)] = self.root(other)


def _linking_persons(events: Sequence[Recorded]) -> frozenset[EventKey]:
    """Where the streams of one person are read together: the events that say so (a V-number was replaced), and what
    corrects or withdraws those in their own stream.

    These can be corrected and withdrawn in their own stream only: by what another stream says the person would lose
    that very stream.
    """
    if len({event.stream for event in events}) < 2:
        return frozenset()
    by_key = {event.key: event for event in events}
    groups = _DisjointSets[EventKey]()
    for key, event in by_key.items():
        named = [] if event.corrected_key is None else [event.corrected_key]
        if isinstance(event.fact, EventWithdrawn):
            named.append((event.source, event.fact.withdraws))
        for other in named:
            if other in by_key and by_key[other].stream == event.stream:
                groups.join(key, other)
    roots = {groups.root(event.key) for event in events if isinstance(event.fact, VNumberReplaced)}
    return frozenset(key for key in by_key if groups.root(key) in roots)


def _can_change(event: Recorded, other: Recorded | None, linking_persons: frozenset[EventKey]) -> bool:
    """Whether an event can correct or withdraw another: one known, of the same stream if either links persons."""
    if other is None:
        return False
    return event.stream == other.stream or linking_persons.isdisjoint((event.key, other.key))


def _corrections(
    by_key: dict[EventKey, Recorded], linking_persons: frozenset[EventKey], findings: list[Finding]
) -> dict[EventKey, EventKey]:
    """What each correction corrects; a correction of what is not known has no effect."""
    found: dict[EventKey, EventKey] = {}
    for key, event in by_key.items():
        target = event.corrected_key
        if target is None:
            continue
        if _can_change(event, by_key.get(target), linking_persons):
            found[key] = target
        else:
            findings.append(Finding("corrects-unknown-event", event.source, event.id, event.effective_on))
    return found


def _chains(by_key: dict[EventKey, Recorded], corrections: dict[EventKey, EventKey]) -> dict[EventKey, EventKey]:
    """Every event's correction chain, named by one of its events."""
    chains = _DisjointSets[EventKey]()
    for key, target in corrections.items():
        chains.join(key, target)
    return {key: chains.root(key) for key in by_key}


def _versions_in_effect(
    by_key: dict[EventKey, Recorded],
    chain_of: dict[EventKey, EventKey],
    corrections: dict[EventKey, EventKey],
    findings: list[Finding],
) -> dict[EventKey, EventKey]:
    """The version in effect of each chain: the newest of those that no other corrects, by (time, id).

    The source only settles what those two leave open. Where versions correct each other in a cycle, and nothing outside
    it does, none is left, and the newest of all is in effect.
    """
    for key in cycles(corrections):
        event = by_key[key]
        findings.append(Finding("corrections-in-a-ring", event.source, event.id, event.effective_on))
    corrected = {target for key, target in corrections.items() if key != target}
    versions: dict[EventKey, EventKey] = {}
    for key in sorted(by_key, key=lambda key: (key not in corrected, _newness(by_key[key]))):
        versions[chain_of[key]] = key
    return versions


def _newness(event: Recorded) -> tuple[datetime, str, str]:
    return event.sent_at, event.id, event.source


def _withdrawals(
    by_key: dict[EventKey, Recorded],
    linking_persons: frozenset[EventKey],
    chain_of: dict[EventKey, EventKey],
    versions: dict[EventKey, EventKey],
    findings: list[Finding],
) -> dict[EventKey, EventKey]:
    """The chains that a withdrawal in effect withdraws, each with it; withdrawals in a cycle are void."""
    target_of: dict[EventKey, EventKey] = {}
    for chain, key in versions.items():
        event = by_key[key]
        if not isinstance(event.fact, EventWithdrawn):
            continue
        target = (event.source, event.fact.withdraws)
        if _can_change(event, by_key.get(target), linking_persons):
            target_of[chain] = chain_of[target]
        else:
            findings.append(Finding("withdraws-unknown-event", event.source, event.id, event.effective_on))
    for chain in cycles(target_of):
        event = by_key[versions[chain]]
        findings.append(Finding("withdrawals-in-a-ring", event.source, event.id, event.effective_on))
        del target_of[chain]

    withdrawals_of: dict[EventKey, list[EventKey]] = {}
    for chain, target in target_of.items():
        withdrawals_of.setdefault(target, []).append(chain)
    found: dict[EventKey, EventKey] = {}
    # Without cycles the withdrawals form trees: a chain is withdrawn when one of its withdrawals is itself not.
    settled: set[EventKey] = set()
    for start in withdrawals_of:
        pending = [start]
        while pending:
            chain = pending[-1]
            if chain in settled:
                pending.pop()
                continue
            before = [one for one in withdrawals_of.get(chain, []) if one not in settled]
            if before:
                pending += before
                continue
            in_effect = sorted(versions[one] for one in withdrawals_of.get(chain, []) if one not in found)
            if in_effect:
                found[chain] = in_effect[0]
            settled.add(pending.pop())
    return found
