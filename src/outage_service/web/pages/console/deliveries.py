"""How far a bulletin has come, whom it did not reach and why; for administrators, what to do about it."""

from contextlib import suppress as suppress_error

from fastapi import APIRouter
from starlette.responses import Response

from outage_service.domain.bounces import SuppressionReason
from outage_service.domain.deliveries import DeliveryState
from outage_service.domain.roles import RESUMERS, Role
from outage_service.services import refusals, subscribers, suppressions, unreached
from outage_service.services.addresses import Address
from outage_service.services.board import bar_of
from outage_service.services.suppressions import AlreadySuppressed
from outage_service.services.unreached import DeliveryView
from outage_service.storage import Connection
from outage_service.web.cursors import PageAsked, cursor_after
from outage_service.web.pages.console.live import tag_of, unless_seen
from outage_service.web.pages.console.shell import PageFrame
from outage_service.web.paths import BulletinId, SubscriberId
from outage_service.web.security import ConsoleAdmin, ConsoleReader, ConsoleResumer

router = APIRouter(prefix="/{language}/console/bulletins/{bulletin_id:id}", include_in_schema=False)


@router.get("")
def show_deliveries(
    session: ConsoleReader, frame: PageFrame, bulletin_id: BulletinId, page: PageAsked
) -> Response:
    """Shows counts, reasons, and to administrators whom it did not reach."""
    with frame.engine.db.read() as tx:
        view = unreached.view_deliveries(
            frame.engine, tx, bulletin_id, after_recipient=page.after or 0, limit=page.one_more
        )
        now = frame.engine.clock()
    people, last = page.cut(view.report.failures)
    is_admin = session.actor.role is Role.ADMIN
    tag = tag_of(frame.language, session.actor, _told(view), people if is_admin else None)
    return unless_seen(
        frame.request,
        tag,
        lambda: frame.page(
            "console/deliveries.html",
            session,
            texts="console_deliveries",
            as_of=now,
            tag=tag,
            view=view,
            bulletin=view.report.bulletin,
            bar=bar_of(view.report.progress),
            states=tuple(DeliveryState),
            is_admin=is_admin,
            may_resume=session.actor.role in RESUMERS,
            people=people,
            older=f"?cursor={cursor_after(last.recipient_id)}" if last else "",
            is_first=page.after is None,
        ),
    )


def _told(view: DeliveryView) -> tuple[object, ...]:
    report = view.report
    return report.bulletin.id, report.progress, view.reasons, view.paused_at, report.held_at, view.may_retry


@router.post("/retry")
def retry(session: ConsoleAdmin, frame: PageFrame, bulletin_id: BulletinId) -> Response:
    """Tries again whom the bulletin did not reach."""
    frame.engine.act(lambda tx: unreached.retry(frame.engine, tx, session.actor, bulletin_id))
    return frame.lead_to(f"bulletins/{bulletin_id}")


@router.post("/resume")
def resume(session: ConsoleResumer, frame: PageFrame, bulletin_id: BulletinId) -> Response:
    """Lets a bulletin go on that was paused because the relay refused it."""
    frame.engine.act(lambda tx: refusals.resume(frame.engine, tx, session.actor, bulletin_id))
    return frame.lead_to(f"bulletins/{bulletin_id}")


@router.post("/suppress/{subscriber_id:id}")
def suppress(
    session: ConsoleAdmin, frame: PageFrame, bulletin_id: BulletinId, subscriber_id: SubscriberId
) -> Response:
    """Writes to somebody's address no more; one that is on the list already stays there."""

    def put_on_list(tx: Connection) -> None:
        choices = subscribers.get(tx, subscriber_id).choices
        address = Address(choices.email, choices.address_key)
        suppressions.suppress(frame.engine, tx, address, SuppressionReason.BY_HAND, actor=session.actor.name)

    with suppress_error(AlreadySuppressed):
        frame.engine.act(put_on_list)
    return frame.lead_to(f"bulletins/{bulletin_id}")
