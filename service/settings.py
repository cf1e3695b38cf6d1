"""What an operator can choose, read from the environment variables KETENSPOOR_*."""

from __future__ import annotations

import base64
import binascii
import ipaddress
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "KETENSPOOR_"
_KEY_BYTES = 32
_KEY_FORM = "must be 32 bytes, written as 64 hexadecimal digits or as base64"


#: How a machine shows who it is: by a token of OAuth, or by that of an FSC inway.
Access = Literal["oauth", "fsc"]
#: `sender`: recordedAt follows the events' own time, so that a simulated past can be asked as known then.
ClockMode = Literal["service", "sender"]


class SettingsError(Exception):
    """The environment asks for something that cannot or may not be done."""


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        frozen=True,
        extra="ignore",
        # A refused value may be the master key or a password: it is never shown.
        hide_input_in_errors=True,
    )

    database_url: str = Field("sqlite:///ketenspoor.db", repr=False)
    master_key: SecretStr | None = None
    master_key_file: Path | None = None
    next_master_key_file: Path | None = None
    clock: ClockMode = "service"
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    registry: Path | None = None
    access: Access = "oauth"
    audience: str | None = Field(None, min_length=1)
    follower: Literal["child", "none"] = "child"
    log_name: str = Field("ketenspoor.example/log", pattern=r"^[a-z0-9.-]+(/[a-z0-9._-]+)*$")
    checkpoint_dir: Path | None = None
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    read_url: str | None = Field(None, repr=False)
    database_timeout: float = Field(10.0, ge=0.1, le=3_600)
    ready_lag: float = Field(300.0, gt=0, le=31_536_000)
    drain: float = Field(0.0, ge=0, le=3_600)
    connections: int = Field(1_000, ge=1)
    trusted_proxies: str | None = None
    rate: float | None = Field(None, ge=0, le=1_000_000)
    public_rate: float | None = Field(None, ge=0, le=1_000_000)
    security_contact: str | None = Field(None, pattern=r"^(mailto:|https://)[!-~]+$")

    public_url: str | None = Field(None, pattern=r"^https?://[a-z0-9.-]+(:[0-9]+)?$")
    oidc_issuer: str | None = Field(None, pattern=r"^https?://[^\s?#]+$")
    oidc_client_id: str | None = None
    oidc_client_secret: SecretStr | None = None
    oidc_client_secret_file: Path | None = None
    oidc_roles_claim: str = "roles"
    oidc_organisation_claim: str = "oin"
    oidc_acr: str | None = None

    @property
    def development(self) -> bool:
        """Without a master key nothing of value is protected, so the service keeps to this machine."""
        return self.master_key is None and self.master_key_file is None

    @property
    def token_audience(self) -> str | None:
        """For whom a token must be issued, where its issuer has no audience of its own in the registry."""
        return self.audience or self.public_url

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


def load() -> Settings:
    """The settings of this process, or one readable account of all that is wrong with them."""
    try:
        return Settings()
    except ValidationError as fault:
        # From None: the chained error would carry the refused values.
        raise SettingsError(_account(fault)) from None


def _account(fault: ValidationError) -> str:
    return "\n".join(
        ": ".join(part for part in (_variable(error["loc"]), error["msg"].removeprefix("Value error, ")) if part)
        for error in fault.errors(include_input=False, include_context=False, include_url=False)
    )


def _or_else(chosen: float | None, otherwise: float) -> float:
    return otherwise if chosen is None else chosen


def _variable(location: tuple[int | str, ...]) -> str:
    if not location:
        return ""
    return PREFIX + str(location[0]).upper().removeprefix(PREFIX)


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
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        raise ValueError(f"{PREFIX}{name.upper()} cannot be read: {path}") from None


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
