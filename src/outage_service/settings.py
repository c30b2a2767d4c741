"""The settings: the only reader of the environment and of `.env`.

To add one: a field here (its description and example are what a mistake prints) and a line in README. What
its value must look like stands in `setting_values`.
"""

import difflib
import ipaddress
import os
import secrets
import stat
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Literal

from dotenv import dotenv_values
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from outage_service import setting_values

PREFIX = "OUTAGE_"
SECRET_KEY_LEAST_LENGTH = 32  # characters: 128 bits even when written in hexadecimal
UNCERTAIN_ON_SQLITE = 32
UNCERTAIN_ON_POSTGRESQL = 128
_TYPO_LIKENESS = 0.85  # OUTAGE_TEST_MOD is a slip; OUTAGE_SERVICE_PORT, which Kubernetes sets, is not ours


class SettingsError(Exception):
    """One or more settings are wrong; `mistakes` has a line for each, naming the variable and the fix."""

    code = "settings_invalid"

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


def _long_key(key: SecretStr) -> SecretStr:
    if len(key.get_secret_value()) < SECRET_KEY_LEAST_LENGTH:
        raise ValueError(f"must have {SECRET_KEY_LEAST_LENGTH} characters or more")
    return key


Address = Annotated[str, AfterValidator(setting_values.address)]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Settings(BaseSettings):
    """Everything that differs from one installation to the next. Immutable; `repr` shows no secret."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    database_url: Annotated[str, AfterValidator(setting_values.database_url)] = Field(
        "sqlite:///outage.db",
        repr=False,
        description="where everything is kept",
        examples=["sqlite:////var/lib/outage/outage.db", "postgresql+psycopg://user:password@host/outage"],
    )
    smtp_url: Annotated[str, AfterValidator(setting_values.smtp_url)] = Field(
        "smtp://localhost:25",
        repr=False,
        description="the mail relay",
        examples=["smtp://user:password@host:587?starttls=required"],
    )
    mail_from: Annotated[str, AfterValidator(setting_values.sender)] = Field(
        "CBSA outage bulletins <outages@localhost>",
        description="who the mail is from",
        examples=["Outage bulletins <outages@example.org>"],
    )
    bounce_address: Annotated[str, AfterValidator(setting_values.return_path)] = Field(
        "", description="where reports of non-delivery go", examples=["bounces@example.org"]
    )
    dkim_selector: str = Field(
        "",
        pattern=r"^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$",
        description="the DKIM selector that the relay signs with, for doctor to look up",
        examples=["outage2026"],
    )
    base_url: Annotated[str, AfterValidator(setting_values.web_url)] = Field(
        "http://127.0.0.1:8000", description="the address in links", examples=["https://outages.example.org"]
    )
    secret_key: Annotated[SecretStr, AfterValidator(_long_key)] | None = Field(
        None,
        description="signs links, tokens and sessions",
        examples=["what `openssl rand -hex 32` prints"],  # in .env a shell's $(…) would be the key itself
    )
    secret_key_file: Path | None = Field(
        None, description="a file that holds the secret key", examples=["/run/secrets/outage_key"]
    )
    oidc_issuer: Annotated[str, AfterValidator(setting_values.issuer)] = Field(
        "", description="the identity provider of the console", examples=["https://login.example.org"]
    )
    oidc_client_id: str = Field(
        "", description="what the identity provider calls this service", examples=["outage-service"]
    )
    oidc_client_secret: SecretStr = Field(
        SecretStr(""), description="shows the identity provider that it is us", examples=["SECRET"]
    )
    observe_holidays: bool = Field(  # R16
        False, description="CBSA holidays count as after hours", examples=["true"]
    )
    publish_dir: Path | None = Field(
        None, description="where status and broadcast files are written", examples=["/var/www/outage"]
    )
    test_mode: bool = Field(False, description="mail goes to the test recipients only", examples=["true"])
    test_recipients: Annotated[tuple[Address, ...], NoDecode, BeforeValidator(setting_values.separated)] = (
        Field((), description="who gets mail in test mode", examples=["me@example.org,you@example.org"])
    )
    operator_email: Address = Field("", description="who is alerted", examples=["duty@example.org"])
    canary_email: Address = Field(
        "", description="a mailbox that gets every bulletin and is watched", examples=["canary@example.org"]
    )
    escalation_email: Address = Field(  # R32
        "",
        description="who is told at once of a cybersecurity incident at a client; unset: the operator",
        examples=["cyber@example.org"],
    )
    host: str = Field("127.0.0.1", min_length=1, description="the address to listen on", examples=["::1"])
    port: int = Field(8000, ge=0, le=65535, description="the port to listen on", examples=["8000"])
    trusted_proxies: Annotated[tuple[Network, ...], NoDecode, BeforeValidator(setting_values.networks)] = (
        Field((), description="whose X-Forwarded-For is believed", examples=["127.0.0.1,10.0.0.0/8"])
    )
    subscriptions_per_hour: int = Field(  # P25
        20, ge=1, description="subscription requests of one network address in an hour", examples=["20"]
    )
    letters_per_hour: int = Field(  # P25
        2_000, ge=1, description="confirmation letters to all in an hour", examples=["2000"]
    )
    retention_days: int = Field(
        730, ge=30, le=36_500, description="days that deliveries of closed outages are kept", examples=["730"]
    )
    smtp_connections: int = Field(8, ge=1, le=64, description="connections to the relay", examples=["8"])
    max_uncertain: int | None = Field(
        None, ge=1, le=10_000, description="the most messages that repeat after a crash", examples=["32"]
    )
    tick_seconds: float = Field(
        2.0, ge=0.1, le=60, description="seconds between two looks for due bulletins", examples=["2"]
    )
    log_level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(lambda name: str(name).upper())
    ] = Field("INFO", description="the least level that is logged", examples=["INFO"])

    @property
    def is_sqlite(self) -> bool:
        """Whether the embedded database is used."""
        return self.database_url.startswith("sqlite:")

    @property
    def sqlite_path(self) -> Path | None:
        """The embedded database's file; None for PostgreSQL and for SQLite in memory."""
        name = self.database_url.removeprefix("sqlite:///").partition("?")[0]
        if not self.is_sqlite or name in {"sqlite://", ":memory:"}:
            return None
        return Path(name)

    @property
    def uncertain_limit(self) -> int:
        """The most messages that may be repeated after a crash (P8)."""
        default = UNCERTAIN_ON_SQLITE if self.is_sqlite else UNCERTAIN_ON_POSTGRESQL
        return self.max_uncertain or default

    @model_validator(mode="after")
    def _fields_agree(self) -> "Settings":
        mistakes = []
        if self.secret_key and self.secret_key_file:
            mistakes.append("OUTAGE_SECRET_KEY and OUTAGE_SECRET_KEY_FILE are both set: keep one")
        if self.test_mode and not self.test_recipients:
            mistakes.append("OUTAGE_TEST_RECIPIENTS is empty: OUTAGE_TEST_MODE needs somebody to write to")
        oidc = (self.oidc_issuer, self.oidc_client_id, self.oidc_client_secret.get_secret_value())
        if any(oidc) and not all(oidc):
            mistakes.append(
                "OUTAGE_OIDC_ISSUER, OUTAGE_OIDC_CLIENT_ID and OUTAGE_OIDC_CLIENT_SECRET: set all or none"
            )
        if mistakes:
            raise ValueError("\n".join(mistakes))
        return self


def load_settings(env_file: Path | str | None = ".env", **overrides: Any) -> Settings:
    """Returns the settings: `overrides` before the environment, before `env_file`, before the defaults.

    Raises:
        SettingsError: with every mistake found, values left out since they may be secret; or `env_file` is
            there and cannot be read.
    """
    try:
        settings = Settings(_env_file=env_file, **overrides)
        slips = _slips(env_file)
    except ValidationError as error:
        mistakes = [line for each in error.errors(include_input=False) for line in _lines(each)]
        raise SettingsError(_slips(env_file) + mistakes) from error
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise SettingsError([f"{env_file} cannot be read: {reason}"]) from error
    if slips:
        raise SettingsError(slips)
    return settings


def load_secret_key(settings: Settings, *, has_records: Callable[[], bool] = lambda: False) -> bytes:
    """Returns the key that signs links, tokens and sessions.

    With neither setting, the embedded database gets a key file beside it, made on first use and readable by
    its owner only; SQLite in memory gets a key that ends with the process.

    Args:
        settings: of this process.
        has_records: whether anything was ever done with the embedded database; asked where its file is there.

    Raises:
        SettingsError: the key file cannot be read or written, the key is too short, PostgreSQL has none
            (several hosts must share one: none can make it up), the database's folder is missing, or the
            database has records and its key is not there: another one would not fit.
    """
    if settings.secret_key:
        return settings.secret_key.get_secret_value().encode()
    if settings.secret_key_file:
        return _read_key(settings.secret_key_file, "OUTAGE_SECRET_KEY_FILE")
    if not settings.is_sqlite:
        raise SettingsError(
            ["OUTAGE_SECRET_KEY is needed with PostgreSQL, the same on every host: openssl rand -hex 32"]
        )
    if settings.sqlite_path is None:
        return secrets.token_hex(32).encode()
    require_folder(settings)
    path = settings.sqlite_path.with_name(settings.sqlite_path.name + ".key")
    # Asked first: whoever starts beside us makes the key before the records.
    has_had_a_key = database_exists(settings) and has_records()
    if _mode_of(path) is None:
        if has_had_a_key:
            raise SettingsError([_lost_key(settings.sqlite_path, path)])
        _create_key(path)
    return _read_key(path, "OUTAGE_SECRET_KEY")


def database_exists(settings: Settings) -> bool:
    """Returns whether the embedded database's file is there.

    Raises:
        SettingsError: we may not look.
    """
    path = settings.sqlite_path
    return path is not None and _mode_of(path) is not None


def _lost_key(database: Path, key: Path) -> str:
    return (
        f"OUTAGE_SECRET_KEY: {database} has records, and its key {key} is not there: put back the one that "
        "was kept with the backups, or set OUTAGE_SECRET_KEY to it. Only if it is lost (README says what "
        f"ends): (umask 077; openssl rand -hex 32 > {key})"
    )


def require_folder(settings: Settings) -> None:
    """Makes sure that the embedded database's file has a folder to be in; nothing makes folders unasked.

    Raises:
        SettingsError: there is none, which neither SQLite nor the key's file would say; or we may not look.
    """
    folder = settings.sqlite_path.parent.absolute() if settings.sqlite_path else None
    if folder is not None and not stat.S_ISDIR(_mode_of(folder) or 0):
        fault = f"there is no folder {folder}: make it (mkdir -p {folder}) or name another"
        raise SettingsError([f"OUTAGE_DATABASE_URL: {fault}"])


def mode_of(path: Path) -> int | None:
    """Returns the mode of a file or folder; None if there is none.

    Raises:
        OSError: we may not look; since Python 3.14 `Path.exists` says no to that.
    """
    try:
        return path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None


def _mode_of(path: Path) -> int | None:
    """Returns the same; that we may not look is a mistake in the settings, too."""
    try:
        return mode_of(path)
    except OSError as error:
        raise SettingsError([f"OUTAGE_DATABASE_URL: {path} cannot be used: {error.strerror}"]) from error


def _read_key(path: Path, setting: str) -> bytes:
    try:
        key = path.read_bytes().strip()
    except OSError as error:
        raise SettingsError([f"{setting}: {path} cannot be read: {error.strerror}"]) from error
    if len(key) < SECRET_KEY_LEAST_LENGTH:
        fix = f"{SECRET_KEY_LEAST_LENGTH} or more are needed: openssl rand -hex 32 > {path}"
        raise SettingsError([f"{setting}: {path} holds {len(key)} characters; {fix}"])
    return key


def _create_key(path: Path) -> None:
    """Writes a key in full before it gets its name, so that a process starting beside never reads half."""
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".key-") as draft:  # mode 0600
            draft.write(secrets.token_hex(32).encode() + b"\n")
            draft.flush()
            os.fsync(draft.fileno())
            with suppress(FileExistsError):  # the other process was first: its key counts
                os.link(draft.name, path)
    except OSError as error:
        fault = f"OUTAGE_SECRET_KEY: no key is set and {path} cannot be written: {error.strerror}"
        raise SettingsError([fault]) from error


def _lines(error: ErrorDetails) -> list[str]:
    """Turns one of pydantic's errors into lines for a person."""
    if not error["loc"]:
        return str(error["ctx"]["error"]).splitlines()
    field = str(error["loc"][0])
    name, about = PREFIX + field.upper(), Settings.model_fields[field]
    reason = error["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return [f"{name} ({about.description}) {reason}; for example {name}={(about.examples or [''])[0]}"]


def _slips(env_file: Path | str | None) -> list[str]:
    """Finds misspelt settings: a mistyped OUTAGE_TEST_MODE must not send real mail."""
    in_file = dotenv_values(env_file) if env_file else {}
    names = {name.upper() for name in (*os.environ, *in_file)}
    given = {name.removeprefix(PREFIX) for name in names if name.startswith(PREFIX)}
    known = {field.upper() for field in Settings.model_fields}
    near = {name: difflib.get_close_matches(name, known, 1, _TYPO_LIKENESS) for name in sorted(given - known)}
    return [
        f"{PREFIX}{name} is not a setting: did you mean {PREFIX}{match[0]}?"
        for name, match in near.items()
        if match
    ]
