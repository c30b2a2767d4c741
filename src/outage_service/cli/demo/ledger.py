"""Counts mail: what the delivery ledger says was sent against what the catcher really received."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from outage_service.cli.demo.letters import ReadLetter, read_letter
from outage_service.cli.demo.stage import Stage, ensure, wait_for
from outage_service.domain.deliveries import DeliveryState
from outage_service.domain.texts import Language


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody on the list; `line` is the rest of the CSV line."""

    email: str
    language: Language
    line: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One bulletin: how many deliveries the ledger counts as accepted, and what came in."""

    number: str
    sequence: int
    kind: str
    accepted: int
    letters: tuple[ReadLetter, ...]


class MailLedger:
    """Follows the mail of one demo, bulletin by bulletin; no letter may be left over or come twice."""

    def __init__(self, stage: Stage, token: str) -> None:
        self._stage = stage
        self._token = token
        self._read = 0
        self.entries: list[Entry] = []
        self.other_letters: list[ReadLetter] = []

    def letter(self) -> ReadLetter:
        """Returns the next letter, which is no bulletin."""
        (letter,) = self._next(1)
        self.other_letters.append(letter)
        return letter

    def settle(self, bulletin: dict[str, Any], people: Iterable[Person]) -> Entry:
        """Waits until `bulletin` is delivered; it must have reached exactly `people`, each in their order."""
        languages = {person.email: person.language for person in people}
        accepted = self._accepted(bulletin)
        ensure(
            accepted == len(languages),
            f"{name_of(bulletin)} is delivered to {len(languages)}, not {accepted}",
        )
        letters = self._next(len(languages))
        reached = sorted(letter.recipient for letter in letters)
        ensure(
            reached == sorted(languages), f"{name_of(bulletin)} reaches {sorted(languages)}, not {reached}"
        )
        for letter in letters:
            subject = bulletin["subject"][languages[letter.recipient]]
            ensure(letter.subject == subject, f"{letter.subject!r} is the subject {subject!r}")
        entry = Entry(bulletin["number"], bulletin["sequence"], bulletin["kind"], accepted, tuple(letters))
        self.entries.append(entry)
        return entry

    def close(self) -> int:
        """Returns how many letters there were; none may be unaccounted for or have come twice."""
        letters = [*self.other_letters, *(letter for entry in self.entries for letter in entry.letters)]
        caught = len(self._stage.catcher.caught())
        ensure(caught == len(letters), f"{len(letters)} letters are accounted for, {caught} were received")
        ids = {letter.message_id for letter in letters}
        ensure(len(ids) == len(letters), "no letter came twice")
        return caught

    def _accepted(self, bulletin: dict[str, Any]) -> int:
        path = f"{bulletin['links']['self']}/deliveries"

        def look() -> dict[str, Any] | None:
            found: dict[str, Any] = self._stage.call("GET", path, expect=200, token=self._token).json()
            return found if found["complete"] else None

        counts = wait_for(look, f"{name_of(bulletin)} is delivered")["counts"]
        accepted = int(counts.pop(DeliveryState.ACCEPTED, 0))
        ensure(not any(counts.values()), f"every delivery of {name_of(bulletin)} is accepted, not {counts}")
        return accepted

    def _next(self, count: int) -> list[ReadLetter]:
        """Returns the letters that came since the last look, at least `count` of them."""

        def look() -> list[ReadLetter] | None:
            caught = self._stage.catcher.caught()[self._read :]
            return [read_letter(each) for each in caught] if len(caught) >= count else None

        letters = wait_for(look, f"{count} letters come in")
        self._read += len(letters)
        return letters


def name_of(bulletin: dict[str, Any]) -> str:
    """Returns what people call a bulletin: `TCC26-0001 #3`."""
    return f"{bulletin['number']} #{bulletin['sequence']}"
