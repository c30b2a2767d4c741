"""An operator at a form of the console: its fields as a browser would send them, and what a page says."""

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


class _Reader(HTMLParser):
    """Reads the fields of every form of a page, by its action."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: dict[str, Fields] = {}
        self._fields: Fields = {}
        self._select = ""
        self._area: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._fields = self.forms.setdefault(given["action"], {})
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
        return given.get("type") not in ("checkbox", "radio") or "checked" in given

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._fields[self._area][0] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._area is not None:
            self._fields[self._area][0] = self._fields[self._area][0].removeprefix("\n")
            self._area = None


def form_at(answer: httpx.Response, end: str) -> Fields:
    """Returns the fields of the form whose action ends so, as a browser would send them."""
    reader = _Reader()
    reader.feed(answer.text)
    (found,) = [fields for action, fields in reader.forms.items() if action.endswith(end)]
    return found


def press(desk: Desk, answer: httpx.Response, end: str, go: str, **typed: str) -> httpx.Response:
    """Sends the form of a page as it stands, with what was typed, by the button `go`."""
    fields = form_at(answer, end) | typed | {"go": go}
    return desk.submit(f"/en/console/{end}", fields)
