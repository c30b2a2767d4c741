"""What every act of the console works with: who acts, in which language, and how its pages are made."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from starlette.responses import HTMLResponse

from outage_service.content.standard_texts import StandardText, standard_texts
from outage_service.domain.errors import RuleError
from outage_service.domain.outages import Outage
from outage_service.domain.systems import CATALOGUE, in_catalogue_order
from outage_service.domain.texts import Bilingual, Language
from outage_service.rendering.times import clock_time
from outage_service.services.errors import NotPermitted
from outage_service.services.previews import Preview
from outage_service.services.sessions import SignedIn
from outage_service.services.standard_texts import draft
from outage_service.web.api.bulletins import PAGE_POLICY
from outage_service.web.forms import ONLY_SHOW, Sent, sends_again
from outage_service.web.pages.console.form_fields import (
    Mistake,
    Row,
    WrongForm,
    local_instant,
    minutes_typed,
    refused,
    time_input,
)
from outage_service.web.pages.console.previewing import PreviewShown, hints_in_words, shown_preview
from outage_service.web.pages.console.shell import Frame
from outage_service.web.pages.site import fill, thousands
from outage_service.web.texts import first_of, texts_in

T = TypeVar("T")
TEXTS = "console_acts"
_SHOWN_BY = {"send": "preview", "": ONLY_SHOW}
"""Of the buttons of acts, those that do something, and what shows the same."""


@dataclass(frozen=True, slots=True)
class ActsDesk(Frame):
    """An operator at work on a page; `texts` are those of acts, in the language of the page."""

    session: SignedIn

    @classmethod
    def of(cls, session: SignedIn, frame: Frame) -> "ActsDesk":
        """Returns the desk of who is signed in."""
        return cls(frame.language, frame.request, frame.engine, session)

    @property
    def texts(self) -> Mapping[str, str]:
        """What the pages of acts say."""
        return texts_in(TEXTS, self.language)

    def show(
        self, template: str, *, status: int = 200, here: str | None = None, **values: Any
    ) -> HTMLResponse:
        """Returns a page of acts."""
        return self.page(
            f"console/{template}",
            self.session,
            texts=TEXTS,
            here=here,
            status=status,
            toggle=sends_again(self.request, steps=_SHOWN_BY),
            now=self.engine.clock(),
            catalogue=CATALOGUE,
            counted=self._counted,
            clock_time=lambda at: clock_time(at, self.language),
            names_of=self._names_of,
            time_input=time_input,
            **values,
        )

    def _counted(self, number: int) -> str:
        return thousands(number, self.language)

    def _names_of(self, outage: Outage) -> str:
        systems = in_catalogue_order(impact.system for impact in outage.active_impacts)
        return self.words.names([(system, None) for system in systems], "plain")

    def preview(self, seen: Preview) -> PreviewShown:
        """Returns a preview in words."""
        return shown_preview(
            seen,
            self.language,
            self.texts,
            calendar=self.engine.calendar,
            base_url=self.engine.base_url,
        )

    def hints(self, message: Bilingual | None) -> tuple[str, ...]:
        """Returns where the two languages of a text seem to differ."""
        return hints_in_words(message, self.texts)

    def told(self, mistakes: Sequence[Mistake], rows: Sequence[Row]) -> list[tuple[str, str]]:
        """Returns each mistake with its field, in words that name the field."""
        return [(mistake.field, self._told(mistake, rows)) for mistake in mistakes]

    def _told(self, mistake: Mistake, rows: Sequence[Row]) -> str:
        told = first_of(
            self.texts,
            f"{mistake.code}_{mistake.field}",
            f"wrong_{mistake.code}_{mistake.field}",
            f"wrong_{mistake.code}",
            mistake.code,
            "wrong_invalid",
        )
        return fill(told, field=self._label(mistake, rows))

    def _label(self, mistake: Mistake, rows: Sequence[Row]) -> str:
        name, _, row_id = mistake.field.partition("_")
        row = next((row for row in rows if row.id == row_id), None)
        if row is not None:
            system = self.words.heading(self.words.content.systems[row.system].short.plain)
            return f"{system} – {self.texts[f'field_{name}']}"
        return first_of(self.texts, f"name_{mistake.field}", f"field_{mistake.field}", "field_form")


def attempted(work: Callable[[], T], rows: Sequence[Row]) -> T:
    """Returns what an act or its preview returned.

    Raises:
        WrongForm: the rules refuse it, with the field at fault.
    """
    try:
        return work()
    except RuleError as error:
        raise refused(error, rows) from error
    except NotPermitted as error:
        raise WrongForm([Mistake("systems", "not_permitted")]) from error


def filled_in(sent: Sent, rows: Sequence[Row]) -> Bilingual | None:
    """Returns the chosen standard text with what the form knows already filled in."""
    text = standard_texts().get(sent.text("template"))
    return draft(text, known_fields(sent, text, rows)) if text else None


def known_fields(sent: Sent, text: StandardText, rows: Sequence[Row]) -> dict[str, object]:
    """Returns those fields of a standard text that were typed elsewhere in the form."""
    found = dict[str, object]()
    behind = [row.behind for row in rows if row.is_on and row.behind.strip()]
    if "behind_minutes" in text.fields and behind:
        found["behind_minutes"] = max(minutes_typed(each, "systems") for each in behind)
    sources = {
        "expected_at": "estimated_resolution_at",
        "restored_at": "restored_at",
        "started_at": "started_at",
    }
    for name, field in sources.items():
        instant = local_instant(sent.text(field), field) if name in text.fields else None
        if instant is not None:
            found[name] = instant
    return found


def as_mail(seen: Preview, language: Language) -> HTMLResponse:
    """Returns the bulletin as the archive would show it: its own styles, and nothing runs in it."""
    headers = {"Content-Security-Policy": PAGE_POLICY, "Cache-Control": "no-store"}
    return HTMLResponse(seen.html[language], headers=headers)
