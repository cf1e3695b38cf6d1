"""Asks a real server whatever its own document allows, and more: `python -m tests.fuzz --cases 10000`.

In turn as an organisation that posts, as one who may read nearly everything, and as nobody. Each answer must be one
that the document describes: its status, its media type, its headers, its schema; none may be a fault of the service.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from service.access.caller import SCOPES
from service.http.openapi import specification
from service.http.openapi.event_types import EXAMPLES
from tests.api.tokens import AUDIENCE, MASTER_KEY, PEOPLE, Issuer, bearing, oin, registry_text, signed
from tests.posts import COA
from tests.processes import Served, environment, ketenspoor, served

ROOT = Path(__file__).parents[1]
_CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "allow_header_conformance",
)
#: 503 is an answer that the document describes; that none was a fault of ours the server's own counts tell.
_CONFIGURATION = """
hooks = "tests.fuzz_hooks"

[checks]
not_a_server_error.expected-statuses = ["2xx", "3xx", "4xx", "503"]
"""
_GENERATED = re.compile(r"^\s+(\d+) generated", re.MULTILINE)
_OPERATIONS = sum(len(methods) for methods in json.loads(specification.text())["paths"].values())
#: Cases of one operation before the next caller has its turn.
_MOST_EACH = 100


class Run(NamedTuple):
    """What came of one run of the fuzzer."""

    caller: str
    cases: int
    passed: bool
    text: str


@contextmanager
def locked_service(folder: Path) -> Iterator[tuple[Served, Issuer]]:
    """A real server in production mode that has recorded one event of every type, and who issues tokens for it."""
    issuer = Issuer()
    try:
        registry = folder / "registry.toml"
        registry.write_text(registry_text({issuer.url: issuer.jwks}), "utf-8")
        env = environment(
            f"sqlite:///{folder / 'ketenspoor.db'}",
            master_key=MASTER_KEY,
            registry=str(registry),
            audience=AUDIENCE,
            rate="0",
            public_rate="0",
        )
        assert ketenspoor("migrate", env=env).returncode == 0
        with served(env, folder / "service.log") as service:
            for event in EXAMPLES.values():
                headers = of_organisation(issuer, oin(event["source"]))
                # Examples are of parties that may not all be registered: what is refused is kept, and read too.
                httpx.post(f"{service.address}/v1/events", json=event, headers={**headers, **_AN_EVENT})
            yield service, issuer
    finally:
        issuer.close()


_AN_EVENT = {"Content-Type": "application/cloudevents+json"}


def _claims(issuer: Issuer, client: str, **more: Any) -> dict[str, Any]:
    now = int(time.time())
    said = {"iss": issuer.url, "aud": AUDIENCE, "iat": now, "exp": now + 3_600, "jti": secrets.token_hex(16)}
    return {**said, "azp": client, **more}


def of_organisation(issuer: Issuer, number: str) -> dict[str, str]:
    return bearing(signed(_claims(issuer, f"system-{number}", scope=" ".join(SCOPES))))


def of_auditor(issuer: Issuer) -> dict[str, str]:
    return bearing(signed(_claims(issuer, PEOPLE, scope="", sub="somebody", roles=["auditor"])))


#: Who asks, in turn.
CALLERS: dict[str, Callable[[Issuer], dict[str, str]]] = {
    "COA": lambda issuer: of_organisation(issuer, oin(COA)),
    "an auditor": of_auditor,
    "nobody": lambda _: {},
}


def run(address: str, caller: str, headers: Mapping[str, str], each: int, seed: int) -> Run:
    """So many cases of each operation, as who shows these headers."""
    with tempfile.TemporaryDirectory() as folder:
        configuration = Path(folder) / "schemathesis.toml"
        configuration.write_text(_CONFIGURATION, "utf-8")
        command: list[str | Path] = [
            Path(sys.executable).with_name("schemathesis"),
            "--config-file",
            configuration,
            "run",
        ]
        command += [ROOT / "openapi" / "openapi.json", "--url", f"{address}/v1", "--phases", "fuzzing"]
        command += ["--checks", ",".join(_CHECKS), "--max-examples", str(each), "--seed", str(seed)]
        command += ["--continue-on-failure", "--no-color", "--warnings", "off", "--request-timeout", "30"]
        command += [part for name, value in headers.items() for part in ("--header", f"{name}: {value}")]
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        ended = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    text = ended.stdout + ended.stderr
    generated = _GENERATED.search(text)
    return Run(caller, int(generated[1]) if generated else 0, ended.returncode == 0, text)


def answered(address: str) -> Counter[str]:
    """How many requests this server answered with which status."""
    text = httpx.get(f"{address}/metrics").text
    told = re.findall(r'^ketenspoor_http_requests_total\{.*status="(\d+)".*\} ([0-9.]+)$', text, re.MULTILINE)
    counted: Counter[str] = Counter()
    for status, count in told:
        counted[status] += int(float(count))
    return counted


def fuzz(
    cases: int,
    seed: int,
    folder: Path,
    callers: Sequence[str] = (*CALLERS,),
    tell: Callable[[Mapping[str, int]], object] = dict,
) -> Iterator[Run]:
    """Run after run, each as the next of the callers and with another seed, until there were so many cases.

    `tell` is told in the end how often the server answered with which status.
    """
    with locked_service(folder) as (service, issuer):
        done = 0
        for number, name in enumerate(cycle(callers)):
            # What is left, shared by those who have not had their turn.
            turns = len(callers) - number % len(callers)
            each = min(_MOST_EACH, -(-(cases - done) // (turns * _OPERATIONS)))
            yield (found := run(service.address, name, CALLERS[name](issuer), each, seed + number))
            done += found.cases
            if done >= cases or not found.cases:
                break
        statuses = answered(service.address)
        tell(statuses)
        assert sum(statuses.values()) >= done
        faults = {status: count for status, count in statuses.items() if status >= "500" and status != "503"}
        assert faults == {}, service.log.read_text()


def main() -> None:
    """As many cases as are asked for; the exit code says whether all went well."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=None)
    asked = parser.parse_args()
    seed = secrets.randbelow(2**31) if asked.seed is None else asked.seed
    write = sys.stdout.write
    write(f"Seed {seed}\n")
    total, failed = 0, False
    with tempfile.TemporaryDirectory() as folder:
        for found in fuzz(asked.cases, seed, Path(folder), tell=_write_statuses):
            total += found.cases
            failed |= not found.passed
            outcome = "all as described" if found.passed else "NOT as described"
            write(f"{found.cases} cases as {found.caller}: {outcome}\n")
            if not found.passed:
                write(found.text)
            sys.stdout.flush()
    write(f"{total} cases, seed {seed}\n")
    sys.exit(1 if failed or total < asked.cases else 0)


def _write_statuses(statuses: Mapping[str, int]) -> None:
    told = ", ".join(f"{statuses[status]} with {status}" for status in sorted(statuses))
    sys.stdout.write(f"The server answered {told}\n")


if __name__ == "__main__":
    main()
