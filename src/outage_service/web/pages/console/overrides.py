"""What each telephone line says now, and a form to put an operator's own text in its place (R23)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.responses import HTMLResponse, Response

from outage_service.domain.broadcasts import OVERRIDE_LONGEST, LineFacts, Override
from outage_service.domain.errors import InvalidAct
from outage_service.domain.systems import HelpLine
from outage_service.domain.texts import Bilingual
from outage_service.rendering.broadcasts import LineMessage, current_message
from outage_service.rendering.words import Words
from outage_service.services.engine import Engine
from outage_service.services.errors import NotFound, Overtaken
from outage_service.services.help_lines import read_lines
from outage_service.services.overrides import end_override, set_override
from outage_service.services.requests import OverrideBody
from outage_service.services.sessions import SignedIn
from outage_service.web.forms import Sent, SentForm, sends_again
from outage_service.web.pages.console.live import tag_of
from outage_service.web.pages.console.shell import Frame, PageFrame
from outage_service.web.security import ConsoleOperator, ConsoleReader

router = APIRouter(prefix="/{language}/console/lines", include_in_schema=False)
HOURS = (1, 2, 4, 8, 12, 24)
DEFAULT_HOURS = 2
_KNOWN_MISTAKES = {"override_too_long", "override_says_normal"}


@dataclass(frozen=True, slots=True)
class Entered:
    """A form as it was sent, and what is wrong with it: of a field, the key of a text."""

    line: HelpLine
    en: str
    fr: str
    hours: str
    seen: str
    mistakes: dict[str, str]

    @classmethod
    def of(cls, line: HelpLine, sent: Sent) -> "Entered":
        """Returns what a form has, before anything is found wrong with it."""
        return cls(line, sent.text("en"), sent.text("fr"), sent.text("hours"), sent.text("seen"), {})


@dataclass(frozen=True, slots=True)
class Shown:
    """One line: its name, what it says, and the form where this operator may speak on it.

    `seen` goes along with its forms: what the operator saw of it.
    """

    code: HelpLine
    name: str
    facts: LineFacts
    message: LineMessage
    may_speak: bool
    entered: Entered | None
    seen: str


@router.get("")
def show_lines(session: ConsoleReader, frame: PageFrame) -> HTMLResponse:
    """Shows every line in both languages."""
    return _page(frame, session)


@router.post("/{line}")
def speak(session: ConsoleOperator, frame: PageFrame, line: HelpLine, sent: SentForm) -> Response:
    """Puts an operator's text in place of what a line says, unless that has changed meanwhile (P19)."""
    entered = Entered.of(line, sent)
    override = _override(frame.engine, entered)
    if override is None or sent.is_only_shown:
        return _page(frame, session, entered)
    expected = _expected(sent)
    try:
        frame.engine.act(
            lambda tx: set_override(frame.engine, tx, session.actor, line, override, is_expected=expected)
        )
    except InvalidAct as refused:
        entered.mistakes.update(_refused(refused))
        return _page(frame, session, entered)
    except Overtaken:
        if _own_text(frame.engine, line) != override.message:  # else the form was sent twice
            return _page(frame, session, entered)
    return frame.lead_to("lines")


@router.post("/{line}/end")
def end(session: ConsoleOperator, frame: PageFrame, line: HelpLine, sent: SentForm) -> Response:
    """Gives a line its own message back; it may have it already."""
    expected = _expected(sent)
    try:
        frame.engine.act(lambda tx: end_override(frame.engine, tx, session.actor, line, is_expected=expected))
    except NotFound:
        pass
    except Overtaken:
        if _own_text(frame.engine, line):
            return _page(frame, session, overtaken=line)
    return frame.lead_to("lines")


def _expected(sent: Sent) -> Callable[[LineFacts], bool]:
    return lambda facts: sent.text("seen") == _seen(facts)


def _seen(facts: LineFacts) -> str:
    """Returns what operators see of a line; what the clock alone makes of it is nothing new."""
    told = sorted(
        (event.number, event.impacts, event.planned_end_at) for event in (*facts.events, *facts.upcoming)
    )
    return tag_of(facts.override, told, facts.procedures_remain)


def _own_text(engine: Engine, line: HelpLine) -> Bilingual | None:
    with engine.db.read() as tx:
        found = next(facts for facts in read_lines(engine, tx) if facts.line is line)
    return found.override.message if found.override else None


def _override(engine: Engine, entered: Entered) -> Override | None:
    if entered.hours not in {str(hours) for hours in HOURS}:
        entered.mistakes["hours"] = "wrong_hours"
        return None
    given = {
        "message": {"en": entered.en, "fr": entered.fr},
        "expires_at": engine.clock() + timedelta(hours=int(entered.hours)),
    }
    try:
        return OverrideBody.model_validate(given).override()
    except ValidationError as error:
        for each in error.errors(include_url=False, include_input=False, include_context=False):
            name = str(each["loc"][1]) if len(each["loc"]) > 1 else "en"
            entered.mistakes[name] = f"wrong_{name}"
        return None


def _refused(refused: InvalidAct) -> dict[str, str]:
    name = (refused.field or "").rpartition(".")[2]
    if refused.code in _KNOWN_MISTAKES:
        return {name: f"{refused.code}_{name}"}
    return {"hours": "wrong_hours"}


def _page(
    frame: Frame,
    session: SignedIn,
    entered: Entered | None = None,
    *,
    overtaken: HelpLine | None = None,
) -> HTMLResponse:
    with frame.engine.db.read() as tx:
        facts = read_lines(frame.engine, tx)
    if entered and entered.seen != next(_seen(each) for each in facts if each.line is entered.line):
        overtaken = entered.line  # whatever button led here: nobody speaks over what they have not heard
    return frame.page(
        "console/lines.html",
        session,
        texts="console_lines",
        here="lines",
        status=409 if overtaken else 422 if entered and entered.mistakes else 200,
        overtaken=overtaken,
        toggle=sends_again(frame.request) if entered else None,
        lines=[_shown(each, session, frame.words, entered) for each in facts],
        mistakes={f"{name}-{entered.line}": key for name, key in entered.mistakes.items()} if entered else {},
        hours=HOURS,
        default_hours=DEFAULT_HOURS,
        longest=OVERRIDE_LONGEST,
    )


def _shown(facts: LineFacts, session: SignedIn, words: Words, entered: Entered | None) -> Shown:
    line = facts.line
    return Shown(
        line,
        words.pick(words.content.lines[line].name),
        facts,
        current_message(facts, words.content),
        session.actor.may_speak_on(line),
        entered if entered and entered.line is line else None,
        _seen(facts),
    )
