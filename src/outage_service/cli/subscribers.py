"""`subscribers import` and `export`: the list from and to CSV."""

import csv
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, track

from outage_service.cli.beginning import begin, engine_at_work
from outage_service.cli.faults import WRONG_INPUT, Fault
from outage_service.services import subscriber_files
from outage_service.services.engine import Engine
from outage_service.services.subscriber_files import CHUNK, BadLine, ImportPlan, WrongHeader
from outage_service.storage import Connection
from outage_service.storage.subscribers import count_active

ACTOR = "console"
AT_ONCE = 50_000
"""A list up to this long is added in one transaction, all or nothing. A longer one would make declarations
wait: it is added in several, and run again where it was interrupted."""

app = typer.Typer(help="The list of subscribers.", no_args_is_help=True)


@app.command("import")
def import_(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE.csv", exists=True, dir_okay=False, help="email,language,systems,kinds; UTF-8."
        ),
    ],
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Import the good lines although others are refused.")
    ] = False,
) -> None:
    """Add subscribers from a CSV file. They count as confirmed, and nobody is written to.

    The first line is `email,language,systems,kinds`; lists are separated by `;`, blank means all, and
    `language` (en or fr) is the one that comes first. Refused lines are told by number; then nothing is
    imported, unless --skip-bad is given. Who is subscribed already is passed over.
    """
    settings = begin(log_level="WARNING")
    plan = _read(file)
    for bad in plan.bad:
        print(f"line {bad.line}: {bad.reason}", file=sys.stderr)
    if plan.bad and not skip_bad:
        raise Fault(f"Nothing was imported: {_lines(plan.bad)} refused.", status=WRONG_INPUT)
    with engine_at_work(settings) as engine:
        imported = _import(engine, plan)
    known = len(plan.choices) - imported
    report = f"{imported} imported, {known} subscribed already, {_lines(plan.bad)} refused."
    print(report, file=sys.stderr)


def _read(file: Path) -> ImportPlan:
    try:
        with file.open(encoding="utf-8", newline="") as lines:
            return subscriber_files.read_file(lines)
    except OSError as error:
        raise Fault(f"{file} cannot be read: {error.strerror}", status=WRONG_INPUT) from error
    except UnicodeDecodeError as error:
        raise Fault(f"{file} is not UTF-8 text.", status=WRONG_INPUT) from error
    except WrongHeader as error:
        raise Fault(f"{file}: {error}", status=WRONG_INPUT) from error


def _import(engine: Engine, plan: ImportPlan) -> int:
    """Adds the people of `plan` and returns how many were new."""
    starts = range(0, len(plan.choices), AT_ONCE)
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("Importing", total=len(plan.choices))
        advance = partial(progress.advance, task)
        parts = [ImportPlan(plan.choices[start : start + AT_ONCE]) for start in starts]
        return sum(engine.act(partial(_import_part, engine, part, advance)) for part in parts)


def _import_part(engine: Engine, part: ImportPlan, advance: Callable[[int], None], tx: Connection) -> int:
    advance(subscriber_files.refuse_known(tx, part))
    for start in range(0, len(part.choices), CHUNK):
        chunk = part.choices[start : start + CHUNK]
        subscriber_files.import_chunk(engine, tx, chunk, actor=ACTOR)
        advance(len(chunk))
    return len(part.choices)


def _lines(bad: list[BadLine]) -> str:
    return "1 line" if len(bad) == 1 else f"{len(bad)} lines"


@app.command()
def export() -> None:
    """Write the active subscribers as CSV to standard output, in the format that `import` reads."""
    settings = begin(log_level="WARNING")
    with engine_at_work(settings) as engine, engine.db.read() as tx:
        console, writer = Console(stderr=True), csv.writer(sys.stdout, lineterminator="\n")
        rows, total = subscriber_files.export_rows(tx), count_active(tx) + 1
        quiet = not console.is_terminal
        for row in track(rows, "Exporting", total, console=console, transient=True, disable=quiet):
            writer.writerow(row)
