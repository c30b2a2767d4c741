"""`audit verify` and `audit head`: whether anybody has tampered with the audit log (P31)."""

import re
from typing import Annotated

import typer

from outage_service.cli.beginning import begin, database_at_work
from outage_service.cli.faults import NOT_DONE, Fault
from outage_service.services import audit_log
from outage_service.services.audit_log import Broken, Damage
from outage_service.storage.audit import Head

_HEAD = re.compile(r"(\d{1,18}):([0-9a-f]{64})", re.ASCII)

app = typer.Typer(help="The audit log.", no_args_is_help=True)


def _head(given: str | None) -> str | None:
    if given is not None and not _HEAD.fullmatch(given):
        raise typer.BadParameter("must be what `audit head` has printed")
    return given


@app.command()
def head() -> None:
    """Print the end of the chain, `rows:digest`. Keep it elsewhere: it vouches for all rows so far."""
    settings = begin(log_level="WARNING")
    with database_at_work(settings) as db, db.read() as tx:
        found = audit_log.find_head(tx)
    print(f"{found.position}:{found.digest}")


@app.command()
def verify(
    head: Annotated[
        str | None,
        typer.Option(
            callback=_head, metavar="ROWS:DIGEST", help="Also check against a head that was kept elsewhere."
        ),
    ] = None,
) -> None:
    """Compute the whole chain anew and say whether it holds, or which row breaks it first."""
    settings = begin(log_level="WARNING")
    with database_at_work(settings) as db, db.read() as tx:
        found = audit_log.verify(tx)
        is_kept = head is None or audit_log.is_still_there(tx, _read(head))
    if found.broken is not None:
        raise Fault(f"The audit log was tampered with: {_said(found.broken)}.", status=NOT_DONE)
    if not is_kept:
        raise Fault(
            "The audit log was tampered with: it does not lead through the head given.", status=NOT_DONE
        )
    print(f"The audit log is whole: {found.head.position} rows, {found.unsealed} not chained yet.")


def _read(head: str) -> Head:
    position, _, digest = head.partition(":")
    return Head(int(position), digest)


def _said(broken: Broken) -> str:
    match broken.damage:
        case Damage.CHANGED:
            return f"row {broken.row_id} at position {broken.position} is not what was written"
        case Damage.MISSING:
            return f"the row at position {broken.position} is missing"
        case Damage.NOT_THE_END:
            return f"it does not end as noted, at position {broken.position}"
