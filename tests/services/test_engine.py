"""An act is durable before anybody is told of it, and stays done whoever could not be told (P17)."""

import pytest

from outage_service.services.engine import Engine
from tests.services.acts import declare, rows


def test_those_who_are_told_see_what_was_done(engine: Engine) -> None:
    """After the commit, in order."""
    seen: list[tuple[str, int]] = []
    engine.after_commit.extend(
        [
            lambda: seen.append(("first", rows(engine)["outage"])),
            lambda: seen.append(("second", rows(engine)["outage"])),
        ]
    )
    declare(engine)
    assert seen == [("first", 1), ("second", 1)]


def test_nobody_is_told_of_what_failed(engine: Engine) -> None:
    """It has not happened."""
    seen: list[str] = []
    engine.after_commit.append(lambda: seen.append("told"))

    def fail(_: object) -> None:
        raise LookupError

    with pytest.raises(LookupError):
        engine.act(fail)
    assert seen == []


def test_an_act_is_done_although_somebody_could_not_be_told(engine: Engine) -> None:
    """P17: an error here would make its operator repeat what is in force already."""
    seen: list[str] = []

    def fail() -> None:
        raise LookupError

    engine.after_commit.extend([fail, lambda: seen.append("told")])
    assert declare(engine).outage.number == "TCC26-0001"
    assert seen == ["told"]
