"""An operator's own text for a help line (R23)."""

from collections.abc import Callable
from datetime import datetime

from outage_service.domain.broadcasts import (
    LineFacts,
    Override,
    check_override,
    check_override_message,
    line_facts,
)
from outage_service.domain.roles import Actor
from outage_service.domain.systems import HelpLine
from outage_service.services.engine import Engine
from outage_service.services.errors import NotFound, NotPermitted, Overtaken
from outage_service.storage import Connection, audit, locks
from outage_service.storage import overrides as rows
from outage_service.storage.outages import outages_in_effect

Expected = Callable[[LineFacts], bool]
"""Whether a line still says what the operator saw before replacing it (P19)."""


def set_override(
    engine: Engine,
    tx: Connection,
    actor: Actor,
    line: HelpLine,
    override: Override,
    *,
    is_expected: Expected = lambda _: True,
) -> None:
    """Puts an operator's text in place of what the line says, until it expires or news comes.

    Raises:
        NotPermitted: the line is not this operator's.
        InvalidAct: it expires too late, is too long, or says "normal" while an event is open (R22).
        Overtaken: the line does not say what was expected.
    """
    _require_line(actor, line)
    now = engine.clock()
    check_override(override.expires_at, now)
    facts = _expected(tx, line, now, is_expected)
    check_override_message(override.message, facts)
    rows.set_override(tx, line, override)
    audit.record(tx, "override_set", at=now, actor=actor.name, detail={"line": line.value})


def end_override(
    engine: Engine, tx: Connection, actor: Actor, line: HelpLine, *, is_expected: Expected = lambda _: True
) -> None:
    """Gives the line back its own message.

    Raises:
        NotPermitted: the line is not this operator's.
        NotFound: the line has no override, or its time has run out.
        Overtaken: the line does not say what was expected.
    """
    _require_line(actor, line)
    now = engine.clock()
    if _expected(tx, line, now, is_expected).override is None:
        raise NotFound("override", line)
    rows.end_overrides(tx, [line])
    audit.record(tx, "override_ended", at=now, actor=actor.name, detail={"line": line.value})


def _expected(tx: Connection, line: HelpLine, now: datetime, is_expected: Expected) -> LineFacts:
    locks.serialise_acts(tx)
    own = rows.current_overrides(tx, now=now).get(line)
    facts = line_facts(line, outages_in_effect(tx), now=now, override=own)
    if not is_expected(facts):
        raise Overtaken
    return facts


def _require_line(actor: Actor, line: HelpLine) -> None:
    if not actor.may_speak_on(line):
        raise NotPermitted(f"{actor.role} may not speak on the line {line}.")
