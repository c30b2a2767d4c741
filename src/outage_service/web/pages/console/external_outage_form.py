"""What operators type of clients' own outages, as the bodies that `/v1/external-outages` takes (R26–R33)."""

import re
from functools import partial
from typing import Any

from starlette.datastructures import FormData

from outage_service.domain.external_outages import Amendment, ExternalOutage, Report
from outage_service.domain.texts import Language
from outage_service.services.engine import Engine
from outage_service.web.forms import Sent
from outage_service.web.pages.console.form_fields import (
    Mistake,
    WrongForm,
    body_of,
    gathered,
    is_touched,
    local_instant,
    local_text,
)
from outage_service.web.schemas.external_outages import ExternalBody, ExternalPatch

TICKED = "yes"
REPORT_FIELDS = (
    "client", "contact", "telephone", "email", "language", "systems", "description", "scheduled",
    "service_provider", "cybersecurity_incident", "told_at", "starts_at", "ends_at",
)  # fmt: skip
_TIMES = ("told_at", "starts_at", "ends_at")
_DIGITS_AT_LEAST = 7
_MISSING = "?"  # stands in, so that the other fields are looked at, too


def report_typed(sent: Sent) -> Report:
    """Returns what the client has told.

    Raises:
        WrongForm: a field cannot be used.
    """
    times = {name: partial(local_instant, sent.text(name), name) for name in _TIMES}
    fields: dict[str, Any] = {
        "client": sent.text("client").strip(),
        "email": sent.text("email").strip() or None,
        "language": sent.text("language"),
        "systems": sent.texts("systems"),
        "description": sent.text("description").strip(),
        "scheduled": sent.text("scheduled") == TICKED,
        "service_provider": sent.text("service_provider") == TICKED,
        "cybersecurity_incident": sent.text("cybersecurity_incident") == TICKED,
    }
    mistakes = list[Mistake]()
    try:
        fields |= gathered({"contact": lambda: _contact(sent), **times})
    except WrongForm as wrong:
        mistakes += wrong.mistakes
        fields["contact"] = _MISSING
    try:
        body = body_of(ExternalBody, fields)
    except WrongForm as wrong:
        raise _in_order([*mistakes, *wrong.mistakes]) from wrong
    if mistakes:
        raise _in_order(mistakes)
    return body.report()


def _in_order(mistakes: list[Mistake]) -> WrongForm:
    """Returns one mistake for each field, in the order in which the page asks."""
    by_field = {mistake.field: mistake for mistake in mistakes}
    return WrongForm([by_field[name] for name in REPORT_FIELDS if name in by_field])


def _contact(sent: Sent) -> str:
    """Returns who told, with the number under which they are called back."""
    name, telephone = sent.text("contact").strip(), sent.text("telephone").strip()
    mistakes = [] if name else [Mistake("contact", "missing")]
    if len(re.findall(r"\d", telephone, re.ASCII)) < _DIGITS_AT_LEAST:
        mistakes.append(Mistake("telephone", "invalid"))
    if mistakes:
        raise WrongForm(mistakes)
    return f"{name}, {telephone}"


def resolution_typed(engine: Engine, sent: Sent) -> Amendment:
    """Returns when the client's systems worked again; blank is now.

    Raises:
        WrongForm: it is no time.
    """
    return Amendment(resolved_at=local_instant(sent.text("resolved_at"), "resolved_at") or engine.clock())


def edit_typed(sent: Sent) -> Amendment:
    """Returns what was learned; what still stands as the page had shown it stays as it is on record.

    Raises:
        WrongForm: a field cannot be used.
    """
    read = {"ends_at": partial(local_instant, sent.text("ends_at"), "ends_at")}
    fields = gathered(read if is_touched(sent, "ends_at") else {})
    if is_touched(sent, "description"):
        fields["description"] = sent.text("description").strip()
    fields["cybersecurity_incident"] = sent.text("cybersecurity_incident") == TICKED
    return body_of(ExternalPatch, fields).amendment()


def on_record(case: ExternalOutage, language: Language) -> dict[str, str]:
    """Returns the fields of a case as its forms show them before anything is typed."""
    return {"description": case.description, "ends_at": local_text(case.ends_at, language)}


def edited(sent: Sent, case: ExternalOutage, language: Language) -> Sent:
    """Returns the fields of a case with what was typed over them; what was left alone follows the record."""
    typed = {name: sent.text(name) for name in ("description", "ends_at") if is_touched(sent, name)}
    incident = {"cybersecurity_incident": sent.text("cybersecurity_incident")}
    return Sent(FormData({**on_record(case, language), **typed, **incident}))
