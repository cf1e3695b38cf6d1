"""A file of boundaries as CBS publishes one, made up: the places nearer to a municipality's point than to another's."""

from __future__ import annotations

from datetime import date
from typing import Any

import shapely
from shapely.geometry import mapping

from domain.places import Places
from service.http.pages.map.neighbours import project

# Where the made-up country ends: so far from any point of a municipality, in metres.
_COAST = 12_000


def feature_collection(on: date, *, every: float = 1_500) -> dict[str, Any]:
    """All municipalities of a day, in RD, with a corner every so many metres."""
    places = Places.shipped()
    codes = places.codes_on(on)
    found = (places.municipality(code) for code in codes)
    points = [project(each.latitude or 0, each.longitude or 0) for each in found]
    # The middle of that projection lies about there.
    middles = [shapely.Point(155_900 + 1000 * east, 468_000 - 1000 * south) for east, south in points]
    cells = shapely.voronoi_polygons(shapely.MultiPoint(middles), ordered=True)
    land = shapely.union_all([middle.buffer(_COAST) for middle in middles])
    areas = [shapely.segmentize(cell, every) for cell in cells.geoms]
    # Cut all at once, on whole metres, so that those that touch have their corners in common.
    lines = shapely.union_all([land.boundary, *(area.boundary for area in areas)], grid_size=1)
    pieces = [piece for piece in shapely.polygonize([lines]).geoms if land.contains(piece.representative_point())]
    nearest = shapely.STRtree(middles).nearest([piece.representative_point() for piece in pieces])
    features = [
        {
            "type": "Feature",
            "properties": {"statcode": code, "statnaam": places.name(code)},
            "geometry": mapping(
                shapely.coverage_union_all([piece for piece, of in zip(pieces, nearest, strict=True) if of == index])
            ),
        }
        for index, code in enumerate(codes)
    ]
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::28992"}}
    return {"type": "FeatureCollection", "crs": crs, "features": features}
