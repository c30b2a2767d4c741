"""Clients' own outages over the telephone: recorded, confirmed, escalated, never a bulletin (R26–R33).

What is sent are letters: to who reported it, to the regions, who are to accept paper, and of a cybersecurity
incident to the address that a setting names, else to the operators. An incident is not told to the regions:
who may read it is few. Where they were told to accept paper before it turned out to be one, they hear when
that is over, and no more.
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
from outage_service.domain.warnings import WarningCode
from outage_service.rendering.case_letters import CaseLetter
from outage_service.rendering.letters import ComposedLetter
from outage_service.services import regional
from outage_service.services.engine import Engine
from outage_service.services.errors import NotFound, NotPermitted, Stale
from outage_service.services.form_keys import Form, made_once
from outage_service.storage import Connection, audit
from outage_service.storage import external_outages as rows
from outage_service.storage.mailings import ABOUT_A_CASE, ESCALATION, insert_letter

WHAT = "external outage"


def record(engine: Engine, tx: Connection, actor: Actor, report: Report) -> ExternalOutage:
    """Records what a client has told, and sends the letters that follow from it.

    Raises:
        NotPermitted: CTSU records what CAD/API clients report, nothing else.
        InvalidAct: see `domain.external_outages.recorded`.
    """
    _require_may_record(actor, report)
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


def record_once(engine: Engine, tx: Connection, form: Form, actor: Actor, report: Report) -> ExternalOutage:
    """Records what a client has told, as `record` does; a form sent before finds what it recorded."""
    made_id = made_once(engine, tx, form, lambda: record(engine, tx, actor, report).id)
    found = rows.find_external(tx, made_id)
    if found is None:
        raise NotFound(WHAT, made_id)
    return found


def looked_at(engine: Engine, actor: Actor, report: Report) -> ExternalOutage:
    """Returns what `record` would put on record, before it has a number; refuses what `record` refuses."""
    _require_may_record(actor, report)
    now = engine.clock()
    return recorded(report, case_number=f"EXT{eastern(now).year % 100:02d}-…", now=now)


def _require_may_record(actor: Actor, report: Report) -> None:
    if not may_record(actor.role, report.systems):
        raise NotPermitted(f"{actor.role} records the outages of CAD/API clients only.")


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
    if after.resolved_at is not None and regions_await_end(tx, before):
        over = CaseLetter.REGIONAL_CALLED_OFF if after.is_called_off else CaseLetter.REGIONAL_OVER
        _tell_regions(engine, tx, over, after)
    return after


def regions_await_end(tx: Connection, outage: ExternalOutage) -> bool:
    """Returns whether regions were told to accept paper, and do so until they hear otherwise (R31).

    They were not of what was an incident from the first (R32).
    """
    return not outage.is_incident or rows.has_become_incident(tx, outage)


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


def warnings_of(engine: Engine, outage: ExternalOutage, *, has_regions: bool) -> tuple[WarningCode, ...]:
    """Returns what an operator has to see to because the service can tell nobody (R12, R31, R32).

    Args:
        has_regions: whether there is any region to tell (`regional.has_recipients`).
    """
    if outage.resolved_at is not None:
        return ()
    if outage.is_incident:
        return () if engine.escalation_address else (WarningCode.NOT_ESCALATED,)
    return () if has_regions else (WarningCode.NO_REGIONAL_RECIPIENTS,)


def confirmation(engine: Engine, outage: ExternalOutage) -> ComposedLetter:
    """Returns the letter that confirms a report to who made it (R30, R125)."""
    return engine.composer.case_letter(CaseLetter.REPORTED, outage, outage.language)


def _escalate(engine: Engine, tx: Connection, actor: Actor, outage: ExternalOutage) -> None:
    """Tells of an incident at once; with nobody to tell, the record says so (R32)."""
    address = engine.escalation_address
    _audit(engine, tx, rows.ESCALATED if address else rows.NOT_ESCALATED, actor, outage)
    if address:
        _send(engine, tx, CaseLetter.ESCALATION, outage, address, Language.EN)


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
        purpose=ESCALATION if kind is CaseLetter.ESCALATION else ABOUT_A_CASE,
        address=address,
        language=first,
        link_id=outage.id,
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
