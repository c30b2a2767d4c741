"""What the demo's operator sends, and by hand when the next bulletin must be due."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Deadline:
    """A deadline: the API's name for it, when it is, and how a bulletin prints it in each language."""

    name: str
    at: datetime
    en: str
    fr: str


def at(wall_clock: str) -> datetime:
    """Returns an instant of the last week of November 2026, as Toronto's clocks show it."""
    return datetime.fromisoformat(f"2026-11-{wall_clock}:00-05:00")


def _delay(minutes: int) -> list[dict[str, Any]]:
    return [{"system": "edi", "direction": "both", "condition": "delay", "behind_minutes": minutes}]


DECLARED_AT = at("26T10:20")
DELAY: dict[str, Any] = {
    "kind": "unscheduled",
    "impacts": _delay(45),
    "started_at": at("26T09:50").isoformat(),
    "message": {
        "en": "EDI messages are processed about 45 minutes late. We are looking for the cause.",
        "fr": "L’EDI traite les messages avec quelque 45 minutes de retard. Nous cherchons la cause.",
    },
}
DELAY_NEXT = at("26T14:20")

WRONG = {**DELAY, "started_at": at("26T18:00").isoformat()}

RAISED_AT = at("26T11:05")
OUTAGE: dict[str, Any] = {
    "impacts": _delay(75),
    "message": {
        "en": "The delay has grown to 75 minutes.",
        "fr": "Le retard atteint maintenant 75 minutes.",
    },
}
OUTAGE_NEXT = at("26T13:05")

CADENCE = (
    (at("26T13:05"), at("26T15:05")),  # business hours: every 2 h
    (at("26T15:05"), at("26T17:05")),
    (at("26T17:05"), at("26T21:05")),  # after hours: every 4 h
    (at("26T21:05"), at("27T08:00")),  # 01:05 is quiet
)
NIGHT = at("27T02:00")
MORNING = (at("27T08:00"), at("27T10:00"))

ANNOUNCED_AT = at("27T08:30")
MAINTENANCE: dict[str, Any] = {
    "kind": "scheduled",
    "impacts": [{"system": "cers"}],
    "planned_start_at": at("29T02:00").isoformat(),
    "planned_end_at": at("29T06:00").isoformat(),
    "message": {
        "en": "The CERS Portal is being upgraded.",
        "fr": "Le portail du SCDE fait l’objet d’une mise à niveau.",
    },
}
CUT_OFF = Deadline(  # 2 h before the start (R45)
    "transmit_by",
    at("29T00:00"),
    "Sunday, November 29, 2026, 00:00 (ET)",
    "dimanche 29 novembre 2026 à 0 h (HE)",
)
REMINDED_AT = at("27T21:00")  # 24 h before is 02:00, in quiet hours: the last 21:00 before it (R17)

LEFT_AT = at("27T09:00")

IDENTIFIED_AT = at("27T09:10")
IDENTIFIED: dict[str, Any] = {
    "problem_identified": True,
    "estimated_resolution_at": at("27T12:00").isoformat(),
    "message": {
        "en": "A storage fault was found and is being repaired.",
        "fr": "Une défaillance du stockage a été trouvée; la réparation est en cours.",
    },
}
IDENTIFIED_NEXT = at("27T11:10")
LAST_PERIODIC = (at("27T11:10"), at("27T13:10"))

RESOLVED_AT = at("27T11:40")
RESOLVED: dict[str, Any] = {
    "restored_at": at("27T11:30").isoformat(),
    "message": {
        "en": "EDI is working again and the queue is empty.",
        "fr": "L’EDI fonctionne de nouveau et la file d’attente est vide.",
    },
}
PAPER_PRINTED = ("Friday, November 27, 2026, 13:30 (ET)", "vendredi 27 novembre 2026 à 13 h 30 (HE)")
DEADLINES = (
    Deadline("paper_accepted_until", at("27T13:30"), *PAPER_PRINTED),  # R51
    Deadline("penalty_relief_until", at("27T13:30"), *PAPER_PRINTED),  # R54
    Deadline(  # R52: 24 h
        "documents_recommended_by",
        at("28T11:30"),
        "Saturday, November 28, 2026, 11:30 (ET)",
        "samedi 28 novembre 2026 à 11 h 30 (HE)",
    ),
    Deadline(  # R52: 24 business hours: 5.5 on Friday, 9 on Monday, 9 on Tuesday, half an hour on Wednesday
        "documents_due_at",
        datetime.fromisoformat("2026-12-02T08:30:00-05:00"),
        "Wednesday, December 2, 2026, 08:30 (ET)",
        "mercredi 2 décembre 2026 à 8 h 30 (HE)",
    ),
)
