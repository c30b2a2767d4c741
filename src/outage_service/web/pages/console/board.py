"""The board: every outage in effect at a glance, how its bulletin fares, and what is wrong."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import APIRouter
from starlette.responses import Response

from outage_service.domain.outages import OutageState
from outage_service.domain.roles import OPERATORS, Actor
from outage_service.domain.texts import Language
from outage_service.rendering.current import current_facts
from outage_service.rendering.times import NBSP
from outage_service.rendering.titles import title
from outage_service.rendering.words import Words
from outage_service.services.board import Bar, Board, BoardOutage, bar_of, read_board
from outage_service.services.engine import Engine
from outage_service.services.sessions import SignedIn
from outage_service.web.pages.console.live import tag_of, unless_seen
from outage_service.web.pages.console.shell import PageFrame
from outage_service.web.security import ConsoleReader

_BADGES = {
    OutageState.OVERRUN: "outage",
    OutageState.SCHEDULED: "scheduled",
    OutageState.RESOLVED: "normal",
    OutageState.CANCELLED: "plain",
}

router = APIRouter(prefix="/{language}/console", include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Shown:
    """An outage on the board, in one language."""

    on: BoardOutage
    title: str
    badge: str
    state: str
    procedures: str
    bar: Bar
    countdown: str
    is_overdue: bool
    may_act: bool


@router.get("/")
def show_board(session: ConsoleReader, frame: PageFrame) -> Response:
    """Shows the board; a script that looks for news is told when there is none."""
    with frame.engine.db.read() as tx:
        board = read_board(frame.engine, tx, session.actor)
    shown = [_shown(frame.engine, one, frame.words, board.as_of, session.actor) for one in board.outages]
    tag = _tag(board, frame.language, session)
    return unless_seen(
        frame.request,
        tag,
        lambda: frame.page(
            "console/board.html",
            session,
            texts="console_board",
            here="",
            as_of=board.as_of,
            tag=tag,
            outages=shown,
            warnings=board.warnings,
            may_declare=session.actor.role in OPERATORS,
        ),
    )


def _shown(engine: Engine, on: BoardOutage, words: Words, now: datetime, actor: Actor) -> Shown:
    outage, content, wording = on.outage, words.content, words.content.wording
    facts = current_facts(outage, on.message, content, now=now, calendar=engine.calendar)
    is_open = on.state is OutageState.OPEN
    return Shown(
        on=on,
        title=title(facts, content)[words.language],
        badge=_BADGES.get(on.state, outage.condition),
        state=words.of(wording.conditions, outage.condition)
        if is_open
        else words.of(wording.states, on.state),
        procedures=words.of(wording.contingency, outage.contingency_at(now).state),
        bar=bar_of(on.progress),
        countdown=_minutes(outage.next_due_at - now) if outage.next_due_at else "",
        is_overdue=on.is_overdue(now),
        may_act=actor.may_act_on(frozenset(outage.systems_ever)),
    )


def _minutes(left: timedelta) -> str:
    """Returns `12 min` or `1 h 05 min`, of what is over as well as of what is left; as `console.js` does."""
    hours, minutes = divmod(abs(left) // timedelta(minutes=1), 60)
    return f"{hours}{NBSP}h{NBSP}{minutes:02}{NBSP}min" if hours else f"{minutes}{NBSP}min"


def _tag(board: Board, language: Language, session: SignedIn) -> str:
    told = [
        (one.outage, one.state, one.bulletin.id, one.progress, one.outage.contingency_at(board.as_of))
        for one in board.outages
    ]
    warnings = [(each.trouble, each.subject, each.on and each.on.outage.number) for each in board.warnings]
    return tag_of(language, session.actor, told, warnings)
