"""Acts on an outage in the console: each a form, a preview and one sending, and two operators at once."""

import re
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI

from outage_service.clock import VirtualClock
from outage_service.domain.roles import Role
from outage_service.services import sessions
from outage_service.services.engine import Engine
from tests.builders import SUNDAY_2H, a_delay, at
from tests.desk import PASSWORD, Desk, a_desk, email_of
from tests.engines import an_engine
from tests.services import acts
from tests.web.writing import EDI_DELAY, MESSAGE, form_at, press

HERE = "/en/console/outages/TCC26-0001"


@pytest.fixture
def engine(sqlite_url: str, clock: VirtualClock) -> Iterator[Engine]:
    """An engine on SQLite: pages do not know the database, and what they call is tested on both kinds."""
    made = an_engine(sqlite_url, clock)
    yield made
    made.db.close()


@pytest.fixture
def desk(app: FastAPI, engine: Engine) -> Desk:
    """An operator for all systems, signed in."""
    return a_desk(app, engine, Role.TCCU)


def begin(desk: Desk, act: str) -> httpx.Response:
    answer = desk.get(f"{HERE}/{act}")
    assert answer.status_code == 200, answer.text
    return answer


def go_on(desk: Desk, page: httpx.Response, act: str, go: str, **typed: str) -> httpx.Response:
    return press(desk, page, f"outages/TCC26-0001/{act}", go, **typed)


def carry_out(desk: Desk, act: str, **typed: str) -> httpx.Response:
    """Fills in an act's form, looks at the preview and sends."""
    preview = go_on(desk, begin(desk, act), act, "preview", **{**MESSAGE, **typed})
    assert preview.status_code == 200, preview.text
    sent = go_on(desk, preview, act, "send")
    assert sent.status_code == 303, sent.text
    return preview


def test_an_update_that_raises_the_minutes_says_what_it_changes(desk: Desk, engine: Engine) -> None:
    """R36: delay to outage invokes procedures."""
    done = acts.declare(engine, a_delay())
    preview = go_on(desk, begin(desk, "update"), "update", "preview", behind_edi="75", **MESSAGE)
    assert "the delay becomes an outage" in preview.text
    assert "This bulletin invokes them." in preview.text
    assert acts.stored(engine, done).sequence == 1
    go_on(desk, preview, "update", "send")
    changed = acts.stored(engine, done)
    assert changed.invoked_at is not None
    assert changed.impacts[0].behind == timedelta(minutes=75)


def test_falling_back_says_that_procedures_stay(desk: Desk, engine: Engine) -> None:
    acts.declare(engine, a_delay(behind_minutes=75))
    preview = carry_out(desk, "update", behind_edi="30")
    assert "the outage becomes a delay" in preview.text
    assert "They stay in effect." in preview.text


def test_what_an_update_leaves_alone_stays_as_it_is(desk: Desk, engine: Engine) -> None:
    done = acts.declare(engine, a_delay(), acts.CERS_OUT, started_at=at("2026-11-26 09:30"))
    carry_out(desk, "update", problem_identified="yes", estimated_resolution_at="2026-11-26T15:00")
    changed = acts.stored(engine, done)
    assert changed.impacts == done.outage.impacts
    assert changed.problem_identified
    assert changed.estimated_resolution_at == at("2026-11-26 15:00")


def test_a_system_can_join_and_another_leave(desk: Desk, engine: Engine) -> None:
    done = acts.declare(engine, a_delay())
    carry_out(desk, "update", on="cers", condition_cers="outage")
    restored = {impact.system: impact.restored_at for impact in acts.stored(engine, done).impacts}
    assert restored == {"cers": None, "edi": at("2026-11-26 10:00")}


def test_an_estimate_needs_a_known_cause(desk: Desk, engine: Engine) -> None:
    """R18."""
    acts.declare(engine)
    typed = {**MESSAGE, "estimated_resolution_at": "2026-11-26T15:00"}
    wrong = go_on(desk, begin(desk, "update"), "update", "preview", **typed)
    assert wrong.status_code == 422
    assert "Estimated resolution: tick first that the cause is known." in wrong.text
    assert form_at(wrong, "update")["estimated_resolution_at"] == ["2026-11-26T15:00"]
    assert form_at(wrong, "update")["message_en"] == [MESSAGE["message_en"]]


def test_a_standard_text_takes_what_the_form_knows(desk: Desk, engine: Engine) -> None:
    acts.declare(engine, a_delay())
    typed = {"template": "edi_cause_identified_until", "estimated_resolution_at": "2026-11-26T15:00"}
    filled = go_on(desk, begin(desk, "update"), "update", "fill", **typed)
    assert "by Thursday, November 26, 2026, 15:00" in form_at(filled, "update")["message_en"][0]
    unknown = go_on(desk, begin(desk, "correct"), "correct", "fill", template="correction")
    assert "It said: ____." in form_at(unknown, "correct")["message_en"][0]
    assert "It ends no outage. If there was none, resolve it" in unknown.text


def test_resolving_begins_with_a_text(desk: Desk, engine: Engine) -> None:
    done = acts.declare(engine)
    page = begin(desk, "resolve")
    assert form_at(page, "resolve")["message_en"] == ["Service is restored for EDI."]
    preview = go_on(desk, page, "resolve", "preview")
    assert "This bulletin revokes them." in preview.text
    assert "Documents due by" in preview.text
    go_on(desk, preview, "resolve", "send")
    assert acts.stored(engine, done).restored_at == at("2026-11-26 10:00")


def test_procedures_may_outlive_the_fault_and_are_revoked_later(desk: Desk, engine: Engine) -> None:
    """R6."""
    done = acts.declare(engine)
    preview = carry_out(desk, "resolve", contingency="remains_in_effect")
    assert "They remain in effect after the fault." in preview.text
    assert "This bulletin revokes them." in carry_out(desk, "revoke").text
    assert acts.stored(engine, done).revoked_at is not None


def test_a_text_that_says_procedures_remain_lets_them_remain(desk: Desk, engine: Engine) -> None:
    """R6: the words and the facts of one bulletin must not disagree."""
    acts.declare(engine)
    filled = go_on(desk, begin(desk, "resolve"), "resolve", "fill", template="edi_resolved_backlog")
    form = form_at(filled, "/resolve")
    assert "Contingency procedures remain in effect until" in form["message_en"][0]
    assert form["contingency"] == ["remains_in_effect"]
    plain = go_on(desk, begin(desk, "resolve"), "resolve", "fill", template="edi_resolved")
    assert form_at(plain, "/resolve")["contingency"] == ["revoked"]


def test_no_text_keeps_procedures_that_were_never_invoked(desk: Desk, engine: Engine) -> None:
    acts.declare(engine, a_delay())
    assert "procedures remain in effect" not in begin(desk, "resolve").text


def test_no_text_speaks_of_planned_work_where_none_was_planned(desk: Desk, engine: Engine) -> None:
    acts.declare(engine)
    assert "The window has moved" not in begin(desk, "update").text
    acts.announce(engine, acts.CERS_OUT)
    assert "The window has moved" in desk.get("/en/console/outages/TCC26-0002/update").text


def test_no_text_says_that_a_backlog_is_cleared_while_a_delay_goes_on(desk: Desk, engine: Engine) -> None:
    """R6: procedures may be revoked while an outage stays open; the form begins with what is so."""
    done = acts.declare(engine)
    acts.update(engine, done, a_delay())
    begun = form_at(begin(desk, "revoke"), "/revoke")
    assert begun["message_en"] == ["Only a delay is left for EDI. Contingency procedures are revoked."]
    acts.resolve(engine, done, remains_in_effect=True)
    begun = form_at(begin(desk, "revoke"), "/revoke")
    assert begun["message_en"] == ["The backlog is cleared. Contingency procedures are revoked."]


def test_procedures_are_shown_with_when_their_present_state_began(
    desk: Desk, engine: Engine, clock: VirtualClock
) -> None:
    done = acts.declare(engine)
    state = re.compile(r"(In effect|Revoked), since <time[^>]*>([^<]*)</time>")
    assert state.findall(desk.get(HERE).text) == [("In effect", "2026-11-26 10:00 (ET)")]
    clock.advance(timedelta(minutes=30))
    acts.resolve(engine, done)
    assert state.findall(desk.get(HERE).text) == [("Revoked", "2026-11-26 10:30 (ET)")]


def test_deadlines_that_have_passed_must_be_confirmed(desk: Desk, engine: Engine) -> None:
    """R54."""
    done = acts.declare(engine, started_at=at("2026-11-26 06:00"))
    typed = {**MESSAGE, "restored_at": "2026-11-26T07:00"}
    page = begin(desk, "resolve")
    assert "confirm_past_deadlines" not in page.text
    asked = go_on(desk, page, "resolve", "preview", **typed)
    assert asked.status_code == 422
    preview = go_on(desk, asked, "resolve", "preview", confirm_past_deadlines="yes")
    assert "more than 30 minutes back" in preview.text
    go_on(desk, preview, "resolve", "send")
    assert acts.stored(engine, done).restored_at == at("2026-11-26 07:00")


def test_relief_is_extended_for_some_systems(desk: Desk, engine: Engine) -> None:
    """R51, R54."""
    done = acts.declare(engine, a_delay(behind_minutes=90), acts.CERS_OUT)
    nothing = go_on(desk, begin(desk, "grace"), "grace", "preview", systems="edi")
    assert "Paper accepted until: this gives no more than what is in force." in nothing.text
    carry_out(desk, "grace", systems="edi", paper_accepted_until="2026-11-26T20:00")
    (extension,) = acts.stored(engine, done).extensions
    assert (extension.systems, extension.paper_accepted_until) == (("edi",), at("2026-11-26 20:00"))


def test_the_same_refusal_is_told_in_the_words_of_each_act(desk: Desk, engine: Engine) -> None:
    """R5: of a delay below the threshold, there is nothing to extend and nothing to leave in effect."""
    acts.declare(engine, a_delay())
    until = {"systems": "edi", "paper_accepted_until": "2026-11-26T20:00"}
    relief = go_on(desk, begin(desk, "grace"), "grace", "preview", **MESSAGE, **until)
    assert (relief.status_code, "so there is no relief to extend." in relief.text) == (422, True)
    end = {**MESSAGE, "contingency": "remains_in_effect"}
    resolved = go_on(desk, begin(desk, "resolve"), "resolve", "preview", **end)
    assert (resolved.status_code, "none are in effect that could remain so." in resolved.text) == (422, True)


def test_a_correction_names_its_bulletin(desk: Desk, engine: Engine) -> None:
    done = acts.declare(engine)
    acts.update(engine, done)
    acts.resolve(engine, done)
    first = str(acts.bulletins(engine, done)[0].id)
    carry_out(desk, "correct", corrects=first, restored_at="2026-11-26T10:00")
    assert acts.bulletins(engine, done)[-1].corrects_id == int(first)
    wrong = go_on(desk, begin(desk, "correct"), "correct", "preview", corrects="999", **MESSAGE)
    assert "Bulletin that was wrong: choose one of this outage." in wrong.text
    nothing = go_on(desk, begin(desk, "correct"), "correct", "preview", corrects="the last", **MESSAGE)
    assert "Bulletin that was wrong: this is missing." in nothing.text


def test_what_is_planned_moves_and_is_called_off(desk: Desk, engine: Engine) -> None:
    done = acts.announce(engine, acts.CERS_OUT)
    preview = carry_out(
        desk, "update", planned_start_at="2026-11-30T02:00", planned_end_at="2026-11-30T06:00"
    )
    assert "early morning of a Saturday or Sunday" in preview.text
    assert acts.stored(engine, done).started_at == at("2026-11-30 02:00")
    page = begin(desk, "cancel")
    assert "will not take place" in form_at(page, "cancel")["message_en"][0]
    carry_out(desk, "cancel")
    assert acts.stored(engine, done).cancelled_at is not None


def test_who_comes_second_sees_the_other_s_bulletin_and_keeps_their_text(
    app: FastAPI, desk: Desk, engine: Engine
) -> None:
    """P19."""
    done = acts.declare(engine, a_delay())
    other = a_desk(app, engine, Role.TCCU)
    mine = go_on(desk, begin(desk, "update"), "update", "preview", **MESSAGE)
    carry_out(other, "update", behind_edi="50", message_en="Fifty now.", message_fr="Cinquante.")
    conflict = go_on(desk, mine, "update", "send")
    assert conflict.status_code == 409
    assert "Fifty now." in conflict.text
    assert "Bulletin 2 – Update" in conflict.text
    fields = form_at(conflict, "update")
    assert fields["message_en"] == [MESSAGE["message_en"]]
    assert fields["behind_edi"] == ["50"]  # what was not touched follows the outage
    go_on(desk, go_on(desk, conflict, "update", "preview"), "update", "send")
    changed = acts.stored(engine, done)
    assert (changed.sequence, changed.impacts[0].behind) == (3, timedelta(minutes=50))


def test_what_was_touched_stays_as_it_was_typed(app: FastAPI, desk: Desk, engine: Engine) -> None:
    acts.declare(engine, a_delay())
    page = begin(desk, "update")
    carry_out(a_desk(app, engine, Role.TCCU), "update", behind_edi="50")
    conflict = go_on(desk, page, "update", "preview", behind_edi="55", **MESSAGE)
    assert conflict.status_code == 409
    assert form_at(conflict, "update")["behind_edi"] == ["55"]


def test_a_form_without_a_version_sends_nothing(desk: Desk, engine: Engine) -> None:
    done = acts.declare(engine)
    assert desk.submit(f"{HERE}/update", {**MESSAGE, "go": "send"}).status_code == 409
    assert acts.stored(engine, done).sequence == 1


def test_an_act_that_came_too_late_is_told(desk: Desk, engine: Engine) -> None:
    done = acts.declare(engine)
    page = begin(desk, "update")
    acts.resolve(engine, done)
    fields = form_at(page, "update") | {"version": str(acts.stored(engine, done).version)}
    answer = desk.submit(f"{HERE}/update", {**fields, **MESSAGE, "go": "preview"})
    assert answer.status_code == 422
    assert "The outage is closed. It takes no more news" in answer.text


def test_each_act_is_offered_where_it_is_possible(desk: Desk, engine: Engine) -> None:
    done = acts.declare(engine, a_delay())
    assert offered(desk) == ["update", "resolve", "correct"]
    acts.update(engine, done, a_delay(behind_minutes=90))
    assert offered(desk) == ["update", "resolve", "correct", "grace"]
    acts.update(engine, done, a_delay(behind_minutes=30))
    assert offered(desk) == ["update", "resolve", "revoke", "correct", "grace"]
    acts.resolve(engine, done, remains_in_effect=True)
    assert offered(desk) == ["revoke", "correct", "grace"]


def test_what_is_planned_is_called_off_and_not_resolved(app: FastAPI, desk: Desk, engine: Engine) -> None:
    acts.announce(engine)
    assert offered(desk) == ["update", "cancel", "correct"]
    acts.set_clock(engine, SUNDAY_2H)
    assert offered(a_desk(app, engine, Role.TCCU)) == ["update", "resolve", "correct", "grace"]


def offered(desk: Desk) -> list[str]:
    page = desk.get(HERE).text
    known = ("update", "resolve", "cancel", "revoke", "correct", "grace")
    return [act for act in known if f'href="{HERE}/{act}"' in page]


def test_others_look_and_do_not_act(app: FastAPI, engine: Engine) -> None:
    """R5."""
    acts.declare(engine)
    for role in (Role.AUDITOR, Role.CTSU):
        other = a_desk(app, engine, role)
        assert offered(other) == []
        assert 'name="text"' not in other.get(HERE).text
    carm = a_desk(app, engine, Role.CTSU)
    refused = go_on(carm, begin(carm, "resolve"), "resolve", "preview")
    assert refused.status_code == 422
    assert "One of the systems is not yours to act on." in refused.text


def test_the_page_tells_what_comes_next(desk: Desk, engine: Engine) -> None:
    acts.declare(engine, internal_systems=frozenset({"across"}))
    page = desk.get(f"{HERE}?sent=1")
    assert 'data-due="2026-11-26T17:00:00Z"' in page.text
    assert "Bulletin 1 is issued." in page.text
    assert "ACROSS" in page.text
    again = desk.get(HERE, headers={"If-None-Match": page.headers["etag"]})
    assert again.status_code == 304


def test_a_note_is_recorded_and_sends_nothing(desk: Desk, engine: Engine) -> None:
    acts.declare(engine)
    answer = desk.submit(f"{HERE}/notes", {"text": "Network team <called>."})
    assert answer.headers["location"] == f"{HERE}#notes"
    assert "Network team &lt;called&gt;." in desk.get(HERE).text
    assert acts.rows(engine)["bulletin"] == 1
    blank = desk.submit(f"{HERE}/notes", {"text": " "})
    assert (blank.status_code, "New note: this is missing." in blank.text) == (422, True)


def test_a_refused_note_s_page_asks_for_news_where_they_are(desk: Desk, engine: Engine) -> None:
    """Its own address only takes forms."""
    acts.declare(engine)
    refused = desk.submit(f"{HERE}/notes", {"text": " "})
    (address,) = re.findall(r'<div id="live" data-address="([^"]*)"', refused.text)
    assert address == HERE
    assert desk.get(f"{HERE}/notes").status_code == 404


def test_a_bulletin_is_called_issued_only_if_there_is_one(desk: Desk, engine: Engine) -> None:
    acts.declare(engine)
    for sent in ("2", "01", "x", "9" * 5_000):
        assert "is issued" not in desk.get(f"{HERE}?sent={sent}").text


def test_relapses_lead_to_each_other(desk: Desk, engine: Engine) -> None:
    done = acts.declare(engine)
    acts.resolve(engine, done)
    assert "declare?relapse_of=TCC26-0001" in desk.get(HERE).text
    acts.declare(engine, relapse_of=done.outage.id)
    assert "The fault returned as" in desk.get(HERE).text
    assert "TCC26-0001</a> has returned." in desk.get("/en/console/outages/TCC26-0002").text


@pytest.mark.parametrize("path", ["TCC26-0009", "TCC26-0009/update", "TCC26-0001/explode", "x"])
def test_what_there_is_not_is_not_found(desk: Desk, path: str) -> None:
    assert desk.get(f"/en/console/outages/{path}").status_code == 404


def test_a_session_that_ended_while_writing_loses_nothing(app: FastAPI, desk: Desk, engine: Engine) -> None:
    acts.declare(engine, a_delay())
    page = begin(desk, "update")
    engine.db.write(lambda tx: sessions.sign_out(engine, tx, desk.cookie))
    ended = go_on(desk, page, "update", "preview", behind_edi="50", **MESSAGE)
    assert ended.status_code == 200
    assert "Your session had ended. What you wrote is kept." in ended.text
    wrong = desk.submit("/en/console/sign-in", {**form_at(ended, "sign-in"), "email": "x", "password": "y"})
    signing = {**form_at(wrong, "sign-in"), "email": email_of(Role.TCCU), "password": PASSWORD}
    resumed = desk.submit("/en/console/sign-in", signing)
    assert "What you wrote is still there." in resumed.text
    again = a_desk(app, engine, Role.TCCU)
    fields = form_at(resumed, "update") | {"csrf": again.session.csrf, "go": "resume"}
    shown = form_at(again.submit(f"{HERE}/update", fields), "update")
    assert (shown["message_fr"], shown["behind_edi"]) == ([MESSAGE["message_fr"]], ["50"])


@pytest.mark.parametrize("place", ["https://example.org/", "/en/console/users", "/en/console/lines/tccu/end"])
def test_what_was_kept_goes_back_to_a_form_of_acts_only(desk: Desk, place: str) -> None:
    signing = {"email": email_of(Role.TCCU), "password": PASSWORD, "next": place, "kept": "message_en=x"}
    assert desk.submit("/en/console/sign-in", signing).status_code == 303


def test_a_declaration_and_a_note_are_resumed_too(desk: Desk, engine: Engine) -> None:
    acts.declare(engine, acts.CERS_OUT)
    text = desk.submit("/en/console/declare", {**EDI_DELAY, **MESSAGE, "go": "resume"})
    assert form_at(text, "declare")["message_en"] == [MESSAGE["message_en"]]
    note = desk.submit(f"{HERE}/notes", {"text": "half a note", "go": "resume"})
    assert form_at(note, "notes")["text"] == ["half a note"]
    assert acts.rows(engine)["note"] == 0
