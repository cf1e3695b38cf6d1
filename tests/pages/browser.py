"""A real browser for the tests of pages: the Chromium of this machine, or one that apt installs where we may.

`python -m tests.pages.browser` does that once, before the tests begin; `make test` starts with it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

#: As Debian, Ubuntu, Fedora and Google call it.
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_INSTALL = ("apt-get", "install", "-y", "--no-install-recommends", "chromium")
#: Nothing of its own goes over the network, and nothing waits for a screen or a graphics card.
_ARGUMENTS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
#: With this every reason begins for which a test of pages was not run.
MISSING = "NO BROWSER"
HOW_TO = f"install one with `{' '.join(_INSTALL)}`, or put {', '.join(_NAMES[:-1])} on the path"


class NoBrowser(Exception):
    """There is none, and none could be installed; says what to do."""


def found() -> Path | None:
    """The browser that is on the path."""
    return next((Path(path) for name in _NAMES if (path := shutil.which(name))), None)


def prepared() -> Path:
    """The browser, installed where there was none and apt lets us; NoBrowser otherwise."""
    if there := found():
        return there
    # Several processes of one run find out at the same time: the first installs, the others wait for it.
    with (Path(tempfile.gettempdir()) / "ketenspoor-browser.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return found() or _installed()


def _installed() -> Path:
    if shutil.which("apt-get") is None:
        raise NoBrowser(f"{MISSING}: no Chromium on the path and no apt here: {HOW_TO}")
    # Who is not root may perhaps become it without being asked anything.
    become = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if become and subprocess.run([*become, "true"], capture_output=True, check=False).returncode:
        raise NoBrowser(f"{MISSING}: no Chromium on the path, and only root may install it: {HOW_TO}")
    told = ""
    for command in (["apt-get", "update"], [*_INSTALL]):
        ran = subprocess.run(
            [*become, "env", "DEBIAN_FRONTEND=noninteractive", *command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        told = ran.stderr.strip()[-400:] or told
    if there := found():
        return there
    raise NoBrowser(f"{MISSING}: apt could not install Chromium ({told}): {HOW_TO}")


@contextmanager
def browsing() -> Iterator[Browser]:
    """The browser, running. While it runs no other loop of asyncio can in this thread: Playwright has one there."""
    # Every worker of a run reads this file, and few need what drives a browser.
    from playwright.sync_api import sync_playwright

    arguments = [*_ARGUMENTS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=prepared(), args=arguments, env=_dutch())
        try:
            yield browser
        finally:
            browser.close()


def _dutch() -> dict[str, str | float | bool]:
    # Where it has its own words in Dutch (Debian's chromium-l10n), as a field for a day writes its day.
    return {**os.environ, "LANGUAGE": "nl"}


def main() -> None:
    """Have one ready, or say loudly that there is none: the tests of pages are then skipped, and say so too."""
    try:
        sys.stdout.write(f"Browser for the tests of pages: {prepared()}\n")
    except NoBrowser as none:
        line = "!" * 100
        sys.stdout.write(f"{line}\n{none}\nThe tests of pages will be SKIPPED.\n{line}\n")


if __name__ == "__main__":
    main()
