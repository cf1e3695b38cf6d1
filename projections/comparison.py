"""What moved a cell between two positions of the log? Its parts then beside its parts now.

What differs adds up to the difference. A part that is itself a cell, a balance carried over, is taken apart in turn
where what moved that cell accounts for all of it.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple
from uuid import UUID

from projections.aggregates import P90, Mean, Median
from projections.figure import Between, Cell, Figure, Part, Query


class Amounts(NamedTuple):
    """What parts come to: what they add to the column and to both sides of a ratio, or the only number that it is."""

    amount: int
    numerator: int
    denominator: int


_NOTHING = Amounts(0, 0, 0)


@dataclass(frozen=True)
class Difference:
    """A journey, or something said, that adds something else to a cell than before; None where it was no part of it.

    `part` is as it is now, or else as it was. `behind` are the journeys and streams that it rests on where it is a cell
    of its own that could not be taken apart.
    """

    part: Part
    before: Amounts | None
    after: Amounts | None
    behind: frozenset[UUID | str] = frozenset()

    @property
    def adds(self) -> Amounts:
        """By how much more it counts now."""
        before, after = self.before or _NOTHING, self.after or _NOTHING
        return Amounts(*(now - then for then, now in zip(before, after, strict=True)))

    @property
    def rests_on(self) -> frozenset[UUID | str]:
        """The journeys and streams in which the reason stands."""
        own = self.part.journey or self.part.stream
        return self.behind | {own} if own is not None else self.behind


def differences(figure: Figure, then: Query, now: Query, cell: Cell) -> list[Difference]:
    """The parts of a cell that came, went or differ between two questions that differ only in what was known.

    Streams come first, journeys after them. A journey that counts as before, but did not in between, is among them too.
    """
    _, then, _ = figure.table.resolve(figure, then, cell)
    figure, now, cell = figure.table.resolve(figure, now, cell)
    between = Between(then.asked.position, now.asked.position)
    one_by_one = isinstance(figure.column(cell.column).aggregate, Mean | Median | P90)
    # Where the figure is null, or municipalities count for others now, what changed is not all that differs: then every
    # journey is read, once and not for each balance that is taken apart.
    known = figure.value(then, cell) is not None and figure.value(now, cell) is not None
    alike = known and _same_rows(then, now) and figure.table.same_sides(figure, then, now, cell)
    among = between if alike else Between(-1, between.until)
    was, became = (_by_key(figure.parts(query, cell, among), one_by_one) for query in (then, now))
    passing = _by_key(figure.table.parts_between(figure, now, cell, between), one_by_one)
    moving = now.places.succession_line(figure.table.municipalities_moved(now, between))
    found: list[Difference] = []
    for key in dict.fromkeys((*was, *became, *passing)):
        before, after = (_amounts(parts.get(key)) for parts in (was, became))
        if before == after and key in became and _may_have_moved(became[key][0], moving):
            found += _taken_apart(figure, then, now, Difference(became[key][0], before, after))
        elif before != after or not _rows(passing.get(key, ())) <= _rows((*was.get(key, ()), *became.get(key, ()))):
            part = next(part for parts in (became, was, passing) for part in parts.get(key, ()))
            found += _taken_apart(figure, then, now, Difference(part, before, after))
    some = found if one_by_one else _merged(found)
    return sorted(some, key=lambda one: (one.part.journey is not None, str(one.part.journey or "")))


def _taken_apart(figure: Figure, then: Query, now: Query, one: Difference) -> Iterable[Difference]:
    """A balance carried over as what moved it; itself, with what it rests on, where that does not account for it."""
    carried = one.part.carried
    if carried is None:
        return [one]
    earlier, later = (query.with_parameters(**carried.given) for query in (then, now))
    inner = differences(carried.figure or figure, earlier, later, carried.cell)
    if sum(each.adds.amount for each in inner) * carried.sign == one.adds.amount:
        return [_weighed(each, carried.sign, one.part.weights) for each in inner]
    if one.before == one.after:
        return []
    return [replace(one, behind=frozenset().union(*(each.rests_on for each in inner)))]


def _may_have_moved(part: Part, moving: Collection[str]) -> bool:
    """Whether a balance carried over that is as it was may be made of other parts than before."""
    return part.carried is not None and part.carried.cell.code in moving


def _weighed(one: Difference, sign: int, weights: tuple[int, int]) -> Difference:
    """What moved a cell, as it counts in the one that it was carried into."""

    def counted(amounts: Amounts | None) -> Amounts | None:
        if amounts is None:
            return None
        amount = amounts.amount * sign
        return Amounts(amount, amount * weights[0], amount * weights[1])

    return replace(one, before=counted(one.before), after=counted(one.after))


def _merged(every: Iterable[Difference]) -> Iterator[Difference]:
    """A journey that moves a cell in several half-years, as one."""
    journeys: dict[UUID, Difference] = {}
    for one in every:
        journey = one.part.journey
        if journey is None:
            yield one
        elif journey in journeys:
            first = journeys[journey]
            journeys[journey] = replace(
                first, before=_sum(first.before, one.before), after=_sum(first.after, one.after)
            )
        else:
            journeys[journey] = one
    yield from journeys.values()


def _sum(one: Amounts | None, other: Amounts | None) -> Amounts | None:
    if one is None or other is None:
        return one or other
    return Amounts(*(first + second for first, second in zip(one, other, strict=True)))


def _same_rows(then: Query, now: Query) -> bool:
    """Whether every municipality counts in the same row by what was known then and now."""
    day = now.asked.valid_on
    before, after = then.places, now.places
    if before is after:
        return True
    return before.codes == after.codes and all(
        before.known_code_on(code, day) == after.known_code_on(code, day) for code in after.codes
    )


def _by_key(parts: Iterable[Part], one_by_one: bool) -> dict[Hashable, list[Part]]:
    """Parts that are compared as one: of a journey all that it adds, of a mean or percentile each number by itself."""
    found: dict[Hashable, list[Part]] = {}
    for part in parts:
        found.setdefault(_key(part, one_by_one), []).append(part)
    return found


def _key(part: Part, one_by_one: bool) -> Hashable:
    if part.journey is not None:
        return (part.journey, part.source and part.source.key) if one_by_one else part.journey
    cell = part.carried and (part.carried.cell.code, part.carried.cell.column, part.stream)
    line = part.source and part.source.key
    return part.stream, line, part.municipality, part.details.get("kind"), part.details.get("code"), cell


def _amounts(parts: Sequence[Part] | None) -> Amounts | None:
    if not parts:
        return None
    return Amounts(
        sum(part.amount for part in parts),
        sum(part.numerator for part in parts),
        sum(part.denominator for part in parts),
    )


def _rows(parts: Iterable[Part]) -> set[Hashable]:
    """The rows that parts of a journey were made from."""
    return {
        (part.source, part.municipality, part.amount, part.weights, tuple(part.details.items()))
        for part in parts
        if part.journey is not None
    }
