"""What the demo prints: a timeline that reads well in 80 columns, with or without a terminal."""

import textwrap
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from outage_service.cli.demo.ledger import Entry
from outage_service.domain.calendar import eastern

INDENT = 2
QUOTE_INDENT = 6


class Screen:
    """Prints the story on standard output."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, markup=False, emoji=False)

    def moment(self, instant: datetime, title: str) -> None:
        """Prints when the following happens, in Eastern Time."""
        self._console.print()
        self._console.rule(Text(f"{eastern(instant):%a %Y-%m-%d %H:%M} ET  {title}", "bold"), align="left")

    def say(self, text: str) -> None:
        """Prints a line of the story."""
        self._console.print(Padding(Text(text), (0, 0, 0, INDENT), expand=False))

    def quote(self, text: str, label: str = "") -> None:
        """Prints what the service itself has said."""
        # rich would break a line at a no-break space.
        width = self._console.width - QUOTE_INDENT
        said = Text(
            textwrap.fill(f"{label}: {text}" if label else text, width, break_on_hyphens=False), "cyan"
        )
        said.stylize("bold", 0, len(label))
        self._console.print(Padding(said, (0, 0, 0, QUOTE_INDENT), expand=False))

    def bulletin(self, bulletin: dict[str, Any], entry: Entry) -> None:
        """Prints that a bulletin went out, to how many, and when the next is due."""
        due = bulletin["next_due_at"]
        ahead = f"next by {eastern(datetime.fromisoformat(due)):%a %H:%M}" if due else "no next one"
        sent = f"#{entry.sequence} {entry.kind}: {len(entry.letters)} mails received; {ahead}"
        self._console.print(Padding(Text(sent, "green"), (0, 0, 0, INDENT), expand=False))
        self.quote(bulletin["subject"]["en"])

    def letter(self, text: str) -> None:
        """Prints a letter's text as it was received."""
        self._console.print(Text(text.rstrip()), soft_wrap=True)

    def counts(self, entries: Iterable[Entry]) -> None:
        """Prints the ledger beside the mail."""
        table = Table(box=None, pad_edge=False, padding=(0, 2))
        for heading in ("Bulletin", "Kind"):
            table.add_column(heading)
        for heading in ("Ledger", "Received"):
            table.add_column(heading, justify="right")
        for each in entries:
            name = f"{each.number} #{each.sequence}"
            table.add_row(name, each.kind, str(each.accepted), str(len(each.letters)))
        self._console.print(Padding(table, (0, 0, 0, INDENT), expand=False))

    def pages(self, url: str) -> None:
        """Prints where to look while the demo stays up."""
        self._console.print()
        for path in (
            "/v1/broadcast/tccu/en.txt",
            "/v1/broadcast/tccu/fr.txt",
            "/v1/broadcast/tccu/both.txt",
            "/v1/status",
            "/v1/outages",
            "/v1/bulletins",
            "/v1/bulletins/1.html",
            "/v1/bulletins/1.txt",
            "/openapi.json",
        ):
            self._console.print(Text(url + path), soft_wrap=True)
        self._console.print("Ctrl-C ends it.")
