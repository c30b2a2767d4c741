"""`hold` and `release`: mail that waits for an operator's word after a backup was restored (P34)."""

from outage_service.cli.beginning import begin, engine_at_work
from outage_service.services import pulse


def hold() -> None:
    """Hold all mail that is not sent yet.

    After restoring a backup, before the service starts. A copy is mostly noticed without this. What is issued
    from then on is sent as ever.
    """
    with engine_at_work(begin(log_level="WARNING")) as engine:
        print(f"{engine.act(lambda tx: pulse.hold(engine, tx))} mailings are held.")


def release() -> None:
    """Let the mail that is held be sent.

    Whoever got it before the backup was restored gets it again.
    """
    with engine_at_work(begin(log_level="WARNING")) as engine:
        print(f"{engine.act(lambda tx: pulse.release(engine, tx))} mailings are released.")
