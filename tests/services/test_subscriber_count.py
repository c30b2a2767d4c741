"""The number of subscribers is counted now and then, not whenever somebody asks."""

from outage_service.services.engine import Engine
from outage_service.services.subscriber_count import COUNTED_AGAIN_SECONDS, SubscriberCount
from tests.services.acts import subscribe


def test_subscribers_are_counted_again_after_some_minutes(engine: Engine) -> None:
    """A flood of bounces asks for each of them, inside its transaction."""
    passed = [0.0]
    subscribers = SubscriberCount(monotonic=lambda: passed[0])

    def active() -> int:
        with engine.db.read() as tx:
            return subscribers.active(tx)

    subscribe(engine)
    assert active() == 1
    subscribe(engine, "bob@example.org")
    passed[0] = COUNTED_AGAIN_SECONDS - 1
    assert active() == 1
    passed[0] = COUNTED_AGAIN_SECONDS
    assert active() == 2
