"""What the scenes are made of: acts over REST, mail over SMTP, and the telephone lines; told and checked."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from outage_service.cli.demo.acts import Deadline
from outage_service.cli.demo.ledger import Entry, MailLedger, Person
from outage_service.cli.demo.letters import ReadLetter, link_in
from outage_service.cli.demo.screen import Screen
from outage_service.cli.demo.stage import Stage, ensure, wait_for
from outage_service.domain.calendar import eastern
from outage_service.domain.roles import Role
from outage_service.domain.systems import HelpLine
from outage_service.domain.texts import Language


class Narrator:
    """An operator and an administrator with tokens of their own, the EDI outage, and the mail so far."""

    def __init__(self, stage: Stage, screen: Screen) -> None:
        self.stage = stage
        self.screen = screen
        self._admin = stage.token("demo administrator", Role.ADMIN)
        self._operator = stage.token("demo operator", Role.TCCU)
        self.ledger = MailLedger(stage, self._admin)
        self.outage: dict[str, Any] = {}
        self._etag = ""

    def move_to(self, instant: datetime, title: str) -> None:
        """Moves the clock and says so."""
        self.stage.move_to(instant)
        self.screen.moment(instant, title)

    # What people do

    def import_people(self, csv: str) -> int:
        """Returns how many subscribers a file added."""
        headers = {"Content-Type": "text/csv"}
        sent: dict[str, Any] = {"content": csv.encode(), "headers": headers}
        answer = self.stage.call("POST", "/v1/subscribers/import", expect=200, token=self._admin, **sent)
        return int(answer.json()["added"])

    def subscribe(self, person: Person) -> None:
        """Subscribes by the public API; only the button behind the mailed link confirms it (P25, P27)."""
        systems = person.line.rstrip(",").split(";")
        asked = {"email": person.email, "language": person.language, "systems": systems, "kinds": []}
        self.stage.call("POST", "/v1/subscriptions", expect=202, json=asked)
        letter = self.ledger.letter()
        ensure(letter.recipient == person.email, "the confirmation goes to who asked")
        link = link_in(letter.text, "confirm")
        self.stage.call("GET", link, expect=200)
        ensure(self._subscribers(person) == 0, "looking at the link confirms nothing")
        self.stage.call("POST", link, expect=200)
        ensure(self._subscribers(person) == 1, "the button confirms the subscription")

    def _subscribers(self, person: Person) -> int:
        answer = self.stage.call(
            "GET", "/v1/subscribers", expect=200, token=self._admin, params={"limit": 200}
        )
        return sum(item["email"] == person.email for item in answer.json()["items"])

    def unsubscribe(self, letter: ReadLetter) -> None:
        """Leaves by the link that mail programs press for their reader (RFC 8058)."""
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        click = "List-Unsubscribe=One-Click"
        self.stage.call("POST", letter.one_click_url, expect=200, headers=kind, content=click)

    def declare(self, body: dict[str, Any]) -> dict[str, Any]:
        """Returns the outage that is declared or announced."""
        answer = self.stage.call("POST", "/v1/outages", expect=201, token=self._operator, json=body)
        outage: dict[str, Any] = answer.json()
        if not self.outage:
            self.outage, self._etag = outage, answer.headers["ETag"]
        return outage

    def act(self, name: str, body: dict[str, Any]) -> None:
        """Does something to the EDI outage, in the version last seen (P19)."""
        path, seen = f"/v1/outages/{self.outage['id']}/{name}", {"If-Match": self._etag}
        answer = self.stage.call("POST", path, expect=200, token=self._operator, json=body, headers=seen)
        self.outage, self._etag = answer.json(), answer.headers["ETag"]

    def refuse(self, body: dict[str, Any]) -> dict[str, Any]:
        """Returns the problem that a wrong declaration is answered with."""
        answer = self.stage.call("POST", "/v1/outages", expect=422, token=self._operator, json=body)
        ensure(
            answer.headers["Content-Type"] == "application/problem+json", "a refusal is a problem document"
        )
        problem: dict[str, Any] = answer.json()
        return problem

    # What comes of it

    def bulletins(self, outage: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """Returns the bulletins of an outage, newest first."""
        of = (outage or self.outage)["id"]
        answer = self.stage.call("GET", "/v1/bulletins", expect=200, params={"outage": of, "limit": 200})
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    def delivered(
        self,
        kind: str,
        people: Iterable[Person],
        *,
        due: datetime | None,
        outage: dict[str, Any] | None = None,
    ) -> Entry:
        """Returns the newest bulletin once it has reached `people`; it promises the next one for `due`."""
        bulletin = self.bulletins(outage)[0]
        ensure(bulletin["kind"] == kind, f"the newest bulletin is {kind}, not {bulletin['kind']}")
        given = bulletin["next_due_at"]
        promised = datetime.fromisoformat(given) if given else None
        ensure(promised == due, f"the next bulletin is due at {due}, not {promised}")
        entry = self.ledger.settle(bulletin, people)
        self.screen.bulletin(bulletin, entry)
        return entry

    def periodic(self, due: datetime, following: datetime, people: Iterable[Person]) -> None:
        """Moves to a due time; the clock issues a bulletin by itself and promises the `following` one."""
        before = len(self.bulletins())
        self.move_to(due, "The clock")

        def look() -> bool | None:
            self.stage.move_to(due)
            return len(self.bulletins()) > before or None

        wait_for(look, f"a bulletin goes out at {eastern(due):%a %H:%M}")
        ensure(len(self.bulletins()) == before + 1, "one bulletin goes out, not two")
        self.delivered("periodic", people, due=following)

    def quiet(self, instant: datetime) -> None:
        """Moves into the night, where nothing may go out without news."""
        before = len(self.bulletins())
        self.move_to(instant, "Quiet hours")
        for _ in range(3):  # one of the service's own ticks may have been under way
            self.stage.move_to(instant)
        ensure(len(self.bulletins()) == before, "no bulletin goes out at night without news")
        self.screen.say("Nothing is sent without news.")

    def expect_contingency(self, state: str) -> None:
        """Checks whether procedures are in effect."""
        found = self.outage["contingency"]["state"]
        ensure(found == state, f"procedures are {state}, not {found}")

    def expect_deadline(self, deadline: Deadline, outage: dict[str, Any], entry: Entry) -> None:
        """Checks a deadline, and that each letter prints it as an absolute time in both languages."""
        found = datetime.fromisoformat(outage["deadlines"][deadline.name])
        ensure(found == deadline.at, f"{deadline.name} is {deadline.at}, not {found}")
        for letter in entry.letters:
            words = " ".join(letter.text.split())
            ensure(deadline.en in words and deadline.fr in words, f"a letter prints {deadline.name}")

    def listen(self, line: HelpLine, *, is_open: bool) -> None:
        """Plays a telephone line in both languages; it says "normal" only where nothing is open (R22)."""
        for language in Language:
            path = f"/v1/broadcast/{line}/{language}.txt"
            said = self.stage.call("GET", path, expect=200).text
            ensure(("normal" in said.lower()) is not is_open, f"{line} says: {said}")
            self.screen.quote(said, f"{line} {language}")
