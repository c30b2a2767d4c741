"""What `doctor` finds: one line each, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad a finding is; a failure ends `doctor` with status 1."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; `advice` is blank where there is nothing to do."""

    level: Level
    subject: str
    said: str
    advice: str = ""


def ok(subject: str, said: str) -> Finding:
    """Returns that all is well."""
    return Finding(Level.OK, subject, said)


def warn(subject: str, said: str, advice: str) -> Finding:
    """Returns what the service can run with, and should not for long."""
    return Finding(Level.WARN, subject, said, advice)


def fail(subject: str, said: str, advice: str) -> Finding:
    """Returns what keeps the service from its work."""
    return Finding(Level.FAIL, subject, said, advice)
