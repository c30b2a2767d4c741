"""Small snapshots: one line, one language, and wording that tells the frames of mind apart."""

from datetime import UTC, datetime, timedelta

from outage_service.domain.texts import Language
from outage_service.edge.snapshot import Snapshot, Wording, build_snapshot, unknown_snapshot

NOW = datetime(2026, 11, 26, 15, 20, 30, tzinfo=UTC)
NOT_FOUND = "There is no message here. Il n’y a aucun message ici."


class Clocks:
    """Service time and monotonic time, each moved by hand."""

    def __init__(self) -> None:
        self.now = NOW
        self.seconds = 1000.0

    def service(self) -> datetime:
        return self.now

    def monotonic(self) -> float:
        return self.seconds

    def pass_by(self, seconds: float) -> None:
        """Lets time pass on both."""
        self.now += timedelta(seconds=seconds)
        self.seconds += seconds


def wording(text: str, *, stale: bool = False) -> Wording:
    return Wording(
        broadcasts={
            "tccu/en.txt": text,
            "tccu/fr.txt": f"{text} en français",
            "tccu/both.twiml": "<Response/>",
            "tccu/en.json": {"line": "tccu", "text": {"en": text, "fr": text}, "stale": stale},
        },
        status={"stale": stale, "systems": [], "note": text},
        home={language: f"<html lang={language}>{text}</html>" for language in Language},
    )


def a_snapshot(
    text: str = "All is well.", *, as_of: datetime = NOW, valid_until: datetime | None = None
) -> Snapshot:
    return build_snapshot(
        as_of=as_of,
        valid_until=valid_until,
        fresh=wording(text),
        stale=wording(f"Last known: {text}", stale=True),
        not_found=NOT_FOUND,
    )


UNKNOWN = unknown_snapshot(wording("It cannot be known.", stale=True), not_found=NOT_FOUND)
