"""Who may do what. The routes each role may call are in `web/security.py`."""

from dataclasses import dataclass
from enum import StrEnum

from outage_service.domain.systems import CTSU_SYSTEMS, HelpLine, System


class Role(StrEnum):
    """What a token, or a user of the console, may do."""

    TCCU = "tccu"
    CTSU = "ctsu"
    ADMIN = "admin"
    AUDITOR = "auditor"
    IVR = "ivr"
    RELAY = "relay"
    """A mail system that hands over what comes back."""


OPERATORS = frozenset({Role.TCCU, Role.CTSU})
"""Those who act on outages (R5)."""
RESUMERS = frozenset({Role.TCCU, Role.ADMIN})
"""Those who let a paused bulletin go on."""
AUDITORS = frozenset({Role.ADMIN, Role.AUDITOR})
"""Those who read the audit log."""

_SYSTEMS = {Role.TCCU: frozenset(System), Role.CTSU: CTSU_SYSTEMS}
_LINES = {Role.TCCU: frozenset(HelpLine), Role.CTSU: frozenset({HelpLine.CTSU, HelpLine.CCSH})}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: the name that the audit log keeps, and the role."""

    name: str
    role: Role

    def may_act_on(self, systems: frozenset[System]) -> bool:
        """Returns whether all of `systems` are this actor's (R5)."""
        return systems <= _SYSTEMS.get(self.role, frozenset())

    @property
    def may_see_contacts(self) -> bool:
        """Whether people's names, addresses and telephone numbers are shown: auditors read all else."""
        return self.role is not Role.AUDITOR

    def may_speak_on(self, line: HelpLine) -> bool:
        """Returns whether this actor may override a help line's message (R23)."""
        return line in _LINES.get(self.role, frozenset())


CLOCK = "clock"
"""The audit log's name for what no person did."""
COMMAND_LINE = "command line"
"""The audit log's name for whoever sits at the machine."""
SUBSCRIBER = "subscriber"
"""The audit log's name for the holder of a link in a letter."""
BOUNCES = "bounces"
"""The audit log's name for the reading of what came back."""
_OWN_NAMES = frozenset({CLOCK, COMMAND_LINE, SUBSCRIBER, BOUNCES, "console"})
"""`console` was the name of the command line once, and stands in older rows."""


def is_own_name(name: str) -> bool:
    """Returns whether the audit log would take a bearer of this name for the service itself."""
    return " ".join(name.split()).casefold() in _OWN_NAMES
