"""`subscribers import` and `export`: the list from and to CSV."""

import shutil
import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, track

from outage_service.cli.beginning import begin, engine_at_work
from outage_service.cli.faults import WRONG_INPUT, Fault
from outage_service.domain.roles import COMMAND_LINE
from outage_service.services import subscriber_files
from outage_service.services.engine import Engine
from outage_service.services.subscriber_files import BadLine, Imported, ImportPlan, Rows, WrongHeader

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
    imported, unless --skip-bad is given. Who is subscribed already is passed over: a long import that was
    interrupted can be run again.
    """
    settings = begin(log_level="WARNING")
    plan = _read(file)
    for bad in plan.bad:
        print(f"line {bad.line}: {bad.reason}", file=sys.stderr)
    if plan.bad and not skip_bad:
        raise Fault(f"Nothing was imported: {_lines(plan.bad)} refused.", status=WRONG_INPUT)
    with engine_at_work(settings, may_begin=True) as engine:
        done = _import(engine, plan)
    report = f"{done.added} imported, {done.known} subscribed already, {_lines(plan.bad)} refused."
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


def _import(engine: Engine, plan: ImportPlan) -> Imported:
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("Importing", total=len(plan.choices))
        advance = partial(progress.advance, task)
        return subscriber_files.import_parts(engine, plan.parts(), actor=COMMAND_LINE, advance=advance)


def _lines(bad: list[BadLine]) -> str:
    return "1 line" if len(bad) == 1 else f"{len(bad)} lines"


@app.command()
def export() -> None:
    """Write the active subscribers as CSV to standard output, in the format that `import` reads.

    The audit log notes it.
    """
    settings = begin(log_level="WARNING")
    with engine_at_work(settings) as engine:
        file = subscriber_files.export(engine, actor=COMMAND_LINE, line_end="\n", watched=_watched)
    with file:
        shutil.copyfileobj(file, sys.stdout)


def _watched(rows: Rows, total: int) -> Rows:
    console = Console(stderr=True)
    quiet = not console.is_terminal
    return track(rows, "Exporting", total, console=console, transient=True, disable=quiet)
