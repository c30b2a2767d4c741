"""`demo`: the story is told to its end, the pages are there, and what is not so is noticed."""

import smtplib
import tempfile
from pathlib import Path

import httpx
import pytest

from outage_service.cli.demo.ledger import MailLedger, Person
from outage_service.cli.demo.narrator import Narrator
from outage_service.cli.demo.screen import Screen
from outage_service.cli.demo.stage import Untrue, ensure, staged
from outage_service.domain.texts import Language
from tests.cli.commands import running


def test_the_whole_story_is_told_and_the_pages_stay(tmp_path: Path) -> None:
    with running(tmp_path, "demo", "--keep", COLUMNS="80") as demo:
        demo.says("Ctrl-C ends it.")
        told = demo.log()
        pages = [
            line
            for line in told.splitlines()
            if line.startswith("http://127.0.0.1:") and "/subscr" not in line
        ]
        with httpx.Client(timeout=20, trust_env=False, follow_redirects=True) as client:
            answers = {page: client.get(page).status_code for page in pages}
        assert demo.terminate() == 0
    assert len([page for page in pages if "/v1/" in page or "/openapi" in page]) >= 5
    assert set(answers.values()) == {200}
    assert "50 mails received = 49 deliveries in the ledger + 1 confirmation." in told
    assert "None is missing, and none came twice." in told


def test_a_mail_nobody_sent_is_noticed() -> None:
    with staged() as stage:
        ledger = MailLedger(stage, token="")
        assert ledger.close() == 0
        with smtplib.SMTP("127.0.0.1", stage.catcher.port) as stranger:
            stranger.sendmail("x@example.org", ["y@example.org"], b"Subject: Stray\r\n\r\nText\r\n")
        with pytest.raises(Untrue, match="1 were received"):
            ledger.close()


def test_a_bulletin_that_reaches_other_people_than_it_should_is_noticed() -> None:
    with staged() as stage:
        narrator = Narrator(stage, Screen())
        narrator.import_people("email,language,systems,kinds\na@example.org,en,,\n")
        narrator.declare(
            {
                "kind": "unscheduled",
                "impacts": [{"system": "edi"}],
                "message": {"en": "Out.", "fr": "En panne."},
            }
        )
        (bulletin,) = narrator.bulletins()
        with pytest.raises(Untrue, match="is delivered to 2, not 1"):
            narrator.ledger.settle(
                bulletin,
                [Person("a@example.org", Language.EN, ","), Person("b@example.org", Language.EN, ",")],
            )


def test_nothing_is_left_behind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with staged():
        assert list(tmp_path.iterdir())
    assert list(tmp_path.iterdir()) == []


def test_a_claim_that_does_not_hold_ends_the_demo() -> None:
    ensure(1 + 1 == 2, "one and one are two")
    with pytest.raises(Untrue, match="one and one are three"):
        ensure(1 + 1 == 3, "one and one are three")
