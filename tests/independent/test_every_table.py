"""Every table is the same as worked out by the text alone."""

from __future__ import annotations

import pytest

from tests.api.service_under_test import Service
from tests.independent.asking import compare


@pytest.mark.parametrize("seed", [28, 37])
def test_what_is_answered_is_what_the_text_says(service: Service, seed: int) -> None:
    """Events in any order, in several batches; the questions of any day, as known at any commit."""
    outcome = compare(service, seed, questions=2)
    assert [str(one) for one in outcome.differences[:20]] == []
    # Tables of nothing would agree with anything.
    assert len(outcome.agreed) >= 25
    assert sum(outcome.agreed.values()) > 10_000
