"""An outage that goes on for days: its bulletins stay as short, and as quick to make, as they were."""

from datetime import timedelta

from outage_service.rendering.rows import EARLIER_AT_MOST
from outage_service.services.engine import Engine
from outage_service.storage.bulletins import find_page
from tests.builders import THURSDAY_10H
from tests.services.acts import bulletins, declare, set_clock, stored, tick, update


def test_the_latest_news_is_repeated_however_many_bulletins_came_since(engine: Engine) -> None:
    """P3: what an operator said last, although a bulletin no longer has room for the one that said it."""
    done = declare(engine)
    set_clock(engine, THURSDAY_10H + timedelta(minutes=30))
    update(engine, done)
    for _ in range(EARLIER_AT_MOST + 1):
        due = stored(engine, done).next_due_at
        assert due is not None
        assert tick(engine, due) == 1
    with engine.db.read() as tx:
        page = find_page(tx, bulletins(engine, done)[-1].id)
    assert page is not None
    assert "It is getting better." in page[1].en
    assert "Bulletin 23 –" in page[1].en
    assert "Bulletin 3 –" not in page[1].en
    assert "Older bulletins are on the web page of this outage." in " ".join(page[1].en.split())
