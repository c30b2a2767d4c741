"""A database that is away, or whose answers get lost, while a sender works."""

from pathlib import Path

from outage_service.domain.deliveries import DeliveryState
from tests.chaos import ledger
from tests.chaos.checks import check_copies_are_identical, check_nobody_is_lost, check_repeats
from tests.chaos.installation import declare_at, installation, port_of, through, until
from tests.chaos.proxy import running_proxy
from tests.chaos.relay import running_relay

PEOPLE = 60


def test_a_claim_that_was_made_but_never_answered_is_not_forgotten(
    postgresql_url: str, tmp_path: Path
) -> None:
    """P7: the claim's commit happened although it looked failed; its worker lives, so nobody rescues it."""
    with (
        running_relay() as relay,
        running_proxy(port_of(postgresql_url)) as proxy,
        installation(postgresql_url, relay.url, tmp_path) as one,
        installation(through(postgresql_url, proxy.port), relay.url, tmp_path) as beyond,
    ):
        people = one.subscribe(PEOPLE)
        beyond.worker()
        until(lambda: one.read(ledger.workers), "the worker is known")
        proxy.cut_answer(having_said=b"INSERT INTO delivery", after=b"COMMIT")
        done = one.declare()
        until(lambda: proxy.cuts == 1, "an answer was lost")
        until(lambda: one.read(ledger.is_drained), "everybody is written to", seconds=40)
        assert one.read(ledger.states) == {DeliveryState.ACCEPTED: PEOPLE}
    check_nobody_is_lost(relay, people, outage_id=done.outage.id, sequence=1)
    check_copies_are_identical(relay)
    assert check_repeats(relay, []) == 0


def test_a_declaration_whose_commit_was_never_answered_is_made_once(
    postgresql_url: str, tmp_path: Path
) -> None:
    """P17, P18: it is there although the operator was told of a fault, and asking again finds it."""
    with (
        running_relay() as relay,
        running_proxy(port_of(postgresql_url)) as proxy,
        installation(postgresql_url, relay.url, tmp_path) as one,
        installation(through(postgresql_url, proxy.port), relay.url, tmp_path) as beyond,
    ):
        people, token = one.subscribe(PEOPLE), one.token()
        at = beyond.serve().url
        proxy.cut_answer(having_said=b"INSERT INTO bulletin", after=b"COMMIT")
        first = declare_at(at, token)
        assert first.status_code == 503, first.text
        assert proxy.cuts == 1
        again = declare_at(at, token)
        assert again.status_code == 201, again.text
        relay.wait_for(PEOPLE)
        until(lambda: one.read(ledger.is_drained), "everybody is written to")
        assert one.read(ledger.broken_bulletins) == []
    check_nobody_is_lost(relay, people, outage_id=again.json()["id"], sequence=1)
    assert len(relay.accepted) == PEOPLE


def test_a_service_ends_when_told_to_although_its_database_never_came(tmp_path: Path) -> None:
    """Nothing is under way where nothing could begin: SIGTERM ends it within seconds."""
    nowhere = "postgresql+psycopg://outage@127.0.0.1:9/outage"
    with installation(nowhere, "smtp://127.0.0.1:9", tmp_path) as one:
        waiting = one.serve()
        waiting.wait_for_log("tick_failed")
        assert waiting.stop(seconds=15) == 0
