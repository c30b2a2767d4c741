"""What a relay says that refuses, recorded as a worker records it."""

from datetime import datetime

from sqlalchemy import Connection, text

from outage_service.domain.deliveries import Attempt, Stage, Verdict
from outage_service.services import sending
from outage_service.services.engine import Engine
from outage_service.storage.deliveries import Claim
from outage_service.storage.pauses import paused_bulletins
from tests.storage.rows import make_due

DENIED = Attempt(Verdict.REFUSED, Stage.RCPT, 554, "5.7.1 relay access denied")
QUOTA = Attempt(Verdict.REFUSED, Stage.RCPT, 550, "5.4.5 daily sending quota exceeded")
PLAIN = Attempt(Verdict.REFUSED, Stage.RCPT, 550, "we do not relay")
NOBODY = Attempt(Verdict.REFUSED, Stage.RCPT, 550, "5.1.1 no such user")
SPAM = Attempt(Verdict.CONTENT_REFUSED, Stage.AFTER_DOT, 554, "5.7.1 looks like spam")
TAKEN = Attempt(Verdict.ACCEPTED, Stage.AFTER_DOT, 250, "ok")


def claims(engine: Engine) -> list[Claim]:
    """Returns all there is to send, with what waits for another try."""
    make_due(engine.db)
    found: list[Claim] = []
    while some := sending.claim(engine, "worker", limit=400):
        found += some
    return found


def record(engine: Engine, some: list[Claim], *attempts: Attempt) -> None:
    """Records outcomes together; the last attempt is that of all the rest."""
    each = [*attempts, *[attempts[-1]] * len(some)]
    settled = [sending.after_attempt(claim, attempt) for claim, attempt in zip(some, each, strict=False)]
    sending.settle(engine, "worker", settled)


def one_by_one(engine: Engine, some: list[Claim], attempt: Attempt) -> None:
    """Records the same outcome for each by itself."""
    for claim in some:
        record(engine, [claim], attempt)


def paused(engine: Engine) -> list[str]:
    """Returns the numbers of outages whose bulletin is paused."""
    with engine.db.read() as tx:
        return [one.number for one in paused_bulletins(tx)]


def long_ago(engine: Engine) -> None:
    """Makes it look as if what has ended so far had ended long before what follows."""

    def move(tx: Connection) -> None:
        then = datetime.fromisoformat("2020-01-01T00:00:00+00:00")
        for number, state in enumerate(("failed", "accepted")):
            tx.execute(
                text("UPDATE delivery SET changed_at = :at WHERE state = :state"),
                {"at": then.replace(hour=number).isoformat(" "), "state": state},
            )

    engine.db.write(move)
