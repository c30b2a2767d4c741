"""Clients' own outages: listed, recorded after a look at what follows, amended, resolved (R26–R33).

Who may read what is the service's to say (R32): a case that one may not read is not found.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from outage_service.content.warnings import warning_text
from outage_service.domain.errors import RuleError
from outage_service.domain.external_outages import Amendment, ExternalOutage, may_record
from outage_service.domain.roles import OPERATORS
from outage_service.domain.systems import System
from outage_service.domain.warnings import WarningCode
from outage_service.rendering.times import minutes_behind
from outage_service.services import external_outages, regional
from outage_service.services.errors import NotPermitted, Stale
from outage_service.services.form_keys import Form, new_key
from outage_service.services.request_types import GREATEST_ID
from outage_service.services.sessions import SignedIn
from outage_service.web.api.external_outages import ExternalId
from outage_service.web.cursors import PageAsked, cursor_after
from outage_service.web.forms import ONLY_SHOW, Sent, SentForm, sends_again
from outage_service.web.pages.console.external_outage_form import (
    REPORT_FIELDS,
    edit_typed,
    edited,
    on_record,
    report_typed,
    resolution_typed,
)
from outage_service.web.pages.console.form_fields import (
    Mistake,
    WrongForm,
    kept,
    key_typed,
    refused,
    time_input,
)
from outage_service.web.pages.console.shell import Frame
from outage_service.web.pages.site import PageLanguage, fill
from outage_service.web.security import ConsoleOperator, ConsoleReader
from outage_service.web.state import EngineOfApp
from outage_service.web.texts import first_of, texts_in

router = APIRouter(prefix="/{language}/console/external", include_in_schema=False)
_TEXTS = "console_external"
_SHOWN_BY = {"record": "look", "": ONLY_SHOW}
PassedOn = Annotated[str, Query(pattern=r"^(EXT\d{2}-\d{4,9})?$")]


@dataclass(frozen=True, slots=True)
class _Cases(Frame):
    """What the pages of cases are made with."""

    def show(
        self, session: SignedIn, template: str, mistakes: Sequence[Mistake] = (), **values: Any
    ) -> HTMLResponse:
        return self.page(
            f"console/{template}",
            session,
            texts=_TEXTS,
            here="external",
            status=values.pop("status", 422 if mistakes else 200),
            toggle=sends_again(self.request, steps=_SHOWN_BY),
            length=minutes_behind,
            time_input=time_input,
            mistakes=[(each.field, self._told(each)) for each in mistakes],
            warnings=[self.words.pick(warning_text(code)) for code in values.pop("warnings", ())],
            is_operator=session.actor.role in OPERATORS,
            shows_contact=session.actor.may_see_contacts,
            **values,
        )

    def warnings_of(self, case: ExternalOutage) -> tuple[WarningCode, ...]:
        """Returns what whoever looks after a case has to see to."""
        with self.engine.db.read() as tx:
            has_regions = regional.has_recipients(tx)
        return external_outages.warnings_of(self.engine, case, has_regions=has_regions)

    def tells_regions(self, case: ExternalOutage) -> bool:
        """Returns whether there is a region that hears when a case is over."""
        with self.engine.db.read() as tx:
            return regional.has_recipients(tx) and external_outages.regions_await_end(tx, case)

    def _told(self, mistake: Mistake) -> str:
        texts = texts_in(_TEXTS, self.language)
        told = first_of(
            texts, f"wrong_{mistake.field}", mistake.code, f"wrong_{mistake.code}", "wrong_invalid"
        )
        label = first_of(texts, f"name_{mistake.field}", f"field_{mistake.field}", "field_form")
        return fill(told, field=label)

    def lead_to_case(self, session: SignedIn, outage: ExternalOutage, done: str) -> Response:
        """Returns what leads to a case, or to the list where it is not this reader's any more (R32)."""
        if outage.may_be_read_by(session.actor.role):
            return self.lead_to(f"external/{outage.id}?done={done}")
        return self.lead_to(f"external?passed_on={outage.case_number}")


async def _cases(language: PageLanguage, request: Request, engine: EngineOfApp) -> _Cases:
    return _Cases(language, request, engine)


Cases = Annotated[_Cases, Depends(_cases)]


@router.get("")
def show_cases(
    session: ConsoleReader, cases: Cases, page: PageAsked, passed_on: PassedOn = ""
) -> HTMLResponse:
    """Lists the cases that one may read, newest first; `passed_on` is one that is TCCU's alone now."""
    with cases.engine.db.read() as tx:
        found = external_outages.list_readable(
            tx, session.actor, before_id=page.after, limit=page.one_more, is_open=None
        )
    items, last = page.cut(found)
    return cases.show(
        session,
        "external.html",
        cases=items,
        passed_on=passed_on,
        warnings=(WarningCode.NOT_ESCALATED,) if passed_on and not cases.engine.escalation_address else (),
        cursor=cursor_after(last.id) if last else "",
        is_first=page.after is None,
    )


@router.get("/new")
def show_form(session: ConsoleOperator, cases: Cases) -> HTMLResponse:
    """Shows the form, with the language of the page as the client's."""
    return _form(session, cases, Sent(FormData([("language", cases.language.value)])))


def _form(session: SignedIn, cases: _Cases, sent: Sent, mistakes: Sequence[Mistake] = ()) -> HTMLResponse:
    offered = [system for system in System if may_record(session.actor.role, (system,))]
    return cases.show(session, "external_new.html", mistakes, sent=sent, offered=offered)


@router.post("/new")
def record(session: ConsoleOperator, cases: Cases, sent: SentForm) -> Response:
    """Shows what follows from a report, and records it only then."""
    if sent.text("go") == "change" or sent.is_only_shown:
        return _form(session, cases, sent)
    try:
        return _record(session, cases, sent)
    except WrongForm as wrong:
        return _form(session, cases, sent, wrong.mistakes)


def _record(session: SignedIn, cases: _Cases, sent: Sent) -> Response:
    engine, report = cases.engine, report_typed(sent)
    try:
        seen = external_outages.looked_at(engine, session.actor, report)
    except RuleError as error:
        raise refused(error) from error
    except NotPermitted as error:
        raise WrongForm([Mistake("systems", "invalid")]) from error
    if sent.text("go") == "record":
        form = Form(key_typed(sent), session.user_id)
        done = engine.act(lambda tx: external_outages.record_once(engine, tx, form, session.actor, report))
        return cases.lead_to_case(session, done, "recorded")
    return cases.show(
        session,
        "external_look.html",
        case=seen,
        letter=external_outages.confirmation(engine, seen) if seen.email else None,
        warnings=cases.warnings_of(seen),
        kept=[*kept(sent, REPORT_FIELDS), ("once", new_key())],
    )


@router.get("/{external_id:id}")
def show_case(session: ConsoleReader, cases: Cases, external_id: ExternalId, done: str = "") -> HTMLResponse:
    """Shows a case; `done` says what has just been done to it."""
    found = _find(session, cases, external_id)
    return _case(session, cases, found, _on_record(found, cases), done=done)


def _find(session: SignedIn, cases: _Cases, external_id: int) -> ExternalOutage:
    with cases.engine.db.read() as tx:
        return external_outages.find(tx, session.actor, external_id)


def _on_record(case: ExternalOutage, cases: _Cases, **typed: str) -> Sent:
    return Sent(FormData({**on_record(case, cases.language), **typed}))


def _case(
    session: SignedIn,
    cases: _Cases,
    case: ExternalOutage,
    sent: Sent,
    mistakes: Sequence[Mistake] = (),
    **values: Any,
) -> HTMLResponse:
    shown = {"done": "", "is_stale": False, **values}
    return cases.show(
        session,
        "external_case.html",
        mistakes,
        case=case,
        sent=sent,
        shown=on_record(case, cases.language),
        warnings=cases.warnings_of(case),
        tells_regions=cases.tells_regions(case),
        has_begun=case.starts_at <= cases.engine.clock(),
        **shown,
    )


@router.post("/{external_id:id}")
def edit(session: ConsoleOperator, cases: Cases, external_id: ExternalId, sent: SentForm) -> Response:
    """Records what was learned since; once an incident, always one."""
    form = _CaseForm(lambda: edit_typed(sent), lambda case: edited(sent, case, cases.language))
    return _amend(session, cases, external_id, sent, form)


@router.post("/{external_id:id}/resolve")
def resolve(session: ConsoleOperator, cases: Cases, external_id: ExternalId, sent: SentForm) -> Response:
    """Records that the client's systems work again; regions are told."""
    resolved_at = sent.text("resolved_at")
    form = _CaseForm(
        lambda: resolution_typed(cases.engine, sent),
        lambda case: _on_record(case, cases, resolved_at=resolved_at),
    )
    return _amend(session, cases, external_id, sent, form)


@dataclass(frozen=True, slots=True)
class _CaseForm:
    """A form on the page of a case: what it asks for, and how it is shown again."""

    read: Callable[[], Amendment]
    again: Callable[[ExternalOutage], Sent]


def _amend(session: SignedIn, cases: _Cases, external_id: int, sent: Sent, form: _CaseForm) -> Response:
    """Returns what leads on, or the case with all that was typed."""
    engine, version = cases.engine, _version(sent)
    _find(session, cases, external_id)  # what one may not read is not found, whatever else is wrong
    mistakes: Sequence[Mistake] = ()
    try:
        amendment = form.read()
        if not sent.is_only_shown:
            after = engine.act(
                lambda tx: external_outages.amend(
                    engine, tx, session.actor, external_id, amendment, version=version
                )
            )
            return cases.lead_to_case(session, after, "saved")
    except WrongForm as wrong:
        mistakes = wrong.mistakes
    except RuleError as error:
        mistakes = refused(error).mistakes
    except Stale:
        pass  # the page says so
    return _again(session, cases, external_id, form, version, mistakes)


def _again(
    session: SignedIn,
    cases: _Cases,
    external_id: int,
    form: _CaseForm,
    version: int,
    mistakes: Sequence[Mistake],
) -> HTMLResponse:
    """Returns the case as it is now; whatever is wrong, it says that another has changed it (P19)."""
    case = _find(session, cases, external_id)
    is_stale = case.version != version
    status = 409 if is_stale else 422 if mistakes else 200
    return _case(session, cases, case, form.again(case), mistakes, status=status, is_stale=is_stale)


def _version(sent: Sent) -> int:
    typed = sent.text("version")
    return min(int(typed), GREATEST_ID) if typed.isascii() and typed.isdecimal() and len(typed) < 20 else 0
