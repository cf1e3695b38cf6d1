"""Count the modules of a tree: how many, how long, who imports them, and which rooms import each other.

    python -m tests.benchmarks.house [DIR] [--list]

DIR holds `domain`, `projections` and `service`; without it, it is this tree. A room of the service is a folder of it;
modules that lie in none are a room together. What a module imports counts wherever the import stands in it.
"""

from __future__ import annotations

import argparse
import ast
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from statistics import median
from typing import NamedTuple

from rich.console import Console

LAYERS = ("domain", "projections", "service")
SHORT = 40


class Module(NamedTuple):
    """A module: its name, how many lines it has, and which of our modules it imports."""

    name: str
    lines: int
    imports: frozenset[str]

    @property
    def room(self) -> str:
        """The folder of the service in which it lies, or the service itself."""
        return ".".join(self.name.split(".")[:-1][:2])


def modules(root: Path) -> list[Module]:
    """All modules below the layers of a tree."""
    paths = [path for layer in LAYERS for path in sorted((root / layer).rglob("*.py"))]
    names = {_name(path, root) for path in paths}
    found = []
    for path in paths:
        text = path.read_text()
        imports = {_known(each, names) for each in _imported(ast.parse(text))} - {None, _name(path, root)}
        found.append(Module(_name(path, root), len(text.splitlines()), frozenset(each for each in imports if each)))
    return found


def one_importer(found: Sequence[Module]) -> list[tuple[str, str]]:
    """The modules that one other imports, and that other; what only names a folder is left out."""
    importers: dict[str, list[str]] = {module.name: [] for module in found if module.lines > 1}
    for module in found:
        for name in module.imports & importers.keys():
            importers[name].append(module.name)
    return [(name, others[0]) for name, others in importers.items() if len(others) == 1]


def mutual(found: Sequence[Module]) -> list[tuple[str, str]]:
    """The pairs of rooms of the service that import each other."""
    service = [module for module in found if module.name.startswith("service.")]
    folders = {module.name for module in service} & {module.room for module in service}
    rooms = {module.name: module.name if module.name in folders else module.room for module in service}
    doors = {(rooms[module.name], rooms[name]) for module in service for name in module.imports if name in rooms}
    return [pair for pair in combinations(sorted(set(rooms.values())), 2) if {pair, pair[::-1]} <= doors]


def _name(path: Path, root: Path) -> str:
    return ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")


def _imported(tree: ast.Module) -> list[str]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


def _known(imported: str, names: set[str]) -> str | None:
    """The module that is imported, or of which a name is; None where it is not ours."""
    if imported in names:
        return imported
    module = imported.rpartition(".")[0]
    return module if module in names else None


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the counts."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.house", description=__doc__)
    parser.add_argument("directory", nargs="?", type=Path, default=Path(__file__).parents[2], metavar="DIR")
    parser.add_argument("--list", action="store_true", help="the modules too")
    asked = parser.parse_args(arguments)
    screen = Console(highlight=False, soft_wrap=True)
    found = modules(asked.directory)
    for layer in (*LAYERS, ""):
        some = [module for module in found if module.name.startswith(layer)]
        full = [module for module in some if module.lines > 1]
        screen.print(
            f"{layer or 'all'}: {len(some)} modules, {sum(module.lines for module in some):,} lines, "
            f"median {median(module.lines for module in full):.0f}, {sum(module.lines < SHORT for module in full)} "
            f"under {SHORT} lines"
        )
    alone, pairs = one_importer(found), mutual(found)
    short = {module.name for module in found if module.lines < SHORT}
    screen.print(f"{len(alone)} modules have one importer, {sum(name in short for name, _ in alone)} of them short")
    screen.print(f"{len(pairs)} pairs of rooms of the service import each other")
    if asked.list:
        for name, importer in alone:
            screen.print(f"  {name}{' (short)' if name in short else ''}: {importer}")
        for one, other in pairs:
            screen.print(f"  {one} <-> {other}")


if __name__ == "__main__":
    main()
