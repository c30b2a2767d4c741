"""Declaring an outage, a delay or a scheduled outage: what is wrong, the text, a look at it, and out it goes.

One address and three steps; what was typed is carried from step to step in the form itself, so that nothing
is kept anywhere before it is sent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, Response

from outage_service.content.standard_texts import StandardText, Use
from outage_service.domain.outages import Outage, OutageKind
from outage_service.domain.systems import InternalSystem
from outage_service.domain.texts import Language
from outage_service.services import acting, archive, form_keys, previews
from outage_service.services.errors import AlreadyDeclared, NotFound
from outage_service.services.form_keys import Form, new_key
from outage_service.services.requests import DeclareBody
from outage_service.services.standard_texts import suggested_text, texts_for
from outage_service.web.forms import Sent, SentForm
from outage_service.web.pages.console.desk import ActsDesk, as_mail, attempted, filled_in
from outage_service.web.pages.console.form_fields import (
    Row,
    WrongForm,
    body_of,
    gathered,
    impacts_typed,
    kept,
    key_typed,
    local_instant,
    message_of,
    message_typed,
)
from outage_service.web.pages.console.rows import blank_rows, rows_of, rows_typed
from outage_service.web.pages.console.shell import PageFrame
from outage_service.web.security import ConsoleOperator

router = APIRouter(prefix="/{language}/console", include_in_schema=False)

_NO_TEXT_YET = {language.value: "…" for language in Language}
_TIMES = ("started_at", "planned_start_at", "planned_end_at")
_TEXT_FIELDS = ("template", "message_en", "message_fr")


@router.get("/declare")
def show_declaration(session: ConsoleOperator, frame: PageFrame, relapse_of: str = "") -> HTMLResponse:
    """Shows the first step; `relapse_of` is the number of the outage whose fault has returned."""
    desk = ActsDesk.of(session, frame)
    return _Declaring(desk, Sent(FormData([("relapse_of", relapse_of)]))).show_first()


@router.post("/declare")
def declare(session: ConsoleOperator, frame: PageFrame, sent: SentForm) -> Response:
    """Leads from step to step; only the last sends."""
    declaring = _Declaring(ActsDesk.of(session, frame), sent)
    try:
        return declaring.go(sent.text("go"))
    except WrongForm as wrong:
        return declaring.show_mistakes(wrong)
    except AlreadyDeclared as overlap:
        return declaring.show_overlap(overlap)


@dataclass(frozen=True)
class _Declaring:
    """A declaration being written."""

    desk: ActsDesk
    sent: Sent

    @property
    def is_scheduled(self) -> bool:
        """Whether it is to be announced, not declared."""
        return self.sent.text("kind") == OutageKind.SCHEDULED

    @cached_property
    def relapse_of(self) -> Outage | None:
        """The outage whose fault has returned."""
        number = self.sent.text("relapse_of")
        if not number or not number.isprintable():  # PostgreSQL takes no NUL
            return None
        try:
            with self.desk.engine.db.read() as tx:
                return archive.find_record(tx, number).outage
        except NotFound:
            return None

    @cached_property
    def rows(self) -> list[Row]:
        """The systems as they were ticked; one that a fault comes back to may suffer twice."""
        return rows_typed(self.sent, self.desk.session.actor)

    def go(self, where: str) -> Response:
        """Returns the next page, or sends."""
        match where:
            case "text" | "fill" | "resume":
                return self._text(is_new=where != "fill")
            case "preview":
                return self._preview()
            case "mail" | "mail_fr":
                first = Language.FR if where == "mail_fr" else Language.EN
                return as_mail(self._seen(self._body()), first)
            case "send":
                return self._send()
        return self._systems()

    def show_first(self) -> HTMLResponse:
        """Returns the empty first step; of a fault that has returned, its systems are ticked."""
        actor, earlier = self.desk.session.actor, self.relapse_of
        return self._systems(rows_of(earlier, actor) if earlier else blank_rows(actor))

    def show_mistakes(self, wrong: WrongForm) -> HTMLResponse:
        """Returns the step whose fields are wrong, with all that was typed."""
        in_text = all(mistake.field in _TEXT_FIELDS for mistake in wrong.mistakes)
        if in_text:
            return self._text_page(wrong=wrong)
        return self._systems(wrong=wrong)

    def show_overlap(self, overlap: AlreadyDeclared) -> HTMLResponse:
        """Returns what says that another outage covers the same, with a way to update that one instead."""
        with self.desk.engine.db.read() as tx:
            existing = archive.find_record(tx, overlap.number)
        return self.desk.show(
            "declare_overlap.html",
            status=409,
            here="declare",
            existing=existing,
            may_update=self.desk.session.actor.may_act_on(frozenset(existing.outage.systems_ever)),
            message=message_of(self.sent),
            kept=self._kept(*_TEXT_FIELDS),
        )

    def _systems(self, rows: list[Row] | None = None, wrong: WrongForm | None = None) -> HTMLResponse:
        shown = self.rows if rows is None else rows
        return self.desk.show(
            "declare_systems.html",
            status=422 if wrong else 200,
            here="declare",
            sent=self.sent,
            rows=shown,
            internal_systems=list(InternalSystem),
            is_scheduled=self.is_scheduled,
            relapse_of=self.relapse_of,
            kept=self._kept(*_TEXT_FIELDS),
            mistakes=self.desk.told(wrong.mistakes, shown) if wrong else [],
        )

    def _text(self, *, is_new: bool) -> HTMLResponse:
        seen = self._seen(self._body(_NO_TEXT_YET))
        if not is_new:
            return self._text_page(message=filled_in(self.sent, self.rows))
        if self.sent.text("message_en").strip() or self.sent.text("message_fr").strip():
            return self._text_page()
        suggested = suggested_text(seen.after)
        chosen = Sent(FormData([*self._kept_but_text(), ("template", suggested.id)]))
        return self._text_page(message=filled_in(chosen, self.rows), chosen=suggested.id)

    def _text_page(self, *, wrong: WrongForm | None = None, **values: Any) -> HTMLResponse:
        message = values.get("message")
        return self.desk.show(
            "declare_text.html",
            status=422 if wrong else 200,
            here="declare",
            english=message.en if message else self.sent.text("message_en"),
            french=message.fr if message else self.sent.text("message_fr"),
            chosen=values.get("chosen", self.sent.text("template")),
            standard_texts=self._offered(),
            hints=self.desk.hints(message or message_of(self.sent)),
            kept=self._kept_but_text(),
            mistakes=self.desk.told(wrong.mistakes, self.rows) if wrong else [],
        )

    def _offered(self) -> list[StandardText]:
        systems = frozenset(row.system for row in self.rows if row.is_on)
        return texts_for(Use.SCHEDULE if self.is_scheduled else Use.DECLARE, systems)

    def _preview(self) -> HTMLResponse:
        seen = self._seen(self._body())
        return self.desk.show(
            "act_preview.html",
            here="declare",
            shown=self.desk.preview(seen),
            action="declare",
            back=("text", "systems"),
            kept=[*self._kept_but_text(), *self._kept(*_TEXT_FIELDS), ("once", new_key())],
        )

    def _send(self) -> Response:
        desk, body = self.desk, self._body()
        form = Form(key_typed(self.sent), desk.session.user_id)
        work = partial(acting.declare, desk.engine, actor=desk.session.actor, body=body)
        issued = attempted(lambda: form_keys.send_once(desk.engine, form, work), self.rows)
        return desk.lead_to(f"outages/{issued.number}?sent={issued.sequence}")

    def _seen(self, body: DeclareBody) -> previews.Preview:
        desk = self.desk
        return attempted(
            lambda: previews.preview_declaration(desk.engine, desk.session.actor, body), self.rows
        )

    def _body(self, message: Mapping[str, str] | None = None) -> DeclareBody:
        on, sent = [row for row in self.rows if row.is_on], self.sent
        fields = gathered(
            {
                "impacts": lambda: impacts_typed(on, is_scheduled=self.is_scheduled),
                **{name: partial(local_instant, sent.text(name), name) for name in self._times()},
                "message": lambda: message or message_typed(sent),
            }
        )
        fields["kind"] = OutageKind.SCHEDULED if self.is_scheduled else OutageKind.UNSCHEDULED
        fields["internal_systems"] = sent.texts("internal_systems")
        if self.relapse_of:
            fields["relapse_of"] = self.relapse_of.id
        return body_of(DeclareBody, fields, self.rows)

    def _times(self) -> tuple[str, ...]:
        return _TIMES[1:] if self.is_scheduled else _TIMES[:1]

    def _kept_but_text(self) -> list[tuple[str, str]]:
        of_rows = [f"{name}_{row.id}" for row in self.rows for name in ("direction", "condition", "behind")]
        return self._kept("kind", "on", *of_rows, *_TIMES, "internal_systems", "relapse_of")

    def _kept(self, *names: str) -> list[tuple[str, str]]:
        return kept(self.sent, names)
