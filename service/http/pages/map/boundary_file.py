"""Reading a file of official boundaries: GeoJSON as CBS and Kadaster publish it, checked and made light.

The only module that knows shapely, which is imported when a file is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from service.http.pages.map.boundaries import METRES, TOP, Boundary
from service.http.pages.map.shapes import Corner, Ring, path_data

if TYPE_CHECKING:
    from shapely import Geometry

#: As much as all areas may weigh on a page, in bytes; with names and links the map stays under 150 KB.
WEIGHT: Final = 70_000
# Within which coordinates of the country lie, least and greatest: longitude and latitude, and RD in metres.
_DEGREES, _GRID = ((3.0, 50.5), (7.5, 54.0)), ((-10_000.0, 280_000.0), (300_000.0, 650_000.0))
# How much is left out at first, in units, and how much more each time that it is not enough.
_FINEST, _COARSER = 0.5, 1.3
_IN_DEGREES = ("CRS84", "4326", "4258")
# By powers of latitude and longitude.
_X = (
    *((0, 1, 190094.945), (1, 1, -11832.228), (2, 1, -114.221), (0, 3, -32.391), (1, 0, -0.705)),
    *((3, 1, -2.340), (1, 3, -0.608), (0, 2, -0.008), (2, 3, 0.148)),
)
_Y = (
    *((1, 0, 309056.544), (0, 2, 3638.893), (2, 0, 73.077), (1, 2, -157.984), (3, 0, 59.788)),
    *((0, 1, 0.433), (2, 2, -6.439), (1, 1, -0.032), (0, 4, 0.092), (1, 4, -0.054)),
)


class InvalidBoundaries(Exception):
    """A file that is not kept; `faults` are all that were found in it, each a line."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = list(faults)


def read_boundaries(data: bytes, municipalities: Mapping[str, str]) -> list[Boundary]:
    """The areas of all municipalities, in code order, simplified so that those that touch still do.

    `municipalities` are the names by code of those that there must be, each once. A feature has its code as `statcode`;
    coordinates are RD (EPSG:28992) or WGS84, as `crs` says or their range. InvalidBoundaries with all faults.
    """
    features, degrees = _features(data)
    faults, seen = list[str](), set[str]()
    areas: dict[str, Geometry] = {}
    for number, feature in enumerate(features, 1):
        code, name = _property(feature, "statcode"), _property(feature, "statnaam")
        called = f"feature {number}" + (f" ({code} {name})" if code else "")
        if not code:
            faults.append(f"{called}: has no statcode")
        elif code not in municipalities:
            faults.append(f"{called}: is no municipality of that year")
        elif code in seen:
            faults.append(f"{called}: is there twice")
        seen.add(code)
        try:
            areas[code] = _area(feature, degrees=degrees)
        except _Unusable as fault:
            faults.append(f"{called}: {fault}")
    faults += [f"{code} {name} is missing" for code, name in sorted(municipalities.items()) if code not in seen]
    faults += _overlaps(areas)
    if faults:
        raise InvalidBoundaries(faults)
    return _simplified({code: areas[code] for code in sorted(areas)})


class _Unusable(Exception):
    """A shape that can't be drawn."""


def _features(data: bytes) -> tuple[list[Any], bool]:
    """The features of a file, and whether their coordinates are degrees."""
    try:
        document = json.loads(data)
    except ValueError as fault:
        raise InvalidBoundaries([f"it is not JSON: {fault}"]) from None
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list) or not features or document.get("type") != "FeatureCollection":
        raise InvalidBoundaries(["it is not a FeatureCollection with features"])
    if "crs" not in document:
        first = next((number for each in features for number in _numbers(_member(each, "geometry"))), 0.0)
        return features, abs(first) <= 180
    named = json.dumps(document["crs"])
    if "28992" in named:
        return features, False
    if any(name in named for name in _IN_DEGREES):
        return features, True
    raise InvalidBoundaries([f"crs must be EPSG:28992 (RD) or WGS84, and is {named}"])


def _member(found: Any, name: str) -> Any:
    return found.get(name) if isinstance(found, dict) else None


def _property(feature: Any, name: str) -> str:
    return str(_member(_member(feature, "properties"), name) or "")


def _numbers(found: Any) -> Iterator[float]:
    """The numbers of some coordinates, the first first."""
    if isinstance(found, dict):
        yield from _numbers(found.get("coordinates"))
    elif isinstance(found, list):
        for each in found:
            yield from _numbers(each)
    elif isinstance(found, int | float):
        yield float(found)


def _area(feature: Any, *, degrees: bool) -> Geometry:
    """The area of a feature, in units of shapes."""
    import shapely  # noqa: PLC0415  it weighs 20 MB, and a server never needs it
    from shapely.geometry import shape  # noqa: PLC0415  the same

    geometry = _member(feature, "geometry")
    if _member(geometry, "type") not in {"Polygon", "MultiPolygon"}:
        raise _Unusable("its geometry must be a Polygon or MultiPolygon")
    try:
        area = shape(geometry)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, shapely.errors.ShapelyError):
        raise _Unusable("its coordinates are no rings of pairs of numbers") from None
    if area.is_empty:
        raise _Unusable("its geometry is empty")
    if not area.is_valid:
        raise _Unusable(f"its geometry is invalid: {shapely.is_valid_reason(area)}")
    (west, south), (east, north) = _DEGREES if degrees else _GRID
    least_x, least_y, greatest_x, greatest_y = area.bounds
    if not (west <= least_x and greatest_x <= east and south <= least_y and greatest_y <= north):
        raise _Unusable(f"it lies outside the country, between {area.bounds[:2]} and {area.bounds[2:]}")
    return shapely.transform(shapely.force_2d(area), _units_of_degrees if degrees else _units, interleaved=False)


def _units(x: Any, y: Any) -> tuple[Any, Any]:
    return x / METRES, (TOP - y) / METRES


def _units_of_degrees(longitude: Any, latitude: Any) -> tuple[Any, Any]:
    """Degrees (WGS84) by the polynomials of Schreutelkamp and Strang van Hees, right to a metre."""
    down, right = 0.36 * (latitude - 52.15517440), 0.36 * (longitude - 5.38720621)
    x = 155_000 + sum(factor * down**p * right**q for p, q, factor in _X)
    y = 463_000 + sum(factor * down**p * right**q for p, q, factor in _Y)
    return _units(x, y)


def _overlaps(areas: Mapping[str, Geometry]) -> list[str]:
    """Those whose sides lie across those of another, or do not have the corners of their neighbours."""
    import shapely  # noqa: PLC0415  as above

    sides = shapely.coverage_invalid_edges(list(areas.values()))
    return [
        f"{code}: overlaps a neighbour, or does not have its corners"
        for code, wrong in zip(areas, sides, strict=True)
        if not wrong.is_empty
    ]


def _simplified(areas: Mapping[str, Geometry]) -> list[Boundary]:
    import shapely  # noqa: PLC0415  as above

    given, tolerance = list(areas.values()), _FINEST
    while True:
        simple = shapely.coverage_simplify(given, tolerance)
        found = [Boundary(code, _rings(area), _middle(area)) for code, area in zip(areas, simple, strict=True)]
        if sum(len(path_data(each.rings, "z")) for each in found) <= WEIGHT:
            return found
        tolerance *= _COARSER


def _rings(area: Geometry) -> tuple[Ring, ...]:
    """The rings of an area in whole numbers, the greatest first; one that is too small to have an area is left out."""
    polygons = sorted(getattr(area, "geoms", [area]), key=lambda each: -each.area)
    rings = [_whole(ring.coords) for polygon in polygons for ring in (polygon.exterior, *polygon.interiors)]
    return tuple(ring for ring in rings if len(ring) > 2)


def _whole(corners: Iterable[Sequence[float]]) -> Ring:
    """Corners in whole numbers without the last, which is the first again, and without one that is where another is."""
    found = list[Corner]()
    for x, y in corners:
        corner = round(x), round(y)
        if not found or corner != found[-1]:
            found.append(corner)
    return tuple(found[:-1])


def _middle(area: Geometry) -> Corner:
    import shapely  # noqa: PLC0415  as above

    greatest = max(getattr(area, "geoms", [area]), key=lambda each: each.area)
    x, y = shapely.maximum_inscribed_circle(greatest, 1.0).coords[0]
    return round(x), round(y)
