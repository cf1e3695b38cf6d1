"""Every page leads on, and to nothing that is not there; relative, so that all of it holds behind a sub-path too."""

from __future__ import annotations

import re
from collections import Counter, deque
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import httpx

_BROWSER = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}
#: Pages of one kind are made by one template: so many of each are looked at.
_OF_A_KIND = 4
_SUB_PATH = "/keten/spoor"
_CODES = re.compile(r"(GM|PV)[0-9]+|[0-9a-f]{8}-[0-9a-f-]{27}|(?<=/cijfers/)[a-z-]+|(?<=/pages/)[^/]+")
#: What is refused for a reason of its own, and leads there all the same.
_TOLD = {403, 503}


class Html(HTMLParser):
    """Where a page leads, and what its elements carry."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ways: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.tags: Counter[str] = Counter()
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        for name, value in attributes:
            self.attributes.append((tag, name))
            if name in {"href", "src", "action"} and value and not value.startswith(("#", "data:")):
                self.ways.append(value)


def _kind(address: str) -> str:
    return _CODES.sub("*", urlsplit(address).path)


def test_whatever_a_page_leads_to_is_there_and_every_page_keeps_to_the_policy(pages_address):
    seen, kinds, waiting = {"/"}, Counter[str](), deque(["/"])
    absolute, missing, unlike = set[str](), dict[str, int](), dict[str, object]()
    with httpx.Client(base_url=pages_address, headers=_BROWSER, trust_env=False, timeout=60) as client:
        while waiting:
            address = waiting.popleft()
            answer = client.get(address)
            if answer.status_code not in {200, 303, *_TOLD}:
                missing[address] = answer.status_code
            if not answer.headers.get("content-type", "").startswith("text/html"):
                continue
            html = Html(answer.text)
            said = "".join(name for _, name in html.attributes if name == "style" or name.startswith("on"))
            if address != "/docs" and (said or html.tags["style"] or html.tags["h1"] != 1 or html.tags["main"] != 1):
                unlike[address] = html.tags
            if address == "/docs":
                continue
            # As a browser takes it behind a proxy that serves all of this under a path.
            there = f"{_SUB_PATH}{address}"
            absolute |= {way for way in html.ways if not urljoin(there, way).startswith(f"{_SUB_PATH}/")}
            for way in html.ways:
                to = urljoin(address, way)
                kind = _kind(to)
                if to not in seen and kinds[kind] < _OF_A_KIND:
                    seen.add(to)
                    kinds[kind] += 1
                    waiting.append(to)
    assert missing == {}
    assert absolute == set(), "leads out of a sub-path"
    assert unlike == {}
    # It has been everywhere: the root in both languages, tables, reasons, the API behind it.
    assert {"/en/", "/cijfers", "/cijfers/*", "/cijfers/*/waarom", "/en/cijfers/*", "/v1/figures/realisation"} <= set(
        kinds
    )
