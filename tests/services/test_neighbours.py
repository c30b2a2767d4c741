"""Neighbours of one domain who are shut out by their own mail system hold nobody else up (P10, P11)."""

import pytest

from outage_service.domain.deliveries import Attempt
from outage_service.services import sending
from outage_service.services.blanket_refusals import ALIKE_IN_A_ROW
from outage_service.services.engine import Engine
from outage_service.storage.deliveries import Claim
from outage_service.storage.recipient_outcomes import FIRST_LOOKED_AT, LOOKED_AT
from outage_service.storage.subscribers import insert_subscribers
from tests.services.acts import declare
from tests.services.refusing import (
    DENIED,
    NOBODY,
    PLAIN,
    QUOTA,
    TAKEN,
    claims,
    long_ago,
    one_by_one,
    paused,
    record,
)
from tests.storage.rows import choices, states

HERE, OTHER = "@here.example.org", "@there.example.org"
MANY = ALIKE_IN_A_ROW + 5


def people(engine: Engine, *groups: tuple[int, str]) -> None:
    """Declares an outage to so many of each domain, one group after the other."""
    addresses = [
        f"p{place}-{number}{domain}"
        for place, (count, domain) in enumerate(groups)
        for number in range(count)
    ]
    many = [choices(address) for address in addresses]
    engine.db.write(lambda tx: insert_subscribers(tx, many, now=engine.clock()))
    declare(engine)


def split(found: list[Claim], *counts: int) -> list[list[Claim]]:
    """Returns the claims in groups of so many, and whatever is left."""
    groups = []
    for count in counts:
        groups.append(found[:count])
        found = found[count:]
    return [*groups, found]


@pytest.mark.parametrize("said", [DENIED, PLAIN], ids=["a status", "no status"])
@pytest.mark.parametrize("together", [True, False], ids=["together", "one by one"])
@pytest.mark.parametrize("other", [OTHER, "@deeper" + HERE.replace("@", ".")], ids=["another", "below it"])
def test_neighbours_who_are_refused_have_failed_and_all_others_are_served(
    engine: Engine, said: Attempt, together: bool, other: str
) -> None:
    people(engine, (MANY, HERE), (10, other))
    neighbours, others = split(claims(engine), MANY)
    (record if together else one_by_one)(engine, neighbours, said)
    assert states(engine.db) == {"failed": MANY, "claimed": 10}
    assert paused(engine) == []
    record(engine, others, TAKEN)
    assert states(engine.db) == {"failed": MANY, "accepted": 10}
    assert paused(engine) == []


def test_others_may_be_beyond_what_was_claimed(engine: Engine) -> None:
    people(engine, (MANY, HERE), (10, OTHER))
    record(engine, sending.claim(engine, "worker", limit=MANY), DENIED)
    assert states(engine.db) == {"failed": MANY}
    assert paused(engine) == []


@pytest.mark.parametrize("count", [MANY, LOOKED_AT + 30], ids=["a few", "more than are looked at at once"])
def test_a_relay_that_refuses_others_as_well_fails_none_of_them(engine: Engine, count: int) -> None:
    """P11: the neighbours were only the first, and are taken back whole."""
    people(engine, (count, HERE), (10, OTHER))
    neighbours, others = split(claims(engine), count)
    record(engine, neighbours, DENIED)
    assert states(engine.db) == {"failed": count, "claimed": 10}
    record(engine, others[:1], DENIED)
    assert states(engine.db) == {"queued": count + 1, "claimed": 9}
    assert paused(engine) == ["TCC26-0001"]


def test_a_row_of_several_domains_speaks_against_the_relay_whoever_is_left(engine: Engine) -> None:
    groups = [(5, HERE), (5, OTHER)] * 4
    people(engine, *groups)
    record(engine, claims(engine)[:ALIKE_IN_A_ROW], DENIED)
    assert states(engine.db) == {"queued": ALIKE_IN_A_ROW, "claimed": 20}
    assert paused(engine) == ["TCC26-0001"]


def test_of_a_long_row_only_who_failed_since_somebody_was_accepted_is_taken_back(engine: Engine) -> None:
    people(engine, (2, OTHER), (1, HERE), (LOOKED_AT + 30, HERE), (1, OTHER))
    early, accepted, neighbours, others = split(claims(engine), 2, 1, LOOKED_AT + 30)
    record(engine, early, DENIED)
    record(engine, accepted, TAKEN)
    long_ago(engine)
    record(engine, neighbours, DENIED)
    record(engine, others, DENIED)
    assert states(engine.db) == {"failed": 2, "accepted": 1, "queued": LOOKED_AT + 31}


def test_a_row_that_began_after_somebody_was_accepted_takes_nobody_back_from_before(engine: Engine) -> None:
    """However many those are: their own system had refused them."""
    many = LOOKED_AT + 10
    people(engine, (many, HERE), (1, OTHER), (MANY, HERE), (1, OTHER))
    early, accepted, neighbours, others = split(claims(engine), many, 1, MANY)
    record(engine, early, DENIED)
    record(engine, accepted, TAKEN)
    long_ago(engine)
    record(engine, neighbours, DENIED)
    record(engine, others, DENIED)
    assert states(engine.db) == {"failed": many, "accepted": 1, "queued": MANY + 1}


@pytest.mark.parametrize("together", [True, False], ids=["together", "before"])
def test_neighbours_at_the_end_fail_where_others_were_accepted_and_none_of_them(
    engine: Engine, together: bool
) -> None:
    """Everybody else is served: there is nothing to wait for."""
    people(engine, (10, OTHER), (MANY, HERE))
    others, neighbours = split(claims(engine), 10)
    if together:
        record(engine, others + neighbours, *[TAKEN] * 10, DENIED)
    else:
        record(engine, others, TAKEN)
        long_ago(engine)
        one_by_one(engine, neighbours, DENIED)
    assert states(engine.db) == {"accepted": 10, "failed": MANY}
    assert paused(engine) == []


@pytest.mark.parametrize("others", [10, FIRST_LOOKED_AT], ids=["after a few", "after many"])
@pytest.mark.parametrize("together", [True, False], ids=["together", "before"])
def test_neighbours_of_whom_some_were_accepted_before_are_not_shut_out_by_their_own(
    engine: Engine, others: int, together: bool
) -> None:
    """A quota that is used up when only one domain is left."""
    people(engine, (others, OTHER), (MANY + 1, HERE))
    served, neighbours = split(claims(engine), others + 1)
    if together:
        record(engine, served + neighbours, *[TAKEN] * len(served), QUOTA)
    else:
        record(engine, served, TAKEN)
        long_ago(engine)
        record(engine, neighbours, QUOTA)
    assert states(engine.db) == {"accepted": others + 1, "queued": MANY}
    assert paused(engine) == ["TCC26-0001"]


def test_others_who_do_not_exist_tell_nothing_of_the_relay(engine: Engine) -> None:
    """Nobody is left who could: that must not pass for one domain's doing."""
    people(engine, (2, OTHER), (MANY, HERE))
    others, neighbours = split(claims(engine), 2)
    record(engine, others, NOBODY)
    record(engine, neighbours, DENIED)
    assert states(engine.db) == {"failed": 2, "queued": MANY}
    assert paused(engine) == ["TCC26-0001"]
