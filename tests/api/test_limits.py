"""How often one client may ask: by who they are, or by where they ask from, with a clock that stands still."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.access.caller import ANYONE, DEVELOPER, Caller
from service.access.rate_limits import Limits, network_of, too_often

COA = Caller("coa-placement", frozenset({"coa"}), frozenset({"events.write"}))
DUO = Caller("duo-integration", frozenset({"duo"}), frozenset({"events.write"}))
HERE, ELSEWHERE = "192.0.2.10", "192.0.2.11"


class Seconds:
    """A monotonic clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def limits(clock: Seconds, known: float = 10, unknown: float = 2, most: int = 100) -> Limits:
    return Limits(known, unknown, clock, most)


def let_through(held: Limits, caller: Caller, origin: str, asked: int) -> int:
    return sum(held.wait(caller, origin) == 0 for _ in range(asked))


def test_who_rested_may_ask_two_seconds_worth_at_once_and_no_more():
    held = limits(Seconds())

    assert let_through(held, COA, HERE, 50) == 20
    assert held.wait(COA, HERE) == pytest.approx(0.1)


def test_who_waits_as_long_as_it_was_told_is_let_through_again():
    clock = Seconds()
    held = limits(clock)
    let_through(held, COA, HERE, 50)
    clock.now += held.wait(COA, HERE)

    assert let_through(held, COA, HERE, 2) == 1


def test_what_was_refused_costs_nothing():
    clock = Seconds()
    held = limits(clock)
    let_through(held, COA, HERE, 10_000)
    clock.now += 1

    assert let_through(held, COA, HERE, 50) == 10


def test_one_client_takes_nothing_from_another_at_the_same_address():
    held = limits(Seconds())
    let_through(held, COA, HERE, 50)

    assert held.wait(DUO, HERE) == 0
    assert held.wait(ANYONE, HERE) == 0


def test_a_known_client_is_one_wherever_it_asks_from():
    held = limits(Seconds())
    let_through(held, COA, HERE, 50)

    assert held.wait(COA, ELSEWHERE) > 0


def test_who_shows_nothing_is_known_by_its_address():
    held = limits(Seconds())

    assert let_through(held, ANYONE, HERE, 50) == 4
    assert let_through(held, ANYONE, ELSEWHERE, 50) == 4


def test_what_was_shown_and_refused_counts_for_its_address():
    held = limits(Seconds())

    assert [held.refused(HERE) == 0 for _ in range(6)] == [True] * 4 + [False] * 2
    assert held.wait(ANYONE, HERE) > 0


def test_a_client_that_is_called_as_an_address_is_not_that_address():
    held = limits(Seconds())
    let_through(held, ANYONE, HERE, 50)

    assert held.wait(Caller(HERE, frozenset(), frozenset()), ELSEWHERE) == 0


def test_less_than_one_request_in_two_seconds_still_lets_one_through():
    clock = Seconds()
    held = limits(clock, known=0.1)

    assert let_through(held, COA, HERE, 5) == 1
    clock.now += 10
    assert let_through(held, COA, HERE, 5) == 1


def test_nought_is_without_limit_and_remembers_nobody():
    held = limits(Seconds(), known=0, unknown=0)

    assert let_through(held, COA, HERE, 1_000) == let_through(held, DEVELOPER, HERE, 1_000) == 1_000
    assert len(held) == 0


def test_only_so_many_clients_are_remembered_and_those_that_asked_last():
    held = limits(Seconds(), most=3)
    let_through(held, COA, HERE, 50)
    for number in range(3):
        held.wait(ANYONE, f"192.0.2.{number}")

    assert len(held) == 3
    assert held.wait(COA, HERE) == 0


@given(waits=st.lists(st.floats(0, 3), max_size=60))
def test_no_pattern_of_asking_gets_more_than_the_pace_and_one_burst(waits: list[float]):
    clock = Seconds()
    held = limits(clock)
    through = 0
    for wait in waits:
        clock.now += wait
        through += let_through(held, COA, HERE, 7)

    assert through <= 20 + 10 * sum(waits) + 1e-6


@pytest.mark.parametrize(
    ("origin", "counted"),
    [
        ("192.0.2.10", "192.0.2.10"),
        ("2001:db8:0:1:a::b", "2001:db8:0:1::/64"),
        ("2001:db8:0:1::1", "2001:db8:0:1::/64"),
        ("::ffff:192.0.2.10", "192.0.2.10"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unknown", "unknown"),
        ("not:an:address", "not:an:address"),
    ],
)
def test_of_ipv6_the_network_is_counted(origin: str, counted: str):
    assert network_of(origin) == counted


@pytest.mark.parametrize(("seconds", "told"), [(0.0001, "1"), (1.0, "1"), (1.2, "2")])
def test_the_answer_says_in_whole_seconds_when_to_come_back_and_is_always_the_same(seconds: float, told: str):
    refusal = too_often(seconds)

    assert (refusal.status, refusal.headers) == (429, {"Retry-After": told})
    assert refusal.body() == too_often(77).body()
