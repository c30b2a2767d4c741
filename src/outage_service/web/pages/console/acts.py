"""The acts on an outage, each a form, a look at what would go out, and one button that sends it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Annotated, Any

from fastapi import APIRouter, Path
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, Response

from outage_service.content.standard_texts import Premise, StandardText, standard_texts
from outage_service.domain.outages import ContingencyState, Outage, OutageState
from outage_service.domain.texts import Language
from outage_service.services import acting, archive, form_keys, previews
from outage_service.services.acting import ActBody
from outage_service.services.archive import PublicRecord
from outage_service.services.errors import AlreadyDeclared, Stale
from outage_service.services.form_keys import Form, new_key
from outage_service.services.outages import Target
from outage_service.services.previews import Preview
from outage_service.services.standard_texts import texts_for
from outage_service.storage.bulletins import BulletinRecord
from outage_service.web.forms import Sent, SentForm
from outage_service.web.pages.console.act_kinds import ACTS, SEEN, Act, ActKind
from outage_service.web.pages.console.desk import ActsDesk, as_mail, attempted, filled_in
from outage_service.web.pages.console.form_fields import (
    Mistake,
    Row,
    WrongForm,
    body_of,
    gathered,
    impacts_typed,
    is_touched,
    kept,
    key_typed,
    local_instant,
    local_text,
    message_of,
    message_typed,
)
from outage_service.web.pages.console.rows import merged, print_of, rows_of, rows_typed
from outage_service.web.pages.console.shell import PageFrame
from outage_service.web.security import ConsoleOperator

router = APIRouter(prefix="/{language}/console/outages/{number}", include_in_schema=False)

Number = Annotated[str, Path(pattern=r"^TCC\d{2}-\d{4,5}$")]
_TEXT_FIELDS = ("template", "message_en", "message_fr")


@router.get("/{act}")
def show_act(session: ConsoleOperator, act: Act, number: Number, frame: PageFrame) -> HTMLResponse:
    """Shows the form of an act, with what is so now."""
    desk = ActsDesk.of(session, frame)
    return _acting(desk, act, number, Sent(FormData())).show_new()


@router.post("/{act}")
def act_on(session: ConsoleOperator, act: Act, number: Number, frame: PageFrame, sent: SentForm) -> Response:
    """Leads from the form to the preview, and sends."""
    writing = _acting(ActsDesk.of(session, frame), act, number, sent)
    try:
        return writing.go(sent.text("go"))
    except WrongForm as wrong:
        return writing.form(wrong=wrong)
    except AlreadyDeclared:
        return writing.form(wrong=WrongForm([Mistake("systems", "already_declared")]))
    except Stale:  # perhaps only since it was read above
        return _acting(writing.desk, act, number, sent).form()


def _acting(desk: ActsDesk, act: Act, number: str, sent: Sent) -> "_Acting":
    with desk.engine.db.read() as tx:
        return _Acting(desk, act, archive.find_record(tx, number), sent)


@dataclass(frozen=True)
class _Acting:
    """An act being written, on an outage as it is now."""

    desk: ActsDesk
    act: Act
    record: PublicRecord
    sent: Sent

    @property
    def outage(self) -> Outage:
        """The outage as it is now."""
        return self.record.outage

    @property
    def kind(self) -> ActKind:
        """How this act's form is read."""
        return ACTS[self.act]

    @property
    def may_remain(self) -> bool:
        """Whether there are procedures in effect that could remain so (R6)."""
        return self.outage.contingency_at(self.desk.engine.clock()).applies

    @property
    def offered(self) -> list[StandardText]:
        """The standard texts for this act, without those that would not be true of this outage."""
        is_true = {
            None: True,
            Premise.PROCEDURES_REMAIN: self.may_remain,
            Premise.PLANNED_WORK: self.outage.is_scheduled,
        }
        texts = texts_for(self.kind.use, frozenset(self.outage.systems_ever))
        return [each for each in texts if is_true[each.says]]

    @cached_property
    def current_values(self) -> dict[str, str]:
        """What the fields of any act begin with."""
        outage, language = self.outage, self.desk.language
        return {
            "estimated_resolution_at": local_text(outage.estimated_resolution_at, language),
            "planned_start_at": local_text(outage.started_at if outage.is_scheduled else None, language),
            "planned_end_at": local_text(outage.planned_end_at, language),
            "problem_identified": "yes" if outage.problem_identified else "",
            "restored_at": "",
            "effective_at": "",
            "contingency": "revoked",
            "confirm_past_deadlines": "",
            "corrects": "",
            "paper_accepted_until": "",
            "penalty_relief_until": "",
        }

    @cached_property
    def current_rows(self) -> list[Row]:
        """What each system suffers now."""
        return rows_of(self.outage, self.desk.session.actor)

    @cached_property
    def typed_rows(self) -> list[Row]:
        """What the page had of each system, as it was typed."""
        return rows_typed(self.sent, self.desk.session.actor)

    @cached_property
    def rows(self) -> list[Row]:
        """What was typed of each system; what was left as the page had it follows the outage."""
        shown = self.sent.text("rows_shown")
        return merged(self.typed_rows, shown, self.current_rows) if shown else self.current_rows

    @cached_property
    def are_rows_touched(self) -> bool:
        """Whether the operator changed anything of the systems as the page showed them."""
        shown = self.sent.text("rows_shown")
        return bool(shown) and print_of(self.typed_rows) != shown

    @property
    def is_overtaken(self) -> bool:
        """Whether another has acted since the page was made that this form was sent from (P19)."""
        return self._target().version != self.outage.version

    def show_new(self) -> HTMLResponse:
        """Returns the form with what is so now, and a text that fits where one is likely."""
        suggested = self._suggested()
        message = filled_in(Sent(FormData([("template", suggested)])), ()) if suggested else None
        return self._new_form(message=message, chosen=suggested)

    def _new_form(self, **shown: Any) -> HTMLResponse:
        return self.form(is_new=True, values=self.current_values, rows=self.current_rows, **shown)

    def go(self, where: str) -> Response:
        """Returns the next page, or sends."""
        match where:
            case "fill" if not self.is_overtaken:  # else nothing may be written over what was typed
                return self._filled()
            case "preview":
                return self._preview()
            case "mail" | "mail_fr":
                return as_mail(self._seen(self._body()), Language.FR if where == "mail_fr" else Language.EN)
            case "send":
                return self._send()
            case "begin":  # with a text that was written for another act
                return self._new_form()
        return self.form()

    def _filled(self) -> HTMLResponse:
        """Returns the form with the text that was chosen, and with what that text says of procedures (R6)."""
        values = self._typed()
        chosen = standard_texts().get(self.sent.text("template"))
        if self.may_remain and chosen is not None and chosen.says is Premise.PROCEDURES_REMAIN:
            values["contingency"] = ContingencyState.REMAINS_IN_EFFECT.value
        return self.form(message=filled_in(self.sent, self.rows), values=values)

    def form(self, *, wrong: WrongForm | None = None, is_new: bool = False, **shown: Any) -> HTMLResponse:
        """Returns the form with what was typed, unless `shown` has something else.

        It is one for the outage as it is now: what another has sent meanwhile stands on it, whatever
        button led here, so that nobody sends over what they never saw (P19).
        """
        message, rows = shown.get("message"), shown.get("rows", self.rows)
        mistakes = wrong.mistakes if wrong else ()
        is_overtaken = self.is_overtaken and not is_new
        return self.desk.show(
            "act.html",
            status=409 if is_overtaken else 422 if wrong else 200,
            act=self.act,
            record=self.record,
            outage=self.outage,
            values=shown.get("values") or self._typed(),
            shown_values=self.current_values,
            rows=rows,
            rows_shown=print_of(self.current_rows),
            is_scheduled=self.outage.is_scheduled,
            is_ahead=self.outage.state_at(self.desk.engine.clock()) is OutageState.SCHEDULED,
            may_remain=self.may_remain,
            asks_to_confirm=self._asks_to_confirm(mistakes),
            english=message.en if message else self.sent.text("message_en"),
            french=message.fr if message else self.sent.text("message_fr"),
            chosen=shown.get("chosen") or self.sent.text("template"),
            standard_texts=self.offered,
            hints=self.desk.hints(message or message_of(self.sent)),
            is_overtaken=is_overtaken,
            newer=self._newer() if is_overtaken else (),
            newest=self.record.bulletins[-1].sequence,
            granted=self.sent.texts("systems") or list(self.outage.systems_ever),
            mistakes=self.desk.told(mistakes, rows),
        )

    def _newer(self) -> list[BulletinRecord]:
        """Returns the bulletins that the page did not know."""
        newest = _number(self.sent.text("sequence"))
        return [one for one in self.record.bulletins if one.sequence > newest]

    def _suggested(self) -> str:
        of_open = "" if self.outage.is_closed else self.kind.suggested_while_open
        wanted = of_open or self.kind.suggested
        return next((each.id for each in self.offered if each.situation == wanted), "")

    def _asks_to_confirm(self, mistakes: tuple[Mistake, ...]) -> bool:
        """Whether the operator must say that deadlines have passed: only once that is so (R54)."""
        is_told = any(mistake.code == "rule_deadlines_past" for mistake in mistakes)
        return is_told or bool(self.sent.text("confirm_past_deadlines"))

    def _typed(self) -> dict[str, str]:
        fields = (*self.kind.times, *self.kind.others)
        values = self.current_values | {name: self.sent.text(name) for name in fields}
        return values | {name: self._current_or_typed(name) for name in SEEN if name in fields}

    def _current_or_typed(self, name: str) -> str:
        return self.sent.text(name) if is_touched(self.sent, name) else self.current_values[name]

    def _preview(self) -> HTMLResponse:
        seen = self._seen(self._body())
        return self.desk.show(
            "act_preview.html",
            shown=self.desk.preview(seen),
            action=f"outages/{self.outage.number}/{self.act}",
            back=("form",),
            kept=[*self._kept(), ("once", new_key())],
        )

    def _kept(self) -> list[tuple[str, str]]:
        of_rows = [f"{name}_{row.id}" for row in self.rows for name in ("direction", "condition", "behind")]
        shown = [f"{name}_shown" for name in SEEN]
        fields = ("version", "sequence", "rows_shown", "on", *of_rows, *shown)
        return kept(self.sent, (*fields, *self.kind.times, *self.kind.others, *_TEXT_FIELDS))

    def _send(self) -> Response:
        desk = self.desk
        form = Form(key_typed(self.sent), desk.session.user_id)
        work = partial(
            acting.perform, desk.engine, actor=desk.session.actor, target=self._target(), body=self._body()
        )
        issued = attempted(lambda: form_keys.send_once(desk.engine, form, work), self.rows)
        return desk.lead_to(f"outages/{issued.number}?sent={issued.sequence}")

    def _seen(self, body: ActBody) -> Preview:
        desk = self.desk
        return attempted(
            lambda: previews.preview_act(desk.engine, desk.session.actor, self._target(), body), self.rows
        )

    def _target(self) -> Target:
        """Returns the outage in the version that the page showed; without one, nobody has seen it."""
        return Target(self.outage.id, _number(self.sent.text("version")))

    def _body(self) -> ActBody:
        fields = gathered(
            {
                "message": partial(message_typed, self.sent),
                **{name: partial(self._time, name) for name in self.kind.times},
                **{name: partial(self._other, name) for name in self.kind.others},
                "impacts": self._impacts,
            }
        )
        return body_of(self.kind.body, fields, self.rows)

    def _time(self, name: str) -> object:
        if name in SEEN and not is_touched(self.sent, name):
            return None
        return local_instant(self.sent.text(name), name)

    def _other(self, name: str) -> object:
        typed = self.sent.text(name)
        readers: Mapping[str, Callable[[], object]] = {
            "problem_identified": lambda: (typed == "yes") if is_touched(self.sent, name) else None,
            "confirm_past_deadlines": lambda: typed == "yes",
            "contingency": lambda: typed or None,
            "corrects": lambda: _bulletin_id(typed),
            "systems": lambda: self.sent.texts(name),
        }
        return readers[name]()

    def _impacts(self) -> object:
        if self.act is not Act.UPDATE or not self.are_rows_touched:
            return None
        on = [row for row in self.rows if row.is_on]
        return impacts_typed(on, is_scheduled=self.outage.is_scheduled)


def _bulletin_id(typed: str) -> int:
    if not (typed.isascii() and typed.isdigit() and len(typed) < 19):
        raise WrongForm([Mistake("corrects", "missing")])
    return int(typed)


def _number(typed: str) -> int:
    """Returns a version or a sequence as a page carried it; 0 comes before all."""
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0
