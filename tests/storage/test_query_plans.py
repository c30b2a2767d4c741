"""What runs every few seconds, or for every mail, reads an index and never a whole table that grows.

On SQLite a partial index is used only where the query says what the index says, in the same words.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, insert, text

from outage_service.domain.deliveries import DeliveryState
from outage_service.domain.systems import System
from outage_service.domain.texts import Language
from outage_service.storage import (
    alerts,
    bounces,
    deliveries,
    letter_outcomes,
    mailings,
    outages,
    pauses,
    recipient_outcomes,
    retention,
    suppressions,
    unsendable,
)
from outage_service.storage.bulletins import bulletins_of, is_slot_issued, latest_messages
from outage_service.storage.database import Database
from outage_service.storage.deliveries import Claim, Settlement
from outage_service.storage.schema import delivery, mailing, outage, subscriber
from outage_service.storage.settling import settle
from tests.builders import THURSDAY_10H as NOW
from tests.storage.rows import a_mailing, all_claims, subscribers

GROWING = ("outage", "bulletin", "mailing", "delivery", "subscriber", "impact", "note")
READS_ALL = re.compile(rf"(?:SCAN|SEARCH|Seq Scan on) (?:{'|'.join(GROWING)})(?!\w)(?! USING| on)")
Parameters = tuple[Any, ...] | dict[str, Any]
Work = Callable[[Connection], object]


def a_settlement() -> Settlement:
    claim = Claim(1, 1, 1, 0, 0, timedelta(0), "", Language.EN, 1, 1)
    return Settlement(claim, DeliveryState.ACCEPTED)


# What to run, and the indexes of some rows only that it must read; those of keys go without saying.
QUERIES: dict[str, tuple[Work, set[str]]] = {
    "due outages": (lambda tx: outages.due_outages(tx, now=NOW, limit=10), {"ix_outage_due"}),
    "outages due too late": (lambda tx: outages.outages_due_after(tx, NOW), {"ix_outage_due"}),
    "the next due time": (outages.next_due_at, {"ix_outage_due"}),
    "open outages": (outages.unclosed_outages, {"ix_outage_open"}),
    "outages in effect": (outages.outages_in_effect, {"ix_outage_open", "ix_outage_remaining"}),
    "overrun outages": (
        lambda tx: outages.overrun_candidates(tx, planned_end_before=NOW),
        {"ix_outage_overrun"},
    ),
    "overruns told of early": (
        lambda tx: outages.has_early_overrun_alerts(tx, now=NOW),
        {"ix_outage_overrun"},
    ),
    "outages by system": (
        lambda tx: outages.list_outages(tx, before_id=None, limit=50, now=NOW, systems=[System.SWI]),
        {"ix_impact_system"},
    ),
    "relapses": (lambda tx: outages.relapses_of(tx, 1), {"ix_outage_relapse"}),
    "bulletins of an outage": (lambda tx: bulletins_of(tx, 1), set()),
    "an issued slot": (lambda tx: is_slot_issued(tx, 1, NOW), set()),
    "latest messages": (lambda tx: latest_messages(tx, [1, 2]), set()),
    "claiming": (
        lambda tx: deliveries.claim_next(tx, "two"),
        {"ix_delivery_queued", "ix_mailing_unfinished", "ix_delivery_claimed"},
    ),
    "settling": (lambda tx: settle(tx, "one", [a_settlement()]), set()),
    "the unsendable": (unsendable.find_unsendable, {"ix_delivery_queued"}),
    "ending the unsendable": (lambda tx: unsendable.settle_unsendable(tx, [(1, 1)]), set()),
    "freeing dead workers' claims": (
        lambda tx: deliveries.free_claims(tx, of_dead_before=NOW),
        {"ix_delivery_claimed"},
    ),
    "freeing one's own claims": (lambda tx: deliveries.free_claims_of(tx, "one"), {"ix_delivery_claimed"}),
    "progress": (lambda tx: mailings.progress_of(tx, 1), {"ix_mailing_bulletin"}),
    "the paused": (lambda tx: pauses.paused_among(tx, {1}), set()),
    "the paused bulletins": (pauses.paused_bulletins, set()),
    "a refused content": (lambda tx: pauses.is_accepted_since(tx, 1, NOW), set()),
    "a refused recipient": (lambda tx: pauses.takes_any(tx, 1), set()),
    "bounces lately": (lambda tx: suppressions.count_bounced_since(tx, NOW), {"ix_suppression_at"}),
    "outcomes of late": (lambda tx: recipient_outcomes.latest_up_to(tx, 1, 50), set()),
    "a small mailing": (lambda tx: recipient_outcomes.all_of(tx, 1), set()),
    "who was accepted": (lambda tx: recipient_outcomes.addresses_accepted(tx, 1, up_to=50), set()),
    "who is left of other domains": (
        lambda tx: recipient_outcomes.awaits_other_domain(tx, 1, "example.org", beside={1}),
        {"ix_delivery_claimed"},
    ),
    "letters of late": (lambda tx: letter_outcomes.letters_around(tx, {1}), set()),
    "a bulletin accepted of late": (letter_outcomes.bulletin_accepted_at, set()),
    "pruning": (lambda tx: retention.prune_deliveries(tx, closed_before=NOW), set()),
    "a report": (
        lambda tx: bounces.find_addressee(tx, outage_id=1, sequence=1, recipient_id=1),
        {"ix_mailing_outage"},
    ),
    "the overdue": (lambda tx: alerts.overdue_outages(tx, due_by=NOW), {"ix_outage_due"}),
    "the canary": (lambda tx: alerts.is_canary_missing(tx, sent_before=NOW), {"ix_mailing_canary"}),
}


@contextmanager
def overheard() -> Iterator[list[tuple[str, Parameters]]]:
    """Collects each statement with its parameters; of many executions of one, the first."""
    found: list[tuple[str, Parameters]] = []

    def note(*heard: Any) -> None:
        _, _, statement, parameters, _, is_many = heard
        if re.match(r"SELECT|UPDATE|DELETE|WITH", statement):
            found.append((statement, parameters[0] if is_many else parameters))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def plan_of(tx: Connection, statement: str, parameters: Parameters) -> str:
    """Returns how the database would run a statement."""
    is_postgresql = tx.dialect.name == "postgresql"
    word = "EXPLAIN" if is_postgresql else "EXPLAIN QUERY PLAN"
    rows = tx.exec_driver_sql(f"{word} {statement}", parameters)
    return "\n".join(str(row[0] if is_postgresql else row[3]) for row in rows)


def plans(tx: Connection, work: Work) -> Sequence[str]:
    """Returns the plans of all that `work` does; small tables would be read whole: that is forbidden."""
    if tx.dialect.name == "postgresql":
        tx.execute(text("SET LOCAL enable_seqscan = off"))
    with overheard() as heard:
        work(tx)
    return [plan_of(tx, statement, parameters) for statement, parameters in heard]


@pytest.fixture
def full(db: Database) -> Database:
    """A database with some of everything: many that are over and few that are not."""
    people = subscribers(db, 50)
    of, _, first = a_mailing(db)
    all_claims(db)
    a_mailing(db, outage_id=of, sequence=2)

    def fill(tx: Connection) -> None:
        over = {
            "kind": "unscheduled", "started_at": NOW, "internal_systems": [], "problem_identified": False,
            "remained_in_effect": False, "sequence": 1, "kinds_ever": 1, "version": 1, "changed_at": NOW,
            "restored_at": NOW, "is_closed": True,
        }  # fmt: skip
        tx.execute(insert(outage), [over | {"number": f"TCC25-{number}"} for number in range(300)])
        done = {
            "purpose": "bulletin", "outage_id": of, "sequence": 1, "systems": 1, "kinds": 1, "upper_id": 1,
            "cursor_id": 1, "letter_en": b"", "letter_fr": b"", "is_fanned_out": True, "created_at": NOW,
            "superseded_by": first,
        }  # fmt: skip
        tx.execute(insert(mailing), [done] * 300)
        ended = {
            "mailing_id": first, "state": "accepted", "attempt": 1, "tries": 1, "faults": 0, "first_at": NOW,
            "changed_at": NOW,
        }  # fmt: skip
        tx.execute(insert(delivery), [ended | {"recipient_id": people[-1] + n} for n in range(1, 2000)])

    db.write(fill)
    return db


@pytest.mark.parametrize("name", QUERIES)
def test_it_reads_an_index(full: Database, name: str) -> None:
    """Performance: a tick at 100,000 outages costs what it costs at 10."""
    work, indexes = QUERIES[name]
    found = "\n".join(full.write(lambda tx: plans(tx, work)))
    assert not READS_ALL.search(found), found
    assert {index for index in indexes if index not in found} == set(), found


def test_a_table_that_is_read_whole_would_be_noticed(full: Database) -> None:
    """The check above is one."""
    in_french = text("SELECT email FROM subscriber WHERE language = 'fr'")
    whole = full.write(lambda tx: [plan_of(tx, in_french.text, ())])
    assert READS_ALL.search("\n".join(whole))
    assert subscriber.name in GROWING
