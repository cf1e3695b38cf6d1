"""What a state table says it looks at of a journey is all that its rows depend on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.facts import JOURNEY_FACTS
from domain.journey import Journey
from projections.engine import Projection
from projections.row_store import Row
from projections.states import PROJECTIONS
from projections.stream_history import Compute, StreamHistory
from tests.rules.histories import facts, plain_histories
from tests.views.logs import PLACES


class _LookingAtAll(StreamHistory):
    """A history that has every row made anew at every stage."""

    def spans(
        self,
        compute: Compute,
        nothing: tuple[Row | None, ...] | None = None,
        of: Callable[[Journey], Any] = lambda journey: journey,
    ) -> Iterator[Row]:
        return super().spans(compute, nothing, of=lambda _: object())


_TOPICS = {shape.TOPIC for shape in JOURNEY_FACTS}


@pytest.mark.parametrize("projection", [one for one in PROJECTIONS if one.topics & _TOPICS], ids=lambda one: one.name)
@settings(max_examples=150)
@given(data=st.data())
def test_a_row_is_made_anew_when_anything_that_it_depends_on_changed(
    projection: Projection, data: st.DataObject
) -> None:
    said = facts(*sorted(projection.topics & _TOPICS))
    events = data.draw(plain_histories(least=4, most=20, of=said))
    expected = list(projection.rows(_LookingAtAll(events, PLACES)))
    assert list(projection.rows(StreamHistory(events, PLACES))) == expected
