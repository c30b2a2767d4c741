"""Bounces: believed only with our seal, counted once, and enough at some point (P14)."""

from datetime import timedelta
from email import message_from_string

import pytest
from sqlalchemy import select

from outage_service.domain.bounces import SuppressionReason
from outage_service.domain.deliveries import Attempt, DeliveryState, Stage, Verdict
from outage_service.services import bounces, sending, subscribers, subscriptions, suppressions
from outage_service.services.bounces import FLOOD_LEAST, Taken
from outage_service.services.engine import Engine
from outage_service.services.outages import Done
from outage_service.services.subscribers import Edit
from outage_service.storage.bounce_schema import bounce
from outage_service.storage.schema import audit
from outage_service.storage.subscribers import find_subscriber
from outage_service.storage.suppressions import Suppression, list_suppressions
from tests.services.acts import NEWS, declare, mail, set_clock, subscribe, update
from tests.services.test_subscribers import ADMIN
from tests.storage.rows import choices, states
from tests.support.reports import a_complaint, a_failure_report

ANN = "ann@example.org"
COUNTED, SUPPRESSED, NOTHING = Taken(counted=1), Taken(counted=1, suppressed=1), Taken()
DAY = timedelta(days=1)


def take(engine: Engine, raw: bytes) -> Taken:
    return engine.act(lambda tx: bounces.take(engine, tx, raw))


def sent(engine: Engine) -> list[str]:
    """Sends what there is to send and returns the Message-IDs, in order of recipients."""
    letters = [message_from_string(letter) for _, letter in sorted(mail(engine))]
    return [str(letter["Message-ID"]).strip("<>") for letter in letters]


def state(engine: Engine, person: int) -> str:
    with engine.db.read() as tx:
        found = find_subscriber(tx, person)
    assert found is not None
    return found.state


def listed(engine: Engine) -> list[Suppression]:
    with engine.db.read() as tx:
        return list_suppressions(tx, before_id=None, limit=100)


def reasons(engine: Engine) -> list[str]:
    return [one.reason for one in listed(engine)]


def test_a_mailbox_that_does_not_exist_is_written_to_no_more(engine: Engine) -> None:
    """P14: at once; the next bulletin passes it over, and what is queued ends as suppressed."""
    person, other = subscribe(engine), subscribe(engine, "bob@example.org")
    done = declare(engine)
    first, _ = sent(engine)
    assert take(engine, a_failure_report(first)) == SUPPRESSED
    assert (state(engine, person), state(engine, other)) == ("suppressed", "active")
    (entry,) = listed(engine)
    assert (entry.address, entry.reason, entry.status) == (ANN, SuppressionReason.HARD_BOUNCE, "5.1.1")
    update(engine, done)
    assert [recipient for recipient, _ in mail(engine)] == [other]


def test_what_was_claimed_for_a_suppressed_address_is_not_sent(engine: Engine) -> None:
    """P14: the look just before sending finds it."""
    subscribe(engine)
    done = declare(engine)
    (first,) = sent(engine)
    update(engine, done)
    (claim,) = sending.claim(engine, "worker", limit=10)
    take(engine, a_failure_report(first))
    assert sending.withdrawn(engine, [claim]) == {claim: DeliveryState.SUPPRESSED}


def test_the_same_report_counts_once(engine: Engine) -> None:
    """However often a pipe delivers it."""
    subscribe(engine)
    declare(engine)
    report = a_failure_report(sent(engine)[0], status="4.4.7")
    assert [take(engine, report) for _ in range(3)] == [COUNTED, NOTHING, NOTHING]


@pytest.mark.parametrize(
    "forge",
    [
        lambda real: real.replace("-1-1-", "-1-2-", 1),
        lambda real: real[: real.index("@") - 24] + "0" * 24 + "@example.org",
        lambda real: "-".join(real.split("-")[:4]) + "@example.org",
        lambda real: real.replace("outage-1-", "outage-9-"),
        lambda _: "something@else.example",
    ],
    ids=["another bulletin", "a made-up seal", "no seal", "no such outage", "not ours"],
)
def test_a_report_without_our_seal_changes_nothing(engine: Engine, forge: object) -> None:
    """Anybody can write a report; only who has seen the message can prove what it is about."""
    assert callable(forge)
    person = subscribe(engine)
    declare(engine)
    (real,) = sent(engine)
    assert take(engine, a_failure_report(forge(real))) == NOTHING
    assert state(engine, person) == "active"


def test_what_comes_back_from_a_former_address_is_not_held_against_the_new_one(engine: Engine) -> None:
    person = subscribe(engine)
    declare(engine)
    (before,) = sent(engine)
    moved = Edit(lambda _: choices("new@example.org"))
    engine.act(lambda tx: subscribers.edit(engine, tx, ADMIN, person, moved))
    assert take(engine, a_failure_report(before)) == NOTHING
    assert state(engine, person) == "active"


def test_five_soft_bounces_over_three_days_are_enough_and_fewer_are_not(engine: Engine) -> None:
    """A full mailbox: each of another bulletin."""
    person = subscribe(engine)
    done = declare(engine)
    taken = []
    for days in (0, 1, 2, 2.5, 3):
        if days:
            set_clock(engine, done.outage.last_bulletin_at + days * DAY)
            update(engine, done)
        taken.append(take(engine, a_failure_report(sent(engine)[0], status="5.2.2")))
    assert taken == [COUNTED] * 4 + [SUPPRESSED]
    assert reasons(engine) == ["soft_bounces"]
    assert state(engine, person) == "suppressed"


@pytest.mark.parametrize("status", ["5.7.1", "5.6.0", "4.7.0"])
def test_what_speaks_against_us_costs_no_reader(engine: Engine, status: str) -> None:
    """A block list must not end all subscriptions of a provider."""
    subscribe(engine)
    declare(engine)
    assert take(engine, a_failure_report(sent(engine)[0], status=status, diagnosis="550 blocked")) == NOTHING


def test_a_dead_end_behind_a_forwarding_counts_as_soft(engine: Engine) -> None:
    subscribe(engine)
    declare(engine)
    report = a_failure_report(sent(engine)[0], "old@elsewhere.example")
    assert take(engine, report) == COUNTED
    assert reasons(engine) == []


@pytest.mark.parametrize(
    ("statuses", "outcome"),
    [
        (("5.7.1", "4.2.2"), COUNTED),
        (("4.2.2", "5.7.1"), COUNTED),
        (("5.7.1", "4.2.2", "5.1.1"), SUPPRESSED),
        (("5.7.1", "5.7.1"), NOTHING),
    ],
    ids=["nothing and soft", "soft and nothing", "hard last", "nothing"],
)
def test_of_several_recipients_in_one_report_the_worst_counts(
    statuses: tuple[str, ...], outcome: Taken, engine: Engine
) -> None:
    """What says nothing of an address does not hide what does, whichever comes first."""
    subscribe(engine)
    declare(engine)
    another = "\n\nFinal-Recipient: rfc822; ann@example.org\nAction: failed\nStatus: "
    assert take(engine, a_failure_report(sent(engine)[0], status=another.join(statuses))) == outcome


def test_a_report_without_a_status_counts_as_soft(engine: Engine) -> None:
    subscribe(engine)
    declare(engine)
    assert take(engine, a_failure_report(sent(engine)[0], status="", diagnosis="unknown")) == COUNTED


def test_whoever_complains_is_not_written_to_again_by_any_way_of_their_own(engine: Engine) -> None:
    """No bulletin, no confirmation letter; only an administrator lifts it."""
    person = subscribe(engine)
    declare(engine)
    assert take(engine, a_complaint(sent(engine)[0])) == SUPPRESSED
    assert reasons(engine) == ["complaint"]
    engine.act(lambda tx: subscriptions.request(engine, tx, choices(ANN)))
    assert mail(engine) == []
    (entry,) = listed(engine)
    engine.act(lambda tx: suppressions.lift(engine, tx, entry.id, actor="admin"))
    assert state(engine, person) == "active"
    engine.act(lambda tx: subscriptions.request(engine, tx, choices(ANN)))
    assert len(mail(engine)) == 1


def test_an_automatic_reply_counts_nothing(engine: Engine) -> None:
    assert take(engine, b"Auto-Submitted: auto-replied\n\nI am away.\n") == NOTHING


def test_a_confirmation_letter_that_comes_back_suppresses_the_address(engine: Engine) -> None:
    engine.act(lambda tx: subscriptions.request(engine, tx, choices(ANN)))
    (letter,) = sent(engine)
    assert take(engine, a_failure_report(letter)) == SUPPRESSED
    assert reasons(engine) == ["hard_bounce"]


def test_nothing_of_an_address_is_logged_for_auditors(engine: Engine) -> None:
    subscribe(engine)
    declare(engine)
    take(engine, a_failure_report(sent(engine)[0]))
    with engine.db.read() as tx:
        kept = tx.execute(select(audit).where(audit.c.action == "address_suppressed")).one()
        counted = tx.execute(select(bounce)).one()
    assert kept.actor == bounces.ACTOR
    assert "example.org" not in repr((tuple(kept), tuple(counted)))


def test_many_at_once_are_counted_and_suppress_nobody_more(engine: Engine) -> None:
    """A provider that answers wrongly for an afternoon must not cost us all its readers."""
    for number in range(FLOOD_LEAST + 2):
        subscribe(engine, f"p{number}@example.org")
    declare(engine)
    taken = [take(engine, a_failure_report(each, f"p{n}@example.org")) for n, each in enumerate(sent(engine))]
    assert taken == [SUPPRESSED] * FLOOD_LEAST + [COUNTED] * 2
    set_clock(engine, engine.clock() + bounces.FLOOD_WITHIN + DAY)


# What the relay refuses at once


def refuse(engine: Engine, said: str, *, also_accepts: bool = True) -> None:
    """Has the relay refuse the first subscriber's message and accept the others."""
    claims = sending.claim(engine, "worker", limit=100)
    refused = Attempt(Verdict.REFUSED, Stage.RCPT, 550, said)
    accepted = Attempt(Verdict.ACCEPTED, Stage.AFTER_DOT, 250, "ok")
    ours = [claim for claim in claims if also_accepts or claim.recipient_id == 1]
    sending.settle(
        engine,
        "worker",
        [sending.after_attempt(one, refused if one.recipient_id == 1 else accepted) for one in ours],
    )


@pytest.fixture
def two(engine: Engine) -> Done:
    """An outage of which two people hear."""
    subscribe(engine)
    subscribe(engine, "bob@example.org")
    return declare(engine)


def test_a_recipient_who_does_not_exist_is_suppressed_when_the_relay_says_so(
    engine: Engine, two: Done
) -> None:
    refuse(engine, "5.1.1 no such user")
    assert reasons(engine) == ["hard_bounce"]
    update(engine, two)
    assert [recipient for recipient, _ in mail(engine)] == [2]


def test_other_refusals_count_after_three_bulletins_in_a_row(engine: Engine, two: Done) -> None:
    for _ in range(3):
        assert reasons(engine) == []
        refuse(engine, "no thanks")
        update(engine, two)
    assert reasons(engine) == ["hard_bounce"]
    assert states(engine.db)["failed"] == 3


def test_a_message_that_is_taken_in_between_ends_the_row(engine: Engine, two: Done) -> None:
    refuse(engine, "5.2.2 full")
    update(engine, two)
    refuse(engine, "5.2.2 full")
    update(engine, two, message=NEWS)
    mail(engine)
    update(engine, two)
    refuse(engine, "5.2.2 full")
    assert reasons(engine) == []


def test_a_relay_that_refuses_everybody_speaks_against_itself(engine: Engine, two: Done) -> None:
    """Relaying denied, three bulletins long: nobody is suppressed for it."""
    for _ in range(4):
        refuse(engine, "relay access denied", also_accepts=False)
        update(engine, two)
    refuse(engine, "5.7.1 relay access denied")
    assert reasons(engine) == []
