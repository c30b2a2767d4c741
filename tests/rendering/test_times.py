"""Eastern time in both languages: no printed time can be read as two."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outage_service.domain.texts import Language
from outage_service.rendering.times import (
    clock_time,
    minutes_behind,
    moment,
    prose_time,
    spoken_date,
    spoken_time,
    table_date,
    table_time,
)
from tests.builders import at
from tests.domain.strategies import minutes

MORNING = at("2026-11-26 10:20")
FIRST_OF_MONTH = at("2026-12-01 00:00")
CUT_OFF = at("2027-03-14 00:30")
REPEATED_FIRST = at("2027-11-07 01:15")
REPEATED_AGAIN = at("2027-11-07 01:15", fold=1)
AFTER_THE_CHANGE = at("2027-11-07 02:15")
EN, FR = Language.EN, Language.FR


@pytest.mark.parametrize(
    ("instant", "english", "french"),
    [
        (MORNING, "2026-11-26 10:20 (ET)", "2026-11-26 10:20 (HE)"),
        (FIRST_OF_MONTH, "2026-12-01 00:00 (ET)", "2026-12-01 00:00 (HE)"),
        (REPEATED_FIRST, "2027-11-07 01:15 (EDT)", "2027-11-07 01:15 (HAE)"),
        (REPEATED_AGAIN, "2027-11-07 01:15 (EST)", "2027-11-07 01:15 (HNE)"),
        (AFTER_THE_CHANGE, "2027-11-07 02:15 (ET)", "2027-11-07 02:15 (HE)"),
    ],
)
def test_tables_show_iso_dates_on_the_24_hour_clock(instant: datetime, english: str, french: str) -> None:
    assert (table_time(instant, EN), table_time(instant, FR)) == (english, french)


@pytest.mark.parametrize(
    ("instant", "english", "french"),
    [
        (MORNING, "Thursday, November 26, 2026, 10:20 (ET)", "le jeudi 26 novembre 2026 à 10 h 20 (HE)"),
        (
            at("2026-11-26 08:05"),
            "Thursday, November 26, 2026, 08:05 (ET)",
            "le jeudi 26 novembre 2026 à 8 h 05 (HE)",
        ),
        (
            at("2026-11-26 08:00"),
            "Thursday, November 26, 2026, 08:00 (ET)",
            "le jeudi 26 novembre 2026 à 8 h (HE)",
        ),
        (FIRST_OF_MONTH, "Tuesday, December 1, 2026, 00:00 (ET)", "le mardi 1er décembre 2026 à 0 h (HE)"),
        (CUT_OFF, "Sunday, March 14, 2027, 00:30 (ET)", "le dimanche 14 mars 2027 à 0 h 30 (HE)"),
        (
            REPEATED_FIRST,
            "Sunday, November 7, 2027, 01:15 (EDT)",
            "le dimanche 7 novembre 2027 à 1 h 15 (HAE)",
        ),
        (
            REPEATED_AGAIN,
            "Sunday, November 7, 2027, 01:15 (EST)",
            "le dimanche 7 novembre 2027 à 1 h 15 (HNE)",
        ),
    ],
)
def test_prose_names_the_day_as_each_language_does(instant: datetime, english: str, french: str) -> None:
    said = prose_time(instant, EN), prose_time(instant, FR)
    assert tuple(text.replace("\u00a0", " ") for text in said) == (english, french)


def test_french_hours_do_not_break_from_their_figures() -> None:
    assert clock_time(MORNING, FR) == "10\u00a0h\u00a020\u00a0(HE)"
    assert clock_time(MORNING, EN) == "10:20\u00a0(ET)"


def test_a_sentence_with_its_own_article_takes_the_time_without_one() -> None:
    assert f"le {moment(MORNING, FR)}" == prose_time(MORNING, FR)
    assert moment(MORNING, EN) == prose_time(MORNING, EN)


@pytest.mark.parametrize(
    ("instant", "english", "french"),
    [
        (MORNING, "10:20 a.m. Eastern Time", "10 h 20, heure de l’Est"),
        (at("2026-11-26 12:00"), "12 noon Eastern Time", "12 h, heure de l’Est"),
        (at("2026-11-26 00:05"), "12:05 a.m. Eastern Time", "0 h 05, heure de l’Est"),
        (at("2026-11-26 22:00"), "10:00 p.m. Eastern Time", "22 h, heure de l’Est"),
        (REPEATED_FIRST, "1:15 a.m. Eastern Daylight Time", "1 h 15, heure avancée de l’Est"),
        (REPEATED_AGAIN, "1:15 a.m. Eastern Standard Time", "1 h 15, heure normale de l’Est"),
    ],
)
def test_speech_says_times_as_people_do(instant: datetime, english: str, french: str) -> None:
    said = spoken_time(instant, EN), spoken_time(instant, FR)
    assert tuple(text.replace("\u00a0", " ") for text in said) == (english, french)


def test_speech_names_the_day_without_its_year() -> None:
    assert spoken_date(MORNING, EN) == "Thursday, November 26"
    assert spoken_date(FIRST_OF_MONTH, FR) == "le mardi 1er décembre"
    assert table_date(at("2026-11-26 23:59")) == "2026-11-26"


@pytest.mark.parametrize("form", [table_time, prose_time, moment])
@pytest.mark.parametrize("language", Language)
@given(one=minutes, apart=st.sampled_from([1, 30, 60, 61, 120, 1440]))
def test_no_two_instants_are_printed_alike(
    form: Callable[[datetime, Language], str], language: Language, one: datetime, apart: int
) -> None:
    assert form(one, language) != form(one + timedelta(minutes=apart), language)


@pytest.mark.parametrize(
    ("behind", "said"),
    [
        (timedelta(0), "0 min"),
        (timedelta(minutes=45), "45 min"),
        (timedelta(minutes=60), "60 min"),
        (timedelta(minutes=60, seconds=1), "60 min 1 s"),
        (timedelta(minutes=60, milliseconds=600), "60 min 1 s"),
        (timedelta(minutes=119), "119 min"),
        (timedelta(minutes=200), "3 h 20 min"),
        (timedelta(days=7), "168 h"),
    ],
)
def test_a_backlog_past_its_threshold_never_looks_like_one_at_it(behind: timedelta, said: str) -> None:
    """R34: 60 min is a delay, 60 min 1 s an outage."""
    assert minutes_behind(behind).replace("\u00a0", " ") == said
