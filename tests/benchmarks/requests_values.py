"""Values for the parameters that the service's description names, of what a history has."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from tests.benchmarks.recorded_questions import Asking
from tests.benchmarks.requests_answered import trace
from tests.posts import COA, ENSCHEDE

_PREFIX = "/v1"
_TYPES = [f"nl.ketenspoor.{name}.v1" for name in ("linked", "housed", "quota-published", "permit-granted")]


class Values:
    """Draws values; `journeys` are those that may be drawn."""

    def __init__(self, asking: Asking, document: Mapping[str, Any]) -> None:
        self._rng, self._asking = asking.rng, asking
        self._components = document["components"]
        self.journeys: list[str] = []
        choice, journey = self._rng.choice, lambda: choice(self.journeys)
        #: Values of parameters of these names; of any other a position of the log.
        self._drawn: Mapping[str, Callable[[], Any]] = {
            "period": asking.period,
            "municipality": asking.town,
            "code": lambda: choice(("NL", "NL", "PV23", "PV26", asking.town())),
            "area": lambda: choice(("NL", "PV23", "PV26", "PV19", asking.town(), asking.town())),
            "journey": journey,
            "dataSubjectId": journey,
            "limit": lambda: choice((1, 3, 20)),
            "type": lambda: choice(_TYPES),
            "source": lambda: choice((COA, ENSCHEDE)),
            "organisation": lambda: choice((COA, ENSCHEDE)).split(":")[3],
            **dict.fromkeys(("overdue", "planOverdue", "familyAwaited"), lambda: "true"),
            "traceId": lambda: trace(self._rng.randint(1, 60))[3:35],
            "id": lambda: self._rng.randint(1, 20),
            "action": lambda: choice(("read_journey", "list_journeys", "post_events")),
            "actor": lambda: choice(("development", "system-00000099000000002000")),
            "object": lambda: choice(("/v1/journeys", "/v1/events")),
            "processingActivityId": lambda: "https://register.test/processing/coa",
        }

    def address(self, path: str) -> str:
        """An address of this template, of what the history has."""
        names = {name: self._value(name, {}) for name in re.findall(r"{(\w+)}", path)}
        return _PREFIX + path.format_map(names)

    def parameters(self, operation: Mapping[str, Any], optional: float = 0.3) -> dict[str, Any]:
        """Values for what an operation must be given, and for some of what it may."""
        given: dict[str, Any] = {}
        names = set()
        for one in operation.get("parameters", ()):
            found = self.resolved(one)
            name, schema = found["name"], found["schema"]
            if found["in"] != "query" or name == "cursor":
                continue
            names.add(name)
            if name in ("validOn", "knownAt", "knownBy", "atPosition"):
                continue
            share = 0.7 * bool(optional) if "x-required-unless" in schema else optional
            if found.get("required") or self._rng.random() < share:
                given[name] = self._value(name, schema)
        if optional and "validOn" in names:
            given |= self._asking.valid()
        if optional and "knownAt" in names:
            given |= self._asking.known(sent="knownBy" in names)
        if {"from", "to"} <= given.keys() and not isinstance(given["from"], int):
            given["from"], given["to"] = sorted((str(given["from"]), str(given["to"])))
        return given

    def resolved(self, parameter: Mapping[str, Any]) -> Mapping[str, Any]:
        """A parameter as it is described, also where only its name stands."""
        found: Mapping[str, Any] = parameter
        if "$ref" in parameter:
            found = self._components["parameters"][parameter["$ref"].rpartition("/")[2]]
        return found

    def _value(self, name: str, schema: Mapping[str, Any]) -> Any:
        asking = self._asking
        if "enum" in schema:
            return self._rng.choice(schema["enum"])
        if schema.get("format") == "date":
            return asking.day()
        if schema.get("format") == "date-time":
            return asking.instant()
        return self._drawn.get(name, asking.position)()
