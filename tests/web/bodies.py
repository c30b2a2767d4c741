"""Request bodies as operators send them; a test names only what matters to it."""

from typing import Any

MESSAGE = {"en": "Messages are not being received.", "fr": "Aucun message n’est reçu."}
Body = dict[str, Any]


def unscheduled(*impacts: Body, **fields: Any) -> Body:
    """Returns the declaration of an unscheduled outage; by default all of EDI is out."""
    return {
        "kind": "unscheduled",
        "impacts": list(impacts) or [{"system": "edi"}],
        "message": MESSAGE,
        **fields,
    }


def delay(system: str = "edi", behind_minutes: float = 45, **fields: Any) -> Body:
    """Returns an impact that is a delay."""
    return {"system": system, "condition": "delay", "behind_minutes": behind_minutes, **fields}


def scheduled(*impacts: Body, **fields: Any) -> Body:
    """Returns the announcement of a scheduled outage on the Sunday morning after `THURSDAY_10H`."""
    return {
        "kind": "scheduled",
        "impacts": list(impacts) or [{"system": "cers"}],
        "planned_start_at": "2026-11-29T02:00:00-05:00",
        "planned_end_at": "2026-11-29T06:00:00-05:00",
        "message": MESSAGE,
        **fields,
    }


def news(**fields: Any) -> Body:
    """Returns an update, a resolution, a revocation or a cancellation: a message and more."""
    return {"message": MESSAGE, **fields}
