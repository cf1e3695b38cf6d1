"""What the repository says about itself is true: documents, locks, images and rooms agree with the code."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
ROOMS = ("domain", "projections", "service")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
SERVICE_LOCK = ROOT / "requirements" / "service.txt"
DEVELOPMENT_LOCK = ROOT / "requirements" / "development.txt"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "domain").rglob("*.md")])


def modules(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def imported(module: Path) -> Iterator[str]:
    """The top-level names that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." if node.level else (node.module or "").partition(".")[0]


def package_name(requirement: str) -> str:
    matched = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert matched, requirement
    return re.sub(r"[-_.]+", "-", matched[0]).lower()


def pins(lock: Path) -> dict[str, str]:
    """Package to version, as a lock pins them."""
    lines = [line for line in lock.read_text().splitlines() if line and not line.startswith(" ")]
    return {package_name(line): line.partition("==")[2].split()[0] for line in lines}


def declared() -> dict[str, list[str]]:
    asked = [PROJECT["dependencies"], PROJECT["optional-dependencies"]["development"]]
    service, development = ([package_name(requirement) for requirement in each] for each in asked)
    return {"service": service, "development": [*service, *development]}


def run_tool(name: str, *arguments: str) -> str:
    """What a tool of this environment prints; it must end with 0."""
    tool = Path(sys.executable).with_name(name)
    ended = subprocess.run([tool, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def command_names() -> set[str]:
    from service.cli.main import COMMANDS

    return set(COMMANDS)


def setting_names() -> set[str]:
    from service.foundation.settings import Settings

    return {f"KETENSPOOR_{name.upper()}" for name in Settings.model_fields}


def described_paths() -> set[str]:
    """The paths of the committed description; of all tables of figures as one."""
    document = json.loads((ROOT / "openapi" / "openapi.json").read_text())
    return {
        re.sub("^/v1/figures/[a-z-]+", "/v1/figures/{figure}", f"/v1{path}".removesuffix("/"))
        for path in document["paths"]
    }


# The rooms


def test_the_domain_imports_only_the_standard_library():
    foreign = {
        f"{module.relative_to(ROOT)}: {name}"
        for module in modules("domain")
        for name in imported(module)
        if name != "domain" and name not in sys.stdlib_module_names
    }

    assert foreign == set()


def test_the_projections_import_only_the_domain_sqlalchemy_and_duckdb_beside_the_standard_library():
    allowed = {"domain", "duckdb", "numpy", "projections", "sqlalchemy", *sys.stdlib_module_names}
    foreign = {
        f"{module.relative_to(ROOT)}: {name}"
        for module in modules("projections")
        for name in imported(module)
        if name not in allowed
    }

    assert foreign == set()


def test_a_version_of_the_schema_imports_nothing_of_ours():
    versions = sorted((ROOT / "migrations" / "versions").glob("*.py"))
    ours = {f"{version.name}: {name}" for version in versions for name in imported(version) if name in ROOMS}

    assert versions
    assert ours == set()


def test_the_import_contracts_are_kept():
    assert " 0 broken" in run_tool("lint-imports", "--no-cache")


@pytest.mark.parametrize("room", ROOMS)
def test_no_module_is_longer_than_400_lines(room):
    lengths = {str(module.relative_to(ROOT)): len(module.read_text().splitlines()) for module in modules(room)}

    assert lengths
    assert {name: length for name, length in lengths.items() if length > 400} == {}


@pytest.mark.parametrize("room", ROOMS)
def test_no_module_has_a_name_that_says_nothing_of_what_is_in_it(room):
    # The field's own words (cache, middleware, worker, snapshot) do say it.
    empty = {"base", "common", "helper", "helpers", "manager", "managers", "misc", "shared", "util", "utils"}
    words = {path: set(re.split(r"[/_.]", str(path.relative_to(ROOT)))) for path in modules(room)}

    assert [str(path.relative_to(ROOT)) for path, some in words.items() if some & empty] == []


def test_every_module_of_the_service_lies_in_a_room():
    assert sorted(path.name for path in (ROOT / "service").glob("*.py")) == ["__init__.py", "__main__.py"]


def test_the_wheel_carries_every_file_of_the_rooms_and_the_migrations(tmp_path):
    run_tool("hatchling", "build", "-t", "wheel", "-d", str(tmp_path))
    (wheel,) = tmp_path.glob("*.whl")
    packed = set(zipfile.ZipFile(wheel).namelist())
    files = {
        str(file.relative_to(ROOT))
        for room in (*ROOMS, "migrations")
        for file in (ROOT / room).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }

    assert files - packed == set()


# Dependencies


@pytest.mark.parametrize("lock", [SERVICE_LOCK, DEVELOPMENT_LOCK], ids=lambda lock: lock.stem)
def test_a_lock_names_packages_and_hashes_and_no_place_to_fetch_them(lock):
    pin = r"[a-z0-9-]+(\[[a-z0-9,-]+\])?==[^ /:@]+( ; [^/:@]+)? \\"
    digest = r"    --hash=sha256:[0-9a-f]{64}( \\)?"
    strangers = [line for line in lock.read_text().splitlines() if not re.fullmatch(f"{pin}|{digest}", line)]

    assert strangers == []


@pytest.mark.parametrize("lock", [SERVICE_LOCK, DEVELOPMENT_LOCK], ids=lambda lock: lock.stem)
def test_a_lock_pins_every_dependency_that_is_declared(lock):
    assert set(declared()[lock.stem]) - pins(lock).keys() == set()


def test_the_two_locks_agree_on_every_version_they_share():
    service, development = pins(SERVICE_LOCK), pins(DEVELOPMENT_LOCK)

    assert service.items() - development.items() == set()


def test_every_dependency_has_its_reason_in_the_decisions():
    page = (ROOT / "docs" / "decisions" / "0002-dependencies.md").read_text()
    reasoned = {name for line in page.splitlines() if line.startswith("- ") for name in re.findall("`([^`]+)`", line)}

    assert set(declared()["development"]) - reasoned == set()


# Documents


def test_the_table_of_settings_in_the_readme_says_what_stands_under_each_of_them():
    from service.foundation.settings import Settings

    said = {
        f"KETENSPOOR_{name.upper()}": (field.default, " ".join((field.description or "").split()))
        for name, field in Settings.model_fields.items()
    }
    text = (ROOT / "README.md").read_text()
    rows = re.findall(r"^\| `(KETENSPOOR_[A-Z_]+)` \| (.*?) \| (.*) \|$", text, re.MULTILINE)

    assert [(name, meaning) for name, _, meaning in rows] == [(name, meaning) for name, (_, meaning) in said.items()]
    # Where it has one; what comes of none the table says in words.
    defaults = {name: default for name, (default, _) in said.items() if default is not None}
    told = {name: f"{default:g}" if isinstance(default, float) else str(default) for name, default in defaults.items()}
    assert {name: default.strip("`") for name, default, _ in rows if name in defaults} == told


def test_the_changelog_and_publiccode_speak_of_the_version_that_is_built():
    newest = re.search(r"^## \[([^\]]+)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    publiccode = yaml.safe_load((ROOT / "publiccode.yml").read_text())

    assert newest
    assert newest[1] == PROJECT["version"]
    assert publiccode["softwareVersion"] == PROJECT["version"]
    assert publiccode["legal"]["license"] == PROJECT["license"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(page):
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text())

    assert [link for link in links if "://" not in link and not (page.parent / link).exists()] == []


def superseded(page: Path) -> str:
    """What a decision says at its top of the one that took its place; empty where none did."""
    lines = page.read_text().splitlines()[:4] if page.parent.name == "decisions" else []
    return next((line for line in lines if line.startswith("Superseded ")), "")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_module_that_a_page_names_exists(page):
    # A changelog, and a decision that no longer holds, name what there was.
    gone = page.name == "CHANGELOG.md" or superseded(page).startswith("Superseded by ")
    path = r"(?<![\w/.-])((?:domain|projections|service|migrations|tests)/[\w/.*-]*[\w/*])"

    assert gone or [name for name in re.findall(path, page.read_text()) if not any(ROOT.glob(name))] == []


def test_a_superseded_decision_names_the_one_that_took_its_place_and_the_day():
    lines = [line for page in PAGES if (line := superseded(page))]
    form = r"Superseded (in part )?by \[(\d{4})\]\(\2-[a-z-]+\.md\), \d{4}-\d\d-\d\d\."

    assert lines
    assert [line for line in lines if not re.fullmatch(form, line)] == []


def test_the_index_of_decisions_has_every_page():
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text()

    assert [page.name for page in sorted(folder.glob("0*.md")) if f"({page.name})" not in index] == []


def test_every_command_in_the_documents_exists():
    texts = [page.read_text() for page in PAGES if page.name != "CHANGELOG.md"]
    named = {command for text in texts for command in re.findall(r"(?:`|bin/)ketenspoor ([a-z][a-z-]*)", text)}

    assert named
    assert named - command_names() == set()


def test_the_readme_names_every_request_that_is_described_and_no_other():
    named = set(re.findall(r"`(?:GET |POST )?(/v1\b[^`?]*)", (ROOT / "README.md").read_text()))

    assert named == described_paths()


def test_the_licence_is_the_whole_of_the_eupl():
    licence = (ROOT / "LICENSE").read_text()

    assert licence.startswith("EUROPEAN UNION PUBLIC LICENCE v. 1.2")
    assert re.findall(r"^(\d+)\. [A-Z]", licence, re.MULTILINE) == [str(article) for article in range(1, 16)]
    assert "‘Compatible Licences’ according to Article 5 EUPL are:" in licence


# Images


def test_the_dockerfile_has_nothing_to_remark():
    assert run_tool("hadolint", "--no-color", "--failure-threshold", "style", "Dockerfile") == ""


def test_the_image_does_not_run_as_root():
    users = re.findall(r"^USER (\S+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)

    assert users
    assert users[-1] not in ("root", "0")


def test_the_image_asks_for_its_health_what_the_service_answers():
    # At the port that the setting says, as the service does.
    asked = re.findall(
        r"127\.0\.0\.1:%s(/[^']*)' % \(os.environ.get\('KETENSPOOR_PORT'\)", (ROOT / "Dockerfile").read_text()
    )

    # Not readiness: who restarts what is ill would restart every process for a follower that is behind.
    assert asked == ["/livez"]


def services() -> dict[str, dict[str, Any]]:
    """The services of the compose file."""
    return yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]


def test_the_compose_file_sets_only_settings_that_exist():
    given = {name for service in services().values() for name in service["environment"]}

    assert {name for name in given if name.startswith("KETENSPOOR_")} - setting_names() == set()


def test_the_compose_file_gives_only_commands_that_exist():
    given = {service["command"][0] for service in services().values() if "command" in service}

    assert given == {"migrate", "serve", "project"}
    assert given - command_names() == set()


def test_the_compose_file_waits_only_for_services_it_has():
    awaited = {name for service in services().values() for name in service.get("depends_on", {})}

    assert awaited - services().keys() == set()


def test_the_compose_file_lets_the_server_finish_what_is_under_way():
    from service.http.server.server import UNDER_WAY_SECONDS

    grace = services()["serve"]["stop_grace_period"]

    assert re.fullmatch(r"[0-9]+s", grace)
    assert int(grace[:-1]) > UNDER_WAY_SECONDS


def test_the_compose_file_starts_one_follower():
    assert services()["serve"]["environment"]["KETENSPOOR_FOLLOWER"] == "none"


def test_the_compose_file_opens_ports_to_this_machine_only():
    opened = [port for service in services().values() for port in service.get("ports", [])]

    assert opened
    assert [port for port in opened if not port.startswith("127.0.0.1:")] == []
