"""Pictures of every page, as people see it: on a desk, on a telephone, in the dark, and on paper.

`python -m tests.pages.screenshots` writes them to `docs/pages/`; `--of province` those of one page, `--address` of a
service that runs (such as the demonstration) instead of one with the history of the tests, `--png` for viewers that do
not know WebP.
"""

from __future__ import annotations

import argparse
import base64
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from playwright.sync_api import Browser, Page

import migrations
from service.storage.database import connect
from tests.pages import services
from tests.pages.browser import browsing
from tests.pages.every_page import CHANGED

OUT = Path(__file__).parents[2] / "docs" / "pages"
#: What each picture is called, and the page that is on it.
PICTURES: Mapping[str, str] = {
    "country": "/",
    "country-then": "/?validOn=2021-12-31&knownAt=2021-12-31",
    "country-english": "/en/",
    "province": "/provincies/PV24",
    "municipalities": "/gemeenten",
    "municipality": "/gemeenten/GM0034",
    "municipality-more": "/gemeenten/GM0034/meer",
    "journeys": "/trajecten",
    "journey": "/trajecten/{journey}",
    "audit": "/controle",
    "what-if": "/wat-als",
    "intake": "/aanleveren",
    "catalogue": "/cijfers",
    "figure": "/cijfers/realisation",
    "figure-chart": "/cijfers/backlog",
    "reasons": "/cijfers/realisation/waarom?period=2022-I&code=GM0034&column=remaining",
    "changes": f"/cijfers/realisation/veranderd?{CHANGED}",
    "words": "/uitleg",
    "role": "/rol",
}
#: What the README opens with: of these the first view too.
OPENING = ("country", "municipality")
#: Whose journey is shown: of those whom this municipality is to house, who waits longest.
_WAITING_IN = "GM0034"
_DESK, _TELEPHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
#: What of a page is on a picture, in pixels from its head; and how many sheets of paper.
_TALLEST, _SHEETS = 2_600, 2
_QUALITY, _DOTS_AN_INCH = 60, "70"


def main() -> None:
    """Take the pictures, and tell how much they weigh."""
    asked = argparse.ArgumentParser(prog="python -m tests.pages.screenshots", description=__doc__)
    asked.add_argument("--of", choices=list(PICTURES), help="one page only")
    asked.add_argument("--address", help="a service that runs, as http://127.0.0.1:8000")
    asked.add_argument("--png", action="store_true", help="as PNG, which is larger")
    asked.add_argument("out", nargs="?", type=Path, default=OUT)
    given = asked.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    wanted = {name: path for name, path in PICTURES.items() if given.of in (None, name)}
    taken: dict[str, list[str]] = {}
    with _address(given.address) as address, browsing() as browser:
        for name, path in wanted.items():
            pictures = _Camera(browser, given.out, "png" if given.png else "webp")
            url = address + path.replace("{journey}", _journey(address) if "{journey}" in path else "")
            taken[name] = list(pictures.of(name, url))
            sys.stdout.write(f"{name}: {', '.join(taken[name]) or f'nothing: {url} does not answer'}\n")
    if given.of is None:
        (given.out / "README.md").write_text(_index(taken), "utf-8")
    weight = sum(path.stat().st_size for path in given.out.iterdir() if path.is_file())
    sys.stdout.write(f"{given.out} weighs {weight / 1e6:.1f} MB\n")


def _index(taken: Mapping[str, Sequence[str]]) -> str:
    """The page that lists them."""
    lines = ["# What people see", "", "Taken by `python -m tests.pages.screenshots`; CONTRIBUTING.md says when.", ""]
    for name, files in taken.items():
        pictures = " · ".join(f"[{Path(file).stem.removeprefix(name).strip('-') or 'desk'}]({file})" for file in files)
        lines += [f"- `{PICTURES[name]}`: {pictures}"]
    return "\n".join([*lines, ""])


@contextmanager
def _address(given: str | None) -> Iterator[str]:
    """Where a service answers that has something to show."""
    if given is not None:
        yield given.rstrip("/")
        return
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'ketenspoor.db'}"
        engine = connect(url)
        migrations.upgrade(engine)
        engine.dispose()
        with services.telling(url, Path(folder)) as address:
            yield address


def _journey(address: str) -> str:
    asked = {"municipality": _WAITING_IN, "phase": "housing", "validOn": "2022-06-30", "limit": "1000"}
    items = httpx.get(f"{address}/v1/journeys", params=asked, timeout=60.0).json()["items"]
    journey: str = max(items, key=lambda one: one["days"])["journey"]
    return journey


class _Camera:
    """Takes the pictures of one page: in this format, into this directory."""

    def __init__(self, browser: Browser, out: Path, form: str) -> None:
        self._browser, self._out, self._form = browser, out, form

    def of(self, name: str, url: str) -> Iterable[str]:
        """Take all of a page; what they are called, nothing where it does not answer."""
        context = self._browser.new_context(locale="nl-NL", reduced_motion="reduce")
        page = context.new_page()
        answer = page.goto(url)
        if answer is None or answer.status != httpx.codes.OK:
            context.close()
            return
        yield self._screen(page, name, _DESK, _TALLEST)
        if name in OPENING:
            yield self._screen(page, f"{name}-view", _DESK, _DESK["height"])
        yield self._screen(page, f"{name}-phone", _TELEPHONE, _TALLEST)
        page.emulate_media(color_scheme="dark")
        yield self._screen(page, f"{name}-dark", _DESK, _DESK["height"])
        page.emulate_media(color_scheme="light")
        yield from self._paper(page, name)
        context.close()

    def _screen(self, page: Page, name: str, size: Mapping[str, int], tallest: int) -> str:
        page.set_viewport_size({"width": size["width"], "height": size["height"]})
        whole: int = page.evaluate("document.documentElement.scrollHeight")
        clip = {"x": 0, "y": 0, "width": size["width"], "height": min(max(whole, size["height"]), tallest), "scale": 1}
        session = page.context.new_cdp_session(page)
        quality = {"quality": _QUALITY} if self._form == "webp" else {}
        taken = session.send(
            "Page.captureScreenshot", {"format": self._form, "clip": clip, "captureBeyondViewport": True, **quality}
        )
        session.detach()
        path = self._out / f"{name}.{self._form}"
        path.write_bytes(base64.b64decode(taken["data"]))
        return path.name

    def _paper(self, page: Page, name: str) -> Iterator[str]:
        """The first sheets of it as pictures, or as PDF where nothing makes pictures of that."""
        printed = page.pdf(prefer_css_page_size=True, format="A4", print_background=True)
        program = shutil.which("pdftoppm")
        if program is None:
            path = self._out / f"{name}-print.pdf"
            path.write_bytes(printed)
            yield path.name
            return
        with TemporaryDirectory() as folder:
            (Path(folder) / "page.pdf").write_bytes(printed)
            command = [program, "-png", "-r", _DOTS_AN_INCH, "-l", str(_SHEETS), "page.pdf", "sheet"]
            subprocess.run(command, cwd=folder, check=True)
            for number, sheet in enumerate(sorted(Path(folder).glob("sheet*.png")), start=1):
                yield self._picture(page.context.new_page(), f"{name}-print-{number}", sheet.read_bytes())

    def _picture(self, blank: Page, name: str, png: bytes) -> str:
        """A picture as this format has it."""
        source = f"data:image/png;base64,{base64.b64encode(png).decode()}"
        blank.set_content(f'<body style="margin: 0"><img style="display: block" src="{source}">')
        width, height = blank.evaluate("(img => [img.naturalWidth, img.naturalHeight])(document.images[0])")
        return self._screen(blank, name, {"width": width, "height": height}, height)


if __name__ == "__main__":
    main()
