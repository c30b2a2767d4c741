"""Regional operations get every bulletin as internal mail, and are no subscribers (R12)."""

from email import message_from_bytes, policy

import pytest
from sqlalchemy import select

from outage_service.domain.deliveries import DeliveryState
from outage_service.domain.errors import StateConflict
from outage_service.domain.roles import Actor, Role
from outage_service.domain.texts import Language
from outage_service.services import regional, sending
from outage_service.services.addresses import parse_address
from outage_service.services.engine import Engine
from outage_service.services.errors import NotFound
from outage_service.storage.deliveries import Claim
from outage_service.storage.mailings import progress_of
from outage_service.storage.regional import PURPOSE, RegionalRecipient
from outage_service.storage.schema import mailing, subscriber
from tests.services import acts
from tests.storage.rows import end, make_due

ADMIN = Actor("admin", Role.ADMIN)
NOTICE = "For CBSA regional operations only."


def add(engine: Engine, address: str, language: Language = Language.EN) -> RegionalRecipient:
    return engine.act(lambda tx: regional.add_recipient(engine, tx, ADMIN, parse_address(address), language))


def letters(engine: Engine) -> list[tuple[str, bool]]:
    """Returns to whom internal letters go, and whether each was superseded."""
    wanted = select(mailing.c.address, mailing.c.superseded_by).where(mailing.c.purpose == PURPOSE)
    with engine.db.read() as tx:
        return [
            (row.address, row.superseded_by is not None) for row in tx.execute(wanted.order_by(mailing.c.id))
        ]


def test_each_region_gets_every_bulletin_and_a_newer_one_supersedes_it(engine: Engine) -> None:
    """P12."""
    add(engine, "Region@example.org")
    add(engine, "quebec@example.org", Language.FR)
    done = acts.declare(engine)
    assert letters(engine) == [("Region@example.org", False), ("quebec@example.org", False)]
    acts.update(engine, done)
    assert letters(engine) == [
        ("Region@example.org", True),
        ("quebec@example.org", True),
        ("Region@example.org", False),
        ("quebec@example.org", False),
    ]


def test_what_they_get_is_marked_as_internal_and_has_no_personal_link(engine: Engine) -> None:
    add(engine, "quebec@example.org", Language.FR)
    acts.declare(engine)
    worker = sending.register(engine)
    (claim,) = sending.claim(engine, worker, limit=10)
    raw = sending.render(engine, sending.prepare(engine, claim.mailing_id), claim)
    message = message_from_bytes(raw, policy=policy.default)
    text = message.get_body(("plain",)).get_content()
    assert message["To"] == "quebec@example.org"
    assert "Panne de l’EDI" in message["Subject"]
    assert text.index("Réservé aux opérations régionales de l’ASFC.") < text.index(NOTICE)
    assert "internal list of CBSA regional operations" in " ".join(text.split())
    assert NOTICE in message.get_body(("html",)).get_content()
    assert "unsubscribe" not in raw.decode().lower()


def claim_all(engine: Engine, worker_id: str) -> list[Claim]:
    """Returns what a worker gets before there is nothing more for now."""
    found: list[Claim] = []
    while some := sending.claim(engine, worker_id, limit=10):
        found += some
    return found


def test_no_region_waits_for_the_letter_of_another(engine: Engine) -> None:
    """R12, P12: all letters have the same recipient id, and are of one outage."""
    regions = [f"{name}@example.org" for name in ("atlantic", "prairie", "pacific")]
    for address in regions:
        add(engine, address)
    acts.declare(engine)
    assert [claim.address for claim in claim_all(engine, "one")] == regions


def test_a_region_whose_older_letter_is_being_sent_waits_and_holds_nobody_else_up(engine: Engine) -> None:
    """P12, also where letters come out of the queue."""
    add(engine, "atlantic@example.org")
    add(engine, "pacific@example.org")
    done = acts.declare(engine)
    older = claim_all(engine, "one")
    acts.update(engine, done)
    assert claim_all(engine, "two") == []
    end(engine.db, older[1:])
    make_due(engine.db)
    assert [claim.address for claim in claim_all(engine, "two")] == ["pacific@example.org"]
    end(engine.db, older[:1])
    make_due(engine.db)
    assert [claim.address for claim in claim_all(engine, "two")] == ["atlantic@example.org"]


def test_they_are_neither_counted_nor_listed_among_the_public(engine: Engine) -> None:
    add(engine, "region@example.org")
    acts.subscribe(engine, "ann@example.org")
    done = acts.declare(engine)
    with engine.db.read() as tx:
        assert sum(progress_of(tx, done.bulletin_id).counts.values()) == 0
        assert tx.execute(select(subscriber.c.email)).scalars().all() == ["ann@example.org"]
    worker = sending.register(engine)
    claimed = [claim.address for _ in range(3) for claim in sending.claim(engine, worker, limit=10)]
    assert sorted(claimed) == ["ann@example.org", "region@example.org"]
    with engine.db.read() as tx:
        assert progress_of(tx, done.bulletin_id).counts[DeliveryState.CLAIMED] == 1


def test_nothing_internal_is_made_while_the_list_is_empty(engine: Engine) -> None:
    acts.declare(engine)
    assert letters(engine) == []


def test_who_is_taken_off_the_list_gets_nothing_more(engine: Engine) -> None:
    region = add(engine, "Region@example.org")
    done = acts.declare(engine)
    engine.act(lambda tx: regional.remove_recipient(engine, tx, ADMIN, region.id))
    assert sending.claim(engine, sending.register(engine), limit=10) == [] or letters(engine) == [("", False)]
    acts.update(engine, done)
    assert len(letters(engine)) == 1
    with pytest.raises(NotFound):
        engine.act(lambda tx: regional.remove_recipient(engine, tx, ADMIN, region.id))


def test_a_mailbox_stands_on_the_list_once_and_the_list_is_short(engine: Engine) -> None:
    add(engine, "region@example.org")
    with pytest.raises(StateConflict, match="on the list"):
        add(engine, "REGION@example.org")
    for each in range(1, regional.RECIPIENTS_AT_MOST):
        add(engine, f"r{each}@example.org")
    with pytest.raises(StateConflict, match="at most"):
        add(engine, "one-more@example.org")
