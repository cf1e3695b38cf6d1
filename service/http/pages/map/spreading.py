"""Making room: points that lie crowded move apart until each has a tile's width, and neighbours stay together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import dist, sqrt

from service.http.pages.map.grid import Point

_ROUNDS = 400
# How much of what is lacking is mended in a round: by two that are too near, by neighbours too far apart, and by one
# that is away from where it lies.
_APART, _TOGETHER, _HOME = 0.45, 0.12, 0.004
# Neighbours further apart than this, in tiles, have water or heath between them.
_FAR = 2.0


def spread(
    points: Mapping[str, Point], pairs: Sequence[tuple[str, str]], fixed: Sequence[Point] = ()
) -> dict[str, Point]:
    """Where each point goes so that no two are nearer than 1, near where it lies and near its neighbours.

    `fixed` are places that are kept free; pairs name neighbours.
    """
    codes = sorted(points)
    at = {code: points[code] for code in codes}
    pulls = [(one, other, min(1.0, (_FAR / dist(points[one], points[other])) ** 3)) for one, other in pairs]
    for _ in range(_ROUNDS):
        moves = {code: [_HOME * (points[code][axis] - at[code][axis]) for axis in (0, 1)] for code in codes}
        for one, other, weight in pulls:
            _draw(at[one], at[other], moves[one], moves[other], _TOGETHER * weight, longer=True)
        west_to_east = sorted(codes, key=lambda code: (at[code], code))
        for index, one in enumerate(west_to_east):
            for other in west_to_east[index + 1 :]:
                if at[other][0] - at[one][0] >= 1:
                    break
                _draw(at[one], at[other], moves[one], moves[other], _APART, longer=False)
            for place in fixed:
                _draw(at[one], place, moves[one], [0.0, 0.0], 2 * _APART, longer=False)
        at = {code: (at[code][0] + moves[code][0], at[code][1] + moves[code][1]) for code in codes}
    return at


def _draw(
    one: Point, other: Point, move: list[float], move_other: list[float], strength: float, *, longer: bool
) -> None:
    """Move two to a distance of 1, if they are further apart (`longer`) or nearer than that."""
    right, down = other[0] - one[0], other[1] - one[1]
    length = sqrt(right * right + down * down)
    if (length > 1) is not longer or length == 0:
        return
    share = strength * (length - 1) / length / 2
    move[0] += share * right
    move[1] += share * down
    move_other[0] -= share * right
    move_other[1] -= share * down
