"""A refused event as JSON, line by line with its faults where they are; and the form of it that would be taken.

What was right stays as it was sent. What was wrong or lacking comes from the example of its type, which is valid: a
value to be replaced by the right one, and marked as such.
"""

from __future__ import annotations

import copy
import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

#: Faults by which a field is not wrong by itself, but not the sender's to say.
_OF_OTHERS = frozenset({"no-authority", "not-your-source", "unknown-organisation", "no-oin"})
#: What names an area in `data`, which a source of a municipality or province must fit.
_AREAS = ("municipality", "area")
_INDENT = "  "

Mark = Literal["", "fault", "lacking", "mended"]


class Line(NamedTuple):
    """A line of JSON: its text, where in the event it stands, and what is to be said of it."""

    text: str
    pointer: str
    mark: Mark = ""


class Corrected(NamedTuple):
    """An event that would be taken, and where it differs from what was sent."""

    event: dict[str, Any]
    mended: frozenset[str]


def refused_lines(event: Any, pointers: Sequence[str]) -> list[Line]:
    """An event as it was sent; what is wrong in it is marked, and what is lacking has a line of its own."""
    lacking = frozenset(pointer for pointer in pointers if not _value(event, pointer)[0])
    return [
        line._replace(mark="fault") if line.mark == "" and line.pointer in pointers else line
        for line in _lines(event, "", "", 0, True, lacking)
    ]


def corrected_lines(corrected: Corrected) -> list[Line]:
    """An event that would be taken; what differs from what was sent is marked."""
    return [
        line._replace(mark="mended") if line.pointer in corrected.mended else line
        for line in _lines(corrected.event, "", "", 0, True, frozenset())
    ]


def correct(
    event: Any, faults: Sequence[Mapping[str, Any]], types: Sequence[Mapping[str, Any]], own_area: str | None
) -> Corrected | None:
    """The form of an event that would be taken.

    `faults` as the refusal has them; `types` as `/v1/event-types` tells; `own_area`: the code of the municipality or
    province that sent it. None where nothing of it can be kept because it is no event, or of no type that there is.
    """
    if not isinstance(event, dict):
        return None
    kind = _type_of(event.get("type"), types)
    if kind is None:
        return None
    example = kind["example"]
    found = _Draft(copy.deepcopy(event), example, own_area)
    if found.event.get("type") != kind["type"]:
        found.put("/type", kind["type"])
    for fault in faults:
        _mend(found, fault["pointer"], fault["code"])
    _complete(found, kind["schema"], needs_person=kind["about"] == ["journey"])
    return Corrected(found.event, frozenset(found.mended))


class _Draft:
    """An event that is being mended."""

    def __init__(self, event: dict[str, Any], example: Mapping[str, Any], own_area: str | None) -> None:
        self.event = event
        self.example = example
        self._own_area = own_area
        self.mended: set[str] = set()

    def put(self, pointer: str, value: Any) -> None:
        """Have this value stand there."""
        parent, name = _parent(self.event, pointer)
        if isinstance(parent, dict):
            if name in parent and parent[name] == value:
                return
            parent[name] = value
            self.mended.add(pointer)

    def drop(self, pointer: str) -> None:
        """Have nothing stand there."""
        parent, name = _parent(self.event, pointer)
        if isinstance(parent, dict):
            parent.pop(name, None)

    def as_in_example(self, pointer: str) -> None:
        """Have what the example has stand there, or nothing: of what lies deep the whole field."""
        at = "/".join(pointer.split("/")[:3]) if pointer.startswith("/data/") else "/".join(pointer.split("/")[:2])
        there, value = _value(self.example, at)
        if there:
            self.put(at, self._own_area if self._speaks_of_itself(at, value) else copy.deepcopy(value))
        else:
            self.drop(at)

    def as_another(self) -> None:
        """Have the organisation of the example send it, of its own area."""
        self._own_area = None
        self.as_in_example("/source")
        data = self.event.get("data")
        for name in _AREAS:
            if isinstance(data, dict) and name in data and name in self.example["data"]:
                self.as_in_example(f"/data/{name}")

    def names_own_kind(self, pointer: str) -> bool:
        """Whether the example names an area of the sender's kind there."""
        return self._speaks_of_itself(pointer, _value(self.example, pointer)[1])

    def _speaks_of_itself(self, pointer: str, value: Any) -> bool:
        """Whether an area of that kind is the sender's to name there: a municipality's, or a province's."""
        is_area = pointer.removeprefix("/data/") in _AREAS
        return is_area and self._own_area is not None and self._own_area[:2] == str(value)[:2]


def _mend(draft: _Draft, pointer: str, code: str) -> None:
    if code == "conflict":
        earlier = draft.event["id"]
        draft.put("/id", f"{earlier}-2")
        draft.put("/data/corrects", earlier)
    elif code in _OF_OTHERS or (code == "not-your-area" and not draft.names_own_kind(pointer)):
        draft.as_another()
    elif code == "unknown-field" and pointer != "/data":
        draft.drop(pointer)
    elif pointer == "/data/corrects" and code == "required":
        draft.drop("/data/correctsSource")
    elif pointer == "/data/on" and code == "disagrees":
        draft.put(pointer, draft.event["data"]["effectiveOn"])
    elif code != "unknown-field":
        draft.as_in_example(pointer)


def _complete(draft: _Draft, schema: Mapping[str, Any], needs_person: bool) -> None:
    """Drop what the type does not have and add what it needs: of a type that was not known nothing was checked."""
    data = draft.event.get("data")
    if not isinstance(data, dict):
        draft.put("/data", copy.deepcopy(draft.example["data"]))
        return
    for name in [name for name in data if name not in schema["properties"]]:
        del data[name]
    for name in schema["required"]:
        if name not in data:
            draft.as_in_example(f"/data/{name}")
    if needs_person and "vNumber" not in data and "subject" not in draft.event:
        draft.as_in_example("/data/vNumber")


def _type_of(name: Any, types: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The type that an event has, or the one whose name is nearest to it."""
    if not isinstance(name, str):
        return None
    by_name = {kind["type"]: kind for kind in types}
    nearest = [name] if name in by_name else difflib.get_close_matches(name, by_name, 1, 0.8)
    return by_name[nearest[0]] if nearest else None


def _lines(value: Any, pointer: str, name: str, depth: int, last: bool, lacking: frozenset[str]) -> Iterator[Line]:
    before = _INDENT * depth + (f"{json.dumps(name, ensure_ascii=False)}: " if name else "")
    after = "" if last else ","
    missing = sorted(one for one in lacking if one.rpartition("/")[0] == pointer and one)
    if isinstance(value, dict) and (value or missing):
        yield Line(before + "{", pointer)
        for nth, (key, inner) in enumerate(value.items()):
            ends = nth == len(value) - 1 and not missing
            yield from _lines(inner, f"{pointer}/{_escaped(key)}", key, depth + 1, ends, lacking)
        for nth, one in enumerate(missing):
            comma = "" if nth == len(missing) - 1 else ","
            lacks = json.dumps(_unescaped(one.rpartition("/")[2]), ensure_ascii=False)
            yield Line(f"{_INDENT * (depth + 1)}{lacks}: …{comma}", one, "lacking")
        yield Line(_INDENT * depth + "}" + after, f"{pointer}}}")
    elif isinstance(value, list) and value:
        yield Line(before + "[", pointer)
        for nth, inner in enumerate(value):
            yield from _lines(inner, f"{pointer}/{nth}", "", depth + 1, nth == len(value) - 1, lacking)
        yield Line(_INDENT * depth + "]" + after, f"{pointer}]")
    else:
        yield Line(before + json.dumps(value, ensure_ascii=False) + after, pointer)


def _value(value: Any, pointer: str) -> tuple[bool, Any]:
    """Whether something stands there, and what."""
    for step in map(_unescaped, pointer.split("/")[1:]):
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return False, None
    return True, value


def _parent(event: Any, pointer: str) -> tuple[Any, str]:
    above, _, name = pointer.rpartition("/")
    return _value(event, above)[1], _unescaped(name)


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _unescaped(step: str) -> str:
    return step.replace("~1", "/").replace("~0", "~")
