"""Letters to the operators' own mailbox, where the setting asks for them: overrun, relay paused."""

from outage_service.channels.email.letter import freeze
from outage_service.domain.cadence import OVERRUN_AFTER
from outage_service.domain.letters import Letter
from outage_service.domain.outages import Outage
from outage_service.domain.roles import CLOCK
from outage_service.domain.texts import Language
from outage_service.rendering.letters import AlertKind
from outage_service.services.engine import Engine
from outage_service.storage import Connection, audit
from outage_service.storage.mailings import insert_letter
from outage_service.storage.outages import mark_overrun_alerted, overrun_candidates


def alert_overruns(engine: Engine) -> int:
    """Alerts the operators of each scheduled outage that has become overrun, once (R17); returns how many."""
    now = engine.clock()
    with engine.db.read() as tx:
        found = overrun_candidates(tx, planned_end_before=now - OVERRUN_AFTER)
    return sum(_alert_overrun(engine, outage) for outage in found)


def _alert_overrun(engine: Engine, outage: Outage) -> bool:
    def alert(tx: Connection) -> bool:
        now = engine.clock()
        if not mark_overrun_alerted(tx, outage.id, now=now):
            return False
        audit.record(tx, "overrun", at=now, actor=CLOCK, outage_id=outage.id)
        send_alert(engine, tx, AlertKind.OVERRUN, number=outage.number)
        return True

    return engine.act(alert)


def send_alert(engine: Engine, tx: Connection, kind: AlertKind, *, number: str | None = None) -> None:
    """Queues an alert letter to `OPERATOR_EMAIL`; without that setting, nothing."""
    if not engine.operator_email:
        return
    composed = engine.composer.alert(kind, number=number)
    letter = Letter(
        subject=composed.subject, text=composed.body.text, html=composed.body.html, first=Language.EN
    )
    insert_letter(
        tx,
        purpose="alert",
        address=engine.operator_email,
        language=Language.EN,
        link_id=None,
        letter=freeze(letter, sender=engine.sender, issued_at=engine.clock()),
        now=engine.clock(),
    )
