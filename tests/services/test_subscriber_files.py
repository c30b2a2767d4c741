"""Subscribers from and to CSV: refused by line, and what goes out comes in again."""

import io
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from outage_service.domain.subscriptions import SubscriptionKind
from outage_service.domain.systems import System
from outage_service.domain.texts import Language
from outage_service.services import subscriber_files
from outage_service.services.engine import Engine
from outage_service.services.subscriber_files import (
    PART,
    Imported,
    ImportPlan,
    WrongHeader,
    import_parts,
    read_file,
)
from outage_service.storage.schema import audit
from outage_service.storage.subscribers import (
    Choices,
    SubscriberState,
    count_active,
    list_subscribers,
    set_subscriber_state,
)
from tests.services.acts import rows, subscribe
from tests.storage.rows import choices

HEADER = "email,language,systems,kinds"


def plan_of(*lines: str, header: str = HEADER, ending: str = "\n") -> ImportPlan:
    return read_file([line + ending for line in (header, *lines)])


def import_all(engine: Engine, plan: ImportPlan) -> None:
    engine.act(lambda tx: subscriber_files.import_chunk(engine, tx, plan.choices, actor="records"))


def exported(engine: Engine) -> str:
    """Returns the export as the command writes it."""
    with subscriber_files.export(engine, actor="records", line_end="\n") as file:
        return file.read()


def test_a_line_is_a_subscriber() -> None:
    """Lists are separated by `;`, blank is all; the language is the one that comes first."""
    plan = plan_of(
        "ann@example.org,en,,",
        "Bob@Example.org,fr,edi;cers,outage;delay",
        " eve@example.org , en , edi ; ccp ; , known_problems ",
    )
    assert plan.bad == []
    assert plan.choices == [
        choices("ann@example.org"),
        Choices("Bob@example.org", "bob@example.org", Language.FR, 5, 3),
        choices(
            "eve@example.org",
            systems=[System.EDI, System.CCP],
            kinds=[SubscriptionKind.KNOWN_PROBLEMS],
        ),
    ]


@pytest.mark.parametrize("ending", ["\n", "\r\n", ""])
@pytest.mark.parametrize(
    "header", [HEADER, "\ufeff" + HEADER, " Email , LANGUAGE,systems,kinds", f'"{HEADER[:5]}"{HEADER[5:]}']
)
def test_spreadsheets_write_it_in_several_ways(header: str, ending: str) -> None:
    """With a byte-order mark, quotes, spaces, either line ending."""
    assert plan_of('"ann@example.org","en","",""', header=header, ending=ending).choices == [
        choices("ann@example.org")
    ]


@pytest.mark.parametrize(
    "header",
    ["", "email", "email,language,systems", f"{HEADER},more", "ann@example.org,en,,", '"email,language'],
)
def test_another_header_is_another_file(header: str) -> None:
    """Nothing of it is read."""
    with pytest.raises(WrongHeader):
        plan_of("ann@example.org,en,,", header=header)


def test_an_empty_file_has_no_header() -> None:
    """Not even one line."""
    with pytest.raises(WrongHeader):
        read_file([])


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("ann@example.org,en,", "columns"),
        ("ann@example.org,en,,,", "columns"),
        ("ann@example.org", "columns"),
        ("nobody,en,,", "e-mail"),
        (",en,,", "e-mail"),
        ("-a@example.org,en,,", "before @"),
        ("ann@example.org,,,", "language"),
        ("ann@example.org,de,,", "language"),
        ("ann@example.org,EN,,", "language"),
        ("ann@example.org,en,edi;telegraph,", "unknown system"),
        ("ann@example.org,en,,outages", "unknown kind"),
        ("good@example.org,fr,,", "twice"),
        ("GOOD@example.org,fr,,", "twice"),
        ('"ann@example.org,en,,', "not CSV"),
        ('ann@example.org,"en"x,,', "not CSV"),
        ("ann\x00@example.org,en,,", "e-mail"),
        ("x" * 200_000, "not CSV"),
    ],
)
def test_a_wrong_line_is_refused_by_its_number(line: str, reason: str) -> None:
    """The header is 1; the reason never repeats the address; the other lines are good."""
    plan = plan_of("good@example.org,en,,", "", line, "other@example.org,en,,")
    ((number, why),) = [(bad.line, bad.reason) for bad in plan.bad]
    assert number == 4
    assert reason in why
    assert "@example" not in why
    assert [one.email for one in plan.choices] == ["good@example.org", "other@example.org"]


def test_blank_lines_are_passed_over() -> None:
    """Spreadsheets leave some at the end, with their commas; numbers still count them."""
    plan = plan_of("", ",,,", "  ", "ann@example.org,xx,,")
    assert [bad.line for bad in plan.bad] == [5]


def test_an_open_quote_costs_one_line() -> None:
    """It does not swallow the rest of the file."""
    plan = plan_of('"ann@example.org,en,,', "bob@example.org,en,,", 'eve@example.org,en,,"')
    assert [bad.line for bad in plan.bad] == [2, 4]
    assert [one.email for one in plan.choices] == ["bob@example.org"]


@given(st.lists(st.text(max_size=60), max_size=5))
def test_no_file_makes_it_fail(lines: list[str]) -> None:
    """Each line is a subscriber, or refused, or blank."""
    plan = plan_of(*lines)
    assert len(plan.choices) + len(plan.bad) <= len(lines)


def test_an_import_adds_people_and_writes_to_nobody(engine: Engine) -> None:
    """They count as confirmed; the log has their number."""
    import_all(engine, plan_of("ann@example.org,en,,", "bob@example.org,fr,edi,"))
    with engine.db.read() as tx:
        found = list_subscribers(tx, after_id=0, limit=9)
        logged = tx.execute(select(audit.c.action, audit.c.actor, audit.c.detail)).one()
    assert [(one.choices.email, one.state) for one in found] == [
        ("ann@example.org", SubscriberState.ACTIVE),
        ("bob@example.org", SubscriberState.ACTIVE),
    ]
    assert tuple(logged) == ("subscribers_imported", "records", {"count": 2})
    assert rows(engine)["mailing"] == 0


def test_known_people_are_passed_over_whatever_their_state(engine: Engine) -> None:
    """Who left is not brought back by a file; more than one chunk of them."""
    count = subscriber_files.CHUNK + 20
    lines = [f"person{number}@example.org,en,," for number in range(count)]
    plan = plan_of(*lines)
    import_all(engine, plan)
    engine.db.write(lambda tx: set_subscriber_state(tx, 1, SubscriberState.UNSUBSCRIBED, now=engine.clock()))
    again = plan_of(*lines, "new@example.org,en,,")
    with engine.db.read() as tx:
        assert subscriber_files.refuse_known(tx, again) == count
        assert subscriber_files.refuse_known(tx, again) == 0
    assert [one.email for one in again.choices] == ["new@example.org"]


def test_a_long_list_is_added_bit_by_bit(engine: Engine) -> None:
    """Decision 2: whoever declares an outage meanwhile waits for one part at most."""
    count, seen = PART + 3, list[tuple[int, int]]()
    plan = plan_of(*[f"person{number}@example.org,en,," for number in range(count)])

    def look(size: int) -> None:
        with engine.db.read() as tx:
            seen.append((size, count_active(tx)))

    assert import_parts(engine, plan.parts(), actor="records", advance=look) == Imported(count, 0)
    assert seen == [(PART, PART), (3, count)]
    again = ImportPlan(plan.choices[-10:])
    assert import_parts(engine, again.parts(), actor="records") == Imported(0, 10)


def test_two_who_import_the_same_list_at_once_add_each_person_once(engine: Engine) -> None:
    """And neither gets an error."""
    ready = threading.Barrier(2)

    def import_it(_: int) -> Imported:
        plan = plan_of(*[f"person{number}@example.org,en,," for number in range(700)])
        ready.wait()
        return import_parts(engine, plan.parts(), actor="records")

    with ThreadPoolExecutor(2) as pool:
        both = sum(pool.map(import_it, range(2)), Imported())
    assert both == Imported(700, 700)


def test_who_takes_the_list_along_is_on_record(engine: Engine) -> None:
    with subscriber_files.export(engine, actor="records", line_end="\n"), engine.db.read() as tx:
        logged = tx.execute(select(audit.c.action, audit.c.actor)).one()
    assert tuple(logged) == ("subscribers_exported", "records")


def test_what_is_exported_can_be_imported(engine: Engine, tmp_path: object) -> None:
    """Active people only, in the same format, and the same once more."""
    subscribe(engine, "Ann@example.org", systems=(System.EDI, System.SWI), kinds=(SubscriptionKind.DELAY,))
    subscribe(engine, "bob@example.org", language=Language.FR)
    left = subscribe(engine, "left@example.org")
    engine.db.write(
        lambda tx: set_subscriber_state(tx, left, SubscriberState.UNSUBSCRIBED, now=engine.clock())
    )
    text = exported(engine)
    assert text.splitlines() == [HEADER, "Ann@example.org,en,edi;swi,delay", "bob@example.org,fr,,"]
    plan = read_file(io.StringIO(text))
    assert plan.bad == []
    assert [(one.email, one.language, one.systems, one.kinds) for one in plan.choices] == [
        ("Ann@example.org", Language.EN, 33, 2),
        ("bob@example.org", Language.FR, 0, 0),
    ]
    assert tmp_path


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_run_by_a_spreadsheet(engine: Engine, start: str) -> None:
    """Even one that our own rules would not have let in; its apostrophe is taken off on the way back."""
    subscribe(engine, f"{start}cmd@example.org")
    cell = exported(engine).split("\n")[1].removeprefix('"')  # Python 3.13 quotes a carriage return
    assert cell.startswith(f"'{start}")
    assert plan_of("'ann@example.org,en,,").choices == [choices("ann@example.org")]
