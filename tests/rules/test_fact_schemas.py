"""The JSON Schema of a fact says what reading it says."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from domain.codec import json_schema_of, parse_fact
from domain.facts import (
    FACTS,
)
from domain.field_types import Fault
from tests.rules.contract_facts import TOPICS, VALID, agrees
from tests.rules.histories import DATA

# JSON Schema


@pytest.mark.parametrize("topic", TOPICS)
def test_every_schema_is_a_json_schema(topic: str) -> None:
    Draft202012Validator.check_schema(json_schema_of(FACTS[topic]))


_LIKELY: tuple[Any, ...] = (
    *("NL", "PV32", "realised", "backlog"),
    *("GM0344", "GM344", "PV26", "PV6", "0123456789", "012345678", "2021-II", "2021-III", "0000-I", "9999-II"),
    *("2021-03-10", "2021-02-29", "asylum", "b1", "work", "regular", "other", "wi2021", "bsn", "x", "", " ", "\t\n"),
    *("a" * 256, "a" * 257, "a" * 2000, "a" * 2001),
    *("1988-05", "1988", "1988-00-00", "1988-13", "2000-02-29", " H-77 ", "\N{NO-BREAK SPACE}"),
    *(0, 1, -1, 100_000_000, 100_000_001, -100_000_001, 2**53, True, False),
    *(3.0, -0.0, -2.0, 1e8, 1e20, 1e300, 3.5, -1e-9),
    *([], ["work"], ["love"], [1], {}, {"municipality": "GM0344"}),
    [{"municipality": "GM0344", "persons": 1}, {"municipality": "GM0307", "persons": -1}],
    [{"municipality": "GM0344", "persons": 0}],
    [{"municipality": "GM0344", "persons": 1, "x": 1}, {"municipality": "GM0307", "persons": -1}],
    [{"municipality": "GM0344", "persons": 1}, {"municipality": "GM0307"}],
    *("PV19", "2021-00", "2021-12", "2021-13", "intermediate", 6, 7, 20, 21, {"0-3": 1}, {"0-3": -1}, {"4-10": 1}),
    *({"bedrooms": 2, "adapted": True, "number": 3}, [{"bedrooms": 2, "adapted": True, "number": 3}]),
    [{"bedrooms": 2, "adapted": "yes", "number": 3}],
    [{"bedrooms": 2, "adapted": True, "number": 3}, {"bedrooms": 2, "adapted": True, "number": 3}],
    [{"municipality": "GM0344", "on": "2021-03-10"}],
    [{"municipality": "GM0344", "on": "2021-02-29"}],
)
#: What no JSON Schema can say: what a word holds, what numbers sum to.
_BEYOND_SCHEMA = {"personal-number", "sum-not-zero", "doubled"}


def disagreement(topic: str, posted: dict[str, Any]) -> tuple[dict[str, Any], list[Fault]] | None:
    _, faults = parse_fact(FACTS[topic], posted)
    if {fault.code for fault in faults} <= _BEYOND_SCHEMA and faults:
        return None
    return None if agrees(topic, posted) == (not faults) else (posted, faults)


@pytest.mark.parametrize("topic", TOPICS)
def test_the_schema_and_the_reading_agree_on_every_field(topic: str) -> None:
    names = [*json_schema_of(FACTS[topic])["properties"], "other"]
    found = [disagreement(topic, {**VALID[topic], name: value}) for name in names for value in _LIKELY]
    found += [disagreement(topic, {key: VALID[topic][key] for key in VALID[topic] if key != name}) for name in names]
    assert [one for one in found if one] == []


@pytest.mark.parametrize("topic", TOPICS)
@settings(max_examples=20, deadline=None)
@drawn(data=st.data())
def test_the_schema_and_the_reading_agree_on_any_data(topic: str, data: st.DataObject) -> None:
    names = [*sorted(json_schema_of(FACTS[topic])["properties"]), "other"]
    values = st.sampled_from(_LIKELY) | st.text(max_size=5).filter(lambda text: not text.endswith("\n"))
    posted = data.draw(st.fixed_dictionaries({}, optional=dict.fromkeys(names, values)))
    assert disagreement(topic, {**data.draw(DATA[topic]), **posted}) is None
