"""Message-IDs: the same for the same message, and a seal that only this service can make."""

from outage_service.services import message_ids
from outage_service.services.message_ids import SealedBulletin, read_bulletin, read_letter
from tests.engines import SECRET_KEY

OTHER_KEY = b"another key, just as long as the first one is"


def an_id(*, outage_id: int = 12, sequence: int = 3, recipient_id: int = 456, epoch: int = 1) -> str:
    name = message_ids.of_bulletin(
        SECRET_KEY, outage_id=outage_id, sequence=sequence, recipient_id=recipient_id, epoch=epoch
    )
    return f"{name}@example.org"


def test_a_message_id_is_always_the_same_and_each_message_has_its_own() -> None:
    """P8."""
    assert an_id() == an_id()
    assert len({an_id(), an_id(outage_id=13), an_id(sequence=4), an_id(recipient_id=1), an_id(epoch=2)}) == 5


def test_it_names_its_bulletin_and_proves_it() -> None:
    """Whatever a mail system does to the case of its letters, or the domain that mail is from now."""
    for given in (an_id(), an_id().upper(), an_id().replace("example.org", "elsewhere.example")):
        found = read_bulletin(given)
        assert found is not None
        assert (found.outage_id, found.sequence, found.recipient_id) == (12, 3, 456)
        assert found.is_genuine(SECRET_KEY, epoch=1)


def test_a_seal_is_good_for_one_message_one_reader_and_one_key() -> None:
    """Whoever has seen one cannot make another of it."""
    mine = read_bulletin(an_id())
    assert mine is not None
    assert not mine.is_genuine(SECRET_KEY, epoch=2)
    assert not mine.is_genuine(OTHER_KEY, epoch=1)
    assert not SealedBulletin(12, 3, 457, mine.seal).is_genuine(SECRET_KEY, epoch=1)
    assert not SealedBulletin(12, 4, 456, mine.seal).is_genuine(SECRET_KEY, epoch=1)


def test_a_letter_s_id_names_its_mailing() -> None:
    given = f"{message_ids.of_letter(SECRET_KEY, 9)}@example.org"
    assert read_letter(SECRET_KEY, given) == 9
    assert read_letter(OTHER_KEY, given) is None
    assert read_letter(SECRET_KEY, given.replace("letter-9", "letter-8")) is None


def test_what_is_no_id_of_ours_names_nothing() -> None:
    for given in ("", "a@b", "outage-12-3-456@example.org", an_id() + "0", an_id().replace("-3-", "-03-")):
        assert read_letter(SECRET_KEY, given) is None
    for given in (
        "",
        "outage-12-3-456@example.org",
        an_id().replace("@", "0@"),
        f"outage-{'9' * 19}-1-1-" + "0" * 24,
    ):
        assert read_bulletin(given) is None
