"""Bulletins as they are sent and archived: one bilingual message in two orders, HTML and plain.

What a bulletin says is made in `sections`; `templates/bulletins/_base/part.*` say how it looks. To add a
kind: a member of `BulletinKind`, its name and prefix in content/wording.yaml, a folder in
`templates/bulletins/` with its `lead` in both languages.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from outage_service.content import Content
from outage_service.domain.bulletins import BulletinFacts, BulletinKind
from outage_service.domain.external_outages import ExternalOutage
from outage_service.domain.letters import LetterSlot
from outage_service.domain.texts import Bilingual, Language
from outage_service.rendering.case_letters import CaseLetter, case_letter
from outage_service.rendering.layouts import LetterBody, lay_out, part
from outage_service.rendering.letters import (
    OVER,
    AlertFacts,
    AlertKind,
    ComposedLetter,
    alert_letter,
    confirmation_letter,
)
from outage_service.rendering.sections import section
from outage_service.rendering.templating import require
from outage_service.rendering.titles import subject

_FOLDER = "bulletins/_base"
_LINKS = {"manage": LetterSlot.MANAGE_URL, "unsubscribe": LetterSlot.UNSUBSCRIBE_URL}


@dataclass(frozen=True, slots=True)
class ComposedBulletin:
    """A bulletin as text: each mapping holds the whole bilingual message, its key's language first.

    `mail` has the markers of personal links (`domain.letters`); `page` is the same for the public archive.
    """

    subject: Bilingual
    mail: Mapping[Language, LetterBody]
    page: Mapping[Language, LetterBody]


class BulletinComposer:
    """Composes bulletins and letters. `base_url` is where the public pages are; test mode marks every text.

    Raises:
        jinja2.TemplateNotFound: a kind of bulletin or alert lacks a text in one of the languages.
    """

    def __init__(self, content: Content, base_url: str, *, test_mode: bool = False) -> None:
        self._content = content
        self._base_url = base_url
        self._test_mode = test_mode
        leads = {f"bulletins/{kind}/lead" for kind in BulletinKind}
        letters = (*AlertKind, OVER, *CaseLetter)
        alerts = {f"letters/{letter}/{part}" for letter in letters for part in ("subject", "body")}
        require(f"{part}.{language}.txt" for part in leads | alerts for language in Language)

    def compose(self, facts: BulletinFacts) -> ComposedBulletin:
        """Returns the bulletin of `facts`; the same facts give the same text."""
        lines = subject(facts, self._content, test_mode=self._test_mode)
        said = {one: section(facts, self._content, one, base_url=self._base_url) for one in Language}
        parts = {one: part(_FOLDER, said[one], self._content, one) for one in Language}
        bodies = {
            (first, is_mail): lay_out(
                (parts[first], parts[first.other]),
                subject=lines[first],
                preheader=" ".join(said[first].lead),
                links=_LINKS if is_mail else {},
                test_mode=self._test_mode,
            )
            for first in Language
            for is_mail in (True, False)
        }
        return ComposedBulletin(
            subject=lines,
            mail={first: bodies[first, True] for first in Language},
            page={first: bodies[first, False] for first in Language},
        )

    def for_regions(self, facts: BulletinFacts) -> Mapping[Language, ComposedLetter]:
        """Returns the bulletin of `facts` as regional operations get it: marked as internal (R12)."""
        lines = subject(facts, self._content, test_mode=self._test_mode)
        said = {one: section(facts, self._content, one, base_url=self._base_url) for one in Language}
        parts = {one: part(_FOLDER, said[one], self._content, one) for one in Language}
        return {
            first: ComposedLetter(
                lines[first],
                lay_out(
                    (parts[first], parts[first.other]),
                    subject=lines[first],
                    preheader=" ".join(said[first].lead),
                    links={},
                    test_mode=self._test_mode,
                    is_internal=True,
                ),
            )
            for first in Language
        }

    def case_letter(self, letter: CaseLetter, facts: ExternalOutage, first: Language) -> ComposedLetter:
        """Returns a letter about a client's own outage, `first` first (R26–R33)."""
        return case_letter(self._content, letter, facts, first, test_mode=self._test_mode)

    def confirmation(self, first: Language) -> ComposedLetter:
        """Returns the letter that asks to confirm a subscription, `first` first."""
        return confirmation_letter(self._content, first, test_mode=self._test_mode)

    def alert(
        self,
        kind: AlertKind,
        *,
        number: str | None = None,
        host: str = "",
        case: str = "",
        is_over: bool = False,
        first: Language = Language.EN,
    ) -> ComposedLetter:
        """Returns an alert to the operators, or that it is over.

        Args:
            number: the outage's, where it is about one.
            host: the machine's name, where it is about one.
            case: the number of a client's outage, where it is about one.
        """
        facts = AlertFacts(kind, number, host, case, is_over)
        base_url = self._base_url
        return alert_letter(self._content, facts, base_url=base_url, first=first, test_mode=self._test_mode)
