"""What the audit page calls each act."""

from outage_service.domain.bulletins import BulletinKind
from outage_service.web.texts import load_texts


def test_every_kind_of_bulletin_has_its_words_in_the_audit_log() -> None:
    """An act without them is told by its code: no reader should meet one."""
    texts = load_texts("console_audit")
    assert {f"action_{kind}" for kind in BulletinKind} <= set(texts)
