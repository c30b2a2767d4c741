"""An operator at a form of the console: its fields as a browser would send them, and what a page says."""

from dataclasses import dataclass
from html.parser import HTMLParser

import httpx

from tests.desk import Desk

EDI_DELAY = {
    "kind": "unscheduled",
    "on": "edi",
    "direction_edi": "both",
    "condition_edi": "delay",
    "behind_edi": "45",
}
MESSAGE = {"message_en": "EDI is 45 min behind.", "message_fr": "L’EDI a 45 min de retard."}
Fields = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Toggle:
    """Where the language toggle of a page leads; with `fields` it is a form."""

    href: str
    fields: Fields | None = None


class _Reader(HTMLParser):
    """Reads the fields of every form of a page, by its action; and the language toggle, a form or a link."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: dict[str, Fields] = {}
        self.toggle = Toggle("")
        self._is_in_toggle = False
        self._fields: Fields = {}
        self._select = ""
        self._area: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in ("form", "p"):
            self._is_in_toggle = given.get("class") == "toggle"
        if tag == "form" and self._is_in_toggle:
            self._fields = {}
            self.toggle = Toggle(given["action"], self._fields)
        elif tag == "a" and self._is_in_toggle:
            self.toggle = Toggle(given["href"])
        elif tag == "form":
            self._fields = self.forms.setdefault(given.get("action", ""), {})
        elif tag == "input" and self._is_sent(given):
            self._fields.setdefault(given["name"], []).append(given.get("value", "on"))
        elif tag == "select":
            self._select = given["name"]
        elif tag == "option" and "selected" in given:
            self._fields.setdefault(self._select, []).append(given["value"])
        elif tag == "textarea":
            self._area = given["name"]
            self._fields[self._area] = [""]

    def _is_sent(self, given: dict[str, str]) -> bool:
        kind = given.get("type")
        return (
            "disabled" not in given
            and kind != "submit"
            and (kind not in ("checkbox", "radio") or "checked" in given)
        )

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._fields[self._area][0] += data

    def handle_endtag(self, tag: str) -> None:
        if tag in ("form", "p"):
            self._is_in_toggle = False
        if tag == "textarea" and self._area is not None:
            self._fields[self._area][0] = self._fields[self._area][0].removeprefix("\n")
            self._area = None


def form_at(answer: httpx.Response, end: str) -> Fields:
    """Returns the fields of the form whose action ends so, as a browser would send them."""
    reader = _Reader()
    reader.feed(answer.text)
    (found,) = [fields for action, fields in reader.forms.items() if action.endswith(end)]
    return found


def toggle_on(answer: httpx.Response) -> Toggle:
    """Returns the language toggle of a page."""
    reader = _Reader()
    reader.feed(answer.text)
    return reader.toggle


def press(desk: Desk, answer: httpx.Response, end: str, go: str, **typed: str) -> httpx.Response:
    """Sends the form of a page as it stands, with what was typed, by the button `go`."""
    fields = form_at(answer, end) | typed | {"go": go}
    return desk.submit(f"/en/console/{end}", fields)
