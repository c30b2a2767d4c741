"""Clients' own outages over the telephone: recorded, confirmed, escalated, never a bulletin (R26–R33).

What is sent are letters: to who reported it, to the regions, who are to accept paper, and of a cybersecurity
incident to the address that a setting names. An incident is not told to the regions: who may read it is few.
"""

from dataclasses import replace

from outage_service.channels.email.letter import freeze
from outage_service.domain.calendar import eastern
from outage_service.domain.external_outages import (
    Amendment,
    ExternalOutage,
    Report,
    Unit,
    amended,
    may_record,
    recorded,
)
from outage_service.domain.letters import Letter
from outage_service.domain.roles import Actor, Role
from outage_service.domain.texts import Language
from outage_service.rendering.case_letters import CaseLetter
from outage_service.services import regional
from outage_service.services.engine import Engine
from outage_service.services.errors import NotFound, NotPermitted, Stale
from outage_service.storage import Connection, audit
from outage_service.storage import external_outages as rows
from outage_service.storage.mailings import insert_letter

PURPOSE = "external"
WHAT = "external outage"


def record(engine: Engine, tx: Connection, actor: Actor, report: Report) -> ExternalOutage:
    """Records what a client has told, and sends the letters that follow from it.

    Raises:
        NotPermitted: CTSU records what CAD/API clients report, nothing else.
        InvalidAct: see `domain.external_outages.recorded`.
    """
    if not may_record(actor.role, report.systems):
        raise NotPermitted(f"{actor.role} records the outages of CAD/API clients only.")
    now = engine.clock()
    number = rows.take_case_number(tx, eastern(now).year)
    new = recorded(report, case_number=number, now=now)
    outage = replace(new, id=rows.insert_external(tx, new))
    _audit(engine, tx, "external_recorded", actor, outage)
    if outage.email is not None:
        _send(engine, tx, CaseLetter.REPORTED, outage, outage.email, outage.language)
    if outage.is_incident:
        _escalate(engine, tx, actor, outage)
    else:
        _tell_regions(engine, tx, CaseLetter.REGIONAL, outage)
    return outage


def amend(
    engine: Engine, tx: Connection, actor: Actor, external_id: int, amendment: Amendment, *, version: int
) -> ExternalOutage:
    """Records what was learned since; regions hear when it is over, and who escalates of a new incident.

    Raises:
        NotFound: there is none that this actor may read.
        Stale: somebody has amended it since it was read.
        StateConflict, InvalidAct: see `domain.external_outages.amended`.
    """
    before = find(tx, actor, external_id)
    if before.version != version:
        raise Stale(before.version)
    after = amended(before, amendment, now=engine.clock())
    if not rows.save_external(tx, after):
        raise Stale(before.version + 1)
    _audit(engine, tx, "external_amended", actor, after)
    if after.is_incident and not before.is_incident:
        _escalate(engine, tx, actor, after)
    if after.resolved_at is not None and not before.is_incident:
        _tell_regions(engine, tx, CaseLetter.REGIONAL_OVER, after)
    return after


def find(tx: Connection, actor: Actor, external_id: int) -> ExternalOutage:
    """Returns a client's outage.

    Raises:
        NotFound: there is none, or none that this actor may read (R32): it is not told which.
    """
    found = rows.find_external(tx, external_id)
    if found is None or not found.may_be_read_by(actor.role):
        raise NotFound(WHAT, external_id)
    return found


def list_readable(
    tx: Connection, actor: Actor, *, before_id: int | None, limit: int, is_open: bool | None
) -> list[ExternalOutage]:
    """Returns the outages that this actor may read, newest first."""
    only_of = Unit.CTSU if actor.role is Role.CTSU else None
    return rows.list_external(tx, before_id=before_id, limit=limit, only_of=only_of, is_open=is_open)


def _escalate(engine: Engine, tx: Connection, actor: Actor, outage: ExternalOutage) -> None:
    """Tells of an incident at once, where a setting says whom (R32)."""
    _audit(engine, tx, "external_escalated", actor, outage)
    if engine.escalation_email:
        _send(engine, tx, CaseLetter.ESCALATION, outage, engine.escalation_email, Language.EN)


def _tell_regions(engine: Engine, tx: Connection, letter: CaseLetter, outage: ExternalOutage) -> None:
    regional.tell(
        engine,
        tx,
        lambda: {first: engine.composer.case_letter(letter, outage, first) for first in Language},
    )


def _send(
    engine: Engine, tx: Connection, kind: CaseLetter, outage: ExternalOutage, address: str, first: Language
) -> None:
    composed = engine.composer.case_letter(kind, outage, first)
    letter = Letter(subject=composed.subject, text=composed.body.text, html=composed.body.html, first=first)
    now = engine.clock()
    insert_letter(
        tx,
        purpose=PURPOSE,
        address=address,
        language=first,
        link_id=None,
        letter=freeze(letter, sender=engine.sender, issued_at=now),
        now=now,
    )


def _audit(engine: Engine, tx: Connection, action: str, actor: Actor, outage: ExternalOutage) -> None:
    detail = {
        "external_id": outage.id,
        "case": outage.case_number,
        "version": outage.version,
        "unit": outage.unit.value,
        "short_notice": outage.is_short_notice,
    }
    audit.record(tx, action, at=engine.clock(), actor=actor.name, detail=detail)
