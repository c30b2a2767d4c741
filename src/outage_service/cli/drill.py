"""`drill`: a scenario through the real engine, on a virtual clock and an empty database in memory."""

import codecs
import json
import secrets
import sys
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import SecretStr
from rich.console import Console
from rich.text import Text

from outage_service.app.engine import build_engine
from outage_service.cli.beginning import begin
from outage_service.cli.faults import WRONG_INPUT, Fault
from outage_service.clock import VirtualClock
from outage_service.domain.calendar import eastern
from outage_service.drill.run import DrillFailed, Issued, run_scenario
from outage_service.drill.scenario import Scenario, read_scenario
from outage_service.settings import Settings
from outage_service.storage.database import open_database
from outage_service.storage.migrate import upgrade_connection

_IN_MEMORY = "sqlite://"


def drill(
    scenario: Annotated[
        Path, typer.Argument(metavar="SCENARIO.yaml", exists=True, dir_okay=False, help="What happens when.")
    ],
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a line on standard output, nothing else.")
    ] = False,
) -> None:
    """Run a scenario and print each bulletin that goes out. Nothing is kept and no mail is sent.

    A wrong scenario, or an act the API would refuse, ends with status 2 and one line for each mistake.
    """
    # A key of its own: a drill signs nothing that lasts, and needs no file.
    key = SecretStr(secrets.token_hex(32))
    settings = begin(log_level="WARNING", database_url=_IN_MEMORY, secret_key=key, secret_key_file=None)
    issued = _run(settings, read_scenario(_read(scenario)))
    if as_json:
        _print_objects(issued)
    else:
        _print_timeline(issued)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise Fault(f"{path} cannot be read: {error.strerror}", status=WRONG_INPUT) from error
    except UnicodeDecodeError as error:
        raise Fault(f"{path} is not UTF-8 text.", status=WRONG_INPUT) from error


def _run(settings: Settings, scenario: Scenario) -> list[Issued]:
    clock = VirtualClock(scenario.start)
    db = open_database(settings.database_url)
    try:
        db.write(upgrade_connection)
        return run_scenario(scenario, build_engine(settings, clock=clock, db=db), clock)
    except DrillFailed as error:
        raise Fault(str(error)) from error
    finally:
        db.close()


def _print_objects(issued: Iterable[Issued]) -> None:
    """Letters that standard output may lack are escaped, which to a reader of JSON is the same."""
    is_utf8 = codecs.lookup(sys.stdout.encoding or "utf-8").name == "utf-8"
    for bulletin in issued:
        print(json.dumps(_fields(bulletin), ensure_ascii=not is_utf8))


def _fields(bulletin: Issued) -> dict[str, Any]:
    due = bulletin.next_due_at
    return {
        "at": eastern(bulletin.at).isoformat(),
        "ref": bulletin.ref,
        "number": bulletin.number,
        "sequence": bulletin.sequence,
        "kind": bulletin.kind,
        "next_due_at": eastern(due).isoformat() if due is not None else None,
        "subject": {"en": bulletin.subject.en, "fr": bulletin.subject.fr},
    }


def _print_timeline(issued: Iterable[Issued]) -> None:
    console = Console(highlight=False)
    for day, bulletins in groupby(issued, key=lambda each: f"{eastern(each.at):%A %Y-%m-%d}"):
        console.print(Text(day, style="bold"))
        for each in bulletins:
            console.print(Text(_line(each)))
            console.print(Text(f"         {each.subject.en}", style="dim"))


def _line(bulletin: Issued) -> str:
    due = bulletin.next_due_at
    ahead = f"next {eastern(due):%a %H:%M}" if due is not None else "no next one"
    head = f"  {eastern(bulletin.at):%H:%M}  {bulletin.ref}  {bulletin.number} #{bulletin.sequence}"
    return f"{head}  {bulletin.kind}, {ahead}"
