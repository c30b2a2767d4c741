"""Sessions of the console: begun by a password, ended by time, limits to trying."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from outage_service.clock import VirtualClock
from outage_service.domain.clocks import AGREE_WITHIN
from outage_service.domain.roles import Actor, Role
from outage_service.services import limits, sessions, users
from outage_service.services.engine import Engine
from outage_service.services.known_browsers import KNOWN_AT_MOST, TRIES_OF_BROWSER
from outage_service.services.sessions import (
    TRIES_OF_ACCOUNT,
    TRIES_OF_ACCOUNT_FROM_NETWORK,
    TRIES_WITHIN,
    SignedIn,
    TooManyTries,
)
from outage_service.storage.console_schema import console_session
from outage_service.storage.schema import audit
from tests.desk import PASSWORD, a_session, a_user, email_of

HERE = "192.0.2.1"


def sign_in(
    engine: Engine,
    email: str = email_of(Role.TCCU),
    password: str = PASSWORD,
    *,
    caller: str = HERE,
    former: str | None = None,
    browser: str = "",
) -> str | None:
    return sessions.sign_in(
        engine, email=email, password=password, caller=caller, former=former, browser=browser
    )


def session_of(engine: Engine, cookie: str | None) -> SignedIn | None:
    assert cookie
    with engine.db.read() as tx:
        return sessions.recognise(engine, tx, cookie)


def test_who_knows_the_password_is_signed_in(engine: Engine) -> None:
    user_id = a_user(engine, Role.TCCU)
    found = session_of(engine, sign_in(engine, email=email_of(Role.TCCU).upper()))
    assert found
    assert (found.user_id, found.actor) == (user_id, Actor(email_of(Role.TCCU), Role.TCCU))


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(engine: Engine) -> None:
    """P26."""
    a_user(engine, Role.TCCU)
    assert sign_in(engine, password="another password") is None
    assert sign_in(engine, email="nobody@desk.example.org") is None
    assert sign_in(engine, email="no address") is None
    assert sign_in(engine, password="") is None


def test_who_is_shut_out_cannot_sign_in(engine: Engine) -> None:
    user_id = a_user(engine, Role.TCCU)
    engine.db.write(lambda tx: users.disable_user(engine, tx, user_id, by="ann"))
    assert sign_in(engine) is None


def test_who_is_shut_out_while_the_password_is_looked_at_cannot_sign_in(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the session would be there when they are let in again."""
    user_id = a_user(engine, Role.TCCU)

    def slowly(*_: object, **__: object) -> bool:
        engine.db.write(lambda tx: users.disable_user(engine, tx, user_id, by="ann"))
        return True

    monkeypatch.setattr(users, "is_password_of", slowly)
    assert sign_in(engine) is None
    with engine.db.read() as tx:
        assert tx.execute(select(console_session)).all() == []


def test_neither_cookie_nor_token_is_kept(engine: Engine) -> None:
    """P30: a copy of the database signs nobody in."""
    cookie = a_session(engine, Role.TCCU)
    found = session_of(engine, cookie)
    assert found
    with engine.db.read() as tx:
        kept = str(tuple(tx.execute(select(console_session)).one()))
    assert cookie not in kept
    assert found.csrf not in kept
    assert session_of(engine, "x") is None


def test_a_session_begins_anew_with_each_sign_in(engine: Engine) -> None:
    """Whoever had planted the cookie has nothing (session fixation)."""
    first = a_session(engine, Role.TCCU)
    second = sign_in(engine, former=first)
    assert second != first
    assert session_of(engine, first) is None
    assert session_of(engine, second)
    assert session_of(engine, sign_in(engine, former="never one of ours"))


def test_a_session_ends_an_hour_after_its_last_use(engine: Engine, clock: VirtualClock) -> None:
    cookie = a_session(engine, Role.TCCU)
    clock.advance(timedelta(minutes=59))
    assert session_of(engine, cookie)
    engine.db.write(lambda tx: sessions.note_use(engine, tx, cookie))
    clock.advance(timedelta(minutes=59))
    assert session_of(engine, cookie)
    clock.advance(timedelta(minutes=1))
    assert session_of(engine, cookie) is None


def test_a_session_ends_after_twelve_hours_whoever_uses_it(engine: Engine, clock: VirtualClock) -> None:
    cookie = a_session(engine, Role.TCCU)
    for _ in range(12 * 4 - 1):
        clock.advance(timedelta(minutes=15))
        engine.db.write(lambda tx: sessions.note_use(engine, tx, cookie))
    assert session_of(engine, cookie)
    clock.advance(timedelta(minutes=15))
    assert session_of(engine, cookie) is None


def test_a_session_of_a_clock_that_was_ahead_is_over_once_that_is_set_right(
    engine: Engine, clock: VirtualClock
) -> None:
    """P5: its twelve hours would else last as much longer as the clock was ahead."""
    cookie = a_session(engine, Role.TCCU)
    clock.advance(-AGREE_WITHIN)
    assert session_of(engine, cookie)
    clock.advance(-timedelta(seconds=1))
    assert session_of(engine, cookie) is None


def test_the_next_use_is_noted_of_a_session_that_was_used_while_the_clock_was_ahead(
    engine: Engine, clock: VirtualClock
) -> None:
    """P5: it would else stay in use for as long without anybody there."""
    cookie = a_session(engine, Role.TCCU)
    clock.advance(timedelta(minutes=50))
    engine.db.write(lambda tx: sessions.note_use(engine, tx, cookie))
    clock.advance(timedelta(minutes=-40))
    assert getattr(session_of(engine, cookie), "is_to_be_noted", None)


def test_use_is_noted_once_a_minute(engine: Engine, clock: VirtualClock) -> None:
    """Not with every request: each would be a write."""
    cookie = a_session(engine, Role.TCCU)
    clock.advance(timedelta(seconds=59))
    assert not getattr(session_of(engine, cookie), "is_to_be_noted", None)
    clock.advance(timedelta(seconds=1))
    assert getattr(session_of(engine, cookie), "is_to_be_noted", None)


def test_who_signs_out_is_out_and_the_rows_of_old_sessions_go(engine: Engine, clock: VirtualClock) -> None:
    cookie = a_session(engine, Role.TCCU)
    engine.db.write(lambda tx: sessions.sign_out(engine, tx, cookie))
    engine.db.write(lambda tx: sessions.sign_out(engine, tx, cookie))
    assert session_of(engine, cookie) is None
    a_session(engine, Role.TCCU)
    clock.advance(timedelta(hours=13))
    a_session(engine, Role.TCCU)
    with engine.db.read() as tx:
        assert len(tx.execute(select(console_session)).all()) == 1
        actions = list(tx.execute(select(audit.c.action).order_by(audit.c.id)).scalars())
    assert actions == ["user_created", "signed_in", "signed_out", "signed_in", "signed_in"]


def test_an_account_is_tried_ten_times_from_one_network_in_a_quarter_of_an_hour(
    engine: Engine, clock: VirtualClock
) -> None:
    """The right password does not help then; other accounts and other networks are not concerned."""
    a_user(engine, Role.TCCU)
    for _ in range(sessions.TRIES_OF_ACCOUNT_FROM_NETWORK):
        assert engine.db.write(lambda tx: sessions.count_try(engine, tx, email_of(Role.TCCU), HERE))
    with pytest.raises(TooManyTries):
        sign_in(engine)
    assert sign_in(engine, email="other@desk.example.org") is None
    assert sign_in(engine, caller="198.51.100.7")
    clock.advance(sessions.TRIES_WITHIN)
    assert sign_in(engine)


@pytest.mark.parametrize("letter", ["Ｅ", "ⓔ", "E"], ids=["wide", "in a circle", "capital"])
def test_other_letters_that_name_the_same_domain_are_no_other_account(letter: str, engine: Engine) -> None:
    for _ in range(sessions.TRIES_OF_ACCOUNT_FROM_NETWORK):
        assert engine.db.write(lambda tx: sessions.count_try(engine, tx, "tccu@desk.example.org", HERE))
    with pytest.raises(TooManyTries):
        sign_in(engine, email=f"tccu@d{letter}sk.example.org")


def test_a_network_tries_fifty_accounts_and_no_more(engine: Engine) -> None:
    """Guessing one password of many accounts."""
    for number in range(sessions.TRIES_OF_NETWORK):
        assert engine.db.write(
            lambda tx, number=number: sessions.count_try(engine, tx, f"{number}@desk.example.org", HERE)
        )
    with pytest.raises(TooManyTries):
        sign_in(engine, email="one-more@desk.example.org")


def tries_of_a_site(engine: Engine, *, at_most: int, of: str = "") -> int:
    """Returns how many tries one site has, each from a network of its own; of one account, or of many."""
    for number in range(at_most):
        account, network = of or f"{number}@desk.example.org", f"2001:db8:0:{number:x}::1"
        if not engine.db.write(lambda tx, a=account, at=network: sessions.count_try(engine, tx, a, at)):
            return number
    return at_most


def test_a_site_locks_nobody_out_from_all_its_networks(engine: Engine) -> None:
    """One customer has 65,536 networks of IPv6: ten would have been enough."""
    a_user(engine, Role.TCCU)
    assert tries_of_a_site(engine, of=email_of(Role.TCCU), at_most=TRIES_OF_ACCOUNT) < TRIES_OF_ACCOUNT
    assert sign_in(engine)


def test_a_site_tries_no_more_accounts_than_five_networks(engine: Engine) -> None:
    """Or it kept those busy who look at passwords, and every operator out."""
    most = limits.NETWORKS_OF_A_SITE * sessions.TRIES_OF_NETWORK
    assert tries_of_a_site(engine, at_most=most + 1) == most


def lock_out(engine: Engine) -> None:
    """Uses up all tries of the account, from eleven networks."""
    for number in range(TRIES_OF_ACCOUNT):
        network = f"198.51.100.{number // TRIES_OF_ACCOUNT_FROM_NETWORK}"
        engine.db.write(lambda tx, at=network: sessions.count_try(engine, tx, email_of(Role.TCCU), at))


def test_nobody_locks_an_operator_out_of_the_browser_on_their_desk(engine: Engine) -> None:
    """At 3 a.m., from as many networks as they like."""
    a_user(engine, Role.TCCU)
    browser = sessions.browser_cookie(engine, email_of(Role.TCCU))
    lock_out(engine)
    with pytest.raises(TooManyTries):
        sign_in(engine)
    assert sign_in(engine, browser=browser)
    assert sign_in(engine, browser=browser, email="tccu@DESK.example.org")


def test_a_known_browser_guesses_ten_times_and_then_counts_as_any_other(
    engine: Engine, clock: VirtualClock
) -> None:
    a_user(engine, Role.TCCU)
    browser = sessions.browser_cookie(engine, email_of(Role.TCCU))
    lock_out(engine)
    for _ in range(TRIES_OF_BROWSER):
        assert engine.db.write(lambda tx: sessions.count_try(engine, tx, email_of(Role.TCCU), HERE, browser))
    with pytest.raises(TooManyTries):
        sign_in(engine, browser=browser)
    clock.advance(TRIES_WITHIN)
    assert sign_in(engine, browser=browser)


@pytest.mark.parametrize("of", ["another account", "another key", "another time", "too long ago", "nothing"])
def test_a_browser_that_is_not_known_has_no_tries_of_its_own(
    of: str, engine: Engine, clock: VirtualClock
) -> None:
    a_user(engine, Role.TCCU)
    browser = sessions.browser_cookie(engine, email_of(Role.TCCU))
    forged = {
        "another account": sessions.browser_cookie(engine, email_of(Role.ADMIN)),
        "another key": f"{browser[:-1]}{'0' if browser[-1] != '0' else '1'}",
        "another time": f"9{browser}",
        "too long ago": browser,
        "nothing": "é",
    }[of]
    if of == "too long ago":
        clock.advance(KNOWN_AT_MOST)
    lock_out(engine)
    with pytest.raises(TooManyTries):
        sign_in(engine, browser=forged)
