"""A stream taken apart into strands: what is in force of one does not depend on what is said in another."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator

from domain.facts import EventWithdrawn, Recorded


def strands(history: Iterable[Recorded]) -> list[tuple[Recorded, list[Recorded]]]:
    """Every event with its strand, which is in the order given.

    A strand is all that speaks of one municipality, or of none in particular, and whatever corrects or withdraws that.
    """
    parent: dict[Hashable, Hashable] = {}

    def root(node: Hashable) -> Hashable:
        while (above := parent.setdefault(node, node)) != node:
            parent[node] = node = parent[above]
        return node

    events = list(history)
    for event in events:
        for other in _bound_to(event):
            parent[root((event.source, event.id))] = root(other)
    found: dict[Hashable, list[Recorded]] = {}
    for event in events:
        found.setdefault(root((event.source, event.id)), []).append(event)
    return [(event, strand) for strand in found.values() for event in strand]


def _bound_to(event: Recorded) -> Iterator[Hashable]:
    """What an event speaks of, and the events that it names."""
    if event.corrects is not None:
        yield event.corrects_source or event.source, event.corrects
    if isinstance(event.fact, EventWithdrawn):
        yield event.source, event.fact.withdraws
    else:
        yield getattr(event.fact, "municipality", None)
