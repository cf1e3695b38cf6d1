"""The files as LibreOffice opens them: nothing is computed, and a Dutch file has its columns apart.

Runs where LibreOffice is installed (`apt-get install --no-install-recommends libreoffice-calc`).
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.reports import ENSCHEDE, housed, quota, said
from tests.api.service_under_test import Service, serving

OFFICE = shutil.which("soffice")
pytestmark = pytest.mark.skipif(OFFICE is None, reason="LibreOffice is not installed")

FORMULA = "=1+1"
URL = "/v1/figures/realisation?period=2022-I&groupBy=municipality&validOn=2022-03-01&format="
#: How CSV is read: what stands between fields, the quote, and UTF-8.
COMMAS, SEMICOLONS = "CSV:44,34,76,1", "CSV:59,34,76,1"


@pytest.fixture(scope="module")
def service(shared_sqlite_url: str) -> Iterator[Service]:
    merged = {"municipality": ENSCHEDE, "into": "GM9153", "on": "2022-01-01", "name": FORMULA, "province": "PV23"}
    events = [
        quota("quota-published", "2022-01-01", "2022-I", persons=1_000),
        said("municipality-merged", "2022-01-01", **merged),
        housed("1111111111", "2022-02-01", ENSCHEDE),
    ]
    with serving(shared_sqlite_url) as found:
        assert found.post_all(events)["rejected"] == 0
        found.follow()
        yield found


@pytest.mark.parametrize(
    ("form", "reader"), [("csv", COMMAS), ("csv&labels=nl", SEMICOLONS), ("xlsx", None)], ids=["csv", "dutch", "xlsx"]
)
def test_libreoffice_computes_nothing_and_has_every_column(
    service: Service, tmp_path: Path, form: str, reader: str | None
) -> None:
    answer = service.request("GET", f"{URL}{form}")
    file = tmp_path / f"realisation.{form[:4].rstrip('&')}"
    file.write_bytes(answer.content)
    opened = _opened(file, reader)
    assert "table:formula" not in opened
    assert f"<text:p>{FORMULA}</text:p>" in opened or f"<text:p>&apos;{FORMULA}</text:p>" in opened
    row = next(row for row in re.findall(r"<table:table-row.*?</table:table-row>", opened, re.DOTALL) if FORMULA in row)
    assert "GM9153" in row
    assert row.count('office:value-type="float"') > 5


def _opened(file: Path, reader: str | None) -> str:
    """What LibreOffice makes of a file, as flat XML."""
    command = [str(OFFICE), f"-env:UserInstallation=file://{file.parent / 'profile'}", "--headless"]
    command += [f"--infilter={reader}"] if reader else []
    command += ["--convert-to", "fods", "--outdir", str(file.parent), str(file)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return file.with_suffix(".fods").read_text("utf-8")
