"""Whether an SBOM names all that the service is installed with: `python -m tests.supply_chain.sbom FILE`."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from tests.supply_chain.advisories import SERVICE, locked


def left_out(sbom: Mapping[str, Any], versions: Mapping[str, str]) -> set[str]:
    """The packages that an SBOM does not name in this version."""
    named = {(canonicalize_name(part["name"]), part.get("version")) for part in sbom["components"]}
    return {name for name, version in versions.items() if (name, version) not in named}


def main() -> None:
    """The exit code says whether nothing is left out."""
    sbom, versions = json.loads(Path(sys.argv[1]).read_text("utf-8")), locked(SERVICE)
    missing = left_out(sbom, versions)
    sys.stdout.write(
        f"{len(versions)} packages, {len(missing)} left out{': ' if missing else ''}{', '.join(missing)}\n"
    )
    sys.exit(1 if missing or not versions else 0)


if __name__ == "__main__":
    main()
