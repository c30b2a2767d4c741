"""Acts sent by a form of the console: each form once, whatever a browser repeats (P18)."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from outage_service.services.engine import Engine
from outage_service.services.outages import Done
from outage_service.services.queries import find_bulletin
from outage_service.storage import Connection
from outage_service.storage import form_keys as rows
from outage_service.storage.bulletins import BulletinRecord


@dataclass(frozen=True, slots=True)
class Form:
    """A form that may be sent once; `key` is what the page carried, made by `new_key`."""

    key: str
    user_id: int


def new_key() -> str:
    """Returns what makes a form its own."""
    return secrets.token_urlsafe(24)


def send_once(engine: Engine, form: Form, work: Callable[[Connection], Done]) -> BulletinRecord:
    """Returns the bulletin that the form has issued: `work` is done unless the form was sent before.

    Raises:
        Whatever `work` refuses; then the form may be sent again.
    """

    def issue(tx: Connection) -> BulletinRecord:
        bulletin_id = made_once(engine, tx, form, lambda: work(tx).bulletin_id)
        return find_bulletin(tx, bulletin_id).bulletin

    return engine.act(issue)


def made_once(engine: Engine, tx: Connection, form: Form, make: Callable[[], int]) -> int:
    """Returns the id of what the form has made: by `make`, unless the form was sent before."""
    rows.wait_for_form(tx, form.key)
    made_id = rows.made_by_form(tx, form.key, user_id=form.user_id)
    if made_id is None:
        made_id = make()
        rows.keep_form(tx, form.key, user_id=form.user_id, made_id=made_id, now=engine.clock())
    return made_id
