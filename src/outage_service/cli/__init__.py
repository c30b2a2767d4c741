"""The command line, `outage-service`: one file a command.

To add one: a file beside the others, its line here, and a line in README.
"""

import io
import sys
from collections.abc import Sequence

import typer

from outage_service.channels.email.addresses import AddressError
from outage_service.channels.email.relay import RelayError
from outage_service.cli import (
    audit,
    bounce,
    demo,
    doctor,
    drill,
    held,
    migrate,
    serve,
    subscribers,
    token,
    user,
    worker,
)
from outage_service.cli.faults import NOT_DONE, WRONG_INPUT, Fault, said_by_driver
from outage_service.drill.yaml_source import WrongScenario
from outage_service.settings import SettingsError
from outage_service.storage.failures import DATABASE_ERRORS

app = typer.Typer(
    help="Outage bulletins, contingency notices and telephone broadcasts.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # one plain line says more than a box
    epilog="Settings are read from the environment and from .env: see README. "
    "Exit status: 0 done, 1 not done, 2 wrong input or settings.",
)
app.command()(serve.serve)
app.command()(worker.worker)
app.command()(demo.demo)
app.command()(drill.drill)
app.command()(migrate.migrate)
app.command()(held.hold)
app.command()(held.release)
app.command()(bounce.bounce)
app.add_typer(token.app, name="token")
app.add_typer(user.app, name="user")
app.add_typer(audit.app, name="audit")
app.add_typer(subscribers.app, name="subscribers")
app.command()(doctor.doctor)


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs one command and exits: 0 done, 1 not done, 2 wrong input or settings.

    What can be expected to go wrong is told in plain lines on standard error.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):  # a dash that a terminal lacks must not end a command
        sys.stdout.reconfigure(errors="replace")
    try:
        app(args=arguments, prog_name="outage-service")
    except Fault as fault:
        _give_up(fault.lines, fault.status)
    except (SettingsError, WrongScenario) as wrong:
        _give_up([str(mistake) for mistake in wrong.mistakes], WRONG_INPUT)
    except RelayError as wrong:
        _give_up([f"OUTAGE_SMTP_URL: {wrong}"], WRONG_INPUT)
    except AddressError as wrong:
        _give_up([f"OUTAGE_MAIL_FROM: {wrong}"], WRONG_INPUT)
    except DATABASE_ERRORS as error:
        _give_up([f"The database cannot be used: {said_by_driver(error)}"], NOT_DONE)


def _give_up(lines: Sequence[str], status: int) -> None:
    for line in lines:
        print(line, file=sys.stderr)
    sys.exit(status)
