"""What the telephone lines say, and operators' texts in their place (R23)."""

import httpx
import pytest

from outage_service.clock import VirtualClock
from outage_service.domain.systems import HelpLine
from outage_service.services.engine import Engine
from outage_service.storage.overrides import current_overrides
from tests.desk import Desk
from tests.services.acts import declare
from tests.web.writing import form_at

PATH = "/en/console/lines"
FORM = {"en": "We moved to another floor.", "fr": "Nous avons changé d’étage.", "hours": "2"}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind of database is enough here: what differs between them is tested with the services."""
    return sqlite_url


def overrides(engine: Engine) -> dict[HelpLine, float]:
    with engine.db.read() as tx:
        found = current_overrides(tx, now=engine.clock())
    return {line: (each.expires_at - engine.clock()).total_seconds() / 3600 for line, each in found.items()}


def speak(desk: Desk, line: str = "tccu", **typed: str) -> httpx.Response:
    return desk.submit(f"{PATH}/{line}", form_at(desk.get(PATH), f"lines/{line}") | FORM | typed)


def test_every_line_is_shown_in_both_languages(auditor_desk: Desk, engine: Engine) -> None:
    declare(engine)
    text = auditor_desk.get(PATH).text
    assert text.count("<blockquote") == 6
    assert "An outage has affected EDI since" in text
    assert "L’EDI est en panne depuis" in text
    assert "Replace the message" not in text


def test_an_operator_speaks_on_their_lines_and_gives_them_back(ctsu_desk: Desk, engine: Engine) -> None:
    assert speak(ctsu_desk, "ccsh").status_code == 303
    assert overrides(engine) == {HelpLine.CCSH: 2}
    text = ctsu_desk.get(PATH).text
    assert text.count("Own text") == 1
    assert "We moved to another floor." in text
    fields = form_at(ctsu_desk.get(PATH), "lines/ccsh/end")
    for _ in range(2):  # a double click
        assert ctsu_desk.submit(f"{PATH}/ccsh/end", fields).status_code == 303
        assert overrides(engine) == {}


def test_nobody_speaks_on_a_line_of_others(ctsu_desk: Desk, engine: Engine) -> None:
    answer = ctsu_desk.submit(f"{PATH}/tccu", FORM)
    assert answer.status_code == 403
    assert "This is not for your role" in answer.text
    assert overrides(engine) == {}
    assert ctsu_desk.get(PATH).text.count("Replace the message") == 2


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("en", "", "The English text is blank"),
        ("fr", " ", "The French text is blank"),
        ("en", "a\u202eb", "The English text is blank or has characters that cannot be spoken."),
        ("fr", "é" * 451, "The French text is too long."),
        ("en", "All is normal.", "The English text must not say “normal”"),
        ("hours", "25", "Choose for how long."),
        ("hours", "soon", "Choose for how long."),
    ],
)
def test_what_cannot_be_said_is_told_at_its_field_and_the_rest_is_kept(
    field: str, value: str, said: str, tccu_desk: Desk, engine: Engine
) -> None:
    """R22: never "normal" while anything is open."""
    declare(engine)
    answer = speak(tccu_desk, **{field: value})
    assert answer.status_code == 422
    assert answer.text.count(said) == 2
    assert f'href="#{field}-tccu"' in answer.text
    kept = "Nous avons changé d’étage." if field != "fr" else "We moved to another floor."
    assert kept in answer.text
    assert overrides(engine) == {}


def test_a_text_is_on_the_line_for_24_hours_at_most(
    tccu_desk: Desk, engine: Engine, clock: VirtualClock
) -> None:
    assert speak(tccu_desk, hours="24").status_code == 303
    assert overrides(engine) == {HelpLine.TCCU: 24}
    assert clock() == engine.clock()


def test_an_unknown_line_is_told_so(tccu_desk: Desk) -> None:
    assert tccu_desk.submit(f"{PATH}/king", FORM).status_code == 404
