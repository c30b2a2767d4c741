"""What comes back, handed over by HTTP: by a relay with its own token, as it is."""

import pytest
from fastapi import FastAPI

from outage_service.channels.email.bounces import LONGEST
from outage_service.domain.roles import Role
from outage_service.services import message_ids
from outage_service.services.engine import Engine
from tests.engines import SECRET_KEY
from tests.services.acts import declare, mail, subscribe
from tests.support.reports import a_complaint, a_failure_report
from tests.web.client import Api, problem, shown
from tests.web.conftest import Callers

PATH = "/v1/bounces"


@pytest.fixture
def relay(caller: Callers) -> Api:
    """A mail system."""
    return caller(Role.RELAY)


def report(api: Api, message: bytes, content_type: str = "message/rfc822") -> dict[str, object]:
    return shown(api.post(PATH, content=message, headers={"Content-Type": content_type}))


def an_id(sequence: int = 1) -> str:
    name = message_ids.of_bulletin(SECRET_KEY, outage_id=1, sequence=sequence, recipient_id=1, epoch=1)
    return f"{name}@example.org"


def test_a_report_counts_once(engine: Engine, relay: Api) -> None:
    """And from then on the address gets nothing."""
    subscribe(engine)
    declare(engine)
    mail(engine)
    message = a_failure_report(an_id())
    assert report(relay, message, "Message/RFC822; charset=us-ascii") == {"counted": 1, "suppressed": 1}
    assert report(relay, message) == {"counted": 0, "suppressed": 0}


def test_whatever_does_not_count_is_answered_alike(engine: Engine, relay: Api) -> None:
    """A mail system that hands everything over is not told off for it."""
    subscribe(engine)
    declare(engine)
    mail(engine)
    for message in (b"", b"\xff\x00", a_failure_report("a@b"), a_complaint(an_id(2))):
        assert report(relay, message) == {"counted": 0, "suppressed": 0}


def test_a_message_of_any_length_is_taken_and_counts_by_its_beginning(engine: Engine, relay: Api) -> None:
    """One that was refused would come again for days, and count never."""
    subscribe(engine)
    declare(engine)
    mail(engine)
    message = a_failure_report(an_id()) + b"\r\nx" * LONGEST
    assert report(relay, message) == {"counted": 1, "suppressed": 1}


def test_what_is_no_message_is_refused(relay: Api) -> None:
    problem(relay.post(PATH, {"event": "bounce"}), 415, "unsupported_media_type")


def test_a_relay_may_report_and_nothing_else(relay: Api, app: FastAPI) -> None:
    """P29: its token lies on another machine."""
    for path in ("/v1/subscribers", "/v1/suppressions"):
        problem(relay.get(path), 403, "role_not_permitted")
    problem(Api(app).post(PATH, content=b""), 401, "token_required")
