"""Every page in a real browser, opened once: reachable, in sight, of this service alone, and of the API's numbers."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext

from service.http.pages.routes import PAGES
from tests.pages import checks, numbers
from tests.pages.every_page import EXAMPLES, JOURNEY, STATES, TABLES, WITHOUT_HISTORY, in_language, journey, served
from tests.pages.history import LAST_DAY

LANGUAGES = ("nl", "en")
ROUTES = [page.path for page in PAGES if "GET" in page.methods]
EXAMPLES_SERVED = [path for route in EXAMPLES if route in ROUTES for path in EXAMPLES[route]]
STATES_SERVED = {name: state for name, state in STATES.items() if state[1] == 404 or served(state[0], ROUTES)}
WITHOUT_HISTORY_SERVED = [path for path in WITHOUT_HISTORY if served(path, ROUTES)]


@pytest.fixture(scope="module")
def scripted(browser: Browser) -> Iterator[BrowserContext]:
    """Where pages run what they bring."""
    context = browser.new_context(locale="nl-NL", viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    yield context
    context.close()


@pytest.fixture(scope="module")
def scriptless(browser: Browser) -> Iterator[BrowserContext]:
    """Where they do not."""
    context = browser.new_context(locale="nl-NL", java_script_enabled=False)
    yield context
    context.close()


@pytest.fixture(scope="module")
def api(pages_address: str) -> Iterator[numbers.Api]:
    told = numbers.Api(pages_address, LAST_DAY)
    yield told
    told.close()


@pytest.fixture(scope="module")
def of_a_journey(pages_address: str) -> str:
    return journey(pages_address)


def assert_right(look: checks.Look, status: int = 200) -> None:
    wrong = checks.wrong_with(look)
    assert look.status == status
    assert not wrong, "\n".join(wrong)


def test_every_page_has_its_examples():
    assert [route for route in ROUTES if route not in EXAMPLES] == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", EXAMPLES_SERVED)
def test_a_page(scripted, scriptless, api, of_a_journey, pages_address, path, language):
    address = pages_address + in_language(path, language).replace(JOURNEY, of_a_journey)
    with checks.looking(scripted, address) as look:
        shown = numbers.shown_on(look.page)
        assert look.page.evaluate("document.documentElement.lang") == language
        assert_right(look)
    with checks.looking(scriptless, address) as look:
        assert numbers.shown_on(look.page) == shown
    assert api.told_otherwise(shown, language) == []
    assert api.reasons_missing(shown) == []


@pytest.mark.parametrize("state", STATES_SERVED)
def test_a_page_that_cannot_show_what_is_asked(scripted, of_a_journey, pages_address, state):
    path, status = STATES_SERVED[state]
    with checks.looking(scripted, pages_address + path.replace(JOURNEY, of_a_journey)) as look:
        # That the page itself was refused is a complaint of the browser's own.
        look.complaints[:] = [said for said in look.complaints if f"status of {status}" not in said]
        assert_right(look, status)


@pytest.mark.parametrize("path", WITHOUT_HISTORY_SERVED)
def test_a_page_before_anything_was_recorded(scripted, empty_address, path):
    with checks.looking(scripted, empty_address + path) as look:
        assert_right(look)


@pytest.mark.parametrize("path", WITHOUT_HISTORY_SERVED)
def test_a_page_while_a_projection_is_stopped(scripted, stopped_address, path):
    with checks.looking(scripted, stopped_address + path) as look:
        assert_right(look)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("figure", TABLES)
def test_every_table_has_a_page_with_the_numbers_of_the_api(api, pages_address, figure, language):
    address = pages_address + in_language(TABLES[figure], language)
    answer = httpx.get(address, timeout=60.0)
    assert answer.status_code == 200
    shown = numbers.shown_in(answer.text, address)
    assert shown and api.told_otherwise(shown, language) == []
