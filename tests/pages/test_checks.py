"""The checks of pages find what they look for: each is shown a page that is wrong in one way, and one that is right."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Route

from tests.pages import checks, numbers
from tests.pages.numbers import Number

POLICY = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:"
STYLE = "body { background: #ffffff; color: #1b1f24; } a { display: block; padding: 8px; } .cut { overflow: hidden; }"
RIGHT = "<p>Wat er staat.</p><a href='/1'>Eerst</a><a href='/2'>Dan</a>"
PAGE = """<!doctype html><html lang="nl"><head><title>Proef</title><link rel="icon" href="data:,">
<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/style.css">{head}</head>
<body><main><h1>Proef</h1>{body}</main></body></html>"""

LATER = """addEventListener('load', () => requestAnimationFrame(() => requestAnimationFrame(() => {
  document.querySelector('div').style.height = '300px'; })));"""


@pytest.fixture(scope="module")
def look_at(browser: Browser) -> Iterator[Callable[..., list[str]]]:
    """Makes a page of this body and style, and tells what is wrong with it."""
    context = browser.new_context(base_url="http://proef.test", viewport={"width": 1280, "height": 800})

    def wrong(body: str, style: str = "", script: str = "", policy: str = POLICY) -> list[str]:
        def answer(route: Route) -> None:
            if route.request.url.endswith("/style.css"):
                route.fulfill(body=STYLE + style, content_type="text/css")
            elif route.request.url.endswith("/script.js"):
                route.fulfill(body=script, content_type="text/javascript")
            else:
                head = '<script src="/script.js"></script>' if script else ""
                headers = {"content-security-policy": policy.replace("'self'", "'self' http://proef.test")}
                page = PAGE.format(head=head, body=body)
                route.fulfill(body=page, content_type="text/html; charset=utf-8", headers=headers)

        context.unroute_all()
        context.route("**/*", answer)
        with checks.looking(context, "/") as look:
            return checks.wrong_with(look)

    yield wrong
    context.close()


def test_nothing_is_wrong_with_a_page_that_is_right(look_at):
    assert look_at(RIGHT) == []


@pytest.mark.parametrize(
    ("body", "style", "found"),
    [
        ("<img src='/x.png'>", "", "it is inaccessible: image-alt"),
        ("<p class='pale'>Bleek</p>", ".pale { color: #cccccc; }", "it is inaccessible: color-contrast"),
        (
            "<p class='pale'>Bleek</p>",
            "@media (prefers-color-scheme: dark) { .pale { color: #dddddd; } }",
            "it is inaccessible: in dark: color-contrast",
        ),
        ("<p class='wide'>Breed</p>", ".wide { width: 400px; }", "it scrolls sideways: at 320 px: the page is"),
        (
            "<p class='wide'>Breed</p>",
            "@media (min-resolution: 2dppx) { .wide { width: 400px; } }",
            "it scrolls sideways: at 400 %: the page is",
        ),
        (
            "<p class='cut'>Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft</p>",
            "",
            'it scrolls sideways: at 320 px: <p class="cut"> cuts off',
        ),
        (RIGHT, "a:focus { outline: none; }", 'Tab: <a> "Eerst" looks the same with the focus'),
        ("<a href='/1' tabindex='2'>Eerst</a><a href='/2' tabindex='1'>Dan</a>", "", '"Eerst" comes before'),
        (
            RIGHT + "<p class='over'>Erover</p>",
            ".over { position: fixed; inset: 0; background: #ffffff; }",
            '"Eerst" is out of sight or covered',
        ),
        ("<p style='color: red'>Rood</p>", "", "it breaks its policy: style-src-attr inline"),
        ("<img alt='' src='http://elders.test/x.png'>", "", "it asks another host: http://elders.test/x.png"),
    ],
)
def test_what_is_wrong_is_found(look_at, body, style, found):
    assert any(found in each for each in look_at(body, style))


@pytest.mark.parametrize(
    ("body", "script", "found"),
    [
        (
            RIGHT,
            "addEventListener('keydown', (e) => e.key === 'Tab' && document.activeElement.href && e.preventDefault())",
            "it cannot be walked with Tab: Tab does not get away from where it is",
        ),
        (
            "<div></div><p>Wat er staat, en straks ergens anders.</p>",
            LATER,
            "it moves: moved by",
        ),
        (RIGHT, "throw new Error('kapot')", "it breaks its policy: kapot"),
    ],
)
def test_what_a_script_does_wrong_is_found(look_at, body, script, found):
    assert any(found in each for each in look_at(body, script=script))


def test_a_policy_that_lets_anything_in_is_found(look_at):
    wrong = look_at(RIGHT, policy=f"{POLICY}; style-src-elem 'self' 'unsafe-inline'")
    assert wrong == ["it breaks its policy: unsafe"]
    assert look_at(RIGHT, policy=POLICY.partition("; ")[2]) == [
        "it breaks its policy: no policy that begins with nothing"
    ]


@pytest.mark.parametrize(
    ("text", "language", "value"),
    [
        ("12.858", "nl", "12858"),
        ("12,858", "en", "12858"),
        ("\u22121,5", "nl", "-1.5"),
        ("+3", "nl", "3"),
        ("64,7\u00a0%", "nl", "0.647"),
        ("–", "nl", "None"),
    ],
)
def test_a_number_is_read_as_people_read_it(text, language, value):
    assert str(numbers.read(text, language)) == value


@pytest.fixture(scope="module")
def api(pages_address: str) -> Iterator[numbers.Api]:
    told = numbers.Api(pages_address, "2022-06-30")
    yield told
    told.close()


@pytest.mark.parametrize(
    ("text", "value", "column", "fault"),
    [
        ("1", "1", "remaining", ""),
        ("66,7\u00a0%", "66.67", "percentage", ""),
        ("2", "2", "remaining", "says 2, the API 1"),
        ("2", "1", "remaining", "is not how 1 is written"),
        ("66.67", "66.67", "percentage", "is not how 66.67 is written"),
    ],
)
def test_a_number_that_is_not_the_apis_is_found(api, text, value, column, fault):
    why = f"http://proef.test/cijfers/realisation/waarom?period=2022-I&code=GM0303&column={column}"
    expected = [f"{text} ({why}): {fault}"] if fault else []
    assert api.told_otherwise([Number(text, value, why)], "nl") == expected
