"""Clients' own outages: recorded and answered, never a bulletin (R3, R26–R33)."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from outage_service.domain.errors import InvalidAct, StateConflict
from outage_service.domain.roles import Role
from outage_service.domain.systems import HelpLine, System
from outage_service.domain.texts import Language

NOTICE_AT_LEAST = timedelta(hours=24)
"""How far ahead a client is to tell of a scheduled outage of its own (R27)."""
_SEES_EVERYTHING = frozenset({Role.TCCU, Role.ADMIN, Role.AUDITOR})


class Unit(StrEnum):
    """Who looks after a client's outage (R26, R28)."""

    TCCU = "tccu"
    CTSU = "ctsu"


@dataclass(frozen=True, slots=True)
class Report:
    """What a client has told by telephone. `email` is where the confirmation goes; None: nowhere.

    `is_incident`: of cybersecurity; its confirmation also asks to report it to the Canadian Centre for Cyber
    Security, whether the attempt was successful or not (R33).
    """

    client: str
    contact: str
    email: str | None
    language: Language
    systems: tuple[System, ...]
    description: str
    is_scheduled: bool = False
    is_provider: bool = False
    is_incident: bool = False
    told_at: datetime | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ExternalOutage:
    """A client's outage as it is on record; times in UTC. `is_provider`: of its service provider (R31)."""

    case_number: str
    unit: Unit
    client: str
    contact: str
    email: str | None
    language: Language
    systems: tuple[System, ...]
    description: str
    is_scheduled: bool
    is_provider: bool
    is_incident: bool
    told_at: datetime
    starts_at: datetime
    ends_at: datetime | None
    resolved_at: datetime | None = None
    version: int = 1
    id: int = 0

    @property
    def notice(self) -> timedelta | None:
        """How far ahead a scheduled outage was told of; negative where it had begun (R27)."""
        return self.starts_at - self.told_at if self.is_scheduled else None

    @property
    def is_short_notice(self) -> bool:
        """Whether it was told of less than 24 hours ahead: flagged, never refused (R27)."""
        return self.notice is not None and self.notice < NOTICE_AT_LEAST

    @property
    def is_called_off(self) -> bool:
        """Whether it was over before it could begin."""
        return self.resolved_at is not None and self.resolved_at < self.starts_at

    @property
    def line(self) -> HelpLine:
        """The line on which its client calls again."""
        return HelpLine.CTSU if self.unit is Unit.CTSU else HelpLine.TCCU

    def may_be_read_by(self, role: Role) -> bool:
        """Returns whether this role may read it: CTSU its own, and of incidents none (R32)."""
        if role in _SEES_EVERYTHING:
            return True
        return role is Role.CTSU and self.unit is Unit.CTSU and not self.is_incident


def unit_for(systems: tuple[System, ...], *, is_incident: bool) -> Unit:
    """Returns whose it is: CTSU's where it is CAD/API alone; an incident is TCCU's (R26, R32)."""
    is_ctsu = set(systems) == {System.CAD_API} and not is_incident
    return Unit.CTSU if is_ctsu else Unit.TCCU


def may_record(role: Role, systems: tuple[System, ...]) -> bool:
    """Returns whether an operator may record this: TCCU anything, CTSU what CAD/API clients report."""
    return role is Role.TCCU or (role is Role.CTSU and set(systems) == {System.CAD_API})


def recorded(report: Report, *, case_number: str, now: datetime) -> ExternalOutage:
    """Returns the outage as recorded at `now`.

    Raises:
        InvalidAct: told in the future; scheduled without a start and an end; an end before its start.
    """
    told_at = report.told_at or now
    if told_at > now:
        raise InvalidAct("told_in_future", "Nobody can have told of it in the future.", field="told_at")
    if report.is_scheduled and (report.starts_at is None or report.ends_at is None):
        field = "ends_at" if report.starts_at else "starts_at"
        raise InvalidAct("window_missing", "A scheduled outage has a start and an end.", field=field)
    starts_at = report.starts_at or told_at
    _check_end(starts_at, report.ends_at)
    return ExternalOutage(
        case_number=case_number,
        unit=unit_for(report.systems, is_incident=report.is_incident),
        client=report.client,
        contact=report.contact,
        email=report.email,
        language=report.language,
        systems=report.systems,
        description=report.description,
        is_scheduled=report.is_scheduled,
        is_provider=report.is_provider,
        is_incident=report.is_incident,
        told_at=told_at,
        starts_at=starts_at,
        ends_at=report.ends_at,
    )


def _check_end(start: datetime, end: datetime | None) -> None:
    if end is not None and end <= start:
        raise InvalidAct("end_before_start", "The end must be after the start.", field="ends_at")


@dataclass(frozen=True, slots=True)
class Amendment:
    """What an operator has learned since; None leaves a thing as it is. An incident stays one."""

    description: str | None = None
    ends_at: datetime | None = None
    resolved_at: datetime | None = None
    is_incident: bool = False


def amended(outage: ExternalOutage, amendment: Amendment, *, now: datetime) -> ExternalOutage:
    """Returns the outage with what was learned, one version on.

    One that has not begun may be over all the same: it is called off.

    Raises:
        StateConflict: it is resolved.
        InvalidAct: an end before its start; resolved before both its start and its report, or in the future.
    """
    if outage.resolved_at is not None:
        raise StateConflict("closed", "It is resolved. A fault that returns is a new case.")
    _check_end(outage.starts_at, amendment.ends_at)
    resolved_at = amendment.resolved_at
    earliest = min(outage.starts_at, outage.told_at)
    if resolved_at is not None and not earliest <= resolved_at <= now:
        detail = "It was resolved between its start, or when it was told of, and now."
        raise InvalidAct("resolved_out_of_range", detail, field="resolved_at")
    is_incident = outage.is_incident or amendment.is_incident
    return replace(
        outage,
        unit=Unit.TCCU if is_incident else outage.unit,
        description=amendment.description or outage.description,
        ends_at=amendment.ends_at or outage.ends_at,
        resolved_at=resolved_at,
        is_incident=is_incident,
        version=outage.version + 1,
    )
