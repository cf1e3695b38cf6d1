"""What holds for every page, each as a function that tells what is wrong, in words: nothing is wrong with `[]`.

`looking` opens a page once and hears what happens meanwhile; all else looks at what it opened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import axe_playwright_python.base
from playwright.sync_api import BrowserContext, CDPSession, Page

#: The rules of WCAG 2.2 at level AA, which the law asks for (2.1), and what axe-core advises besides.
_RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
#: More stops than this are walked at the beginning and at the end only.
_WALKED, _AT_THE_END = 120, 20
#: A field for a date has a stop for its day, month, year and calendar.
_STOPS_WITHIN = 5
#: What a window of 1280 by 800 shows of a page at 400 %.
_ZOOMED = {"width": 320, "height": 200, "deviceScaleFactor": 4, "mobile": False}

_HEAR = """
window.heard = {refused: [], shifted: 0};
document.addEventListener('securitypolicyviolation', (e) => {
  window.heard.refused.push(`${e.effectiveDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`);
});
new PerformanceObserver((list) => {
  for (const moved of list.getEntries()) if (!moved.hadRecentInput) window.heard.shifted += moved.value;
}).observe({type: 'layout-shift', buffered: true});
"""

_SIDEWAYS = """() => {
  const wrong = [], wide = document.documentElement.clientWidth, whole = document.scrollingElement.scrollWidth;
  const scrolls = (one) => one !== document.body && one !== document.documentElement
    && (getComputedStyle(one).overflowX !== 'visible' || scrolls(one.parentElement));
  if (whole > wide) {
    wrong.push(`the page is ${whole} px wide in ${wide}`);
    for (const one of document.body.querySelectorAll('*')) {
      const box = one.getBoundingClientRect();
      if (box.right > wide + 1 && box.width && !one.parentElement.closest('[data-wide]') && !scrolls(one)) {
        one.dataset.wide = '';
        wrong.push(`<${one.localName} class="${one.getAttribute('class') || ''}"> ends at ${Math.round(box.right)} px`);
      }
    }
  }
  for (const one of document.body.querySelectorAll('*')) {
    const style = getComputedStyle(one);
    const cut = ['hidden', 'clip'].includes(style.overflowX) && one.scrollWidth > one.clientWidth + 1;
    if (cut && one.clientWidth > 1 && one.checkVisibility() && !one.closest('svg'))
      wrong.push(`<${one.localName} class="${one.className}"> cuts off what it holds`);
  }
  return wrong.slice(0, 8);
}"""

#: How an element looks where a focus shows, and the elements at which Tab is to stop.
_STOPS = """() => {
  const one = 'a[href], area[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex], iframe';
  const look = (element) => [element, ...[...element.querySelectorAll('*')].slice(0, 8)].map((each) => {
    const style = getComputedStyle(each);
    return [style.outlineStyle, style.outlineWidth, style.boxShadow, style.borderWidth, style.borderColor,
            style.stroke, style.strokeWidth].join(' ');
  }).join('|');
  const grouped = (element) => element.type === 'radio' && element.name
    && element !== (document.querySelector(`input[type=radio][name="${element.name}"]:checked`)
                    || document.querySelector(`input[type=radio][name="${element.name}"]`));
  const stops = [...document.querySelectorAll(one)].filter((element) => element.tabIndex >= 0 && !element.disabled
    && element.checkVisibility({visibilityProperty: true}) && !element.closest('[inert]') && !grouped(element));
  window.walk = {stops, look, before: new Map(stops.map((stop) => [stop, look(stop)])), last: null};
  document.activeElement.blur();
  return stops.length;
}"""

#: Where the focus is: the number of the stop (null elsewhere, -1 for none), and what is wrong there.
_HERE = """() => {
  const {stops, look, before} = window.walk, here = document.activeElement, wrong = [];
  if (here === null || here === document.body || here === document.documentElement) return {at: -1, wrong};
  const name = `<${here.localName}> "${(here.getAttribute('aria-label') || here.textContent || here.name || '')
    .trim().replace(/\\s+/g, ' ').slice(0, 40)}"`;
  const at = stops.indexOf(here), again = here === window.walk.last;
  if (window.walk.last && !again && !(window.walk.last.compareDocumentPosition(here) & 4))
    wrong.push(`${name} comes before what had the focus before it`);
  window.walk.last = here;
  if (again) return {at, again, wrong};
  if (at >= 0 && look(here) === before.get(here)) wrong.push(`${name} looks the same with the focus`);
  const boxes = [...here.getClientRects()].filter((box) => box.width && box.height);
  const seen = boxes.some((box) => {
    const left = Math.max(box.left, 0), right = Math.min(box.right, innerWidth);
    const top = Math.max(box.top, 0), bottom = Math.min(box.bottom, innerHeight);
    if (right <= left || bottom <= top) return false;
    const hit = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
    return hit && (here.contains(hit) || hit.contains(here));
  });
  if (!seen) wrong.push(`${name} is out of sight or covered when it has the focus`);
  return {at: at < 0 ? null : at, again, wrong};
}"""

_NUMBERS = """() => [...document.querySelectorAll('a.number')].map((a) => ({
  text: a.textContent.trim().replace(/\\s+/g, ' '),
  ...Object.fromEntries(a.getAttributeNames().map((name) => [name, a.getAttribute(name)]))
}))"""


class Look(NamedTuple):
    """A page that was opened, with the addresses that it asked for and what the browser complained of."""

    page: Page
    status: int
    policy: str
    asked: list[str]
    complaints: list[str]


Check = Callable[[Look], list[str]]


@contextmanager
def looking(context: BrowserContext, address: str) -> Iterator[Look]:
    """Open a page, and close it afterwards; `address` may be one within that of the context."""
    page = context.new_page()
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.add_init_script(_HEAR)
    try:
        answer = page.goto(address)
        assert answer is not None, address
        yield Look(page, answer.status, answer.headers.get("content-security-policy", ""), asked, complaints)
    finally:
        page.close()


def other_hosts(look: Look) -> list[str]:
    """Requests to another host than the page came from."""
    own = urlsplit(look.page.url).netloc
    return [url for url in look.asked if urlsplit(url).scheme != "data" and urlsplit(url).netloc != own]


def against_policy(look: Look) -> list[str]:
    """A policy that lets anything inline in, what it refused, and every other complaint of the browser."""
    lax = [word for word in ("unsafe", "*", "data: script") if word in look.policy]
    missing = [] if "default-src 'none'" in look.policy else ["no policy that begins with nothing"]
    return [*missing, *lax, *look.page.evaluate("window.heard.refused"), *look.complaints]


def moved(look: Look) -> list[str]:
    """What moved after it was there (CLS)."""
    shifted: float = look.page.evaluate("window.heard.shifted")
    return [f"moved by {shifted}"] if shifted else []


def inaccessible(look: Look) -> list[str]:
    """What axe-core finds, in light and, for colours, in dark."""
    # What the browser is told to run is under no policy of the page; an element with a script would be.
    look.page.evaluate(_axe())
    found = _axe_finds(look.page, {"runOnly": {"type": "tag", "values": list(_RULES)}})
    look.page.emulate_media(color_scheme="dark")
    dark = _axe_finds(look.page, {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}})
    look.page.emulate_media(color_scheme="light")
    return [*found, *(f"in dark: {each}" for each in dark)]


@cache
def _axe() -> str:
    return Path(axe_playwright_python.base.AXE_FILE_PATH).read_text("utf-8")


def _axe_finds(page: Page, options: dict[str, Any]) -> list[str]:
    found = page.evaluate("(options) => axe.run(document, options)", {**options, "resultTypes": ["violations"]})
    return [
        f"{one['id']} ({one['impact']}) at {node['html'][:160]}: {node['failureSummary'].splitlines()[-1].strip()}"
        for one in found["violations"]
        for node in one["nodes"][:3]
    ]


def unwalkable(look: Look) -> list[str]:
    """What is wrong in a walk with Tab through the page: all is reached, in order, in sight, and left again."""
    stops: int = look.page.evaluate(_STOPS)
    reached: set[int] = set()
    faults = _walk(look.page, reached, _WALKED)
    first_missed = min(set(range(stops)) - reached, default=stops)
    if not faults and stops > _WALKED:
        # From a stop near the end on; what lies between is made of the same.
        start = max(stops - _AT_THE_END, first_missed)
        look.page.evaluate("(at) => { window.walk.stops[at].focus(); window.walk.last = null; }", start)
        reached |= set(range(start + 1))
        faults = _walk(look.page, reached, _AT_THE_END * _STOPS_WITHIN)
    if missed := sorted(set(range(stops)) - reached):
        names = look.page.evaluate("(all) => all.map((at) => window.walk.stops[at].outerHTML.slice(0, 90))", missed[:3])
        faults.append(f"{len(missed)} of {stops} stops are never reached, such as {names}")
    return faults[:8]


def _walk(page: Page, reached: set[int], presses: int) -> list[str]:
    """Press Tab until the focus has left the page, or so often."""
    faults: list[str] = []
    within = 0
    for _ in range(presses):
        page.keyboard.press("Tab")
        here = page.evaluate(_HERE)
        if here["at"] == -1:
            break
        within = within + 1 if here.get("again") else 0
        if within > _STOPS_WITHIN:
            return [*faults, "Tab does not get away from where it is"]
        if here["at"] is not None and not within:
            if here["at"] in reached:
                break
            reached.add(here["at"])
        faults += here["wrong"]
    return faults


def scrolls_sideways(look: Look) -> list[str]:
    """What is too wide for a small telephone, and for a window at 400 %; what scrolls within the page is let be."""
    page = look.page
    size = page.viewport_size
    assert size is not None
    page.set_viewport_size({"width": 320, "height": 640})
    found: list[str] = [f"at 320 px: {each}" for each in page.evaluate(_SIDEWAYS)]
    session: CDPSession = page.context.new_cdp_session(page)
    session.send("Emulation.setDeviceMetricsOverride", _ZOOMED)
    found += [f"at 400 %: {each}" for each in page.evaluate(_SIDEWAYS)]
    session.send("Emulation.clearDeviceMetricsOverride")
    session.detach()
    page.set_viewport_size(size)
    return found


def numbers(page: Page) -> list[dict[str, str]]:
    """Every number of a page that is of a table: the attributes of its link, and its `text`."""
    found: list[dict[str, str]] = page.evaluate(_NUMBERS)
    return found


#: By what they are called in the report of a test. What moved is asked before anything is made to.
EVERY_CHECK: dict[str, Check] = {
    "asks another host": other_hosts,
    "is inaccessible": inaccessible,
    "moves": moved,
    "cannot be walked with Tab": unwalkable,
    "scrolls sideways": scrolls_sideways,
    "breaks its policy": against_policy,
}


def wrong_with(look: Look) -> list[str]:
    """All that is wrong with a page, each with the check that found it."""
    return [f"it {name}: {fault}" for name, check in EVERY_CHECK.items() for fault in check(look)]
