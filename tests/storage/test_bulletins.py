"""Bulletins as rows: written once, found by all that a reader asks for."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest

from outage_service.domain.bulletins import BulletinKind, Chapter
from outage_service.domain.systems import System
from outage_service.domain.texts import Bilingual
from outage_service.storage import DatabaseError, bulletins
from outage_service.storage.bulletins import BulletinRecord, insert_bulletin
from outage_service.storage.database import Database
from outage_service.storage.failures import Failure, failure_of
from tests.builders import MESSAGE, THURSDAY_10H, at
from tests.storage.rows import TITLE, a_bulletin, a_stored_outage

NOON, TWO = at("2026-11-26 12:00"), at("2026-11-26 14:00")
NEWS = Bilingual("It is worse.", "C’est pire.")


@pytest.fixture
def outage_id(db: Database) -> int:
    """An outage that can have bulletins."""
    return db.write(a_stored_outage).id


@pytest.fixture
def life(db: Database, outage_id: int) -> list[int]:
    """The ids of an outage's bulletins: initial, periodic, update, correction of the second."""
    told = (
        a_bulletin(outage_id),
        a_bulletin(outage_id, 2, kind=BulletinKind.PERIODIC, message=None, slot_at=NOON, issued_at=NOON),
        a_bulletin(
            outage_id, 3, kind=BulletinKind.UPDATE, message=NEWS, issued_at=TWO,
            systems=(System.EDI, System.CERS),
        ),
    )  # fmt: skip
    ids = [db.write(lambda tx, new=new: insert_bulletin(tx, new)) for new in told]
    wrong = a_bulletin(outage_id, 4, kind=BulletinKind.CORRECTION, issued_at=TWO, corrects_id=ids[1])
    return [*ids, db.write(lambda tx: insert_bulletin(tx, wrong))]


def test_a_bulletin_comes_back_as_it_was(db: Database, outage_id: int, life: list[int]) -> None:
    """What the archive shows of it, with the outage's number."""
    with db.read() as tx:
        found = bulletins.find_bulletin(tx, life[2])
    assert found == BulletinRecord(
        id=life[2],
        outage_id=outage_id,
        number="TCC26-0001",
        sequence=3,
        kind=BulletinKind.UPDATE,
        issued_at=TWO,
        created_at=TWO,
        next_due_at=None,
        policy_version="carm-1",
        systems=(System.EDI, System.CERS),
        message=NEWS,
        corrects_id=None,
        subject=TITLE,
    )


def test_a_correction_names_what_it_corrects(db: Database, life: list[int]) -> None:
    """By the bulletin's id."""
    with db.read() as tx:
        found = bulletins.find_bulletin(tx, life[3])
    assert found is not None
    assert found.corrects_id == life[1]


def test_what_the_clock_issued_has_no_message_of_its_own(db: Database, life: list[int]) -> None:
    """It repeats the latest news."""
    with db.read() as tx:
        found = bulletins.find_bulletin(tx, life[1])
    assert found is not None
    assert found.message is None


@pytest.mark.usefixtures("life")
def test_the_pages_of_a_bulletin_are_kept_as_they_were(db: Database, life: list[int]) -> None:
    """P15: both orders of languages, HTML and text."""
    with db.read() as tx:
        assert bulletins.find_page(tx, life[0]) == (
            Bilingual("<p>Text</p>", "<p>Texte</p>"),
            Bilingual("Text", "Texte"),
        )


def test_a_bulletin_that_is_not_there_is_none(db: Database) -> None:
    """Neither its row nor its pages."""
    with db.read() as tx:
        assert bulletins.find_bulletin(tx, 77) is None
        assert bulletins.find_page(tx, 77) is None


def test_an_outages_bulletins_are_told_in_sequence(db: Database, outage_id: int, life: list[int]) -> None:
    """Later ones repeat the earlier below, newest first."""
    with db.read() as tx:
        assert [one.id for one in bulletins.bulletins_of(tx, outage_id)] == life
        chapters = bulletins.chapters_of(tx, outage_id, limit=9)
        newest = bulletins.chapters_of(tx, outage_id, limit=2)
    assert newest == chapters[:2]
    assert [chapter.sequence for chapter in chapters] == [4, 3, 2, 1]
    assert chapters[2] == Chapter(2, BulletinKind.PERIODIC, NOON, None)


def test_the_newest_bulletin_of_an_outage_is_found_by_its_number(
    db: Database, outage_id: int, life: list[int]
) -> None:
    """What a reader has in hand is the number."""
    other = db.write(lambda tx: a_stored_outage(tx, number="TCC26-0002")).id
    newer = db.write(lambda tx: insert_bulletin(tx, a_bulletin(other)))
    with db.read() as tx:
        assert bulletins.newest_bulletin(tx, "TCC26-0001") == life[-1]
        assert bulletins.newest_bulletin(tx, "TCC26-0002") == newer
        assert bulletins.newest_bulletin(tx, "TCC26-0003") is None
    assert outage_id != other


def test_the_latest_news_of_each_outage_is_found(db: Database, outage_id: int, life: list[int]) -> None:
    """What an operator said last, whatever the clock has issued since."""
    later = a_bulletin(outage_id, 5, kind=BulletinKind.PERIODIC, message=None, slot_at=TWO, issued_at=TWO)
    db.write(lambda tx: insert_bulletin(tx, later))
    with db.read() as tx:
        assert bulletins.latest_messages(tx, [outage_id, 77]) == {outage_id: MESSAGE}
        assert bulletins.latest_messages(tx, []) == {}
        assert bulletins.latest_news(tx, outage_id)[0] == MESSAGE
    assert life


@pytest.mark.parametrize("repeated", ["sequence", "slot"])
def test_a_sequence_and_a_slot_are_taken_once(
    db: Database, outage_id: int, life: list[int], repeated: str
) -> None:
    """P1: whatever the schedulers do, the database keeps one."""
    sequence, slot_at = (2, TWO) if repeated == "sequence" else (9, NOON)
    again = a_bulletin(outage_id, sequence, kind=BulletinKind.PERIODIC, message=None, slot_at=slot_at)
    with pytest.raises(DatabaseError) as caught:
        db.write(lambda tx: insert_bulletin(tx, again))
    assert failure_of(caught.value) is Failure.TAKEN
    assert life


def test_news_takes_no_slot(db: Database, outage_id: int) -> None:
    """Two of them may come in one minute."""
    for sequence in (1, 2):
        db.write(lambda tx, sequence=sequence: insert_bulletin(tx, a_bulletin(outage_id, sequence)))
    with db.read() as tx:
        assert len(bulletins.bulletins_of(tx, outage_id)) == 2


def test_an_issued_slot_is_known(db: Database, outage_id: int, life: list[int]) -> None:
    """P5: after the clock was set back."""
    with db.read() as tx:
        assert bulletins.is_slot_issued(tx, outage_id, NOON)
        assert not bulletins.is_slot_issued(tx, outage_id, TWO)
        assert not bulletins.is_slot_issued(tx, 77, NOON)
    assert life


MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("kinds", "systems", "since", "until", "expected"),
    [
        ((), (), None, None, [3, 2, 1, 0]),
        ([BulletinKind.UPDATE, BulletinKind.INITIAL], (), None, None, [2, 0]),
        ((), [System.CERS], None, None, [2]),
        ((), [System.CERS, System.EDI], None, None, [3, 2, 1, 0]),
        ((), [System.SWI], None, None, []),
        ((), (), NOON, None, [3, 2, 1]),
        ((), (), NOON + MINUTE, None, [3, 2]),
        ((), (), None, NOON, [1, 0]),
        ((), (), THURSDAY_10H, NOON - MINUTE, [0]),
        ([BulletinKind.PERIODIC], [System.EDI], NOON, NOON, [1]),
    ],
)
def test_the_archive_is_listed_by_what_is_asked(
    db: Database,
    life: list[int],
    kinds: Iterable[BulletinKind],
    systems: Iterable[System],
    since: datetime | None,
    until: datetime | None,
    expected: list[int],
) -> None:
    """Newest first; both ends of the time are included."""
    with db.read() as tx:
        found = bulletins.list_bulletins(
            tx, before_id=None, limit=9, kinds=kinds, systems=systems, since=since, until=until
        )
    assert [one.id for one in found] == [life[index] for index in expected]


def test_the_archive_is_listed_in_pages_and_by_outage(db: Database, outage_id: int, life: list[int]) -> None:
    """The cursor is the last id of the page before."""
    with db.read() as tx:
        first = bulletins.list_bulletins(tx, before_id=None, limit=3, outage_id=outage_id)
        second = bulletins.list_bulletins(tx, before_id=first[-1].id, limit=3, outage_id=outage_id)
        assert bulletins.list_bulletins(tx, before_id=None, limit=3, outage_id=77) == []
    assert [one.id for one in (*first, *second)] == life[::-1]
