"""An operator's own text for a help line (R23)."""

from outage_service.domain.broadcasts import Override, check_override, check_override_message, line_facts
from outage_service.domain.roles import Actor
from outage_service.domain.systems import HelpLine
from outage_service.services.engine import Engine
from outage_service.services.errors import NotFound, NotPermitted
from outage_service.storage import Connection, audit, locks
from outage_service.storage import overrides as rows
from outage_service.storage.outages import outages_in_effect


def set_override(engine: Engine, tx: Connection, actor: Actor, line: HelpLine, override: Override) -> None:
    """Puts an operator's text in place of what the line says, until it expires or news comes.

    Raises:
        NotPermitted: the line is not this operator's.
        InvalidAct: it expires too late, is too long, or says "normal" while an event is open (R22).
    """
    _require_line(actor, line)
    now = engine.clock()
    check_override(override.expires_at, now)
    locks.serialise_acts(tx)
    check_override_message(override.message, line_facts(line, outages_in_effect(tx), now=now))
    rows.set_override(tx, line, override)
    audit.record(tx, "override_set", at=now, actor=actor.name, detail={"line": line.value})


def end_override(engine: Engine, tx: Connection, actor: Actor, line: HelpLine) -> None:
    """Gives the line back its own message.

    Raises:
        NotPermitted: the line is not this operator's.
        NotFound: the line has no override, or its time has run out.
    """
    _require_line(actor, line)
    now = engine.clock()
    if line not in rows.current_overrides(tx, now=now) or not rows.end_overrides(tx, [line]):
        raise NotFound("override", line)
    audit.record(tx, "override_ended", at=now, actor=actor.name, detail={"line": line.value})


def _require_line(actor: Actor, line: HelpLine) -> None:
    if not actor.may_speak_on(line):
        raise NotPermitted(f"{actor.role} may not speak on the line {line}.")
