"""Forms of the console: each is sent once, whoever repeats it how often at once (P18)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from outage_service.domain.errors import InvalidAct
from outage_service.domain.roles import Role
from outage_service.services import acting
from outage_service.services.engine import Engine
from outage_service.services.form_keys import Form, new_key, send_once
from outage_service.services.requests import DeclareBody
from outage_service.storage.bulletins import BulletinRecord
from outage_service.storage.console_schema import console_form
from outage_service.storage.form_keys import KEPT_FOR
from tests.builders import THURSDAY_10H
from tests.desk import a_user
from tests.services import acts

MESSAGE = {"en": "It is slow.", "fr": "C’est lent."}


def a_form(engine: Engine) -> Form:
    return Form(new_key(), a_user(engine, Role.TCCU))


def declared(engine: Engine, form: Form, system: str = "edi", start: str | None = None) -> BulletinRecord:
    fields = {"kind": "unscheduled", "impacts": [{"system": system}], "message": MESSAGE}
    body = DeclareBody.model_validate(fields | ({"started_at": start} if start else {}))
    return send_once(engine, form, lambda tx: acting.declare(engine, tx, acts.TCCU, body))


def test_a_form_sent_twice_issues_one_bulletin(engine: Engine) -> None:
    form = a_form(engine)
    assert declared(engine, form).id == declared(engine, form).id
    assert acts.rows(engine)["bulletin"] == 1


def test_a_form_sent_many_times_at_once_issues_one_bulletin(engine: Engine) -> None:
    form = a_form(engine)
    with ThreadPoolExecutor(6) as pool:
        issued = list(pool.map(lambda _: declared(engine, form).id, range(6)))
    assert len(set(issued)) == 1
    assert acts.rows(engine)["bulletin"] == 1


def test_another_form_is_another_act(engine: Engine) -> None:
    first = a_form(engine)
    declared(engine, first)
    second = declared(engine, Form(new_key(), first.user_id), "ccp")
    assert second.number == "TCC26-0002"


def test_a_form_that_was_refused_can_be_sent_again(engine: Engine) -> None:
    form = a_form(engine)
    with pytest.raises(InvalidAct):
        declared(engine, form, start="2026-11-26T11:00-05:00")
    assert declared(engine, form).sequence == 1


def test_forms_are_forgotten_after_two_days(engine: Engine) -> None:
    form = a_form(engine)
    declared(engine, form)
    acts.set_clock(engine, THURSDAY_10H + KEPT_FOR + timedelta(minutes=1))
    declared(engine, Form(new_key(), form.user_id), "ccp")
    with engine.db.read() as tx:
        assert len(tx.execute(select(console_form.c.key)).all()) == 1
