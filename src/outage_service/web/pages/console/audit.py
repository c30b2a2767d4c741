"""The audit log on a page: who did what when, and whether anybody has tampered with it (P31)."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query
from starlette.responses import HTMLResponse

from outage_service.domain.texts import Language
from outage_service.services import audit_log
from outage_service.storage import Connection
from outage_service.storage.archive import outage_id_of
from outage_service.storage.audit import AuditFilter
from outage_service.web.cursors import PageAsked, cursor_after
from outage_service.web.pages.console.days import DAY, midnight
from outage_service.web.pages.console.shell import PageFrame
from outage_service.web.security import ConsoleAuditor
from outage_service.web.texts import texts_in

router = APIRouter(prefix="/{language}/console", include_in_schema=False)
Given = Annotated[str, Query(max_length=320)]


@dataclass(frozen=True, slots=True)
class Asked:
    """The form as it was sent; blanks leave none out."""

    actor: str
    action: str
    outage: str
    since: str
    until: str

    def link(self, **more: str) -> str:
        """Returns the query of this very search, with something added."""
        given = {name: getattr(self, name) for name in self.__slots__} | more
        return f"?{urlencode({name: value for name, value in given.items() if value})}"


def _asked(
    actor: Given = "", action: Given = "", outage: Given = "", since: Given = "", until: Given = ""
) -> Asked:
    return Asked(*(_printable(each) for each in (actor, action, outage, since, until)))


@router.get("/audit")
def show_audit(
    session: ConsoleAuditor,
    frame: PageFrame,
    page: PageAsked,
    asked: Annotated[Asked, Depends(_asked)],
    check: Annotated[bool, Query()] = False,
) -> HTMLResponse:
    """Shows the acts, newest first; `check` computes the whole chain anew."""
    name_of = partial(_name_of, frame.language)
    mistakes: list[str] = []
    with frame.engine.db.read() as tx:
        wanted = _wanted(tx, asked, mistakes)
        found = audit_log.list_rows(tx, wanted, before_id=page.after, limit=page.one_more)
        items, last = page.cut([] if mistakes else found)
        return frame.page(
            "console/audit.html",
            session,
            texts="console_audit",
            here="audit",
            status=422 if mistakes else 200,
            asked=asked,
            mistakes=mistakes,
            actions=[(each, name_of(each)) for each in audit_log.list_actions(tx)],
            name_of=name_of,
            rows=items,
            numbers=audit_log.numbers_of(tx, items),
            older=asked.link(cursor=cursor_after(last.id)) if last else "",
            is_first=page.after is None,
            head=audit_log.find_head(tx),
            verification=audit_log.verify(tx) if check else None,
        )


def _name_of(language: Language, action: str) -> str:
    """Returns what was done in words; an act of a later release is told by its code."""
    return texts_in("console_audit", language).get(f"action_{action}", action)


def _printable(given: str) -> str:
    return "".join(each for each in given if each.isprintable()).strip()


def _wanted(tx: Connection, asked: Asked, mistakes: list[str]) -> AuditFilter:
    outage_id = outage_id_of(tx, asked.outage.upper()) if asked.outage else None
    if asked.outage and outage_id is None:
        mistakes.append("outage")
    return AuditFilter(
        actor=asked.actor or None,
        action=asked.action or None,
        outage_id=outage_id,
        since=midnight(asked.since, "since", mistakes),
        until=midnight(asked.until, "until", mistakes, after=DAY),
    )
