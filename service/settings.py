"""What an operator can choose, read from the environment variables KETENSPOOR_*."""

from __future__ import annotations

import base64
import binascii
import ipaddress
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "KETENSPOOR_"
_KEY_BYTES = 32
_KEY_FORM = "must be 32 bytes, written as 64 hexadecimal digits or as base64"


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
    clock: Literal["service", "sender"] = "service"
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    organisations: Path | None = None
    follower: Literal["child", "none"] = "child"
    log_name: str = Field("ketenspoor.example/log", pattern=r"^[a-z0-9.-]+(/[a-z0-9._-]+)*$")
    checkpoint_dir: Path | None = None
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    read_url: str | None = Field(None, repr=False)
    database_timeout: float = Field(10.0, ge=0.1, le=3_600)
    ready_lag: float = Field(300.0, gt=0, le=31_536_000)
    drain: float = Field(0.0, ge=0, le=3_600)
    connections: int = Field(1_000, ge=1)

    @property
    def development(self) -> bool:
        """Without a master key nothing of value is protected, so the service keeps to this machine."""
        return self.master_key is None and self.master_key_file is None

    def master_key_bytes(self) -> bytes | None:
        """The key itself; None in development mode."""
        if self.master_key is not None:
            return _key(self.master_key.get_secret_value(), "master_key")
        if self.master_key_file is not None:
            return _key(_text(self.master_key_file), "master_key_file")
        return None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.master_key is not None and self.master_key_file is not None:
            raise ValueError(f"give {PREFIX}MASTER_KEY or {PREFIX}MASTER_KEY_FILE, not both")
        self.master_key_bytes()
        if self.development and not _loopback(self.host):
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
        if self.organisations is not None and not self.organisations.is_file():
            raise ValueError(f"{PREFIX}ORGANISATIONS names a file that is not there: {self.organisations}")
        return self


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


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        raise ValueError(f"{PREFIX}MASTER_KEY_FILE cannot be read: {path}") from None


def _of_postgresql(url: str) -> bool:
    return url.partition(":")[0].partition("+")[0] in ("postgresql", "postgres")


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
