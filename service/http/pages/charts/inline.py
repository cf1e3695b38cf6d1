"""Make a drawing of Vega fit to stand in a page: small, silent but for its own words, and coloured by attributes."""

from __future__ import annotations

import re
from typing import Final
from xml.etree import ElementTree as ET

FONT: Final = "system-ui, sans-serif"
_SPACE: Final = "{http://www.w3.org/2000/svg}"
_LEFT_OUT: Final = {"class", "role", "style", "pointer-events", "stroke-miterlimit", "font-family", "version"}
_WORTHLESS: Final = {("opacity", "1"), ("transform", "translate(0,0)"), ("stroke-width", "1"), ("fill-opacity", "1")}
_EMPTY_PATH: Final = re.compile(r"(M-?[\d.]+,-?[\d.]+h0v0h0Z)?")
_LONG_NUMBER: Final = re.compile(r"-?\d+\.\d+(e-?\d+)?")
_MOVED: Final = re.compile(r"translate\(([^,()]+),([^,()]+)\)")


def fit(svg: str, name: str, title: str, sentence: str) -> str:
    """Return a drawing as an image with a name and a description, whose ids begin with `name`.

    Raises `ValueError` where the drawing is no SVG.
    """
    try:
        root = ET.fromstring(svg)  # noqa: S314 - what the library next door has just written
    except ET.ParseError as fault:
        raise ValueError("no SVG") from fault
    for element in root.iter():
        element.tag = element.tag.removeprefix(_SPACE)
        _clean(element)
    _prune(root)
    drawing = ET.Element("g", {"aria-hidden": "true"})
    drawing.extend(list(root))
    size = _common_size(root)
    whole = ET.Element(
        "svg",
        {
            "xmlns": _SPACE[1:-1],
            "viewBox": root.attrib["viewBox"],
            "width": root.attrib["width"],
            "height": root.attrib["height"],
            "role": "img",
            "aria-labelledby": f"{name}-t {name}-d",
            "font-family": FONT,
            "font-size": size,
        },
    )
    for element in drawing.iter("text"):
        if element.get("font-size") == size:
            del element.attrib["font-size"]
    ET.SubElement(whole, "title", {"id": f"{name}-t"}).text = title
    ET.SubElement(whole, "desc", {"id": f"{name}-d"}).text = sentence
    whole.append(drawing)
    return ET.tostring(whole, encoding="unicode", short_empty_elements=True)


def _clean(element: ET.Element) -> None:
    for key, value in list(element.attrib.items()):
        if key in _LEFT_OUT or key.startswith(("aria-", "{")) or (key, value) in _WORTHLESS:
            del element.attrib[key]
        elif key == "font-size":
            element.set(key, value.removesuffix("px"))
        elif not value.startswith("#") and key not in {"id", "viewBox"}:
            element.set(key, _LONG_NUMBER.sub(_shorter, value))


def _shorter(number: re.Match[str]) -> str:
    return f"{round(float(number[0]), 1):g}"


def _prune(element: ET.Element) -> None:
    """Leave out what shows nothing: hidden and empty shapes, and groups that group nothing."""
    kept: list[ET.Element] = []
    for inner in list(element):
        _prune(inner)
        if _shows_nothing(inner):
            continue
        if inner.tag == "g" and not inner.attrib:
            kept.extend(inner)
        else:
            kept.append(_with_its_only_group(inner))
    element[:] = kept


def _shows_nothing(element: ET.Element) -> bool:
    if element.get("display") == "none" or element.get("opacity") == "0":
        return True
    if element.tag == "g":
        return len(element) == 0
    if element.tag == "path":
        # What has no fill of its own inherits that of the whole drawing, which is none.
        unseen = {element.get("stroke"), element.get("fill")} <= {None, "none", "transparent"}
        return unseen or _EMPTY_PATH.fullmatch(element.get("d", "")) is not None
    return element.tag == "text" and not "".join(element.itertext()).strip()


def _with_its_only_group(outer: ET.Element) -> ET.Element:
    """Join two groups that only move what is in them into one that moves as far."""
    if outer.tag != "g" or len(outer) != 1 or set(outer.attrib) != {"transform"}:
        return outer
    inner = outer[0]
    moves = [_MOVED.fullmatch(element.get("transform", "")) for element in (outer, inner)]
    if inner.tag != "g" or not all(moves):
        return outer
    across, down = (sum(float(move[part]) for move in moves if move) for part in (1, 2))
    inner.set("transform", f"translate({across:g},{down:g})")
    return inner


def _common_size(root: ET.Element) -> str:
    sizes = [element.get("font-size", "12") for element in root.iter("text")]
    return max(set(sizes), key=sizes.count, default="12")
