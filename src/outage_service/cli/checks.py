"""What `doctor` looks at on this machine and at its relay. A check changes nothing.

To add one: a function that takes the settings, and its place in `CHECKS` of `doctor`.
"""

import asyncio
import os
import shutil
import socket
import stat
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from outage_service.channels.email.relay import Relay, RelayError, Timeouts, is_loopback
from outage_service.channels.email.session import RelayUnavailableError, try_out
from outage_service.cli.faults import said_by_driver
from outage_service.cli.finding import Finding, fail, ok, warn
from outage_service.clock import system_clock
from outage_service.edge.publish import CURRENT, home_of
from outage_service.settings import (
    Settings,
    SettingsError,
    database_exists,
    load_secret_key,
    mode_of,
    require_folder,
)
from outage_service.storage.database import open_database
from outage_service.storage.diagnosis import DatabaseFacts, database_facts, has_records
from outage_service.storage.failures import DATABASE_ERRORS
from outage_service.storage.migrate import is_current, is_later

RELAY_TIMEOUTS = Timeouts(connect=5.0, command=5.0, end_of_data=5.0, greeting=5.0)
CLOCKS_APART_AT_MOST = timedelta(seconds=2)
WAL_RESET_SINCE, WAL_RESET_UNTIL = (3, 7, 0), (3, 51, 2)
"""Releases of SQLite with the WAL-reset bug: https://sqlite.org/wal.html#walresetbug."""
_BESIDE_SQLITE = ("-wal", "-shm", ".lock", ".sender-lock", ".pulse")
ROOM_AT_LEAST = 4 * 2**20
"""What the write-ahead log takes before SQLite begins it anew: with less, a write may find no room."""
RELEASED = datetime(2026, 1, 1, tzinfo=UTC)
"""A clock that shows an earlier time has never been set."""


def check_database(settings: Settings) -> Iterator[Finding]:
    """Reachable, migrated, durable, and of the same opinion about the time."""
    path = settings.sqlite_path
    try:
        require_folder(settings)
    except SettingsError as error:
        yield fail("database", str(error), "without its folder nothing can be kept")
        return
    if path is not None and mode_of(path) is None:
        yield warn("database", f"{path} does not exist yet", "`serve` makes it at its first start")
        return
    db = open_database(settings.database_url)
    try:
        with db.read() as tx:
            facts, has_schema, has_later = database_facts(tx), is_current(tx), is_later(tx)
    except DATABASE_ERRORS as error:
        said = said_by_driver(error)
        yield fail("database", f"cannot be used: {said}", "check OUTAGE_DATABASE_URL and that it is running")
        return
    finally:
        db.close()
    yield ok("database", f"{facts.product} {facts.version} can be reached")
    if has_later:
        yield ok("schema", "is that of a later release, which serves this one too")
    elif has_schema:
        yield ok("schema", "is that of this release")
    else:
        yield fail("schema", "is not that of this release", "run `outage-service migrate`")
    yield from _database_findings(facts)


def _database_findings(facts: DatabaseFacts) -> Iterator[Finding]:
    if not facts.takes_writes:
        advice = "it is a standby, or default_transaction_read_only is on: name the primary, or turn it off"
        yield fail("writing", "is refused by the server", advice)
    if not facts.syncs_commits:
        yield warn("durability", "commits are not synced to disk", "turn on fsync and synchronous_commit")
    apart = abs(facts.now - system_clock())
    if apart > CLOCKS_APART_AT_MOST:
        said = f"differs from the database's by {apart.total_seconds():.0f} s"
        yield warn("clock", said, "synchronise both with NTP")
    yield from sqlite_findings(facts)


def sqlite_findings(facts: DatabaseFacts) -> Iterator[Finding]:
    """A release whose write-ahead log two connections can damage; ours never do (decision 0002)."""
    if facts.product != "SQLite":
        return
    version = tuple(int(part) for part in facts.version.split("."))
    if WAL_RESET_SINCE <= version <= WAL_RESET_UNTIL:
        said = f"{facts.version} can damage a file that two connections write to at the same moment"
        advice = "the service never does; let nothing else write to the file, or use 3.51.3 or later"
        yield warn("sqlite", said, advice)


def check_clock(settings: Settings) -> Iterator[Finding]:  # noqa: ARG001 (all checks are called alike)
    """Set at all."""
    now = system_clock()
    if now < RELEASED:
        yield fail("clock", f"shows {now:%Y-%m-%d}", "set it, and keep it set with NTP")
    else:
        yield ok("clock", f"shows {now:%Y-%m-%d %H:%M:%S} UTC")


def check_relay(settings: Settings) -> Iterator[Finding]:
    """Connects, encrypts and logs in as sending would, and sends nothing."""
    try:
        relay = Relay.parse(settings.smtp_url)
        context = relay.tls_context()
    except RelayError as error:
        yield fail("relay", str(error), "mend OUTAGE_SMTP_URL")
        return
    try:
        tls = asyncio.run(try_out(relay, context=context, timeouts=RELAY_TIMEOUTS))
    except RelayUnavailableError as error:
        advice = "mail waits until it answers: check OUTAGE_SMTP_URL and the relay"
        yield fail("relay", f"{relay.host} port {relay.port}: {error.attempt.detail}", advice)
    else:
        yield ok("relay", f"{relay.host} port {relay.port} answers; nothing was sent")
        yield _encryption(relay, tls)


def _encryption(relay: Relay, tls: str | None) -> Finding:
    """Returns how mail really goes to the relay, whatever the setting allows."""
    if tls is None and relay.is_loopback:
        return ok("encryption", "is not used, on this machine")
    advice = "set ?starttls=required in OUTAGE_SMTP_URL, or use smtps://"
    if tls is None:
        return warn("encryption", "is not used: whoever listens reads mail and addresses", advice)
    if not relay.verifies:
        return warn("encryption", f"is {tls}, and the relay's certificate is not checked", advice)
    return ok("encryption", f"is {tls}, with a certificate that holds")


def check_secret_key(settings: Settings) -> Iterator[Finding]:
    """There, long enough, and for its owner alone."""
    path = _key_path(settings)
    is_missing = path is not None and settings.secret_key_file is None and mode_of(path) is None
    if is_missing and not _has_records(settings):
        yield warn("secret key", f"{path} does not exist yet", "`serve` makes it at its first start")
        return
    try:
        load_secret_key(settings, has_records=lambda: is_missing)
    except SettingsError as error:
        for mistake in error.mistakes:
            yield fail("secret key", mistake, "without it there are no links and no tokens")
        return
    if path is not None and _is_open_to_others(path):
        yield warn("secret key", f"others than its owner may open {path}", f"chmod 600 {path}")
    else:
        yield ok("secret key", f"is in {path}" if path is not None else "is set")


def check_database_file(settings: Settings) -> Iterator[Finding]:
    """For its owner alone, since it holds addresses; and it can be written, as what lies beside it (P22)."""
    path = settings.sqlite_path
    if path is None or mode_of(path) is None:
        return
    if _is_open_to_others(path):
        yield warn("database file", f"others than its owner may open {path}", f"chmod 600 {path}")
    beside = (path.with_name(path.name + ending) for ending in _BESIDE_SQLITE)
    for one in (path.absolute().parent, path, *(other for other in beside if other.exists())):
        if not os.access(one, os.W_OK, effective_ids=True):
            advice = "run this as the account that the service runs as; if it is, that account has to own it"
            yield fail("database file", f"{one} cannot be written by this account", advice)
    folder = path.resolve().parent
    if (room := shutil.disk_usage(folder).free) < ROOM_AT_LEAST:
        said = f"has {room // 1024} KiB left on its disk: nothing can be declared and no mail goes out"
        yield fail("database file", said, f"free some room under {folder}: the service goes on by itself")


def _is_open_to_others(path: Path) -> bool:
    return bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))


def _has_records(settings: Settings) -> bool:
    if not database_exists(settings):
        return False
    db = open_database(settings.database_url)
    try:
        return has_records(db)
    finally:
        db.close()


def _key_path(settings: Settings) -> Path | None:
    if settings.secret_key is not None or settings.sqlite_path is None:
        return settings.secret_key_file
    return settings.secret_key_file or settings.sqlite_path.with_name(settings.sqlite_path.name + ".key")


def check_publish_dir(settings: Settings) -> Iterator[Finding]:
    """Can be written, where there is one; what is missing of it `serve` makes by itself."""
    if settings.publish_dir is None:
        yield ok("publish dir", "is not used")
        return
    path = home = home_of(settings.publish_dir, socket.gethostname())
    try:
        path = next(one for one in (home, *home.parents) if mode_of(one) is not None)
        with tempfile.TemporaryFile(dir=path):
            yield ok("publish dir", f"can be written; a web server finds the files in {home / CURRENT}")
    except OSError as error:
        yield fail("publish dir", f"{path} cannot be written: {error.strerror}", "mend OUTAGE_PUBLISH_DIR")


def check_addresses(settings: Settings) -> Iterator[Finding]:
    """Links that lead to the service, limits for each reader, and operators who hear of trouble."""
    parts = urlsplit(settings.base_url)
    if is_loopback(parts.hostname or ""):
        yield warn(
            "base url", f"{settings.base_url} is this machine", "set OUTAGE_BASE_URL: mail links to it"
        )
    elif parts.scheme != "https":
        yield warn(
            "base url", f"{settings.base_url} is not encrypted", "use https: links in mail are personal"
        )
    else:
        yield ok("base url", settings.base_url)
    if parts.scheme == "https" and not settings.trusted_proxies:
        said = "is named by no setting, though there must be one: readers and operators share one limit"
        yield warn("web server", said, "set OUTAGE_TRUSTED_PROXIES to the address that it asks from")
    if not settings.operator_email:
        yield warn("alerts", "go to nobody", "set OUTAGE_OPERATOR_EMAIL to hear of overruns and failures")
    if not (settings.escalation_email or settings.operator_email):
        yield warn(
            "incidents",
            "at clients are told to nobody: operators have to call",
            "set OUTAGE_ESCALATION_EMAIL, or OUTAGE_OPERATOR_EMAIL",
        )
    if settings.test_mode:
        yield warn("test mode", "mail goes to the test recipients only", "unset OUTAGE_TEST_MODE to go live")
