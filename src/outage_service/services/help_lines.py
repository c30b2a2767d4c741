"""What each telephone line is to say now, for the console; telephones ask the prepared pages of `edge`."""

from outage_service.domain.broadcasts import LineFacts, line_facts
from outage_service.domain.systems import HelpLine
from outage_service.services.engine import Engine
from outage_service.storage import Connection
from outage_service.storage.outages import outages_in_effect
from outage_service.storage.overrides import current_overrides


def read_lines(engine: Engine, tx: Connection) -> list[LineFacts]:
    """Returns every line with its events and any operator's text."""
    now, outages = engine.clock(), outages_in_effect(tx)
    overrides = current_overrides(tx, now=now)
    return [line_facts(line, outages, now=now, override=overrides.get(line)) for line in HelpLine]
