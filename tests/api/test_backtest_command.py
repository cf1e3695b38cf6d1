"""`ketenspoor backtest`: the estimate of coming links tested on what came, on the database of the settings."""

from __future__ import annotations

import re

import pytest

from tests.api.at_once import Command
from tests.api.reports import granted, linked, quota
from tests.api.service_under_test import serving
from tests.processes import environment


@pytest.fixture
def kept(sqlite_url: str) -> str:
    """A database with links in it, and nothing running."""
    with serving(sqlite_url) as service:
        posts = [quota("quota-published", "2021-03-29", persons=352)]
        for nth in range(6):
            person = f"999900000{nth}"
            posts += [granted(person, "2021-06-01"), linked(person, f"2021-{8 + nth // 2:02d}-10")]
        service.post_all([*posts, granted("9999000010", "2021-06-01")])
        service.follow()
    return sqlite_url


def lines(told: str) -> list[list[str]]:
    return [re.split(r"\s{2,}", line.strip()) for line in told.splitlines()]


def test_the_command_tells_by_month_how_far_off_it_was(kept: str, at_once: Command) -> None:
    done = at_once("backtest", "--months", "2", "--known-at", "2099-01-01T00:00:00Z", env=environment(kept))
    assert done.returncode != 0
    assert "past instant" in done.stderr

    done = at_once("backtest", "--months", "3", env=environment(kept))
    assert done.returncode == 0, done.stderr
    head, *months, mean, (nobody,), _ = lines(done.stdout)
    assert head == ["month", "days ahead", "expected", "linked", "mean error", "as many as before"]
    assert len(months) == 3 and mean[0] == "mean"
    assert nobody.startswith("Nobody was linked in these days")
    assert "Nobody" not in at_once("backtest", "--months", "12", env=environment(kept)).stdout


def test_of_a_log_without_links_it_says_that_nobody_was_linked(sqlite_url: str, at_once: Command) -> None:
    with serving(sqlite_url) as service:
        service.post_all([granted("9999000010", "2021-06-01")])
        service.follow()

    done = at_once("backtest", "--months", "2", env=environment(sqlite_url))
    assert done.returncode == 0, done.stderr
    assert "Nobody was linked" in done.stdout


def test_an_estimate_by_what_was_recorded_then_knows_of_no_month_before_the_first(kept: str, at_once: Command) -> None:
    done = at_once("backtest", "--as-known-then", env=environment(kept))
    assert done.returncode == 1
    assert "nothing was recorded yet" in done.stderr


def test_an_empty_log_has_nothing_to_test(sqlite_url: str, at_once: Command) -> None:
    with serving(sqlite_url):
        pass
    done = at_once("backtest", env=environment(sqlite_url))
    assert (done.returncode, "nothing was recorded yet" in done.stderr) == (1, True)
