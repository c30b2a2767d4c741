"""`doctor`: looks at everything the service depends on, and says what to do."""

from collections.abc import Callable, Iterable, Iterator

import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from outage_service.cli import checks
from outage_service.cli.beginning import begin
from outage_service.cli.dns_records import check_dns
from outage_service.cli.faults import NOT_DONE
from outage_service.cli.finding import Finding, Level, fail, ok
from outage_service.settings import Settings, SettingsError

CHECKS: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
    checks.check_database,
    checks.check_database_file,
    checks.check_secret_key,
    checks.check_relay,
    check_dns,
    checks.check_addresses,
    checks.check_publish_dir,
    checks.check_clock,
)
_STYLES = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "bold red"}


def doctor() -> None:
    """Check what the service needs, and say what to do.

    Settings, database, secret key, relay, DNS records, addresses, publishing, clock. Nothing is changed and
    no mail is sent. Ends with status 1 if anything keeps the service from its work.
    """
    findings = list(_findings())
    _print(findings)
    if any(finding.level is Level.FAIL for finding in findings):
        raise typer.Exit(NOT_DONE)


def _findings() -> Iterator[Finding]:
    try:
        settings = begin(log_level="CRITICAL")
    except SettingsError as error:
        for mistake in error.mistakes:
            yield fail("settings", mistake, "mend it in the environment or in .env")
        return
    yield ok("settings", "can be used")
    for check in CHECKS:
        try:
            yield from check(settings)
        except OSError as error:  # a file that this account may not even look at
            said = f"{error.filename or 'something'} cannot be looked at: {error.strerror}"
            yield fail("files", said, "run this as the account that the service runs as, or mend its rights")


def _print(findings: Iterable[Finding]) -> None:
    said_whole = Column(overflow="fold")  # a path that is cut off cannot be mended
    table = Table("", "", said_whole, box=None, show_header=False, pad_edge=False)
    for finding in findings:
        said = Text(finding.said)
        if finding.advice:
            said.append(f"\n→ {finding.advice}", style="italic")
        level = Text(finding.level.value, style=_STYLES[finding.level])
        table.add_row(level, Text(finding.subject), said)
    Console(highlight=False).print(table)
