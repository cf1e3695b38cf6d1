"""Where municipalities lie and which are neighbours, from one point of each."""

from __future__ import annotations

from collections.abc import Mapping
from math import cos, radians

from service.http.pages.map.grid import Point, squared

_KM_A_DEGREE = 111.2
# The middle of the country: what lies there keeps its shape.
_LATITUDE, _LONGITUDE = 52.2, 5.4


def project(latitude: float, longitude: float) -> Point:
    """Where a place lies, in kilometres east and south of the middle of the country."""
    east = (longitude - _LONGITUDE) * _KM_A_DEGREE * cos(radians(_LATITUDE))
    return east, (_LATITUDE - latitude) * _KM_A_DEGREE


def neighbour_pairs(points: Mapping[str, Point]) -> list[tuple[str, str]]:
    """Which are neighbours: two codes with no third in the circle that has them at its ends (Gabriel's graph).

    Boundaries are not in the reference data. Each pair once, lower code first, in code order.
    """
    codes = sorted(points)
    pairs = []
    for index, one in enumerate(codes):
        here = points[one]
        nearest_first = sorted(codes, key=lambda code: squared(here, points[code]))
        for other in codes[index + 1 :]:
            there = points[other]
            middle = (here[0] + there[0]) / 2, (here[1] + there[1]) / 2
            reach = squared(here, there) / 4
            # Who is in the circle is most often near one of its ends.
            if not any(
                squared(middle, points[third]) < reach
                for third in nearest_first
                if third not in {one, other} and squared(here, points[third]) < 4 * reach
            ):
                pairs.append((one, other))
    return pairs
