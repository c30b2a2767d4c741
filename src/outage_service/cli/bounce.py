"""`bounce`: takes one message that came back, from the pipe of a mail system."""

import sys
from typing import NoReturn

import typer

from outage_service.channels.email.addresses import AddressError
from outage_service.channels.email.bounces import LONGEST
from outage_service.cli.beginning import begin, engine_at_work
from outage_service.cli.faults import Fault, said_by_driver
from outage_service.services import bounces
from outage_service.settings import SettingsError
from outage_service.storage.failures import DATABASE_ERRORS

TRY_AGAIN = 75
"""EX_TEMPFAIL of sysexits.h: the mail system keeps the message and comes again. Any other status but 0 would
make it return the message to its sender, and what came back has none."""


def bounce() -> None:
    """Take one message that came back.

    On standard input, from the alias or pipe of a mail system; what it reports is counted. Ends with 0
    whatever the message is, also where it reports nothing, and with 75 (try again later) where it could not
    be counted.
    """
    raw = sys.stdin.buffer.read(LONGEST)
    while sys.stdin.buffer.read(LONGEST):  # whoever pipes more must not find the pipe broken
        pass
    try:
        settings = begin(log_level="WARNING")
        with engine_at_work(settings) as engine:
            engine.act(lambda tx: bounces.take(engine, tx, raw))
    except (SettingsError, Fault, AddressError) as fault:
        _later(str(fault))
    except DATABASE_ERRORS as error:
        _later(f"The database cannot be used: {said_by_driver(error)}")


def _later(said: str) -> NoReturn:
    print(said, file=sys.stderr)
    raise typer.Exit(TRY_AGAIN)
