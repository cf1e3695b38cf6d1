"""What is counted of the code: the modules of a tree, and what a post, a question and a batch go through."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.benchmarks import house

ROOT = Path(__file__).parents[2]


def test_modules_are_counted_with_who_imports_them_and_which_rooms_import_each_other(tmp_path: Path) -> None:
    texts = {
        "domain/norms.py": "NORM = 1\nANOTHER = 2\n",
        "service/log/writer.py": "from domain.norms import NORM\nfrom service.http import app\n",
        "service/http/app.py": "import service.log.writer\n\nAPP = 1\n",
        "service/http/__init__.py": '"""A room."""\n',
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)

    found = house.modules(tmp_path)

    assert {module.name: module.lines for module in found} == {
        "domain.norms": 2,
        "service.http": 1,
        "service.http.app": 3,
        "service.log.writer": 2,
    }
    assert house.one_importer(found) == [
        ("domain.norms", "service.log.writer"),
        ("service.http.app", "service.log.writer"),
        ("service.log.writer", "service.http.app"),
    ]
    assert house.mutual(found) == [("service.http", "service.log")]


def test_the_rooms_of_this_tree_do_not_import_each_other() -> None:
    found = house.modules(ROOT)

    assert len(found) > 100
    assert house.mutual(found) == []


def test_each_walk_goes_through_some_functions_of_some_modules() -> None:
    command = [sys.executable, "-m", "tests.benchmarks.walks", "--list"]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    counted = re.findall(r"^(\w+): (\d+) functions, (\d+) modules", printed, re.MULTILINE)

    assert [name for name, _, _ in counted] == ["POST", "GET", "projection"]
    assert all(int(functions) > int(modules) > 5 for _, functions, modules in counted)
    # One of each walk, which would be missing if a thread were not seen.
    assert all(f"\n  {module} " in printed for module in ("service.log.recorder", "domain.quota", "domain.journey"))
