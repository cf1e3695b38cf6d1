"""Who signs in sees in a browser what they may, and nothing of it once they have signed out."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.pages import checks, numbers
from tests.pages.conftest import Guarded
from tests.pages.history import ALMERE, LAST_DAY, LELYSTAD

#: What two wait for in Almere, and one in Lelystad, is not the municipality's to give; rounded both are nobody.
ALMERES, LELYSTADS = (f"/gemeenten/{code}?validOn={LAST_DAY}" for code in (ALMERE, LELYSTAD))
OFFICER = {"sub": "officer", "roles": ["municipality"], "oin": "00000099100000034000"}


@pytest.fixture
def context(browser: Browser, guarded: Guarded) -> Iterator[BrowserContext]:
    made = browser.new_context(base_url=guarded.address, locale="nl-NL", viewport={"width": 1280, "height": 800})
    yield made
    made.close()


def told(page: Page, figure: str, column: str) -> set[str]:
    """The values that a page tells of a column of a table."""
    shown = numbers.shown_on(page)
    return {one.value for one in shown if one.figure == figure and one.asked["column"] == column}


def test_an_officer_sees_their_own_municipality_exactly_until_they_sign_out(context, guarded):
    page = context.new_page()
    page.goto(ALMERES)
    assert told(page, "supervision", "excused") == {"0"}
    assert "afgerond op vijftallen" in page.inner_text("main")

    guarded.provider.person = OFFICER
    page.goto("/sign-in?returnTo=/docs")
    assert page.url == f"{guarded.address}/docs"
    page.goto(ALMERES)
    assert told(page, "supervision", "excused") == {"2"}
    page.goto(LELYSTADS)
    assert told(page, "supervision", "excused") == {"0"}

    token = page.request.get("/v1/session").json()["csrfToken"]
    page.request.post("/sign-out", headers={"Origin": guarded.address, "X-CSRF-Token": token})
    page.goto(ALMERES)
    assert told(page, "supervision", "excused") == {"0"}


def test_their_page_is_as_right_as_everybodys(context, guarded):
    guarded.provider.person = OFFICER
    context.new_page().goto("/sign-in?returnTo=/docs")
    with checks.looking(context, guarded.address + ALMERES) as look:
        wrong = checks.wrong_with(look)
    assert not wrong, "\n".join(wrong)


def test_nobody_looks_as_another_where_the_doors_are_locked(context, guarded):
    page = context.new_page()
    answer = page.goto(f"{ALMERES}&as=administrator")
    assert answer is not None and answer.status in {httpx.codes.OK, httpx.codes.BAD_REQUEST}
    assert told(page, "supervision", "excused") <= {"0"}
