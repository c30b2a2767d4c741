"""Who gets a bulletin: whoever could ever have got one of this outage, as real mailings show (R14)."""

from email import message_from_string, policy
from email.message import EmailMessage

from outage_service.domain.subscriptions import SubscriptionKind
from outage_service.domain.systems import System
from outage_service.domain.texts import Language
from outage_service.services import subscriptions
from outage_service.services.engine import Engine
from outage_service.services.links import Holder, Purpose, token
from tests.builders import SUNDAY_6H, a_delay, an_impact, at
from tests.services.acts import (
    CERS_OUT,
    announce,
    bulletins,
    correct,
    declare,
    mail,
    receivers,
    resolve,
    revoke,
    rows,
    set_clock,
    subscribe,
    tick,
    update,
)
from tests.storage.rows import states

EDI = an_impact()
OUTAGES, DELAYS = (SubscriptionKind.OUTAGE,), (SubscriptionKind.DELAY,)
PLANNED = (SubscriptionKind.SCHEDULED,)


def parsed(letter: str) -> EmailMessage:
    """Returns a letter as a mail program reads it."""
    return message_from_string(letter, policy=policy.default)  # type: ignore[return-value]


def test_blank_means_everything(engine: Engine) -> None:
    """Of systems and of kinds."""
    person = subscribe(engine)
    declare(engine, a_delay(System.SWI))
    announce(engine)
    assert receivers(engine) == [person, person]


def test_only_those_whose_systems_and_kinds_both_meet_are_written_to(engine: Engine) -> None:
    """R14."""
    edi = subscribe(engine, "a@example.org", systems=(System.EDI, System.CCP))
    subscribe(engine, "b@example.org", systems=(System.CERS,))
    outages = subscribe(engine, "c@example.org", kinds=OUTAGES)
    subscribe(engine, "d@example.org", kinds=(*PLANNED, SubscriptionKind.KNOWN_PROBLEMS))
    subscribe(engine, "e@example.org", systems=(System.EDI,), kinds=DELAYS)
    declare(engine, EDI)
    assert receivers(engine) == [edi, outages]


def test_whoever_got_one_bulletin_also_gets_the_end(engine: Engine) -> None:
    """R14: of a system that an update dropped since."""
    edi = subscribe(engine, "a@example.org", systems=(System.EDI,))
    cers = subscribe(engine, "b@example.org", systems=(System.CERS,))
    done = declare(engine, EDI, CERS_OUT)
    assert receivers(engine) == [edi, cers]
    update(engine, done, EDI)
    assert receivers(engine) == [edi, cers]
    resolve(engine, done, remains_in_effect=True)
    assert receivers(engine) == [edi, cers]
    revoke(engine, done)
    assert receivers(engine) == [edi, cers]


def test_a_system_that_joins_brings_its_subscribers(engine: Engine) -> None:
    """From that bulletin on."""
    edi = subscribe(engine, "a@example.org", systems=(System.EDI,))
    cers = subscribe(engine, "b@example.org", systems=(System.CERS,))
    done = declare(engine, EDI)
    assert receivers(engine) == [edi]
    update(engine, done, EDI, CERS_OUT)
    assert receivers(engine) == [edi, cers]


def test_a_delay_that_became_an_outage_stays_one_to_its_readers(engine: Engine) -> None:
    """R14, R36: kinds it ever was; those who asked for delays were with it from the start."""
    outages = subscribe(engine, "a@example.org", kinds=OUTAGES)
    delays = subscribe(engine, "b@example.org", kinds=DELAYS)
    done = declare(engine, a_delay(behind_minutes=30))
    assert receivers(engine) == [delays]
    update(engine, done, a_delay(behind_minutes=61))
    assert receivers(engine) == [outages, delays]
    update(engine, done, a_delay(behind_minutes=10))
    assert receivers(engine) == [outages, delays]
    resolve(engine, done)
    assert receivers(engine) == [outages, delays]


def test_a_maintenance_that_overruns_reaches_those_who_want_outages(engine: Engine) -> None:
    """R17: it is an outage nobody planned."""
    planned = subscribe(engine, "a@example.org", kinds=PLANNED)
    outages = subscribe(engine, "b@example.org", kinds=OUTAGES)
    done = announce(engine)
    assert receivers(engine) == [planned]
    set_clock(engine, SUNDAY_6H)
    correct(engine, done, done.bulletin_id)
    assert receivers(engine) == [planned]
    assert tick(engine, at("2026-11-29 10:00")) == 1
    assert receivers(engine) == [planned, outages]
    resolve(engine, done)
    assert receivers(engine) == [planned, outages]


def test_a_newcomer_gets_the_next_bulletin(engine: Engine) -> None:
    """R14: and not the one before, although its fan-out is not done yet."""
    first = subscribe(engine, "a@example.org")
    done = declare(engine)
    newcomer = subscribe(engine, "b@example.org")
    assert receivers(engine) == [first]
    assert tick(engine, at("2026-11-26 12:00")) == 1
    assert receivers(engine) == [first, newcomer]
    assert done


def test_an_audience_is_written_to_in_each_ones_order_of_languages(engine: Engine) -> None:
    """One bilingual message; the subscriber's language comes first."""
    english = subscribe(engine, "a@example.org", language=Language.EN)
    french = subscribe(engine, "b@example.org", language=Language.FR)
    done = declare(engine)
    subjects = {person: parsed(letter)["Subject"] for person, letter in mail(engine)}
    (bulletin,) = bulletins(engine, done)
    assert subjects == {english: bulletin.subject.en, french: bulletin.subject.fr}
    assert bulletin.subject.en != bulletin.subject.fr


def test_a_newer_bulletin_takes_the_place_of_one_not_sent(engine: Engine) -> None:
    """P12: the relay was down meanwhile; everybody gets the latest news only."""
    people = [subscribe(engine, f"{name}@example.org") for name in "abc"]
    done = declare(engine)
    update(engine, done)
    resolve(engine, done)
    sent = mail(engine)
    assert [recipient for recipient, _ in sent] == people
    latest = bulletins(engine, done)[-1].subject.en
    assert {parsed(letter)["Subject"] for _, letter in sent} == {latest}
    assert rows(engine)["delivery"] == 3
    assert states(engine.db) == {"accepted": 3}


def test_whoever_leaves_gets_nothing_more(engine: Engine) -> None:
    """P14: by the link in the mail, with a bulletin queued already."""
    leaving, staying = subscribe(engine, "a@example.org"), subscribe(engine, "b@example.org")
    declare(engine)
    link = token(engine.secret_key, Purpose.UNSUBSCRIBE, Holder(leaving, 1))
    engine.act(lambda tx: subscriptions.unsubscribe(engine, tx, link))
    assert receivers(engine) == [staying]
