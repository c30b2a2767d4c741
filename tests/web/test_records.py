"""The record of an outage: what it says, as JSON and PDF, and its code, which anybody can confirm (R107)."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from outage_service.clock import VirtualClock
from outage_service.services.engine import Engine
from outage_service.services.evidence import OUTAGE_DIGEST
from outage_service.storage import Connection, audit
from tests.rendering.documents.pdf import claims_accessibility, text_of
from tests.services.test_audit_log import drop_triggers, run
from tests.web.bodies import news, scheduled, unscheduled
from tests.web.client import Api, problem, shown

TWENTY = "2026-11-26T20:00:00-05:00"


def over(tccu: Api, clock: VirtualClock) -> dict[str, Any]:
    """Returns an outage of EDI and SWI from 10:00 to 12:00."""
    outage = shown(tccu.post("/v1/outages", unscheduled({"system": "edi"}, {"system": "swi"})), 201)
    clock.advance(timedelta(hours=2))
    return shown(tccu.act(outage, "resolve", news()))


def record(public: Api, outage: dict[str, Any]) -> dict[str, Any]:
    return shown(public.get(f"/v1/outages/{outage['id']}/record"))


def test_a_record_tells_times_bulletins_and_deadlines(tccu: Api, public: Api, clock: VirtualClock) -> None:
    outage = over(tccu, clock)
    told = record(public, outage)
    assert (told["number"], told["state"], told["sequence"]) == ("TCC26-0001", "resolved", 2)
    assert (told["started_at"], told["restored_at"]) == ("2026-11-26T15:00:00Z", "2026-11-26T17:00:00Z")
    assert [(one["sequence"], one["kind"]) for one in told["bulletins"]] == [(1, "initial"), (2, "resolved")]
    assert told["deadlines"] == outage["deadlines"]
    assert [impact["system"] for impact in told["impacts"]] == ["edi", "swi"]


def test_a_system_taken_off_before_the_start_has_neither_start_nor_end(
    tccu: Api, public: Api, clock: VirtualClock
) -> None:
    """It never suffered anything, so nobody counts a time that runs backwards (R107)."""
    outage = shown(tccu.post("/v1/outages", scheduled({"system": "edi"}, {"system": "cers"})), 201)
    clock.advance(timedelta(hours=1))
    tccu.act(outage, "updates", news(impacts=[{"system": "edi"}]))
    told = {one["system"]: one for one in record(public, outage)["impacts"]}
    names = ("started_at", "restored_at", "withdrawn_at")
    assert [told["cers"][name] for name in names] == [None, None, "2026-11-26T16:00:00Z"]
    assert [told["edi"][name] for name in names] == ["2026-11-29T07:00:00Z", None, None]


def test_it_names_the_place_in_the_audit_log_that_tells_of_its_newest_bulletin(
    engine: Engine, tccu: Api, public: Api, clock: VirtualClock
) -> None:
    """P31."""
    outage = over(tccu, clock)
    tccu.post(f"/v1/outages/{outage['id']}/notes", {"text": "For us."})
    told = record(public, outage)["audit"]
    with engine.db.read() as tx:
        assert audit.digest_at(tx, told["position"]) == told["digest"]
        assert audit.find_head(tx).position > told["position"]


def test_the_document_says_the_same_in_both_languages(tccu: Api, public: Api, clock: VirtualClock) -> None:
    outage = over(tccu, clock)
    code = record(public, outage)["code"]
    answer = public.get(f"/v1/outages/{outage['id']}/record.pdf?lang=fr")
    assert answer.headers["content-type"] == "application/pdf"
    assert claims_accessibility(answer.content)
    said = text_of(answer.content)
    assert said.index("Relevé de la panne TCC26-0001") < said.index("Record of outage TCC26-0001")
    assert "2026-11-26 14:00 (ET)" in said
    assert code in said
    assert f"/fr/records/{code}" in said.replace(" ", "")


@pytest.mark.parametrize(
    ("language", "words"), [("en", "it still says the same"), ("fr", "son contenu n’a pas changé")]
)
def test_a_code_is_confirmed_while_the_record_says_the_same(
    tccu: Api, public: Api, clock: VirtualClock, language: str, words: str
) -> None:
    outage = over(tccu, clock)
    code = record(public, outage)["code"]
    clock.advance(timedelta(days=400))
    tccu.post(f"/v1/outages/{outage['id']}/notes", {"text": "For us."})
    page = public.get(f"/{language}/records/%20{code.lower()}")
    assert page.status_code == 200
    assert words in page.text
    assert "TCC26-0001" in page.text


def test_a_code_stays_genuine_and_tells_that_more_has_happened_since(
    tccu: Api, public: Api, clock: VirtualClock
) -> None:
    outage = over(tccu, clock)
    before = record(public, outage)["code"]
    shown(tccu.act(outage, "grace", news(systems=["edi"], paper_accepted_until=TWENTY)))
    after = record(public, outage)
    assert after["code"] != before
    assert after["extensions"][0]["system"] == "edi"
    assert "More has happened since" in public.get(f"/en/records/{before}").text
    assert "still says the same" in public.get(f"/en/records/{after['code']}").text
    said = text_of(public.get(f"/v1/outages/{outage['id']}/record.pdf").content)
    assert "EDI, Paper accepted until: 2026-11-26 20:00" in said


@pytest.mark.parametrize("change", [(11, "2"), (-1, "A"), (-20, "B"), (9, "9")])
def test_a_code_that_was_altered_is_unknown(
    tccu: Api, public: Api, clock: VirtualClock, change: tuple[int, str]
) -> None:
    code = record(public, over(tccu, clock))["code"]
    at, character = change
    altered = list(code)
    altered[at] = character if altered[at] != character else "7"
    page = public.get(f"/en/records/{''.join(altered)}")
    assert page.status_code == 404
    assert "Unknown code" in page.text


@pytest.mark.parametrize(
    "code", ["x", "TCC26-0001-1-" + "A" * 32, "%00", "%F0%9F%98%80", "TCC99-9999-1-" + "B" * 32]
)
def test_what_is_no_code_of_ours_is_unknown(public: Api, code: str) -> None:
    """P20."""
    assert public.get(f"/fr/records/{code}").status_code == 404


def tamper(engine: Engine, statement: str) -> None:
    """Alters the database as somebody could who may take the triggers away first."""
    drop_triggers(engine)
    run(engine, statement)


# The first row is of a token, then come the two bulletins and the note.
TAMPERINGS = {
    "the outage": "UPDATE outage SET restored_at = '2026-11-26 23:00:00+00:00'",
    "an impact": "UPDATE impact SET system = 'cers' WHERE system = 'swi'",
    "a row of the log": "UPDATE audit SET actor = 'bob' WHERE position = 2",
    "a row after it": "UPDATE audit SET actor = 'bob' WHERE position = 4",
    "the end of the log": "UPDATE audit_head SET digest = 'x'",
    "a row that is gone": "DELETE FROM audit WHERE position = 2",
    "all rows": "DELETE FROM audit",
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_what_the_audit_log_does_not_bear_out_gets_no_code_and_confirms_none(
    name: str, engine: Engine, tccu: Api, public: Api, clock: VirtualClock
) -> None:
    """P31."""
    outage = over(tccu, clock)
    code = record(public, outage)["code"]
    tccu.post(f"/v1/outages/{outage['id']}/notes", {"text": "For us."})
    tamper(engine, TAMPERINGS[name])
    problem(public.get(f"/v1/outages/{outage['id']}/record"), 409, "not_borne_out")
    problem(public.get(f"/v1/outages/{outage['id']}/record.pdf"), 409, "not_borne_out")
    page = public.get(f"/fr/records/{code}")
    assert page.status_code == 200
    assert "Ce relevé ne peut être confirmé" in page.text
    assert "authentique" not in page.text


def test_what_an_older_release_has_written_is_confirmed_by_its_rows_alone(
    engine: Engine, tccu: Api, public: Api, clock: VirtualClock
) -> None:
    """P24: its rows hold no digest of the outage."""
    outage = over(tccu, clock)
    drop_triggers(engine)
    engine.db.write(forget_digests)
    assert "still says the same" in public.get(f"/en/records/{record(public, outage)['code']}").text


def forget_digests(tx: Connection) -> None:
    """Makes the log anew as an older release would have written it."""
    rows = list(audit.walk(tx))
    tx.execute(text("DELETE FROM audit"))
    tx.execute(text("UPDATE audit_head SET position = 0, digest = :nothing"), {"nothing": audit.NOTHING})
    for row in rows:
        detail = {name: value for name, value in row.detail.items() if name != OUTAGE_DIGEST}
        audit.record(tx, row.action, at=row.at, actor=row.actor, outage_id=row.outage_id, detail=detail)


def test_the_page_names_the_place_in_the_chain(tccu: Api, public: Api, clock: VirtualClock) -> None:
    told = record(public, over(tccu, clock))
    page = public.get(f"/en/records/{told['code']}").text
    assert "Position in the audit log" in page
    assert f"<dd>{told['audit']['position']}<br>" in page
    assert told["audit"]["digest"] in page


def test_an_outage_still_to_come_has_a_record_too(tccu: Api, public: Api) -> None:
    outage = shown(tccu.post("/v1/outages", scheduled()), 201)
    told = record(public, outage)
    assert (told["state"], told["restored_at"]) == ("scheduled", None)
    said = text_of(public.get(f"/v1/outages/{outage['id']}/record.pdf").content)
    assert "Transmit by" in said
    assert "Planned start" in said
    assert "since" not in said


def test_there_is_no_record_of_no_outage(public: Api) -> None:
    problem(public.get("/v1/outages/99/record"), 404, "not_found")
    problem(public.get("/v1/outages/99/record.pdf"), 404, "not_found")
