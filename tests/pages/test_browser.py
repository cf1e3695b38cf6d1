"""The browser is a real one, driven as a reader would."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from tests.pages import browser as chromium
from tests.pages.browser import NoBrowser


def test_it_runs_what_a_page_brings_and_keeps_to_its_policy(page):
    page.goto("/docs")
    page.wait_for_selector(".swagger-ui .info")
    assert page.evaluate("() => getComputedStyle(document.body).fontFamily") != ""


def test_where_there_is_none_and_nobody_may_install_one_it_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(NoBrowser, match=r"^NO BROWSER: .*`apt-get install -y --no-install-recommends chromium"):
        chromium.prepared()


def test_one_that_is_there_is_taken(monkeypatch, tmp_path):
    there = Path(tmp_path) / "google-chrome"
    there.write_text("#!/bin/sh\n")
    there.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert chromium.prepared() == there
