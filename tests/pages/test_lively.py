"""Charts in a real browser, under the policy of the pages: as they are shown, and as they follow what is moved."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest
from jinja2 import Environment, FileSystemLoader
from playwright.sync_api import Browser, Page

from service.http.pages import rendering
from service.http.pages.charts import script
from service.http.pages.charts.chart import Chart, DrawnChart
from service.http.pages.charts.drawing import ChartDrawer
from service.http.pages.static_files import static_files
from tests.pages.charts import CHARTS, then_and_now_chart

_HEAD = (
    '<!doctype html><html lang="nl"><head><meta charset="utf-8"><title>Grafieken</title>'
    '<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/{style}"></head><body><main>'
)
_TAIL = '</main><script src="/{lively}" integrity="{integrity}" defer></script></body></html>'


class Shown(NamedTuple):
    """What a browser can ask for: its content and type."""

    content: bytes
    type: str = "text/html; charset=utf-8"


class Tab(NamedTuple):
    """A tab, and what has gone wrong in it."""

    page: Page
    wrong: list[str]
    asked: list[str]


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The address of pages with charts, and of all that they load."""
    with _serving(asyncio.run(_site())) as address:
        yield address


@pytest.fixture
def tab(site: str, browser: Browser) -> Iterator[Callable[..., Tab]]:
    """Open an address of the site in a tab of its own."""
    contexts = []

    def open_tab(path: str, **settings: Any) -> Tab:
        context = browser.new_context(base_url=site, **{"viewport": {"width": 1280, "height": 800}, **settings})
        contexts.append(context)
        page = context.new_page()
        opened = Tab(page, [], [])
        page.on("console", lambda said: opened.wrong.append(said.text))
        page.on("pageerror", lambda fault: opened.wrong.append(str(fault)))
        page.on("requestfailed", lambda request: opened.wrong.append(request.url))
        page.on("request", lambda request: opened.asked.append(urlsplit(request.url).path))
        page.goto(path)
        return opened

    yield open_tab
    for context in contexts:
        context.close()


def test_every_chart_is_an_image_with_a_name_and_a_description(tab):
    page = tab("/every").page
    figures = page.locator("figure.chart")
    assert figures.count() == len(CHARTS)
    for at, make in enumerate(CHARTS.values()):
        words = make().words
        image = figures.nth(at).get_by_role("img")
        # Of the two drawings one is shown, and one is heard.
        assert image.count() == 1
        assert image.get_attribute("aria-labelledby").split()[0] == image.locator("title").get_attribute("id")
        assert figures.nth(at).get_by_role("img", name=words.title, exact=False).count() == 1
        assert image.locator("desc").text_content() == words.sentence
        assert figures.nth(at).locator("figcaption").text_content() == words.title
    identities = page.evaluate("[...document.querySelectorAll('[id]')].map((one) => one.id)")
    assert len(identities) == len(set(identities)) == 4 * len(CHARTS)


def test_nothing_breaks_the_policy_and_nothing_moves(tab):
    opened = tab("/every")
    moved = opened.page.evaluate(
        """() => new Promise((tell) => {
            let sum = 0;
            new PerformanceObserver((seen) => { for (const one of seen.getEntries()) sum += one.value; })
                .observe({ type: "layout-shift", buffered: true });
            setTimeout(() => tell(sum), 300);
        })"""
    )
    assert moved == 0
    assert opened.wrong == []
    assert not any("vega" in path for path in opened.asked)


@pytest.mark.parametrize(("width", "shown"), [(1_280, "wide"), (390, "narrow"), (320, "narrow")])
def test_the_drawing_that_fits_is_shown_with_letters_that_can_be_read(tab, width, shown):
    page = tab("/every", viewport={"width": width, "height": 800}).page
    other = "narrow" if shown == "wide" else "wide"
    for figure in page.locator("figure.chart").all():
        assert figure.locator(f".chart-{shown} > svg").is_visible()
        assert not figure.locator(f".chart-{other} > svg").is_visible()
        letters = figure.locator(f".chart-{shown} text").first.bounding_box()
        assert letters["height"] >= 11
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(
    ("scheme", "paper", "accent"), [("light", "255", "21, 66, 115"), ("dark", "20", "165, 200, 240")]
)
def test_a_drawing_is_shown_in_the_colours_of_the_scheme(tab, scheme, paper, accent):
    page = tab("/every", color_scheme=scheme).page
    assert page.evaluate("getComputedStyle(document.body).backgroundColor").startswith(f"rgb({paper},")
    fill = page.locator('.chart-wide [fill="#154273"]').first.evaluate("(shape) => getComputedStyle(shape).fill")
    assert fill == f"rgb({accent})"
    rim = page.locator('.chart-wide [stroke="#ffffff"]').first.evaluate("(shape) => getComputedStyle(shape).stroke")
    assert rim.startswith(f"rgb({paper},")


@pytest.mark.parametrize("path", ["/slider", "/slider-of-block"])
def test_a_chart_follows_its_slider_without_a_breach_of_the_policy(tab, path):
    opened = tab(path)
    page = opened.page
    before = page.locator(".chart-wide svg").inner_html()
    assert not any("vega" in one for one in opened.asked)
    page.locator("input[type=range]").focus()
    page.keyboard.press("ArrowRight")
    page.locator("figcaption", has_text="Op plaats 3").wait_for()
    assert page.locator(".chart-wide svg").inner_html() != before
    assert page.get_by_role("img", name="Op plaats 3").count() == 1
    drawn_there = tab("/third").page
    for size in ("wide", "narrow"):
        assert page.evaluate(_PARTS, f".chart-{size} > svg") == drawn_there.evaluate(_PARTS, f".chart-{size} > svg")
    assert opened.wrong == []
    assert script.NAME in {one.rpartition("/")[2] for one in opened.asked}
    assert page.locator("tbody tr").count() == len(_at(3).rows)


def test_a_chart_that_cannot_be_drawn_leaves_its_table(tab):
    page = tab("/undrawn").page
    assert page.locator("svg").count() == 0
    assert page.locator("figcaption").text_content() == "Op plaats 3"
    assert page.get_by_role("table").is_visible()
    assert page.get_by_role("row").count() == 1 + len(_at(3).rows)
    # Beside a drawing it is folded.
    assert not tab("/third").page.get_by_role("table").is_visible()


#: What can be seen of a drawing but where: its words, how many shapes of which kind, their colours, and its attributes.
_PARTS = """(selector) => {
    const svg = document.querySelector(selector);
    const all = [...svg.querySelectorAll("*")];
    const paint = (name) => all.map((one) => one.getAttribute(name)).filter((one) => one && one.startsWith("#")).sort();
    const words = all.filter((one) => one.tagName === "text").map((one) => one.textContent).filter(Boolean);
    const odd = all.filter((one) => ["style", "class", "role"].some((name) => one.hasAttribute(name))).length;
    const looks = ["viewBox", "width", "height", "role", "font-family", "style"].map((name) => svg.getAttribute(name));
    return JSON.stringify([words, paint("fill"), odd, looks]);
}"""


def _at(place: int) -> Chart:
    chart = then_and_now_chart(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=9 * place))
    return chart._replace(words=chart.words._replace(title=f"Op plaats {place}"))


async def _site() -> Mapping[str, Shown]:
    """Every page by its path, and the charts that the slider asks for by their place."""
    files = static_files()
    drawer = ChartDrawer(seconds=60)
    try:
        every = [(await drawer.draw(make()), make()) for make in CHARTS.values()]
        assert all(drawn for drawn, _ in every)
        second, third = [(await drawer.draw(_at(place)), _at(place)) for place in (2, 3)]
        packed = await drawer.script()
    finally:
        await drawer.close()
    assert packed is not None
    slider = (
        '<form data-figure="main figure" data-script="/pages/{vega}"{more}><label>Bekend op '
        '<input type="range" name="place" min="1" max="5" value="2"></label></form>'
    )
    block = json.dumps({str(place): _at(place).as_json() for place in range(1, 6)}).replace("<", "\\u003c")
    held = f'<script type="application/json">{block}</script></figure>'
    asks = slider.format(vega=script.NAME, more=' data-chart="/chart"')
    return {
        "/every": _page([_figure(*one) for one in every]),
        "/slider": _page([asks, _figure(*second)]),
        "/slider-of-block": _page(
            [slider.format(vega=script.NAME, more=""), _figure(*second).replace("</figure>", held)]
        ),
        "/third": _page([_figure(*third)]),
        "/undrawn": _page([_figure(None, third[1])]),
        f"/pages/{script.NAME}": Shown(gzip.decompress(packed), "text/javascript"),
        "/favicon.ico": Shown(b"", "image/x-icon"),
        **{f"/{files[name].address}": Shown(files[name].content, kind) for name, kind in _FILES.items()},
        **{
            f"/chart?{place}": Shown(json.dumps(_at(place).as_json()).encode(), "application/json")
            for place in range(1, 6)
        },
    }


_FILES = {"style.css": "text/css", "lively.js": "text/javascript"}


def _page(parts: list[str]) -> Shown:
    files = static_files()
    lively = files["lively.js"]
    head = _HEAD.format(style=files["style.css"].address)
    tail = _TAIL.format(lively=lively.address, integrity=lively.integrity)
    return Shown((head + "".join(parts) + tail).encode())


def _figure(drawn: DrawnChart | None, chart: Chart) -> str:
    folder = Path(rendering.__file__).parent / "templates"
    environment = Environment(loader=FileSystemLoader(folder), autoescape=True, extensions=["jinja2.ext.i18n"])
    environment.install_null_translations()  # type: ignore[attr-defined]
    return str(environment.get_template("chart.html.jinja").module.chart(drawn, chart))  # type: ignore[attr-defined]


@contextmanager
def _serving(shown: Mapping[str, Shown]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Answers, shown))
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Answers(BaseHTTPRequestHandler):
    def __init__(self, shown: Mapping[str, Shown], *rest: Any) -> None:
        self.shown = shown
        super().__init__(*rest)

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        place = parse_qs(asked.query).get("place", [""])[0]
        found = self.shown.get(f"{asked.path}?{place}" if asked.path == "/chart" else asked.path)
        self.send_response(200 if found else 404)
        self.send_header("Content-Security-Policy", rendering.POLICY)
        self.send_header("Content-Type", found.type if found else "text/plain")
        self.send_header("Content-Length", str(len(found.content) if found else 0))
        self.end_headers()
        self.wfile.write(found.content if found else b"")

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
        pass
