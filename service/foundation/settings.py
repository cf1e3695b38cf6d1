"""What an operator can choose: each said once here, and read from KETENSPOOR_* in the environment or from an option."""

from __future__ import annotations

import base64
import binascii
import ipaddress
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from service.foundation import utf8

PREFIX = "KETENSPOOR_"
_KEY_BYTES = 32
_KEY_FORM = "must be 32 bytes, written as 64 hexadecimal digits or as base64"


#: How a machine shows who it is: by a token of OAuth, or by that of an FSC inway.
Access = Literal["oauth", "fsc"]
#: `sender`: recordedAt follows the events' own time, so that a simulated past can be asked as known then.
ClockMode = Literal["service", "sender"]


class SettingsError(Exception):
    """The environment or an option asks for something that cannot or may not be done."""


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        frozen=True,
        extra="ignore",
        # What a setting means stands under it: in the README and in the help of `serve` as well.
        use_attribute_docstrings=True,
        # A refused value may be the master key or a password: it is never shown.
        hide_input_in_errors=True,
    )

    host: str = "127.0.0.1"
    """the address the server listens on"""
    port: int = Field(8000, ge=0, le=65535)
    """the port the server listens on"""
    workers: int = Field(1, ge=1)
    """server processes behind the port, each for a core; more than one on PostgreSQL only"""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """from where on lines are logged: `debug`, `info`, `warning` or `error`"""
    connections: int = Field(1_000, ge=1)
    """HTTP connections of one server; on those beyond it the answer is 503"""
    trusted_proxies: str | None = None
    """addresses or networks of proxies before the service, with commas between: `X-Forwarded-For` of these alone says
    where a request comes from"""
    drain: float = Field(0.0, ge=0, le=3_600)
    """seconds that a stopping server goes on serving while `/readyz` says 503"""
    database_url: str = Field("sqlite:///ketenspoor.db", repr=False)
    """where the log and the projections are kept; for PostgreSQL `postgresql://user:password@host/name`"""
    read_url: str | None = Field(None, repr=False)
    """a PostgreSQL replica of it that questions are asked of; what is written, signed or refused stays on the
    primary"""
    database_timeout: float = Field(10.0, ge=0.1, le=3_600)
    """seconds the database may take over a statement of a request, half of it for a lock; then the answer is 503"""
    figures_memory: int = Field(1_024, ge=16, le=1_048_576)
    """megabytes that each server may take for its copy of the state tables and for questions over it; a server whose
    tables do not fit does not start, and a figure that takes more is answered with 503"""
    master_key: SecretStr | None = None
    """the key from which all others derive; 32 bytes, as 64 hexadecimal digits or as base64"""
    master_key_file: Path | None = None
    """a file that holds the master key"""
    next_master_key_file: Path | None = None
    """a file that holds the master key that is to follow: [rotation](docs/privacy/rotation.md)"""
    registry: Path | None = None
    """the file that says who is who: organisations, whose tokens are believed, clients and mandates; needed where there
    is a master key"""
    access: Access = "oauth"
    """`fsc`: the service stands behind an FSC inway, and machines are known by the token in `Fsc-Authorization`"""
    audience: str | None = Field(None, min_length=1)
    """what tokens must name as `aud` (with FSC as `svc`), where their issuer has no `audience` of its own in the
    registry"""
    public_url: str | None = Field(None, pattern=r"^https?://[a-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9._~-]+)*$")
    """where the service is reached, like `https://ketenspoor.example` or, behind a proxy that takes the path away,
    `https://keten.example/spoor`; stands in its description, and people come back to it when they sign in"""
    oidc_issuer: str | None = Field(None, pattern=r"^https?://[^\s?#]+$")
    """the OpenID provider by which people sign in; without it nobody can"""
    oidc_client_id: str | None = None
    """how the provider calls this service"""
    oidc_client_secret: SecretStr | None = None
    """the secret that goes with it"""
    oidc_client_secret_file: Path | None = None
    """a file that holds that secret"""
    oidc_roles_claim: str = "roles"
    """the claim that lists somebody's roles; `realm_access.roles` is `roles` within `realm_access`"""
    oidc_organisation_claim: str = "oin"
    """the claim with the OIN of the organisation they work for"""
    oidc_acr: str | None = None
    """the values of `acr` that will do, with spaces between them: so that nobody signs in without a second factor"""
    clock: ClockMode = "service"
    """`sender`: in development mode only, the time of recording follows the events' own `time`, so that a simulated
    past can be asked `knownAt`"""
    rate: float | None = Field(None, ge=0, le=1_000_000)
    """requests a second of one client (a batch is one), with two seconds' worth at once; beyond it the answer is 429;
    `0` is without limit"""
    public_rate: float | None = Field(None, ge=0, le=1_000_000)
    """the same of one network address that shows no token; behind a proxy that is the proxy, unless
    `KETENSPOOR_TRUSTED_PROXIES` names it"""
    security_contact: str | None = Field(None, pattern=r"^(mailto:|https://)[!-~]+$")
    """whom to tell of a weakness, as `mailto:` or `https:` address; then `/.well-known/security.txt` names it"""
    follower: Literal["child", "none"] = "child"
    """`none`: the server starts no follower, because `ketenspoor project` runs elsewhere"""
    log_name: str = Field("ketenspoor.example/log", pattern=r"^[a-z0-9.-]+(/[a-z0-9._-]+)*$")
    """how this log is called in its checkpoints and in the key that signs them; no two logs share a name"""
    checkpoint_dir: Path | None = None
    """a directory outside the database where every signed checkpoint is written too, so that a database that was set
    back is noticed; once used, nothing is signed without it"""
    ready_lag: float = Field(300.0, gt=0, le=31_536_000)
    """seconds that a projection may be behind before `/readyz` says 503"""

    @property
    def development(self) -> bool:
        """Without a master key nothing of value is protected, so the service keeps to this machine."""
        return self.master_key is None and self.master_key_file is None

    @property
    def address(self) -> str:
        """Where the server answers on its own machine."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - any address is this one too
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def token_audience(self) -> str | None:
        """For whom a token must be issued, where its issuer has no audience of its own in the registry."""
        return self.audience or self.public_url

    @property
    def public_origin(self) -> str | None:
        """What browsers call the origin of its pages: the address without a path."""
        if self.public_url is None:
            return None
        scheme, _, rest = self.public_url.partition("://")
        return f"{scheme}://{rest.partition('/')[0]}"

    @property
    def proxies(self) -> list[str]:
        """Whose word is taken for where a request comes from."""
        return [proxy.strip() for proxy in (self.trusted_proxies or "").split(",") if proxy.strip()]

    @property
    def rate_of_clients(self) -> float:
        """Requests a second of each client that showed who it is; 0 is without limit."""
        return _or_else(self.rate, 0.0 if self.development else 10_000.0)

    @property
    def rate_of_public(self) -> float:
        """The same of each network address that showed nothing."""
        return _or_else(self.public_rate, 0.0 if self.development else 200.0)

    def master_key_bytes(self) -> bytes | None:
        """The key itself; None in development mode."""
        if self.master_key is not None:
            return _key(self.master_key.get_secret_value(), "master_key")
        if self.master_key_file is not None:
            return _key(_text(self.master_key_file, "master_key_file"), "master_key_file")
        return None

    def oidc_secret(self) -> str | None:
        """The secret by which the OpenID provider knows this service; None for one that has none."""
        if self.oidc_client_secret is not None:
            return self.oidc_client_secret.get_secret_value()
        if self.oidc_client_secret_file is None:
            return None
        return _text(self.oidc_client_secret_file, "oidc_client_secret_file").strip()

    def next_master_key_bytes(self) -> bytes | None:
        """The key that is to take the place of the master key; None while there is none."""
        if self.next_master_key_file is None:
            return None
        return _key(_text(self.next_master_key_file, "next_master_key_file"), "next_master_key_file")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.master_key is not None and self.master_key_file is not None:
            raise ValueError(f"give {PREFIX}MASTER_KEY or {PREFIX}MASTER_KEY_FILE, not both")
        self.master_key_bytes()
        if self.development and self.next_master_key_file is not None:
            raise ValueError(f"{PREFIX}NEXT_MASTER_KEY_FILE is to follow a master key, and none is configured")
        if self.next_master_key_bytes() is not None and self.next_master_key_bytes() == self.master_key_bytes():
            raise ValueError(f"{PREFIX}NEXT_MASTER_KEY_FILE holds the master key that is configured already")
        if self.development and not is_loopback(self.host):
            raise ValueError(
                f"without a master key the service runs in development mode, which only listens on loopback: "
                f"set {PREFIX}MASTER_KEY or {PREFIX}MASTER_KEY_FILE, or leave {PREFIX}HOST at 127.0.0.1"
            )
        if self.clock == "sender" and not self.development:
            raise ValueError(f"{PREFIX}CLOCK=sender is for development mode only, and a master key is configured")
        if self.read_url is not None and not (_of_postgresql(self.read_url) and _of_postgresql(self.database_url)):
            raise ValueError(
                f"{PREFIX}READ_URL is the address of a PostgreSQL replica of {PREFIX}DATABASE_URL; SQLite has none"
            )
        if self.workers > 1 and not _of_postgresql(self.database_url):
            raise ValueError(
                f"{PREFIX}WORKERS={self.workers} needs PostgreSQL: one server process works on a SQLite database, "
                "because a second one would wait for it at every commit"
            )
        if self.registry is not None and not self.registry.is_file():
            raise ValueError(f"{PREFIX}REGISTRY names a file that is not there: {self.registry}")
        for proxy in self.proxies:
            try:
                ipaddress.ip_network(proxy)
            except ValueError:
                raise ValueError(f"{PREFIX}TRUSTED_PROXIES lists addresses or networks, with commas between") from None
        self._people_can_sign_in()
        return self

    def _people_can_sign_in(self) -> None:
        for name, url in (("PUBLIC_URL", self.public_url), ("OIDC_ISSUER", self.oidc_issuer)):
            if url is not None and url.startswith("http:") and not is_loopback(urlsplit(url).hostname or ""):
                raise ValueError(f"{PREFIX}{name} is an https address; http is for this machine only")
        if self.oidc_client_secret is not None and self.oidc_client_secret_file is not None:
            raise ValueError(f"give {PREFIX}OIDC_CLIENT_SECRET or {PREFIX}OIDC_CLIENT_SECRET_FILE, not both")
        if self.oidc_issuer is not None and (self.oidc_client_id is None or self.public_url is None):
            raise ValueError(f"{PREFIX}OIDC_ISSUER needs {PREFIX}OIDC_CLIENT_ID and {PREFIX}PUBLIC_URL beside it")
        self.oidc_secret()


def load(options: Mapping[str, Any] = MappingProxyType({})) -> Settings:
    """The settings of this process, of which options go before the environment; or one account of all that is wrong."""
    try:
        return Settings(**options)
    except ValidationError as fault:
        # From None: the chained error would carry the refused values.
        raise SettingsError(_account(fault, options)) from None


def option(name: str) -> str:
    """How a setting is called as an option."""
    return "--" + name.replace("_", "-")


def environment(options: Mapping[str, Any]) -> dict[str, str]:
    """The same as options, for a process that this one starts."""
    return {f"{PREFIX}{name.upper()}": str(value) for name, value in options.items()}


def _account(fault: ValidationError, options: Mapping[str, Any]) -> str:
    return "\n".join(
        ": ".join(part for part in (_named(error["loc"], options), error["msg"].removeprefix("Value error, ")) if part)
        for error in fault.errors(include_input=False, include_context=False, include_url=False)
    )


def _or_else(chosen: float | None, otherwise: float) -> float:
    return otherwise if chosen is None else chosen


def _named(location: tuple[int | str, ...], options: Mapping[str, Any]) -> str:
    if not location:
        return ""
    name = str(location[0]).lower().removeprefix(PREFIX.lower())
    return option(name) if name in options else PREFIX + name.upper()


def _key(text: str, name: str) -> bytes:
    for decode in (bytes.fromhex, _base64):
        try:
            key = decode(text.strip())
        except (ValueError, binascii.Error):
            continue
        if len(key) == _KEY_BYTES:
            return key
    raise ValueError(f"{PREFIX}{name.upper()} {_KEY_FORM}") from None


def _base64(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _text(path: Path, name: str) -> str:
    try:
        return utf8.read_text(path)
    except OSError:
        raise ValueError(f"{PREFIX}{name.upper()} cannot be read: {path}") from None
    except utf8.NotUtf8 as fault:
        raise ValueError(f"{PREFIX}{name.upper()} cannot be read: {fault}") from None


def _of_postgresql(url: str) -> bool:
    return url.partition(":")[0].partition("+")[0] in ("postgresql", "postgres")


def is_loopback(host: str) -> bool:
    """Whether this is an address of this machine itself."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
