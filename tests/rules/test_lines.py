"""Lines of succession keep books of their own: what one hands over depends on nothing outside it."""

from __future__ import annotations

from datetime import date

from hypothesis import example, given, settings
from hypothesis import strategies as st

from domain.places import Places

# Haaren was split over these four on the first day of 2021.
HAAREN, BOXTEL, OISTERWIJK, TILBURG, VUGHT = "GM0788", "GM0757", "GM0824", "GM0855", "GM0865"
WEESP, AMSTERDAM = "GM0457", "GM0363"

_codes = st.sampled_from([HAAREN, TILBURG, VUGHT, OISTERWIJK, WEESP, AMSTERDAM, "GM0344"])
_days = st.dates(date(2020, 1, 1), date(2022, 6, 30))


@settings(max_examples=40, deadline=None)
@given(
    mergers=st.lists(st.tuples(_codes, _codes, _days), max_size=4),
    held=st.dictionaries(_codes, st.integers(-50, 50), min_size=1, max_size=3),
    on=_days,
)
@example([(TILBURG, HAAREN, date(2021, 6, 1))], {HAAREN: -3}, date(2022, 3, 23))
def test_what_a_line_hands_over_does_not_depend_on_other_municipalities(
    mergers: list[tuple[str, str, date]], held: dict[str, int], on: date
) -> None:
    places = Places.shipped()
    for ending, into, day in mergers:
        places = places.with_merger(ending, into, day)
    alone = places.among(places.succession_line(held))
    found = places.handed_over(held, on)
    assert found == alone.handed_over(held, on)
    assert sum(found.values()) == sum(held.values())
    amidst = {code: 7 for code in places.codes if code not in places.succession_line(held)}
    assert found.items() <= places.handed_over({**amidst, **held}, on).items()


def test_a_ring_goes_round_no_more_often_than_its_line_has_ends() -> None:
    # By persons moved (2,149, 5,827, 1,442, 4,900) Tilburg has 101 and gives them back: two ends, two turns.
    ring = Places.shipped().with_merger(TILBURG, HAAREN, date(2021, 6, 1))
    assert ring.handed_over({HAAREN: 1_000}, date(2021, 5, 31)) == {
        BOXTEL: 150,
        OISTERWIJK: 407,
        TILBURG: 101,
        VUGHT: 342,
    }
    assert ring.handed_over({HAAREN: 1_000}, date(2021, 6, 1)) == {
        BOXTEL: 150,
        OISTERWIJK: 407,
        HAAREN: 101,
        VUGHT: 342,
    }
