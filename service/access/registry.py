"""The registry file: which organisations there are, whose tokens are believed, and which client works for whom.

One TOML file, read when a process starts. Secrets do not stand in it.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from domain.authority import AUTHORITY, Mandate, Organisation, PartyKind
from domain.identifiers import is_municipality_code, is_oin, is_province_code
from service.access.caller import NO_MANDATES, Mandates, Role, TokenScope
from service.foundation import utf8
from service.foundation.organisations import InvalidRegistry, Registry, development
from service.foundation.settings import Access, Settings, is_loopback
from service.foundation.version import TYPE_PREFIX

#: How the tokens of an issuer are made: OAuth 2.0 by the NL GOV profile, FSC, or by this service in development mode.
IssuerKind = Literal[Access, "development"]


class Issuer(NamedTuple):
    """Whose tokens are believed: what they say in `iss`, where its keys are, for whom its tokens must be."""

    url: str
    kind: IssuerKind
    #: None: the keys are known without asking, as in development mode.
    jwks: str | None
    audience: str


class Client(NamedTuple):
    """What shows tokens: an organisation's system, or where `organisation` is None one through which people work."""

    id: str
    organisation: Organisation | None
    scopes: frozenset[TokenScope]
    purpose: str | None


@dataclass(frozen=True, slots=True)
class WhoIsWho:
    """All that the registry says; nothing of it changes while a process runs."""

    organisations: Registry
    issuers: Mapping[str, Issuer] = field(default_factory=dict)
    #: By the url of the issuer and the id of the client.
    clients: Mapping[tuple[str, str], Client] = field(default_factory=dict)
    #: By the OIN of the holder.
    mandates: Mapping[str, Mandates] = field(default_factory=dict)
    purposes: Mapping[Role, str] = field(default_factory=dict)
    #: All organisations, where they are listed; in development mode they are known by their numbers.
    listed: tuple[Organisation, ...] = ()

    def purpose_of(self, role: Role) -> str | None:
        """The processing activity that people of this role work for; None when none is registered."""
        return self.purposes.get(role)

    def mandates_of(self, organisation: Organisation) -> Mandates:
        """What an organisation may post for others."""
        return self.mandates.get(organisation.oin, NO_MANDATES)


def who_is_who(settings: Settings) -> WhoIsWho:
    """The registry of this service; only in development mode the reserved test numbers will do."""
    if settings.registry is not None:
        found = from_file(settings.registry, settings.token_audience)
    elif settings.development:
        found = WhoIsWho(development)
    else:
        raise InvalidRegistry("KETENSPOOR_REGISTRY is needed where there is a master key: the file of who is who")
    if not settings.development and not any(issuer.kind == settings.access for issuer in found.issuers.values()):
        raise InvalidRegistry(
            f"{settings.registry}: has no [[issuer]] of kind {settings.access}, so nobody could show a token: "
            "name one, with the address of its keys"
        )
    return found


# The file


def _oin(text: str) -> str:
    if not is_oin(text):
        raise ValueError("must be twenty digits, as a string")
    return text


def _keys_address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname or "")):
        raise ValueError("must be an https address")
    return url


def _uri(text: str) -> str:
    if not urlsplit(text).scheme:
        raise ValueError("must be a URI")
    return text


def _event_type(text: str) -> str:
    topic = text.removeprefix(TYPE_PREFIX)
    if topic == text or topic not in AUTHORITY:
        raise ValueError(f"must be an event type, like {TYPE_PREFIX}housed.v1")
    return topic


_Oin = Annotated[str, AfterValidator(_oin)]
_Uri = Annotated[str, AfterValidator(_uri)]
_Text = Annotated[str, Field(min_length=1, max_length=256)]


class _Table(BaseModel):
    # Strict: what is misspelt or of another type is a fault, never another meaning.
    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True, frozen=True)


class _Organisation(_Table):
    oin: _Oin
    kind: PartyKind
    name: _Text
    code: str | None = None

    @model_validator(mode="after")
    def _code_fits(self) -> Self:
        fits = {"municipality": is_municipality_code, "province": is_province_code}.get(self.kind)
        if fits is None and self.code is not None:
            raise ValueError("only a municipality or a province has a code")
        if fits is not None and (self.code is None or not fits(self.code)):
            raise ValueError("code must be a CBS code like GM0344 or PV26")
        return self

    def read(self) -> Organisation:
        return Organisation(self.oin, self.kind, self.name, self.code)


class _Issuer(_Table):
    url: _Text
    jwks: Annotated[str, AfterValidator(_keys_address)]
    audience: _Text | None = None
    kind: Access = "oauth"


class _Client(_Table):
    id: _Text
    issuer: _Text
    organisation: _Oin | None = None
    people: bool = False
    scopes: list[TokenScope] = []
    purpose: _Uri | None = None

    @model_validator(mode="after")
    def _of_one_sort(self) -> Self:
        if self.people == (self.organisation is not None):
            raise ValueError("has an organisation, or `people = true` where people work through it")
        if self.people and (self.scopes or self.purpose is not None):
            raise ValueError("what people may do follows from their roles: no scopes and no purpose")
        if not self.people and self.purpose is None:
            raise ValueError("purpose is required: the URI of the processing activity")
        return self


class _Mandate(_Table):
    holder: _Oin
    of: _Oin
    types: Annotated[list[Annotated[str, AfterValidator(_event_type)]], Field(min_length=1)] | None = None
    since: date = Field(alias="from")
    until: date | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.holder == self.of:
            raise ValueError("nobody needs a mandate of its own")
        if self.until is not None and self.until < self.since:
            raise ValueError("until must not be before from")
        return self

    def read(self) -> Mandate:
        topics = None if self.types is None else frozenset(self.types)
        return Mandate(self.holder, self.of, topics, self.since, self.until)


class _File(_Table):
    organisation: Annotated[list[_Organisation], Field(min_length=1)]
    issuer: list[_Issuer] = []
    client: list[_Client] = []
    mandate: list[_Mandate] = []
    purposes: dict[Role, _Uri] = {}


def from_file(path: Path, audience: str | None = None) -> WhoIsWho:
    """What a registry file says; InvalidRegistry tells all that is wrong with it.

    `audience`: for whom tokens must be where their issuer has no audience of its own.
    """
    try:
        said = _File.model_validate(tomllib.loads(utf8.read_text(path)))
    except utf8.NotUtf8 as fault:
        raise InvalidRegistry(str(fault)) from None
    except (OSError, tomllib.TOMLDecodeError) as fault:
        raise InvalidRegistry(f"{path}: {fault}") from fault
    except ValidationError as fault:
        # From None: the chained error would carry the file's values.
        raise InvalidRegistry("\n".join(f"{path}, {told}" for told in _told(fault))) from None
    if faults := list(_disagreements(said, audience)):
        raise InvalidRegistry("\n".join(f"{path}, {told}" for told in faults))
    return _read(said, audience or "")


def _read(said: _File, audience: str) -> WhoIsWho:
    organisations = {each.oin: each.read() for each in said.organisation}
    mandates: dict[str, dict[str, list[Mandate]]] = {}
    for mandate in said.mandate:
        mandates.setdefault(mandate.holder, {}).setdefault(mandate.of, []).append(mandate.read())
    return WhoIsWho(
        organisations.get,
        {each.url: Issuer(each.url, each.kind, each.jwks, each.audience or audience) for each in said.issuer},
        {
            (each.issuer, each.id): Client(
                each.id,
                None if each.organisation is None else organisations[each.organisation],
                frozenset(each.scopes),
                each.purpose,
            )
            for each in said.client
        },
        mandates,
        said.purposes,
        tuple(organisations.values()),
    )


def _told(fault: ValidationError) -> Iterator[str]:
    for error in fault.errors(include_input=False, include_context=False, include_url=False):
        table, *parts = error["loc"]
        number = ""
        if parts and isinstance(parts[0], int):
            number = f" {parts[0] + 1}"
            del parts[0]
        plain = {"extra_forbidden": "is no key of this table", "missing": "is required"}
        message = plain.get(error["type"]) or error["msg"].removeprefix("Value error, ")
        yield ": ".join(part for part in (f"{table}{number}", ".".join(map(str, parts)), message) if part)


def _disagreements(said: _File, audience: str | None) -> Iterator[str]:
    """What one table says against another."""
    yield from _doubled("organisation", "oin", (each.oin for each in said.organisation))
    yield from _doubled("issuer", "url", (each.url for each in said.issuer))
    yield from _doubled("client", "id and issuer", ((each.id, each.issuer) for each in said.client))
    registered = {each.oin for each in said.organisation}
    issuers = {each.url for each in said.issuer}
    for number, issuer in enumerate(said.issuer, start=1):
        if issuer.audience is None and audience is None:
            yield f"issuer {number}: audience: is required where KETENSPOOR_AUDIENCE does not say for whom tokens are"
    whose: dict[str, str] = {}
    for number, client in enumerate(said.client, start=1):
        if client.organisation is not None and whose.setdefault(client.id, client.organisation) != client.organisation:
            yield f"client {number}: id: is that of another organisation's client, and the logs tell clients by it"
        if client.issuer not in issuers:
            yield f"client {number}: issuer: is the url of no [[issuer]]"
        if client.organisation is not None and client.organisation not in registered:
            yield f"client {number}: organisation: is the oin of no [[organisation]]"
    for number, mandate in enumerate(said.mandate, start=1):
        for name in ("holder", "of"):
            if getattr(mandate, name) not in registered:
                yield f"mandate {number}: {name}: is the oin of no [[organisation]]"


def _doubled(table: str, name: str, keys: Iterable[Any]) -> Iterator[str]:
    seen: Counter[Any] = Counter()
    for number, key in enumerate(keys, start=1):
        seen[key] += 1
        if seen[key] == 2:
            yield f"{table} {number}: its {name} stands there twice"
