"""Looks through every file of the repository for keys and passwords: `python -m tests.supply_chain.secret_scan`.

What is no secret is named here, with the reason; whatever else is found ends it with 1.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from detect_secrets.core.secrets_collection import SecretsCollection
from detect_secrets.settings import transient_settings

ROOT = Path(__file__).parents[2]

#: Files of digests: of packages, of files of others, of what was recorded, and of ours in a description that is made.
_OF_DIGESTS = re.compile(
    r"requirements/.*\.txt|openapi/openapi\.json|service/http/documentation/(swagger_ui/.*|vendored\.toml)"
    r"|tests/benchmarks/recordings/demonstration_log\.json"
)
_PLUGINS = (
    "ArtifactoryDetector",
    "AWSKeyDetector",
    "AzureStorageKeyDetector",
    "BasicAuthDetector",
    "GitHubTokenDetector",
    "GitLabTokenDetector",
    "JwtTokenDetector",
    "KeywordDetector",
    "NpmDetector",
    "PrivateKeyDetector",
    "PypiTokenDetector",
    "SlackDetector",
    "StripeDetector",
)
_ENTROPY = ({"name": "Base64HighEntropyString", "limit": 4.5}, {"name": "HexHighEntropyString", "limit": 3.0})
#: Filters that ask nobody: the usual ones also try keys at whom they belong to.
_FILTERS = (
    "detect_secrets.filters.heuristic.is_indirect_reference",
    "detect_secrets.filters.heuristic.is_likely_id_string",
    "detect_secrets.filters.heuristic.is_not_alphanumeric_string",
    "detect_secrets.filters.heuristic.is_potential_uuid",
    "detect_secrets.filters.heuristic.is_sequential_string",
    "detect_secrets.filters.heuristic.is_templated_secret",
)


class Found(NamedTuple):
    """Where something stands that looks like a secret, and like what."""

    file: str
    kind: str
    line: int


_ADDRESS, _HEX, _BASE64 = "Basic Auth Credentials", "Hex High Entropy String", "Base64 High Entropy String"
_EXAMPLE, _TRACE = "the address of a database as an example", "ids of a trace and a transaction"
#: What looks like a secret and is none: how many of a kind in a file, and what they are.
KNOWN: dict[tuple[str, str], tuple[int, str]] = {
    ("README.md", _ADDRESS): (1, _EXAMPLE),
    ("service/foundation/settings.py", _ADDRESS): (1, _EXAMPLE),
    ("tests/api/test_audit_log.py", _HEX): (1, _TRACE),
    ("tests/api/test_audit_log.py", "JSON Web Token"): (
        1,
        "a token that nobody signed",
    ),
    ("tests/api/test_command_line.py", _ADDRESS): (1, _EXAMPLE),
    ("tests/api/test_fsc.py", _HEX): (1, _TRACE),
    ("tests/api/test_header_values.py", _HEX): (1, _TRACE),
    ("tests/api/test_log_lines.py", _HEX): (1, _TRACE),
    ("tests/api/test_mandates.py", _HEX): (1, _TRACE),
    ("tests/api/test_processing_log.py", _HEX): (1, _TRACE),
    ("tests/api/test_status.py", _ADDRESS): (1, _EXAMPLE),
    ("tests/benchmarks/stock.py", "Secret Keyword"): (1, "of a database that trusts this machine"),
    ("tests/rules/test_identifiers.py", _HEX): (6, "OINs and what is nearly one"),
    ("tests/schema/test_migrations.py", _HEX): (1, "the id of a stream"),
    ("tests/schema/test_supply_chain.py", _HEX): (1, "made up to be found"),
    ("tests/store/test_database.py", _ADDRESS): (1, _EXAMPLE),
    ("tests/store/test_leaves.py", _HEX): (1, "the hash of a leaf"),
    ("tests/store/test_notes.py", _BASE64): (2, "the example of the standard for signed notes"),
    ("tests/store/test_settings.py", _ADDRESS): (1, _EXAMPLE),
    ("tests/store/test_settings_of_signing_in.py", "Secret Keyword"): (1, "made up for a test"),
    ("tests/store/test_tampering.py", _HEX): (1, "the hash of a leaf"),
    ("tests/store/test_tree.py", _HEX): (8, "the hashes of a tree, from the standard"),
    ("tests/supply_chain/secret_scan.py", "Secret Keyword"): (1, "what such a line looks like"),
}


def files() -> list[str]:
    """Every file that is in the repository or is about to be."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - whichever git there is
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [name for name in listed.stdout.splitlines() if (ROOT / name).is_file() and not _OF_DIGESTS.fullmatch(name)]


def scan(names: Iterable[str], root: Path = ROOT) -> Iterator[Found]:
    """What looks like a secret in these files."""
    plugins = [*({"name": name} for name in _PLUGINS), *_ENTROPY]
    found = SecretsCollection(root=str(root))
    with transient_settings({"plugins_used": plugins, "filters_used": [{"path": path} for path in _FILTERS]}):
        found.scan_files(*names)
    for name, secret in found:
        # OINs, V-numbers and other numbers of a test are no keys.
        if not (secret.secret_value or "").isdigit():
            yield Found(name, secret.type, secret.line_number)


def unknown(found: Iterable[Found]) -> list[Found]:
    """What is not known to be none: all of a kind in a file that has more of them than is known."""
    every = list(found)
    counts = Counter((one.file, one.kind) for one in every)
    return [one for one in every if counts[one.file, one.kind] > KNOWN.get((one.file, one.kind), (0, ""))[0]]


def main() -> None:
    """The exit code says whether there is nothing to look at."""
    looked_at = files()
    left = sorted(unknown(scan(looked_at)))
    for one in left:
        sys.stdout.write(f"{one.file}:{one.line}: {one.kind}\n")
    sys.stdout.write(f"{len(looked_at)} files, {len(left)} to be looked at\n")
    sys.exit(1 if left else 0)


if __name__ == "__main__":
    main()
