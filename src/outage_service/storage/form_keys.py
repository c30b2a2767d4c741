"""Forms of the console that made something: one sent twice, by a double click or a reload, makes one."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select

from outage_service.storage.console_schema import console_form
from outage_service.storage.locks import take_turns

KEPT_FOR = timedelta(hours=48)
"""Longer than a session lasts: a page that is older cannot be sent any more."""


def wait_for_form(tx: Connection, key: str) -> None:
    """Makes the sendings of one form wait for each other until their transactions end."""
    take_turns(tx, f"console form {key}")


def made_by_form(tx: Connection, key: str, *, user_id: int) -> int | None:
    """Returns the id of what this form has made, or None if it was not sent yet."""
    wanted = select(console_form.c.made_id).where(
        console_form.c.key == key, console_form.c.user_id == user_id
    )
    found: int | None = tx.execute(wanted).scalar_one_or_none()
    return found


def keep_form(tx: Connection, key: str, *, user_id: int, made_id: int, now: datetime) -> None:
    """Notes what a form has made, and forgets the forms past their time."""
    tx.execute(delete(console_form).where(console_form.c.sent_at <= now - KEPT_FOR))
    tx.execute(insert(console_form).values(key=key, user_id=user_id, made_id=made_id, sent_at=now))
